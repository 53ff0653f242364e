/* SPDX-License-Identifier: MIT */
/* The rule by which names select videos of a library. */
#ifndef RV_STORE_VIDEO_NAME_H
#define RV_STORE_VIDEO_NAME_H

#include <stdbool.h>

#include "reelvec/rows.h"

/* Set chosen [videos->count] to which videos the name selects, by the first way of RvNaming that finds any.
 * name NULL: all. *naming: that way; RV_NAMED_NONE if there are none. Returns how many are selected. */
size_t rv_video_name_choose(const char *name, const RvVideos *videos, bool *chosen, RvNaming *naming);

/* The same on a list: videos that are not selected are removed from it. Errors: MEMORY. */
RvStatus rv_video_name_filter(const char *name, RvVideos *videos, RvNaming *naming, RvError *err);

#endif
