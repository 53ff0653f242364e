/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/progress.c and apps/cli/run_line.c: the text of their lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "progress.h"
#include "run_line.h"
#include "text.h"

static void bar_text_has_one_form(void **state)
{
    (void)state;
    static const struct {
        CliBar bar;
        size_t columns;
        const char *text, *why;
    } cases[] = {
        {{"Copying frames", 90, 142, 3.2, 41.2, false, false},
         67,
         "Copying frames:  63%|██████▎   | 90/142 [00:03<00:01, 41.2 frames/s]",
         "on its way"},
        {{"Copying frames", 0, 142, 0, 0, false, false},
         64,
         "Copying frames:   0%|          | 0/142 [00:00<?, ? frames/s]",
         "nothing yet"},
        {{"Copying frames", 142, 142, 3725, 0.5, false, false},
         73,
         "Copying frames: 100%|██████████| 142/142 [1:02:05<00:00, 0.50 frames/s]",
         "done, slowly"},
        {{"Copying frames", 150, 142, 3, 50, false, false},
         68,
         "Copying frames: 100%|██████████| 150/150 [00:03<00:00, 50.0 frames/s]",
         "more than the container promised"},
        {{"Copying frames", 90, 0, 3.2, 41.2, false, false},
         80,
         "Copying frames: 90 frames [00:03, 41.2 frames/s]",
         "no total"},
        {{"Copying frames", 90, 142, 3.2, 41.2, false, true},
         67,
         "Copying frames:  63%|######    | 90/142 [00:03<00:01, 41.2 frames/s]",
         "no block glyphs"},
        {{"Fetching", 213000000, 338000000, 3, 71000000, true, false},
         65,
         "Fetching:  63%|██████▎   | 213 MB/338 MB [00:03<00:01, 71 MB/s]",
         "bytes"},
        {{"Cutting", 1250, 6000, 3.2, 390, false, false, true},
         67,
         "Cutting:  21%|██        | 00:12/01:00 [00:03<00:12, 3.9x]",
         "seconds of video"},
        {{"Copying frames", 90, 142, 3.2, 41.2, false, false},
         20,
         "Copying frames:  63% 90/142 [00:03<00:01, 41.2 frames/s]",
         "too narrow for a bar"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        size_t columns = cases[i].columns;
        // The bar of ten cells: as many columns as the text has.
        if (strchr(cases[i].text, '|') != NULL)
            columns = cli_text_width(cases[i].text);
        cli_bar_text(&cases[i].bar, columns, text, sizeof text);
        if (strcmp(text, cases[i].text) != 0)
            fail_msg("%s:\n%s\nnot\n%s", cases[i].why, text, cases[i].text);
    }
}

static void bar_text_fills_the_width_it_is_given(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    CliBar bar = {"Copying frames", 1, 3, 1, 1, false, false};
    for (size_t columns = 60; columns <= 100; columns++) {
        char text[1024];
        cli_bar_text(&bar, columns, text, sizeof text);
        size_t width = cli_text_width(text);
        assert_true(width <= columns);
        assert_true(width == columns || columns > 95);
    }
    setlocale(LC_CTYPE, "C");
}

static void run_line_says_how_far_all_is(void **state)
{
    (void)state;
    static const struct {
        CliRunLine line;
        size_t columns;
        const char *text, *why;
    } cases[] = {
        {{"/videos/talk.mp4", 0, 1, 1, false, 90, 142, 3.2, 41.2, 41, false},
         68,
         "talk.mp4:  63%|██████▉    | 90/142 [00:03<00:01, 41.2 frames/s, 41x]",
         "one video"},
        {{"/videos/talk.mp4", 0, 1, 1, false, 0, 142, 0, 0, 0, false},
         68,
         "talk.mp4:   0%|                        | 0/142 [00:00<?, ? frames/s]",
         "nothing yet"},
        {{"talk.mp4", 0, 1, 1, false, 90, 0, 3.2, 0.2, 0.2, false},
         68,
         "talk.mp4: 90 frames [00:03, 0.20 frames/s, 0.2x]",
         "a container that does not tell"},
        {{"/videos/talk.mp4", 0, 3, 212, false, 430, 10300, 10, 41.2, 41.3, false},
         79,
         "Video 3 of 212, talk.mp4:   4%|▋               | 41.2 frames/s, 41x, 03:59 left",
         "a list"},
        {{"/videos/talk.mp4", 3, 4, 5000, false, 430, 1030000, 10, 41.2, 41.3, true},
         79,
         "Video 4 of 5,000, talk.mp4 +3:   0%|         | 41.2 frames/s, 41x, 6:56:29 left",
         "several at once"},
        {{"/videos/a-very-long-name-that-says-much-2024-05-06.mp4", 0, 3, 212, false, 430, 10300, 10, 41.2, 0,
          false},
         79,
         "Video 3 of 212, a-very-long…4-05-06.mp4:   4%|▎     | 41.2 frames/s, 03:59 left",
         "a long name is cut"},
        {{"/videos/talk.mp4", 0, 3, 212, false, 430, 0, 10, 41.2, 41.3, false},
         79,
         "Video 3 of 212, talk.mp4: 41.2 frames/s, 41x",
         "how much is left is not known"},
        {{"/videos/talk.mp4", 0, 3, 212, true, 1.2e9, 4e9, 3, 4e8, 0, false},
         79,
         "Video 3 of 212, talk.mp4: reading:  30%|████▏         | 1.2 GB/4.0 GB, 400 MB/s",
         "a file is read"},
        {{"/videos/talk.mp4", 0, 3, 212, false, 430, 10300, 10, 41.2, 41.3, false},
         100,
         "Video 3 of 212, talk.mp4:   4%|█▏                         | 41.2 frames/s, 41x real time, "
         "03:59 left",
         "room to say more"},
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        cli_run_line_text(&cases[i].line, cases[i].columns, text, sizeof text);
        if (cli_text_width(text) > cases[i].columns || strcmp(text, cases[i].text) != 0)
            fail_msg("%s:\n%s\nnot\n%s", cases[i].why, text, cases[i].text);
        for (size_t columns = 65; columns < 140; columns++) {
            cli_run_line_text(&cases[i].line, columns, text, sizeof text);
            if (cli_text_width(text) > columns)
                fail_msg("%s: wider than %zu: %s", cases[i].why, columns, text);
        }
    }
    setlocale(LC_CTYPE, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bar_text_has_one_form),
                                       cmocka_unit_test(bar_text_fills_the_width_it_is_given),
                                       cmocka_unit_test(run_line_says_how_far_all_is)};
    return cmocka_run_group_tests_name("cli/progress", tests, NULL, NULL);
}
