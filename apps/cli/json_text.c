/* SPDX-License-Identifier: MIT */
/* JSON lines from strings that need not be UTF-8, with floats that read back exactly. */
#include "json_text.h"

#include <stdlib.h>

#include "terminal.h"
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

/* JSON escapes what is below a space. On a terminal the other characters that cli_text_clean replaces are escaped too,
 * so that the line stays the same JSON. */
static void write_escaped(const char *line, FILE *file)
{
    for (const char *at = line; *at != '\0';) {
        size_t count = cli_text_control(at);
        const unsigned char *bytes = (const unsigned char *)at;
        if (count == 0)
            fputc(*at++, file);
        else if (count == 1)
            fprintf(file, "\\u%04X", bytes[0]);
        else if (count == 2)
            fprintf(file, "\\u%04X", (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu));
        else
            fprintf(file, "\\u%04X", (bytes[0] & 0xfu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu));
        at += count;
    }
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
    if (cli_is_terminal(file))
        write_escaped(line, file);
    else
        fputs(line, file);
    fputc('\n', file);
    free(line);
    return true;
}
