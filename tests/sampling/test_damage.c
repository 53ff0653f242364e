/* SPDX-License-Identifier: MIT */
/* Damaged and cut files: no crash, no hang, no sample out of order. REELVEC_SLOW_TESTS=1 runs all 200 + 200
 * on the real video and on every kind of file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "clips.h"
#include "collected.h"
#include "whole_file.h"

#define LONGEST_S 60 // for one file; beyond it the reading hangs

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static bool is_slow(void)
{
    const char *slow = getenv("REELVEC_SLOW_TESTS");
    return slow != NULL && strcmp(slow, "1") == 0;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_late(void *user)
{
    return now_s() > *(double *)user;
}

static uint8_t *read_all(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size_bytes = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size_bytes);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size_bytes, file), *size_bytes);
    fclose(file);
    return bytes;
}

static void write_all(const char *path, const uint8_t *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

// Read the file through; whatever it holds, the outcome must be samples in order and at most one plain error.
static void survive(const char *path, const char *what, size_t number, double interval_s)
{
    double deadline_s = now_s() + LONGEST_S;
    VideoOptions video_options = {.cancelled = is_late, .cancelled_user = &deadline_s};
    SamplerOptions options = {.interval_s = interval_s};
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    RvError err = {0};
    RvStatus status = rv_video_open(path, &video_options, &reader, &err);
    if (status == RV_OK)
        status = rv_sampler_open(reader, &options, &sampler, &err);
    size_t count = 0;
    int64_t last_pts_us = INT64_MIN;
    while (status == RV_OK) {
        Sample sample;
        bool end;
        status = rv_sampler_next(sampler, &sample, &end, &err);
        if (status != RV_OK || end)
            break;
        if (sample.index != count || sample.frame->av->width <= 0 || sample.frame->pts_us < last_pts_us)
            fail_msg("%s %zu: sample %zu is out of order", what, number, sample.index);
        last_pts_us = sample.frame->pts_us;
        hash_planes(sample.frame->av); // touches every byte
        count++;
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
    if (status == RV_ERROR_CANCELLED)
        fail_msg("%s %zu: still running after %d s", what, number, LONGEST_S);
    if (status != RV_OK &&
        (err.message[0] == '\0' || status == RV_ERROR_INTERNAL || status == RV_ERROR_ARGUMENT))
        fail_msg("%s %zu: status %d with message '%s'", what, number, status, err.message);
}

static void damage_file(const char *source, const char *name, size_t rounds, double interval_s)
{
    size_t size_bytes;
    uint8_t *bytes = read_all(source, &size_bytes);
    char path[1200], folder[1024];
    build_path("", folder, sizeof folder);
    snprintf(path, sizeof path, "%s/damaged-%ld-%s", folder, (long)getpid(), name);
    random_state = 20240607;
    uint8_t *copy = malloc(size_bytes);
    assert_non_null(copy);
    for (size_t round = 0; round < rounds; round++) {
        memcpy(copy, bytes, size_bytes);
        size_t faults = 1 + next_random() % 20;
        for (size_t i = 0; i < faults; i++)
            copy[next_random() % size_bytes] = (uint8_t)next_random();
        write_all(path, copy, size_bytes);
        survive(path, name, round, interval_s);
    }
    for (size_t round = 0; round < rounds; round++) {
        write_all(path, bytes, 1 + next_random() % (size_bytes - 1));
        survive(path, name, 1000 + round, interval_s);
    }
    remove(path);
    free(copy);
    free(bytes);
}

static void next_survives_damaged_clips(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        size_t rounds; // of each kind, in the ordinary run
    } clips[] = {{"front_moov.mp4", 200}, {"gop50_open.mp4", 15}, {"hevc_open.mp4", 15}, {"plain.mkv", 15},
                 {"plain.ts", 15},        {"vp9.webm", 15},       {"mpeg2_open.ts", 15}, {"mjpeg.avi", 15},
                 {"picture.gif", 15},     {"plain.flv", 15},      {"av1.mp4", 15},       {"prores.mov", 15}};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i].clip, path, sizeof path))
            skip();
        damage_file(path, clips[i].clip, is_slow() ? 200 : clips[i].rounds, 1);
    }
}

static void next_survives_damage_to_a_real_video(void **state)
{
    (void)state;
    char path[2048];
    if (!shared_path("videos/bottle-detection.mp4", path, sizeof path))
        skip();
    damage_file(path, "bottle.mp4", is_slow() ? 200 : 10, 10);
}

// Packets of an AVI file that become zeros, each n-th from the 21st on.
static void clear_packets(uint8_t *bytes, size_t size_bytes, int every)
{
    uint8_t *end = bytes + size_bytes, *at = bytes;
    while (at + 4 <= end && memcmp(at, "movi", 4) != 0)
        at++;
    int number = 0;
    for (at += 4; at + 8 <= end && memcmp(at, "idx1", 4) != 0;) {
        size_t length = at[4] | (size_t)at[5] << 8 | (size_t)at[6] << 16;
        if (memcmp(at, "00dc", 4) == 0 && number++ > 20 && number % every == 1)
            memset(at + 8, 0, length);
        at += 8 + length + (length & 1);
    }
}

/* AVI has decoding times only. Frames that are lost must not move those that follow: keyframes show their own
 * number. */
static void next_keeps_times_where_frames_are_lost(void **state)
{
    (void)state;
    static Collected collected;
    static const char *const clips[] = {"lost_mpeg4.avi", "lost_h264.avi"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048], damaged[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        size_t size_bytes;
        uint8_t *bytes = read_whole(path, &size_bytes);
        clear_packets(bytes, size_bytes, 8);
        build_path("lost-frames.avi", damaged, sizeof damaged);
        write_whole(damaged, bytes, size_bytes);
        free(bytes);
        SamplerOptions options = {.interval_s = 0.04};
        collect(damaged, NULL, &options, &collected);
        remove(damaged);
        assert_int_equal(collected.status, RV_OK);
        assert_true(collected.stats.packets_damaged > 10);
        int keyframes = 0;
        for (size_t k = 0; k < collected.count; k++) {
            const CollectedSample *sample = &collected.samples[k];
            if (!sample->keyframe || sample->repeated)
                continue;
            int shift = sample->number - (int)((sample->pts_us + 20000) / 40000);
            if (shift < -5 || shift > 5)
                fail_msg("%s: at %lld us frame %d", clips[i], (long long)sample->pts_us, sample->number);
            keyframes++;
        }
        assert_true(keyframes > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_survives_damaged_clips),
        cmocka_unit_test(next_keeps_times_where_frames_are_lost),
        cmocka_unit_test(next_survives_damage_to_a_real_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
