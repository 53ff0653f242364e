/* SPDX-License-Identifier: MIT */
/* Moments to clips and files: rounding, clamping, what is left out, rates, splitting, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "made_media.h"
#include "timeline/timeline_build.h"

static const MadeMedia videos[] = {
    {"/v/pal.mov", {25, 1}, 60, "10:00:00:00", 2},
    {"/v/ntsc.mov", {30000, 1001}, 600, NULL, 1},
    {"/v/late.mkv", {25, 1}, 60, NULL, 0, .first_frame_s = 0.5},
    {"/w/pal.mov", {50, 1}, 60, NULL, 2},
    {"/v/long.mov", {25, 1}, 100000, NULL, 2},
    {NULL},
};

static const RvTimelineOptions no_options = {0};

/* The clips of one format's build; clear with rv_timeline_build_clear. */
static TimelineBuild build_clips(const RvMoment *moments, size_t count, const RvTimelineOptions *options,
                                 size_t format)
{
    made_media_set(videos);
    TimelineBuild build = {.moments = moments,
                           .moment_count = count,
                           .options = options,
                           .format = rv_timeline_formats[format],
                           .read = made_media_read};
    RvError err;
    assert_int_equal(rv_timeline_find_sources(&build, &err), RV_OK);
    assert_int_equal(rv_timeline_cut_clips(&build, &err), RV_OK);
    return build;
}

static void clips_are_whole_frames_within_the_video(void **state)
{
    (void)state;
    static const struct {
        const char *video;
        double start_s, end_s, time_s, handles_s;
        int64_t in, length, mark;
        const char *why;
    } cases[] = {
        {"/v/pal.mov", 2, 4, 3, 0, 50, 50, 75, "plain"},
        {"/v/pal.mov", 2.01, 4.01, 3, 0, 50, 51, 75, "both ends within frames: each is in it"},
        {"/v/pal.mov", 2.03, 4.01, 2.03, 0, 50, 51, 50, "what is on screen at the start, not the nearest"},
        {"/v/pal.mov", 2.0395, 4.0395, 2.0395, 0, 51, 50, 51, "within half a millisecond of a frame"},
        {"/v/pal.mov", 2.039, 4.0405, 2.039, 0, 50, 51, 50, "a millisecond before one"},
        {"/v/ntsc.mov", 6.006, 7, 6.5, 0, 180, 30, 194, "a frame that began before its end is in it"},
        {"/v/ntsc.mov", 7, 8, 7.5, 0, 209, 31, 224,
         "and in the next moment, which begins while it is on screen"},
        {"/v/ntsc.mov", 6.006, 6.9736, 6.5, 0, 180, 29, 194, "a frame that begins at its end is not"},
        {"/v/pal.mov", 2, 2.001, 2, 0, 50, 1, 50, "less than a frame is a frame"},
        {"/v/pal.mov", 0, 60, 59.99, 0, 0, 1500, 1499, "all"},
        {"/v/pal.mov", -1, 61, 30, 0, 0, 1500, 750, "more than all"},
        {"/v/pal.mov", 59.99, 60, 59.99, 0, 1499, 1, 1499, "the last frame"},
        {"/v/pal.mov", 59, 60.4, 59, 0, 1475, 25, 1475, "an end behind the last frame"},
        {"/v/pal.mov", 2, 4, 3, 1, 25, 100, 75, "handles"},
        {"/v/pal.mov", 0.5, 59.5, 3, 1, 0, 1500, 75, "handles at both ends"},
        {"/v/pal.mov", 2, 2, 2, 1, 25, 50, 50, "a point with handles"},
        {"/v/pal.mov", 2, 4, 9, 0, 50, 50, 99, "a best frame behind the end"},
        {"/v/pal.mov", 2, 4, NAN, 0, 50, 50, 50, "no best frame"},
        {"/v/ntsc.mov", 100.1, 110.11, 100.1, 0, 3000, 300, 3000, "exactly 3000 frames"},
        {"/v/ntsc.mov", 59.9600, 60.0267, 59.96, 0, 1797, 2, 1797, "over the minute"},
        {"/v/late.mkv", 0.5, 1.5, 1, 0, 0, 25, 12, "the first frame is not at 0"},
        {"/v/late.mkv", 0.4, 0.51, 0.4, 0, 0, 1, 0, "ends within the first frame"},
        {"/v/pal.mov", -0.1, 0.01, 0, 0, 0, 1, 0, "likewise"},
        {"/v/pal.mov", -2, -1, -2, 1.2, 0, 5, 0, "only its handles reach into the video"},
        {"/v/pal.mov", 60.5, 61, 60.5, 1, 1487, 13, 1499, "likewise behind the end"},
        {"/v/late.mkv", 0, 1.5, 1, 0, 0, 25, 12, "begins before the first frame"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvMoment moment = {.video = cases[i].video,
                           .start_s = cases[i].start_s,
                           .end_s = cases[i].end_s,
                           .time_s = cases[i].time_s};
        RvTimelineOptions options = {.handles_s = cases[i].handles_s};
        TimelineBuild build = build_clips(&moment, 1, &options, 0);
        const TimelineClip *clip = build.clips;
        if (build.clip_count != 1 || clip->in != cases[i].in || clip->length != cases[i].length ||
            clip->mark != cases[i].mark)
            fail_msg("%s: %zu clips, in %lld, length %lld, mark %lld", cases[i].why, build.clip_count,
                     (long long)clip->in, (long long)clip->length, (long long)clip->mark);
        rv_timeline_build_clear(&build);
    }
}

static void no_clip_leaves_its_video(void **state)
{
    (void)state;
    uint64_t seed = 15;
    for (int i = 0; i < 20000; i++) {
        double times[4];
        for (int k = 0; k < 4; k++)
            times[k] = (double)(rv_random_next(&seed) % 70000) / 1000 - 5;
        RvMoment moment = {
            .video = videos[i % 4].path, .start_s = times[0], .end_s = times[1], .time_s = times[2]};
        RvTimelineOptions options = {.handles_s = i % 3 == 0 ? fabs(times[3]) : 0};
        TimelineBuild build = build_clips(&moment, 1, &options, 0);
        for (size_t k = 0; k < build.clip_count; k++) {
            const TimelineClip *clip = &build.clips[k];
            int64_t frames = build.sources[clip->source].media.frame_count;
            if (clip->in < 0 || clip->length < 1 || clip->in + clip->length > frames ||
                clip->mark < clip->in || clip->mark >= clip->in + clip->length || clip->end_s < clip->start_s)
                fail_msg("%s from %f to %f: in %lld, length %lld", moment.video, times[0], times[1],
                         (long long)clip->in, (long long)clip->length);
        }
        rv_timeline_build_clear(&build);
    }
}

static void what_cannot_be_cut_is_said_and_left_out(void **state)
{
    (void)state;
    static const struct {
        RvMoment moments[3];
        size_t kept;
        const char *line, *why;
    } cases[] = {
        {{{.video = "/v/pal.mov", .start_s = 70, .end_s = 80}},
         0,
         "/v/pal.mov: the moment from 0:01:10.0 to 0:01:20.0 is outside of its video and is left out\n",
         "outside"},
        {{{.video = "/v/pal.mov", .start_s = -9, .end_s = -1}}, 0, "is outside of its video", "before it"},
        {{{.video = "/v/pal.mov", .start_s = -1, .end_s = 0}},
         0,
         "is outside of its video",
         "ends where the video begins"},
        {{{.video = "/v/late.mkv", .start_s = 0, .end_s = 0.5}},
         0,
         "is outside of its video",
         "ends where the picture begins"},
        {{{.video = "/v/pal.mov", .start_s = 5, .end_s = 5}}, 0, "has no length and is left out", "a point"},
        {{{.video = "/v/pal.mov", .start_s = 5, .end_s = 4}},
         0,
         "has no length and is left out",
         "backwards"},
        {{{.video = "/v/pal.mov", .start_s = NAN, .end_s = 4}}, 0, "has no times", "no time"},
        {{{.video = "/v/pal.mov", .start_s = 0, .end_s = INFINITY}}, 0, "has no times", "no end"},
        {{{.video = "/v/pal.mov", .start_s = 50, .end_s = 70}},
         1,
         "reaches beyond its video and is cut to it",
         "too long"},
        {{{.video = "/v/pal.mov", .start_s = 50, .end_s = 60.9}},
         1,
         "",
         "a little too long is usual of moments"},
        {{{.video = "/v/gone.mov", .start_s = 5, .end_s = 7},
          {.video = "/v/gone.mov", .start_s = 5, .end_s = 7}},
         0,
         "/v/gone.mov: no such file; 2 of its moments are left out\n",
         "gone"},
        {{{.video = "/v/pal.mov", .start_s = 70, .end_s = 80},
          {.video = "/v/ntsc.mov", .start_s = 700, .end_s = 800}},
         0,
         "2 moments are outside of their videos and are left out (first: /v/pal.mov, from 0:01:10.0 to 0:01:20.0)\n",
         "two"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvTimelineOptions options = {.log = made_log_start()};
        size_t count = cases[i].moments[1].video != NULL ? 2 : 1;
        TimelineBuild build = build_clips(cases[i].moments, count, &options, 0);
        if (build.clip_count != cases[i].kept || (cases[i].line[0] == '\0') != (made_log[0] == '\0') ||
            strstr(made_log, cases[i].line) == NULL)
            fail_msg("%s: %zu kept, \"%s\"", cases[i].why, build.clip_count, made_log);
        rv_timeline_build_clear(&build);
    }
}

static void a_video_is_read_once(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    RvMoment *moments = calloc(COUNT, sizeof *moments);
    for (size_t i = 0; i < COUNT; i++)
        moments[i] = (RvMoment){
            .video = videos[i % 3].path, .start_s = (double)i / 1000, .end_s = (double)i / 1000 + 1};
    TimelineBuild build = build_clips(moments, COUNT, &no_options, 0);
    assert_int_equal(build.clip_count, COUNT);
    assert_int_equal(build.source_count, 3);
    assert_int_equal(made_media_reads, 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(build.sources[build.clips[i].source].media.path, moments[i].video);
    rv_timeline_build_clear(&build);
    free(moments);
}

static RvTextFiles make(const RvMoment *moments, size_t count, const char *format)
{
    made_media_set(videos);
    RvTextFiles files;
    RvError err;
    RvTimelineOptions options = {.format = format, .log = made_log_start()};
    if (rv_timeline_make_with(moments, count, &options, made_media_read, &files, &err) != RV_OK)
        fail_msg("%s", err.message);
    return files;
}

/* The most common rate need not be that of the first video. */
static void a_warning_about_a_rate_names_a_video_that_has_it(void **state)
{
    static const MadeMedia mixed[] = {
        {"/v/film.mp4", {25, 1}, 600, NULL, 1}, {"/v/webcam.flv", {10, 1}, 600, NULL, 1}, {0}};
    const RvMoment moments[] = {{.video = "/v/film.mp4", .start_s = 0, .end_s = 1},
                                {.video = "/v/webcam.flv", .start_s = 0, .end_s = 1},
                                {.video = "/v/webcam.flv", .start_s = 2, .end_s = 3}};
    (void)state;
    made_media_set(mixed);
    RvTimelineOptions options = {.format = "edl", .log = made_log_start()};
    RvTextFiles files;
    RvError err;
    if (rv_timeline_make_with(moments, 3, &options, made_media_read, &files, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_non_null(strstr(made_log, "/v/webcam.flv has 10 frames a second"));
    assert_null(strstr(made_log, "/v/film.mp4 has"));
    rv_text_files_clear(&files);
}

/* Formats that have no frames have nothing to say of a rate that editors do not know. */
static void a_rate_is_spoken_of_where_frames_are_counted(void **state)
{
    static const char *const timeless[] = {"llc",          "llc-csv", "webvtt", "srt",    "ffmetadata",
                                           "mkv-chapters", "youtube", "m3u8",   "mpv-edl"};
    static const MadeMedia webcam[] = {{"/v/webcam.flv", {15, 1}, 600, NULL, 1}, {0}};
    (void)state;
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        const char *name = rv_timeline_format(i)->name;
        bool has_none = false;
        for (size_t k = 0; k < sizeof timeless / sizeof timeless[0]; k++)
            has_none = has_none || strcmp(name, timeless[k]) == 0;
        made_media_set(webcam);
        const RvMoment moment = {.video = "/v/webcam.flv", .start_s = 1, .end_s = 5};
        RvTimelineOptions options = {.format = name, .log = made_log_start()};
        RvTextFiles files;
        RvError err;
        if (rv_timeline_make_with(&moment, 1, &options, made_media_read, &files, &err) != RV_OK)
            fail_msg("%s: %s", name, err.message);
        if ((strstr(made_log, "frames a second") == NULL) != has_none)
            fail_msg("%s: \"%s\"", name, made_log);
        rv_text_files_clear(&files);
    }
}

static size_t count_lines(const char *text, const char *beginning)
{
    size_t count = 0;
    for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        count += strncmp(at, beginning, strlen(beginning)) == 0;
    }
    return count;
}

static void an_edl_of_more_than_999_events_is_divided(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    RvMoment *moments = calloc(COUNT, sizeof *moments);
    for (size_t i = 0; i < COUNT; i++)
        moments[i] = (RvMoment){.video = "/v/long.mov", .start_s = (double)i, .end_s = (double)i + 3};
    RvTextFiles files = make(moments, COUNT, "edl");
    assert_int_equal(files.count, 11);
    size_t events = 0;
    for (size_t i = 0; i < files.count; i++) {
        char name[30] = "";
        if (i > 0)
            snprintf(name, sizeof name, "_%zu", i + 1);
        assert_string_equal(files.items[i].name, name);
        assert_int_equal(files.items[i].size_bytes, strlen(files.items[i].text));
        size_t here = count_lines(files.items[i].text, "* FROM CLIP NAME: long.mov");
        assert_true(here <= 999);
        events += here;
        assert_non_null(strstr(files.items[i].text, "\n001  AX       AA/V  C        "));
        assert_non_null(strstr(files.items[i].text, " 01:00:00:00 01:00:03:00\n"));
    }
    assert_int_equal(events, COUNT);
    assert_non_null(strstr(made_log, "divided into 11 files"));
    rv_text_files_clear(&files);
    RvTextFiles whole = make(moments, COUNT, "otio");
    assert_int_equal(whole.count, 1);
    rv_text_files_clear(&whole);
    free(moments);
}

static void an_edl_ends_before_midnight(void **state)
{
    (void)state;
    RvMoment moments[4];
    for (size_t i = 0; i < 4; i++)
        moments[i] = (RvMoment){.video = "/v/long.mov", .start_s = 0, .end_s = 10 * 3600};
    RvTextFiles files = make(moments, 4, "edl");
    assert_int_equal(files.count, 2); // 23 hours are left after 01:00:00:00
    assert_non_null(strstr(files.items[1].text, " 11:00:00:00 21:00:00:00\n"));
    rv_text_files_clear(&files);
}

static void a_format_of_one_video_makes_a_file_of_each(void **state)
{
    (void)state;
    static const RvMoment moments[] = {{.video = "/v/pal.mov", .name = "a", .start_s = 9, .end_s = 9},
                                       {.video = "/w/pal.mov", .name = "b", .start_s = 1, .end_s = 2},
                                       {.video = "/v/ntsc.mov", .name = "c", .start_s = 700, .end_s = 800},
                                       {.video = "/v/late.mkv", .name = "d", .start_s = 1, .end_s = 2},
                                       {.video = "/v/pal.mov", .name = "e", .start_s = 3, .end_s = 4},
                                       {.video = "/v/pal.mov", .name = "f", .start_s = 3.01, .end_s = 5}};
    RvTextFiles files = make(moments, 6, "marker-edl");
    assert_int_equal(files.count, 3);
    assert_string_equal(files.items[0].name, "");
    assert_string_equal(files.items[1].name, "_pal");
    assert_string_equal(files.items[2].name, "_late");
    // In order of time; what begins on one frame is one marker.
    assert_string_equal(files.items[0].text,
                        "TITLE: pal\nFCM: NON-DROP FRAME\n\n"
                        "001  001      V     C        01:00:03:00 01:00:03:01 01:00:03:00 01:00:03:01\n"
                        " |C:ResolveColorBlue |M:e; f |D:50\n\n"
                        "002  001      V     C        01:00:09:00 01:00:09:01 01:00:09:00 01:00:09:01\n"
                        " |C:ResolveColorBlue |M:a |D:1\n\n");
    rv_text_files_clear(&files);
}

/* Whatever the rates, no clip needs more of its video than there is, on the video's grid and on the timeline's. The MLT
 * text has the latter. */
static void no_clip_is_longer_than_its_video_at_any_rate(void **state)
{
    (void)state;
    static const RvRate rates[] = {{24000, 1001}, {24, 1}, {25, 1},       {30000, 1001}, {30, 1},
                                   {50, 1},       {60, 1}, {60000, 1001}, {15, 1},       {25, 2}};
    enum { RATES = sizeof rates / sizeof rates[0] };
    uint64_t seed = 7;
    for (int i = 0; i < 4000; i++) {
        int64_t frames = 1 + (int64_t)(rv_random_next(&seed) % 300);
        RvRate own = rates[i % RATES], rate = rates[i / RATES % RATES];
        MadeMedia made[2] = {{"/v/any.mov", own, rv_rate_seconds(own, frames), NULL, 0}};
        made_media_set(made);
        double length_s = rv_rate_seconds(own, frames),
               start_s = length_s * (double)(rv_random_next(&seed) % 100) / 100;
        RvMoment moment = {.video = "/v/any.mov",
                           .start_s = start_s,
                           .end_s = i % 3 == 0 ? length_s : start_s + (length_s - start_s) * 0.37};
        RvTimelineOptions options = {.format = "mlt", .rate = rate};
        RvTextFiles files;
        RvError err;
        if (moment.end_s <= moment.start_s)
            continue;
        if (rv_timeline_make_with(&moment, 1, &options, made_media_read, &files, &err) != RV_OK)
            fail_msg("%s", err.message);
        long long total = 0, in = 0, out = 0;
        assert_int_equal(sscanf(strstr(files.items[0].text, "\"length\">"), "\"length\">%lld", &total), 1);
        assert_int_equal(sscanf(strstr(files.items[0].text, "<entry "),
                                "<entry producer=\"source1\" in=\"%lld\" out=\"%lld\"", &in, &out),
                         2);
        double place_s = rv_rate_seconds(rate, in);
        if (in < 0 || out < in || out >= total ||
            fabs(place_s - start_s) > 2 / (double)rate.num * rate.den + 2 / (double)own.num * own.den)
            fail_msg("%lld frames of %d/%d in %d/%d from %f: %lld to %lld of %lld", (long long)frames,
                     own.num, own.den, rate.num, rate.den, start_s, in, out, total);
        rv_text_files_clear(&files);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const RvMoment good = {.video = "/v/pal.mov", .start_s = 1, .end_s = 2};
    static const RvMoment nameless = {.start_s = 1, .end_s = 2}, gone = {.video = "/v/gone.mov", .end_s = 2};
    static const RvMoment newer = {.video = "/v/pal.mov", .end_s = 2, .reserved = {1}};
    static const struct {
        const RvMoment *moment;
        RvTimelineOptions options;
        RvStatus status;
        const char *words, *why;
    } cases[] = {
        {&good, {0}, RV_ERROR_ARGUMENT, "no format of timelines is named; there are otio, ", "no format"},
        {&good,
         {.format = "avi"},
         RV_ERROR_ARGUMENT,
         "is called \"avi\"; there are otio, ",
         "another format"},
        {NULL, {.format = "otio"}, RV_ERROR_ARGUMENT, "there are no moments", "no moments"},
        {&nameless, {.format = "otio"}, RV_ERROR_ARGUMENT, "moment 1 names no video", "no video"},
        {&newer, {.format = "otio"}, RV_ERROR_ARGUMENT, "RvMoment", "made for a newer version"},
        {&good, {.format = "otio", .reserved = {1}}, RV_ERROR_ARGUMENT, "RvTimelineOptions", "likewise"},
        {&good, {.format = "otio", .handles_s = -1}, RV_ERROR_ARGUMENT, "handles", "negative handles"},
        {&good, {.format = "otio", .handles_s = NAN}, RV_ERROR_ARGUMENT, "handles", "no number"},
        {&good, {.format = "otio", .rate = {25, 0}}, RV_ERROR_ARGUMENT, "25/0 is no rate", "no rate"},
        {&good,
         {.format = "otio", .rate = {-25, 1}},
         RV_ERROR_ARGUMENT,
         "-25/1 is no rate",
         "a negative rate"},
        {&good,
         {.format = "edl", .rate = {120, 1}},
         RV_ERROR_ARGUMENT,
         "which is 60; choose a lower rate",
         "too fast"},
        {&good,
         {.format = "xmeml", .rate = {2997, 100}},
         RV_ERROR_ARGUMENT,
         "the format xmeml has whole numbers of frames a second, and those over 1.001 (like 30000/1001), but "
         "not 2997/100",
         "a rate that XML cannot say"},
        {&good, {.format = "edl", .rate = {25, 2}}, RV_ERROR_ARGUMENT, "but not 25/2", "nor an EDL"},
        {&good,
         {.format = "otio", .record_start = "1 hour"},
         RV_ERROR_ARGUMENT,
         "\"1 hour\" is no timecode of 25",
         "words"},
        {&good,
         {.format = "otio", .record_start = "01:00:00:25"},
         RV_ERROR_ARGUMENT,
         "no timecode",
         "frame 25 of 25"},
        {&good,
         {.format = "otio", .rate = {30000, 1001}, .record_start = "00:01:00;00"},
         RV_ERROR_ARGUMENT,
         "there is no \"00:01:00;00\" in drop-frame timecode of 29.97 frames a second; the next one is 00:01:00;02",
         "a label that is left out"},
        {&good,
         {.format = "edl", .rate = {60000, 1001}, .record_start = "1:59:00.3"},
         RV_ERROR_ARGUMENT,
         "the next one is 01:59:00;04",
         "the same of 59.94"},
        {&good,
         {.format = "otio", .rate = {60, 1}, .record_start = "01:00:00;00"},
         RV_ERROR_ARGUMENT,
         "\"01:00:00;00\" is a label of drop-frame timecode, which there is at 29.97 and 59.94 frames a second but "
         "not at 60; write it as 01:00:00:00",
         "drop-frame of 60"},
        {&gone, {.format = "otio"}, RV_ERROR_NOT_FOUND, "/v/gone.mov: nothing remains of 1 moment:", "gone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made_media_set(videos);
        RvTextFiles files;
        RvError err = {0};
        RvStatus status = rv_timeline_make_with(cases[i].moment, cases[i].moment != NULL, &cases[i].options,
                                                made_media_read, &files, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].words) == NULL || files.count != 0)
            fail_msg("%s: %d, %s", cases[i].why, (int)status, err.message);
    }
}

static void a_start_that_there_is_is_taken(void **state)
{
    (void)state;
    static const struct {
        RvRate rate;
        const char *start, *label;
    } cases[] = {
        {{30000, 1001}, "00:01:00;02", " 00:01:00;02 00:01:01;02\n"},
        {{30000, 1001}, "00:10:00;00", " 00:10:00;00 00:10:01;00\n"},
        {{30000, 1001}, "00:01:00:00", " 00:01:00:00 00:01:01:00\n"},
        {{60, 1}, "1:0:0.9", " 01:00:00:09 01:00:01:09\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvMoment moment = {.video = "/v/pal.mov", .start_s = 1, .end_s = 2};
        RvTimelineOptions options = {
            .format = "edl", .rate = cases[i].rate, .record_start = cases[i].start, .log = made_log_start()};
        RvTextFiles files;
        RvError err;
        made_media_set(videos);
        if (rv_timeline_make_with(&moment, 1, &options, made_media_read, &files, &err) != RV_OK)
            fail_msg("%s", err.message);
        if (strstr(files.items[0].text, cases[i].label) == NULL)
            fail_msg("%s: %s", cases[i].start, files.items[0].text);
        rv_text_files_clear(&files);
    }
}

static void formats_are_listed_and_found(void **state)
{
    (void)state;
    assert_true(rv_timeline_format_count() >= 6);
    assert_null(rv_timeline_format(rv_timeline_format_count()));
    for (size_t i = 0; i < rv_timeline_format_count(); i++) {
        const RvTimelineFormatInfo *info = rv_timeline_format(i);
        assert_non_null(info->title);
        for (const char *const *ending = info->endings; *ending != NULL; ending++)
            assert_int_equal((*ending)[0], '.');
    }
    static const struct {
        const char *file, *format;
    } cases[] = {
        {"a.otio", "otio"}, {"/x/y.EDL", "edl"}, {"a.fcpxml", "fcpxml"},
        {"a.xml", "xmeml"}, {"a.mlt", "mlt"},    {"a.fcpxml.bak", NULL},
        {"otio", NULL},     {".otio", NULL},     {"x.otio/y", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const RvTimelineFormatInfo *info = rv_timeline_format_of_file(cases[i].file);
        if (cases[i].format == NULL)
            assert_null(info);
        else
            assert_string_equal(info->name, cases[i].format);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clips_are_whole_frames_within_the_video),
        cmocka_unit_test(no_clip_leaves_its_video),
        cmocka_unit_test(what_cannot_be_cut_is_said_and_left_out),
        cmocka_unit_test(a_video_is_read_once),
        cmocka_unit_test(a_warning_about_a_rate_names_a_video_that_has_it),
        cmocka_unit_test(a_rate_is_spoken_of_where_frames_are_counted),
        cmocka_unit_test(an_edl_of_more_than_999_events_is_divided),
        cmocka_unit_test(an_edl_ends_before_midnight),
        cmocka_unit_test(a_format_of_one_video_makes_a_file_of_each),
        cmocka_unit_test(no_clip_is_longer_than_its_video_at_any_rate),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_start_that_there_is_is_taken),
        cmocka_unit_test(formats_are_listed_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
