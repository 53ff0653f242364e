/* SPDX-License-Identifier: MIT */
/* The settings file: what it may hold, what goes before it, what is refused with which words. */
#include "program_run.h"

#include "cli.h"
#include "config_file.h"

static void write_config(const char *text)
{
    char path[400];
    program_shell("mkdir -p settings/reelvec");
    snprintf(path, sizeof path, "%s/settings/reelvec/config.toml", fixture.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    char path[400];
    if (!program_make_folder("config"))
        return -1;
    snprintf(path, sizeof path, "%s/settings", fixture.folder);
    setenv("XDG_CONFIG_HOME", path, 1);
    unsetenv("REELVEC_CONFIG");
    setenv("HOME", fixture.folder, 1);
    return 0;
}

/* What goes before what: the library that is looked for tells. */
static void options_go_before_variables_and_those_before_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *file, *variable, *words[PROGRAM_WORDS_MAX], *library, *why;
    } cases[] = {
        {"", NULL, {"info"}, "/reelvec/library.db: ", "nothing is set"},
        {"library = '/no/file.db'", NULL, {"info"}, "/no/file.db: ", "the file"},
        {"library = '/no/file.db'\n[info]\nlibrary = '/no/table.db'",
         NULL,
         {"info"},
         "/no/table.db: ",
         "a table"},
        {"library = '/no/file.db'\n[info]\nlibrary = '/no/table.db'",
         NULL,
         {"list"},
         "/no/file.db: ",
         "another's table"},
        {"[ann.info]\nlibrary = '/no/table.db'",
         NULL,
         {"ann", "info"},
         "/no/table.db: ",
         "a table of two words"},
        {"ann.info.library = '/no/table.db'", NULL, {"ann", "info"}, "/no/table.db: ", "the same with dots"},
        {"[info]\nlibrary = '/no/table.db'", "/no/variable.db", {"info"}, "/no/variable.db: ", "a variable"},
        {"library = '/no/file.db'", "", {"info"}, "/no/file.db: ", "an empty variable"},
        {"library = '/no/file.db'",
         "/no/variable.db",
         {"info", "-l", "/no/option.db"},
         "/no/option.db: ",
         "an option"},
        {"library = '/no/file.db'",
         NULL,
         {"--library=/no/option.db", "info"},
         "/no/option.db: ",
         "one in front"},
        {"library = '~/a b.db'", NULL, {"info"}, "/a b.db: ", "a home in the file"},
        {"", "~/v.db", {"info"}, "/v.db: ", "a home in a variable"},
        {"", NULL, {"info", "--library=~/o.db"}, "/o.db: ", "a home that no shell has seen"},
        {"", NULL, {"info", "--library=~"}, "", "the home itself"},
        {"", NULL, {"info", "--library=./~x"}, "~x: ", "a file that is called so"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_config(cases[i].file);
        if (cases[i].variable != NULL)
            setenv("REELVEC_LIBRARY", cases[i].variable, 1);
        else
            unsetenv("REELVEC_LIBRARY");
        RunResult result = program_run(cases[i].words, NULL);
        bool home = strchr(cases[i].file, '~') != NULL || strncmp(cases[i].library, "/reelvec", 8) == 0 ||
                    strcmp(cases[i].library, "/v.db: ") == 0 || strcmp(cases[i].library, "/o.db: ") == 0;
        char wanted[400];
        snprintf(wanted, sizeof wanted, "reelvec: %s%s", home ? fixture.folder : "", cases[i].library);
        if (result.status != 1 || strstr(result.errors, cases[i].library) == NULL ||
            (home && strncmp(result.errors, wanted, strlen(wanted)) != 0))
            fail_msg("%s: status %d, %s, not %s", cases[i].why, result.status, result.errors, wanted);
        run_clear(&result);
    }
    unsetenv("REELVEC_LIBRARY");
}

static void what_the_file_must_not_hold_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *file, *said, *why;
    } cases[] = {
        {"quiet = true\ntopp = 3", ":2: topp: no command has such an option; did you mean top?\n", "a slip"},
        {"zzzzzzzzzzz = 3", ":1: zzzzzzzzzzz: no command has such an option\n", "nothing near"},
        {"[serach]\ntop = 3", ":2: serach.top: no command is called so; did you mean search?\n",
         "a slip in a table"},
        {"[list]\ntop = 3", ":2: list.top: it has no such option", "another command's option"},
        {"[model.fetch]\ntime = 3", ":2: model.fetch.time: it has no such option; did you mean timeout?\n",
         "two words"},
        {"[search]\ntop = 0", ":2: --top: '0' is not a whole number from 1 to 1000000\n", "out of bounds"},
        {"[search]\ntop = 1.5", ":2: --top: '1.5' is not a whole number from 1 to 1000000\n", "not whole"},
        {"[search]\ntop = [3]", ":2: search.top: takes one value, not a list\n", "a list of one"},
        {"[search]\ntop = true", ":2: search.top: needs a value, not true or false\n", "a flag for a number"},
        {"[search]\ntop = 2026-11-29", ":2: search.top: needs a text in quotes, a number, or true or false\n",
         "a date"},
        {"[search]\nmoments = 1", ":2: search.moments: needs true or false\n", "a number for a flag"},
        {"[search]\nformat = 'xml'", ":2: --format: 'xml' is unknown; give table, json or csv\n",
         "no such choice"},
        {"[search]\nmin-score = nan", ":2: --min-score: 'nan' is not a number\n", "not a number"},
        {"[search]\nimage = ['x.png']", ":2: search.image: is part of a query and cannot be set\n", "a term"},
        {"[[search]]\ntop = 3", ":1: search: no command has such an option", "a list of tables"},
        {"[index]\nexclude = ['a', ['b']]", ":2: index.exclude: needs a text in quotes, a number",
         "a list in a list"},
        {"library = \"a\\u0000b\"", ":1: library: needs a text in quotes", "a NUL"},
        {"library = ''", ":1: --library: needs a value that is not empty\n", "an empty text"},
        {"library = x.db", ":1: ", "no TOML"},
        {"quiet = true\nquiet = true", ":2: ", "twice"},
        {"library = \"\xff\"", ":1: ", "no UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_config(cases[i].file);
        RunResult result = RUN("search", "dog");
        char wanted[800];
        snprintf(wanted, sizeof wanted, "reelvec: %s/settings/reelvec/config.toml%s", fixture.folder,
                 cases[i].said);
        const char *newline = strchr(result.errors, '\n');
        if (result.status != 2 || strncmp(result.errors, wanted, strlen(wanted)) != 0 ||
            result.output_bytes > 0 || newline == NULL || newline[1] != '\0')
            fail_msg("%s: status %d, %s, not %s", cases[i].why, result.status, result.errors, wanted);
        run_clear(&result);
    }
}

/* Undo the wrapping of --help. */
static void join_lines(char *text)
{
    for (; (text = strchr(text, '\n')) != NULL; text++)
        *text = ' ';
}

static void a_broken_file_stops_neither_help_nor_doctor(void **state)
{
    (void)state;
    write_config("library = '/no/file.db'\ntopp = 3");
    RunResult result = RUN("search", "--help");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("--help");
    assert_status(&result, 0);
    join_lines(result.output);
    assert_holds(result.output, "topp: no command has such an option");
    run_clear(&result);
    result = RUN("doctor");
    assert_status(&result, 1);
    assert_holds(result.output, "config.toml:2: topp: no command has such an option; did you mean top?\n");
    run_clear(&result);
}

static void doctor_and_help_say_what_it_sets(void **state)
{
    (void)state;
    write_config(
        "# mine\nlibrary = '~/mine.db'\n[search]\ntop = 3\n[index]\nexclude = ['a', 'b']\n[ann.build]\nkind = 'ivf'\n");
    RunResult result = RUN("doctor");
    assert_status(&result, 1); // the library that is named is not there
    assert_holds(result.output, "config.toml sets ann.build.kind, index.exclude, library, search.top\n");
    assert_holds(result.output, "/mine.db: not there yet");
    run_clear(&result);
    result = RUN("--help");
    join_lines(result.output);
    assert_holds(result.output, "config.toml sets ann.build.kind, index.exclude, library, search.top. It is");
    run_clear(&result);
}

static void the_file_may_be_another_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        int status;
        const char *said;
    } cases[] = {
        {"", 1, "/reelvec/library.db: "},
        {"other.toml", 1, "/no/other.db: "},
        {"~/other.toml", 1, "/no/other.db: "},
        {"missing.toml", 1, "missing.toml: No such file or directory\n"},
        {"settings", 1, "settings: is a folder, not a settings file\n"},
        {"large.toml", 2, "large.toml: is larger than 1 MB, which no settings file is\n"},
        {"deep.toml", 2, "deep.toml:1: "},
        {"/dev/zero", 2, "/dev/zero: is larger than 1 MB"},
    };
    write_config("library = '/no/file.db'");
    program_shell("echo \"library = '/no/other.db'\" > other.toml; yes '# x' | head -c 1100000 > large.toml");
    program_shell("{ printf 'library = '; head -c 100000 /dev/zero | tr '\\\\0' '['; } > deep.toml");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("REELVEC_CONFIG", cases[i].variable, 1);
        RunResult result = RUN("info");
        if (result.status != cases[i].status || strstr(result.errors, cases[i].said) == NULL)
            fail_msg("'%s': status %d, %s", cases[i].variable, result.status, result.errors);
        run_clear(&result);
    }
    unsetenv("REELVEC_CONFIG");
}

/* The user gave --keyframes alone. */
static void what_does_not_go_together_with_the_file_names_it(void **state)
{
    (void)state;
    write_config("[index]\nevery = 2\n");
    RunResult result = RUN("index", "--keyframes", "x.mp4");
    assert_status(&result, 2);
    assert_holds(result.errors, "exclude each other\nreelvec: ");
    assert_holds(result.errors, "config.toml sets index.every too\n");
    run_clear(&result);
}

static void lists_and_flags_are_taken(void **state)
{
    (void)state;
    RvError err = {0};
    CliConfig *config = NULL;
    write_config("quiet = true\n[index]\nexclude = ['*.part', '~/x']\nscenes = true\nkeyframes = false\n");
    assert_int_equal(cli_config_read(&config, &err), RV_OK);
    for (int given = 0; given < 2; given++) {
        void *settings = calloc(1, cli_command_index.settings_bytes);
        CliValues values = {0};
        char *argv[] = {(char *)"index", (char *)"--exclude", (char *)"mine", (char *)"x", NULL};
        if (!given)
            argv[1] = (char *)"x", argv[2] = NULL;
        assert_int_equal(cli_options_parse(cli_command_index.options, cli_command_index.option_count,
                                           given ? 4 : 2, argv, settings, &values, &err),
                         RV_OK);
        assert_int_equal(cli_config_apply(config, &cli_command_index, settings, &values, &err), RV_OK);
        assert_true(((CliCommon *)settings)->quiet);
        assert_int_equal(values.count, given ? 2 : 3);
        assert_int_equal(values.argument_count, 1);
        if (given) {
            assert_string_equal(values.items[0].value, "mine");
        } else {
            assert_string_equal(values.items[1].value, "*.part");
            assert_string_equal(values.items[2].value, "~/x"); // a pattern is no path
        }
        char names[256];
        cli_config_list(config, true, names, sizeof names);
        assert_string_equal(names, given ? "index.keyframes, index.scenes, quiet"
                                         : "index.exclude, index.keyframes, index.scenes, quiet");
        cli_values_clear(&values);
        free(settings);
    }
    cli_config_free(config);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(options_go_before_variables_and_those_before_the_file),
        CASE(what_the_file_must_not_hold_is_refused_with_its_line),
        CASE(a_broken_file_stops_neither_help_nor_doctor),
        CASE(doctor_and_help_say_what_it_sets),
        CASE(the_file_may_be_another_or_none),
        CASE(what_does_not_go_together_with_the_file_names_it),
        CASE(lists_and_flags_are_taken),
    };
    return cmocka_run_group_tests_name("cli/config", tests, NULL, NULL);
}
