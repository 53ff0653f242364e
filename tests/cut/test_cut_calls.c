/* SPDX-License-Identifier: MIT */
/* The calls of reelvec/cut.h: what they return, what they refuse, stopping, a silent ffmpeg. (Which frames clips have is
 * tests/cut/test_cut.py.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clips.h"
#include "reelvec/cut.h"

static char folder[64], plain[1100], script[128];

static int set_up(void **state)
{
    strcpy(folder, "/tmp/reelvec-cut-calls-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(script, sizeof script, "%s/ffmpeg", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void need_clips(void)
{
    if (!clip_path("plain.mp4", plain, sizeof plain) || system("ffmpeg -version >/dev/null 2>&1") != 0)
        skip();
}

static RvMoment moment_of(double start_s, double end_s)
{
    return (RvMoment){.video = plain, .start_s = start_s, .end_s = end_s, .time_s = start_s, .score = NAN};
}

static char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void a_clip_is_described(void **state)
{
    need_clips();
    RvMoment moment = moment_of(1, 2);
    RvCutOptions options = {.exact = true, .handles_s = 0.2};
    RvCut cut;
    RvError err = {0};
    if (rv_cut(&moment, in_folder("a.mkv"), &options, &cut, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(cut.outcome, RV_CUT_MADE);
    assert_string_equal(cut.path, in_folder("a.mkv"));
    assert_true(fabs(cut.start_s - 0.8) < 1e-6 && fabs(cut.end_s - 2.2) < 1e-6 && cut.early_s == 0);
    assert_int_equal(cut.frame_count, 35);
    rv_cut_clear(&cut);
    assert_int_equal(rv_cut(&moment, in_folder("a.mkv"), &options, &cut, &err), RV_OK);
    assert_int_equal(cut.outcome, RV_CUT_PRESENT);
    rv_cut_clear(&cut);
    assert_int_equal(rv_cut(&moment, in_folder("copy/"), NULL, &cut, &err), RV_OK);
    assert_string_equal(cut.path, in_folder("copy/plain_0.00.01.000-0.00.02.000.mp4"));
    assert_string_equal(cut.encoder, "copy");
    rv_cut_clear(&cut);
    rv_cut_clear(&cut);
    assert_int_equal(rv_cut_preview(&moment, in_folder("a.gif"), NULL, NULL, &err), RV_OK);
    assert_int_equal(access(in_folder("a.gif"), R_OK), 0);
}

typedef struct Ends {
    size_t count;
    RvStatus statuses[4];
    char path[4][256];
} Ends;

static void note_end(void *user, size_t index, RvStatus status, const RvCut *cut, const RvError *err)
{
    Ends *ends = user;
    assert_int_equal(index, ends->count);
    ends->statuses[index] = status;
    assert_int_equal(status == RV_OK, err->message[0] == '\0');
    snprintf(ends->path[index], sizeof ends->path[index], "%s", cut->path != NULL ? cut->path : "");
    ends->count++;
}

static void a_list_goes_on_behind_one_that_fails(void **state)
{
    need_clips();
    RvMoment moments[] = {moment_of(0, 1), moment_of(50, 51), moment_of(1, 2), moment_of(0, 1)};
    moments[1].name = "gone";
    RvCutOptions options = {.name = "{n}.mkv"};
    RvCutReport report;
    RvError err = {0};
    for (int again = 0; again < 2; again++) {
        Ends ends = {0};
        if (rv_cut_list(moments, 4, in_folder("list"), &options, note_end, &ends, &report, &err) != RV_OK)
            fail_msg("%s", err.message);
        assert_int_equal(ends.count, 4);
        assert_int_equal(ends.statuses[1], RV_ERROR_ARGUMENT);
        assert_string_equal(ends.path[3], in_folder("list/004.mkv"));
        assert_int_equal(report.made, again ? 0 : 3);
        assert_int_equal(report.present, again ? 3 : 0);
        assert_int_equal(report.failed, 1);
    }
    options.name = "x";
    Ends ends = {0};
    assert_int_equal(rv_cut_list(moments, 4, in_folder("same"), &options, note_end, &ends, &report, &err),
                     RV_OK);
    assert_string_equal(ends.path[0], in_folder("same/x.mp4"));
    assert_string_equal(ends.path[3], in_folder("same/x_4.mp4"));
    assert_int_equal(rv_cut_list(NULL, 0, in_folder("none"), NULL, NULL, NULL, NULL, &err), RV_OK);
}

static void wrong_calls_are_refused(void **state)
{
    need_clips();
    RvError err = {0};
    RvMoment good = moment_of(0, 1),
             bad[] = {moment_of(2, 1), moment_of(NAN, 1), moment_of(-3, -2), moment_of(0, INFINITY)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(rv_cut(&bad[i], in_folder("b.mp4"), NULL, NULL, &err), RV_ERROR_ARGUMENT);
    RvMoment none = {.end_s = 1};
    assert_int_equal(rv_cut(&none, in_folder("b.mp4"), NULL, NULL, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_cut(&good, "", NULL, NULL, &err), RV_ERROR_ARGUMENT);
    RvCutOptions options[] = {{.handles_s = -1},    {.handles_s = NAN},  {.width = -1},
                              {.width = 3},         {.width = 8193},     {.frame_rate = 0.01},
                              {.frame_rate = -1},   {.frame_rate = NAN}, {.frame_rate = 1000},
                              {.thread_count = -1}, {.reserved = {1}},   {.name = "x"},
                              {.container = "mp4"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        assert_int_equal(rv_cut(&good, in_folder("b.mp4"), &options[i], NULL, &err), RV_ERROR_ARGUMENT);
    RvCutOptions strange = {.container = "xyz"};
    assert_int_equal(rv_cut(&good, in_folder("b/"), &strange, NULL, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_cut_preview(&good, in_folder("b.mp4"), NULL, NULL, &err), RV_ERROR_ARGUMENT);
    RvMoment two[] = {good, good};
    assert_int_equal(rv_cut_list(two, 2, in_folder("b.mp4"), NULL, NULL, NULL, NULL, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "is the name of one clip"));
    assert_int_not_equal(access(in_folder("b.mp4"), F_OK), 0);
}

static void write_script(const char *body)
{
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncase \"$*\" in *-progress*) %s;; esac\nexec ffmpeg \"$@\"\n", body);
    fclose(file);
    assert_int_equal(chmod(script, 0700), 0);
}

static void an_ffmpeg_that_says_nothing_is_ended(void **state)
{
    need_clips();
    RvMoment moment = moment_of(0, 1);
    RvCutOptions options = {.ffmpeg = script, .silence_s = 0.3};
    RvError err = {0};
    write_script(
        "while :; do echo out_time_us=7; sleep 0.05; done"); // it says something, but not that it goes on
    assert_int_equal(rv_cut(&moment, in_folder("c.mp4"), &options, NULL, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "made no progress for 0.3 s and was ended"));
    assert_int_not_equal(access(in_folder("c.mp4"), F_OK), 0);
}

static bool stop_at_the_third(void *user, const RvCutProgress *progress)
{
    int *calls = user;
    assert_true(progress->expected_s > 0.99 && progress->clips_expected == 1);
    return ++*calls < 3;
}

static void a_progress_function_stops_it(void **state)
{
    need_clips();
    int calls = 0;
    RvMoment moment = moment_of(0, 1);
    RvCutOptions options = {.ffmpeg = script, .progress = stop_at_the_third, .user = &calls};
    RvError err = {0};
    write_script("sleep 60");
    assert_int_equal(rv_cut(&moment, in_folder("d.mp4"), &options, NULL, &err), RV_ERROR_CANCELLED);
    assert_int_equal(calls, 3);
    assert_int_not_equal(access(in_folder("d.mp4"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clip_is_described),
        cmocka_unit_test(a_list_goes_on_behind_one_that_fails),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(an_ffmpeg_that_says_nothing_is_ended),
        cmocka_unit_test(a_progress_function_stops_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
