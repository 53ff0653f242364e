/* SPDX-License-Identifier: MIT */
/* reelvec's command line: which command, its help, its exit status. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config_file.h"
#include "front_options.h"
#include "help.h"
#include "home_path.h"
#include "message.h"
#include "reelvec/reelvec.h"
#include "signals.h"
#include "suggest.h"

#define MAX_NAMES 64

/* Errors: ARGUMENT with a message if the arguments are wrong, MEMORY. Nothing is checked after --help. */
static RvStatus read_arguments(const CliCommand *command, int argc, char **argv, void *settings,
                               CliValues *values, RvError *err)
{
    RvStatus status =
        cli_options_parse(command->options, command->option_count, argc, argv, settings, values, err);
    const CliCommand *owner = values->unknown != NULL ? cli_front_owner(values->unknown) : NULL;
    if (owner != NULL)
        return cli_error(err, RV_ERROR_ARGUMENT,
                         "unknown option --%.*s; `reelvec %s` has it, this command has not",
                         (int)strcspn(values->unknown, "="), values->unknown, owner->name);
    if (status != RV_OK || values->help)
        return status;
    if (values->argument_count < command->min_arguments)
        return cli_error(err, RV_ERROR_ARGUMENT, "needs %s; see `reelvec %s --help`", command->arguments,
                         command->name);
    if (values->argument_count > command->max_arguments)
        return cli_error(err, RV_ERROR_ARGUMENT, "too many arguments ('%s'); see `reelvec %s --help`",
                         cli_values_argument(values, command->max_arguments), command->name);
    return RV_OK;
}

/* Take what the settings file says where the command line is silent. A broken file keeps `doctor` from nothing: it
 * tells what is wrong with it. */
static RvStatus read_settings(const CliCommand *command, void *settings, CliValues *values,
                              CliConfig **config, RvError *err)
{
    RvStatus status = cli_config_read(config, err);
    if (status == RV_OK)
        status = cli_config_apply(*config, command, settings, values, err);
    if (status != RV_OK && status != RV_ERROR_MEMORY && command == &cli_command_doctor)
        status = RV_OK;
    return status == RV_OK ? cli_home_expand(command, settings, values, err) : status;
}

/* What the file sets may not go together with what the command line says. */
static void tell_settings(const CliConfig *config)
{
    char path[4096], names[1024];
    cli_config_list(config, true, names, sizeof names);
    if (names[0] != '\0' && cli_config_path(path, sizeof path))
        cli_message("%s sets %s too", path, names);
}

/* argv[0] is the last word of the command's name. */
static int run_command(const CliCommand *command, int argc, char **argv)
{
    RvError err = {0};
    CliValues values = {0};
    CliConfig *config = NULL;
    int status = CLI_DONE;
    void *settings = calloc(1, command->settings_bytes);
    if (settings == NULL)
        return cli_fail_memory();
    RvStatus result = read_arguments(command, argc, argv, settings, &values, &err);
    if (result != RV_OK) {
        status = result == RV_ERROR_ARGUMENT ? cli_fail_usage("%s: %s", command->name, err.message)
                                             : cli_fail(&err);
    } else if (values.help) {
        cli_help_command(command, stdout);
    } else if (read_settings(command, settings, &values, &config, &err) != RV_OK) {
        status = cli_fail(&err);
    } else {
        status = command->run(command, settings, &values);
        if (status == CLI_WRONG_USAGE)
            tell_settings(config);
    }
    cli_values_clear(&values);
    cli_config_free(config);
    free(settings);
    return status;
}

static bool same_word(const char *name, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(name, word, length) == 0;
}

/* Find the command. The first word is a command, or a group of which the second word names a command. */
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

/* List the names of commands, or of the commands of a group. */
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

/* Returns the first command of a group whose second word this is, or NULL. */
static const CliCommand *command_ending(const char *word)
{
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        const char *space = strchr((*command)->name, ' ');
        if (space != NULL && strcmp(space + 1, word) == 0)
            return *command;
    }
    return NULL;
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
    const CliCommand *within = group == NULL ? command_ending(word) : NULL;
    if (within != NULL)
        return cli_fail_usage("unknown command '%s'; did you mean '%s'?", word, within->name);
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

/* Move `count` words that come before the command behind its name of `name_words` words. */
static void move_behind(char **words, int count, int name_words)
{
    char *name[2];
    for (int i = 0; i < name_words; i++)
        name[i] = words[count + i];
    memmove(words + name_words, words, (size_t)count * sizeof *words);
    for (int i = 0; i < name_words; i++)
        words[i] = name[i];
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

// Parse the words before the command, find the command, and run it. Returns the exit status.
static int run(int argc, char **argv)
{
    if (argc < 2) {
        cli_help_program(stderr);
        return CLI_WRONG_USAGE;
    }
    int in_front = 0;
    for (int words; in_front + 1 < argc && (words = cli_front_words(argv[in_front + 1])) > 0;)
        in_front += words;
    if (in_front + 1 >= argc)
        return cli_fail_usage("%s: needs a command behind it; see `reelvec --help`", argv[1]);
    char **words = argv + 1 + in_front;
    int word_count = argc - 1 - in_front;
    const char *first = words[0], *second = word_count > 1 ? words[1] : NULL;
    if (is_help(first))
        return show_help(NULL, NULL);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0 || strcmp(first, "-v") == 0) {
        printf("reelvec %s\n", rv_version());
        return CLI_DONE;
    }
    if (strcmp(first, "help") == 0)
        return show_help(second, word_count > 2 ? words[2] : NULL);
    if (first[0] == '-')
        return cli_front_refuse(first);
    bool group = false;
    const CliCommand *command = find_command(first, second, &group);
    if (command == NULL && group && second != NULL && is_help(second)) {
        cli_help_group(first, stdout);
        return CLI_DONE;
    }
    if (command == NULL)
        return unknown_command(group ? first : NULL, group ? second : first);
    int name_words = strchr(command->name, ' ') != NULL ? 2 : 1;
    move_behind(argv + 1, in_front, name_words);
    return run_command(command, argc - name_words, argv + name_words);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    cli_keep_descriptors();
    cli_home_expand_variables();
    cli_signals_begin();
    return cli_finish(run(argc, argv));
}
