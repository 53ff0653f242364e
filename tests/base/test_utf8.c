/* SPDX-License-Identifier: MIT */
/* Tests of base/utf8.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static void utf8_write_and_read_agree_on_every_code_point(void **state)
{
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        char character[4];
        uint32_t back = 0;
        size_t length = rv_utf8_write(code, character);
        if (rv_utf8_read((const uint8_t *)character, length, &back) != length || back != code)
            fail_msg("U+%04X became U+%04X", code, back);
        // Cut short, it is the beginning of a character.
        if (length > 1) {
            assert_int_equal(rv_utf8_read((const uint8_t *)character, length - 1, &back), length - 1);
            assert_int_equal(back, RV_UTF8_BAD);
        }
    }
}

static void utf8_read_refuses_what_is_not_well_formed(void **state)
{
    static const struct {
        const char *text;
        size_t taken;
        const char *why;
    } cases[] = {
        {"\x80", 1, "a byte of the middle alone"},
        {"\xc0\xaf", 1, "overlong, two bytes"},
        {"\xc1\xbf", 1, "overlong, two bytes"},
        {"\xc2 ", 1, "no second byte"},
        {"\xe0\x9f\xbf", 1, "overlong, three bytes"},
        {"\xe2\x82z", 2, "no third byte"},
        {"\xed\xa0\x80", 1, "a surrogate"},
        {"\xf0\x8f\xbf\xbf", 1, "overlong, four bytes"},
        {"\xf0\x9f\x8ez", 3, "no fourth byte"},
        {"\xf4\x90\x80\x80", 1, "over U+10FFFF"},
        {"\xf5", 1, "never valid"},
        {"\xff", 1, "never valid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size_bytes = strlen(cases[i].text);
        uint8_t *text = malloc(size_bytes); // exactly as long, for AddressSanitizer
        assert_non_null(text);
        memcpy(text, cases[i].text, size_bytes);
        uint32_t code = 0;
        if (rv_utf8_read(text, size_bytes, &code) != cases[i].taken || code != RV_UTF8_BAD)
            fail_msg("%s", cases[i].why);
        assert_false(rv_utf8_is_valid(text, size_bytes));
        free(text);
    }
    assert_true(rv_utf8_is_valid("", 0));
    assert_true(rv_utf8_is_valid("a\0\xe2\x82\xac", 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_write_and_read_agree_on_every_code_point),
        cmocka_unit_test(utf8_read_refuses_what_is_not_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
