/* SPDX-License-Identifier: MIT */
/* The sides that the header of a picture claims, before a decoder sees it. */
#ifndef RV_STILL_SIZE_H
#define RV_STILL_SIZE_H

#include "pixels/still/still_decode.h"

/* Of PNG, BMP, PSD, QOI, JPEG 2000 and PNM, by FFmpeg's name of the format; false for others, whose decoders
 * say it themselves, and where the file ends before. FFmpeg refuses large pictures without telling their
 * sides. */
bool rv_still_claimed_size(const StillSource *source, const char *format, int64_t *width, int64_t *height);

#endif
