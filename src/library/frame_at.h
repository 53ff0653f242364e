/* SPDX-License-Identifier: MIT */
/* The stored frame that VIDEO@TIME means, and the video that a name means. */
#ifndef RV_LIBRARY_FRAME_AT_H
#define RV_LIBRARY_FRAME_AT_H

#include "store/store.h"

/* *video_id: the one video that the name selects (see RvNaming). Errors: NOT_FOUND, ARGUMENT (several). */
RvStatus rv_video_named(Store *store, const char *name, int64_t *video_id, RvError *err);

/* As rv_library_frame_at. */
RvStatus rv_frame_at(Store *store, const char *name, double time_s, int64_t *video_id, RvFrameInfo *out,
                     RvError *err);

#endif
