/* SPDX-License-Identifier: MIT */
/* Manual pages and completions of shells, written from the tables of the commands when the program is built. */
#ifndef RV_CLI_PAGES_PAGES_H
#define RV_CLI_PAGES_PAGES_H

#include <stdio.h>

#include "cli/cli.h"

#define PAGE_WORDS_SIZE 4096 // of the words that an argument may be

/* reelvec(1), and the page of a command. roff with the macros of man(7). */
void page_man_program(FILE *out);
void page_man_command(FILE *out, const CliCommand *command);

/* Completions of the three shells. */
void page_bash(FILE *out);
void page_zsh(FILE *out);
void page_fish(FILE *out);

/* Returns the number of letters of the first word of a command's name. */
size_t page_first_word(const CliCommand *command);

/* Returns the second word of a command's name, or NULL. */
const char *page_second_word(const CliCommand *command);

/* Returns whether no command before this one has the same first word. */
bool page_is_first_of_group(const CliCommand *command);

/* Returns the command that this is first with an option of this name. */
bool page_is_first_with(const CliCommand *command, const CliOption *option);

#endif
