/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/text_fix.c. Expected values follow from what ftfy 6 documents of its steps
 * (fix_c1_controls, fix_latin_ligatures, ...); tokens_original.json, which the original's ftfy made, is
 * compared in test_clip_tokenizer.c. */
#include "text_cases.h"

#include <time.h>

#include "clip/tokenizer/text_fix.h"

static void text_fix_does_what_ftfy_does(void **state)
{
    static const TextCase cases[] = {
        {TEXT(""), TEXT(""), "empty"},
        {TEXT("a dog\n\tand a cat\f\n"), TEXT("a dog\n\tand a cat\f\n"), "nothing to do"},
        {TEXT("\u2018a\u2019 \u201ab\u201b \u02bcc \u201cd\u201d \u201ee\u201f \u00abf\u00bb \u2032"),
         TEXT("'a' 'b' 'c \"d\" \"e\" \u00abf\u00bb \u2032"), "quotes; guillemets and primes stay"},
        {TEXT("cafe\u0301 A\u030a \u1100\u1161 \u2126 \u0958"),
         TEXT("caf\u00e9 \u00c5 \uac00 \u03a9 \u0915\u093c"), "NFC"},
        {TEXT("\u01c4\u01c5\u01c6\u01c7\u01ca\u01f1\u0132\u0133"), TEXT("D\u017dD\u017ed\u017eLJNJDZIJij"),
         "digraphs"},
        {TEXT("\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06 \u0149 \u00e6"),
         TEXT("fffiflffiffl\u017ftst 'n \u00e6"), "ligatures; ae is a letter"},
        {TEXT("\uff21\uff42\uff11\uff01\u3000\uff07"), TEXT("Ab1! '"), "full width"},
        {TEXT("\uff76\uff9e\uff71 \uff62\uff63\uffe5\uffe1"), TEXT("\u30ac\u30a2 \u300c\u300d\u00a5\u00a3"),
         "half width; the mark joins its letter"},
        {TEXT("\uff00\ufff0"), TEXT("\uff00\ufff0"), "beside the forms"},
        {TEXT("a\r\nb\rc\u2028d\u2029e\xc2\x85"
              "f"),
         TEXT("a\nb\nc\nd\ne\u2026f"), "line breaks; C1's is Windows' dots"},
        {TEXT("\xc2\x80\xc2\x91\xc2\x81\xc2\x9f"), TEXT("\u20ac'\xc2\x81\u0178"),
         "C1 controls, one without a meaning"},
        {TEXT("a\0b\x01\x08\x0b\x0e\x1f\x7fz\u206a\u206f\ufeff\ufff9\ufffc\u200b\ufffd"),
         TEXT("abz\u200b\ufffd"), "controls and marks; U+200B stays"},
        {TEXT("\x1b[1;31mred\x1b[0m \x1b[2\x1b] \x1b[\uff11m!"), TEXT("red [2] !"), "terminal colours"},
        {TEXT("&eacute;&#233;&#xe9;&EACUTE;&SZLIG;&AMP;"), TEXT("\u00e9\u00e9\u00e9\u00c9SS&"), "references"},
        {TEXT("&amp;amp;lt;"), TEXT("<"), "references in references"},
        {TEXT("&eacute &GTDOT; &nosuch; &#59; &#12ab; &#; &; & &#1;."),
         TEXT("&eacute &GTDOT; &nosuch; &#59; &#12ab; &#; &; & ."), "no whole references; a forbidden one"},
        {TEXT("&CounterClockwiseContourIntegral;"), TEXT("&CounterClockwiseContourIntegral;"),
         "over 24 letters"},
        {TEXT("&lt;\n<b>\n&lt;"), TEXT("<\n<b>\n&lt;"), "from the first '<' on, references stay"},
        {TEXT("&#x2019;"), TEXT("'"), "a reference to a curly quote"},
    };
    check_text_cases(rv_text_fix, cases, sizeof cases / sizeof cases[0]);
}

static void text_fix_ends_soon(void **state)
{
    enum { SIZE = 1 << 18 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    text[0] = '&';
    for (size_t i = 1; i < SIZE; i++)
        text[i] = "amp;"[(i - 1) % 4];
    Buffer out;
    RvError err = {0};
    rv_buffer_init(&out, (size_t)4 * SIZE);
    clock_t start = clock();
    assert_ok(rv_text_fix(text, SIZE, &out, &err), err);
    assert_true(out.size_bytes > SIZE / 2);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 2 == 0 ? '&' : '\n';
    rv_buffer_reset(&out);
    assert_ok(rv_text_fix(text, SIZE, &out, &err), err);
    assert_int_equal(out.size_bytes, SIZE);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 30);
    rv_buffer_clear(&out);
    free(text);
}

static void text_fix_keeps_to_the_maximum(void **state)
{
    check_text_maximum(rv_text_fix, "\xc2\x80\xc2\x80", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_fix_does_what_ftfy_does),
        cmocka_unit_test(text_fix_ends_soon),
        cmocka_unit_test(text_fix_keeps_to_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
