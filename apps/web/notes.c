/* SPDX-License-Identifier: MIT */
/* A header is short, so that the first lines are kept, and the others counted. */
#include "notes.h"

#include <stdio.h>
#include <string.h>

#include "percent.h"

#define ENCODED_MAX 900 // a header of a reply holds more
#define LAST_BYTES 64   // "and 123 more", encoded

void notes_add(Notes *notes, const char *line)
{
    json_t *clean = reply_text(line); // names of files may be no UTF-8, which the other side decodes
    const char *text = clean != NULL ? json_string_value(clean) : "";
    size_t length = strlen(text), between = notes->size > 0 ? 1 : 0;
    if (clean == NULL || notes->more > 0 || notes->size + between + length >= sizeof notes->lines) {
        notes->more++;
    } else {
        if (between > 0)
            notes->lines[notes->size++] = '\n';
        memcpy(notes->lines + notes->size, text, length + 1);
        notes->size += length;
    }
    json_decref(clean);
}

static char *encode(const char *text, size_t length, char *to)
{
    for (size_t i = 0; i < length; i++)
        to = percent_put(to, (unsigned char)text[i]);
    return to;
}

void notes_send(const Notes *notes, Reply *reply)
{
    char text[ENCODED_MAX + LAST_BYTES + 1] = "", last[32], *to = text;
    size_t more = notes->more;
    for (const char *line = notes->lines; line < notes->lines + notes->size;) {
        size_t length = strcspn(line, "\n");
        size_t before = line > notes->lines ? 1 : 0; // the line feed
        bool fits =
            to + percent_size(line - before, length + before) <= text + ENCODED_MAX && more == notes->more;
        if (fits)
            to = encode(line - before, length + before, to);
        else
            more++;
        line += length + 1;
    }
    if (more > 0)
        encode(last, (size_t)snprintf(last, sizeof last, "%sand %zu more", to > text ? "\n" : "", more), to);
    if (text[0] != '\0')
        reply_header(reply, "Reelvec-Notes", "%s", text);
}
