/* SPDX-License-Identifier: MIT */
/* Whole runs of `search`: what the words of a query may have been meant as, and what is a weight. */
#include "program_run.h"

static int set_up(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){
        .name = "words", .clips = {"gop50_closed.mp4", "plain.mp4"}, .indexed = 1, .library = true});
}

/* Words without quotes are terms, which is said to people. */
static void forgotten_quotes_are_hinted_at(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *words[10], *hint; // NULL: none
    } cases[] = {
        {{"a", "cat"}, "taken as 2 terms, one for each word; quotes make them one: \"a cat\"\n"},
        {{"a", "red", "car", "--top", "1"},
         "taken as 3 terms, one for each word; quotes make them one: \"a red car\"\n"},
        {{"--text", "a", "cat"}, "quotes make them one: --text \"a cat\"\n"},
        {{"a dog", "--not", "a", "cat"}, "quotes make them one: --not \"a cat\"\n"},
        {{"a dog", "--then", "a", "cat", "runs"},
         "taken as 3 terms, one for each word; quotes make them one: --then \"a cat runs\"\n"},
        {{"a", "cat's", "head"}, "quotes make them one: \"a cat's head\"\n"},
        {{"a", "$HOME", "sign"}, "quotes make them one: 'a $HOME sign'\n"},
        {{"the", "\"stop\"", "sign"}, "quotes make them one: 'the \"stop\" sign'\n"},
        {{"it's", "5", "o'clock!"}, "quotes make them one: 'it'\\''s 5 o'\\''clock!'\n"},
        {{"a dog", "--not", "a\\b", "`x`"}, "quotes make them one: --not 'a\\b `x`'\n"},
        {{"--", "-a", "dog"}, "quotes make them one: --text \"-a dog\"\n"},
        {{"a", "cat", "--then", "a", "dog"}, "quotes make them one: \"a cat\"\n"}, // once
        {{"a cat"}, NULL},
        {{"cat"}, NULL},
        {{"a cat", "dog"}, NULL},
        {{"dog", "--not", "cat"}, NULL},
        {{"dog", "--text", "cat"}, NULL},
        {{"--text", "2:a", "cat"}, NULL},
        {{"dog", "--then", "cat"}, NULL},
        {{"a", "cat", "--quiet"}, NULL},
        {{"a", "cat", "--format", "json"}, NULL},
        {{"a", "cat", "--format", "csv"}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words[PROGRAM_WORDS_MAX] = {"search"};
        for (size_t k = 0; k < 10 && cases[i].words[k] != NULL; k++)
            words[1 + k] = cases[i].words[k];
        RunResult result = program_run(words, NULL);
        assert_status(&result, 0);
        if (count_in(result.errors, "taken as") != (cases[i].hint != NULL) ||
            (cases[i].hint != NULL && strstr(result.errors, cases[i].hint) == NULL))
            fail_msg("case %zu: %s", i, result.errors);
        run_clear(&result);
    }
    RunResult apart = RUN("search", "a", "cat", "--format", "csv"); // what is found stays
    RunResult named = RUN("search", "--text", "1:a", "--text", "1:cat", "--format", "csv");
    assert_string_equal(apart.output, named.output);
    run_clear(&apart);
    run_clear(&named);
}

/* A number and a colon in front of a video's name is a weight, unless the video is called so. */
static void like_takes_names_that_begin_with_a_number(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p numbers && cp '%s' numbers/4:3.mp4 && cp '%s' numbers/0:3.mp4", fixture.clip,
                  fixture.other_clip);
    RunResult result = RUN("index", "-q", "--library", "numbers.db", "numbers/4:3.mp4", "numbers/0:3.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    static const struct {
        const char *value;
        int status;
        const char *found; // the best hit, or the error
    } cases[] = {
        {"4:3.mp4@0:03", 0, ""},
        {"1:4:3.mp4@3", 0, ""},
        {"2:4:3.mp4@3", 0, ""},
        {"0:3.mp4@3", 0, ""}, // which would be no weight
        {"numbers/4:3.mp4@3", 0, ""},
        {"2:4?3.mp4@3", 0, ""},
        {"5:3.mp4@3", 1,
         "reelvec: 3.mp4 (weight 5): no such video in the library, nor one called 5:3.mp4; `reelvec list`"},
        {"0.5:none.mp4@3", 1,
         "reelvec: none.mp4 (weight 0.5): no such video in the library, nor one called 0.5:none.mp4"},
        {"4:3.mp4", 2, "'4:3.mp4' is not VIDEO@TIME"},
        {"0:none.mp4@3", 1, "none.mp4 (weight 0): no such video"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        result = RUN("search", "--library", "numbers.db", "--like", cases[i].value, "--top", "1", "--format",
                     "csv");
        if (result.status != cases[i].status || strstr(result.errors, cases[i].found) == NULL ||
            (cases[i].status == 0 && strstr(result.output, ",4,3,") == NULL))
            fail_msg("%s: status %d\n%s%s", cases[i].value, result.status, result.output, result.errors);
        run_clear(&result);
    }
    result =
        RUN("search", "--library", "none.db", "--like", "4:3.mp4@3"); // what is wrong with it is said once
    assert_status(&result, 1);
    assert_int_equal(count_in(result.errors, "none.db"), 1);
    run_clear(&result);
    program_shell("rm -r numbers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forgotten_quotes_are_hinted_at),
        cmocka_unit_test(like_takes_names_that_begin_with_a_number),
    };
    return cmocka_run_group_tests_name("cli/search_words", tests, set_up, program_tear_down);
}
