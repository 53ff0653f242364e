/* SPDX-License-Identifier: MIT */
/* The completion of bash. It needs nothing but bash itself. */
#include <string.h>

#include "cli/argument.h"
#include "pages.h"

/* Options that take a value, in all commands together: what stands behind them is no command. */
static void put_value_options(FILE *out)
{
    fputs("_reelvec_values='", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            bool takes = option->argument != NULL && strncmp(option->argument, "[=", 2) != 0;
            if (!takes || !page_is_first_with(*command, option))
                continue;
            fprintf(out, " --%s", option->name);
            if (option->letter != 0)
                fprintf(out, " -%c", option->letter);
        }
    }
    fputs(" '\n\n", out);
}

static void put_groups(FILE *out)
{
    fputs("_reelvec_groups='", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_second_word(*command) != NULL && page_is_first_of_group(*command))
            fprintf(out, " %.*s", (int)page_first_word(*command), (*command)->name);
    }
    fputs(" '\n\n", out);
}

static void put_commands(FILE *out)
{
    fputs("# The words that may follow a command's first words.\n"
          "_reelvec_commands() {\n    case $1 in\n    '') printf '%s' '",
          out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_is_first_of_group(*command))
            fprintf(out, "%.*s ", (int)page_first_word(*command), (*command)->name);
    }
    fputs("help' ;;\n", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        if (page_second_word(*command) == NULL || !page_is_first_of_group(*command))
            continue;
        size_t length = page_first_word(*command);
        fprintf(out, "    %.*s) printf '%%s' '", (int)length, (*command)->name);
        for (const CliCommand *const *other = command; *other != NULL; other++) {
            if (page_first_word(*other) == length && strncmp((*other)->name, (*command)->name, length) == 0)
                fprintf(out, "%s ", page_second_word(*other));
        }
        fputs("' ;;\n", out);
    }
    fputs("    esac\n}\n\n", out);
}

static void put_options(FILE *out)
{
    fputs("# The options of a command; of all, in front of it.\n"
          "_reelvec_options() {\n    case $1 in\n    '') printf '%s' '",
          out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            if (page_is_first_with(*command, &(*command)->options[i]))
                fprintf(out, "--%s ", (*command)->options[i].name);
        }
    }
    fputs("--help --version' ;;\n", out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        fprintf(out, "    '%s') printf '%%s' '", (*command)->name);
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            if (option->letter != 0)
                fprintf(out, "-%c ", option->letter);
            fprintf(out, "--%s ", option->name);
        }
        fputs("-h --help' ;;\n", out);
    }
    fputs("    esac\n}\n\n", out);
}

/* "files", "folders", ... or the words themselves behind "words". */
static void put_kind(FILE *out, CliArgument argument, const CliOption *option)
{
    static const char *const kinds[] = {
        [CLI_ARGUMENT_UNKNOWN] = "nothing", [CLI_ARGUMENT_NONE] = "nothing",
        [CLI_ARGUMENT_WORD] = "nothing",    [CLI_ARGUMENT_FILE] = "files",
        [CLI_ARGUMENT_FOLDER] = "folders",  [CLI_ARGUMENT_MODEL] = "models",
        [CLI_ARGUMENT_MODEL_HERE] = "here", [CLI_ARGUMENT_PROGRAM] = "programs"};
    char words[PAGE_WORDS_SIZE];
    if (argument != CLI_ARGUMENT_CHOICE) {
        fputs(kinds[argument], out);
        return;
    }
    cli_argument_words(option, words, sizeof words);
    fprintf(out, "words %s", words);
}

static void put_kinds(FILE *out)
{
    fputs("# What a value of an option is, or (no option) an argument of the command.\n_reelvec_kind() {\n"
          "    case $1:$2 in\n",
          out);
    for (const CliCommand *const *command = cli_commands; *command != NULL; command++) {
        for (size_t i = 0; i < (*command)->option_count; i++) {
            const CliOption *option = &(*command)->options[i];
            if (option->argument == NULL)
                continue;
            fprintf(out, "    '%s:--%s'", (*command)->name, option->name);
            if (page_is_first_with(*command, option)) // in front of the command
                fprintf(out, " | ':--%s'", option->name);
            if (option->letter != 0)
                fprintf(out, " | '%s:-%c'", (*command)->name, option->letter);
            if (option->letter != 0 && page_is_first_with(*command, option))
                fprintf(out, " | ':-%c'", option->letter);
            fputs(") printf '%s' '", out);
            put_kind(out, cli_argument_of_option(option), option);
            fputs("' ;;\n", out);
        }
        fprintf(out, "    '%s:') printf '%%s' '", (*command)->name);
        put_kind(out, cli_argument_of_command(*command), NULL);
        fputs("' ;;\n", out);
    }
    fputs("    *) printf '%s' nothing ;;\n    esac\n}\n\n", out);
}

static const char functions[] =
    "# The models that there are, also those that were added; without the program those that it knows. With --here\n"
    "# those on this machine. Names are expanded by compgen, so others than plain ones are left out.\n"
    "_reelvec_list_models() {\n"
    "    local name rest names=''\n"
    "    while IFS=, read -r name rest; do\n"
    "        [[ $name == name || $name == *[!A-Za-z0-9@._/+-]* ]] || names+=\"$name \"\n"
    "    done < <(\"${COMP_WORDS[0]}\" model list \"$@\" --format csv 2>/dev/null)\n"
    "    [[ -n $names || $# -gt 0 ]] || names=$_reelvec_models\n"
    "    printf '%s' \"$names\"\n"
    "}\n\n"
    "# Find the command: its words in `command`, `open` if another word of it may follow.\n"
    "_reelvec_find() {\n"
    "    local i word\n"
    "    command='' open=1\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ ${COMP_WORDS[i + 1]-} == '=' ]]; then\n"
    "            ((i += 2))\n"
    "        elif [[ $word == -* ]]; then\n"
    "            [[ $_reelvec_values == *\" $word \"* ]] && ((i += 1))\n"
    "        elif [[ -z $open ]]; then\n"
    "            continue\n"
    "        elif [[ -z $command ]]; then\n"
    "            command=$word\n"
    "            [[ $_reelvec_groups == *\" $word \"* || $word == help ]] || open=''\n"
    "        else\n"
    "            [[ $command == help ]] && command=\"help $word\" || command+=\" $word\"\n"
    "            [[ $command == help* && $_reelvec_groups == *\" $word \"* ]] || open=''\n"
    "        fi\n"
    "    done\n"
    "}\n\n"
    "_reelvec() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} option='' command open kind\n"
    "    COMPREPLY=()\n"
    "    _reelvec_find\n"
    "    if [[ $cur == '=' && $prev == --* ]]; then\n"
    "        cur='' option=$prev\n"
    "    elif [[ $prev == '=' && COMP_CWORD -gt 2 && ${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    elif [[ $prev == -* && $_reelvec_values == *\" $prev \"* ]]; then\n"
    "        option=$prev\n"
    "    fi\n"
    "    if [[ -z $option && $cur == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_reelvec_options \"$command\")\" -- \"$cur\"))\n"
    "        return\n"
    "    fi\n"
    "    if [[ -z $option && -n $open ]]; then\n"
    "        [[ $command == help* ]] && command=${command#help} && command=${command# }\n"
    "        COMPREPLY=($(compgen -W \"$(_reelvec_commands \"$command\")\" -- \"$cur\"))\n"
    "        [[ -n $command ]] || return\n"
    "        return\n"
    "    fi\n"
    "    kind=$(_reelvec_kind \"$command\" \"$option\")\n"
    "    case $kind in\n"
    "    files) ;; # readline completes files, with '~' and quotes\n"
    "    folders) compopt +o default +o bashdefault -o dirnames 2>/dev/null ;;\n"
    "    programs) COMPREPLY=($(compgen -c -- \"$cur\")) ;;\n"
    "    models) COMPREPLY=($(compgen -W \"$(_reelvec_list_models)\" -- \"$cur\")) ;;\n"
    "    here)\n"
    "        compopt +o default +o bashdefault 2>/dev/null\n"
    "        COMPREPLY=($(compgen -W \"$(_reelvec_list_models --here)\" -- \"$cur\"))\n"
    "        ;;\n"
    "    words*)\n"
    "        compopt +o default +o bashdefault 2>/dev/null\n"
    "        COMPREPLY=($(compgen -W \"${kind#words }\" -- \"$cur\"))\n"
    "        ;;\n"
    "    *) compopt +o default +o bashdefault 2>/dev/null ;;\n"
    "    esac\n"
    "}\n\n"
    "complete -o bashdefault -o default -F _reelvec reelvec\n";

void page_bash(FILE *out)
{
    char models[PAGE_WORDS_SIZE];
    cli_argument_models(models, sizeof models);
    fputs("# bash completion of reelvec, made from the program's tables when it was built.\n\n", out);
    put_value_options(out);
    put_groups(out);
    fprintf(out, "_reelvec_models='%s'\n\n", models);
    put_commands(out);
    put_options(out);
    put_kinds(out);
    fputs(functions, out);
}
