/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/terms.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terms.h"

static void term_weight_reads_only_weights(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double weight;
        const char *rest, *why;
    } cases[] = {
        {"a dog", 1, "a dog", "none"},
        {"0.3:a dog", 0.3, "a dog", "a fraction"},
        {"2:a dog", 2, "a dog", "a whole number"},
        {".5:a dog", 0.5, "a dog", "no leading zero"},
        {"-0.5:a dog", -0.5, "a dog", "negative"},
        {"12:30 noon", 12, "30 noon", "not a text's rule"},
        {"1:4:3.mp4@5", 1, "4:3.mp4@5", "the escape"},
        {"0.3:2021.jpg", 0.3, "2021.jpg", "a file that begins with digits"},
        {"3:", 1, "3:", "nothing behind"},
        {":dog", 1, ":dog", "nothing before"},
        {"dog:cat", 1, "dog:cat", "no number"},
        {"1e2:dog", 1, "1e2:dog", "an exponent is not plain"},
        {"0x2:dog", 1, "0x2:dog", "hexadecimal"},
        {"nan:dog", 1, "nan:dog", "not a number"},
        {"http://example.org/a.png", 1, "http://example.org/a.png", "a URL"},
        {"0.5:http://example.org/a.png", 0.5, "http://example.org/a.png", "a URL with weight"},
        {" 2:dog", 1, " 2:dog", "a space before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double weight = 0;
        const char *rest = cli_term_weight(cases[i].text, &weight);
        if (weight != cases[i].weight || strcmp(rest, cases[i].rest) != 0)
            fail_msg("%s: %s gives %g and '%s'", cases[i].why, cases[i].text, weight, rest);
    }
}

static void term_parse_makes_terms(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value;
        RvTermKind kind;
        double weight;
        const char *text;
        double time_s;
    } cases[] = {
        {NULL, "a dog", RV_TERM_TEXT, 1, "a dog", 0},
        {"text", "0.5:a dog", RV_TERM_TEXT, 0.5, "a dog", 0},
        {NULL, "0.5:a dog", RV_TERM_TEXT, 1, "0.5:a dog", 0}, // without --text as it stands
        {NULL, "4:3 screen", RV_TERM_TEXT, 1, "4:3 screen", 0},
        {"text", "4:3 screen", RV_TERM_TEXT, 1, "4:3 screen", 0},
        {"text", "16:9 video", RV_TERM_TEXT, 1, "16:9 video", 0},
        {"text", "12:30 noon", RV_TERM_TEXT, 1, "12:30 noon", 0},
        {"not", "2:1 victory", RV_TERM_TEXT, -1, "2:1 victory", 0},
        {"text", "2: 300 spartans", RV_TERM_TEXT, 2, " 300 spartans", 0},
        {"image", "0.3:2021.jpg", RV_TERM_IMAGE_FILE, 0.3, "2021.jpg", 0},
        {"then", "a cat", RV_TERM_TEXT, 1, "a cat", 0},
        {"then", "0.5:a cat", RV_TERM_TEXT, 0.5, "a cat", 0},
        {"not", "a cat", RV_TERM_TEXT, -1, "a cat", 0},
        {"not", "0.25:a cat", RV_TERM_TEXT, -0.25, "a cat", 0},
        {"image", "0.3:photo.png", RV_TERM_IMAGE_FILE, 0.3, "photo.png", 0},
        {"like", "a@b.mp4@1:05", RV_TERM_FRAME, 1, "a@b.mp4", 65},
        {"like", "2:a.mp4@7.5", RV_TERM_FRAME, 2, "a.mp4", 7.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvTerm term;
        char *storage;
        RvError err;
        assert_int_equal(cli_term_parse(cases[i].option, cases[i].value, &term, &storage, &err), RV_OK);
        assert_int_equal(term.kind, cases[i].kind);
        assert_true(term.weight == cases[i].weight);
        assert_true(term.time_s == cases[i].time_s);
        assert_string_equal(term.value, cases[i].text);
        free(storage);
    }
}

static void term_parse_refuses_with_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *message;
    } cases[] = {
        {NULL, "", "the query is empty"},
        {"text", " \t", "the query is empty"},
        {"image", "", "the query is empty"},
        {"text", "0:dog", "a weight of 0"}, // 0 would mean 1 to the library
        {"text", "0.0:dog", "a weight of 0"},
        {"text", "2000000:dog", "a weight of 0 or beyond"},
        {"not", "-1:dog", "negative weight already"},
        {"like", "a.mp4", "not VIDEO@TIME"},
        {"like", "@5", "not VIDEO@TIME"},
        {"like", "a.mp4@", "not VIDEO@TIME"},
        {"like", "a.mp4@soon", "not VIDEO@TIME"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvTerm term;
        char *storage;
        RvError err = {0};
        assert_int_equal(cli_term_parse(cases[i].option, cases[i].value, &term, &storage, &err),
                         RV_ERROR_ARGUMENT);
        assert_null(storage);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("'%s': %s", cases[i].value, err.message);
    }
}

static void a_file_goes_before_a_weight(void **state)
{
    (void)state;
    char folder[] = "/tmp/reelvec-terms-XXXXXX", before[4096];
    assert_non_null(mkdtemp(folder));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    FILE *file = fopen("4:3.png", "wb");
    assert_non_null(file);
    fclose(file);
    RvTerm term;
    char *storage;
    RvError err;
    assert_int_equal(cli_term_parse("image", "4:3.png", &term, &storage, &err), RV_OK);
    assert_string_equal(term.value, "4:3.png");
    assert_true(term.weight == 1);
    assert_true(cli_term_is_file("4:3.png"));
    assert_false(cli_term_is_file("no.png"));
    assert_false(cli_term_is_file("."));
    assert_int_equal(unlink("4:3.png"), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void terms_describe_reads_like_a_sum(void **state)
{
    (void)state;
    const RvTerm terms[] = {{.kind = RV_TERM_TEXT, .value = "a dog", .weight = 1},
                            {.kind = RV_TERM_IMAGE_FILE, .value = "/pictures/beach.png", .weight = 0.5},
                            {.kind = RV_TERM_TEXT, .value = "a cat", .weight = -1},
                            {.kind = RV_TERM_IMAGE_FILE, .value = "http://me:s3cret@host", .weight = 1},
                            {.kind = RV_TERM_FRAME, .value = "x/holiday.mp4", .time_s = 65, .weight = 1}};
    char *text = cli_terms_describe(terms, 5);
    assert_string_equal(text, "\xe2\x80\x9c"
                              "a dog\xe2\x80\x9d + 0.5 \xc3\x97 beach.png \xe2\x88\x92 \xe2\x80\x9c"
                              "a cat\xe2\x80\x9d + host + holiday.mp4 at 0:01:05.0");
    free(text);
    const RvTerm parts[] = {{.kind = RV_TERM_IMAGE_FILE, .value = "dog.png", .weight = 1},
                            {.kind = RV_TERM_IMAGE_FILE, .value = "cat.png", .weight = -1, .part = 1},
                            {.kind = RV_TERM_IMAGE_FILE, .value = "owl.png", .weight = 1, .part = 2}};
    text = cli_terms_describe(parts, 3);
    assert_string_equal(text, "dog.png, then \xe2\x88\x92 cat.png, then owl.png");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(term_weight_reads_only_weights),  cmocka_unit_test(term_parse_makes_terms),
        cmocka_unit_test(term_parse_refuses_with_reasons), cmocka_unit_test(a_file_goes_before_a_weight),
        cmocka_unit_test(terms_describe_reads_like_a_sum),
    };
    return cmocka_run_group_tests_name("cli/terms", tests, NULL, NULL);
}
