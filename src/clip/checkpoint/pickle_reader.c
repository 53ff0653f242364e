/* SPDX-License-Identifier: MIT */
/* Python's pickle format read as plain data. Nothing is imported, called or executed. */
#include "clip/checkpoint/pickle_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/pickle_machine.h"

#define PICKLE_MAX_BYTES ((size_t)8 << 20)

/* Replace the values from `first` on by a tuple of them. `below` values under them (the mark) are removed
 * too. */
static RvStatus make_tuple(PickleMachine *machine, size_t first, size_t below)
{
    size_t count = machine->depth - first;
    for (size_t i = first; i < machine->depth; i++) {
        if (machine->stack[i]->kind == PICKLE_MARK)
            return rv_pickle_damaged(machine, "a value is missing");
    }
    PickleValue *tuple = rv_pickle_push_new(machine, PICKLE_TUPLE);
    if (tuple == NULL)
        return machine->err->status;
    RvStatus status = rv_pickle_add_items(machine, tuple, machine->stack + first, count);
    machine->depth = first - below;
    machine->stack[machine->depth++] = tuple;
    return status;
}

static RvStatus tuple_of(PickleMachine *machine, size_t count)
{
    if (machine->depth < count)
        return rv_pickle_damaged(machine, "a value is missing");
    return make_tuple(machine, machine->depth - count, 0);
}

static RvStatus tuple_of_marked(PickleMachine *machine, size_t unused)
{
    (void)unused;
    size_t first = 0;
    RvStatus status = rv_pickle_find_mark(machine, &first);
    return status == RV_OK ? make_tuple(machine, first, 1) : status;
}

/* True if items are accepted but not kept: sets, and dicts and lists of other classes. */
static bool swallows_items(const PickleValue *container)
{
    return container->kind == PICKLE_SET || container->kind == PICKLE_CALL ||
           container->kind == PICKLE_OBJECT;
}

/* APPEND(S), SETITEM(S) and ADDITEMS: move the values from `first` on into the container below them. */
static RvStatus fill_container(PickleMachine *machine, size_t first, size_t below, PickleKind kind)
{
    if (first < below + 1)
        return rv_pickle_damaged(machine, "a value is missing");
    PickleValue *container = machine->stack[first - below - 1];
    size_t count = machine->depth - first;
    for (size_t i = first; i < machine->depth; i++) {
        if (machine->stack[i]->kind == PICKLE_MARK)
            return rv_pickle_damaged(machine, "a value is missing");
    }
    bool swallowed = swallows_items(container);
    if ((container->kind != kind && !swallowed) || (kind == PICKLE_DICT && count % 2 != 0))
        return rv_pickle_damaged(machine, "items for something that holds none");
    RvStatus status = RV_OK;
    if (!swallowed)
        status = rv_pickle_add_items(machine, container, machine->stack + first, count);
    machine->depth = first - below;
    return status;
}

static RvStatus fill_marked(PickleMachine *machine, size_t kind)
{
    size_t first = 0;
    RvStatus status = rv_pickle_find_mark(machine, &first);
    return status == RV_OK ? fill_container(machine, first, 1, (PickleKind)kind) : status;
}

static RvStatus fill_top(PickleMachine *machine, size_t kind)
{
    size_t count = kind == PICKLE_DICT ? 2 : 1;
    if (machine->depth < count)
        return rv_pickle_damaged(machine, "a value is missing");
    return fill_container(machine, machine->depth - count, 0, (PickleKind)kind);
}

/* Read a text or bytes that follow their length; the length has 1, 4 or 8 bytes. */
static RvStatus read_counted(PickleMachine *machine, size_t number_bytes, PickleKind kind)
{
    uint64_t length = 0;
    RvStatus status = rv_pickle_take_number(machine, number_bytes, &length);
    if (status != RV_OK)
        return status;
    const uint8_t *bytes = rv_pickle_take(machine, (size_t)length);
    if (bytes == NULL)
        return RV_ERROR_FORMAT;
    PickleValue *value = rv_pickle_push_new(machine, kind);
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
        return rv_pickle_damaged(machine, "cut off");
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
    PickleValue *value = rv_pickle_push_new(machine, PICKLE_GLOBAL);
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
    PickleValue *name = rv_pickle_pop(machine);
    PickleValue *module = name != NULL ? rv_pickle_pop(machine) : NULL;
    if (module == NULL)
        return RV_ERROR_FORMAT;
    if (module->kind != PICKLE_STRING || name->kind != PICKLE_STRING)
        return rv_pickle_damaged(machine, "a name that is no text");
    PickleValue *value = rv_pickle_push_new(machine, PICKLE_GLOBAL);
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
        return rv_pickle_damaged(machine, "a bad memo entry");
    machine->memo_count += machine->memo[index] == NULL;
    machine->memo[index] = machine->stack[machine->depth - 1];
    return RV_OK;
}

static RvStatus put_memo(PickleMachine *machine, size_t number_bytes)
{
    uint64_t index = 0;
    RvStatus status = rv_pickle_take_number(machine, number_bytes, &index);
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
    RvStatus status = rv_pickle_take_number(machine, number_bytes, &index);
    if (status != RV_OK)
        return status;
    if (index >= machine->room || machine->memo[index] == NULL)
        return rv_pickle_damaged(machine, "an unknown memo entry");
    return rv_pickle_push(machine, machine->memo[index]);
}

static RvStatus read_long(PickleMachine *machine, size_t number_bytes)
{
    uint64_t length = 0, bits = 0;
    RvStatus status = rv_pickle_take_number(machine, number_bytes, &length);
    if (status != RV_OK)
        return status;
    if (length > 8) {
        machine->at -= number_bytes;
        return read_counted(machine, number_bytes, PICKLE_LONG);
    }
    status = rv_pickle_take_number(machine, (size_t)length, &bits);
    if (status != RV_OK)
        return status;
    if (length > 0 && length < 8 && (bits >> (8 * length - 1)) != 0)
        bits |= UINT64_MAX << (8 * length);
    return rv_pickle_push_integer(machine, PICKLE_INTEGER, (int64_t)bits);
}

/* Returns the name that is called, or NULL if it is none. PyTorch's older format pickles classes of modules
 * as
 * ('module', class, file, source). */
static const PickleValue *find_callee(const PickleValue *value)
{
    const PickleValue *id = value->kind == PICKLE_PERSISTENT ? value->arguments : NULL;
    if (id != NULL && id->kind == PICKLE_TUPLE && id->count > 1 && id->items[0]->kind == PICKLE_STRING &&
        rv_pickle_text_is(id->items[0]->text, "module"))
        value = id->items[1];
    return value->kind == PICKLE_GLOBAL ? value : NULL;
}

/* REDUCE and NEWOBJ. An OrderedDict becomes a dict, because items follow. Any other call is only recorded. */
static RvStatus note_call(PickleMachine *machine, size_t kind)
{
    const PickleValue *arguments = rv_pickle_pop(machine),
                      *callee = arguments != NULL ? rv_pickle_pop(machine) : NULL;
    if (callee == NULL)
        return RV_ERROR_FORMAT;
    callee = find_callee(callee);
    if (callee == NULL || arguments->kind != PICKLE_TUPLE)
        return rv_pickle_damaged(machine, "a call of something that is no name");
    bool is_dict = rv_pickle_is_global(callee, "collections", "OrderedDict") && arguments->count == 0;
    PickleValue *value = rv_pickle_push_new(machine, is_dict ? PICKLE_DICT : (PickleKind)kind);
    if (value == NULL)
        return machine->err->status;
    value->callee = callee;
    value->arguments = arguments;
    return RV_OK;
}

/* NEWOBJ_EX: like NEWOBJ, with named arguments, which are not needed here. */
static RvStatus note_call_with_names(PickleMachine *machine, size_t kind)
{
    return rv_pickle_pop(machine) != NULL ? note_call(machine, kind) : RV_ERROR_FORMAT;
}

/* BUILD: set the attributes of an object. Those of dicts (state_dict's _metadata) and calls are not needed.
 */
static RvStatus set_state(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleValue *state = rv_pickle_pop(machine);
    if (state == NULL)
        return RV_ERROR_FORMAT;
    if (machine->depth == 0)
        return rv_pickle_damaged(machine, "attributes of nothing");
    PickleValue *object = machine->stack[machine->depth - 1];
    if (object->kind == PICKLE_OBJECT)
        object->state = state;
    else if (object->kind != PICKLE_DICT && object->kind != PICKLE_CALL)
        return rv_pickle_damaged(machine, "attributes of something that has none");
    return RV_OK;
}

/* FROZENSET: replace everything above the mark by a set. */
static RvStatus make_set(PickleMachine *machine, size_t unused)
{
    (void)unused;
    size_t first = 0;
    RvStatus status = rv_pickle_find_mark(machine, &first);
    if (status != RV_OK)
        return status;
    machine->depth = first - 1;
    return rv_pickle_push_new(machine, PICKLE_SET) != NULL ? RV_OK : machine->err->status;
}

/* FRAME only tells a reader how many bytes to buffer. */
static RvStatus check_frame(PickleMachine *machine, size_t number_bytes)
{
    uint64_t length = 0;
    RvStatus status = rv_pickle_take_number(machine, number_bytes, &length);
    if (status == RV_OK && length > (size_t)(machine->end - machine->at))
        status = rv_pickle_damaged(machine, "cut off");
    return status;
}

static RvStatus read_persistent(PickleMachine *machine, size_t unused)
{
    (void)unused;
    PickleValue *arguments = rv_pickle_pop(machine);
    PickleValue *value = arguments != NULL ? rv_pickle_push_new(machine, PICKLE_PERSISTENT) : NULL;
    if (value == NULL)
        return arguments == NULL ? RV_ERROR_FORMAT : machine->err->status;
    value->arguments = arguments;
    return RV_OK;
}

static RvStatus read_number(PickleMachine *machine, size_t count)
{
    uint64_t bits = 0;
    RvStatus status = rv_pickle_take_number(machine, count, &bits);
    if (status != RV_OK)
        return status;
    return rv_pickle_push_integer(machine, PICKLE_INTEGER,
                                  count == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

static RvStatus push_kind(PickleMachine *machine, size_t kind)
{
    return rv_pickle_push_new(machine, (PickleKind)kind) != NULL ? RV_OK : machine->err->status;
}

static RvStatus push_bool(PickleMachine *machine, size_t value)
{
    return rv_pickle_push_integer(machine, PICKLE_BOOL, (int64_t)value);
}

static RvStatus push_mark(PickleMachine *machine, size_t unused)
{
    (void)unused;
    return rv_pickle_push(machine, &machine->mark);
}

static RvStatus read_float(PickleMachine *machine, size_t size_bytes)
{
    return rv_pickle_take(machine, size_bytes) != NULL ? push_kind(machine, PICKLE_FLOAT) : RV_ERROR_FORMAT;
}

/* Names as in pickletools. An opcode that is not in this table is refused: checkpoints do not need it. */
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
    const uint8_t *head = rv_pickle_take(machine, 2);
    if (head == NULL)
        return RV_ERROR_FORMAT;
    if (head[0] != 0x80 || head[1] < 2 || head[1] > 5)
        return rv_pickle_damaged(machine, "no protocol 2 to 5");
    for (;;) {
        const uint8_t *opcode = rv_pickle_take(machine, 1);
        if (opcode == NULL)
            return RV_ERROR_FORMAT;
        if (*opcode == '.')
            break;
        RvStatus status = step(machine, *opcode);
        if (status != RV_OK)
            return status;
    }
    machine->pickle->root = rv_pickle_pop(machine);
    return machine->pickle->root != NULL ? RV_OK : RV_ERROR_FORMAT;
}

RvStatus rv_pickle_read(const uint8_t *bytes, size_t size_bytes, const char *path, Pickle *out, RvError *err)
{
    *out = (Pickle){0};
    RvError own = {0}; // opcodes return the status from here, so it must exist even if err is NULL
    PickleMachine machine = {.path = path, .pickle = out, .mark = {.kind = PICKLE_MARK}, .err = &own};
    if (size_bytes == 0 || size_bytes > PICKLE_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: a pickle of %zu bytes; not a CLIP checkpoint", path,
                            size_bytes);
    machine.at = bytes;
    machine.end = bytes + size_bytes;
    machine.room = size_bytes < PICKLE_VALUE_MAX ? size_bytes : PICKLE_VALUE_MAX;
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
