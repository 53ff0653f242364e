/* SPDX-License-Identifier: MIT */
/* Objects that several users share under a key: the first one makes it, the last one destroys it. */
#include "base/shared_objects.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef struct Entry {
    struct Entry *next;
    char *key;
    void *object;
    size_t holder_count;
} Entry;

struct Shared {
    pthread_mutex_t mutex;
    Entry *first;
};

RvStatus rv_shared_create(Shared **out, RvError *err)
{
    *out = rv_mem_alloc(1, sizeof **out, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    pthread_mutex_init(&(*out)->mutex, NULL);
    return RV_OK;
}

void rv_shared_destroy(Shared *shared)
{
    if (shared == NULL)
        return;
    pthread_mutex_destroy(&shared->mutex);
    free(shared);
}

/* The mutex is held. */
static RvStatus add(Shared *shared, const char *key, RvStatus (*make)(void *user, void **out, RvError *err),
                    void *user, Entry **out, RvError *err)
{
    Entry *entry = rv_mem_alloc(1, sizeof *entry, err);
    char *copy = rv_mem_copy_string(key, err);
    RvStatus status = entry != NULL && copy != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        *entry = (Entry){.next = shared->first, .key = copy};
        status = make(user, &entry->object, err);
    }
    if (status != RV_OK) {
        free(copy);
        free(entry);
        return status;
    }
    shared->first = entry;
    *out = entry;
    return RV_OK;
}

RvStatus rv_shared_hold(Shared *shared, const char *key,
                        RvStatus (*make)(void *user, void **out, RvError *err), void *user, void **out,
                        RvError *err)
{
    RvStatus status = RV_OK;
    *out = NULL;
    pthread_mutex_lock(&shared->mutex);
    Entry *entry = shared->first;
    while (entry != NULL && strcmp(entry->key, key) != 0)
        entry = entry->next;
    if (entry == NULL)
        status = add(shared, key, make, user, &entry, err);
    if (status == RV_OK) {
        entry->holder_count++;
        *out = entry->object;
    }
    pthread_mutex_unlock(&shared->mutex);
    return status;
}

void rv_shared_release(Shared *shared, void *object, void (*destroy)(void *object))
{
    Entry *last = NULL;
    pthread_mutex_lock(&shared->mutex);
    for (Entry **at = &shared->first; *at != NULL; at = &(*at)->next) {
        if ((*at)->object != object)
            continue;
        if (--(*at)->holder_count == 0) {
            last = *at;
            *at = last->next;
        }
        break;
    }
    pthread_mutex_unlock(&shared->mutex);
    if (last == NULL)
        return;
    destroy(object);
    free(last->key);
    free(last);
}
