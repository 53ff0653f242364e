/* SPDX-License-Identifier: MIT */
/* The orientation that EXIF data of a JPEG, PNG or WebP gives, and pictures turned upright by it. */
#ifndef RV_STILL_EXIF_H
#define RV_STILL_EXIF_H

#include "pixels/picture.h"
#include "pixels/still/still_decode.h"

/* The number of EXIF's tag Orientation, 1 to 8; 0 where a file of that format ("jpeg", "png", "webp", ...)
 * has none. Damaged data counts as none. */
int rv_exif_orientation(const StillSource *source, const char *format);

/* Turn and mirror the picture as its orientation says, into a new one. Errors: MEMORY; then it stays. */
RvStatus rv_exif_turn_upright(RvPicture **picture, RvError *err);

#endif
