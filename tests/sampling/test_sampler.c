/* SPDX-License-Identifier: MIT */
/* What holds for every way of sampling: short cuts change nothing, resuming changes nothing, bad options are
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>

#include "clips.h"
#include "collected.h"

static Collected collected, reference;

typedef struct Way {
    RvSampling sampling;
    double interval_s;
} Way;

// Is every sample from `skipped` on the same as in the reference?
static void compare(const char *name, const Way *way, size_t skipped)
{
    if (collected.status != reference.status)
        fail_msg("%s, way %d/%g: status %d, not %d (%s)", name, way->sampling, way->interval_s,
                 collected.status, reference.status, collected.err.message);
    size_t wanted = reference.count > skipped ? reference.count - skipped : 0;
    if (collected.count != wanted)
        fail_msg("%s, way %d/%g: %zu samples, not %zu", name, way->sampling, way->interval_s, collected.count,
                 wanted);
    for (size_t k = 0; k < collected.count; k++) {
        CollectedSample got = collected.samples[k], expected = reference.samples[k + skipped];
        if (k == 0)
            expected.repeated = false; // nothing came before it
        bool same = got.index == expected.index && got.time_s == expected.time_s &&
                    got.pts_us == expected.pts_us && got.repeated == expected.repeated &&
                    got.keyframe == expected.keyframe && got.hash == expected.hash &&
                    got.width == expected.width && got.height == expected.height &&
                    got.format == expected.format && got.quarter_turns == expected.quarter_turns;
        if (!same)
            fail_msg("%s, way %d/%g: sample %zu differs: frame %d at %lld us, not %d at %lld us", name,
                     way->sampling, way->interval_s, k + skipped, got.number, (long long)got.pts_us,
                     expected.number, (long long)expected.pts_us);
    }
    if (reference.status == RV_OK && skipped == 0)
        assert_true(collected.info.duration_s == reference.info.duration_s);
}

static void compare_clip(const char *name, const char *path)
{
    static const Way ways[] = {{RV_SAMPLING_INTERVAL, 1},
                               {RV_SAMPLING_INTERVAL, 0.13},
                               {RV_SAMPLING_INTERVAL, 2.5},
                               {RV_SAMPLING_KEYFRAMES, 0}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        SamplerOptions options = {.kind = ways[i].sampling, .interval_s = ways[i].interval_s};
        SamplerOptions all = options;
        all.decode_everything = true;
        collect(path, NULL, &all, &reference);
        collect(path, NULL, &options, &collected);
        compare(name, &ways[i], 0);
        if (i == 0 || i == 2)
            continue; // resuming is tried with the dense ways
        options.first_sample = 3;
        collect(path, NULL, &options, &collected);
        compare(name, &ways[i], 3);
    }
}

static void next_is_the_same_with_and_without_short_cuts(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("plain.mp4", path, sizeof path))
        skip();
    char folder[1024];
    build_path("clips", folder, sizeof folder);
    DIR *clips = opendir(folder);
    assert_non_null(clips);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(clips)) != NULL;) {
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "part.", 5) == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        compare_clip(entry->d_name, path);
        count++;
    }
    closedir(clips);
    assert_true(count > 60);
}

static void next_is_the_same_on_the_real_videos(void **state)
{
    (void)state;
    char path[2048];
    if (!shared_path("videos/bottle-detection.mp4", path, sizeof path))
        skip();
    compare_clip("bottle", path);
    if (shared_path("videos/car-detection.mp4", path, sizeof path))
        compare_clip("car", path);
}

static void next_is_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    static const char *const clips[] = {"gop50_open.mp4", "hevc_open.mp4", "vp9.webm", "mpeg2_open.ts"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        Way way = {RV_SAMPLING_INTERVAL, 0.2};
        SamplerOptions options = {.interval_s = way.interval_s};
        VideoOptions one = {.thread_count = 1}, many = {.thread_count = 7};
        collect(path, &one, &options, &reference);
        collect(path, &many, &options, &collected);
        compare(clips[i], &way, 0);
    }
}

static void open_refuses_options_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        SamplerOptions options;
        const char *why;
    } cases[] = {
        {{.interval_s = -1}, "backwards"},
        {{.interval_s = 1e-9}, "a billion samples per second"},
        {{.interval_s = 1e300}, "beyond any time"},
        {{.interval_s = __builtin_nan("")}, "not a number"},
        {{.interval_s = __builtin_inf()}, "no number of seconds"},
        {{.kind = RV_SAMPLING_SCENES, .scene_threshold = -0.1}, "below none"},
        {{.kind = RV_SAMPLING_SCENES, .scene_threshold = 1.5}, "more than all"},
        {{.kind = (RvSampling)99}, "no such way"},
    };
    char path[2048];
    if (!clip_path("plain.mp4", path, sizeof path))
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        collect(path, NULL, &cases[i].options, &collected);
        if (collected.status != RV_ERROR_ARGUMENT)
            fail_msg("%s: status %d", cases[i].why, collected.status);
        assert_true(strlen(collected.err.message) > 10);
    }
}

static void options_name_the_compatibility_or_are_refused(void **state)
{
    (void)state;
    SamplerOptions options;
    RvError err = {0};
    RvSamplingOptions wanted = {.kind = RV_SAMPLING_SCENES, .interval_s = 2, .scene_threshold = 0.5};
    assert_int_equal(rv_sampler_options(&wanted, &options, &err), RV_OK);
    assert_int_equal(options.kind, RV_SAMPLING_SCENES);
    assert_true(options.interval_s == 2 && options.scene_threshold == 0.5 && !options.notebook);
    wanted.compat = "opencv-notebook";
    assert_int_equal(rv_sampler_options(&wanted, &options, &err), RV_OK);
    assert_true(options.notebook);
    wanted.compat = "opencv";
    assert_int_equal(rv_sampler_options(&wanted, &options, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "'opencv'"));
}

static void describe_names_the_way_and_its_measure(void **state)
{
    (void)state;
    static const struct {
        SamplerOptions options;
        const char *expected, *why;
    } cases[] = {
        {{0}, "interval:1", "the default"},
        {{.interval_s = 0.5}, "interval:0.5", "an interval"},
        {{.interval_s = 1.0 / 3}, "interval:0.3333333333", "an interval that is no decimal"},
        {{.kind = RV_SAMPLING_KEYFRAMES}, "keyframes", "keyframes"},
        {{.kind = RV_SAMPLING_SCENES}, "scenes:0.12", "default threshold"},
        {{.kind = RV_SAMPLING_SCENES, .scene_threshold = 0.2}, "scenes:0.2", "a threshold"},
        {{.notebook = true}, "opencv-notebook", "the notebook's way"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        rv_sampler_describe(&cases[i].options, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

static bool cancel_at_once(void *user)
{
    (void)user;
    return true;
}

static bool cancel_later(void *user)
{
    int *calls = user;
    return ++*calls > 200;
}

static void next_stops_when_cancelled(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("gop250_closed.mp4", path, sizeof path))
        skip();
    SamplerOptions options = {.decode_everything = true};
    VideoOptions at_once = {.cancelled = cancel_at_once};
    collect(path, &at_once, &options, &collected);
    assert_int_equal(collected.status, RV_ERROR_CANCELLED);
    int calls = 0;
    VideoOptions later = {.cancelled = cancel_later, .cancelled_user = &calls};
    collect(path, &later, &options, &collected);
    assert_int_equal(collected.status, RV_ERROR_CANCELLED);
    assert_non_null(strstr(collected.err.message, "gop250_closed.mp4"));
}

static void next_starts_past_the_end_without_fault(void **state)
{
    (void)state;
    static const SamplerOptions ways[] = {{.kind = RV_SAMPLING_INTERVAL},
                                          {.kind = RV_SAMPLING_KEYFRAMES},
                                          {.kind = RV_SAMPLING_SCENES},
                                          {.notebook = true}};
    char path[2048];
    if (!clip_path("plain.mp4", path, sizeof path))
        skip();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        SamplerOptions options = ways[i];
        options.first_sample = 1000;
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        assert_int_equal(collected.count, 0);
    }
}

static void stats_count_the_work(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("gop250_closed.mp4", path, sizeof path))
        skip();
    SamplerOptions all = {.decode_everything = true}, options = {0};
    collect(path, NULL, &all, &reference);
    assert_int_equal(reference.stats.packets_read, 300);
    assert_int_equal(reference.stats.packets_decoded, 300);
    assert_int_equal(reference.stats.frames_decoded, 300);
    collect(path, NULL, &options, &collected);
    assert_int_equal(collected.stats.packets_read, 300);
    assert_true(collected.stats.packets_decoded < 250);
    assert_int_equal(collected.stats.packets_damaged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_is_the_same_with_and_without_short_cuts),
        cmocka_unit_test(next_is_the_same_on_the_real_videos),
        cmocka_unit_test(next_is_the_same_with_any_number_of_threads),
        cmocka_unit_test(open_refuses_options_that_make_no_sense),
        cmocka_unit_test(options_name_the_compatibility_or_are_refused),
        cmocka_unit_test(describe_names_the_way_and_its_measure),
        cmocka_unit_test(next_stops_when_cancelled),
        cmocka_unit_test(next_starts_past_the_end_without_fault),
        cmocka_unit_test(stats_count_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
