/* SPDX-License-Identifier: MIT */
/* Further stores of one library, so that several threads can search it at the same time. */
#ifndef RV_LIBRARY_READERS_H
#define RV_LIBRARY_READERS_H

#include <pthread.h>

#include "store/store.h"

/* More searches at the same time wait for one of these to end. */
#define READERS_MAX 32

typedef struct Readers {
    pthread_mutex_t mutex; // guards idle, idle_count, open_count
    pthread_cond_t given_back;
    char *uri;    // owned, as the library was opened; NULL: nobody else can open this library
    Store *first; // borrowed: the library's own
    RvLog log;
    Store *idle[READERS_MAX];
    size_t idle_count, open_count;
} Readers;

/* uri: as rv_store_open took it for `first`. Errors: MEMORY. */
RvStatus rv_readers_init(Readers *readers, const char *uri, Store *first, RvLog log, RvError *err);
/* All are given back. */
void rv_readers_clear(Readers *readers);

/* A store of the library for this thread alone, for reading, until it is given back. *out NULL: there can be
 * none, use the library's own. Errors: those of rv_store_open. Threads: any number. */
RvStatus rv_readers_take(Readers *readers, Store **out, RvError *err);
void rv_readers_give_back(Readers *readers, Store *store);

#endif
