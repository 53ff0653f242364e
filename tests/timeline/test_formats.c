/* SPDX-License-Identifier: MIT */
/* Each format's text of the same scenes, against tests/timeline/NAME.golden. */
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

#include "../store/golden.h"
#include "made_media.h"

typedef struct Scene {
    const char *name;
    MadeMedia videos[4];
    RvMoment moments[5]; // the last has no video
    RvTimelineOptions options;
} Scene;

#define THREE(path)                                                                                          \
    {                                                                                                        \
        {.video = path, .name = "first", .start_s = 2, .end_s = 5.5, .time_s = 3, .score = 0.31},            \
            {.video = path, .start_s = 59.9, .end_s = 60.4, .time_s = 59.9, .score = NAN},                   \
        {                                                                                                    \
            .video = path, .name = "at the end", .start_s = 599, .end_s = 600.4, .time_s = 599.9,            \
            .score = 0.25                                                                                    \
        }                                                                                                    \
    }

static const Scene scenes[] = {
    {"23.976", {{"/v/film.mov", {24000, 1001}, 600, NULL, 2}}, THREE("/v/film.mov")},
    {"25 from 10:00:00:00", {{"/v/pal.mxf", {25, 1}, 600, "10:00:00:00", 2}}, THREE("/v/pal.mxf")},
    {"29.97 from 00:59:59:28", {{"/v/ntsc.mov", {30000, 1001}, 600, "00:59:59:28", 1}}, THREE("/v/ntsc.mov")},
    {"29.97 drop-frame", {{"/v/ntsc.mov", {30000, 1001}, 600, "09:58:00;02", 2}}, THREE("/v/ntsc.mov")},
    {"59.94 drop-frame", {{"/v/sports.mp4", {60000, 1001}, 600, "01:00:00;00", 2}}, THREE("/v/sports.mp4")},
    {"59.94", {{"/v/sports.mp4", {60000, 1001}, 600, NULL, 0}}, THREE("/v/sports.mp4")},
    {"60", {{"/v/game.mkv", {60, 1}, 600, NULL, 2, .tracks = 2}}, THREE("/v/game.mkv")},
    {"120", {{"/v/slow.mp4", {120, 1}, 600, NULL, 6}}, THREE("/v/slow.mp4")},
    {"a variable rate", {{"/v/phone.mp4", {30, 1}, 600, NULL, 2, .variable = true}}, THREE("/v/phone.mp4")},
    {"15 frames a second, sound before the picture",
     {{"/v/webcam.flv", {15, 1}, 600, NULL, 1, .first_frame_s = 0.5}},
     THREE("/v/webcam.flv")},
    {"12.5 frames a second", {{"/v/webcam.avi", {25, 2}, 600, "00:01:00:00", 1}}, THREE("/v/webcam.avi")},
    {"several rates",
     {{"/v/pal.mxf", {25, 1}, 600, "10:00:00:12", 2},
      {"/v/ntsc.mov", {30000, 1001}, 600, "01:00:00;00", 1},
      {"/v/silent.mp4", {60000, 1001}, 600, NULL, 0}},
     {{.video = "/v/ntsc.mov", .name = "one", .start_s = 10, .end_s = 13},
      {.video = "/v/pal.mxf", .name = "two", .start_s = 10, .end_s = 13.3},
      {.video = "/v/silent.mp4", .name = "three", .start_s = 10, .end_s = 13.02},
      {.video = "/v/ntsc.mov", .name = "four", .start_s = 20, .end_s = 20.02}}},
    {"handles, another start, a title",
     {{"/v/pal.mxf", {25, 1}, 600, NULL, 2}},
     {{.video = "/v/pal.mxf", .name = "begin", .start_s = 1, .end_s = 2},
      {.video = "/v/pal.mxf", .name = "overlapping", .start_s = 1.5, .end_s = 599.5}},
     {.handles_s = 2, .record_start = "00:00:00:00", .title = "Tom & \"Jerry\" <1>"}},
    {"a timeline of another rate",
     {{"/v/pal.mxf", {25, 1}, 600, "10:00:00:00", 2}},
     {{.video = "/v/pal.mxf", .name = "a", .start_s = 1, .end_s = 2}},
     {.rate = {30000, 1001}, .record_start = "01:00:00;00"}},
    {"names of any character",
     {{"/v/100% <\"it's\"> & #1?.mp4", {25, 1}, 600, NULL, 2},
      {"/v/gr\xc3\xbc\xc3\x9f\xe2\x80\xa6.mp4", {25, 1}, 600, NULL, 2}},
     {{.video = "/v/100% <\"it's\"> & #1?.mp4",
       .name = "a|b\nc & <d> ]]> \\ \"e\"",
       .start_s = 1,
       .end_s = 2},
      {.video = "/v/gr\xc3\xbc\xc3\x9f\xe2\x80\xa6.mp4",
       .name = "\xf0\x9f\x8e\xac\xff",
       .start_s = 1,
       .end_s = 2}}},
    {"two files of one name",
     {{"/v/a.mp4", {25, 1}, 60, NULL, 2}, {"/w/a.mp4", {25, 1}, 60, NULL, 2}},
     {{.video = "/v/a.mp4", .start_s = 1, .end_s = 2}, {.video = "/w/a.mp4", .start_s = 1, .end_s = 2}}},
    {"a name that is not UTF-8",
     {{"/v/latin\xfc.mp4", {25, 1}, 600, NULL, 2}},
     {{.video = "/v/latin\xfc.mp4", .start_s = 1, .end_s = 2}}},
    {"a name of two lines",
     {{"/v/two\nlines.mp4", {25, 1}, 600, NULL, 2}, {"/v/one.mp4", {25, 1}, 600, NULL, 2}},
     {{.video = "/v/two\nlines.mp4", .start_s = 1, .end_s = 2},
      {.video = "/v/one.mp4", .start_s = 3, .end_s = 4},
      {.video = "/v/two\nlines.mp4", .start_s = 5, .end_s = 6}}},
    {"an address",
     {{"https://example.org/a%20b/film.mp4?x=1&y=2", {25, 1}, 600, NULL, 2}},
     {{.video = "https://example.org/a%20b/film.mp4?x=1&y=2", .start_s = 1, .end_s = 2}}},
};

static void append_scene(FILE *all, const Scene *scene, const char *format)
{
    made_media_set(scene->videos);
    size_t count = 0;
    while (scene->moments[count].video != NULL)
        count++;
    RvTimelineOptions options = scene->options;
    options.format = format;
    options.log = made_log_start();
    RvTextFiles files;
    RvError err = {0};
    RvStatus status = rv_timeline_make_with(scene->moments, count, &options, made_media_read, &files, &err);
    fprintf(all, "== %s\n", scene->name);
    if (status != RV_OK)
        fprintf(all, "!! %s: %s\n", rv_status_name(status), err.message);
    for (size_t i = 0; i < files.count; i++)
        fprintf(all, "-- NAME%s\n%s", files.items[i].name, files.items[i].text);
    for (char *line = strtok(made_log, "\n"); line != NULL; line = strtok(NULL, "\n"))
        fprintf(all, "!! %s\n", line);
    rv_text_files_clear(&files);
}

static void compare(const char *format)
{
    char *text = NULL, file[100];
    size_t size_bytes;
    FILE *all = open_memstream(&text, &size_bytes);
    assert_non_null(all);
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        append_scene(all, &scenes[i], format);
    assert_int_equal(fclose(all), 0);
    snprintf(file, sizeof file, "timeline/%s.golden", format);
    golden_compare(file, "# Written by tests/timeline/test_formats.c; see there.\n", text);
    free(text);
}

static void otio_is_as_written(void **state)
{
    (void)state;
    compare("otio");
}

static void edl_is_as_written(void **state)
{
    (void)state;
    compare("edl");
}

static void marker_edl_is_as_written(void **state)
{
    (void)state;
    compare("marker-edl");
}

static void fcpxml_is_as_written(void **state)
{
    (void)state;
    compare("fcpxml");
}

static void xmeml_is_as_written(void **state)
{
    (void)state;
    compare("xmeml");
}

static void mlt_is_as_written(void **state)
{
    (void)state;
    compare("mlt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(otio_is_as_written),   cmocka_unit_test(edl_is_as_written),
        cmocka_unit_test(fcpxml_is_as_written), cmocka_unit_test(xmeml_is_as_written),
        cmocka_unit_test(mlt_is_as_written),    cmocka_unit_test(marker_edl_is_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
