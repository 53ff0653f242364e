/* SPDX-License-Identifier: MIT */
/* Python's pickle format read as plain data. Nothing is imported, called or executed. */
#include "clip/checkpoint/pickle_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* A CLIP of any size needs some ten thousand values. */
#define VALUE_MAX ((size_t)1 << 18)
#define PICKLE_MAX_BYTES ((size_t)8 << 20)

typedef struct PickleMachine {
    const uint8_t *at, *end;
    const char *path;
    Pickle *pickle;
    size_t room;         // VALUE_MAX, or one for each byte: no opcode pushes more
    PickleValue **stack; // [room]
    size_t depth;
    PickleValue **memo; // [room]
    size_t memo_count;  // entries that are filled
    PickleValue mark;
    RvError *err;
} PickleMachine;

static RvStatus damaged(PickleMachine *machine, const char *what)
{
    return rv_error_set(machine->err, RV_ERROR_FORMAT, "%s: damaged pickle: %s; fetch the file again",
                        machine->path, what);
}

static RvStatus push(PickleMachine *machine, PickleValue *value)
{
    if (machine->depth == machine->room)
        return damaged(machine, "too many values");
    machine->stack[machine->depth++] = value;
    return RV_OK;
}

/* A new value on the stack; NULL with a message when there is no room. */
static PickleValue *push_new(PickleMachine *machine, PickleKind kind)
{
    Pickle *pickle = machine->pickle;
    if (pickle->value_count == VALUE_MAX) {
        damaged(machine, "too many values");
        return NULL;
    }
    PickleValue *value = rv_mem_alloc(1, sizeof *value, machine->err);
    if (value == NULL)
        return NULL;
    value->kind = kind;
    value->next = pickle->values;
    pickle->values = value;
    pickle->value_count++;
    return push(machine, value) == RV_OK ? value : NULL;
}

static RvStatus push_integer(PickleMachine *machine, PickleKind kind, int64_t integer)
{
    PickleValue *value = push_new(machine, kind);
    if (value == NULL)
        return machine->err->status;
    value->integer = integer;
    return RV_OK;
}

/* The topmost value, taken off; NULL (with a message) when it is missing or a mark. */
static PickleValue *pop(PickleMachine *machine)
{
    if (machine->depth == 0 || machine->stack[machine->depth - 1]->kind == PICKLE_MARK) {
        damaged(machine, "a value is missing");
        return NULL;
    }
    return machine->stack[--machine->depth];
}

static const uint8_t *take(PickleMachine *machine, size_t count)
{
    if ((size_t)(machine->end - machine->at) < count) {
        damaged(machine, "cut off");
        return NULL;
    }
    const uint8_t *bytes = machine->at;
    machine->at += count;
    return bytes;
}

/* A little-endian number of count bytes, 8 at most. */
static RvStatus take_number(PickleMachine *machine, size_t count, uint64_t *out)
{
    const uint8_t *bytes = take(machine, count);
    if (bytes == NULL)
        return RV_ERROR_FORMAT;
    *out = 0;
    for (size_t i = count; i-- > 0;)
        *out = *out << 8 | bytes[i];
    return RV_OK;
}

static RvStatus add_items(PickleMachine *machine, PickleValue *container, PickleValue **items, size_t count)
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

/* Index on the stack of the first value above the topmost mark. */
static RvStatus find_mark(PickleMachine *machine, size_t *first)
{
    for (size_t i = machine->depth; i-- > 0;) {
        if (machine->stack[i]->kind == PICKLE_MARK) {
            *first = i + 1;
            return RV_OK;
        }
    }
    return damaged(machine, "no mark");
}

/* Tuple of the values from `first` on; `below` values under them (the mark) go as well. */
static RvStatus make_tuple(PickleMachine *machine, size_t first, size_t below)
{
    size_t count = machine->depth - first;
    for (size_t i = first; i < machine->depth; i++) {
        if (machine->stack[i]->kind == PICKLE_MARK)
            return damaged(machine, "a value is missing");
    }
    PickleValue *tuple = push_new(machine, PICKLE_TUPLE);
    if (tuple == NULL)
        return machine->err->status;
    RvStatus status = add_items(machine, tuple, machine->stack + first, count);
    machine->depth = first - below;
    machine->stack[machine->depth++] = tuple;
    return status;
}

static RvStatus tuple_of(PickleMachine *machine, size_t count)
{
    if (machine->depth < count)
        return damaged(machine, "a value is missing");
    return make_tuple(machine, machine->depth - count, 0);
}

static RvStatus tuple_of_marked(PickleMachine *machine, size_t unused)
{
    (void)unused;
    size_t first = 0;
    RvStatus status = find_mark(machine, &first);
    return status == RV_OK ? make_tuple(machine, first, 1) : status;
}

/* What may have items that nobody asks for: sets, and dicts and lists of other classes. */
static bool swallows_items(const PickleValue *container)
{
    return container->kind == PICKLE_SET || container->kind == PICKLE_CALL ||
           container->kind == PICKLE_OBJECT;
}

/* APPEND(S), SETITEM(S) and ADDITEMS: the values from `first` on go into the container below them. */
static RvStatus fill_container(PickleMachine *machine, size_t first, size_t below, PickleKind kind)
{
    if (first < below + 1)
        return damaged(machine, "a value is missing");
    PickleValue *container = machine->stack[first - below - 1];
    size_t count = machine->depth - first;
    for (size_t i = first; i < machine->depth; i++) {
        if (machine->stack[i]->kind == PICKLE_MARK)
            return damaged(machine, "a value is missing");
    }
    bool swallowed = swallows_items(container);
    if ((container->kind != kind && !swallowed) || (kind == PICKLE_DICT && count % 2 != 0))
        return damaged(machine, "items for something that holds none");
    RvStatus status = RV_OK;
    if (!swallowed)
        status = add_items(machine, container, machine->stack + first, count);
    machine->depth = first - below;
    return status;
}

static RvStatus fill_marked(PickleMachine *machine, size_t kind)
{
    size_t first = 0;
    RvStatus status = find_mark(machine, &first);
    return status == RV_OK ? fill_container(machine, first, 1, (PickleKind)kind) : status;
}

static RvStatus fill_top(PickleMachine *machine, size_t kind)
{
    size_t count = kind == PICKLE_DICT ? 2 : 1;
    if (machine->depth < count)
        return damaged(machine, "a value is missing");
    return fill_container(machine, machine->depth - count, 0, (PickleKind)kind);
}

/* A text or bytes with their length before them, in 1, 4 or 8 bytes. */
static RvStatus read_counted(PickleMachine *machine, size_t number_bytes, PickleKind kind)
{
    uint64_t length = 0;
    RvStatus status = take_number(machine, number_bytes, &length);
    if (status != RV_OK)
        return status;
    const uint8_t *bytes = take(machine, (size_t)length);
    if (bytes == NULL)
        return RV_ERROR_FORMAT;
    PickleValue *value = push_new(machine, kind);
    if (value == NULL)
        return machine->err->status;
    value->text = (PickleText){.bytes = (const char *)bytes, .size_bytes = (size_t)length};
    return RV_OK;
}

static RvStatus read_text(PickleMachine *machine, size_t number_bytes)
{
    return read_counted(machine, number_bytes, PICKLE_STRING);
}

static RvStatus read_bytes(PickleMachine *machine, size_t number_bytes)
{
    return read_counted(machine, number_bytes, PICKLE_BYTES);
}

static RvStatus take_line(PickleMachine *machine, PickleText *out)
{
    const uint8_t *newline = memchr(machine->at, '\n', (size_t)(machine->end - machine->at));
    if (newline == NULL)
        return damaged(machine, "cut off");
    *out = (PickleText){.bytes = (const char *)machine->at, .size_bytes = (size_t)(newline - machine->at)};
    machine->at = newline + 1;
    return RV_OK;
}

static RvStatus read_global(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleText module, name;
    RvStatus status = take_line(machine, &module);
    if (status == RV_OK)
        status = take_line(machine, &name);
    if (status != RV_OK)
        return status;
    PickleValue *value = push_new(machine, PICKLE_GLOBAL);
    if (value == NULL)
        return machine->err->status;
    value->text = module;
    value->name = name;
    return RV_OK;
}

/* STACK_GLOBAL: module and name are texts on the stack. */
static RvStatus read_stack_global(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleValue *name = pop(machine);
    PickleValue *module = name != NULL ? pop(machine) : NULL;
    if (module == NULL)
        return RV_ERROR_FORMAT;
    if (module->kind != PICKLE_STRING || name->kind != PICKLE_STRING)
        return damaged(machine, "a name that is no text");
    PickleValue *value = push_new(machine, PICKLE_GLOBAL);
    if (value == NULL)
        return machine->err->status;
    value->text = module->text;
    value->name = name->text;
    return RV_OK;
}

static RvStatus memorize(PickleMachine *machine, uint64_t index)
{
    if (index >= machine->room || machine->depth == 0 ||
        machine->stack[machine->depth - 1]->kind == PICKLE_MARK)
        return damaged(machine, "a bad memo entry");
    machine->memo_count += machine->memo[index] == NULL;
    machine->memo[index] = machine->stack[machine->depth - 1];
    return RV_OK;
}

static RvStatus put_memo(PickleMachine *machine, size_t number_bytes)
{
    uint64_t index = 0;
    RvStatus status = take_number(machine, number_bytes, &index);
    return status == RV_OK ? memorize(machine, index) : status;
}

/* MEMOIZE: the index is the number of entries so far. */
static RvStatus put_next_memo(PickleMachine *machine, size_t unused)
{
    (void)unused;
    return memorize(machine, machine->memo_count);
}

static RvStatus get_memo(PickleMachine *machine, size_t number_bytes)
{
    uint64_t index = 0;
    RvStatus status = take_number(machine, number_bytes, &index);
    if (status != RV_OK)
        return status;
    if (index >= machine->room || machine->memo[index] == NULL)
        return damaged(machine, "an unknown memo entry");
    return push(machine, machine->memo[index]);
}

static RvStatus read_long(PickleMachine *machine, size_t number_bytes)
{
    uint64_t length = 0, bits = 0;
    RvStatus status = take_number(machine, number_bytes, &length);
    if (status != RV_OK)
        return status;
    if (length > 8) {
        machine->at -= number_bytes;
        return read_counted(machine, number_bytes, PICKLE_LONG);
    }
    status = take_number(machine, (size_t)length, &bits);
    if (status != RV_OK)
        return status;
    if (length > 0 && length < 8 && (bits >> (8 * length - 1)) != 0)
        bits |= UINT64_MAX << (8 * length);
    return push_integer(machine, PICKLE_INTEGER, (int64_t)bits);
}

/* What is called: a name. PyTorch's older format pickles classes of modules as ('module', class, file,
 * source). */
static const PickleValue *find_callee(const PickleValue *value)
{
    const PickleValue *id = value->kind == PICKLE_PERSISTENT ? value->arguments : NULL;
    if (id != NULL && id->kind == PICKLE_TUPLE && id->count > 1 && id->items[0]->kind == PICKLE_STRING &&
        rv_pickle_text_is(id->items[0]->text, "module"))
        value = id->items[1];
    return value->kind == PICKLE_GLOBAL ? value : NULL;
}

/* REDUCE and NEWOBJ. An OrderedDict is made, as items follow; any other call is only noted. */
static RvStatus note_call(PickleMachine *machine, size_t kind)
{
    const PickleValue *arguments = pop(machine), *callee = arguments != NULL ? pop(machine) : NULL;
    if (callee == NULL)
        return RV_ERROR_FORMAT;
    callee = find_callee(callee);
    if (callee == NULL || arguments->kind != PICKLE_TUPLE)
        return damaged(machine, "a call of something that is no name");
    bool is_dict = rv_pickle_is_global(callee, "collections", "OrderedDict") && arguments->count == 0;
    PickleValue *value = push_new(machine, is_dict ? PICKLE_DICT : (PickleKind)kind);
    if (value == NULL)
        return machine->err->status;
    value->callee = callee;
    value->arguments = arguments;
    return RV_OK;
}

/* NEWOBJ_EX: as NEWOBJ, with named arguments, which are of no use here. */
static RvStatus note_call_with_names(PickleMachine *machine, size_t kind)
{
    return pop(machine) != NULL ? note_call(machine, kind) : RV_ERROR_FORMAT;
}

/* BUILD: attributes of an object; those of dicts (state_dict's _metadata) and calls are of no use here. */
static RvStatus set_state(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleValue *state = pop(machine);
    if (state == NULL)
        return RV_ERROR_FORMAT;
    if (machine->depth == 0)
        return damaged(machine, "attributes of nothing");
    PickleValue *object = machine->stack[machine->depth - 1];
    if (object->kind == PICKLE_OBJECT)
        object->state = state;
    else if (object->kind != PICKLE_DICT && object->kind != PICKLE_CALL)
        return damaged(machine, "attributes of something that has none");
    return RV_OK;
}

/* FROZENSET: what stands above the mark becomes a set. */
static RvStatus make_set(PickleMachine *machine, size_t unused)
{
    (void)unused;
    size_t first = 0;
    RvStatus status = find_mark(machine, &first);
    if (status != RV_OK)
        return status;
    machine->depth = first - 1;
    return push_new(machine, PICKLE_SET) != NULL ? RV_OK : machine->err->status;
}

/* FRAME only says how far to read ahead. */
static RvStatus check_frame(PickleMachine *machine, size_t number_bytes)
{
    uint64_t length = 0;
    RvStatus status = take_number(machine, number_bytes, &length);
    if (status == RV_OK && length > (size_t)(machine->end - machine->at))
        status = damaged(machine, "cut off");
    return status;
}

static RvStatus read_persistent(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleValue *arguments = pop(machine);
    PickleValue *value = arguments != NULL ? push_new(machine, PICKLE_PERSISTENT) : NULL;
    if (value == NULL)
        return arguments == NULL ? RV_ERROR_FORMAT : machine->err->status;
    value->arguments = arguments;
    return RV_OK;
}

static RvStatus read_number(PickleMachine *machine, size_t count)
{
    uint64_t bits = 0;
    RvStatus status = take_number(machine, count, &bits);
    if (status != RV_OK)
        return status;
    return push_integer(machine, PICKLE_INTEGER, count == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

static RvStatus push_kind(PickleMachine *machine, size_t kind)
{
    return push_new(machine, (PickleKind)kind) != NULL ? RV_OK : machine->err->status;
}

static RvStatus push_bool(PickleMachine *machine, size_t value)
{
    return push_integer(machine, PICKLE_BOOL, (int64_t)value);
}

static RvStatus push_mark(PickleMachine *machine, size_t unused)
{
    (void)unused;
    return push(machine, &machine->mark);
}

static RvStatus read_float(PickleMachine *machine, size_t size_bytes)
{
    return take(machine, size_bytes) != NULL ? push_kind(machine, PICKLE_FLOAT) : RV_ERROR_FORMAT;
}

/* Names as in pickletools. What is not here has no place in a checkpoint. */
static const struct Opcode {
    uint8_t code;
    RvStatus (*apply)(PickleMachine *machine, size_t argument);
    size_t argument;
} opcodes[] = {
    {'(', push_mark, 0},                         // MARK
    {'N', push_kind, PICKLE_NONE},               // NONE
    {')', push_kind, PICKLE_TUPLE},              // EMPTY_TUPLE
    {']', push_kind, PICKLE_LIST},               // EMPTY_LIST
    {'}', push_kind, PICKLE_DICT},               // EMPTY_DICT
    {0x88, push_bool, 1},                        // NEWTRUE
    {0x89, push_bool, 0},                        // NEWFALSE
    {'K', read_number, 1},                       // BININT1
    {'M', read_number, 2},                       // BININT2
    {'J', read_number, 4},                       // BININT
    {0x8a, read_long, 1},                        // LONG1
    {0x8b, read_long, 4},                        // LONG4
    {'G', read_float, 8},                        // BINFLOAT
    {'X', read_text, 4},                         // BINUNICODE
    {0x8c, read_text, 1},                        // SHORT_BINUNICODE
    {0x8d, read_text, 8},                        // BINUNICODE8
    {'U', read_text, 1},                         // SHORT_BINSTRING
    {'T', read_text, 4},                         // BINSTRING
    {'C', read_bytes, 1},                        // SHORT_BINBYTES
    {'B', read_bytes, 4},                        // BINBYTES
    {0x8e, read_bytes, 8},                       // BINBYTES8
    {0x96, read_bytes, 8},                       // BYTEARRAY8
    {'c', read_global, 0},                       // GLOBAL
    {0x93, read_stack_global, 0},                // STACK_GLOBAL
    {0x95, check_frame, 8},                      // FRAME
    {0x94, put_next_memo, 0},                    // MEMOIZE
    {'q', put_memo, 1},                          // BINPUT
    {'r', put_memo, 4},                          // LONG_BINPUT
    {'h', get_memo, 1},                          // BINGET
    {'j', get_memo, 4},                          // LONG_BINGET
    {'t', tuple_of_marked, 0},                   // TUPLE
    {0x85, tuple_of, 1},                         // TUPLE1
    {0x86, tuple_of, 2},                         // TUPLE2
    {0x87, tuple_of, 3},                         // TUPLE3
    {'a', fill_top, PICKLE_LIST},                // APPEND
    {'e', fill_marked, PICKLE_LIST},             // APPENDS
    {'s', fill_top, PICKLE_DICT},                // SETITEM
    {'u', fill_marked, PICKLE_DICT},             // SETITEMS
    {0x8f, push_kind, PICKLE_SET},               // EMPTY_SET
    {0x90, fill_marked, PICKLE_SET},             // ADDITEMS
    {0x91, make_set, 0},                         // FROZENSET
    {'R', note_call, PICKLE_CALL},               // REDUCE
    {0x81, note_call, PICKLE_OBJECT},            // NEWOBJ
    {0x92, note_call_with_names, PICKLE_OBJECT}, // NEWOBJ_EX
    {'b', set_state, 0},                         // BUILD
    {'Q', read_persistent, 0},                   // BINPERSID
};

static RvStatus step(PickleMachine *machine, uint8_t code)
{
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        if (opcodes[i].code == code)
            return opcodes[i].apply(machine, opcodes[i].argument);
    }
    return rv_error_set(machine->err, RV_ERROR_FORMAT,
                        "%s: pickle opcode 0x%02x has no place in a checkpoint; it was not executed",
                        machine->path, code);
}

static RvStatus run(PickleMachine *machine)
{
    const uint8_t *head = take(machine, 2);
    if (head == NULL)
        return RV_ERROR_FORMAT;
    if (head[0] != 0x80 || head[1] < 2 || head[1] > 5)
        return damaged(machine, "no protocol 2 to 5");
    for (;;) {
        const uint8_t *opcode = take(machine, 1);
        if (opcode == NULL)
            return RV_ERROR_FORMAT;
        if (*opcode == '.')
            break;
        RvStatus status = step(machine, *opcode);
        if (status != RV_OK)
            return status;
    }
    machine->pickle->root = pop(machine);
    return machine->pickle->root != NULL ? RV_OK : RV_ERROR_FORMAT;
}

RvStatus rv_pickle_read(const uint8_t *bytes, size_t size_bytes, const char *path, Pickle *out, RvError *err)
{
    *out = (Pickle){0};
    RvError own = {0}; // steps read the status back from here, so there must always be one
    PickleMachine machine = {.path = path, .pickle = out, .mark = {.kind = PICKLE_MARK}, .err = &own};
    if (size_bytes == 0 || size_bytes > PICKLE_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: a pickle of %zu bytes; not a CLIP checkpoint", path,
                            size_bytes);
    machine.at = bytes;
    machine.end = bytes + size_bytes;
    machine.room = size_bytes < VALUE_MAX ? size_bytes : VALUE_MAX;
    machine.stack = rv_mem_alloc(machine.room, sizeof(PickleValue *), &own);
    machine.memo = rv_mem_alloc(machine.room, sizeof(PickleValue *), &own);
    RvStatus status = machine.stack != NULL && machine.memo != NULL ? run(&machine) : RV_ERROR_MEMORY;
    out->size_bytes = machine.at != NULL ? (size_t)(machine.at - bytes) : 0;
    free(machine.stack);
    free(machine.memo);
    if (status != RV_OK) {
        rv_pickle_clear(out);
        if (err != NULL)
            *err = own;
    }
    return status;
}

void rv_pickle_clear(Pickle *pickle)
{
    while (pickle->values != NULL) {
        PickleValue *value = pickle->values;
        pickle->values = value->next;
        free(value->items);
        free(value);
    }
    *pickle = (Pickle){0};
}

bool rv_pickle_text_is(PickleText text, const char *wanted)
{
    return text.size_bytes == strlen(wanted) && memcmp(text.bytes, wanted, text.size_bytes) == 0;
}

bool rv_pickle_is_global(const PickleValue *value, const char *module, const char *name)
{
    return value->kind == PICKLE_GLOBAL && rv_pickle_text_is(value->text, module) &&
           rv_pickle_text_is(value->name, name);
}
