/* SPDX-License-Identifier: MIT */
/* Tests of src/index/old_frames.c: intervals that a library keeps in ten digits. Its other functions are tested
 * with whole videos in tests/library/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "index/old_frames.h"
#include "sampling/sampler.h"

/* The ten digits that the library keeps of these intervals give other times. */
static void intervals_are_those_of_the_times(void **state)
{
    static const struct {
        double interval_s;
        int64_t first, step, count;
        const char *why;
    } cases[] = {
        {0.1000004999999, 1, 1, 5, "rounds to a half microsecond"},
        {1.0 / 30, 1, 9973, 40, "every frame of thirty, over hours"},
        {1.0 / 3, 1, 1, 12, "few frames: any of many intervals will do"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].why);
        const SamplerOptions exact = {.interval_s = cases[i].interval_s};
        const ModelIdentity model = {.name = "m",
                                     .weights_sha256 = "0123",
                                     .dimensions = 1,
                                     .preprocess_version = 1,
                                     .normalized = true};
        const StoreOptions create = {.create = true};
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        char sampling[64];
        float one = 1;
        Store *store = NULL;
        StoredVideo row;
        OldFrames *old = NULL;
        RvSamplingOptions options;
        bool found = false;
        int64_t video_id = 0;
        rv_sampler_describe(&exact, sampling, sizeof sampling);
        const VideoFacts facts = {.path = "/a.mp4", .content_key = "k", .codec = "", .sampling = sampling};
        assert_int_equal(rv_store_open("memory:", &create, &store, NULL), RV_OK);
        assert_int_equal(rv_store_require_identity(store, &model, NULL), RV_OK);
        assert_int_equal(rv_store_begin_video(store, &facts, 0, &video_id, NULL), RV_OK);
        for (int64_t k = 0; k < cases[i].count; k++) {
            int64_t number = cases[i].first + k * cases[i].step;
            FrameRecord frame = {.frame_number = number, .embedding = &one};
            frame.time_s = round((double)(number - 1) * cases[i].interval_s * 1e6) / 1e6;
            assert_int_equal(rv_store_put_frames(store, video_id, &frame, 1, 1, NULL), RV_OK);
        }
        assert_int_equal(rv_store_find_path(store, "/a.mp4", &row, &found, NULL), RV_OK);
        IndexOrigin origin = {.store = store, .mutex = &mutex, .row = &row};
        assert_int_equal(rv_old_frames_open(&origin, NULL, &old, NULL), RV_OK);
        assert_true(rv_sampler_parse(sampling, &options));
        assert_true(options.interval_s != cases[i].interval_s);
        rv_old_frames_refine(old, &options);
        for (size_t k = 0; k < rv_old_frames_count(old); k++) {
            RvFrameInfo frame = rv_old_frames_at(old, k);
            double us = round((double)(frame.frame_number - 1) * options.interval_s * 1e6);
            assert_true(us == round(frame.time_s * 1e6));
        }
        rv_old_frames_close(old);
        rv_stored_video_clear(&row);
        rv_store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_those_of_the_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
