/* SPDX-License-Identifier: MIT */
/* Options in front of the command, as in `reelvec --library x.db list`: any option of any command may stand there. */
#ifndef RV_CLI_FRONT_OPTIONS_H
#define RV_CLI_FRONT_OPTIONS_H

#include "cli.h"

/* Returns how many words the option takes that begins with this word; 0 if it is no option that may stand there. The
 * command decides later whether it has the option. */
int cli_front_words(const char *word);

/* Returns the first command that has this option, or NULL. `name` ends with a NUL or with '='. */
const CliCommand *cli_front_owner(const char *name);

/* Print why this word cannot stand in front of a command. Returns the exit status. */
int cli_front_refuse(const char *word);

#endif
