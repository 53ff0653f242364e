/* SPDX-License-Identifier: MIT */
/* Allocation with overflow-checked sizes. */
#ifndef RV_BASE_MEM_H
#define RV_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

/* Alignment of every float array in bytes: two cache lines, because processors fetch them in pairs. Each is also
 * one AVX-512 register. */
#define RV_MEM_ALIGNMENT 128

/* Write count * size_bytes into *product. Returns false if the product overflows. */
bool rv_mem_multiply(size_t count, size_t size_bytes, size_t *product);

/* count / by, rounded up, and the multiple of `to` that is not below count. */
static inline size_t rv_divide_up(size_t count, size_t by)
{
    return count / by + (count % by != 0);
}

static inline size_t rv_round_up(size_t count, size_t to)
{
    return rv_divide_up(count, to) * to;
}

/* Zeroed memory for count items. Returns NULL, with a message in err, if the memory is refused or the size
 * overflows. Free with free(). */
void *rv_mem_alloc(size_t count, size_t item_bytes, RvError *err);

/* The same, aligned to RV_MEM_ALIGNMENT and not zeroed. Free with free(). */
void *rv_mem_alloc_aligned(size_t count, size_t item_bytes, RvError *err);

/* Room for `needed` items in a growing array of *capacity items (NULL and 0 at first). If there is not enough,
 * it becomes at least twice as many as before, so that adding one after the other moves each item a few times at
 * most. Returns the items, which may have moved, or NULL, with a message in err, if the memory is refused; then
 * the items stay where they are. */
void *rv_mem_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes, RvError *err);

/* A copy of a string. Returns NULL, with a message in err, if the memory is refused. Free with free(). */
char *rv_mem_copy_string(const char *text, RvError *err);

#endif
