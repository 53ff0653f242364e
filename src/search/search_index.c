/* SPDX-License-Identifier: MIT */
/* What searches of a library stand on beside its rows: codes, lists, a device that holds codes. */
#include "search/search_index.h"

#include <stdlib.h>

#include "base/mem.h"

RvStatus rv_search_index_create(const char *device, RvLog log, SearchIndex **out, RvError *err)
{
    SearchIndex *index = rv_mem_alloc(1, sizeof *index, err);
    SearchMemory *memory = rv_mem_alloc(1, sizeof *memory, err);
    *out = NULL;
    if (index == NULL || memory == NULL) {
        free(index);
        free(memory);
        return RV_ERROR_MEMORY;
    }
    rv_code_memory_init(&memory->codes);
    rv_list_memory_init(&memory->lists);
    RvStatus status = rv_device_memory_init(&memory->device, device, err);
    *index = (SearchIndex){.memory = memory,
                           .codes = {.memory = &memory->codes, .log = log},
                           .lists = {.memory = &memory->lists, .log = log},
                           .device = {.memory = &memory->device, .log = log}};
    if (status == RV_OK)
        *out = index;
    else
        rv_search_index_destroy(index);
    return status;
}

void rv_search_index_destroy(SearchIndex *index)
{
    if (index == NULL)
        return;
    rv_code_memory_clear(&index->memory->codes);
    rv_list_memory_clear(&index->memory->lists);
    rv_device_memory_clear(&index->memory->device);
    free(index->memory);
    free(index);
}

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
