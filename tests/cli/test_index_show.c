/* SPDX-License-Identifier: MIT */
/* What a terminal shows of indexing while several videos run at once: reports go in, lines come out of a
 * pseudo terminal that takes the place of standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "index_show.h"

#define COLUMNS 90
#define REDRAW_NS 120000000L // longer than the time between two drawn lines

static int screen, terminal, standard_error;
static CliIndexShow show;

/* Standard error is the terminal only while the code under test writes: cmocka writes there too. */
static void show_on(int fd)
{
    fflush(stderr);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static int set_up(void **state)
{
    (void)state;
    struct winsize size = {.ws_row = 24, .ws_col = COLUMNS};
    setlocale(LC_CTYPE, "C.UTF-8");
    standard_error = dup(STDERR_FILENO);
    return standard_error < 0 ? -1 : openpty(&screen, &terminal, NULL, NULL, &size);
}

static int tear_down(void **state)
{
    (void)state;
    show_on(terminal);
    cli_show_close(&show);
    show_on(standard_error);
    close(standard_error);
    close(terminal);
    close(screen);
    return 0;
}

/* Four videos of 1 MB and a URL. */
static void open_list(int jobs)
{
    static const char *const names[] = {"/v/a.mp4", "/v/b.mp4", "/v/c.mp4", "/v/d.mp4", "http://host/e.mp4"};
    show_on(terminal);
    bool opened = cli_show_open(&show, jobs, false);
    show_on(standard_error);
    assert_true(opened);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cli_show_await(&show, &(CliListed){names[i], i + 1, i < 4 ? 1000000 : 0, true});
}

static void begin(int slot, const char *path, size_t place)
{
    assert_true(cli_show_begin(&show, slot, &(CliListed){path, place, 1000000, true}));
}

/* Report when the line is due again. Returns what was drawn last. */
static const char *drawn_after(const RvIndexProgress *report)
{
    static char text[4096];
    nanosleep(&(struct timespec){.tv_nsec = REDRAW_NS}, NULL);
    show_on(terminal);
    cli_show_report(&show, report);
    show_on(standard_error);
    ssize_t got = read(screen, text, sizeof text - 1);
    assert_true(got > 0);
    text[got] = '\0';
    const char *last = strrchr(text, '\r');
    return last != NULL ? last + 1 : text;
}

static void expect_begin(const char *text, const char *wanted)
{
    if (strncmp(text, wanted, strlen(wanted)) != 0)
        fail_msg("not '%s...': %s", wanted, text);
}

static void the_line_counts_the_videos_that_run_beside_the_named_one(void **state)
{
    (void)state;
    open_list(3);
    begin(0, "/v/a.mp4", 1);
    begin(1, "/v/b.mp4", 2);
    begin(2, "/v/c.mp4", 3);
    RvIndexProgress report = {.stage = RV_INDEX_DECODING, .frames_done = 0, .frames_expected = 100};
    // Five videos of 100 frames each, as the first one lets expect.
    expect_begin(drawn_after(&report), "Video 3 of 5, a.mp4:   0%|");
    report.slot = 2;
    expect_begin(drawn_after(&report), "Video 3 of 5, a.mp4 +1:   0%|");
    report.frames_done = 50;
    expect_begin(drawn_after(&report), "Video 3 of 5, a.mp4 +1:  10%|");
    report.slot = 1;
    report.frames_done = 0;
    expect_begin(drawn_after(&report), "Video 3 of 5, a.mp4 +2:  10%|");
    report.frames_done = 75;
    const char *line = drawn_after(&report);
    expect_begin(line, "Video 3 of 5, a.mp4 +2:  25%|");
    assert_non_null(strstr(line, " frames/s, "));
    assert_non_null(strstr(line, " left"));

    assert_string_equal(cli_show_end(&show, 0), "/v/a.mp4");
    begin(0, "/v/d.mp4", 4);
    report.frames_done = 100;
    expect_begin(drawn_after(&report), "Video 4 of 5, b.mp4 +1:  ");
}

static void one_job_names_one_video(void **state)
{
    (void)state;
    open_list(1);
    begin(0, "/v/a.mp4", 1);
    RvIndexProgress report = {.stage = RV_INDEX_DECODING, .frames_done = 50, .frames_expected = 100};
    expect_begin(drawn_after(&report),
                 "Video 1 of 5, a.mp4:   0%|"); // frames from now on, not those it begins with
    report.frames_done = 95;
    expect_begin(drawn_after(&report), "Video 1 of 5, a.mp4:  10%|");
    cli_show_end(&show, 0);
    begin(0, "/v/b.mp4", 2);
    report.frames_done = 0;
    const char *line = drawn_after(&report);
    expect_begin(line, "Video 2 of 5, b.mp4:  ");
    assert_null(strchr(line, '+'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_line_counts_the_videos_that_run_beside_the_named_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_job_names_one_video, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
