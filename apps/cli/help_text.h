/* SPDX-License-Identifier: MIT */
/* What --help and the manual pages say besides the tables of the commands. */
#ifndef RV_CLI_HELP_TEXT_H
#define RV_CLI_HELP_TEXT_H

typedef struct CliHelpEntry {
    const char *left, *right;
} CliHelpEntry;

/* Each ends with an entry whose left side is NULL. */
extern const CliHelpEntry cli_exit_statuses[], cli_variables[];

extern const char cli_about[];       // a paragraph
extern const char cli_first_steps[]; // lines, printed as they are
extern const char cli_streams[];     // a sentence
extern const char cli_settings[];    // a paragraph on the settings file

#endif
