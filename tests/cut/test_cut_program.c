/* SPDX-License-Identifier: MIT */
/* The ffmpeg program: versions, and which line of its errors tells the cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cut/cut_program.h"

static void versions_are_read(void **state)
{
    static const struct {
        const char *line, *version; // NULL: not ffmpeg
        int major, minor;
    } cases[] = {
        {"ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers", "5.1.9-0+deb12u1", 5,
         1},
        {"ffmpeg version n6.0 Copyright", "n6.0", 6, 0},
        {"ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", "4.4.2-0ubuntu0.22.04.1", 4, 4},
        {"ffmpeg version N-109542-g1bf1ec1 Copyright", "N-109542-g1bf1ec1", 999, 999},
        {"ffmpeg version 2024-03-01-git-abc Copyright", "2024-03-01-git-abc", 999, 999},
        {"avconv version 11", NULL, 0, 0},
        {"", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CutProgram program = {0};
        bool good = rv_cut_program_read_version(cases[i].line, &program);
        assert_int_equal(good, cases[i].version != NULL);
        if (!good)
            continue;
        assert_string_equal(program.version, cases[i].version);
        assert_int_equal(program.major, cases[i].major);
        assert_int_equal(program.minor, cases[i].minor);
    }
}

static void the_telling_line_is_found(void **state)
{
    static const char *const cases[][2] = {
        {"[mp4 @ 0x5581] Could not find tag for codec pcm_s16le in stream #1, codec not currently supported in container\n"
         "Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument\n"
         "Error initializing output stream 0:1 -- \nConversion failed!\n",
         "Could not find tag for codec pcm_s16le in stream #1, codec not currently supported in container"},
        {"Conversion failed!\n", "Conversion failed!"},
        {"[out#0/mp4 @ 0x1] [libx264 @ 0x2]  broken\n", "broken"},
        {"", ""},
        {"[no end", "[no end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[512];
        rv_cut_program_cause(cases[i][0], line, sizeof line);
        assert_string_equal(line, cases[i][1]);
    }
}

static RvStatus failed(ChildEnd end, int code, const char *errors, RvError *err)
{
    ChildResult result = {.end = end,
                          .code = code,
                          .errors = {.bytes = (uint8_t *)(uintptr_t)errors, .size_bytes = strlen(errors)}};
    return rv_cut_program_failed(&result, "film.mkv", "out.mp4", 120, err);
}

static void failures_are_one_line(void **state)
{
    RvError err = {0};
    assert_int_equal(failed(CHILD_EXITED, 0, "", &err), RV_OK);
    assert_int_equal(failed(CHILD_EXITED, 1, "av_interleaved_write_frame(): No space left on device\n", &err),
                     RV_ERROR_IO);
    assert_string_equal(err.message, "out.mp4: cannot be written: the disk is full");
    assert_int_equal(
        failed(CHILD_EXITED, 0, "[out @ 0x1] Error writing trailer: No space left on device\n", &err),
        RV_ERROR_IO);
    assert_int_equal(failed(CHILD_EXITED, 1, "Error: File too large\n", &err), RV_ERROR_IO);
    assert_int_equal(failed(CHILD_EXITED, 234, "[x @ 0x1] it broke\n", &err), RV_ERROR_FORMAT);
    assert_string_equal(err.message, "film.mkv: ffmpeg failed (exit status 234): it broke");
    assert_int_equal(failed(CHILD_SIGNALLED, 9, "", &err), RV_ERROR_IO);
    assert_string_equal(err.message, "film.mkv: ffmpeg was ended by signal 9 (Killed)");
    assert_int_equal(failed(CHILD_SILENT, 0, "", &err), RV_ERROR_IO);
    assert_string_equal(err.message, "film.mkv: ffmpeg made no progress for 120 s and was ended");
    assert_int_equal(failed(CHILD_CANCELLED, 0, "", &err), RV_ERROR_CANCELLED);
}

static void a_program_that_is_missing_or_another_one_is_said(void **state)
{
    CutProgram program;
    RvError err = {0};
    assert_int_equal(rv_cut_program_find("/no/such/ffmpeg", &program, &err), RV_ERROR_NOT_FOUND);
    assert_int_equal(err.hint, RV_HINT_FFMPEG);
    assert_string_equal(err.message, "/no/such/ffmpeg: is not a program");
    assert_int_equal(rv_cut_program_find("no-such-ffmpeg", &program, &err), RV_ERROR_NOT_FOUND);
    assert_int_equal(rv_cut_program_find("/bin/true", &program, &err), RV_ERROR_UNSUPPORTED);
    assert_int_equal(rv_cut_program_find("/bin/echo", &program, &err), RV_ERROR_UNSUPPORTED);
    assert_string_equal(err.message, "/bin/echo: is not ffmpeg");
    assert_int_equal(rv_cut_program_find("/", &program, &err), RV_ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_read),
        cmocka_unit_test(the_telling_line_is_found),
        cmocka_unit_test(failures_are_one_line),
        cmocka_unit_test(a_program_that_is_missing_or_another_one_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
