/* SPDX-License-Identifier: MIT */
/* Byte-pair merges on token numbers. */
#ifndef RV_BPE_H
#define RV_BPE_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#define BPE_MERGE_MAX ((size_t)1 << 20)

typedef struct BpeMerge {
    int32_t left, right; // left < 0 marks an empty slot
    int32_t merged;
    uint32_t rank; // the lowest rank is merged first
} BpeMerge;

/* Merges by pair: open addressing, at most half full. */
typedef struct BpeTable {
    BpeMerge *slots;
    size_t slot_count; // a power of two
    uint32_t merge_count;
} BpeTable;

/* Allocate for max_merges merges. Errors: FORMAT (more than BPE_MERGE_MAX), MEMORY. */
RvStatus rv_bpe_init(BpeTable *table, size_t max_merges, RvError *err);
void rv_bpe_clear(BpeTable *table);

/* Add the next merge in rank; at most max_merges times. A pair that is added twice has its last rank, as in a
 * Python dict. */
void rv_bpe_add(BpeTable *table, int32_t left, int32_t right, int32_t merged);

/* Returns a merge that makes this token, or NULL. Looks through all of them. */
const BpeMerge *rv_bpe_find_merged(const BpeTable *table, int32_t merged);

/* Merge tokens[*count] in place, as OpenAI's loop does: repeatedly all occurrences, from left to right, of
 * the pair with the lowest rank. Takes count * log(count) steps. Errors: MEMORY. */
RvStatus rv_bpe_merge(const BpeTable *table, int32_t *tokens, size_t *count, RvError *err);

#endif
