/* SPDX-License-Identifier: MIT */
/* What every command consists of. */
#ifndef RV_CLI_CLI_H
#define RV_CLI_CLI_H

#include <stddef.h>
#include <stdio.h>

#include "options.h"

/* Exit statuses. */
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_WRONG_USAGE = 2,
    CLI_PARTLY = 3,        // some inputs failed, or some videos could not be searched; stderr names them
    CLI_INTERRUPTED = 130, // Ctrl-C; cli_finish changes it to 143 for SIGTERM and 129 for SIGHUP
    CLI_BROKEN_PIPE = 141, // the status that shells report for a program ended by SIGPIPE
};

typedef struct CliCommand CliCommand;
struct CliCommand {
    const char *name;        // "index", "model fetch"
    const char *arguments;   // "PATH|URL..." as shown in the usage line
    const char *summary;     // one line
    const char *description; // paragraphs separated by '\n'; wrapped when printed
    const char *examples;    // lines, printed as they are
    const CliOption *options;
    size_t option_count, settings_bytes;
    size_t min_arguments, max_arguments;
    void (*more)(FILE *out); // prints what else the help says, behind the options; may be NULL
    const struct CliHelpEntry *exit_statuses; // help_text.h; NULL: those of all commands
    // Returns the exit status. settings: zeroed, then as the options say; the command may change them.
    int (*run)(const CliCommand *command, void *settings, const CliValues *values);
};

/* The members for a table of options whose fields are in a struct of this type. */
#define CLI_OPTIONS(Type, table)                                                                             \
    .options = (table), .option_count = sizeof(table) / sizeof(table)[0], .settings_bytes = sizeof(Type)

extern const CliCommand cli_command_index, cli_command_search, cli_command_list, cli_command_info,
    cli_command_remove, cli_command_verify, cli_command_sheet, cli_command_embed, cli_command_inspect_tokens,
    cli_command_inspect_pixels, cli_command_model_list, cli_command_model_fetch, cli_command_model_info,
    cli_command_model_verify, cli_command_model_add, cli_command_model_remove, cli_command_doctor,
    cli_command_ann_build, cli_command_ann_drop, cli_command_ann_info, cli_command_sql, cli_command_export,
    cli_command_import, cli_command_reembed, cli_command_timeline, cli_command_clip, cli_command_serve;

/* All commands, in the order of the help text; ends with NULL. */
extern const CliCommand *const cli_commands[];

#endif
