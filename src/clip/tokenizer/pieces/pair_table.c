/* SPDX-License-Identifier: MIT */
/* Ranks of merges in little memory, by hashes of the two texts. */
#include "clip/tokenizer/pieces/pair_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define RANK_BITS 20
#define RANK_MASK (((uint64_t)1 << RANK_BITS) - 1)
#define EMPTY UINT64_MAX
#define PROBES_MAX 4096 // as in piece_table.c

static size_t first_slot(const PairTable *table, uint64_t key)
{
    return (size_t)key & (table->slot_count - 1);
}

/* Returns the slot of a pair, or the empty one where it belongs; NULL after PROBES_MAX others. */
static uint64_t *find_slot(const PairTable *table, uint64_t key)
{
    size_t at = first_slot(table, key);
    for (int probes = 0; probes < PROBES_MAX; probes++) {
        if (table->slots[at] == EMPTY || table->slots[at] >> RANK_BITS == key >> RANK_BITS)
            return &table->slots[at];
        at = (at + 1) & (table->slot_count - 1);
    }
    return NULL;
}

RvStatus rv_pairs_init(PairTable *table, const uint64_t *keys, size_t count, const char *path, RvError *err)
{
    *table = (PairTable){.slot_count = 16};
    RvStatus status = RV_OK;
    if (count > PAIR_COUNT_MAX)
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: a vocabulary of %zu merges; reelvec takes %u", path,
                              count, PAIR_COUNT_MAX);
    while (status == RV_OK && 2 * table->slot_count < 3 * count)
        table->slot_count *= 2;
    if (status == RV_OK) {
        table->slots = rv_mem_alloc_aligned(table->slot_count, sizeof *table->slots, err);
        status = table->slots != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status == RV_OK)
        memset(table->slots, 0xff, table->slot_count * sizeof *table->slots);
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        if (i + 8 < count)
            __builtin_prefetch(&table->slots[first_slot(table, keys[i + 8])], 1);
        uint64_t *slot = find_slot(table, keys[i]);
        if (slot == NULL)
            status = rv_error_set(err, RV_ERROR_FORMAT,
                                  "%s: too many merges with one hash; the file is not sound", path);
        else
            *slot = (keys[i] & ~RANK_MASK) | i;
    }
    if (status != RV_OK)
        rv_pairs_clear(table);
    return status;
}

void rv_pairs_clear(PairTable *table)
{
    free(table->slots);
    *table = (PairTable){0};
}

int32_t rv_pairs_find(const PairTable *table, uint64_t key)
{
    if (table->slot_count == 0)
        return -1;
    const uint64_t *slot = find_slot(table, key);
    return slot != NULL && *slot != EMPTY ? (int32_t)(*slot & RANK_MASK) : -1;
}
