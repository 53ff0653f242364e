/* SPDX-License-Identifier: MIT */
/* What tests of whole queries by codes share: the threads of their searches, and libraries that change meanwhile. */
#ifndef RV_TESTS_QUERY_SUPPORT_H
#define RV_TESTS_QUERY_SUPPORT_H

#include "codes_support.h"

static ThreadPool *pool; // of searches by codes

static inline int make_pool(void **state)
{
    (void)state;
    return rv_threads_create(3, &pool, NULL) == RV_OK ? 0 : -1;
}

static inline int drop_pool(void **state)
{
    (void)state;
    rv_threads_destroy(pool);
    return 0;
}

/* The id of a video of the library. */
static inline int64_t any_video(Store *store, uint64_t *seed)
{
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(store, &videos, err));
    int64_t id = videos.items[next_random(seed) % videos.count].video_id;
    rv_videos_clear(&videos);
    return id;
}

#endif
