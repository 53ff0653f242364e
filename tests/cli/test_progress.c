/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/progress.c: the bar's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "progress.h"
#include "text.h"

static void bar_text_has_tqdms_form(void **state)
{
    (void)state;
    static const struct {
        CliBar bar;
        size_t columns;
        const char *text, *why;
    } cases[] = {
        {{"Processing frames", 90, 142, 3.2, 41.2, false, false},
         67,
         "Processing frames:  63%|██████▎   | 90/142 [00:03<00:01, 41.2it/s]",
         "the form of the issue"},
        {{"Processing frames", 0, 142, 0, 0, false, false},
         64,
         "Processing frames:   0%|          | 0/142 [00:00<?, ?it/s]",
         "nothing yet"},
        {{"Processing frames", 142, 142, 3725, 0.5, false, false},
         73,
         "Processing frames: 100%|██████████| 142/142 [1:02:05<00:00, 2.0s/it]",
         "done, slowly"},
        {{"Processing frames", 150, 142, 3, 50, false, false},
         68,
         "Processing frames: 100%|██████████| 150/150 [00:03<00:00, 50.0it/s]",
         "more than the container promised"},
        {{"Processing frames", 90, 0, 3.2, 41.2, false, false},
         80,
         "Processing frames: 90it [00:03, 41.2it/s]",
         "no total"},
        {{"Processing frames", 90, 142, 3.2, 41.2, false, true},
         67,
         "Processing frames:  63%|######    | 90/142 [00:03<00:01, 41.2it/s]",
         "no block glyphs"},
        {{"Fetching", 213000000, 338000000, 3, 71000000, true, false},
         65,
         "Fetching:  63%|██████▎   | 213 MB/338 MB [00:03<00:01, 71 MB/s]",
         "bytes"},
        {{"Processing frames", 90, 142, 3.2, 41.2, false, false},
         20,
         "Processing frames:  63% 90/142 [00:03<00:01, 41.2it/s]",
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
    CliBar bar = {"Processing frames", 1, 3, 1, 1, false, false};
    for (size_t columns = 60; columns <= 100; columns++) {
        char text[1024];
        cli_bar_text(&bar, columns, text, sizeof text);
        size_t width = cli_text_width(text);
        assert_true(width <= columns);
        assert_true(width == columns || columns > 95);
    }
    setlocale(LC_CTYPE, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bar_text_has_tqdms_form),
                                       cmocka_unit_test(bar_text_fills_the_width_it_is_given)};
    return cmocka_run_group_tests_name("cli/progress", tests, NULL, NULL);
}
