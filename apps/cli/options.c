/* SPDX-License-Identifier: MIT */
/* Command line options: one table per command drives parsing and help. */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"
#include "text.h"

#define FIRST_VALUE 256 // getopt's numbers for long options begin behind all letters
#define HELP_VALUE (FIRST_VALUE + CLI_MAX_OPTIONS)

RvStatus cli_error(RvError *err, RvStatus status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    err->status = status;
    err->hint = RV_HINT_NONE;
    return status;
}

/* "table, json or csv" */
static void list_choices(const char *choices, char *words, size_t size_bytes)
{
    size_t at = 0;
    choices += choices[0] == '|';
    for (const char *end = choices + strlen(choices); choices < end && at < size_bytes;) {
        size_t length = strcspn(choices, "|");
        const char *next = choices + length + 1;
        const char *behind = next >= end ? "" : strchr(next, '|') != NULL ? ", " : " or ";
        at += (size_t)snprintf(words + at, size_bytes - at, "%.*s%s", (int)length, choices, behind);
        choices = next;
    }
}

/* Describe what a number must be: "a whole number from 1 to 1000000". Bounds that only keep numbers finite
 * are not mentioned. */
static void describe_number(const CliOption *option, char *words, size_t size_bytes)
{
    const char *kind = option->kind == CLI_WHOLE ? "a whole number" : "a number";
    if (option->max >= 1e9)
        snprintf(words, size_bytes, "%s", kind);
    else
        snprintf(words, size_bytes, "%s from %.15g to %.15g", kind, option->min, option->max);
}

static RvStatus take_choice(const CliOption *option, const char *text, int *out, RvError *err)
{
    const char *at = option->choices;
    for (int number = 0; at != NULL; number++) {
        size_t length = strcspn(at, "|");
        if (length > 0 && strlen(text) == length && strncmp(text, at, length) == 0) {
            *out = number;
            return RV_OK;
        }
        at = at[length] == '|' ? at + length + 1 : NULL;
    }
    char words[128];
    list_choices(option->choices, words, sizeof words);
    return cli_error(err, RV_ERROR_ARGUMENT, "--%s: '%s' is unknown; give %s", option->name, text, words);
}

// Write a number or a time within the option's bounds into its field.
static RvStatus take_number(const CliOption *option, const char *text, void *field, RvError *err)
{
    double value = 0;
    if (option->kind == CLI_TIME) {
        if (!cli_text_parse_time(text, &value))
            return cli_error(err, RV_ERROR_ARGUMENT, "--%s: '%s' is not a time; write seconds or h:mm:ss",
                             option->name, text);
        *(CliReal *)field = (CliReal){true, value};
        return RV_OK;
    }
    bool good = cli_text_parse_real(text, &value) && value >= option->min && value <= option->max;
    if (good && option->kind == CLI_WHOLE)
        good = value == (double)(int)value && strpbrk(text, ".eE") == NULL;
    // The least number that is allowed may stand for "above 0"; there are no bounds to tell then.
    if (!good && value <= 0 && option->min > 0 && option->max >= 1e9 && cli_text_parse_real(text, &value))
        return cli_error(err, RV_ERROR_ARGUMENT, "--%s: must be above 0, not %s", option->name, text);
    if (!good) {
        char words[128];
        describe_number(option, words, sizeof words);
        return cli_error(err, RV_ERROR_ARGUMENT, "--%s: '%s' is not %s", option->name, text, words);
    }
    if (option->kind == CLI_WHOLE)
        *(int *)field = (int)value;
    else
        *(CliReal *)field = (CliReal){true, value};
    return RV_OK;
}

// Write the value of an option into the command's settings, or append it to values. text is NULL if an
// optional argument was omitted.
static RvStatus take_option(const CliOption *option, const char *text, void *settings, CliValues *values,
                            RvError *err)
{
    void *field = (char *)settings + option->offset;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)field = true;
        return RV_OK;
    case CLI_TEXT:
        if (text[0] == '\0')
            return cli_error(err, RV_ERROR_ARGUMENT, "--%s: needs a value that is not empty", option->name);
        if (option->once && *(const char **)field != NULL && strcmp(*(const char **)field, text) != 0)
            return cli_error(err, RV_ERROR_ARGUMENT,
                             "--%s: counts once, and is there as '%s' and '%s'; one pattern may mean several",
                             option->name, *(const char **)field, text);
        *(const char **)field = text;
        return RV_OK;
    case CLI_CHOICE:
        if (text == NULL) // an optional argument was omitted: the first word
            *(int *)field = option->choices[0] == '|';
        return text != NULL ? take_choice(option, text, field, err) : RV_OK;
    case CLI_LIST:
        values->items[values->count++] = (CliValue){option, text};
        return RV_OK;
    case CLI_WHOLE:
    case CLI_REAL:
    case CLI_TIME:
        break;
    }
    if (text == NULL) { // an optional argument was omitted
        *(CliReal *)field = (CliReal){true, 0};
        return RV_OK;
    }
    return take_number(option, text, field, err);
}

/* Write "--exact, --explain or --export" if several names begin with this one. Returns their number. */
static size_t list_beginnings(const CliOption *options, size_t option_count, const char *name, char *words,
                              size_t size_bytes)
{
    size_t count = 0, left = 0, at = 0;
    for (size_t i = 0; i < option_count; i++)
        count += strncmp(options[i].name, name, strlen(name)) == 0;
    left = count;
    for (size_t i = 0; i < option_count && at < size_bytes; i++) {
        if (strncmp(options[i].name, name, strlen(name)) == 0) {
            left--;
            at += (size_t)snprintf(words + at, size_bytes - at, "--%s%s", options[i].name,
                                   left > 1    ? ", "
                                   : left == 1 ? " or "
                                               : "");
        }
    }
    return count;
}

static RvStatus unknown_option(const CliOption *options, size_t option_count, const char *word, RvError *err)
{
    char name[64], words[512];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (list_beginnings(options, option_count, name + 2, words, sizeof words) > 1)
        return cli_error(err, RV_ERROR_ARGUMENT, "%s may be %s; write more of it", name, words);
    const char *names[CLI_MAX_OPTIONS + 1];
    for (size_t i = 0; i < option_count; i++)
        names[i] = options[i].name;
    names[option_count] = "help";
    const char *closest = cli_suggest(name + 2, names, option_count + 1);
    if (closest != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "unknown option %s; did you mean --%s?", name, closest);
    return cli_error(err, RV_ERROR_ARGUMENT, "unknown option %s; see --help", name);
}

/* Returns the option whose long name stands behind a single dash, as in -top, or NULL. */
static const CliOption *single_dash(const CliOption *options, size_t option_count, const char *word)
{
    if (word[0] != '-' || word[1] == '-' || word[1] == '\0' || word[2] == '\0')
        return NULL;
    for (size_t i = 0; i < option_count; i++) {
        size_t length = strlen(options[i].name);
        if (strncmp(word + 1, options[i].name, length) == 0 &&
            (word[1 + length] == '\0' || word[1 + length] == '='))
            return &options[i];
    }
    return NULL;
}

/* Set the error for what getopt refuses: a missing or unwanted argument, an ambiguous or unknown name. */
static RvStatus refuse(const CliOption *options, size_t option_count, int answer, char **argv, RvError *err)
{
    const CliOption *option = NULL;
    for (size_t i = 0; i < option_count && optopt != 0; i++) {
        if (optopt == FIRST_VALUE + (int)i || optopt == options[i].letter)
            option = &options[i];
    }
    if (answer == ':' && option != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT, "--%s: needs a value (%s)", option->name, option->argument);
    if (option != NULL || optopt == HELP_VALUE)
        return cli_error(err, RV_ERROR_ARGUMENT, "--%s: takes no value",
                         option != NULL ? option->name : "help");
    if (optopt != 0)
        return cli_error(err, RV_ERROR_ARGUMENT, "unknown option -%c; see --help", optopt);
    return unknown_option(options, option_count, argv[optind - 1], err);
}

/* Build getopt's two descriptions from the table. Arguments are returned in order ('-'), and errors are
 * reported by us (':'). */
static void describe(const CliOption *options, size_t option_count, struct option *longs, char *shorts)
{
    *shorts++ = '-';
    *shorts++ = ':';
    *shorts++ = 'h';
    for (size_t i = 0; i < option_count; i++) {
        bool optional = options[i].argument != NULL && strncmp(options[i].argument, "[=", 2) == 0;
        int has_argument = options[i].argument == NULL ? no_argument
                           : optional                  ? optional_argument
                                                       : required_argument;
        longs[i] = (struct option){options[i].name, has_argument, NULL, FIRST_VALUE + (int)i};
        if (options[i].letter != 0) {
            *shorts++ = options[i].letter;
            if (has_argument == required_argument)
                *shorts++ = ':';
        }
    }
    longs[option_count] = (struct option){"help", no_argument, NULL, HELP_VALUE};
    longs[option_count + 1] = (struct option){0};
    *shorts = '\0';
}

static const CliOption *option_of(const CliOption *options, size_t option_count, int answer)
{
    for (size_t i = 0; i < option_count; i++) {
        if (answer == FIRST_VALUE + (int)i || (answer == options[i].letter && answer != 0))
            return &options[i];
    }
    return NULL;
}

static void take_argument(CliValues *values, const char *text)
{
    values->items[values->count++] = (CliValue){NULL, text};
    values->argument_count++;
}

RvStatus cli_options_parse(const CliOption *options, size_t option_count, int argc, char **argv,
                           void *settings, CliValues *values, RvError *err)
{
    struct option longs[CLI_MAX_OPTIONS + 2];
    char shorts[2 * CLI_MAX_OPTIONS + 4];
    *values = (CliValues){.items = calloc((size_t)argc + 1, sizeof *values->items)};
    if (values->items == NULL || option_count > CLI_MAX_OPTIONS)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    describe(options, option_count, longs, shorts);
    opterr = 0;
    optind = 0; // restart, including glibc's own state
    for (;;) {
        int next = optind > 0 ? optind : 1;
        const CliOption *meant = next < argc ? single_dash(options, option_count, argv[next]) : NULL;
        if (meant != NULL)
            return cli_error(err, RV_ERROR_ARGUMENT, "%s: long options have two dashes; did you mean -%s?",
                             argv[next], argv[next]);
        int answer = getopt_long(argc, argv, shorts, longs, NULL);
        if (answer == -1)
            break;
        RvStatus status = RV_OK;
        if (answer == 1) {
            take_argument(values, optarg);
        } else if (answer == 'h' || answer == HELP_VALUE) {
            values->help = true;
            return RV_OK;
        } else if (answer == '?' || answer == ':') {
            status = refuse(options, option_count, answer, argv, err);
            if (optopt == 0 && strncmp(argv[optind - 1], "--", 2) == 0)
                values->unknown = argv[optind - 1] + 2;
        } else {
            const CliOption *option = option_of(options, option_count, answer);
            values->given |= UINT64_C(1) << (option - options);
            status = take_option(option, optarg, settings, values, err);
        }
        if (status != RV_OK)
            return status;
    }
    while (optind < argc) // after "--"
        take_argument(values, argv[optind++]);
    return RV_OK;
}

RvStatus cli_option_take(const CliOption *option, const char *text, void *settings, CliValues *values,
                         RvError *err)
{
    if (option->kind == CLI_LIST) { // the items were counted for the command line
        CliValue *items = reallocarray(values->items, values->count + 1, sizeof *items);
        if (items == NULL)
            return cli_error(err, RV_ERROR_MEMORY, "out of memory");
        values->items = items;
    }
    return take_option(option, text, settings, values, err);
}

void cli_values_clear(CliValues *values)
{
    for (size_t i = 0; i < values->owned_count; i++)
        free(values->owned[i]);
    free(values->owned);
    free(values->items);
    *values = (CliValues){0};
}

const char *cli_values_argument(const CliValues *values, size_t index)
{
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].option == NULL && index-- == 0)
            return values->items[i].value;
    }
    return NULL;
}
