/* SPDX-License-Identifier: MIT */
/* Tests of src/store/model_details.c. */
#include "store/model_details.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SIGLIP                                                                                               \
    "family=siglip; preprocessing=squash bilinear rgb-first; tokenizer=gemma lower; "                        \
    "tokenizer_sha256=7da53ca29fb16f6b2489482fc0bc6a394162cdab14d12764a1755ebc583fea79"

static void lines_are_compared_by_keys(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other, *differing, *why;
    } cases[] = {
        {SIGLIP, SIGLIP, "", "the same"},
        {SIGLIP, "", "", "nothing known"},
        {"", SIGLIP, "", "nothing known"},
        {SIGLIP, "family=siglip; later=1", "", "keys of another version"},
        {SIGLIP, "later=1; tokenizer=gemma lower; family=siglip", "", "another order"},
        {SIGLIP, "family=siglip; preprocessing=squash bicubic; tokenizer=gemma lower",
         "preprocessing squash bilinear rgb-first", "the filter"},
        {SIGLIP, "preprocessing=squash bicubic; tokenizer=gemma canonicalize",
         "preprocessing squash bilinear rgb-first and tokenizer gemma lower", "two of them"},
        {SIGLIP, "tokenizer_sha256=8da5", "tokenizer file 7da53ca29fb1...", "the file"},
        {STORE_PLAIN_DETAILS, SIGLIP, "family clip and preprocessing shortest bicubic and tokenizer clip",
         "all"},
        {"family", "family=clip", "family ", "no value"},
        {"=clip; ;;", "=siglip", " clip", "no key"},
        {";;;", "family=clip", "", "nothing but ends"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[600];
        print_message("%s\n", cases[i].why);
        rv_model_details_differing(cases[i].one, cases[i].other, text, sizeof text);
        assert_string_equal(text, cases[i].differing);
        bool other_file = strncmp(cases[i].differing, "tokenizer file ", 15) == 0; // and nothing besides
        assert_int_equal(rv_model_details_agree(cases[i].one, cases[i].other),
                         cases[i].differing[0] == '\0' || other_file);
    }
}

/* The file of a tokenizer may be saved again: that is told, and not refused. */
static void files_of_tokenizers_are_compared_apart(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool agree, files_differ;
        const char *why;
    } cases[] = {
        {SIGLIP, SIGLIP, true, false, "the same"},
        {SIGLIP, "tokenizer_sha256=8da5", true, true, "another file"},
        {SIGLIP, "tokenizer=gemma canonicalize; tokenizer_sha256=8da5", false, true, "another cleaning too"},
        {SIGLIP, "tokenizer=gemma lower", true, false, "no file of the other"},
        {"tokenizer=gemma lower", SIGLIP, true, false, "no file of the one"},
        {STORE_PLAIN_DETAILS, STORE_PLAIN_DETAILS, true, false, "no file of either"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char one[65], other[65];
        print_message("%s\n", cases[i].why);
        assert_int_equal(rv_model_details_agree(cases[i].one, cases[i].other), cases[i].agree);
        assert_int_equal(rv_model_details_tokenizers(cases[i].one, cases[i].other, one, other),
                         cases[i].files_differ);
        if (cases[i].files_differ) {
            assert_string_equal(one, "7da53ca29fb16f6b2489482fc0bc6a394162cdab14d12764a1755ebc583fea79");
            assert_string_equal(other, "8da5");
        }
    }
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    char line[1024] = "family=", text[40], value[8];
    memset(line + 7, 'x', 900);
    memset(line + 907, 'k', 100);
    assert_true(rv_model_detail(line, "family", value, sizeof value));
    assert_string_equal(value, "xxxxxxx");
    assert_false(rv_model_detail(line, "tokenizer", value, sizeof value));
    assert_string_equal(value, "");
    rv_model_details_differing(line, "family=y", text, sizeof text);
    assert_int_equal(strlen(text), sizeof text - 1);
    rv_model_details_differing(SIGLIP, "family=y; preprocessing=z; tokenizer=w", text, 20);
    assert_string_equal(text, "family siglip and p");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_compared_by_keys),
        cmocka_unit_test(files_of_tokenizers_are_compared_apart),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
