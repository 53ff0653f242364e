/* SPDX-License-Identifier: MIT */
/* Binary searches in rising values. */
#ifndef RV_BASE_FIND_H
#define RV_BASE_FIND_H

#include <stddef.h>
#include <stdint.h>

/* items[count] of item_bytes each, rising by the int64_t at key_offset in each. Returns the index of the
 * first whose key is at least `wanted`, or count. */
static inline size_t rv_find_first(const void *items, size_t count, size_t item_bytes, size_t key_offset,
                                   int64_t wanted)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (*(const int64_t *)((const char *)items + middle * item_bytes + key_offset) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* starts[count + 1] rise from 0: where each part begins, and the end of the last. Returns the part that holds
 * the index, the last one if the index is behind all. */
static inline size_t rv_find_part(const size_t *starts, size_t count, size_t index)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (starts[middle] <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

#endif
