/* SPDX-License-Identifier: MIT */
/* What the terminal has room for. */
#ifndef RV_CLI_TERMINAL_H
#define RV_CLI_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal that the file is; 0 where it is none or does not tell. */
size_t cli_terminal_columns(FILE *file);

/* `length` bytes of a paragraph, broken between words at `width` columns (0: not at all), and a newline. The
 * cursor stands at `column`, further lines begin at `indent`. */
void cli_print_wrapped(FILE *file, const char *text, size_t length, size_t column, size_t indent,
                       size_t width);

#endif
