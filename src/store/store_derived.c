/* SPDX-License-Identifier: MIT */
/* The store's front for data derived from its rows: checks, and the shape of the change log. */
#include <stdlib.h>

#include "base/error.h"
#include "store/store_backend.h"

RvStatus rv_store_derived_path(Store *store, const char *suffix, char *path, size_t size_bytes, RvError *err)
{
    if (store->backend->derived == NULL)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: this kind of library has no files beside it",
                            store->uri);
    return store->backend->derived->path(store, suffix, path, size_bytes, err);
}

RvStatus rv_store_derived_state(Store *store, const char *name, DerivedState *out, RvError *err)
{
    *out = (DerivedState){0};
    if (store->backend->derived == NULL)
        return RV_OK;
    RvStatus status = store->backend->derived->state(store, name, out, err);
    if (status != RV_OK)
        *out = (DerivedState){0};
    return status;
}

static int compare_ranges(const void *a, const void *b)
{
    int64_t left = ((const KeyRange *)a)->first, right = ((const KeyRange *)b)->first;
    return (left > right) - (left < right);
}

size_t rv_store_join_ranges(KeyRange *ranges, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].last < ranges[i].first)
            continue;
        KeyRange *open = kept > 0 ? &ranges[kept - 1] : NULL;
        if (open == NULL || (open->last != INT64_MAX && ranges[i].first > open->last + 1))
            ranges[kept++] = ranges[i];
        else if (ranges[i].last > open->last)
            open->last = ranges[i].last;
    }
    return kept;
}

RvStatus rv_store_derived_changes(Store *store, const DerivedState *state, KeyRange **ranges, size_t *count,
                                  RvError *err)
{
    *ranges = NULL;
    *count = 0;
    RvStatus status = store->backend->derived == NULL
                          ? RV_OK
                          : store->backend->derived->changes(store, state, ranges, count, err);
    if (status != RV_OK) {
        free(*ranges);
        *ranges = NULL;
        *count = 0;
        return status;
    }
    *count = rv_store_join_ranges(*ranges, *count);
    return RV_OK;
}

static RvStatus check_derived(const Store *store, RvError *err)
{
    if (store->snapshot_depth > 0)
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: writing inside a snapshot", store->uri);
    if (store->read_only || store->backend->derived == NULL)
        return rv_error_set(err, RV_ERROR_IO, "%s: the library cannot keep derived data", store->uri);
    return RV_OK;
}

RvStatus rv_store_derived_register(Store *store, const char *name, RvError *err)
{
    RvStatus status = check_derived(store, err);
    return status == RV_OK ? store->backend->derived->register_name(store, name, err) : status;
}

RvStatus rv_store_derived_publish(Store *store, const char *name, const DerivedState *seen,
                                  const uint8_t *token, RvStatus (*place)(void *user, RvError *err),
                                  void *user, bool *done, RvError *err)
{
    *done = false;
    RvStatus status = check_derived(store, err);
    if (status != RV_OK)
        return status;
    return store->backend->derived->publish(store, name, seen, token, place, user, done, err);
}
