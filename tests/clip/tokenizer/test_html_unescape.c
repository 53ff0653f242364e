/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/html_unescape.c. Expected values are those of Python 3.11's html.unescape. */
#include "text_cases.h"

#include "clip/tokenizer/html_unescape.h"

static void html_unescape_equals_pythons(void **state)
{
    static const TextCase cases[] = {
        {TEXT("a &amp; b"), TEXT("a & b"), "a name"},
        {TEXT("&amp"), TEXT("&"), "without semicolon"},
        {TEXT("&ampx;"), TEXT("&x;"), "longest prefix"},
        {TEXT("&notit;"), TEXT("\xc2\xacit;"), "a prefix of a longer name that is none"},
        {TEXT("&notin;"), TEXT("\xe2\x88\x89"), "the longer name"},
        {TEXT("&nosuchname;"), TEXT("&nosuchname;"), "unknown"},
        {TEXT("&&amp;"), TEXT("&&"), "an ampersand alone"},
        {TEXT("&"), TEXT("&"), "at the end"},
        {TEXT("& amp;"), TEXT("& amp;"), "a space ends the name"},
        {TEXT("&#65;&#x42;&#X43"), TEXT("ABC"), "numbers"},
        {TEXT("&#128;"), TEXT("\xe2\x82\xac"), "windows-1252"},
        {TEXT("&#x81;"), TEXT("\xc2\x81"), "a hole in windows-1252"},
        {TEXT("&#0;"), TEXT("\xef\xbf\xbd"), "zero"},
        {TEXT("&#xd800;"), TEXT("\xef\xbf\xbd"), "surrogate"},
        {TEXT("&#x110000;"), TEXT("\xef\xbf\xbd"), "over the last code point"},
        {TEXT("&#99999999999999999999999999;"), TEXT("\xef\xbf\xbd"), "over 64 bits"},
        {TEXT("a&#1;b&#xb;c&#xfdd0;d&#x1ffff;e"), TEXT("abcde"), "forbidden code points vanish"},
        {TEXT("&#13;"), TEXT("\r"), "carriage return stays"},
        {TEXT("&#;&#x;&#xg;"), TEXT("&#;&#x;&#xg;"), "no digits"},
        {TEXT("&nGt;"), TEXT("\xe2\x89\xab\xe2\x83\x92"), "two code points"},
        {TEXT("&CounterClockwiseContourIntegral;"), TEXT("\xe2\x88\xb3"), "the longest name"},
        {TEXT("&gt\0x"), TEXT(">\0x"), "NUL inside"},
        {TEXT("&\xc3\xa9;&lt;"), TEXT("&\xc3\xa9;<"), "not ASCII"},
    };
    check_text_cases(rv_html_unescape, cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_unescape_equals_pythons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
