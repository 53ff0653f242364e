/* SPDX-License-Identifier: MIT */
/* JSON lines from strings that need not be UTF-8, with floats that read back exactly. */
#ifndef RV_CLI_JSON_TEXT_H
#define RV_CLI_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Make a JSON string; bytes that are not UTF-8 (file names may have some) become U+FFFD. Returns NULL if
 * memory is refused. Release with json_decref. */
json_t *cli_json_string(const char *text);

/* Write the value and a newline. Numbers have nine digits, which float32 needs to be read back exactly.
 * Return false if memory is refused. */
bool cli_json_line(const json_t *value, FILE *file);
bool cli_json_line_digits(const json_t *value, int digits, FILE *file);

#endif
