/* SPDX-License-Identifier: MIT */
/* Texts of any bytes in XML, JSON and URLs; numbers in any locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "timeline/escape.h"

static void texts_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *xml, *json, *url;
    } cases[] = {
        {"plain", "plain", "\"plain\"", "plain"},
        {"", "", "\"\"", ""},
        {"a&b<c>\"'", "a&amp;b&lt;c&gt;&quot;&apos;", "\"a&b<c>\\\"'\"", "a%26b%3Cc%3E%22%27"},
        {"/a b/100%.mp4", "/a b/100%.mp4", "\"/a b/100%.mp4\"", "/a%20b/100%25.mp4"},
        {"l1\nl2\t\r", "l1&#10;l2&#9;&#13;", "\"l1\\u000al2\\u0009\\u000d\"", "l1%0Al2%09%0D"},
        {"\x01\x7f", "\xef\xbf\xbd\x7f", "\"\\u0001\\u007f\"", "%01%7F"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "gr%C3%BC%C3%9F"},
        {"latin\xfc.mp4", "latin\xef\xbf\xbd.mp4", "\"latin\xef\xbf\xbd.mp4\"", "latin%FC.mp4"},
        {"cut\xe2\x82", "cut\xef\xbf\xbd", "\"cut\xef\xbf\xbd\"", "cut%E2%82"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
         "%ED%A0%80"},
        {"\xef\xbf\xbe", "\xef\xbf\xbd", "\"\xef\xbf\xbe\"", "%EF%BF%BE"},
        {"\xf0\x9f\x8e\xac", "\xf0\x9f\x8e\xac", "\"\xf0\x9f\x8e\xac\"", "%F0%9F%8E%AC"},
        {"back\\slash?#", "back\\slash?#", "\"back\\\\slash?#\"", "back%5Cslash%3F%23"},
        {"-_.~", "-_.~", "\"-_.~\"", "-_.~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err;
        Buffer xml, json, url;
        rv_buffer_init(&xml, 1000);
        rv_buffer_init(&json, 1000);
        rv_buffer_init(&url, 1000);
        rv_escape_xml(&xml, cases[i].text, &err);
        rv_escape_json(&json, cases[i].text, &err);
        rv_escape_url_path(&url, cases[i].text, &err);
        rv_buffer_append(&xml, "", 0, &err);
        rv_buffer_append(&url, "", 0, &err);
        assert_string_equal((char *)xml.bytes, cases[i].xml);
        assert_string_equal((char *)json.bytes, cases[i].json);
        assert_string_equal((char *)url.bytes, cases[i].url);
        rv_buffer_clear(&xml);
        rv_buffer_clear(&json);
        rv_buffer_clear(&url);
    }
}

static void numbers_have_points_in_any_locale(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *expected;
    } cases[] = {
        {0.5, 3, "0.500"},
        {-1.25, 1, "-1.2"},
        {30000.0 / 1001, -1, "29.97002997002997"},
        {25, -1, "25"},
        {1e300, -1, "1e+300"},
        {0.1, -1, "0.1"},
        {24000.0 / 1001, -1, "23.976023976023978"},
        {1234567, 0, "1234567"},
        {-0.000001, -1, "-1e-06"},
        {1.5e-7, -1, "1.5e-07"},
    };
    const char *locales[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    for (size_t l = 0; l < sizeof locales / sizeof locales[0]; l++) {
        if (setlocale(LC_NUMERIC, locales[l]) == NULL)
            continue;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            RvError err;
            Buffer out;
            rv_buffer_init(&out, 1000);
            assert_int_equal(rv_escape_decimal(&out, cases[i].value, cases[i].decimals, &err), RV_OK);
            assert_string_equal((char *)out.bytes, cases[i].expected);
            rv_buffer_clear(&out);
        }
    }
    setlocale(LC_NUMERIC, "C");
}

static void clean_texts_are_utf8_without_controls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        const char *expected;
    } cases[] = {
        {"plain", 100, "plain"},
        {"a\nb\x01"
         "c\x7f",
         100, "a b c "},
        {"\xc2\x85\xe2\x80\xa8|", 100, "  |"},
        {"\xff", 100, "\xef\xbf\xbd"},
        {"\xc3\xbc\xc3\xbc", 3, "\xc3\xbc"},
        {"\xff\xff", 5, "\xef\xbf\xbd"},
        {"abc", 0, ""},
        {"", 10, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err;
        char *clean = rv_escape_clean(cases[i].text, cases[i].max, &err);
        assert_non_null(clean);
        assert_string_equal(clean, cases[i].expected);
        free(clean);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(numbers_have_points_in_any_locale),
        cmocka_unit_test(clean_texts_are_utf8_without_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
