/* SPDX-License-Identifier: MIT */
/* What an editor must know of a file. The facts themselves are public: reelvec/media.h. */
#ifndef RV_VIDEO_MEDIA_FACTS_H
#define RV_VIDEO_MEDIA_FACTS_H

#include "reelvec/media.h"
#include "video/frame_spacing.h"

/* For tests: the rate of a video whose container declares `declared` frames a second (0 if it does not), as the fraction
 * `exact`. *is_exact is false if the rate was rounded to a usual one. */
RvRate rv_media_choose_rate(double declared, RvRate exact, const FrameSpacing *spacing, bool *is_exact);

#endif
