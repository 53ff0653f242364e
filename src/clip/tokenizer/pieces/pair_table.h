/* SPDX-License-Identifier: MIT */
/* Ranks of merges in little memory: 12 to 16 bytes each, by hashes of the two texts. */
#ifndef RV_PAIR_TABLE_H
#define RV_PAIR_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#define PAIR_COUNT_MAX ((1u << 20) - 1)

/* Open addressing, at most two thirds full. A pair is known by a hash of 64 bits: of the 580,604 merges of Gemma, a pair
 * that is none of them is taken for one with a probability below 1 in 10^13. */
typedef struct PairTable {
    uint64_t *slots;   // high bits of the key, rank in the low RANK_BITS; UINT64_MAX is empty
    size_t slot_count; // a power of two; 0 in an empty table
} PairTable;

/* The key of two neighbours: from their rv_pieces_hash. */
static inline uint64_t rv_pairs_key(uint64_t left, uint64_t right)
{
    uint64_t hash = (left ^ left >> 32) * 0x9e3779b97f4a7c15u + right;
    hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

/* The pair of the first key is merged first; of equal pairs the last counts, as in a Python dict. Errors: FORMAT (too
 * many pairs, or an adversary's), MEMORY. */
RvStatus rv_pairs_init(PairTable *table, const uint64_t *keys, size_t count, const char *path, RvError *err);
void rv_pairs_clear(PairTable *table);

/* Returns the rank of a pair, or -1. */
int32_t rv_pairs_find(const PairTable *table, uint64_t key);

#endif
