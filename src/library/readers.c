/* SPDX-License-Identifier: MIT */
/* Further stores of one library, so that several threads can search it at the same time. */
#include "library/readers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/mem.h"

#define PATH_BYTES 8192

RvStatus rv_readers_init(Readers *readers, const char *uri, Store *first, RvLog log, RvError *err)
{
    *readers = (Readers){.first = first, .log = log};
    pthread_mutex_init(&readers->mutex, NULL);
    pthread_cond_init(&readers->given_back, NULL);
    // The default library's address is its path.
    const char *address = uri != NULL ? uri : rv_store_uri(first);
    if (rv_ascii_begins(address, "memory:"))
        return RV_OK;
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

/* Whether both are stores of one file, or of none. A relative path may mean another file by now. */
static bool same_library(Store *a, Store *b)
{
    char path_a[PATH_BYTES], path_b[PATH_BYTES];
    struct stat facts_a, facts_b;
    bool file_a = rv_store_derived_path(a, "", path_a, sizeof path_a, NULL) == RV_OK;
    bool file_b = rv_store_derived_path(b, "", path_b, sizeof path_b, NULL) == RV_OK;
    if (!file_a || !file_b)
        return file_a == file_b;
    return stat(path_a, &facts_a) == 0 && stat(path_b, &facts_b) == 0 && facts_a.st_dev == facts_b.st_dev &&
           facts_a.st_ino == facts_b.st_ino;
}

static RvStatus open_reader(Readers *readers, Store **out, RvError *err)
{
    StoreOptions options = {.read_only = true, .log = readers->log};
    RvStatus status = rv_store_open(readers->uri, &options, out, err);
    if (status == RV_OK && !same_library(readers->first, *out)) {
        rv_store_close(*out);
        *out = NULL;
    }
    return status;
}

/* One that is there, after waiting if need be; NULL: one more may be opened. The mutex is held. */
static Store *take_idle(Readers *readers, size_t limit)
{
    while (readers->idle_count == 0 && readers->open_count >= limit)
        pthread_cond_wait(&readers->given_back, &readers->mutex);
    return readers->idle_count > 0 ? readers->idle[--readers->idle_count] : NULL;
}

RvStatus rv_readers_take(Readers *readers, Store **out, RvError *err)
{
    RvStatus status = RV_OK;
    *out = NULL;
    if (readers->uri == NULL)
        return RV_OK;
    pthread_mutex_lock(&readers->mutex);
    *out = take_idle(readers, READERS_MAX);
    bool opens = *out == NULL;
    readers->open_count += opens;
    pthread_mutex_unlock(&readers->mutex);
    if (!opens)
        return RV_OK;
    status = open_reader(readers, out, err);
    if (*out != NULL)
        return RV_OK;
    pthread_mutex_lock(&readers->mutex);
    readers->open_count--;
    // A server may have as many connections as it takes: the open ones go round.
    if (status != RV_OK && readers->open_count > 0) {
        *out = take_idle(readers, 1);
        status = *out != NULL ? RV_OK : status;
    }
    pthread_cond_signal(&readers->given_back);
    pthread_mutex_unlock(&readers->mutex);
    return status;
}

void rv_readers_give_back(Readers *readers, Store *store)
{
    pthread_mutex_lock(&readers->mutex);
    readers->idle[readers->idle_count++] = store;
    pthread_cond_signal(&readers->given_back);
    pthread_mutex_unlock(&readers->mutex);
}
