/* SPDX-License-Identifier: MIT */
/* The machine that a pickle is a program for, as far as checkpoints need it: bytes, a stack and a memo. */
#include "clip/checkpoint/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

RvStatus rv_pickle_damaged(PickleMachine *machine, const char *what)
{
    return rv_error_set(machine->err, RV_ERROR_FORMAT, "%s: damaged pickle: %s; fetch the file again",
                        machine->path, what);
}

RvStatus rv_pickle_push(PickleMachine *machine, PickleValue *value)
{
    if (machine->depth == machine->room)
        return rv_pickle_damaged(machine, "too many values");
    machine->stack[machine->depth++] = value;
    return RV_OK;
}

PickleValue *rv_pickle_push_new(PickleMachine *machine, PickleKind kind)
{
    Pickle *pickle = machine->pickle;
    if (pickle->value_count == PICKLE_VALUE_MAX) {
        rv_pickle_damaged(machine, "too many values");
        return NULL;
    }
    PickleValue *value = rv_mem_alloc(1, sizeof *value, machine->err);
    if (value == NULL)
        return NULL;
    value->kind = kind;
    value->next = pickle->values;
    pickle->values = value;
    pickle->value_count++;
    return rv_pickle_push(machine, value) == RV_OK ? value : NULL;
}

RvStatus rv_pickle_push_integer(PickleMachine *machine, PickleKind kind, int64_t integer)
{
    PickleValue *value = rv_pickle_push_new(machine, kind);
    if (value == NULL)
        return machine->err->status;
    value->integer = integer;
    return RV_OK;
}

PickleValue *rv_pickle_pop(PickleMachine *machine)
{
    if (machine->depth == 0 || machine->stack[machine->depth - 1]->kind == PICKLE_MARK) {
        rv_pickle_damaged(machine, "a value is missing");
        return NULL;
    }
    return machine->stack[--machine->depth];
}

const uint8_t *rv_pickle_take(PickleMachine *machine, size_t count)
{
    if ((size_t)(machine->end - machine->at) < count) {
        rv_pickle_damaged(machine, "cut off");
        return NULL;
    }
    const uint8_t *bytes = machine->at;
    machine->at += count;
    return bytes;
}

RvStatus rv_pickle_take_number(PickleMachine *machine, size_t count, uint64_t *out)
{
    const uint8_t *bytes = rv_pickle_take(machine, count);
    if (bytes == NULL)
        return RV_ERROR_FORMAT;
    *out = 0;
    for (size_t i = count; i-- > 0;)
        *out = *out << 8 | bytes[i];
    return RV_OK;
}

RvStatus rv_pickle_add_items(PickleMachine *machine, PickleValue *container, PickleValue **items,
                             size_t count)
{
    if (count > container->capacity - container->count) {
        size_t capacity = container->count + count;
        if (capacity < 2 * container->capacity)
            capacity = 2 * container->capacity;
        PickleValue **grown = rv_mem_alloc(capacity, sizeof(PickleValue *), machine->err);
        if (grown == NULL)
            return RV_ERROR_MEMORY;
        if (container->count > 0)
            memcpy(grown, container->items, container->count * sizeof(PickleValue *));
        free(container->items);
        container->items = grown;
        container->capacity = capacity;
    }
    if (count > 0)
        memcpy(container->items + container->count, items, count * sizeof(PickleValue *));
    container->count += count;
    return RV_OK;
}

RvStatus rv_pickle_find_mark(PickleMachine *machine, size_t *first)
{
    for (size_t i = machine->depth; i-- > 0;) {
        if (machine->stack[i]->kind == PICKLE_MARK) {
            *first = i + 1;
            return RV_OK;
        }
    }
    return rv_pickle_damaged(machine, "no mark");
}
