/* SPDX-License-Identifier: MIT */
/* Words of suggested commands, as a shell takes them when they are pasted. */
#ifndef RV_CLI_SHELL_WORD_H
#define RV_CLI_SHELL_WORD_H

#include <stdbool.h>
#include <stdio.h>

/* Write the text as one word for sh, bash and zsh: in double quotes if nothing in it means something there, else in
 * single ones, and control characters as $'\012', which dash does not know. quoted: also if it needs no quotes. */
void cli_shell_put(FILE *out, const char *text, bool quoted);

/* The same into text[size_bytes], without quotes where none are needed; "" if it does not fit. Returns text. */
const char *cli_shell_word(const char *word, char *text, size_t size_bytes);

#endif
