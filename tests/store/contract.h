/* SPDX-License-Identifier: MIT */
/* What the tests of the store's contract share, each of which runs on every backend. */
#ifndef RV_TESTS_STORE_CONTRACT_H
#define RV_TESTS_STORE_CONTRACT_H

#include "backend_fixture.h"

static inline void claim(Store *store)
{
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_require_identity(store, &model, err));
}

static inline int64_t begin(Store *store, const char *path)
{
    int64_t id = 0;
    VideoFacts facts = test_facts(path);
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    assert_true(id > 0);
    return id;
}

static inline void put(Store *store, int64_t video_id, int64_t first, size_t count)
{
    assert_ok(put_test_frames(store, video_id, first, count, TEST_DIMENSIONS, err));
}

static inline size_t frame_count(Store *store, int64_t video_id)
{
    RvFrames frames = {0};
    assert_ok(rv_store_frames(store, video_id, &frames, err));
    size_t count = frames.count;
    rv_frames_clear(&frames);
    return count;
}

#endif
