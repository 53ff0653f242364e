/* SPDX-License-Identifier: MIT */
/* reelvec's command line: which command, its help, its exit status. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "context.h"
#include "help.h"
#include "reelvec/reelvec.h"
#include "suggest.h"

#define MAX_NAMES 64

const CliCommand *const cli_commands[] = {&cli_command_index,          &cli_command_search,
                                          &cli_command_list,           &cli_command_info,
                                          &cli_command_remove,         &cli_command_verify,
                                          &cli_command_sheet,          &cli_command_embed,
                                          &cli_command_inspect_tokens, &cli_command_inspect_pixels,
                                          &cli_command_model_list,     &cli_command_model_fetch,
                                          &cli_command_model_info,     &cli_command_model_verify,
                                          &cli_command_ann_build,      &cli_command_ann_drop,
                                          &cli_command_ann_info,       &cli_command_sql,
                                          &cli_command_export,         &cli_command_import,
                                          &cli_command_doctor,         NULL};

bool cli_begin(const CliCommand *command, int argc, char **argv, void *settings, CliValues *values,
               int *status)
{
    RvError err = {0};
    RvStatus result =
        cli_options_parse(command->options, command->option_count, argc, argv, settings, values, &err);
    if (result == RV_OK && values->help) {
        cli_help_command(command, stdout);
        *status = CLI_DONE;
        cli_values_clear(values);
        return false;
    }
    if (result == RV_OK && values->argument_count < command->min_arguments)
        result = cli_error(&err, RV_ERROR_ARGUMENT, "needs %s; see `reelvec %s --help`", command->arguments,
                           command->name);
    if (result == RV_OK && values->argument_count > command->max_arguments)
        result = cli_error(&err, RV_ERROR_ARGUMENT, "too many arguments ('%s'); see `reelvec %s --help`",
                           cli_values_argument(values, command->max_arguments), command->name);
    *status = CLI_DONE;
    if (result == RV_OK)
        return true;
    cli_values_clear(values);
    cli_message("%s: %s", command->name, err.message);
    *status = result == RV_ERROR_ARGUMENT ? CLI_WRONG_USAGE : CLI_FAILED;
    return false;
}

static bool same_word(const char *name, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(name, word, length) == 0;
}

/* The first word is a command, or a group's, of which the second word names one. */
static const CliCommand *find_command(const char *first, const char *second, bool *group)
{
    *group = false;
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        const char *name = (*command)->name;
        size_t length = strcspn(name, " ");
        if (!same_word(name, length, first))
            continue;
        if (name[length] == '\0')
            return *command;
        *group = true;
        if (second != NULL && strcmp(name + length + 1, second) == 0)
            return *command;
    }
    return NULL;
}

/* Names of commands, or of the commands of a group. */
static size_t list_names(const char *group, const char **names, char storage[MAX_NAMES][32])
{
    size_t count = 0;
    for (const CliCommand *const *command = cli_commands; *command != NULL && count + 1 < MAX_NAMES;
         command++) {
        const char *name = (*command)->name;
        size_t length = strcspn(name, " ");
        if (group != NULL && (!same_word(name, length, group) || name[length] == '\0'))
            continue;
        if (group != NULL)
            snprintf(storage[count], 32, "%s", name + length + 1);
        else
            snprintf(storage[count], 32, "%.*s", (int)length, name);
        names[count] = storage[count];
        count++;
    }
    if (group == NULL)
        names[count++] = "help";
    return count;
}

static int unknown_command(const char *group, const char *word)
{
    const char *names[MAX_NAMES];
    char storage[MAX_NAMES][32];
    size_t count = list_names(group, names, storage);
    const char *before = group != NULL ? group : "", *space = group != NULL ? " " : "";
    if (word == NULL || word[0] == '-')
        return cli_fail_usage("%s: needs a command; see `reelvec %s --help`", group, group);
    const char *closest = cli_suggest(word, names, count);
    if (closest != NULL)
        return cli_fail_usage("unknown command '%s%s%s'; did you mean '%s%s%s'?", before, space, word, before,
                              space, closest);
    return cli_fail_usage("unknown command '%s%s%s'; see `reelvec%s%s --help`", before, space, word, space,
                          before);
}

static int show_help(const char *first, const char *second)
{
    if (first == NULL) {
        cli_help_program(stdout);
        return CLI_DONE;
    }
    bool group = false;
    const CliCommand *command = find_command(first, second, &group);
    if (command != NULL)
        cli_help_command(command, stdout);
    else if (group && second == NULL)
        cli_help_group(first, stdout);
    else
        return unknown_command(group ? first : NULL, group ? second : first);
    return CLI_DONE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        cli_help_program(stderr);
        return CLI_WRONG_USAGE;
    }
    const char *first = argv[1], *second = argc > 2 ? argv[2] : NULL;
    if (is_help(first))
        return show_help(NULL, NULL);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        printf("reelvec %s\n", rv_version());
        return CLI_DONE;
    }
    if (strcmp(first, "help") == 0)
        return show_help(second, argc > 3 ? argv[3] : NULL);
    if (first[0] == '-')
        return cli_fail_usage("unknown option %s; see `reelvec --help`", first);
    bool group = false;
    const CliCommand *command = find_command(first, second, &group);
    if (command == NULL && group && second != NULL && is_help(second)) {
        cli_help_group(first, stdout);
        return CLI_DONE;
    }
    if (command == NULL)
        return unknown_command(group ? first : NULL, group ? second : first);
    int words = strchr(command->name, ' ') != NULL ? 2 : 1;
    return command->run(command, argc - words, argv + words);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); // a broken connection or pipe is an error to handle, not the end
    return cli_finish(run(argc, argv));
}
