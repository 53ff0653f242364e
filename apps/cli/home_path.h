/* SPDX-License-Identifier: MIT */
/* "~/" in front of paths that no shell has seen: behind "--library=", in the settings file, in variables. */
#ifndef RV_CLI_HOME_PATH_H
#define RV_CLI_HOME_PATH_H

#include "cli.h"

/* Replace "~/" by the user's home in values of options that are files, folders, models or programs. The values own the
 * new texts. Errors: MEMORY. */
RvStatus cli_home_expand(const CliCommand *command, void *settings, CliValues *values, RvError *err);

/* The same for the variables that name such. Call it before threads begin. */
void cli_home_expand_variables(void);

#endif
