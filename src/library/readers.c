/* SPDX-License-Identifier: MIT */
/* Further stores of one library, so that several threads can search it at the same time. */
#include "library/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "naming/same_file.h"

#define PATH_BYTES 8192

/* Returns facts that stay the same if the file is renamed or another one takes its place. */
static LibraryFile file_of(Store *store)
{
    char path[PATH_BYTES];
    LibraryFile file = {0};
    file.known =
        rv_store_derived_path(store, "", path, sizeof path, NULL) == RV_OK && stat(path, &file.facts) == 0;
    return file;
}

/* Two libraries that are no files are one, because they have one address. */
static bool still_there(const LibraryFile *before, const LibraryFile *now)
{
    return before->known == now->known && (!now->known || rv_same_file(&before->facts, &now->facts));
}

RvStatus rv_readers_init(Readers *readers, const char *uri, Store *first, RvLog log, RvError *err)
{
    *readers = (Readers){.log = log};
    pthread_mutex_init(&readers->mutex, NULL);
    pthread_cond_init(&readers->given_back, NULL);
    // The address of the default library is its path.
    const char *address = uri != NULL ? uri : rv_store_uri(first);
    if (rv_ascii_begins(address, "memory:"))
        return RV_OK;
    readers->file = file_of(first);
    readers->uri = rv_mem_copy_string(address, err);
    return readers->uri != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_readers_clear(Readers *readers)
{
    for (size_t i = 0; i < readers->idle_count; i++)
        rv_store_close(readers->idle[i]);
    free(readers->uri);
    pthread_cond_destroy(&readers->given_back);
    pthread_mutex_destroy(&readers->mutex);
}

/* Returns NULL if it cannot be opened, or if the address leads to another library by now. */
static Store *open_reader(const Readers *readers)
{
    StoreOptions options = {.read_only = true, .log = readers->log};
    Store *store = NULL;
    if (rv_store_open(readers->uri, &options, &store, NULL) != RV_OK)
        return NULL;
    LibraryFile file = file_of(store);
    if (still_there(&readers->file, &file))
        return store;
    rv_store_close(store);
    return NULL;
}

/* Takes an idle store, and waits for one if `limit` are open. Returns NULL if one more may be opened. The
 * mutex is held. */
static Store *take_idle(Readers *readers, size_t limit)
{
    while (readers->idle_count == 0 && readers->open_count >= limit)
        pthread_cond_wait(&readers->given_back, &readers->mutex);
    return readers->idle_count > 0 ? readers->idle[--readers->idle_count] : NULL;
}

Store *rv_readers_take(Readers *readers)
{
    if (readers->uri == NULL)
        return NULL;
    pthread_mutex_lock(&readers->mutex);
    Store *store = take_idle(readers, READERS_MAX);
    bool opens = store == NULL;
    readers->open_count += opens;
    pthread_mutex_unlock(&readers->mutex);
    if (opens)
        store = open_reader(readers);
    if (store != NULL)
        return store;
    pthread_mutex_lock(&readers->mutex);
    readers->open_count--;
    // If a server takes no further connection, the open ones are shared.
    if (readers->open_count > 0)
        store = take_idle(readers, 1);
    pthread_cond_signal(&readers->given_back);
    pthread_mutex_unlock(&readers->mutex);
    return store;
}

void rv_readers_give_back(Readers *readers, Store *store)
{
    pthread_mutex_lock(&readers->mutex);
    readers->idle[readers->idle_count++] = store;
    pthread_cond_signal(&readers->given_back);
    pthread_mutex_unlock(&readers->mutex);
}
