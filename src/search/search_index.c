/* SPDX-License-Identifier: MIT */
/* What searches of a library use besides its rows: codes, lists, a device that holds codes. */
#include "search/search_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"

#define KEY_BYTES 128
#define PATH_BYTES 8192

/* ---- memory ------------------------------------------------------------------------------------------- */

static void destroy_memory(void *object)
{
    SearchMemory *memory = object;
    rv_code_memory_clear(&memory->codes);
    rv_list_memory_clear(&memory->lists);
    rv_device_memory_clear(&memory->device);
    free(memory);
}

/* user: the name of the device. */
static RvStatus make_memory(void *user, void **out, RvError *err)
{
    SearchMemory *memory = rv_mem_alloc(1, sizeof *memory, err);
    if (memory == NULL)
        return RV_ERROR_MEMORY;
    rv_code_memory_init(&memory->codes);
    rv_list_memory_init(&memory->lists);
    RvStatus status = rv_device_memory_init(&memory->device, user, err);
    if (status == RV_OK)
        *out = memory;
    else
        destroy_memory(memory);
    return status;
}

/* false: the library is no file, and has no memory to share. */
static bool write_key(Store *store, const char *device, char *key, size_t size_bytes)
{
    char path[PATH_BYTES];
    struct stat facts;
    if (rv_store_derived_path(store, "", path, sizeof path, NULL) != RV_OK || stat(path, &facts) != 0)
        return false;
    snprintf(key, size_bytes, "%llx:%llx:%.*s", (unsigned long long)facts.st_dev,
             (unsigned long long)facts.st_ino, DEVICE_NAME_BYTES, device != NULL ? device : "cpu");
    return true;
}

RvStatus rv_search_index_create(Shared *shared, Store *store, const char *device, RvLog log,
                                SearchIndex **out, RvError *err)
{
    char key[KEY_BYTES];
    void *memory = NULL;
    *out = NULL;
    SearchIndex *index = rv_mem_alloc(1, sizeof *index, err);
    if (index == NULL)
        return RV_ERROR_MEMORY;
    bool is_shared = shared != NULL && write_key(store, device, key, sizeof key);
    RvStatus status = is_shared ? rv_shared_hold(shared, key, make_memory, (void *)device, &memory, err)
                                : make_memory((void *)device, &memory, err);
    if (status != RV_OK) {
        free(index);
        return status;
    }
    SearchMemory *held = memory;
    *index = (SearchIndex){.memory = held,
                           .shared = is_shared ? shared : NULL,
                           .codes = {.memory = &held->codes, .log = log},
                           .lists = {.memory = &held->lists, .log = log},
                           .device = {.memory = &held->device, .log = log}};
    *out = index;
    return RV_OK;
}

void rv_search_index_destroy(SearchIndex *index)
{
    if (index == NULL)
        return;
    if (index->shared != NULL)
        rv_shared_release(index->shared, index->memory, destroy_memory);
    else
        destroy_memory(index->memory);
    free(index);
}

/* ---- making and looking ------------------------------------------------------------------------------- */

void rv_search_index_ensure(SearchIndex *index, Store *store, ThreadPool *pool)
{
    DerivedState state = {0};
    RvError err = {0};
    if (rv_store_is_read_only(store) || atomic_exchange(&index->ensured, true))
        return;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &state, &err);
    if (status == RV_OK && state.supported && !state.published)
        status = rv_codes_update(&index->codes, store, pool, 0, &err);
    if (status != RV_OK)
        rv_codes_warn(&index->codes, store, err.message);
}

RvStatus rv_search_index_build(SearchIndex *index, Store *store, ThreadPool *pool,
                               const RvAnnOptions *options, RvError *err)
{
    return rv_store_ann_is_derived(store)
               ? rv_lists_build(&index->lists, &index->codes, store, pool, options, err)
               : rv_store_ann_build(store, options, err);
}

RvStatus rv_search_index_drop(Store *store, bool *dropped, RvError *err)
{
    *dropped = false;
    return rv_store_ann_is_derived(store) ? rv_lists_drop(store, dropped, err)
                                          : rv_store_ann_drop(store, dropped, err);
}

RvStatus rv_search_index_info(SearchIndex *index, Store *store, RvAnnInfo *out, RvError *err)
{
    *out = (RvAnnInfo){0};
    return rv_store_ann_is_derived(store) ? rv_lists_info(&index->lists, &index->codes, store, out, err)
                                          : rv_store_ann_info(store, out, err);
}
