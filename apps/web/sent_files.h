/* SPDX-License-Identifier: MIT */
/* Files that are being sent. libmicrohttpd waits for ever for the rest of one that has become shorter, so its connection
 * is then closed. A thread of its own looks at their sizes: it may wait for a disk that does not answer, and nothing else
 * waits for it. */
#ifndef RV_WEB_SENT_FILES_H
#define RV_WEB_SENT_FILES_H

#include <stdint.h>

#include "reelvec/status.h"

typedef struct SentFiles SentFiles;
typedef struct SentFile SentFile;

/* Starts the thread. Errors: MEMORY. */
RvStatus sent_files_create(SentFiles **out, RvError *err);
/* Everything was removed. Returns soon also if the thread does not, which then releases what is left when it does. NULL
 * is accepted. */
void sent_files_destroy(SentFiles *files);

/* The file is sent to the connection up to its byte `end`. Both descriptors stay the caller's. NULL: it cannot be looked
 * at. */
SentFile *sent_files_add(SentFiles *files, int connection, int file, uint64_t end);
/* The connection is not touched afterwards. NULL is accepted. */
void sent_files_remove(SentFiles *files, SentFile *file);

#endif
