/* SPDX-License-Identifier: MIT */
/* Allocation with overflow-checked sizes. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define FIRST_ITEMS 64 // of a growing array

bool rv_mem_multiply(size_t count, size_t size_bytes, size_t *product)
{
    return !__builtin_mul_overflow(count, size_bytes, product);
}

void *rv_mem_alloc(size_t count, size_t item_bytes, RvError *err)
{
    size_t size_bytes = SIZE_MAX;
    void *memory = NULL;
    if (rv_mem_multiply(count, item_bytes, &size_bytes))
        memory = calloc(1, size_bytes > 0 ? size_bytes : 1);
    if (memory == NULL)
        rv_error_memory(err, size_bytes);
    return memory;
}

void *rv_mem_alloc_aligned(size_t count, size_t item_bytes, RvError *err)
{
    size_t size_bytes = SIZE_MAX;
    void *memory = NULL;
    if (rv_mem_multiply(count, item_bytes, &size_bytes) && size_bytes <= SIZE_MAX - RV_MEM_ALIGNMENT) {
        size_t rounded = rv_round_up(size_bytes, RV_MEM_ALIGNMENT);
        memory = aligned_alloc(RV_MEM_ALIGNMENT, rounded > 0 ? rounded : RV_MEM_ALIGNMENT);
    }
    if (memory == NULL)
        rv_error_memory(err, size_bytes);
    return memory;
}

void *rv_mem_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes, RvError *err)
{
    size_t larger = *capacity < FIRST_ITEMS / 2 ? FIRST_ITEMS : 2 * *capacity, size_bytes = SIZE_MAX;
    void *grown = NULL;
    if (items != NULL && needed <= *capacity)
        return items;
    if (larger < needed)
        larger = needed;
    if (rv_mem_multiply(larger, item_bytes, &size_bytes))
        grown = realloc(items, size_bytes);
    if (grown == NULL) {
        rv_error_memory(err, size_bytes);
        return NULL;
    }
    *capacity = larger;
    return grown;
}

char *rv_mem_copy_string(const char *text, RvError *err)
{
    size_t size_bytes = strlen(text) + 1;
    char *copy = rv_mem_alloc(size_bytes, 1, err);
    if (copy != NULL)
        memcpy(copy, text, size_bytes);
    return copy;
}

void rv_free(void *buffer)
{
    free(buffer);
}
