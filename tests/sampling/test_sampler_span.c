/* SPDX-License-Identifier: MIT */
/* Spans of videos: the frames of a span are those that the whole video has at these times, however the place is
 * reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "clips.h"
#include "collected.h"

#define GRID_S 0.04

static Collected whole, part;

/* As rv_video_sample does it: where the place is not certain, once more from the beginning. Returns whether it was
 * not. */
static bool collect_span(const char *path, SamplerOptions options, Collected *out)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    bool lost = false;
    out->count = 0;
    out->stats = (SamplerStats){0};
    out->status = rv_video_open(path, NULL, &reader, &out->err);
    if (out->status == RV_OK)
        out->status = rv_sampler_open(reader, &options, &sampler, &out->err);
    for (bool end = false; out->status == RV_OK && !end;) {
        Sample sample;
        out->status = rv_sampler_next(sampler, &sample, &end, &out->err);
        if (out->status == RV_OK && !end && out->count < COLLECTED_MAX)
            out->samples[out->count++] = collect_sample(&sample);
    }
    if (sampler != NULL) {
        lost = rv_sampler_is_lost(sampler);
        out->stats = rv_sampler_stats(sampler);
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
    if (!lost)
        return false;
    assert_int_equal(out->count, 0);
    assert_false(options.no_seek);
    options.no_seek = true;
    assert_false(collect_span(path, options, out));
    return true;
}

static void assert_span(const char *clip, const char *path, double grid_s, size_t first, size_t step)
{
    SamplerOptions options = {.interval_s = grid_s * (double)step,
                              .from_s = grid_s * (double)first,
                              .to_s = grid_s * (double)(first + 4 * step)};
    if (options.to_s == 0)
        return;
    collect_span(path, options, &part);
    if (part.status != RV_OK)
        fail_msg("%s from %g s: %s", clip, options.from_s, part.err.message);
    size_t expected = 0;
    while (expected < 5 && first + expected * step < whole.count)
        expected++;
    // Of the whole, the last interval must be whole.
    if (part.count < expected || part.count > 5 || (expected == 5 && part.count != 5))
        fail_msg("%s from %g s every %g s: %zu frames, not %zu", clip, options.from_s, options.interval_s,
                 part.count, expected);
    for (size_t i = 0; i < expected; i++) {
        const CollectedSample *got = &part.samples[i], *same = &whole.samples[first + i * step];
        assert_int_equal(got->index, i);
        assert_true(fabs(got->time_s - same->time_s) < 1e-9);
        if (got->pts_us != same->pts_us || got->hash != same->hash)
            fail_msg("%s at %g s: frame %d at %lld us, not %d at %lld us", clip, got->time_s, got->number,
                     (long long)got->pts_us, same->number, (long long)same->pts_us);
    }
}

/* ---- the same frames ------------------------------------------------------------------------------------ */

static const struct {
    const char *clip;
    double grid_s; // 0: GRID_S
    const char *why;
} same[] = {
    {"plain.mp4", 0, "the plain case"},
    {"plain.mkv", 0, "Matroska"},
    {"plain.ts", 0, "no index"},
    {"plain.flv", 0, "the same"},
    {"front_moov.mp4", 0, "index in front"},
    {"fragmented.mp4", 0, "an index in pieces"},
    {"gop250_closed.mp4", 0, "long groups"},
    {"gop250_open.mkv", 0, "keyframes that are no restarts"},
    {"gop50_open.mp4", 0, "the same, with more of them"},
    {"gop50_closed.mp4", 0, "B-frames: decoding times differ"},
    {"every_frame_key.mp4", 0, "keyframes only"},
    {"hevc_open.mp4", 0, "leading pictures before each restart"},
    {"hevc_closed.mkv", 0, "HEVC in Matroska"},
    {"hevc_layers.mp4", 0, "temporal layers"},
    {"mpeg2_open.ts", 0, "MPEG-2"},
    {"mpeg2_closed.mpg", 0, "time stamps only on some packets"},
    {"mpeg4.mp4", 0, "no short cuts"},
    {"vp8.webm", 0, "hidden reference frames"},
    {"vp9.webm", 0, "superframes"},
    {"av1.mp4", 0, "AV1"},
    {"mjpeg.avi", 0, "AVI"},
    {"prores.mov", 0, "ProRes"},
    {"theora.ogv", 0, "Theora"},
    {"rate_29_97.mp4", 0, "times that are no whole microseconds"},
    {"rate_29_97.mp4", 1001.0 / 30000, "a step of exactly a frame"},
    {"vfr.mkv", 0, "long stays"},
    {"edit_list.mp4", 0, "frames before the edit list's start"},
    {"offset5.mkv", 0, "the container begins at 5 s"},
    {"late_video.mkv", 0, "sound 2 s before"},
    {"sound_100s_before.mkv", 0.1, "sound 100 s before"},
    {"broken_clock.ts", 0, "clocks that differ"},
    {"wrapping_clock.ts", 0, "a clock that wraps"},
    {"jump_back.ts", 0, "a clock that jumps back"},
    {".long/pause_70min.mp4", 10, "a pause of more than an hour"},
    {".long/pause_70min.mkv", 10, "the same, keyframes only"},
    {".long/pause_59min_live.mkv", 10, "no header, no index"},
    {".long/jump_70min_live.mkv", 0.5, "a clock that jumps ahead, and no header"},
    {"pid_change.ts", 0, "the video goes on in another stream"},
    {"raw.h264", 0, "no time stamps"},
    {"no_pts_h264.avi", 0, "decoding times only"},
    {"size_change.ts", 0, "another size on the way"},
    {"interlaced_bff.mkv", 0, "fields"},
    {"alpha_vp9.webm", 0, "alpha"},
    {"cover.mp4", 0, "a cover picture as first stream"},
    {"two_streams.mkv", 0, "two streams of video"},
    {"single_frame.mp4", 0, "one frame"},
    {"cut.mkv", 0, "cut in the middle"},
    {"cut.mp4", 0, "cut in the middle, index in front"},
    {"lost_h264.avi", 0, "lost packets"},
};

static void span_has_the_frames_of_the_whole(void **state)
{
    (void)state;
    static const double places[] = {0, 0.1, 0.27, 0.5, 0.51, 0.77, 0.9, 0.98};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        char path[2048];
        if (!clip_path(same[i].clip, path, sizeof path))
            skip();
        double grid_s = same[i].grid_s > 0 ? same[i].grid_s : GRID_S;
        SamplerOptions all = {.interval_s = grid_s, .decode_everything = true};
        collect(path, NULL, &all, &whole);
        if (whole.status != RV_OK)
            fail_msg("%s (%s): %s", same[i].clip, same[i].why, whole.err.message);
        for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
            size_t first = (size_t)(places[place] * (double)whole.count);
            assert_span(same[i].clip, path, grid_s, first, 1);
            assert_span(same[i].clip, path, grid_s, first, 7);
        }
    }
}

/* Any frame of clips in which the place is looked for. */
static void span_begins_at_any_frame(void **state)
{
    (void)state;
    static const char *const clips[] = {"gop50_closed.mp4", "hevc_open.mp4", "hevc_closed.mkv", "vp9.webm",
                                        "fragmented.mp4"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        SamplerOptions all = {.interval_s = GRID_S, .decode_everything = true};
        collect(path, NULL, &all, &whole);
        assert_int_equal(whole.count, 300);
        for (size_t first = 0; first < whole.count; first += 3)
            assert_span(clips[i], path, GRID_S, first, 1);
    }
}

/* ---- how the place is reached --------------------------------------------------------------------------- */

static void span_reads_only_what_it_needs(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double from_s;
        bool lost;
        size_t most_read, most_decoded;
        const char *why;
    } limits[] = {
        {"gop50_closed.mp4", 11, false, 170, 60, "the first group, and from 10 s to the end"},
        {"gop50_closed.mp4", 6.2, false, 170, 60, "a group in the middle"},
        {"gop50_closed.mp4", 1, false, 110, 60, "in the first group: nothing to look for"},
        {"hevc_open.mp4", 6.2, false, 190, 60, "HEVC"},
        {"hevc_closed.mkv", 6.2, false, 190, 60, "Matroska"},
        {"vp9.webm", 6.2, false, 190, 60, "VP9"},
        {"every_frame_key.mp4", 3, false, 20, 10, "keyframes only"},
        {"fragmented.mp4", 6.2, false, 400, 60, "fragments"},
        {"plain.ts", 3.2, false, 110, 110, "no index: read, and not decoded"},
        {"gop50_open.mp4", 9, false, 310, 310, "one restart: decoded from the beginning"},
        {".long/jump_70min_live.mkv", 4204, true, 20, 20, "the index tells of a jump"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char path[2048];
        if (!clip_path(limits[i].clip, path, sizeof path))
            skip();
        SamplerOptions options = {
            .interval_s = 0.04, .from_s = limits[i].from_s, .to_s = limits[i].from_s + 0.08};
        bool lost = collect_span(path, options, &part);
        if (part.status != RV_OK || lost != limits[i].lost || (!lost && part.count != 3) ||
            part.stats.packets_read > limits[i].most_read ||
            part.stats.packets_decoded > limits[i].most_decoded)
            fail_msg("%s from %g s (%s): status %d, %s, %zu frames, %zu packets read, %zu decoded",
                     limits[i].clip, limits[i].from_s, limits[i].why, part.status, lost ? "lost" : "found",
                     part.count, part.stats.packets_read, part.stats.packets_decoded);
    }
}

static void span_ends_with_the_video(void **state)
{
    (void)state;
    static const struct {
        double from_s, to_s, interval_s;
        size_t count;
        const char *why;
    } cases[] = {
        {11.9, 0, 0.04, 3, "to the end: 11.90, 11.94, 11.98"},
        {11.9, 99, 0.04, 3, "the same"},
        {11.999999, 0, 0.04, 1, "a microsecond before the end"},
        {12, 0, 0.04, 0, "the end itself"},
        {99, 0, 1, 0, "after it"},
        {0, 0.5, 0.5, 2, "both ends are included"},
        {0, 0.499999, 0.5, 1, "a microsecond less"},
        {5, 5, 1, 1, "one time"},
        {0.000001, 0, 3, 4, "3, 6, 9 and the first"},
    };
    char path[2048];
    if (!clip_path("gop50_closed.mp4", path, sizeof path))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SamplerOptions options = {
            .interval_s = cases[i].interval_s, .from_s = cases[i].from_s, .to_s = cases[i].to_s};
        assert_false(collect_span(path, options, &part));
        if (part.status != RV_OK || part.count != cases[i].count)
            fail_msg("%s: status %d, %zu frames", cases[i].why, part.status, part.count);
    }
}

static void options_refuse_what_is_no_span(void **state)
{
    (void)state;
    static const RvSamplingOptions refused[] = {
        {.from_s = -1},
        {.from_s = NAN},
        {.to_s = INFINITY},
        {.from_s = 2, .to_s = 1},
        {.from_s = 1e8},
        {.from_s = 1, .kind = RV_SAMPLING_KEYFRAMES},
        {.to_s = 1, .kind = RV_SAMPLING_SCENES},
        {.to_s = 1, .compat = "opencv-notebook"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        SamplerOptions options;
        RvError err = {0};
        assert_int_equal(rv_sampler_options(&refused[i], &options, &err), RV_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, "span of a video"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span_has_the_frames_of_the_whole), cmocka_unit_test(span_begins_at_any_frame),
        cmocka_unit_test(span_reads_only_what_it_needs),    cmocka_unit_test(span_ends_with_the_video),
        cmocka_unit_test(options_refuse_what_is_no_span),
    };
    return cmocka_run_group_tests_name("sampling/sampler_span", tests, NULL, NULL);
}
