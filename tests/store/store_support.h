/* SPDX-License-Identifier: MIT */
/* What tests of the store and of the search share: a temporary folder, models, frames. */
#ifndef RV_TESTS_STORE_SUPPORT_H
#define RV_TESTS_STORE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "store/store.h"

#define TEST_DIMENSIONS 8

/* Fail with the library's own message. */
#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        RvError error_ = {0};                                                                                \
        RvError *err = &error_;                                                                              \
        RvStatus status_ = (call);                                                                           \
        if (status_ != RV_OK)                                                                                \
            fail_msg("%s: %s: %s", #call, rv_status_name(status_), error_.message);                          \
    } while (0)

/* The call fails so, and its message holds the words. */
#define assert_refused(call, expected, words) assert_refused_with_hint(call, expected, words, error_.hint)

#define assert_refused_with_hint(call, expected, words, expected_hint)                                       \
    do {                                                                                                     \
        RvError error_ = {0};                                                                                \
        RvError *err = &error_;                                                                              \
        RvStatus status_ = (call);                                                                           \
        if (status_ != (expected) || strstr(error_.message, (words)) == NULL ||                              \
            error_.hint != (expected_hint))                                                                  \
            fail_msg("%s: %s: %s (hint %d)", #call, rv_status_name(status_), error_.message,                 \
                     (int)error_.hint);                                                                      \
    } while (0)

static inline void make_test_folder(char *path, size_t size_bytes)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, size_bytes, "%s/reelvec-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(path));
}

static inline void remove_test_folder(const char *path)
{
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static inline ModelIdentity test_model(int dimensions)
{
    ModelIdentity identity = {.name = "ViT-T/8",
                              .weights_sha256 =
                                  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                              .dimensions = dimensions,
                              .preprocess_version = STORE_PREPROCESS_VERSION,
                              .normalized = true};
    return identity;
}

/* The same numbers for the same seed in every run. */
#define next_random rv_random_next

static inline double next_uniform(uint64_t *state)
{
    return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

/* A vector of length 1 that depends on the seed only. */
static inline void make_unit_vector(uint64_t seed, int dimensions, float *out)
{
    uint64_t state = seed * 2654435761u + 1;
    double sum = 0;
    for (int i = 0; i < dimensions; i++) {
        out[i] = (float)(next_uniform(&state) * 2 - 1);
        sum += (double)out[i] * out[i];
    }
    for (int i = 0; i < dimensions; i++)
        out[i] = (float)(out[i] / sqrt(sum));
}

static inline VideoFacts test_facts(const char *path)
{
    VideoFacts facts = {.path = path,
                        .content_key = "sha256:00",
                        .size_bytes = 1234,
                        .modified_ns = 1700000000123456789,
                        .codec = "h264",
                        .sampling = "interval:1",
                        .duration_s = 12.5,
                        .frame_rate = 29.97,
                        .width = 640,
                        .height = 360};
    return facts;
}

/* The picture of a frame: bytes that tell which frame it is of. A stored "picture" is good when it begins so.
 */
static inline size_t make_test_picture(int64_t video_id, int64_t frame_number, uint8_t *out, size_t capacity)
{
    int length =
        snprintf((char *)out, capacity, "PICTURE %lld/%lld", (long long)video_id, (long long)frame_number);
    return (size_t)length;
}

static inline bool check_test_picture(const uint8_t *jpeg, size_t size_bytes, int *width, int *height)
{
    *width = 640;
    *height = 360;
    return size_bytes > 8 && memcmp(jpeg, "PICTURE ", 8) == 0;
}

static inline RvStatus put_test_frames(Store *store, int64_t video_id, int64_t first, size_t count,
                                       int dimensions, RvError *err)
{
    float *vectors = calloc(count * (size_t)dimensions, sizeof *vectors);
    FrameRecord *frames = calloc(count, sizeof *frames);
    uint8_t(*pictures)[64] = calloc(count, sizeof *pictures);
    assert_true(vectors != NULL && frames != NULL && pictures != NULL);
    for (size_t i = 0; i < count; i++) {
        int64_t number = first + (int64_t)i;
        float *vector = vectors + i * (size_t)dimensions;
        make_unit_vector((uint64_t)(video_id * 1000003 + number), dimensions, vector);
        size_t size = make_test_picture(video_id, number, pictures[i], sizeof pictures[i]);
        frames[i] = (FrameRecord){number, (double)(number - 1), vector, pictures[i], size};
    }
    RvStatus status = rv_store_put_frames(store, video_id, frames, count, dimensions, err);
    free(pictures);
    free(frames);
    free(vectors);
    return status;
}

static inline void print_fault(void *user, const char *line)
{
    (void)user;
    print_message("    fault: %s\n", line);
}

static inline size_t count_faults(Store *store)
{
    size_t count = 0;
    assert_ok(rv_store_verify(store, check_test_picture, print_fault, NULL, &count, err));
    return count;
}

#endif
