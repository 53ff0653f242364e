/* SPDX-License-Identifier: MIT */
/* What was left out of a file that is sent, or changed in it: lines in a header of the answer. */
#ifndef RV_WEB_NOTES_H
#define RV_WEB_NOTES_H

#include <stddef.h>

#include "reply.h"

/* Zeroed: none. */
typedef struct Notes {
    char lines[1024]; // those that there was room for
    size_t size;
    size_t more; // that there was none for
} Notes;

void notes_add(Notes *notes, const char *line);
/* As Reelvec-Notes, percent-encoded UTF-8, a line feed between two; not if there are none. */
void notes_send(const Notes *notes, Reply *reply);

#endif
