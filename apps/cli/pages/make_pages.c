/* SPDX-License-Identifier: MIT */
/* Writes the manual pages and the completions: make_pages man FOLDER | bash FILE | zsh FILE | fish FILE. It runs when
 * the program is built, so that they say what --help says. */
#include <stdio.h>
#include <string.h>

#include "cli/argument.h"
#include "pages.h"

size_t page_first_word(const CliCommand *command)
{
    return strcspn(command->name, " ");
}

const char *page_second_word(const CliCommand *command)
{
    const char *space = strchr(command->name, ' ');
    return space != NULL ? space + 1 : NULL;
}

bool page_is_first_of_group(const CliCommand *command)
{
    size_t length = page_first_word(command);
    for (const CliCommand *const *other = cli_commands; *other != command; other++) {
        if (page_first_word(*other) == length && strncmp((*other)->name, command->name, length) == 0)
            return false;
    }
    return true;
}

bool page_is_first_with(const CliCommand *command, const CliOption *option)
{
    for (const CliCommand *const *other = cli_commands; *other != command; other++) {
        for (size_t i = 0; i < (*other)->option_count; i++) {
            if (strcmp((*other)->options[i].name, option->name) == 0)
                return false;
        }
    }
    return true;
}

static int finish(FILE *file, const char *path)
{
    if (file != NULL && ferror(file) == 0 && fclose(file) == 0)
        return 0;
    perror(path);
    return 1;
}

static int write_man(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/reelvec.1", folder);
    FILE *file = fopen(path, "w");
    if (file != NULL)
        page_man_program(file);
    int failed = finish(file, path);
    for (const CliCommand *const *command = cli_commands; *command != NULL && !failed; command++) {
        int at = snprintf(path, sizeof path, "%s/reelvec-%s.1", folder, (*command)->name);
        for (int i = (int)strlen(folder) + 1; i < at; i++)
            path[i] = path[i] == ' ' ? '-' : path[i];
        file = fopen(path, "w");
        if (file != NULL)
            page_man_command(file, *command);
        failed = finish(file, path);
    }
    return failed;
}

/* Completions must know what every value is. */
static int check_arguments(void)
{
    int unknown = 0;
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            if (cli_argument_of_option(option) == CLI_ARGUMENT_UNKNOWN) {
                fprintf(stderr, "%s --%s: argument.c does not say what %s is\n", (*command)->name,
                        option->name, option->argument);
                unknown = 1;
            }
        }
        if (cli_argument_of_command(*command) == CLI_ARGUMENT_UNKNOWN) {
            fprintf(stderr, "%s: argument.c does not say what %s is\n", (*command)->name,
                    (*command)->arguments);
            unknown = 1;
        }
    }
    return unknown;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*write)(FILE *out);
    } completions[] = {{"bash", page_bash}, {"zsh", page_zsh}, {"fish", page_fish}};
    if (check_arguments() != 0)
        return 1;
    if (argc == 3 && strcmp(argv[1], "man") == 0)
        return write_man(argv[2]);
    for (size_t i = 0; argc == 3 && i < sizeof completions / sizeof completions[0]; i++) {
        if (strcmp(argv[1], completions[i].shell) != 0)
            continue;
        FILE *file = fopen(argv[2], "w");
        if (file != NULL)
            completions[i].write(file);
        return finish(file, argv[2]);
    }
    fprintf(stderr, "usage: make_pages man FOLDER | bash FILE | zsh FILE | fish FILE\n");
    return 2;
}
