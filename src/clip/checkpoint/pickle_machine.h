/* SPDX-License-Identifier: MIT */
/* The machine that a pickle is a program for, as far as checkpoints need it: bytes, a stack and a memo. */
#ifndef RV_PICKLE_MACHINE_H
#define RV_PICKLE_MACHINE_H

#include "clip/checkpoint/pickle_value.h"
#include "reelvec/status.h"

/* Limit of values in a pickle. A CLIP of any size needs some ten thousand. */
#define PICKLE_VALUE_MAX ((size_t)1 << 18)

typedef struct PickleMachine {
    const uint8_t *at, *end; // bytes that are not read yet
    const char *path;        // for messages
    Pickle *pickle;          // owns all values
    size_t room; // PICKLE_VALUE_MAX, or the number of bytes if less: an opcode pushes at most one value
    PickleValue **stack; // [room], the first `depth` are in use; borrows the values
    size_t depth;
    PickleValue **memo; // [room], NULL where nothing is stored
    size_t memo_count;  // entries that are filled
    PickleValue mark;
    RvError *err; // never NULL
} PickleMachine;

/* Set the error FORMAT, "PATH: damaged pickle: WHAT; ...". Returns RV_ERROR_FORMAT. */
RvStatus rv_pickle_damaged(PickleMachine *machine, const char *what);

/* ---- bytes ---- */

/* Returns the next `count` bytes and moves behind them, or NULL with a message if they are missing. */
const uint8_t *rv_pickle_take(PickleMachine *machine, size_t count);

/* Read a little-endian number of `count` bytes, 8 at most. Errors: FORMAT. */
RvStatus rv_pickle_take_number(PickleMachine *machine, size_t count, uint64_t *out);

/* ---- the stack ---- */

/* Errors: FORMAT if the stack is full. */
RvStatus rv_pickle_push(PickleMachine *machine, PickleValue *value);

/* Push a new value and return it, or NULL with a message (FORMAT: too many values; MEMORY). */
PickleValue *rv_pickle_push_new(PickleMachine *machine, PickleKind kind);
RvStatus rv_pickle_push_integer(PickleMachine *machine, PickleKind kind, int64_t integer);

/* Remove and return the topmost value, or NULL with a message (FORMAT) if there is none or it is a mark. */
PickleValue *rv_pickle_pop(PickleMachine *machine);

/* Write the stack index of the first value above the topmost mark. Errors: FORMAT if there is no mark. */
RvStatus rv_pickle_find_mark(PickleMachine *machine, size_t *first);

/* Append items[count] to the container. Errors: MEMORY. */
RvStatus rv_pickle_add_items(PickleMachine *machine, PickleValue *container, PickleValue **items,
                             size_t count);

#endif
