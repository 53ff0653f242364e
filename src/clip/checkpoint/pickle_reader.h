/* SPDX-License-Identifier: MIT */
/* Python's pickle format read as plain data. Nothing is imported, called or executed. */
#ifndef RV_PICKLE_READER_H
#define RV_PICKLE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef enum PickleKind {
    PICKLE_NONE,
    PICKLE_BOOL,       // integer
    PICKLE_INTEGER,    // integer
    PICKLE_LONG,       // text: little endian, two's complement, more than 64 bits
    PICKLE_FLOAT,      // value not kept
    PICKLE_STRING,     // text
    PICKLE_BYTES,      // text
    PICKLE_TUPLE,      // items
    PICKLE_LIST,       // items
    PICKLE_DICT,       // items: key, value, key, value, ...
    PICKLE_GLOBAL,     // text: module, name
    PICKLE_SET,        // items are not kept
    PICKLE_CALL,       // callee(arguments): what the pickle asks to call, not called
    PICKLE_OBJECT,     // callee: its class; state: its attributes, or NULL
    PICKLE_PERSISTENT, // arguments: the persistent id
    PICKLE_MARK        // on the stack only
} PickleKind;

/* Bytes of the pickle, not terminated. */
typedef struct PickleText {
    const char *bytes;
    size_t size_bytes;
} PickleText;

typedef struct PickleValue PickleValue;
struct PickleValue {
    PickleKind kind;
    int64_t integer;
    PickleText text, name;
    PickleValue **items;
    size_t count, capacity;
    const PickleValue *callee, *arguments, *state;
    PickleValue *next; // all values of one pickle, for freeing
};

typedef struct Pickle {
    PickleValue *values;
    size_t value_count;
    const PickleValue *root;
    size_t size_bytes; // of the pickle; what follows it was not looked at
} Pickle;

/* Protocols 2 to 5. Values borrow text from `bytes`, and may contain each other in circles: whoever walks
 * them must bound the depth. path is for messages. Errors: FORMAT (also every opcode that checkpoints do not
 * need), MEMORY. Source: Python's pickletools. */
RvStatus rv_pickle_read(const uint8_t *bytes, size_t size_bytes, const char *path, Pickle *out, RvError *err);
void rv_pickle_clear(Pickle *pickle);

bool rv_pickle_text_is(PickleText text, const char *wanted);
bool rv_pickle_is_global(const PickleValue *value, const char *module, const char *name);

#endif
