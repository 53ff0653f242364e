/* SPDX-License-Identifier: MIT */
/* SQL functions on vectors: blobs of little-endian float32, the format of embedding_data. */
#include "sql_vector.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sql_error.h"

SQLITE_EXTENSION_INIT3

#define MAX_LENGTH 65536 // numbers of a vector; also the limit of a library
#define LANES 8

typedef struct SqlVector {
    const unsigned char *bytes; // borrowed from the value, any alignment
    size_t length;
} SqlVector;

static const char *function_name(sqlite3_context *context)
{
    return sqlite3_user_data(context);
}

/* Read a vector. Returns false after ending the statement with the reason. position: of the argument, from
 * 1. */
static bool read_vector(sqlite3_context *context, int position, sqlite3_value *value, SqlVector *out)
{
    static const char *const kinds[] = {[SQLITE_INTEGER] = "a number",
                                        [SQLITE_FLOAT] = "a number",
                                        [SQLITE_TEXT] = "text; vector_from_json() makes a vector of JSON"};
    int type = sqlite3_value_type(value);
    if (type != SQLITE_BLOB) {
        sql_fail(context, function_name(context), "argument %d must be a vector (a blob of float32), not %s",
                 position, kinds[type]);
        return false;
    }
    int size_bytes = sqlite3_value_bytes(value);
    if (size_bytes == 0 || size_bytes % 4 != 0 || size_bytes / 4 > MAX_LENGTH) {
        sql_fail(context, function_name(context),
                 "argument %d is a blob of %d bytes, no vector: float32 takes 4 bytes each, 1 to %d of them",
                 position, size_bytes, MAX_LENGTH);
        return false;
    }
    *out = (SqlVector){.bytes = sqlite3_value_blob(value), .length = (size_t)size_bytes / 4};
    if (out->bytes == NULL)
        sqlite3_result_error_nomem(context);
    return out->bytes != NULL;
}

/* The bits of a number that is stored little endian, or the other way. */
static uint32_t stored_bits(uint32_t bits)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? bits : __builtin_bswap32(bits);
}

static float value_at(const SqlVector *vector, size_t index)
{
    uint32_t bits;
    float value;
    memcpy(&bits, vector->bytes + 4 * index, sizeof bits);
    bits = stored_bits(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Summed in double, in eight sums that the compiler may keep in vector registers. The result is the same on
 * every machine. */
static double dot(const SqlVector *a, const SqlVector *b)
{
    double sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= a->length; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += (double)value_at(a, i + lane) * value_at(b, i + lane);
    }
    for (; i < a->length; i++)
        sum += (double)value_at(a, i) * value_at(b, i);
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

static bool is_null(int count, sqlite3_value **values)
{
    bool null = false;
    for (int i = 0; i < count; i++)
        null = null || sqlite3_value_type(values[i]) == SQLITE_NULL;
    return null; // no result is set: the function returns NULL
}

static void give_finite(sqlite3_context *context, double result)
{
    if (isfinite(result))
        sqlite3_result_double(context, result);
    else
        sql_fail(context, function_name(context), "a vector holds values that are not finite");
}

static void dot_product(sqlite3_context *context, int count, sqlite3_value **values)
{
    SqlVector a, b;
    if (is_null(count, values) || !read_vector(context, 1, values[0], &a) ||
        !read_vector(context, 2, values[1], &b))
        return;
    if (a.length != b.length)
        sql_fail(context, function_name(context),
                 "the vectors have %d and %d numbers; they are of different models", (int)a.length,
                 (int)b.length);
    else
        give_finite(context, dot(&a, &b));
}

static void vector_length(sqlite3_context *context, int count, sqlite3_value **values)
{
    SqlVector vector;
    if (!is_null(count, values) && read_vector(context, 1, values[0], &vector))
        sqlite3_result_int64(context, (sqlite3_int64)vector.length);
}

static void vector_norm(sqlite3_context *context, int count, sqlite3_value **values)
{
    SqlVector vector;
    if (!is_null(count, values) && read_vector(context, 1, values[0], &vector))
        give_finite(context, sqrt(dot(&vector, &vector)));
}

/* Nine digits, which float32 needs to be read back exactly. */
static void vector_to_json(sqlite3_context *context, int count, sqlite3_value **values)
{
    SqlVector vector;
    if (is_null(count, values) || !read_vector(context, 1, values[0], &vector))
        return;
    sqlite3_str *text = sqlite3_str_new(sqlite3_context_db_handle(context));
    for (size_t i = 0; i < vector.length; i++) {
        float value = value_at(&vector, i);
        if (!isfinite(value)) {
            sqlite3_free(sqlite3_str_finish(text));
            sql_fail(context, function_name(context), "number %d is not finite, which JSON cannot say",
                     (int)i + 1);
            return;
        }
        // SQLite's %g drops the sign of zero; JSON's -0 is read as a whole number, which has no sign.
        if (value == 0 && signbit(value))
            sqlite3_str_appendall(text, i == 0 ? "[-0.0" : ",-0.0");
        else
            sqlite3_str_appendf(text, i == 0 ? "[%.9g" : ",%.9g", (double)value);
    }
    sqlite3_str_appendchar(text, 1, ']');
    int code = sqlite3_str_errcode(text);
    char *json = sqlite3_str_finish(text);
    if (code == SQLITE_OK && json != NULL) {
        sqlite3_result_text(context, json, -1, sqlite3_free);
        return;
    }
    sqlite3_free(json);
    sqlite3_result_error_nomem(context);
}

/* Read the numbers of an array. Returns false after ending the statement with the reason. */
static bool read_numbers(sqlite3_context *context, const json_t *array, unsigned char *out)
{
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item)
    {
        float value = json_is_number(item) ? (float)json_number_value(item) : NAN;
        uint32_t bits;
        if (!isfinite(value)) {
            sql_fail(context, function_name(context), "item %d is no number that float32 can hold",
                     (int)i + 1);
            return false;
        }
        memcpy(&bits, &value, sizeof bits);
        bits = stored_bits(bits);
        memcpy(out + 4 * i, &bits, sizeof bits);
    }
    return true;
}

static void vector_from_json(sqlite3_context *context, int count, sqlite3_value **values)
{
    if (is_null(count, values))
        return;
    if (sqlite3_value_type(values[0]) != SQLITE_TEXT) {
        sql_fail(context, function_name(context), "the argument must be JSON text like '[0.1, 0.2]'");
        return;
    }
    json_error_t where = {0};
    const char *text = (const char *)sqlite3_value_text(values[0]);
    json_t *array = text != NULL ? json_loadb(text, (size_t)sqlite3_value_bytes(values[0]), 0, &where) : NULL;
    size_t length = json_array_size(array); // 0 if it is no array
    // jansson leaves the message empty if memory is refused
    if (text == NULL || (array == NULL && where.text[0] == '\0')) {
        sqlite3_result_error_nomem(context);
    } else if (array == NULL) {
        sql_fail(context, function_name(context), "not JSON: %s at byte %d", where.text, where.position);
    } else if (length == 0 || length > MAX_LENGTH) {
        sql_fail(context, function_name(context), "the JSON must be an array of 1 to %d numbers", MAX_LENGTH);
    } else {
        unsigned char *blob = sqlite3_malloc64(4 * length);
        if (blob == NULL)
            sqlite3_result_error_nomem(context);
        else if (read_numbers(context, array, blob))
            sqlite3_result_blob64(context, blob, 4 * length, sqlite3_free);
        else
            sqlite3_free(blob);
    }
    json_decref(array);
}

int sql_vector_register(sqlite3 *db)
{
    static const struct {
        const char *name;
        int argument_count;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"dot_product", 2, dot_product},           {"vector_length", 1, vector_length},
        {"vector_norm", 1, vector_norm},           {"vector_to_json", 1, vector_to_json},
        {"vector_from_json", 1, vector_from_json},
    };
    // Innocuous: the functions see only their arguments, so views of untrusted files may use them.
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, code = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, functions[i].name, functions[i].argument_count, flags,
                                          (void *)functions[i].name, functions[i].function, NULL, NULL, NULL);
    return code;
}
