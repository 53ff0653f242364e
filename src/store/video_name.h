/* SPDX-License-Identifier: MIT */
/* The one rule by which people name videos of a library. */
#ifndef RV_STORE_VIDEO_NAME_H
#define RV_STORE_VIDEO_NAME_H

#include <stdbool.h>

#include "reelvec/rows.h"

/* Mark in chosen [videos->count] the videos that the name means, by the first way of RvNaming that finds any;
 * NULL means all. *naming: that way, RV_NAMED_NONE where there are none. Gives how many. */
size_t rv_video_name_choose(const char *name, const RvVideos *videos, bool *chosen, RvNaming *naming);

/* The same on a list: those that are not meant are cleared away. Errors: MEMORY. */
RvStatus rv_video_name_filter(const char *name, RvVideos *videos, RvNaming *naming, RvError *err);

#endif
