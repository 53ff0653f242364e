/* SPDX-License-Identifier: MIT */
/* `reelvec search --show`, as whole runs. */
#include "program_run.h"

static const char kitty[] = "\x1b_Ga=T,f=100,q=2,m=", iterm[] = "\x1b]1337;File=inline=1;size=",
                  sixel[] = "\x1bP0;1q\"1;1;";

/* Which protocol's picture is in the text: "" if none, "?" if several. */
static const char *picture_in(const char *text)
{
    const char *found = "";
    const char *const all[] = {kitty, iterm, sixel};
    for (size_t i = 0; i < 3; i++) {
        if (strstr(text, all[i]) != NULL)
            found = found[0] == '\0' ? all[i] : "?";
    }
    return found;
}

static void pictures_go_where_a_table_is_looked_at(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *words[PROGRAM_WORDS_MAX], *kind;
        unsigned short columns; // 0: a pipe
        int status;
        const char *picture, *said, *why;
    } cases[] = {
        {{"search", "a", "--show=kitty"}, NULL, 0, 0, kitty, NULL, "into a pipe"},
        {{"search", "a", "--show=iterm"}, NULL, 0, 0, iterm, NULL, "into a pipe"},
        {{"search", "a", "--show=sixel"}, NULL, 0, 0, sixel, NULL, "into a pipe"},
        {{"search", "a", "--show=sixel", "--moments", "-n1"}, NULL, 0, 0, sixel, NULL, "one moment"},
        {{"search", "a", "--show=kitty", "--then", "b"}, NULL, 0, 0, kitty, NULL, "sequences"},
        {{"search", "a", "--show=kitty", "--min-score", "1"}, NULL, 0, 0, "", "no frame", "no hits"},
        {{"search", "a", "--show"}, "xterm-kitty", 0, 0, "", NULL, "a pipe is no terminal"},
        {{"search", "a", "--show"}, "xterm-kitty", 80, 0, kitty, NULL, "a terminal that shows them"},
        {{"search", "a", "--show=auto"}, "xterm-kitty", 60, 0, kitty, NULL, "the same in words"},
        {{"search", "a"}, "xterm-kitty", 80, 0, "", NULL, "nobody asked"},
        {{"search", "a", "--show", "-f", "json"}, "xterm-kitty", 80, 0, "", NULL, "for programs"},
        {{"search", "a", "--show", "--export", "-", "--export-format", "csv"},
         "xterm-kitty",
         80,
         0,
         "",
         NULL,
         "a list"},
        {{"search", "a", "--show"},
         "vt100",
         80,
         0,
         "",
         "does not say that it shows pictures",
         "another terminal"},
        {{"search", "a", "--show", "-q"}, "vt100", 80, 0, "", NULL, "and quietly"},
        {{"search", "a", "--show=kitty", "-f", "json"},
         NULL,
         0,
         2,
         "",
         "--show goes with the table",
         "a contradiction"},
        {{"search", "a", "--show=kitty", "--export", "-", "--export-format", "csv"},
         NULL,
         0,
         2,
         "",
         "--show goes with the table",
         "another"},
        {{"search", "a", "--show=gif"},
         NULL,
         0,
         2,
         "",
         "'gif' is unknown; give auto, kitty, iterm or sixel",
         "unknown"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].kind != NULL)
            setenv("TERM", cases[i].kind, 1);
        RunOptions options = {.terminal = cases[i].columns > 0, .columns = cases[i].columns};
        RunResult result = program_run(cases[i].words, &options);
        const char *text = cases[i].columns > 0 ? result.errors : result.output;
        bool said = cases[i].said == NULL ? strstr(result.errors, "reelvec: ") == NULL
                                          : strstr(result.errors, cases[i].said) != NULL;
        if (result.status != cases[i].status || strcmp(picture_in(text), cases[i].picture) != 0 || !said)
            fail_msg("%s (case %zu): status %d, picture %s\n%s", cases[i].why, i, result.status,
                     picture_in(text) + 1, result.errors);
        unsetenv("TERM");
        run_clear(&result);
    }
}

/* Of the queries of a pipe each has its own. */
static void every_query_has_its_picture(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = program_run((const char *[]){"search", "--show=iterm", "-n2", NULL},
                                   &(RunOptions){.input = "a dog\na cat\n"});
    assert_status(&result, 0);
    assert_int_equal(count_in(result.output, iterm), 2);
    const char *first = strstr(result.output, iterm), *second = strstr(result.output, "a cat\n");
    assert_true(first != NULL && second != NULL && first < second);
    run_clear(&result);
}

static int set_up(void **state)
{
    (void)state;
    return program_set_up(
        &(ProgramNeeds){.name = "show", .clips = {"gop50_closed.mp4"}, .indexed = 1, .library = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_go_where_a_table_is_looked_at),
        cmocka_unit_test(every_query_has_its_picture),
    };
    return cmocka_run_group_tests_name("cli/show", tests, set_up, program_tear_down);
}
