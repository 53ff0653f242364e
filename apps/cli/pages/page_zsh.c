/* SPDX-License-Identifier: MIT */
/* The completion of zsh, by its function _arguments. */
#include <string.h>

#include "cli/argument.h"
#include "pages.h"

/* Write text inside single quotes, with what _arguments takes for its own escaped. */
static void put_escaped(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", out);
            continue;
        }
        if (strchr(special, *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_action(FILE *out, CliArgument argument, const CliOption *option)
{
    static const char *const actions[] = {[CLI_ARGUMENT_UNKNOWN] = " ",
                                          [CLI_ARGUMENT_NONE] = " ",
                                          [CLI_ARGUMENT_WORD] = " ",
                                          [CLI_ARGUMENT_FILE] = "_files",
                                          [CLI_ARGUMENT_FOLDER] = "_files -/",
                                          [CLI_ARGUMENT_MODEL] = "_reelvec_models",
                                          [CLI_ARGUMENT_MODEL_HERE] = "_reelvec_models_here",
                                          [CLI_ARGUMENT_PROGRAM] = "_command_names -e"};
    char words[PAGE_WORDS_SIZE];
    if (argument != CLI_ARGUMENT_CHOICE) {
        fputs(actions[argument], out);
        return;
    }
    cli_argument_words(option, words, sizeof words);
    fprintf(out, "(%s)", words);
}

/* '(-n --top)'{-n+,--top=}'[how many]:N: ' */
static void put_option(FILE *out, const CliOption *option)
{
    bool optional = option->argument != NULL && strncmp(option->argument, "[=", 2) == 0;
    const char *joined = option->argument == NULL ? "" : optional ? "=-" : "=";
    fputs("        ", out);
    if (option->kind == CLI_LIST)
        fputs("'*'", out);
    else if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'", option->letter, option->name);
    if (option->letter != 0)
        fprintf(out, "{-%c%s,--%s%s}'[", option->letter, option->argument != NULL ? "+" : "", option->name,
                joined);
    else
        fprintf(out, "'--%s%s[", option->name, joined);
    put_escaped(out, option->help, "[]\\");
    fputc(']', out);
    if (option->argument != NULL) {
        fputs(optional ? "::" : ":", out);
        put_escaped(out, option->argument, ":\\");
        fputc(':', out);
        put_action(out, cli_argument_of_option(option), option);
    }
    fputs("' \\\n", out);
}

static void put_command(FILE *out, const CliCommand *command)
{
    fputs("_reelvec-", out);
    for (const char *at = command->name; *at != '\0'; at++)
        fputc(*at == ' ' ? '-' : *at, out);
    fputs("() {\n    _arguments -s -S \\\n", out);
    for (size_t i = 0; i < command->option_count; i++)
        put_option(out, &command->options[i]);
    fputs("        '(- *)'{-h,--help}'[print a help text]' \\\n        '", out);
    if (command->arguments[0] != '\0') {
        fputs("*:", out);
        put_escaped(out, command->arguments, ":\\");
        fputc(':', out);
        put_action(out, cli_argument_of_command(command), NULL);
    } else {
        fputs("*: : ", out);
    }
    fputs("'\n}\n\n", out);
}

static void put_name(FILE *out, const char *name, size_t length, const char *summary)
{
    fprintf(out, "        '%.*s:", (int)length, name);
    put_escaped(out, summary, ":\\");
    fputs("'\n", out);
}

/* The words that may follow nothing (group NULL), or the first word of a group. */
static void put_list(FILE *out, const CliCommand *group)
{
    fputs("    local -a names=(\n", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        size_t length = page_first_word(*command);
        const char *second = page_second_word(*command);
        if (group == NULL && page_is_first_of_group(*command))
            put_name(out, (*command)->name, length,
                     second != NULL ? "a group of commands" : (*command)->summary);
        else if (group != NULL && second != NULL && length == page_first_word(group) &&
                 strncmp((*command)->name, group->name, length) == 0)
            put_name(out, second, strlen(second), (*command)->summary);
    }
    if (group == NULL)
        put_name(out, "help", 4, "a help text");
    fputs("    )\n", out);
}

static void put_group(FILE *out, const CliCommand *group)
{
    int length = (int)page_first_word(group);
    fprintf(out, "_reelvec-%.*s() {\n", length, group->name);
    put_list(out, group);
    fprintf(out,
            "    if (( CURRENT == 2 )); then\n"
            "        _describe -t commands 'command' names\n"
            "    elif (( $+functions[_reelvec-%.*s-$words[2]] )); then\n"
            "        local called=$words[2]\n"
            "        shift words\n"
            "        (( CURRENT -= 1 ))\n"
            "        _reelvec-%.*s-$called\n"
            "    fi\n"
            "}\n\n",
            length, group->name, length, group->name);
}

static const char functions[] =
    "_reelvec-help() {\n"
    "    (( CURRENT == 2 )) && _reelvec_names\n"
    "    (( CURRENT == 3 )) && (( $+functions[_reelvec-$words[2]] )) && { shift words; (( CURRENT -= 1 ))\n"
    "        _reelvec-$words[1] }\n"
    "}\n\n"
    "_reelvec() {\n"
    "    local curcontext=$curcontext state state_descr line\n"
    "    local -A opt_args\n"
    "    _arguments -C -s -S -A '-*' \\\n"
    "        '(- *)'{-h,--help}'[print a help text]' \\\n"
    "        '(- *)'{-V,--version}'[print the version]' \\\n";

static const char functions_end[] =
    "        '1:command:_reelvec_names' \\\n"
    "        '*::argument:->arguments' && return\n"
    "    if [[ $state == arguments ]] && (( $+functions[_reelvec-$words[1]] )); then\n"
    "        curcontext=\"${curcontext%:*:*}:reelvec-$words[1]:\"\n"
    "        _reelvec-$words[1]\n"
    "    fi\n"
    "}\n\n"
    "if [[ $funcstack[1] == _reelvec ]]; then\n"
    "    _reelvec \"$@\"\n"
    "else\n"
    "    compdef _reelvec reelvec\n"
    "fi\n";

void page_zsh(FILE *out)
{
    char models[PAGE_WORDS_SIZE];
    cli_argument_models(models, sizeof models);
    fputs(
        "#compdef reelvec\n# zsh completion of reelvec, made from the program's tables when it was built.\n\n",
        out);
    fprintf(
        out,
        "# Those that there are, also those that were added; without the program those that it knows.\n"
        "_reelvec_models() {\n"
        "    local -a models=(${(f)\"$(_call_program models reelvec model list --format csv 2>/dev/null)\"})\n"
        "    models=(${${models%%%%,*}:#name})\n"
        "    (( $#models )) || models=(%s)\n"
        "    _alternative 'models:model:compadd -a models' 'files:file:_files'\n}\n\n"
        "# Those on this machine.\n"
        "_reelvec_models_here() {\n"
        "    local -a models=(${(f)\"$(_call_program models reelvec model list --here --format csv 2>/dev/null)\"})\n"
        "    models=(${${models%%%%,*}:#name})\n"
        "    _alternative 'models:model:compadd -a models'\n}\n\n"
        "_reelvec_names() {\n",
        models);
    put_list(out, NULL);
    fputs("    _describe -t commands 'command' names\n}\n\n", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_second_word(*command) != NULL && page_is_first_of_group(*command))
            put_group(out, *command);
        put_command(out, *command);
    }
    fputs(functions, out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            if (page_is_first_with(*command, &(*command)->options[i]))
                put_option(out, &(*command)->options[i]);
        }
    }
    fputs(functions_end, out);
}
