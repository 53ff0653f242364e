/* SPDX-License-Identifier: MIT */
/* JSON lines from strings that need not be UTF-8, with floats that read back exactly. */
#include "json_text.h"

#include <stdlib.h>

#include "text.h"

json_t *cli_json_string(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *clean = cli_text_clean(text);
    string = clean != NULL ? json_string(clean) : NULL;
    free(clean);
    return string;
}

bool cli_json_line(const json_t *value, FILE *file)
{
    return cli_json_line_digits(value, 9, file);
}

bool cli_json_line_digits(const json_t *value, int digits, FILE *file)
{
    char *line = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
    if (line == NULL)
        return false;
    fputs(line, file);
    fputc('\n', file);
    free(line);
    return true;
}
