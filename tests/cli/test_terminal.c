/* SPDX-License-Identifier: MIT */
/* What the program writes on terminals of all widths, and where it writes colours. */
#include "program_run.h"

#include <ctype.h>

#include "cli.h"

static const unsigned short widths[] = {60, 72, 80, 100, 132, 200};
#define WIDTH_COUNT (sizeof widths / sizeof widths[0])

/* Runs the program on a terminal. Returns what it wrote, without carriage returns and colours. Free with free(). */
static char *on_terminal(const char *const *words, unsigned short columns)
{
    RunResult result = program_run(words, &(RunOptions){.terminal = true, .columns = columns});
    assert_status(&result, 0);
    char *to = result.errors;
    for (const char *from = result.errors; *from != '\0'; from++) {
        if (*from == '\x1b')
            from += strcspn(from, "m");
        else if (*from != '\r')
            *to++ = *from;
    }
    *to = '\0';
    free(result.output);
    return result.errors;
}

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

#define VALUE_COLUMN 19 // where the values of facts begin at most

/* A path or an address is as long as it is: nothing stands before it but indentation or the name of a fact. */
static bool is_one_word(const char *line, size_t length)
{
    size_t last = length;
    while (last > 0 && line[last - 1] != ' ')
        last--;
    return last <= VALUE_COLUMN || strspn(line, " ") >= last;
}

static void assert_fits(const char *text, unsigned short columns, const char *what)
{
    assert_true(text[0] != '\0');
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (columns_of(line, length) > columns && !is_one_word(line, length))
            fail_msg("%s: over %d columns: %.*s", what, columns, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* Leaves the words alone: without white space, and without the backslashes of broken lines. */
static void keep_words(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from) && !(*from == '\\' && from[1] == '\n'))
            *to++ = *from;
    }
    *to = '\0';
}

static void assert_help_fits(const char *const *words, const char *what)
{
    char *first = NULL;
    for (size_t i = 0; i < WIDTH_COUNT; i++) {
        char *text = on_terminal(words, widths[i]);
        assert_fits(text, widths[i], what);
        keep_words(text);
        if (first != NULL && strcmp(first, text) != 0)
            fail_msg("%s: %d columns have other words than %d:\n%s\n%s", what, widths[i], widths[0], text,
                     first);
        if (first == NULL)
            first = text;
        else
            free(text);
    }
    free(first);
}

static void help_fits_every_terminal(void **state)
{
    (void)state;
    static const char *const more[][4] = {
        {"--help"}, {"model", "--help"}, {"inspect", "--help"}, {"ann", "--help"}};
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        char name[64];
        snprintf(name, sizeof name, "%s", (*command)->name);
        char *second = strchr(name, ' ');
        if (second != NULL)
            *second++ = '\0';
        assert_help_fits((const char *[]){name, second != NULL ? second : "--help",
                                          second != NULL ? "--help" : NULL, NULL},
                         (*command)->name);
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        assert_help_fits(more[i], more[i][0]);
}

static void tables_fit_every_terminal(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const commands[][PROGRAM_WORDS_MAX] = {
        {"list"},
        {"search", "--top", "3", "a"},
        {"search", "--top", "3", "--moments", "a"},
        {"search", "--top", "3", "a", "--text", "b", "--not", "c"},
        {"model", "list"},
        {"info"},
        {"model", "info"},
        {"ann", "info"},
        {"doctor"},
        {"sql", "SELECT state, duration, sampling, codec, frame_rate, width, height, path FROM videos"},
    };
    for (size_t command = 0; command < sizeof commands / sizeof commands[0]; command++) {
        for (size_t i = 0; i < WIDTH_COUNT; i++) {
            char *text = on_terminal(commands[command], widths[i]);
            assert_fits(text, widths[i], commands[command][0]);
            free(text);
        }
    }
}

static void columns_goes_before_the_terminal(void **state)
{
    (void)state;
    static const char *const words[] = {"search", "--help", NULL};
    setenv("COLUMNS", "60", 1);
    char *text = on_terminal(words, 132);
    assert_fits(text, 60, "COLUMNS on a terminal");
    free(text);
    RunResult result = program_run(words, NULL);
    assert_fits(result.output, 60, "COLUMNS in a pipe");
    run_clear(&result);
    static const char *const wrong[] = {"", "x", "-3", "60x", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("COLUMNS", wrong[i], 1);
        result = program_run(words, NULL);
        assert_fits(result.output, 80, wrong[i]);
        run_clear(&result);
    }
    unsetenv("COLUMNS");
}

/* The rules of no-color.org and bixense.com/clicolors. */
static void colours_follow_the_usual_rules(void **state)
{
    (void)state;
    static const struct {
        const char *no_color, *force, *wanted, *kind;
        bool terminal, colours;
        const char *why;
    } cases[] = {
        {NULL, NULL, NULL, "xterm", true, true, "a terminal"},
        {NULL, NULL, NULL, "xterm", false, false, "a pipe"},
        {NULL, NULL, NULL, "dumb", true, false, "a dumb terminal"},
        {NULL, NULL, NULL, NULL, true, false, "a terminal of no kind"},
        {"1", NULL, NULL, "xterm", true, false, "NO_COLOR"},
        {"0", NULL, NULL, "xterm", true, false, "NO_COLOR has any value"},
        {"", NULL, NULL, "xterm", true, true, "NO_COLOR that is empty"},
        {NULL, NULL, "0", "xterm", true, false, "CLICOLOR=0"},
        {NULL, NULL, "1", "xterm", true, true, "CLICOLOR=1"},
        {NULL, NULL, "1", "xterm", false, false, "CLICOLOR=1 in a pipe"},
        {NULL, "1", NULL, NULL, false, true, "CLICOLOR_FORCE in a pipe"},
        {NULL, "0", NULL, "xterm", false, false, "CLICOLOR_FORCE=0"},
        {NULL, "1", "0", "xterm", true, true, "CLICOLOR_FORCE before CLICOLOR"},
        {"1", "1", NULL, "xterm", true, false, "NO_COLOR before CLICOLOR_FORCE"},
    };
    static const char *const names[] = {"NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const values[] = {cases[i].no_color, cases[i].force, cases[i].wanted, cases[i].kind};
        for (size_t name = 0; name < 4; name++) {
            if (values[name] != NULL)
                setenv(names[name], values[name], 1);
            else
                unsetenv(names[name]);
        }
        RunOptions options = {.terminal = cases[i].terminal, .columns = 80};
        RunResult help = program_run((const char *[]){"--help", NULL}, &options);
        RunResult wrong = program_run((const char *[]){"serach", NULL}, &options);
        const char *text = cases[i].terminal ? help.errors : help.output;
        if ((strchr(text, '\x1b') != NULL) != cases[i].colours ||
            (strchr(wrong.errors, '\x1b') != NULL) != cases[i].colours)
            fail_msg("%s: %s%s", cases[i].why, text, wrong.errors);
        run_clear(&help);
        run_clear(&wrong);
    }
    for (size_t name = 0; name < 4; name++)
        unsetenv(names[name]);
}

static int set_up(void **state)
{
    (void)state;
    return program_set_up(
        &(ProgramNeeds){.name = "terminal", .clips = {"gop50_closed.mp4"}, .indexed = 1, .library = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_fits_every_terminal),
        cmocka_unit_test(tables_fit_every_terminal),
        cmocka_unit_test(columns_goes_before_the_terminal),
        cmocka_unit_test(colours_follow_the_usual_rules),
    };
    return cmocka_run_group_tests_name("cli/terminal", tests, set_up, program_tear_down);
}
