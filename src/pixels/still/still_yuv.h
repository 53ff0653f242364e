/* SPDX-License-Identifier: MIT */
/* Conversion of stills with luma and chroma to R G B. */
#ifndef RV_STILL_YUV_H
#define RV_STILL_YUV_H

#include <libavutil/frame.h>

#include "pixels/still/still_decode.h"

/* Convert with swscale and the matrix of BT.601. The caller destroys *out. */
RvStatus rv_still_from_yuv(const StillSource *source, const AVFrame *frame, RvPicture **out, RvError *err);

#endif
