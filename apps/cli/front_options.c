/* SPDX-License-Identifier: MIT */
/* Options in front of the command, as in `reelvec --library x.db list`: any option of any command may stand there. */
#include "front_options.h"

#include <string.h>

#include "message.h"
#include "suggest.h"

#define MAX_NAMES 256

typedef enum Arity { ARITY_UNKNOWN, ARITY_FLAG, ARITY_OPTIONAL, ARITY_VALUE, ARITY_DIFFERS } Arity;

static Arity arity_of(const CliOption *option)
{
    if (option->argument == NULL)
        return ARITY_FLAG;
    return strncmp(option->argument, "[=", 2) == 0 ? ARITY_OPTIONAL : ARITY_VALUE;
}

static bool is_named(const CliOption *option, const char *name)
{
    size_t length = strcspn(name, "=");
    return strlen(option->name) == length && strncmp(option->name, name, length) == 0;
}

/* What the option of this name, or (name NULL) of this letter, takes in all commands that have it. */
static Arity arity_everywhere(const char *name, char letter)
{
    Arity arity = ARITY_UNKNOWN;
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            if (name != NULL ? !is_named(option, name) : option->letter == 0 || option->letter != letter)
                continue;
            if (arity != ARITY_UNKNOWN && arity != arity_of(option))
                return ARITY_DIFFERS;
            arity = arity_of(option);
        }
    }
    return arity;
}

/* -q, -lFILE, -l FILE, -ql FILE. -h and -v alone are the program's own. */
static int words_of_letters(const char *letters)
{
    if (strcmp(letters, "v") == 0)
        return 0;
    for (; *letters != '\0'; letters++) {
        Arity arity = arity_everywhere(NULL, *letters);
        if (arity == ARITY_VALUE)
            return letters[1] != '\0' ? 1 : 2;
        if (arity != ARITY_FLAG)
            return 0;
    }
    return 1;
}

int cli_front_words(const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return 0;
    if (word[1] != '-') // a long name behind one dash is refused
        return cli_front_owner(word + 1) != NULL ? 0 : words_of_letters(word + 1);
    switch (arity_everywhere(word + 2, 0)) {
    case ARITY_FLAG:
    case ARITY_OPTIONAL:
        return 1;
    case ARITY_VALUE:
        return strchr(word, '=') != NULL ? 1 : 2;
    case ARITY_UNKNOWN:
    case ARITY_DIFFERS:
        break;
    }
    return 0;
}

const CliCommand *cli_front_owner(const char *name)
{
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            if (is_named(&(*command)->options[i], name))
                return *command;
        }
    }
    return NULL;
}

/* The names of all options, each once, and those of the program itself. */
static size_t list_names(const char **names)
{
    size_t count = 0;
    names[count++] = "help";
    names[count++] = "version";
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count && count < MAX_NAMES; i++) {
            const CliOption *option = &(*command)->options[i];
            if (cli_front_owner(option->name) == *command)
                names[count++] = option->name;
        }
    }
    return count;
}

int cli_front_refuse(const char *word)
{
    const char *names[MAX_NAMES];
    bool is_long = strncmp(word, "--", 2) == 0;
    const char *name = word + (is_long ? 2 : 1);
    int length = (int)strcspn(name, "=");
    const CliCommand *command = cli_front_owner(name);
    if (command != NULL && !is_long)
        return cli_fail_usage("%s: long options have two dashes; did you mean -%s?", word, word);
    if (command != NULL)
        return cli_fail_usage("--%.*s belongs behind the command, as in `reelvec %s --%.*s`", length, name,
                              command->name, length, name);
    char text[64];
    snprintf(text, sizeof text, "%.*s", length, name);
    const char *closest = is_long ? cli_suggest(text, names, list_names(names)) : NULL;
    if (closest != NULL)
        return cli_fail_usage("unknown option --%s; did you mean --%s?", text, closest);
    return cli_fail_usage("unknown option %s; see `reelvec --help`", word);
}
