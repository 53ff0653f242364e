/* SPDX-License-Identifier: MIT */
/* JSON lines from strings that need not be UTF-8, with floats that read back exactly. */
#ifndef RV_CLI_JSON_TEXT_H
#define RV_CLI_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A string; bytes that are not UTF-8 (file names may have some) become U+FFFD. NULL without memory. */
json_t *cli_json_string(const char *text);

/* The value and a newline; numbers with nine digits, which float32 needs. False without memory. */
bool cli_json_line(const json_t *value, FILE *file);
bool cli_json_line_digits(const json_t *value, int digits, FILE *file);

#endif
