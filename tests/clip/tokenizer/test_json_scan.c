/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/pieces/json_scan.c: windows of every length, escapes, what it refuses. */
#include "clip_support.h"

#include "clip/tokenizer/pieces/json_scan.h"

static bool scan_all(const char *text, size_t ahead_bytes, char *seen, size_t seen_bytes, RvError *err)
{
    JsonScan scan;
    JsonText key, value;
    bool first = true;
    seen[0] = '\0';
    assert_ok(rv_json_scan_open_bytes(&scan, text, strlen(text), ahead_bytes, err), *err);
    rv_json_scan_enter(&scan, '{');
    while (rv_json_scan_item(&scan, '{', &first) && rv_json_scan_key(&scan, &key)) {
        size_t used = strlen(seen);
        snprintf(seen + used, seen_bytes - used, "%.*s", (int)key.size_bytes, key.text);
        if (!rv_json_scan_skip(&scan, &value))
            break;
        used = strlen(seen);
        snprintf(seen + used, seen_bytes - used, "=%.*s;", (int)value.size_bytes, value.text);
    }
    rv_json_scan_end(&scan);
    bool good = scan.fault == NULL;
    if (!good)
        assert_int_equal(rv_json_scan_error(&scan, "x.json", err), RV_ERROR_FORMAT);
    rv_json_scan_close(&scan);
    return good;
}

/* What is skipped may be longer than the window, which ends at every place of the text in turn. */
static void json_scan_skip_takes_values_longer_than_the_window(void **state)
{
    static const char text[] =
        "{ \"a\":\"0123456789\\\"\\\\\\u00e9 012345678901234567890\\\\\", \"bc\" :[1,[2,{\"x\":"
        "null}],\"]\"],\"d\":-1.5e3 , \"e\":{} }";
    static const char wanted[] =
        "a=\"0123456789\\\"\\\\\\u00e9 012345678901234567890\\\\\";bc=[1,[2,{\"x\":null}],"
        "\"]\"];d=-1.5e3;e={};";
    for (size_t ahead = 8; ahead < sizeof text; ahead++) {
        char seen[512];
        RvError err = {0};
        if (!scan_all(text, ahead, seen, sizeof seen, &err))
            fail_msg("%zu: %s", ahead, err.message);
        assert_string_equal(seen, wanted);
    }
}

static void json_scan_string_unescapes(void **state)
{
    static const struct {
        const char *json, *wanted;
    } cases[] = {{"\"\"", ""},
                 {"\"a b\"", "a b"},
                 {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
                 {"\"\\u2581x\"", "\xe2\x96\x81x"},
                 {"\"\\ud83c\\udfac\"", "\xf0\x9f\x8e\xac"},
                 {"\"\\ud83c\"", NULL},
                 {"\"\\udfac\"", NULL},
                 {"\"\\x\"", NULL},
                 {"\"\\u12g4\"", NULL},
                 {"\"a\nb\"", NULL},
                 {"\"a", NULL},
                 {"\"a\\", NULL},
                 {"a", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        JsonScan scan;
        JsonText text;
        RvError err = {0};
        assert_ok(rv_json_scan_open_bytes(&scan, cases[i].json, strlen(cases[i].json), 64, &err), err);
        bool good = rv_json_scan_string(&scan, &text);
        assert_int_equal(good, cases[i].wanted != NULL);
        if (good)
            assert_true(rv_json_text_is(&text, cases[i].wanted));
        rv_json_scan_close(&scan);
    }
}

static void json_scan_numbers(void **state)
{
    static const struct {
        const char *json;
        bool is_number, is_integer;
        double value;
    } cases[] = {{"0", true, true, 0},       {"-7", true, true, -7},          {"12.5", true, false, 12.5},
                 {"1e3", true, false, 1000}, {"-2.5E-1", true, false, -0.25}, {"01", false, false, 0},
                 {"1.", false, false, 0},    {"1e", false, false, 0},         {"-", false, false, 0},
                 {"nan", false, false, 0},   {"1e999", false, false, 0},      {"", false, false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int integer = 0; integer < 2; integer++) {
            JsonScan scan;
            RvError err = {0};
            double number = 0;
            int64_t whole = 0;
            assert_ok(rv_json_scan_open_bytes(&scan, cases[i].json, strlen(cases[i].json), 64, &err), err);
            bool good = integer ? rv_json_scan_integer(&scan, &whole) : rv_json_scan_number(&scan, &number);
            assert_int_equal(good, integer ? cases[i].is_integer : cases[i].is_number);
            if (good)
                assert_true((integer ? (double)whole : number) == cases[i].value);
            rv_json_scan_close(&scan);
        }
    }
}

static void json_scan_refuses(void **state)
{
    static const char *const broken[] = {"",
                                         "[",
                                         "{",
                                         "{\"a\"",
                                         "{\"a\":",
                                         "{\"a\":1",
                                         "{\"a\":1}}",
                                         "{\"a\":[1}",
                                         "{\"a\":1 \"b\":2}",
                                         "{\"a\" 1}",
                                         "{\"a\":\"b",
                                         "{a:1}",
                                         "{\"a\":[[1]",
                                         "{\"a\":\"b\\"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        for (size_t ahead = 8; ahead <= 64; ahead += 8) {
            char seen[512];
            RvError err = {0};
            if (scan_all(broken[i], ahead, seen, sizeof seen, &err))
                fail_msg("%s", broken[i]);
            assert_non_null(strstr(err.message, "x.json: byte "));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_scan_skip_takes_values_longer_than_the_window),
        cmocka_unit_test(json_scan_string_unescapes),
        cmocka_unit_test(json_scan_numbers),
        cmocka_unit_test(json_scan_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
