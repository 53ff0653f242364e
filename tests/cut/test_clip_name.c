/* SPDX-License-Identifier: MIT */
/* Names of clips: templates, hostile texts, lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cut/clip_name.h"

static const struct {
    const char *name_template, *video, *name;
    const char *wanted; // NULL: refused
} cases[] = {
    {CLIP_NAME_DEFAULT, "/videos/holiday.2024.mp4", NULL, "holiday.2024_0.01.23.500-1.00.00.001"},
    {"{video}", "https://user:pass@host/a/talk.webm?x=1/2#t", NULL, "talk"},
    {"{video}", "plain", NULL, "plain"},
    {"{video}", ".hidden", NULL, "_hidden"},
    {"{n}_{score}", "a.mp4", NULL, "007_0.312"},
    {"{name}", "a.mp4", "a dog / a cat: \"run\"\n", "a dog _ a cat_ _run__"},
    {"{name}", "a.mp4", NULL, "a"},
    {"{name}", "a.mp4", "-rf", "_rf"},
    {"{name}", "a.mp4", "../../etc/passwd", "_._.._etc_passwd"},
    {"{name}", "a.mp4", "ends in a dot. ", "ends in a dot"},
    {"{name}", "a.mp4",
     "\xff\xfe \xe2\x80\xae"
     "abc",
     "__ _abc"},
    {"{name}", "a.mp4", "H\xc3\xbctte \xe4\xb8\xad", "H\xc3\xbctte \xe4\xb8\xad"},
    {"{name}", "a.mp4", "a\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x81\xa6\xe2\x81\xa9z\xc2\x85", "a_____z_"},
    {"{name}", "a.mp4", "\xd8\xa7\xe2\x80\x94\xe2\x81\xaa\xc2\xa0",
     "\xd8\xa7\xe2\x80\x94\xe2\x81\xaa\xc2\xa0"},
    {"{name}", "a.mp4", "CON", "_CON"},
    {"{name}", "a.mp4", "lpt1 .tar.gz", "_lpt1 .tar.gz"},
    {"{name}.gif", "a.mp4", "Nul", "_Nul.gif"},
    {"{name}", "a.mp4", "console", "console"},
    {"{name}", "a.mp4", "com10", "com10"},
    {"100% {{", "a.mp4", NULL, "100% {"},
    {"{{n}}", "a.mp4", NULL, "{n}"},
    {"{{{n}}}", "a.mp4", NULL, "{007}"},
    {"100% {", "a.mp4", NULL, NULL},
    {"{n", "a.mp4", NULL, NULL},
    {"n}", "a.mp4", NULL, NULL},
    {"{n{n}", "a.mp4", NULL, NULL},
    {"{}", "a.mp4", NULL, NULL},
    {"{n_score}", "a.mp4", NULL, NULL},
    {"a/b", "a.mp4", NULL, NULL},
    {"{what}", "a.mp4", NULL, NULL},
    {"{score}", "a.mp4", NULL, "0.312"},
    {"", "a.mp4", NULL, NULL},
};

static void names_follow_the_template(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvMoment moment = {.video = cases[i].video,
                           .name = cases[i].name,
                           .start_s = 83.5,
                           .end_s = 3600.0009,
                           .score = 0.3119};
        RvError err = {0};
        char *name = NULL;
        RvStatus status = rv_clip_name(cases[i].name_template, &moment, 7, 12, &name, &err);
        if (cases[i].wanted == NULL) {
            assert_int_equal(status, RV_ERROR_ARGUMENT);
            assert_true(err.message[0] != '\0');
        } else {
            assert_int_equal(status, RV_OK);
            assert_string_equal(name, cases[i].wanted);
        }
        free(name);
    }
}

static void long_names_are_cut_between_characters(void **state)
{
    char long_name[3001];
    for (size_t i = 0; i < 3000; i += 3)
        memcpy(long_name + i, "\xe4\xb8\xad", 3);
    long_name[3000] = '\0';
    RvMoment moment = {.video = "a.mp4", .name = long_name, .score = NAN};
    char *name = NULL;
    assert_int_equal(rv_clip_name("x{name}", &moment, 1, 1, &name, NULL), RV_OK);
    assert_int_equal(strlen(name), 199); // 1 + 66 characters of 3 bytes
    free(name);
}

static void numbers_have_the_digits_that_the_list_needs(void **state)
{
    RvMoment moment = {.video = "a.mp4"};
    char *name = NULL;
    assert_int_equal(rv_clip_name("{n}", &moment, 42, 12345, &name, NULL), RV_OK);
    assert_string_equal(name, "00042");
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_template),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(numbers_have_the_digits_that_the_list_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
