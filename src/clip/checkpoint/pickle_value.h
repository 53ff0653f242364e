/* SPDX-License-Identifier: MIT */
/* What a pickle holds, as plain data. */
#ifndef RV_PICKLE_VALUE_H
#define RV_PICKLE_VALUE_H

#include <stddef.h>
#include <stdint.h>

typedef enum PickleKind {
    PICKLE_NONE,
    PICKLE_BOOL,       // integer
    PICKLE_INTEGER,    // integer
    PICKLE_LONG,       // text: little endian, two's complement, more than 64 bits
    PICKLE_FLOAT,      // its value is not kept
    PICKLE_STRING,     // text
    PICKLE_BYTES,      // text
    PICKLE_TUPLE,      // items
    PICKLE_LIST,       // items
    PICKLE_DICT,       // items: key, value, key, value, ...
    PICKLE_GLOBAL,     // text: module, name
    PICKLE_SET,        // its items are not kept
    PICKLE_CALL,       // callee(arguments): a call that the pickle asks for; it is not carried out
    PICKLE_OBJECT,     // callee: its class; state: its attributes, or NULL
    PICKLE_PERSISTENT, // arguments: the persistent id
    PICKLE_MARK        // exists only on the stack
} PickleKind;

/* Bytes inside the pickle, not terminated. */
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
    PickleValue *next; // list of all values of one pickle, for freeing
};

typedef struct Pickle {
    PickleValue *values;
    size_t value_count;
    const PickleValue *root;
    size_t size_bytes; // bytes of the pickle; what follows was not read
} Pickle;

#endif
