/* SPDX-License-Identifier: MIT */
/* What may stand behind an option or a command: for completions, and for the '~' in front of files. */
#ifndef RV_CLI_ARGUMENT_H
#define RV_CLI_ARGUMENT_H

#include "cli.h"

typedef enum CliArgument {
    CLI_ARGUMENT_UNKNOWN, // its placeholder is missing in the table; make_pages refuses that
    CLI_ARGUMENT_NONE,
    CLI_ARGUMENT_WORD, // numbers, texts, addresses
    CLI_ARGUMENT_FILE, // a file; where URLs or names are taken too, files come up too
    CLI_ARGUMENT_FOLDER,
    CLI_ARGUMENT_MODEL,      // a model's name, or its file or folder
    CLI_ARGUMENT_MODEL_HERE, // the name of one that is on this machine
    CLI_ARGUMENT_PROGRAM,
    CLI_ARGUMENT_CHOICE, // one of cli_argument_words
} CliArgument;

/* What the option's value is. */
CliArgument cli_argument_of_option(const CliOption *option);

/* What the command's plain arguments are. */
CliArgument cli_argument_of_command(const CliCommand *command);

/* Write the words of a CLI_ARGUMENT_CHOICE or the names of the known models, separated by spaces. */
void cli_argument_words(const CliOption *option, char *words, size_t size_bytes);
void cli_argument_models(char *words, size_t size_bytes);

/* Returns whether a value of this kind is a path if it begins with "~/". */
bool cli_argument_is_path(CliArgument argument);

#endif
