/* SPDX-License-Identifier: MIT */
/* Further stores of one library, so that several threads can search it at the same time. */
#ifndef RV_LIBRARY_READERS_H
#define RV_LIBRARY_READERS_H

#include <pthread.h>
#include <sys/stat.h>

#include "store/store.h"

/* If so many searches run at the same time, the next one waits until one of them ends. */
#define READERS_MAX 32

/* The file of a library, whatever its name is by now. */
typedef struct LibraryFile {
    bool known; // false: the library is not a file
    struct stat facts;
} LibraryFile;

typedef struct Readers {
    pthread_mutex_t mutex; // guards idle, idle_count, open_count
    pthread_cond_t given_back;
    char *uri;        // owned, as the library was opened; NULL: no further store of it can be opened
    LibraryFile file; // of the library's own store, when it was opened
    RvLog log;
    Store *idle[READERS_MAX];
    size_t idle_count, open_count;
} Readers;

/* uri: as rv_store_open took it for `first`. Errors: MEMORY. Clear also after an error. */
RvStatus rv_readers_init(Readers *readers, const char *uri, Store *first, RvLog log, RvError *err);
/* All stores were given back. */
void rv_readers_clear(Readers *readers);

/* A store of the library that only this thread uses, for reading, until it is given back. Returns NULL if none
 * can be opened, for example because the file was renamed or the server takes no further connection: use the
 * library's own store. Threads: any number. */
Store *rv_readers_take(Readers *readers);
void rv_readers_give_back(Readers *readers, Store *store);

#endif
