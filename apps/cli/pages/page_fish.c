/* SPDX-License-Identifier: MIT */
/* The completion of fish. */
#include <string.h>

#include "cli/argument.h"
#include "pages.h"

static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void put_value(FILE *out, CliArgument argument, const CliOption *option)
{
    char words[PAGE_WORDS_SIZE];
    switch (argument) {
    case CLI_ARGUMENT_FILE:
        fputs(" -F", out);
        break;
    case CLI_ARGUMENT_FOLDER:
        fputs(" -f -a '(__fish_complete_directories)'", out);
        break;
    case CLI_ARGUMENT_MODEL:
        fputs(" -F -a '(__reelvec_list_models)'", out);
        break;
    case CLI_ARGUMENT_MODEL_HERE:
        fputs(" -f -a '(__reelvec_list_models --here)'", out);
        break;
    case CLI_ARGUMENT_PROGRAM:
        fputs(" -F -a '(__fish_complete_command)'", out);
        break;
    case CLI_ARGUMENT_CHOICE:
        cli_argument_words(option, words, sizeof words);
        fprintf(out, " -f -a '%s'", words);
        break;
    case CLI_ARGUMENT_UNKNOWN:
    case CLI_ARGUMENT_NONE:
    case CLI_ARGUMENT_WORD:
        fputs(" -f", out);
        break;
    }
}

static void put_option(FILE *out, const char *command, const CliOption *option)
{
    fprintf(out, "complete -c reelvec -n '__reelvec_at \"%s\"' -l %s", command, option->name);
    if (option->letter != 0)
        fprintf(out, " -s %c", option->letter);
    if (option->argument != NULL && strncmp(option->argument, "[=", 2) != 0) {
        fputs(" -r", out);
        put_value(out, cli_argument_of_option(option), option);
    }
    fputs(" -d ", out);
    put_quoted(out, option->help);
    fputc('\n', out);
}

static void put_command(FILE *out, const CliCommand *command)
{
    size_t length = page_first_word(command);
    const char *second = page_second_word(command);
    if (page_is_first_of_group(command)) {
        fprintf(out, "\ncomplete -c reelvec -n '__reelvec_at \"\"' -f -a %.*s -d ", (int)length,
                command->name);
        put_quoted(out, second != NULL ? "a group of commands" : command->summary);
        fputc('\n', out);
    }
    if (second != NULL) {
        fprintf(out, "complete -c reelvec -n '__reelvec_at \"%.*s\"' -f -a %s -d ", (int)length,
                command->name, second);
        put_quoted(out, command->summary);
        fputc('\n', out);
    }
    for (size_t i = 0; i < command->option_count; i++)
        put_option(out, command->name, &command->options[i]);
    fprintf(out, "complete -c reelvec -n '__reelvec_at \"%s\"' -l help -s h -d 'print a help text'\n",
            command->name);
    fprintf(out, "complete -c reelvec -n '__reelvec_at \"%s\"'", command->name);
    put_value(out, cli_argument_of_command(command), NULL);
    fputc('\n', out);
}

static void put_value_options(FILE *out)
{
    fputs("set -g __reelvec_values", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            if (option->argument == NULL || strncmp(option->argument, "[=", 2) == 0 ||
                !page_is_first_with(*command, option))
                continue;
            fprintf(out, " --%s", option->name);
            if (option->letter != 0)
                fprintf(out, " -%c", option->letter);
        }
    }
    fputs("\nset -g __reelvec_groups", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_second_word(*command) != NULL && page_is_first_of_group(*command))
            fprintf(out, " %.*s", (int)page_first_word(*command), (*command)->name);
    }
    fputs(" help\n", out);
}

static const char functions[] =
    "\n# The models that there are, also those that were added; without the program those that it knows.\n"
    "# With --here those on this machine.\n"
    "function __reelvec_list_models\n"
    "    set -l program (commandline -opc)[1]\n"
    "    set -l rows ($program model list $argv --format csv 2>/dev/null)\n"
    "    set -l names (string replace -r ',.*' '' -- $rows | string match -v name)\n"
    "    test (count $names $argv) -gt 0; or set names $__reelvec_models\n"
    "    printf '%s\\n' $names\n"
    "end\n"
    "\n# Succeeds if the command before the cursor is this one; \"\" is none yet.\n"
    "function __reelvec_at\n"
    "    set -l command\n"
    "    set -l skip no\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = yes\n"
    "            set skip no\n"
    "        else if string match -q -- '-*' $word\n"
    "            contains -- $word $__reelvec_values; and set skip yes\n"
    "        else if test (count $command) -eq 0\n"
    "            set command $word\n"
    "        else if test (count $command) -eq 1; and contains -- $command[1] $__reelvec_groups\n"
    "            set -a command $word\n"
    "        end\n"
    "    end\n"
    "    test \"$command\" = \"$argv[1]\"\n"
    "end\n\n"
    "complete -c reelvec -f\n"
    "complete -c reelvec -n '__reelvec_at \"\"' -l help -s h -d 'print a help text'\n"
    "complete -c reelvec -n '__reelvec_at \"\"' -l version -s V -d 'print the version'\n"
    "complete -c reelvec -n '__reelvec_at \"\"' -a help -d 'a help text'\n";

void page_fish(FILE *out)
{
    char models[PAGE_WORDS_SIZE];
    cli_argument_models(models, sizeof models);
    fputs("# fish completion of reelvec, made from the program's tables when it was built.\n\n", out);
    put_value_options(out);
    fprintf(out, "set -g __reelvec_models %s\n", models);
    fputs(functions, out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_is_first_of_group(*command))
            fprintf(out, "complete -c reelvec -n '__reelvec_at \"help\"' -f -a %.*s\n",
                    (int)page_first_word(*command), (*command)->name);
    }
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            if (page_is_first_with(*command, &(*command)->options[i]))
                put_option(out, "", &(*command)->options[i]);
        }
    }
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++)
        put_command(out, *command);
}
