/* SPDX-License-Identifier: MIT */
/* What an editor must know of generated files: rates, lengths, timecode, sizes, sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libavformat/version.h>
#include <math.h>
#include <string.h>

#include "base/timecode.h"
#include "clips.h"
#include "video/media_facts.h"
#include "video/media_timecode.h"

typedef struct FactCase {
    const char *clip;
    RvRate rate;
    bool variable;
    int64_t frames;
    const char *timecode; // NULL: none
    int64_t start_frame;
    bool drop;
    int width, height;
    double first_frame_s;
    const char *why;
} FactCase;

static const FactCase fact_cases[] = {
    {"plain.mp4", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "plain"},
    {"plain.ts", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "MPEG-TS"},
    {"plain.mkv", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "Matroska"},
    {"plain.flv", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "FLV"},
    {"raw.h264", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "without a container"},
    {"no_pts_h264.avi", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "AVI without time stamps"},
    {"vp9.webm", {25, 1}, false, 300, NULL, 0, false, 160, 120, 0, "WebM"},
    {"av1.mp4", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "AV1"},
    {"gop50_open.mp4", {25, 1}, false, 300, NULL, 0, false, 160, 120, 0, "frames out of order"},
    {"hevc_open.mp4", {25, 1}, false, 300, NULL, 0, false, 160, 120, 0, "HEVC"},
    {"mpeg2_open.ts", {25, 1}, false, 300, NULL, 0, false, 160, 120, 0, "MPEG-2"},
    {"interlaced_tff.ts", {25, 1}, false, 50, NULL, 0, false, 160, 120, 0, "interlaced"},
    {"single_frame.mp4", {25, 1}, false, 1, NULL, 0, false, 160, 120, 0, "one frame"},
    {"turn90.mp4", {25, 1}, false, 50, NULL, 0, false, 120, 160, 0, "turned"},
    {"aspect_4_3.mp4", {25, 1}, false, 50, NULL, 0, false, 213, 120, 0, "wide pixels"},
    {"rate_29_97.mp4", {30000, 1001}, false, 300, NULL, 0, false, 160, 120, 0, "29.97"},
    {"ten_seconds.mkv", {24, 1}, false, 240, NULL, 0, false, 160, 120, 0, "24"},
    {"offset5.ts", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "times that begin at 5 s"},
    {"late_video.mkv", {25, 1}, false, 100, NULL, 0, false, 160, 120, 2, "sound first"},
    {"one_per_second.avi", {1, 1}, false, 10, NULL, 0, false, 160, 120, 0, "one a second"},
    {"edit_list.mp4", {25, 1}, false, 62, NULL, 0, false, 160, 120, 0, "an edit list"},
    {".long/many_packets.mkv", {12, 1}, false, 2520, NULL, 0, false, 32, 32, 0, "more packets than are read"},
    {"vfr.mkv", {24000, 1001}, true, MKV_LAST(303, 279), NULL, 0, false, 160, 120, 0, "very uneven"},
    {".facts/uneven_end.mkv",
     {25, 1},
     true,
     -1,
     NULL,
     0,
     false,
     32,
     32,
     0,
     "25 with frames left out at the end"},
    {".facts/15.mkv", {15, 1}, false, 50, NULL, 0, false, 160, 120, 0, "15"},
    {".facts/60.mkv", {60, 1}, false, 50, NULL, 0, false, 160, 120, 0, "60 in milliseconds"},
    {".facts/fragments.mp4", {25, 1}, false, 100, NULL, 0, false, 160, 120, 0, "in fragments"},
    {".facts/pal.mov", {25, 1}, false, 50, "10:00:00:00", 900000, false, 160, 120, 0, "timecode"},
    {".facts/film.mov", {24000, 1001}, false, 50, "00:59:59:23", 86399, false, 160, 120, 0, "23.976"},
    {".facts/ntsc.mp4",
     {30000, 1001},
     false,
     50,
     "00:59:59:28",
     107998,
     false,
     160,
     120,
     0,
     "29.97 with timecode"},
    {".facts/ntsc_drop.mov",
     {30000, 1001},
     false,
     50,
     "09:59:59;28",
     1078918,
     true,
     160,
     120,
     0,
     "drop-frame"},
    {".facts/sports_drop.mp4", {60000, 1001}, false, 50, "01:00:00;04", 215788, true, 160, 120, 0, "59.94"},
    {".facts/ntsc.mkv",
     {30000, 1001},
     false,
     50,
     "01:02:03:04",
     111694,
     false,
     160,
     120,
     0,
     "a tag in milliseconds"},
    {".facts/pal.mxf", {25, 1}, false, 50, "11:22:33:10", 1023835, false, 160, 120, 0, "MXF"},
    {".facts/plain_track.mov", {24, 1}, false, 50, "02:00:00:00", 172800, false, 160, 120, 0, "24"},
    {".facts/data_first.mov",
     {24, 1},
     false,
     50,
     "02:00:00:00",
     172800,
     false,
     160,
     120,
     0,
     "other data first"},
    {".facts/drop_flag_at_24.mov",
     {24, 1},
     false,
     50,
     "02:00:00:00",
     172800,
     false,
     160,
     120,
     0,
     "never drop-frame"},
    {".facts/sony.mov", {24, 1}, false, 50, "13:14:15:16", 1143736, false, 160, 120, 0, "Sony's track"},
    {".facts/sony_wrong.mov", {24, 1}, false, 50, NULL, 0, false, 160, 120, 0, "a label that cannot be"},
    {".facts/counter.mov", {24, 1}, false, 50, NULL, 0, false, 160, 120, 0, "a counter is no timecode"},
    {".facts/outside.mov", {24, 1}, false, 50, NULL, 0, false, 160, 120, 0, "a sample outside of the file"},
};

static void facts_are_those_of_the_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fact_cases / sizeof fact_cases[0]; i++) {
        char path[2048];
        if (!clip_path(fact_cases[i].clip, path, sizeof path))
            skip();
        RvMedia media;
        RvError err;
        if (rv_media_read(path, &media, &err) != RV_OK)
            fail_msg("%s", err.message);
        const char *timecode = fact_cases[i].timecode != NULL ? fact_cases[i].timecode : "";
        bool counted = fact_cases[i].frames < 0 || media.frame_count == fact_cases[i].frames;
        if (!rv_rate_equal(media.rate, fact_cases[i].rate) || media.variable_rate != fact_cases[i].variable ||
            !counted || strcmp(media.timecode, timecode) != 0 ||
            media.has_timecode != (fact_cases[i].timecode != NULL) ||
            media.start_frame != fact_cases[i].start_frame || media.drop_frame != fact_cases[i].drop ||
            media.width != fact_cases[i].width || media.height != fact_cases[i].height ||
            fabs(media.first_frame_s - fact_cases[i].first_frame_s) > 1e-6 || strcmp(media.path, path) != 0)
            fail_msg("%s (%s): %s %d/%d%s, %lld frames, %f s from %f, \"%s\" = %lld, %d x %d; %s",
                     fact_cases[i].clip, fact_cases[i].why, media.path, media.rate.num, media.rate.den,
                     media.variable_rate ? " variable" : "", (long long)media.frame_count, media.duration_s,
                     media.first_frame_s, media.timecode, (long long)media.start_frame, media.width,
                     media.height, media.warning);
        rv_media_clear(&media);
    }
}

static void hdr_is_told(void **state)
{
    static const struct {
        const char *clip;
        bool hdr;
    } cases[] = {{"bars_pq.mp4", true}, {"bars_hlg.mp4", true}, {"plain.mp4", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        RvMedia media;
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        assert_int_equal(rv_media_read(path, &media, NULL), RV_OK);
        assert_int_equal(media.hdr, cases[i].hdr);
        rv_media_clear(&media);
    }
}

static void zero_is_where_the_clock_stands(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double zero_s;
        const char *container;
    } cases[] = {{"plain.mp4", 0, "mov,mp4,m4a,3gp,3g2,mj2"},
                 {"plain.mkv", 0, "matroska,webm"},
                 {"offset5.ts", 5, "mpegts"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[1100];
        RvMedia media;
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        assert_int_equal(rv_media_read(path, &media, NULL), RV_OK);
        if (fabs(media.zero_s - cases[i].zero_s) > 1e-6 || strcmp(media.container, cases[i].container) != 0)
            fail_msg("%s: %f, %s", cases[i].clip, media.zero_s, media.container);
        rv_media_clear(&media);
    }
}

static void what_is_inexact_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *clip, *words;
    } cases[] = {
        {"plain.mp4", ""},
        {"vfr.mkv", "its frame rate varies (about "},
        {"rate_varies.mp4", "its 0.2 frames a second are counted as 23.976"},
        {".facts/drop_flag_at_24.mov", "claims drop-frame"},
        {".facts/sony_wrong.mov",
         "its timecode \"13:14:15:99\" is none of 24 frames a second and is not used"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        RvMedia media;
        RvError err;
        if (rv_media_read(path, &media, &err) != RV_OK)
            fail_msg("%s", err.message);
        if (strstr(media.warning, cases[i].words) == NULL ||
            (cases[i].words[0] == '\0' && media.warning[0] != '\0'))
            fail_msg("%s: %s", cases[i].clip, media.warning);
        rv_media_clear(&media);
    }
}

static void tracks_of_sound_are_listed(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path(".facts/pal.mov", path, sizeof path))
        skip();
    RvMedia media;
    RvError err;
    assert_int_equal(rv_media_read(path, &media, &err), RV_OK);
    assert_int_equal(media.audio_count, 2);
    assert_int_equal(media.audio[0].channels, 2);
    assert_int_equal(media.audio[0].sample_rate, 48000);
    assert_string_equal(media.audio[0].codec, "pcm_s16le");
    assert_string_equal(media.audio[0].language, "");
    assert_int_equal(media.audio[1].channels, 1);
    assert_int_equal(media.audio[1].sample_rate, 44100);
    assert_string_equal(media.audio[1].language, "ger");
    assert_string_equal(media.codec, "h264");
    rv_media_clear(&media);
}

static void what_is_no_video_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        RvStatus status;
    } cases[] = {
        {"noise.mp4", RV_ERROR_FORMAT},           {"text.txt", RV_ERROR_FORMAT},
        {"empty.mp4", RV_ERROR_FORMAT},           {"cut_no_index.mp4", RV_ERROR_FORMAT},
        {"audio_only.mp3", RV_ERROR_UNSUPPORTED}, {"list.m3u8", RV_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        RvMedia media;
        RvError err;
        assert_int_equal(rv_media_read(path, &media, &err), cases[i].status);
        assert_non_null(strstr(err.message, cases[i].clip));
        assert_null(media.path);
    }
    RvMedia media;
    RvError err;
    assert_int_equal(rv_media_read("/no/such/file.mp4", &media, &err), RV_ERROR_NOT_FOUND);
    static const char *const damaged[] = {"cut.ts", "cut.mkv", "cut.mp4", "cut.flv", "cut.avi"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        char path[2048];
        if (!clip_path(damaged[i], path, sizeof path))
            skip();
        if (rv_media_read(path, &media, &err) != RV_OK)
            fail_msg("%s", err.message);
        assert_true(media.frame_count >= 1);
        rv_media_clear(&media);
    }
}

static void rates_are_snapped(void **state)
{
    (void)state;
    static const struct {
        double declared;
        RvRate exact;
        FrameSpacing spacing;
        RvRate expected;
        bool is_exact;
        const char *why;
    } cases[] = {
        {25, {25, 1}, {0}, {25, 1}, true, "declared alone"},
        {23.98, {2398, 100}, {0}, {24000, 1001}, true, "rounded by a program"},
        {29.99999, {87169000, 2905633}, {.rate = 30, .rate_error = 0.0001}, {30, 1}, true, "measured"},
        {0, {0, 0}, {.rate = 29.968, .rate_error = 0.001}, {30000, 1001}, true, "measured in milliseconds"},
        {0, {0, 0}, {0}, {25, 1}, true, "nothing is known"},
        {15, {15, 1}, {.rate = 15}, {15, 1}, true, "unusual and even"},
        {12.5, {25, 2}, {.rate = 12.5}, {25, 2}, true, "a small fraction"},
        {14.985, {15000, 1001}, {.rate = 14.985}, {15000, 1001}, true, "half of 29.97"},
        {0, {0, 0}, {.rate = 14.9998, .rate_error = 0.0002}, {15, 1}, true, "measured 15"},
        {90000, {90000, 1}, {.rate = 25}, {25, 1}, true, "a nonsense of the header"},
        {50, {50, 1}, {.rate = 25, .rate_error = 0.001}, {25, 1}, true, "declared fields"},
        {27.3, {273, 10}, {.rate = 27.3, .variable = true}, {25, 1}, false, "variable"},
        {28.2,
         {282, 10},
         {.rate = 28.2, .variable = true},
         {30000, 1001},
         false,
         "variable, nearer to 29.97"},
        {10.676,
         {10676, 1000},
         {.rate = 10.676, .variable = true, .grid = {25, 1}},
         {25, 1},
         true,
         "25 with frames left out"},
        {30, {30, 1}, {.rate = 29.99, .variable = true}, {30, 1}, true, "a phone"},
        {240, {240, 1}, {.rate = 240}, {240, 1}, true, "slow motion"},
        {0.2, {1, 5}, {.rate = 0.2}, {24000, 1001}, false, "less than one a second"},
        {17.77777, {17777770, 1000003}, {.rate = 17.77777}, {24000, 1001}, false, "no fraction"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_exact;
        RvRate rate = rv_media_choose_rate(cases[i].declared, cases[i].exact, &cases[i].spacing, &is_exact);
        if (!rv_rate_equal(rate, cases[i].expected) || is_exact != cases[i].is_exact)
            fail_msg("%s: %d/%d, exact %d", cases[i].why, rate.num, rate.den, is_exact);
    }
}

static void frames_left_out_stand_on_a_grid(void **state)
{
    (void)state;
    static const int64_t of_25[] = {1000, 1040, 1160, 1200, 1999, 2041},
                         of_ntsc[] = {0, 33, 100, 133, 167, 30030};
    assert_true(rv_spacing_is_on_grid(of_25, 6, 1000, 0.001, (RvRate){25, 1}));
    assert_true(rv_spacing_is_on_grid(of_25, 6, 1000, 0.001, (RvRate){50, 1}));
    assert_false(rv_spacing_is_on_grid(of_25, 6, 1000, 0.001, (RvRate){24, 1}));
    assert_false(rv_spacing_is_on_grid(of_25, 6, 1000, 0.001, (RvRate){30, 1}));
    assert_true(rv_spacing_is_on_grid(of_ntsc, 6, 0, 0.001, (RvRate){30000, 1001}));
    assert_false(rv_spacing_is_on_grid(of_ntsc, 6, 0, 0.001, (RvRate){30, 1}));
}

static void spacing_is_judged_with_jitter(void **state)
{
    (void)state;
    static const struct {
        int64_t stamps[8];
        size_t count;
        double interval;
        bool even;
        const char *why;
    } cases[] = {
        {{0, 33, 67, 100, 133, 167}, 6, 0, true, "29.97 in milliseconds"},
        {{0, 33, 67, 133, 167, 200}, 6, 0, false, "a frame is missing"},
        {{0, 3003, 6006, 9009, 12012}, 5, 3003, true, "exact"},
        {{0, 3000, 6009, 9005, 12012}, 5, 3003, true, "the jitter of a phone"},
        {{0, 3003, 6006, 9600, 12012}, 5, 3003, false, "more than that"},
        {{0, 8, 17, 25, 33, 42}, 6, 8.33, true, "120 in milliseconds"},
        {{0, 40, 80}, 3, 40, true, "three"},
        {{0, 4000}, 2, 40, true, "two say nothing"},
        {{0}, 0, 0, true, "nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (rv_spacing_is_even(cases[i].stamps, cases[i].count, cases[i].interval) != cases[i].even)
            fail_msg("%s", cases[i].why);
    }
}

static void tracks_of_timecode_count_in_their_own_way(void **state)
{
    (void)state;
    static const struct {
        RvRate rate;
        TimecodeTrack track;
        const char *timecode;
        int64_t start_frame;
        const char *warning, *why;
    } cases[] = {
        {{25, 1}, {.frames_per_second = 25, .frame = 90000}, "01:00:00:00", 90000, "", "plain"},
        {{30000, 1001},
         {.flags = 1, .frames_per_second = 30, .frame = 107892},
         "01:00:00;00",
         107892,
         "",
         "drop-frame"},
        {{30000, 1001},
         {.frames_per_second = 30, .frame = 108000},
         "01:00:00:00",
         108000,
         "",
         "not drop-frame"},
        {{30, 1},
         {.flags = 1, .frames_per_second = 30, .frame = 108000},
         "01:00:00:00",
         108000,
         "claims",
         "flat 30"},
        {{60, 1},
         {.frames_per_second = 30, .frame = 108015},
         "01:00:00:30",
         216030,
         "counts 30",
         "60 frames, 30 labels"},
        {{60000, 1001},
         {.flags = 1, .frames_per_second = 30, .frame = 107907},
         "01:00:00;30",
         215814,
         "counts 30",
         "59.94 frames, 29.97 labels"},
        {{25, 1}, {.flags = 8, .frames_per_second = 25, .frame = 5}, "", 0, "", "a counter"},
        {{25, 1}, {.frames_per_second = 0, .frame = 5}, "", 0, "", "no counting"},
        {{25, 1},
         {.frames_per_second = 25, .frame = UINT32_MAX},
         "09:51:31:20",
         887295,
         "",
         "wraps at midnight"},
        {{25, 1},
         {.frames_per_second = 25, .frame = UINT64_C(1) << 32},
         "09:51:31:21",
         887296,
         "",
         "64 bits"},
        {{25, 1},
         {.frames_per_second = 25, .frame = UINT64_MAX},
         "01:14:24:15",
         111615,
         "",
         "the largest number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvMedia media = {.rate = cases[i].rate};
        rv_media_set_track_timecode(&media, &cases[i].track);
        if (strcmp(media.timecode, cases[i].timecode) != 0 || media.start_frame != cases[i].start_frame ||
            (cases[i].warning[0] == '\0') != (media.warning[0] == '\0') ||
            strstr(media.warning, cases[i].warning) == NULL)
            fail_msg("%s: \"%s\" = %lld, %s", cases[i].why, media.timecode, (long long)media.start_frame,
                     media.warning);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_those_of_the_file),
        cmocka_unit_test(hdr_is_told),
        cmocka_unit_test(zero_is_where_the_clock_stands),
        cmocka_unit_test(what_is_inexact_is_said),
        cmocka_unit_test(tracks_of_sound_are_listed),
        cmocka_unit_test(what_is_no_video_is_refused),
        cmocka_unit_test(rates_are_snapped),
        cmocka_unit_test(frames_left_out_stand_on_a_grid),
        cmocka_unit_test(spacing_is_judged_with_jitter),
        cmocka_unit_test(tracks_of_timecode_count_in_their_own_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
