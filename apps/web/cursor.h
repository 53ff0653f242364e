/* SPDX-License-Identifier: MIT */
/* Where the next page of a list begins, in a text that clients hand back as it is. */
#ifndef RV_WEB_CURSOR_H
#define RV_WEB_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Cursor {
    uint64_t state; // of the library, when the first page was made
    uint64_t offset;
    uint64_t query; // a digest of what was asked, so that one question's cursor is not another's
} Cursor;

#define CURSOR_SIZE 64

void cursor_write(const Cursor *cursor, char text[CURSOR_SIZE]);
/* Returns false if it is none. */
bool cursor_read(const char *text, Cursor *out);

#endif
