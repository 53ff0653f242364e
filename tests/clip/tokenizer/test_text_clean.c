/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/text_clean.c. Expected values are those of Python 3.11 and its regex module, with
 * the steps of ftfy that text_fix.h names. */
#include "text_cases.h"

#include "clip/tokenizer/text_clean.h"

#define BAD "\xef\xbf\xbd"

static void text_clean_equals_pythons(void **state)
{
    static const TextCase cases[] = {
        {TEXT(""), TEXT(""), "empty"},
        {TEXT(" \t\r\n\xe3\x80\x80"), TEXT(""), "only white space"},
        {TEXT("  A\xc2\xa0\xe2\x80\x83 B\x1c"), TEXT("a b"), "runs of white space, stripped ends"},
        {TEXT("a\x1c"
              "b\x85"),
         TEXT("ab" BAD), "0x1c is a control character; 0x85 alone is no UTF-8"},
        {TEXT("It\xe2\x80\x99S &rsquo;"), TEXT("it's '"), "curly quotes, written and as references"},
        {TEXT("< It\xe2\x80\x99S &rsquo;"), TEXT("< it's \xe2\x80\x99"),
         "in HTML, references are opened last"},
        {TEXT("CAFE\xcc\x81"), TEXT("caf\xc3\xa9"), "a decomposed accent"},
        {TEXT("a\xe1\xa0\x8e"
              "b\xe2\x80\x8b"),
         TEXT("a\xe1\xa0\x8e"
              "b\xe2\x80\x8b"),
         "U+180E, U+200B: no white space"},
        {TEXT("&amp;lt; &lt;"), TEXT("< <"), "unescaped twice"},
        {TEXT("&nbsp;x&#32;"), TEXT("x"), "unescaped before it is stripped"},
        {TEXT("\xc4\xb0"), TEXT("i\xcc\x87"), "U+0130"},
        {TEXT("\xce\xa3\xce\xa3 \xce\xa3"), TEXT("\xcf\x83\xcf\x82 \xcf\x83"), "sigma: first, final, alone"},
        {TEXT("4\xca\xb7\xce\xa3"), TEXT("4\xca\xb7\xcf\x83"),
         "sigma behind a letter that is case-ignorable"},
        {TEXT("A\0B"), TEXT("ab"), "NUL inside"},
        {TEXT("\xc3"), TEXT(BAD), "cut off"},
        {TEXT("\xe2\x82z"), TEXT(BAD "z"), "one mark for the beginning of a character"},
        {TEXT("\xed\xa0\x80"), TEXT(BAD BAD BAD), "surrogate"},
        {TEXT("\xc0\xaf\xf5"), TEXT(BAD BAD BAD), "never valid"},
        {TEXT("\xf0\x9f\x8e"), TEXT(BAD), "three of four bytes"},
        {TEXT("\xf0\x80\x80\x80"), TEXT(BAD BAD BAD BAD), "overlong"},
    };
    check_text_cases(rv_text_clean, cases, sizeof cases / sizeof cases[0]);
}

static RvStatus clean_as_siglip(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    return rv_text_clean_as(TEXT_CLEAN_SIGLIP, text, size_bytes, out, err);
}

/* What SiglipTokenizer hands to SentencePiece, without the first U+2581. */
static void text_clean_as_siglip_equals_transformers(void **state)
{
    static const TextCase cases[] = {
        {TEXT(""), TEXT(""), "empty"},
        {TEXT("  "), TEXT(""), "only white space"},
        {TEXT("A Cat's_tail!"), TEXT("a catstail"), "punctuation is removed, the low line too"},
        {TEXT("a \t\n b "), TEXT("a b"), "runs of white space, a stripped end"},
        {TEXT("a\x1c\x1d b\x1e\x1f"), TEXT("a b"), "information separators are white space"},
        {TEXT("\x1f"
              "a"),
         TEXT("\xe2\x96\x81"
              "a"),
         "an information separator before the text"},
        {TEXT(" a"),
         TEXT("\xe2\x96\x81"
              "a"),
         "white space before the text"},
        {TEXT("- a"),
         TEXT("\xe2\x96\x81"
              "a"),
         "white space behind removed punctuation"},
        {TEXT("-a"), TEXT("a"), "only punctuation before the text"},
        {TEXT("a\xe2\x96\x81"
              "b"),
         TEXT("a b"), "a written mark is a space"},
        {TEXT("\xce\x91\xce\xa3 \xc4\xb0"), TEXT("\xce\xb1\xcf\x83 i\xcc\x87"), "character by character"},
        {TEXT("&amp; \xe2\x80\x99"), TEXT("amp \xe2\x80\x99"), "nothing is repaired"},
        {TEXT("\xff"), TEXT(BAD), "no UTF-8"},
    };
    check_text_cases(clean_as_siglip, cases, sizeof cases / sizeof cases[0]);
    check_text_maximum(clean_as_siglip, "abcdefgh", 8);
}

static void text_clean_keeps_to_the_maximum(void **state)
{
    check_text_maximum(rv_text_clean, "abcdefgh", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_clean_equals_pythons),
        cmocka_unit_test(text_clean_as_siglip_equals_transformers),
        cmocka_unit_test(text_clean_keeps_to_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
