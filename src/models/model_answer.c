/* SPDX-License-Identifier: MIT */
/* What servers state about a file in the headers of their answers, over a chain of redirects. */
#include "models/model_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 512 // no header that is read here is longer

bool rv_model_is_hex(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789abcdef") == count;
}

/* Copy a digest of `count` digits out of a header's value, in quotation marks or not, once. Anything else is
 * ignored, also a digest that is longer. */
static void take_hex(const char *value, size_t count, char *out)
{
    const char *text = value + strspn(value, " \t");
    if (strncmp(text, "W/", 2) == 0)
        text += 2;
    text += *text == '"';
    size_t length = strspn(text, "0123456789abcdef");
    if (out[0] != '\0' || length != count || strchr("\" \t\r\n", text[length]) == NULL)
        return;
    memcpy(out, text, count);
    out[count] = '\0';
}

/* Returns the value of the header `name` if the line is that header, else NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 ? line + length : NULL;
}

/* An ETag is git's name of a file only where a repository answers: content servers use it for other things. */
static void end_headers(ModelAnswer *answer)
{
    if (answer->of_repository && answer->sha256[0] == '\0' && answer->git_id[0] == '\0')
        memcpy(answer->git_id, answer->etag, sizeof answer->git_id);
}

void rv_model_answer_line(ModelAnswer *answer, const char *bytes, size_t size_bytes)
{
    char line[LINE_MAX_BYTES];
    const char *value;
    if (size_bytes >= sizeof line)
        return;
    memcpy(line, bytes, size_bytes);
    line[size_bytes] = '\0'; // numbers end at CR LF
    if (strncmp(line, "HTTP/", 5) == 0) {
        answer->range_start = UINT64_MAX;
        answer->etag[0] = '\0';
        answer->of_repository = false;
    } else if (line[0] == '\r' || line[0] == '\n') {
        end_headers(answer);
    } else if ((value = value_of(line, "content-range: bytes ")) != NULL) {
        answer->range_start = strtoull(value, NULL, 10);
    } else if ((value = value_of(line, "x-linked-size:")) != NULL && answer->size_bytes == 0) {
        answer->size_bytes = strtoull(value, NULL, 10);
    } else if ((value = value_of(line, "x-linked-etag:")) != NULL) {
        take_hex(value, 64, answer->sha256);
        if (answer->sha256[0] == '\0')
            take_hex(value, 40, answer->git_id);
    } else if ((value = value_of(line, "x-repo-commit:")) != NULL) {
        take_hex(value, 40, answer->commit);
        answer->of_repository = true;
    } else if ((value = value_of(line, "etag:")) != NULL) {
        take_hex(value, 40, answer->etag);
    }
}
