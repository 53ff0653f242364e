/* SPDX-License-Identifier: MIT */
/* How much room the terminal has. */
#ifndef RV_CLI_TERMINAL_H
#define RV_CLI_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* Returns the columns of the terminal that the file is; 0 if it is none or its width is unknown. */
size_t cli_terminal_columns(FILE *file);

/* Print `length` bytes of a paragraph, wrapped between words at `width` columns (0: not wrapped), and a
 * newline. The cursor is at `column`; further lines begin at `indent`. */
void cli_print_wrapped(FILE *file, const char *text, size_t length, size_t column, size_t indent,
                       size_t width);

#endif
