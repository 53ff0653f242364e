/* SPDX-License-Identifier: MIT */
/* The pieces of a vocabulary: numbers by text and texts by number. */
#ifndef RV_PIECE_TABLE_H
#define RV_PIECE_TABLE_H

#include <stdbool.h>

#include "base/buffer.h"

#define PIECE_MAX_BYTES 512
#define PIECE_NUMBER_MAX (1 << 22)

/* Open addressing, at most half full. Texts are not empty and need not be UTF-8. */
typedef struct PieceTable {
    Buffer texts;
    struct PiecePlace {
        uint32_t at, size_bytes; // in texts; size 0: no piece has this number
    } * places;
    size_t number_limit; // numbers are below it
    uint64_t *slots;     // hash << 32 | number + 1; 0 is empty. NULL: not indexed
    size_t slot_count;   // a power of two
    size_t piece_count, longest_bytes;
    size_t number_end; // behind the highest number that is used
} PieceTable;

/* Make room for numbers below number_limit (at most PIECE_NUMBER_MAX). Nothing is found before rv_pieces_index. Clear it
 * with rv_pieces_clear, also after an error. Errors: MEMORY. */
RvStatus rv_pieces_init(PieceTable *table, size_t number_limit, RvError *err);
void rv_pieces_clear(PieceTable *table);

/* Add a piece; path begins the message. Errors: FORMAT (also if the number is taken or, in a table that has been indexed,
 * the text), MISMATCH (a number that the model does not have), MEMORY. */
RvStatus rv_pieces_add(PieceTable *table, const void *text, size_t size_bytes, int64_t number,
                       const char *path, RvError *err);

/* Make all pieces ready to be found; more can be added later. Errors: FORMAT (two pieces with one text), MEMORY. */
RvStatus rv_pieces_index(PieceTable *table, const char *path, RvError *err);

/* The hash of a text: every bit depends on every byte. */
uint64_t rv_pieces_hash(const void *text, size_t size_bytes);

/* Returns the text of a number, not terminated, and its size; NULL if no piece has it. */
const uint8_t *rv_pieces_text(const PieceTable *table, int32_t number, size_t *size_bytes);

/* Returns the number of the piece with this text, or -1. */
int32_t rv_pieces_find(const PieceTable *table, const void *text, size_t size_bytes);

/* Returns the number of the longest piece that the text begins with, and its size; or -1. */
int32_t rv_pieces_find_longest(const PieceTable *table, const void *text, size_t size_bytes,
                               size_t *piece_bytes);

/* The pieces that a text begins with, shortest first. */
typedef struct PieceWalk {
    const PieceTable *table;
    const uint8_t *text;
    size_t at, end;
    uint64_t hash;
} PieceWalk;

PieceWalk rv_pieces_walk(const PieceTable *table, const void *text, size_t size_bytes);

/* Returns the number of the next piece, which ends at walk->at, or -1 if there is none. */
int32_t rv_pieces_step(PieceWalk *walk);

#endif
