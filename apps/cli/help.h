/* SPDX-License-Identifier: MIT */
/* Help texts, built from the tables that parsing uses. */
#ifndef RV_CLI_HELP_H
#define RV_CLI_HELP_H

#include <stdio.h>

#include "cli.h"

/* `reelvec --help`. */
void cli_help_program(FILE *out);

/* `reelvec COMMAND --help`. */
void cli_help_command(const CliCommand *command, FILE *out);

/* `reelvec model --help`: the commands whose names begin with the word. */
void cli_help_group(const char *word, FILE *out);

/* A line of a table: a word and what it means, wrapped. For CliCommand.more. */
void cli_help_entry(FILE *out, const char *left, const char *right);

#endif
