/* SPDX-License-Identifier: MIT */
/* The members of the public library handle, and the lock that its calls hold. */
#ifndef RV_LIBRARY_HANDLE_H
#define RV_LIBRARY_HANDLE_H

#include <pthread.h>

#include "engine/engine_parts.h"
#include "library/readers.h"
#include "reelvec/library.h"
#include "search/search_index.h"
#include "store/store.h"

struct RvLibrary {
    RvEngine *engine;
    pthread_mutex_t mutex; // guards store; recursive, since callbacks of a call may make another one
    Store *store;
    Readers readers;    // a search takes one of these if the store is in use
    bool has_readers;   // rv_readers_init was called
    SearchIndex *index; // used by any number of threads
    RvLog log;          // write_line, one call at a time
    RvLog user_log;
    pthread_mutex_t log_mutex;
};

/* Every call that uses the store of the library is between these two. */
static inline Store *enter(RvLibrary *library)
{
    pthread_mutex_lock(&library->mutex);
    return library->store;
}

/* Bring codes and lists up to date with the rows. If that fails, searches are slower but nothing is lost. */
void rv_library_update_derived(RvLibrary *library);

/* Returns the status. */
static inline RvStatus leave(RvLibrary *library, RvStatus status)
{
    pthread_mutex_unlock(&library->mutex);
    return status;
}

#endif
