/* SPDX-License-Identifier: MIT */
/* The pieces of a vocabulary: numbers by text and texts by number. */
#include "clip/tokenizer/pieces/piece_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define TEXTS_MAX_BYTES ((size_t)64 << 20)
/* A longer row of taken slots is the work of an adversary: a table that is half full has rows of a few dozen. */
#define PROBES_MAX 4096

#define GROUP 16 // pieces that are entered together

/* FNV-1a, so that the hash of a text is known for each of its beginnings. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_FACTOR 0x100000001b3u

static uint64_t hash_text(const uint8_t *text, size_t size_bytes)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ text[i]) * HASH_FACTOR;
    return hash;
}

/* FNV's low bits depend on few bits of the text; the product's high ones depend on all. */
static uint64_t mix(uint64_t hash)
{
    return (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
}

const uint8_t *rv_pieces_text(const PieceTable *table, int32_t number, size_t *size_bytes)
{
    *size_bytes = number >= 0 && (size_t)number < table->number_end ? table->places[number].size_bytes : 0;
    return *size_bytes > 0 ? table->texts.bytes + table->places[number].at : NULL;
}

uint64_t rv_pieces_hash(const void *text, size_t size_bytes)
{
    uint64_t mixed = mix(hash_text(text, size_bytes));
    return mixed ^ mixed >> 29;
}

RvStatus rv_pieces_init(PieceTable *table, size_t number_limit, RvError *err)
{
    *table = (PieceTable){.number_limit = number_limit};
    rv_buffer_init(&table->texts, TEXTS_MAX_BYTES);
    table->places = rv_mem_alloc(number_limit, sizeof *table->places, err);
    return table->places != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_pieces_clear(PieceTable *table)
{
    rv_buffer_clear(&table->texts);
    free(table->places);
    free(table->slots);
    *table = (PieceTable){0};
}

static size_t first_slot(const PieceTable *table, uint64_t mixed)
{
    return (size_t)(mixed >> 40) & (table->slot_count - 1);
}

/* Returns the slot of a text whose mixed hash this is, or the empty slot where it belongs; NULL after PROBES_MAX
 * others. */
static uint64_t *find_slot(const PieceTable *table, uint64_t mixed, const uint8_t *text, size_t size_bytes)
{
    size_t mask = table->slot_count - 1, at = first_slot(table, mixed);
    for (int probes = 0; probes < PROBES_MAX && table->slots != NULL; probes++) {
        uint64_t slot = table->slots[at];
        if (slot == 0)
            return &table->slots[at];
        if (slot >> 32 == (mixed & UINT32_MAX)) {
            const struct PiecePlace *place = &table->places[(uint32_t)slot - 1];
            if (place->size_bytes == size_bytes &&
                memcmp(table->texts.bytes + place->at, text, size_bytes) == 0)
                return &table->slots[at];
        }
        at = (at + 1) & mask;
    }
    return NULL;
}

/* Enter a piece into the slots. */
static RvStatus enter(PieceTable *table, size_t number, uint64_t mixed, const char *path, RvError *err)
{
    const struct PiecePlace *place = &table->places[number];
    const uint8_t *text = table->texts.bytes + place->at;
    uint64_t *slot = find_slot(table, mixed, text, place->size_bytes);
    if (slot == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: too many tokens with one hash; the file is not sound",
                            path);
    if (*slot != 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: token %.*s is there twice", path,
                            place->size_bytes < 60 ? (int)place->size_bytes : 60, (const char *)text);
    *slot = (mixed & UINT32_MAX) << 32 | (uint64_t)(number + 1);
    return RV_OK;
}

RvStatus rv_pieces_add(PieceTable *table, const void *text, size_t size_bytes, int64_t number,
                       const char *path, RvError *err)
{
    if (size_bytes == 0 || size_bytes > PIECE_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: token %lld has %zu bytes; reelvec takes 1 to %d", path,
                            (long long)number, size_bytes, PIECE_MAX_BYTES);
    int shown = size_bytes < 60 ? (int)size_bytes : 60;
    if (number < 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: token %.*s has number %lld", path, shown,
                            (const char *)text, (long long)number);
    if ((uint64_t)number >= table->number_limit)
        return rv_error_set(
            err, RV_ERROR_MISMATCH,
            "%s: has more tokens than the model's %zu: %.*s has number %lld; take both from one model", path,
            table->number_limit, shown, (const char *)text, (long long)number);
    struct PiecePlace *place = &table->places[number];
    if (place->size_bytes > 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: two tokens have number %lld", path, (long long)number);
    size_t at = table->texts.size_bytes;
    if (rv_buffer_append(&table->texts, text, size_bytes, err) != RV_OK)
        return RV_ERROR_MEMORY;
    *place = (struct PiecePlace){.at = (uint32_t)at, .size_bytes = (uint32_t)size_bytes};
    table->piece_count++;
    if ((size_t)number >= table->number_end)
        table->number_end = (size_t)number + 1;
    if (size_bytes > table->longest_bytes)
        table->longest_bytes = size_bytes;
    return table->slots == NULL ? RV_OK
                                : enter(table, (size_t)number, mix(hash_text(text, size_bytes)), path, err);
}

RvStatus rv_pieces_index(PieceTable *table, const char *path, RvError *err)
{
    RvStatus status = RV_OK;
    table->slot_count = 16;
    while (table->slot_count < 2 * table->number_limit)
        table->slot_count *= 2;
    table->slots = rv_mem_alloc(table->slot_count, sizeof *table->slots, err);
    if (table->slots == NULL)
        return RV_ERROR_MEMORY;
    // In groups, so that the slots of a group come from memory at the same time.
    for (size_t first = 0; first < table->number_end; first += GROUP) {
        uint64_t mixed[GROUP];
        size_t count = table->number_end - first < GROUP ? table->number_end - first : GROUP;
        for (size_t i = 0; i < count; i++) {
            const struct PiecePlace *place = &table->places[first + i];
            mixed[i] = mix(hash_text(table->texts.bytes + place->at, place->size_bytes));
            __builtin_prefetch(&table->slots[first_slot(table, mixed[i])], 1);
        }
        for (size_t i = 0; i < count && status == RV_OK; i++) {
            if (table->places[first + i].size_bytes > 0)
                status = enter(table, first + i, mixed[i], path, err);
        }
    }
    return status;
}

int32_t rv_pieces_find(const PieceTable *table, const void *text, size_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > table->longest_bytes)
        return -1;
    const uint64_t *slot = find_slot(table, mix(hash_text(text, size_bytes)), text, size_bytes);
    return slot != NULL ? (int32_t)(uint32_t)*slot - 1 : -1;
}

int32_t rv_pieces_find_longest(const PieceTable *table, const void *text, size_t size_bytes,
                               size_t *piece_bytes)
{
    int32_t longest = -1, number;
    PieceWalk walk = rv_pieces_walk(table, text, size_bytes);
    while ((number = rv_pieces_step(&walk)) >= 0) {
        longest = number;
        *piece_bytes = walk.at;
    }
    return longest;
}

PieceWalk rv_pieces_walk(const PieceTable *table, const void *text, size_t size_bytes)
{
    size_t end = size_bytes < table->longest_bytes ? size_bytes : table->longest_bytes;
    return (PieceWalk){.table = table, .text = text, .end = end, .hash = HASH_START};
}

int32_t rv_pieces_step(PieceWalk *walk)
{
    while (walk->at < walk->end) {
        walk->hash = (walk->hash ^ walk->text[walk->at++]) * HASH_FACTOR;
        const uint64_t *slot = find_slot(walk->table, mix(walk->hash), walk->text, walk->at);
        if (slot != NULL && *slot != 0)
            return (int32_t)(uint32_t)*slot - 1;
    }
    return -1;
}
