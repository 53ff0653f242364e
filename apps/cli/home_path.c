/* SPDX-License-Identifier: MIT */
/* "~/" in front of paths that no shell has seen: behind "--library=", in the settings file, in variables. */
#include "home_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"

/* Returns the path with the home in front, NULL if it is to stay as it is or (*failed) if memory is refused. */
static char *expanded(const char *path, bool *failed)
{
    const char *home = getenv("HOME");
    char *whole = NULL;
    if (path == NULL || path[0] != '~' || (path[1] != '/' && path[1] != '\0') || home == NULL ||
        home[0] != '/')
        return NULL;
    size_t length = strlen(home);
    while (length > 0 && home[length - 1] == '/') // "/" is a home too
        length--;
    if (asprintf(&whole, "%.*s%s", (int)length, home, path + 1) < 0) {
        *failed = true;
        return NULL;
    }
    return whole;
}

/* Replace *path. The values own the new text. */
static bool replace(const char **path, CliValues *values)
{
    bool failed = false;
    char *whole = expanded(*path, &failed);
    if (whole == NULL)
        return !failed;
    char **owned = reallocarray(values->owned, values->owned_count + 1, sizeof *owned);
    if (owned == NULL) {
        free(whole);
        return false;
    }
    values->owned = owned;
    values->owned[values->owned_count++] = whole;
    *path = whole;
    return true;
}

RvStatus cli_home_expand(const CliCommand *command, void *settings, CliValues *values, RvError *err)
{
    bool good = true;
    for (size_t i = 0; i < command->option_count && good; i++) {
        const CliOption *option = &command->options[i];
        if (option->kind == CLI_TEXT && cli_argument_is_path(cli_argument_of_option(option)))
            good = replace((const char **)(void *)((char *)settings + option->offset), values);
    }
    for (size_t i = 0; i < values->count && good; i++) {
        const CliOption *option = values->items[i].option;
        if (option != NULL && cli_argument_is_path(cli_argument_of_option(option)))
            good = replace(&values->items[i].value, values);
    }
    return good ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

void cli_home_expand_variables(void)
{
    static const char *const names[] = {"REELVEC_LIBRARY", "REELVEC_MODEL", "REELVEC_PLAYER",
                                        "REELVEC_CONFIG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool failed = false;
        char *whole = expanded(getenv(names[i]), &failed);
        if (whole != NULL)
            setenv(names[i], whole, 1);
        free(whole);
    }
}
