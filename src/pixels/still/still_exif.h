/* SPDX-License-Identifier: MIT */
/* The orientation in the EXIF data of a JPEG, PNG or WebP, and turning pictures upright by it. */
#ifndef RV_STILL_EXIF_H
#define RV_STILL_EXIF_H

#include "pixels/picture.h"
#include "pixels/still/still_decode.h"

/* Returns the value of EXIF's tag Orientation, 1 to 8; 0 if a file of that format ("jpeg", "png", "webp",
 * ...) has none. Damaged data counts as none. */
int rv_exif_orientation(const StillSource *source, const char *format);

/* Replace the picture by one that is turned and mirrored by its orientation. Errors: MEMORY; then it is not
 * changed. */
RvStatus rv_exif_turn_upright(RvPicture **picture, RvError *err);

#endif
