/* SPDX-License-Identifier: MIT */
/* One row of an answer of any database, and the strict reading of its columns. A library may come from
 * anywhere, and a server may be another program than it claims to be, so every value is checked. */
#ifndef RV_SQL_ROW_H
#define RV_SQL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

typedef enum SqlType {
    SQL_NULL,
    SQL_INTEGER,
    SQL_REAL,
    SQL_TEXT,    // bytes of a name or a message, not always UTF-8
    SQL_BYTES,   // a picture
    SQL_WRITTEN, // as a server writes a value of any type, with a NUL behind it; text is encoded
                 // (text_escape.h)
    SQL_FOREIGN  // a value of a type that the column never has
} SqlType;

/* Only the member that belongs to the type is set. */
typedef struct SqlValue {
    SqlType type;
    const void *bytes; // borrowed; NULL if empty
    size_t size_bytes;
    int64_t integer;
    double real;
} SqlValue;

#define SQL_COLUMNS_MAX 16

/* All members are borrowed during the callback. */
typedef struct SqlRow {
    const Store *store; // that messages name
    const char *names[SQL_COLUMNS_MAX];
    SqlValue values[SQL_COLUMNS_MAX];
} SqlRow;

/* An error of the callback ends the reading and is returned. */
typedef RvStatus (*SqlRowCallback)(void *user, const SqlRow *row, RvError *err);

/* An integer of min to max. Returns false if the value is not one. */
bool rv_sql_is_integer(const SqlValue *value, int64_t min, int64_t max, int64_t *out);
/* A finite number of at least 0. Returns false if the value is not one. */
bool rv_sql_is_quantity(const SqlValue *value, double *out);
/* A picture of at most STORE_MAX_PICTURE_BYTES; *jpeg is borrowed. Returns false if the value is not one. */
bool rv_sql_is_picture(const SqlValue *value, const uint8_t **jpeg, size_t *size_bytes);
/* Returns an SQL_WRITTEN value as a string; NULL if it is SQL's NULL. */
const char *rv_sql_written(const SqlValue *value);

/* The same with a message. what: the row for the message ("video 3"). Errors: FORMAT, MEMORY. */
RvStatus rv_sql_integer(const SqlRow *row, size_t column, const char *what, int64_t min, int64_t max,
                        int64_t *out, RvError *err);
RvStatus rv_sql_quantity(const SqlRow *row, size_t column, const char *what, double *out, RvError *err);
/* *out is to be freed with free(); NULL on failure. */
RvStatus rv_sql_text(const SqlRow *row, size_t column, const char *what, char **out, RvError *err);

#endif
