/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/options.c: what is read, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "options.h"

typedef struct Settings {
    CliCommon common;
    int count, format;
    CliReal share, from, scenes;
} Settings;

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(Settings),
    CLI_OPTION_QUIET(Settings),
    CLI_OPTION_FORMAT(Settings),
    {.name = "count",
     .letter = 'n',
     .argument = "N",
     .kind = CLI_WHOLE,
     .offset = offsetof(Settings, count),
     .min = 1,
     .max = 100},
    {.name = "share",
     .argument = "X",
     .kind = CLI_REAL,
     .offset = offsetof(Settings, share),
     .min = -1,
     .max = 1},
    {.name = "from", .argument = "T", .kind = CLI_TIME, .offset = offsetof(Settings, from)},
    {.name = "scenes",
     .argument = "[=T]",
     .kind = CLI_REAL,
     .offset = offsetof(Settings, scenes),
     .min = 0.1,
     .max = 1},
    {.name = "text", .letter = 't', .argument = "[W:]TEXT", .kind = CLI_LIST},
    {.name = "not", .argument = "TEXT", .kind = CLI_LIST},
};
#define OPTION_COUNT (sizeof options / sizeof options[0])
#define MAX_WORDS 12

static RvStatus parse(const char *const *words, Settings *settings, CliValues *values, RvError *err)
{
    char *argv[MAX_WORDS + 2] = {(char *)"command"};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)words[argc - 1];
    *settings = (Settings){0};
    *err = (RvError){0};
    return cli_options_parse(options, OPTION_COUNT, argc, argv, settings, values, err);
}

static void options_parse_fills_the_settings(void **state)
{
    (void)state;
    Settings settings;
    CliValues values;
    RvError err;
    const char *words[] = {"--library=x.db", "-q",    "--format", "csv",       "-n7",
                           "--share",        "-0.25", "--from",   "1:02:03.5", NULL};
    assert_int_equal(parse(words, &settings, &values, &err), RV_OK);
    assert_string_equal(settings.common.library, "x.db");
    assert_true(settings.common.quiet);
    assert_int_equal(settings.format, 2);
    assert_int_equal(settings.count, 7);
    assert_true(settings.share.given);
    assert_true(settings.share.value == -0.25);
    assert_true(settings.from.value == 3723.5);
    assert_false(settings.scenes.given);
    assert_int_equal(values.count, 0);
    cli_values_clear(&values);
}

static void options_parse_keeps_the_order_of_terms(void **state)
{
    (void)state;
    Settings settings;
    CliValues values;
    RvError err;
    const char *words[] = {"one", "--text", "two", "-q", "--not=three", "four", "--", "--text", NULL};
    assert_int_equal(parse(words, &settings, &values, &err), RV_OK);
    static const char *const expected[][2] = {
        {NULL, "one"}, {"text", "two"}, {"not", "three"}, {NULL, "four"}, {NULL, "--text"}};
    assert_int_equal(values.count, 5);
    assert_int_equal(values.argument_count, 3);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(values.items[i].value, expected[i][1]);
        if (expected[i][0] == NULL)
            assert_null(values.items[i].option);
        else
            assert_string_equal(values.items[i].option->name, expected[i][0]);
    }
    assert_string_equal(cli_values_argument(&values, 2), "--text");
    assert_null(cli_values_argument(&values, 3));
    cli_values_clear(&values);
}

static void options_parse_takes_optional_values(void **state)
{
    (void)state;
    Settings settings;
    CliValues values;
    RvError err;
    const char *without[] = {"--scenes", "file", NULL};
    assert_int_equal(parse(without, &settings, &values, &err), RV_OK);
    assert_true(settings.scenes.given);
    assert_true(settings.scenes.value == 0);
    assert_int_equal(values.argument_count, 1);
    cli_values_clear(&values);
    const char *with[] = {"--scenes=0.5", NULL};
    assert_int_equal(parse(with, &settings, &values, &err), RV_OK);
    assert_true(settings.scenes.value == 0.5);
    cli_values_clear(&values);
}

static void options_parse_stops_at_help(void **state)
{
    (void)state;
    Settings settings;
    CliValues values;
    RvError err;
    const char *words[] = {"-q", "--help", "--nonsense", NULL};
    assert_int_equal(parse(words, &settings, &values, &err), RV_OK);
    assert_true(values.help);
    cli_values_clear(&values);
}

static void options_parse_refuses_with_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *words[MAX_WORDS];
        const char *message;
        const char *why;
    } cases[] = {
        {{"--formt", "json"}, "unknown option --formt; did you mean --format?", "a letter left out"},
        {{"--libary=x"}, "unknown option --libary; did you mean --library?", "with a value"},
        {{"--zzzzzzzz"}, "unknown option --zzzzzzzz; see --help", "nothing near"},
        {{"-x"}, "unknown option -x; see --help", "unknown letter"},
        {{"--hlep"}, "unknown option --hlep; did you mean --help?", "help is suggested too"},
        {{"--format"}, "--format: needs a value (FORMAT)", "value missing at the end"},
        {{"-n"}, "--count: needs a value (N)", "the same for a letter"},
        {{"--quiet=yes"}, "--quiet: takes no value", "a flag with a value"},
        {{"--format", "xml"}, "--format: 'xml' is unknown; give table, json or csv", "a choice that is none"},
        {{"--format", "jso"},
         "--format: 'jso' is unknown; give table, json or csv",
         "the beginning of a choice"},
        {{"--format", ""}, "--format: '' is unknown; give table, json or csv", "an empty choice"},
        {{"--count", "0"}, "--count: '0' is not a whole number from 1 to 100", "below"},
        {{"--count", "101"}, "--count: '101' is not a whole number from 1 to 100", "above"},
        {{"--count", "1.5"}, "--count: '1.5' is not a whole number from 1 to 100", "not whole"},
        {{"--count", "5x"}, "--count: '5x' is not a whole number from 1 to 100", "rubbish behind"},
        {{"--count", "99999999999"},
         "--count: '99999999999' is not a whole number from 1 to 100",
         "over an int"},
        {{"--share", "nan"}, "--share: 'nan' is not a number from -1 to 1", "not a number"},
        {{"--share", "0x1"}, "--share: '0x1' is not a number from -1 to 1", "hexadecimal"},
        {{"--share", ""}, "--share: '' is not a number from -1 to 1", "empty number"},
        {{"--from", "1:99"}, "--from: '1:99' is not a time; write seconds or h:mm:ss", "99 seconds"},
        {{"--from", "-5"}, "--from: '-5' is not a time; write seconds or h:mm:ss", "negative time"},
        {{"--library", ""}, "--library: needs a value that is not empty", "empty text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Settings settings;
        CliValues values;
        RvError err;
        RvStatus status = parse(cases[i].words, &settings, &values, &err);
        cli_values_clear(&values);
        if (status != RV_ERROR_ARGUMENT || strcmp(err.message, cases[i].message) != 0)
            fail_msg("%s: %d '%s', not '%s'", cases[i].why, status, err.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_parse_fills_the_settings),
        cmocka_unit_test(options_parse_keeps_the_order_of_terms),
        cmocka_unit_test(options_parse_takes_optional_values),
        cmocka_unit_test(options_parse_stops_at_help),
        cmocka_unit_test(options_parse_refuses_with_reasons),
    };
    return cmocka_run_group_tests_name("cli/options", tests, NULL, NULL);
}
