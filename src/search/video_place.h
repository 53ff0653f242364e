/* SPDX-License-Identifier: MIT */
/* The videos that a search looks at, by id. */
#ifndef RV_SEARCH_VIDEO_PLACE_H
#define RV_SEARCH_VIDEO_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct VideoPlace {
    int64_t video_id;
    uint32_t video; // place in the byte order of paths
} VideoPlace;

/* places[count] rise by id. Rows come by video_id, so *at, which is 0 at first, only moves forward within a block. Returns
 * false if the video is not among them. */
static inline bool rv_video_place_find(const VideoPlace *places, size_t count, int64_t video_id, size_t *at,
                                       uint32_t *video)
{
    while (*at < count && places[*at].video_id < video_id)
        (*at)++;
    if (*at == count || places[*at].video_id != video_id)
        return false;
    *video = places[*at].video;
    return true;
}

#endif
