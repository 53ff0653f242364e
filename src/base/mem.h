/* SPDX-License-Identifier: MIT */
/* Allocation with overflow-checked sizes. */
#ifndef RV_BASE_MEM_H
#define RV_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

/* Alignment of every float array: one cache line, one AVX-512 register. */
#define RV_MEM_ALIGNMENT 64

/* count * size_bytes into *product; false when it does not fit. */
bool rv_mem_multiply(size_t count, size_t size_bytes, size_t *product);

/* Zeroed memory for count items; NULL with a message in err when refused. Free with free(). */
void *rv_mem_alloc(size_t count, size_t item_bytes, RvError *err);

/* The same, aligned to RV_MEM_ALIGNMENT and not zeroed. Free with free(). */
void *rv_mem_alloc_aligned(size_t count, size_t item_bytes, RvError *err);

/* A copy of a string; NULL with a message in err when refused. */
char *rv_mem_copy_string(const char *text, RvError *err);

#endif
