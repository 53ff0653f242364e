/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/text.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

static void text_parse_time_reads_clocks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds; // negative: refused
        const char *why;
    } cases[] = {
        {"0", 0, "zero"},
        {"12.5", 12.5, "seconds"},
        {"1:02", 62, "minutes"},
        {"1:02:03.5", 3723.5, "hours"},
        {"90", 90, "over a minute"},
        {"100:00", 6000, "over an hour"},
        {"1:60", -1, "60 s"},
        {"1:2:3:4", -1, "four parts"},
        {"", -1, "empty"},
        {"1:", -1, "nothing behind"},
        {":5", -1, "nothing before"},
        {"1.5:00", -1, "fraction of a minute"},
        {"-1", -1, "negative"},
        {"1e3", -1, "exponent"},
        {"12 ", -1, "space"},
        {"1..2", -1, "two points"},
        {"inf", -1, "infinite"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double seconds = -2;
        bool good = cli_text_parse_time(cases[i].text, &seconds);
        if (good != (cases[i].seconds >= 0) || (good && seconds != cases[i].seconds))
            fail_msg("%s: %g", cases[i].why, seconds);
    }
}

static void text_clean_shows_no_password(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"http://me:s3cret@host/x.mp4: gone", "http://host/x.mp4: gone"},
        {"'ftp://me:s3cret@host/x.mp4' is gone", "'ftp://me@host/x.mp4' is gone"},
        {"http:/me:s3cret@host/x.mp4: gone", "http:/me@host/x.mp4: gone"},
        {"'HTTPS://me:s3@cret@host?a=b@c' and http://token@other", "'HTTPS://host?a=b@c' and http://other"},
        {"'http://me:s3/cret@host/x'", "'http://host/x'"},
        {"http://host: see me@host", "http://host: see me@host"},
        {"http://", "http://"},
        {"postgresql://me@host/x", "postgresql://me@host/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *clean = cli_text_clean(cases[i].text);
        assert_string_equal(clean, cases[i].clean);
        free(clean);
    }
}

static void text_time_rounds_to_tenths(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *time, *clock;
    } cases[] = {
        {0, "0:00:00.0", "00:00"},         {22, "0:00:22.0", "00:22"},
        {59.96, "0:01:00.0", "00:59"},     {3599.94, "0:59:59.9", "59:59"},
        {3723.25, "1:02:03.3", "1:02:03"}, {360000, "100:00:00.0", "100:00:00"},
        {-3, "0:00:00.0", "00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        cli_text_time(cases[i].seconds, text, sizeof text);
        assert_string_equal(text, cases[i].time);
        cli_text_clock(cases[i].seconds, text, sizeof text);
        assert_string_equal(text, cases[i].clock);
    }
}

static void text_bytes_uses_powers_of_thousand(void **state)
{
    (void)state;
    static const struct {
        int64_t size_bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},     {999, "999 bytes"},    {1000, "1.0 kB"},
                 {9949, "9.9 kB"},   {9950, "10 kB"},       {999499, "999 kB"},
                 {999500, "1.0 MB"}, {353976522, "354 MB"}, {1500000000, "1.5 GB"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        cli_text_bytes(cases[i].size_bytes, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void text_last_part_of_paths(void **state)
{
    (void)state;
    assert_string_equal(cli_text_last_part("/a/b.mp4"), "b.mp4");
    assert_string_equal(cli_text_last_part("b.mp4"), "b.mp4");
    assert_string_equal(cli_text_last_part("/a/"), "/a/");
    assert_string_equal(cli_text_last_part(""), "");
}

static void text_clean_gives_valid_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean, *why;
    } cases[] = {
        {"plain", "plain", "ASCII"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x95", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x95",
         "two to four bytes"},
        {"a\nb\x1b[31m\x7f", "a?b?[31m?", "control characters"},
        {"\xc2\x9b"
         "31m",
         "?31m", "a control character of the second block"},
        {"a\xe2\x80\xaegpj.exe", "a?gpj.exe", "an override of the direction, U+202E"},
        {"\xe2\x80\xaa\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9", "????", "the first and the last of each kind"},
        {"a\xe2\x80\xa8"
         "b\xe2\x80\xa9",
         "a?b?", "breaks of lines and paragraphs"},
        {"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\xa6",
         "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xe2\x80\xa6", "their neighbours"},
        {"\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91", "Hebrew"},
        {"caf\xe9", "caf\xef\xbf\xbd", "Latin-1"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "overlong"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "a surrogate"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "beyond Unicode"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "cut"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *clean = cli_text_clean(cases[i].text);
        if (strcmp(clean, cases[i].clean) != 0)
            fail_msg("%s: '%s'", cases[i].why, clean);
        free(clean);
    }
}

static void text_shorten_cuts_the_middle(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t cut;
        const char *shorter;
    } cases[] = {
        {"abcdef", 0, "abcdef"},
        {"abcdef", 2,
         "ab\xe2\x80\xa6"
         "ef"},
        {"abcdef", 3,
         "ab\xe2\x80\xa6"
         "f"},
        {"abcdef", 99,
         "a\xe2\x80\xa6"
         "f"},
        {"ab", 1, "ab"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 2, "\xc3\xa4\xe2\x80\xa6\xc3\x9f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *shorter = cli_text_shorten(cases[i].text, cases[i].cut);
        assert_string_equal(shorter, cases[i].shorter);
        free(shorter);
    }
}

static void text_width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(cli_text_width("abc"), 3);
    assert_int_equal(cli_text_width("caf\xc3\xa9"), 4);
    if (setlocale(LC_CTYPE, "C.UTF-8") != NULL)
        assert_int_equal(cli_text_width("\xe7\x8a\xac"), 2); // wide
    setlocale(LC_CTYPE, "C");
    assert_int_equal(cli_text_width("caf\xc3\xa9"), 4);
}

static void text_keep_end_cuts_in_front(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
        const char *kept;
    } cases[] = {
        {"abc", 3, "abc"},
        {"abcd", 3,
         "\xe2\x80\xa6"
         "cd"},
        {"abcd", 1, "\xe2\x80\xa6"},
        {"a\xc3\xa9\xc3\xa9", 2, "\xe2\x80\xa6\xc3\xa9"},
        {"a\xe7\x93\xb6\xe7\x93\xb6", 4, "\xe2\x80\xa6\xe7\x93\xb6"}, // of two columns each
        {"", 1, ""},
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *kept = cli_text_keep_end(cases[i].text, cases[i].columns);
        assert_string_equal(kept, cases[i].kept);
        free(kept);
    }
}

/* A path of a hostile library: measured in one go, not once for each character. */
static void long_texts_take_no_time(void **state)
{
    (void)state;
    size_t length = 20000000;
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    setlocale(LC_CTYPE, "C.UTF-8");
    clock_t before = clock();
    assert_int_equal(cli_text_width(text), length);
    char *kept = cli_text_keep_end(text, 40);
    assert_int_equal(strlen(kept), 3 + 39);
    free(kept);
    free(text);
    // Each character measured with all behind it would be hours.
    assert_true((double)(clock() - before) / CLOCKS_PER_SEC < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_parse_time_reads_clocks),
        cmocka_unit_test(text_time_rounds_to_tenths),
        cmocka_unit_test(text_bytes_uses_powers_of_thousand),
        cmocka_unit_test(text_last_part_of_paths),
        cmocka_unit_test(text_clean_gives_valid_utf8),
        cmocka_unit_test(text_shorten_cuts_the_middle),
        cmocka_unit_test(long_texts_take_no_time),
        cmocka_unit_test(text_width_counts_columns),
        cmocka_unit_test(text_clean_shows_no_password),
        cmocka_unit_test(text_keep_end_cuts_in_front),
    };
    return cmocka_run_group_tests_name("cli/text", tests, NULL, NULL);
}
