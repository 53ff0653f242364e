/* SPDX-License-Identifier: MIT */
/* Stills whose decoder gives luma and chroma, to R G B. */
#ifndef RV_STILL_YUV_H
#define RV_STILL_YUV_H

#include <libavutil/frame.h>

#include "pixels/still/still_decode.h"

/* Through swscale, with BT.601. */
RvStatus rv_still_from_yuv(const StillSource *source, const AVFrame *frame, RvPicture **out, RvError *err);

#endif
