/* SPDX-License-Identifier: MIT */
/* What the terminal can: its width, colours; and what it may be given. */
#ifndef RV_CLI_TERMINAL_H
#define RV_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Returns the columns of the terminal that the file is, or what COLUMNS says in their place; 0 if the file is no
 * terminal or its width is unknown. */
size_t cli_terminal_columns(FILE *file);

/* Returns false for a file in memory too. */
bool cli_is_terminal(FILE *file);

/* Write a text of several lines: as it is, or on a terminal with its lines as cli_text_clean shows them. */
void cli_write_shown(const char *text, size_t size_bytes, FILE *file);

/* Returns the number in COLUMNS; 0 if there is none. */
size_t cli_wanted_columns(void);

/* Returns whether colours may be written to the file: NO_COLOR (no-color.org), CLICOLOR_FORCE and CLICOLOR
 * (bixense.com/clicolors) decide in this order, else terminals get them, except dumb ones. */
bool cli_terminal_colours(FILE *file);

typedef enum CliStyle { CLI_STYLE_NONE, CLI_STYLE_STRONG, CLI_STYLE_ERROR, CLI_STYLE_WARNING } CliStyle;

/* Returns what to write before text of this style, and CLI_STYLE_NONE behind it; "" if the file gets no colours. */
const char *cli_style(FILE *file, CliStyle style);

/* Print `length` bytes of a paragraph, wrapped between words at `width` columns (0: not wrapped), and a
 * newline. The cursor is at `column`; further lines begin at `indent`. */
void cli_print_wrapped(FILE *file, const char *text, size_t length, size_t column, size_t indent,
                       size_t width);

#endif
