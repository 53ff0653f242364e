/* SPDX-License-Identifier: MIT */
/* Sampling by time on a generated clip for every kind of file, by the numbers that the frames show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavformat/version.h>
#include <math.h>

#include "clips.h"
#include "collected.h"

typedef struct IntervalCase {
    const char *clip;
    double interval_s;
    size_t count;
    int rate_num,
        rate_den; // sample k shows first + floor(k x interval x rate), unless `numbers` says otherwise
    int first;
    const int *numbers; // [count]
    const char *why;
} IntervalCase;

#define NUMBERS(...)                                                                                         \
    (const int[])                                                                                            \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static const IntervalCase cases[] = {
    {"plain.mp4", 1, 4, 25, 1, 0, NULL, "the plain case"},
    {"plain.mp4", 0.04, 100, 25, 1, 0, NULL, "every frame"},
    {"plain.mp4", 0.5, 8, 25, 1, 0, NULL, "half seconds: 12.5 frames, the earlier one"},
    {"plain.mp4", 1.0 / 3, 12, 25, 1, 0, NULL, "thirds of a second do not add up errors"},
    {"plain.mp4", 3, 1, 25, 1, 0, NULL, "only one whole interval"},
    {"plain.mp4", 60, 1, 25, 1, 0, NULL, "shorter than the interval: still one"},
    {"plain.mkv", 1, 4, 25, 1, 0, NULL, "Matroska, milliseconds"},
    {"plain.ts", 1, 4, 25, 1, 0, NULL, "MPEG-TS begins at 1.4 s"},
    {"plain.flv", 1, 4, 25, 1, 0, NULL, "Flash"},
    {"front_moov.mp4", 1, 4, 25, 1, 0, NULL, "index in front"},
    {"gop250_closed.mp4", 1, 12, 25, 1, 0, NULL, "long closed groups with B-frames"},
    {"gop250_open.mkv", 1, 12, 25, 1, 0, NULL, "long open groups"},
    {"gop50_open.mp4", 0.2, 60, 25, 1, 0, NULL, "open groups, samples among the leading pictures"},
    {"gop50_closed.mp4", 0.2, 60, 25, 1, 0, NULL, "B-frames that others refer to"},
    {"gop50_closed.mp4", 5, 2, 25, 1, 0, NULL, "whole groups are jumped over"},
    {"every_frame_key.mp4", 1, 4, 25, 1, 0, NULL, "keyframes only"},
    {"hevc_open.mp4", 0.2, 60, 25, 1, 0, NULL, "HEVC with CRA and RASL pictures"},
    {"hevc_closed.mkv", 1, 12, 25, 1, 0, NULL, "HEVC, closed"},
    {"hevc_layers.mp4", 0.2, 60, 25, 1, 0, NULL, "HEVC with temporal layers"},
    {"hevc10.mkv", 1, 2, 25, 1, 0, NULL, "HEVC, 10 bit"},
    {"mpeg2_open.ts", 0.2, 60, 25, 1, 0, NULL, "MPEG-2, open groups"},
    {"mpeg2_closed.mpg", 0.2, 60, 25, 1, 0, NULL,
     "MPEG-2 programme stream: time stamps only on some packets"},
    {"mpeg1.mpg", 0.2, 20, 25, 1, 0, NULL, "MPEG-1"},
    {"mpeg4.mp4", 0.2, 20, 25, 1, 0, NULL, "MPEG-4 part 2 with B-frames"},
    {"vp8.webm", 0.2, 60, 25, 1, 0, NULL, "VP8 with hidden reference frames"},
    {"vp9.webm", 0.2, 60, 25, 1, 0, NULL, "VP9 with superframes"},
    {"av1.mp4", 0.2, 20, 25, 1, 0, NULL, "AV1"},
    {"mjpeg.avi", 1, 4, 25, 1, 0, NULL, "Motion JPEG"},
    {"prores.mov", 1, 2, 25, 1, 0, NULL, "ProRes"},
    {"theora.ogv", 1, 2, 25, 1, 0, NULL, "Theora"},
    {"picture.gif", 1, 2, 0, 1, 0, NUMBERS(0, 25), "animated GIF, 5 frames per second"},
    {"odd.mp4", 1, 2, 25, 1, 0, NULL, "175 x 131"},
    {"odd.webm", 1, 2, 25, 1, 0, NULL, "175 x 131, 4:2:0"},
    {"yuv422.mov", 1, 2, 25, 1, 0, NULL, "4:2:2"},
    {"yuv444.mp4", 1, 2, 25, 1, 0, NULL, "4:4:4"},
    {"rate_29_97.mp4", 1, 10, 30000, 1001, 0, NULL, "29.97 frames per second: by time, not by count"},
    {"vfr.mkv", 1, 11, 0, 1, 0, NUMBERS(0, 3, 4, 4, 5, 7, 7, 7, 7, 7, 8), "variable rate with long stays"},
    {"wrapping_clock.ts", 1, 4, 25, 1, 0, NULL, "negative time stamps, from a 33-bit clock that wraps"},
    {"edit_list.mp4", 1, 2, 0, 1, 0, NUMBERS(38, 63), "frames before the edit list's start are not shown"},
    {"offset5.mkv", 1, 4, 25, 1, 0, NULL, "the container begins at 5 s: so does the count"},
    {"offset5.ts", 1, 4, 25, 1, 0, NULL, "the same in MPEG-TS"},
    {"late_video.mkv", 1, 6, 0, 1, 0, NUMBERS(0, 0, 0, 25, 50, 75),
     "sound first: its first frame counts as shown"},
    {"sound_100s_before.mkv", 20, 5, 0, 1, 0, NUMBERS(0, 0, 0, 0, 0), "100 s of sound before, as in players"},
    {"broken_clock.ts", 1, 4, 25, 1, 0, NULL, "the same in a broadcast: streams of different clocks"},
    {".long/pause_70min.mp4", 600, 7, 0, 1, 0, NUMBERS(0, 2, 2, 2, 2, 2, 2),
     "a picture that stands for 70 minutes"},
    {".long/pause_70min.mkv", 600, 7, 0, 1, 0, NUMBERS(0, 2, 2, 2, 2, 2, 2), "the same, decoded whole"},
    {".long/pause_70min.mp4", 4203, 1, 0, 1, 0, NUMBERS(0), "and the frames after it have their time"},
    {".long/pause_70min.mp4", 2102, 2, 0, 1, 0, NUMBERS(0, 2), "the same"},
    {".long/jump_70min_live.mkv", 0.5, 8, 0, 1, 0, NUMBERS(0, 0, 1, 1, 2, 3, 3, 4),
     "the clock jumps ahead by 70 minutes, and no header says so"},
    {"one_per_second.avi", 1, 10, 1, 1, 0, NULL, "ticks of a second are no rounding"},
    {"rate_varies.mp4", 1, 55, 1, 5, 0, NULL, "a frame every 5 s, the last one short"},
    {"last_unknown.mp4", 1, 55, 1, 5, 0, NULL, "the last one does not know that it is short"},
    {"pid_change.ts", 1, 10, 25, 1, 0, NULL, "the video goes on in another stream"},
    {"pid_change.ts", 0.2, 50, 25, 1, 0, NULL, "the same, closer"},
    {"pid_and_codec_change.ts", 1, 10, 25, 1, 0, NULL, "in one of another codec and size"},
    {"pid_short_end.ts", 1, 10, 0, 1, 0, NUMBERS(50, 75, 100, 125, 150, 175, 200, 225, 0, 25),
     "in a short one whose clock begins anew"},
    {"two_programmes.ts", 1, 4, 25, 1, 0, NULL, "two programmes at once: the first, and no more than it"},
    {"two_programmes_slow.ts", 1, 30, 1, 1, 0, NULL, "the first has a frame a second beside one of 25"},
    {"raw.h264", 1, 4, 25, 1, 0, NULL, "no time stamps at all"},
    {"no_pts_h264.avi", 0.2, 20, 25, 1, 0, NULL, "decoding times only, B-frames"},
    {"no_pts_mpeg4.avi", 0.2, 20, 25, 1, 0, NULL, "the same with MPEG-4"},
    {"single_frame.mp4", 1, 1, 25, 1, 0, NULL, "one single frame"},
    {"short_0_4s.mp4", 1, 1, 25, 1, 0, NULL, "0.4 s"},
    {"ten_seconds.mkv", 1, 10, 24, 1, 0, NULL, "10 s of 24 frames per second, rounded to milliseconds"},
    {"jump_back.ts", 1, 4, 0, 1, 0, NUMBERS(0, 25, 50, 75),
     "a recording joined to another: the clock jumps back"},
    {"aspect_4_3.mp4", 1, 2, 25, 1, 0, NULL, "sample aspect ratio"},
    {"turn90.mp4", 1, 2, 25, 1, 0, NULL, "turned"},
    {"interlaced_tff.ts", 0.2, 10, 25, 1, 0, NULL, "H.264 fields"},
    {"interlaced_bff.mkv", 0.2, 10, 25, 1, 0, NULL, "H.264 fields, bottom first"},
    {"interlaced_mpeg2.ts", 0.2, 60, 25, 1, 0, NULL, "MPEG-2 fields"},
    {"alpha_vp9.webm", 1, 2, 25, 1, 0, NULL, "VP9 with alpha"},
    {"alpha_qtrle.mov", 1, 2, 25, 1, 0, NULL, "QuickTime animation with alpha"},
    {"alpha_prores.mov", 1, 2, 25, 1, 0, NULL, "ProRes 4444 with alpha"},
    {"size_change.ts", 1, 4, 0, 1, 0, NUMBERS(0, 25, 0, 25), "the picture's size changes in the middle"},
    {"cover.mp4", 1, 2, 25, 1, 0, NULL, "a cover picture as first stream"},
    {"two_streams.mkv", 1, 2, 25, 1, 0, NULL, "the default stream, though the other is larger"},
    {"two_sizes.mkv", 1, 2, 25, 1, 0, NULL, "no default: the largest"},
    {"cut.mkv", 1, 1, 25, 1, 0, NULL, "cut in the middle"},
    {"cut.ts", 1, 1, 25, 1, 0, NULL, "cut in the middle"},
    {"cut.mp4", 1, 1, 25, 1, 0, NULL, "cut in the middle, index in front"},
};

static Collected collected, reference;

static int expected_number(const IntervalCase *entry, size_t k)
{
    if (entry->numbers != NULL)
        return entry->numbers[k];
    // Whole microseconds, as the program counts; the product is exact in 64 bits.
    int64_t us = llround((double)k * entry->interval_s * 1e6);
    return entry->first + (int)(us * entry->rate_num / (1000000 * (int64_t)entry->rate_den));
}

static int check_case(const IntervalCase *entry, bool decode_everything)
{
    char path[2048];
    if (!clip_path(entry->clip, path, sizeof path))
        return -1;
    SamplerOptions options = {.interval_s = entry->interval_s, .decode_everything = decode_everything};
    collect(path, NULL, &options, &collected);
    if (collected.status != RV_OK)
        fail_msg("%s (%s): %s", entry->clip, entry->why, collected.err.message);
    if (collected.count != entry->count)
        fail_msg("%s every %g s (%s): %zu samples, not %zu", entry->clip, entry->interval_s, entry->why,
                 collected.count, entry->count);
    for (size_t k = 0; k < collected.count; k++) {
        const CollectedSample *sample = &collected.samples[k];
        assert_int_equal(sample->index, k);
        assert_true(fabs(sample->time_s - (double)k * entry->interval_s) < 1e-6);
        if (sample->number != expected_number(entry, k))
            fail_msg("%s every %g s (%s): sample %zu shows frame %d, not %d", entry->clip, entry->interval_s,
                     entry->why, k, sample->number, expected_number(entry, k));
    }
    return 0;
}

static void check_all(bool decode_everything)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (check_case(&cases[i], decode_everything) != 0)
            skip();
    }
}

static void next_gives_the_frame_on_screen(void **state)
{
    (void)state;
    check_all(false);
}

static void next_gives_the_frame_on_screen_when_all_is_decoded(void **state)
{
    (void)state;
    check_all(true);
}

static void next_marks_repeated_frames(void **state)
{
    (void)state;
    static const bool repeated[] = {0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0};
    char path[2048];
    if (!clip_path("vfr.mkv", path, sizeof path))
        skip();
    SamplerOptions options = {.interval_s = 1};
    collect(path, NULL, &options, &collected);
    assert_int_equal(collected.count, 11);
    for (size_t k = 0; k < 11; k++)
        assert_int_equal(collected.samples[k].repeated, repeated[k]);
}

static void expected_agrees_with_what_comes(void **state)
{
    (void)state;
    static const char *const clips[] = {"plain.mp4", "plain.ts", "gop250_closed.mp4", "rate_29_97.mp4",
                                        "single_frame.mp4"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        SamplerOptions options = {0};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        assert_int_equal(collected.expected, collected.count);
    }
}

static void next_decodes_only_what_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double interval_s;
        size_t most_packets;
        const char *why;
    } limits[] = {
        {"every_frame_key.mp4", 1, 5, "one packet for each sample, and one to know the end"},
        {"gop50_closed.mp4", 5, 80, "two of six groups, up to the sample"},
        {"gop50_closed.mp4", 1, 150, "no frames that nothing refers to"},
        {"hevc_open.mp4", 1, 150, "the same in HEVC"},
        {"mpeg2_open.ts", 1, 100, "the same in MPEG-2"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char path[2048];
        if (!clip_path(limits[i].clip, path, sizeof path))
            skip();
        SamplerOptions options = {.interval_s = limits[i].interval_s};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        if (collected.stats.packets_decoded > limits[i].most_packets)
            fail_msg("%s (%s): %zu packets decoded", limits[i].clip, limits[i].why,
                     collected.stats.packets_decoded);
    }
}

static RvStatus open_and_count(const char *clip, double interval_s, size_t first_sample, size_t *count,
                               RvError *err)
{
    char path[2048];
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    *count = 0;
    if (!clip_path(clip, path, sizeof path))
        skip();
    SamplerOptions options = {.interval_s = interval_s, .first_sample = first_sample};
    RvStatus status = rv_video_open(path, NULL, &reader, err);
    if (status == RV_OK)
        status = rv_sampler_open(reader, &options, &sampler, err);
    for (bool end = false; status == RV_OK && !end;) {
        Sample sample;
        status = rv_sampler_next(sampler, &sample, &end, err);
        *count += status == RV_OK && !end;
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
    return status;
}

static void next_refuses_more_than_a_file_can_be_meant_for(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double interval_s;
        size_t first_sample;
        RvStatus status;
        size_t count;
        const char *why;
    } limits[] = {
        {".long/still_day.mkv", 1, 0, RV_OK, 84601, "a picture that never changes for a day"},
        {".long/still_day.mkv", 0.1, 0, RV_ERROR_UNSUPPORTED, 0, "by its header, from 12 kB"},
        {".long/pause_70min.mp4", 0.01, 0, RV_ERROR_UNSUPPORTED, 0, "the same"},
        {".long/pause_59min_live.mkv", 1, 0, RV_OK, MKV_LAST(3546, 3545), "no header says how long it is"},
        {".long/pause_59min_live.mkv", 0.01, 0, RV_ERROR_UNSUPPORTED, 200000, "found out on the way"},
        {"gop50_closed.mp4", 0.001, 0, RV_OK, 12000, "closer than its frames"},
        {".long/many_packets.mkv", 0.001, 205000, RV_OK, 5001, "resumed beyond 200,000, to 210.001 s"},
        {".long/pause_59min_live.mkv", 0.01, 205000, RV_ERROR_UNSUPPORTED, 0, "resumed, and too many"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t count;
        RvError err = {0};
        RvStatus status =
            open_and_count(limits[i].clip, limits[i].interval_s, limits[i].first_sample, &count, &err);
        if (status != limits[i].status || count != limits[i].count)
            fail_msg("%s every %g s (%s): status %d, %zu samples, %s", limits[i].clip, limits[i].interval_s,
                     limits[i].why, status, count, err.message);
        if (status != RV_OK)
            assert_non_null(strstr(err.message, "choose a longer interval"));
    }
}

static void next_gives_the_counts_of_the_real_videos(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count;
    } videos[] = {{"videos/bottle-detection.mp4", 39}, {"videos/car-detection.mp4", 30}};
    for (size_t i = 0; i < 2; i++) {
        char path[2048];
        if (!shared_path(videos[i].name, path, sizeof path))
            skip();
        SamplerOptions options = {0}, all = {.decode_everything = true};
        collect(path, NULL, &options, &collected);
        collect(path, NULL, &all, &reference);
        assert_int_equal(collected.status, RV_OK);
        assert_int_equal(collected.count, videos[i].count);
        assert_int_equal(collected.expected, videos[i].count);
        assert_int_equal(reference.count, videos[i].count);
        for (size_t k = 0; k < collected.count; k++) {
            assert_true(collected.samples[k].hash == reference.samples[k].hash);
            assert_int_equal(collected.samples[k].pts_us, reference.samples[k].pts_us);
            assert_true(collected.samples[k].pts_us <= (int64_t)k * 1000000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_gives_the_frame_on_screen),
        cmocka_unit_test(next_gives_the_frame_on_screen_when_all_is_decoded),
        cmocka_unit_test(next_marks_repeated_frames),
        cmocka_unit_test(expected_agrees_with_what_comes),
        cmocka_unit_test(next_decodes_only_what_is_needed),
        cmocka_unit_test(next_refuses_more_than_a_file_can_be_meant_for),
        cmocka_unit_test(next_gives_the_counts_of_the_real_videos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
