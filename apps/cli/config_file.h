/* SPDX-License-Identifier: MIT */
/* The user's settings file: values of options that neither the command line nor a variable gives. */
#ifndef RV_CLI_CONFIG_FILE_H
#define RV_CLI_CONFIG_FILE_H

#include "cli.h"

typedef struct CliConfig CliConfig;

/* Write where the file is or would be: REELVEC_CONFIG, else $XDG_CONFIG_HOME/reelvec/config.toml, else below
 * ~/.config. Returns false if there is to be none: REELVEC_CONFIG is empty, or there is no home. */
bool cli_config_path(char *path, size_t size_bytes);

/* Read and check the file. *out is NULL if there is none. Free with cli_config_free. Errors: ARGUMENT with the line if
 * it has what no command knows, IO, MEMORY. */
RvStatus cli_config_read(CliConfig **out, RvError *err);
void cli_config_free(CliConfig *config);

/* Put the values that count for this command into its settings, where `values` has no such option yet. The settings
 * then borrow from the config. Errors: ARGUMENT with the line. config may be NULL. */
RvStatus cli_config_apply(CliConfig *config, const CliCommand *command, void *settings, CliValues *values,
                          RvError *err);

/* Write "library, search.top": what the file sets, or (applied) what the last cli_config_apply took. */
void cli_config_list(const CliConfig *config, bool applied, char *text, size_t size_bytes);

#endif
