/* SPDX-License-Identifier: MIT */
/* Tests of apps/sqlite/sql_vector.c: the vector functions in statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql_functions.h"

static int open_database(void **state)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sql_functions_register(db, NULL), SQLITE_OK);
    *state = db;
    return 0;
}

static int close_database(void **state)
{
    assert_int_equal(sqlite3_close(*state), SQLITE_OK);
    return 0;
}

/* The first value of a statement as text, "NULL", or "error: ...". */
static void first_value(sqlite3 *db, const char *sql, char *out, size_t size_bytes)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (code == SQLITE_ROW)
        snprintf(out, size_bytes, "%s", text != NULL ? text : "NULL");
    else
        snprintf(out, size_bytes, "error: %s", sqlite3_errmsg(db));
    sqlite3_finalize(statement);
}

static void vector_functions_give_what_is_written(void **state)
{
    static const struct {
        const char *sql, *expected, *why;
    } cases[] = {
        {"SELECT hex(vector_from_json('[1, -2.5]'))", "0000803F000020C0", "little-endian float32"},
        {"SELECT vector_to_json(x'0000803f000020c0')", "[1,-2.5]", "and back"},
        {"SELECT vector_to_json(vector_from_json('[0.1,1e-45,3.4028234e38,-0]'))",
         "[0.100000001,1.40129846e-45,3.40282347e+38,0]", "extremes keep nine digits"},
        {"SELECT dot_product(vector_from_json('[1,2,3]'), vector_from_json('[4,5,6]'))", "32.0",
         "1x4+2x5+3x6"},
        {"SELECT dot_product(vector_from_json('[1,1,1,1,1,1,1,1,1,1,1]'), "
         "vector_from_json('[1,2,3,4,5,6,7,8,9,10,11]'))",
         "66.0", "more than one block of eight"},
        {"SELECT vector_length(vector_from_json('[1,2,3]'))", "3", "numbers, not bytes"},
        {"SELECT vector_norm(vector_from_json('[3,4]'))", "5.0", "Euclidean"},
        {"SELECT dot_product(NULL, x'0000803f')", "NULL", "NULL in, NULL out"},
        {"SELECT dot_product(x'0000803f', NULL)", "NULL", "on the other side"},
        {"SELECT vector_from_json(NULL)", "NULL", "NULL in, NULL out"},
        {"SELECT vector_to_json(x'000000800000000000000080')", "[-0.0,0,-0.0]", "the sign of zero"},
        {"SELECT hex(vector_from_json(vector_to_json(x'00000080')))", "00000080", "and back"},
        {"SELECT vector_to_json(NULL)", "NULL", "NULL in, NULL out"},
        {"SELECT vector_length(NULL)", "NULL", "NULL in, NULL out"},
        {"SELECT vector_norm(NULL)", "NULL", "NULL in, NULL out"},
        {"SELECT dot_product(x'0000803f', x'0000803f0000803f')",
         "error: dot_product: the vectors have 1 and 2 ", "lengths differ"},
        {"SELECT dot_product(x'0000803f', x'000080')", "error: dot_product: argument 2 is a blob of 3 bytes",
         "no multiple of 4"},
        {"SELECT dot_product(x'', x'')", "error: dot_product: argument 1 is a blob of 0 bytes", "empty"},
        {"SELECT dot_product(1, 2)", "error: dot_product: argument 1 must be a vector", "numbers"},
        {"SELECT dot_product('[1]', '[1]')",
         "error: dot_product: argument 1 must be a vector (a blob of "
         "float32), not text; vector_from_json()",
         "JSON says what to do"},
        {"SELECT dot_product(x'0000c07f', x'0000803f')",
         "error: dot_product: a vector holds values that are not", "NaN is not passed on as NULL"},
        {"SELECT vector_norm(x'0000807f')", "error: vector_norm: a vector holds values that are not",
         "infinity"},
        {"SELECT vector_to_json(x'0000803f0000c07f')", "error: vector_to_json: number 2 is not finite",
         "NaN"},
        {"SELECT vector_to_json(zeroblob(262148))",
         "error: vector_to_json: argument 1 is a blob of 262148 bytes", "over 65536 numbers"},
        {"SELECT vector_from_json('[1,')", "error: vector_from_json: not JSON", "cut off"},
        {"SELECT vector_from_json('[1] 2')", "error: vector_from_json: not JSON", "something behind it"},
        {"SELECT vector_from_json('')", "error: vector_from_json: not JSON", "empty text"},
        {"SELECT vector_from_json('[]')", "error: vector_from_json: the JSON must be an array of 1 to",
         "empty"},
        {"SELECT vector_from_json('{\"a\":1}')", "error: vector_from_json: the JSON must be an array",
         "object"},
        {"SELECT vector_from_json('7')", "error: vector_from_json: not JSON", "a number alone"},
        {"SELECT vector_from_json('[1,\"2\"]')", "error: vector_from_json: item 2 is no number",
         "text in it"},
        {"SELECT vector_from_json('[1,null]')", "error: vector_from_json: item 2 is no number", "null in it"},
        {"SELECT vector_from_json('[1e39]')", "error: vector_from_json: item 1 is no number", "over float32"},
        {"SELECT vector_from_json(x'5b315d')", "error: vector_from_json: the argument must be JSON text",
         "blob"},
        {"SELECT dot_product(x'0000803f')", "error: wrong number of arguments", "one argument"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char value[512];
        first_value(*state, cases[i].sql, value, sizeof value);
        bool error = strncmp(cases[i].expected, "error: ", 7) == 0;
        if (error ? strncmp(value, cases[i].expected, strlen(cases[i].expected)) != 0
                  : strcmp(value, cases[i].expected) != 0)
            fail_msg("%s (%s)\n gives  %s\n wanted %s", cases[i].sql, cases[i].why, value, cases[i].expected);
    }
}

static void vector_to_json_keeps_every_float(void **state)
{
    sqlite3_stmt *statement = NULL;
    uint32_t bits = 12345;
    assert_int_equal(
        sqlite3_prepare_v2(*state, "SELECT vector_from_json(vector_to_json(?1)) = ?1", -1, &statement, NULL),
        SQLITE_OK);
    for (int round = 0; round < 50; round++) {
        float values[67];
        size_t count = (size_t)round % 67 + 1;
        for (size_t i = 0; i < count; i++) {
            do {
                bits = bits * 1664525u + 1013904223u; // Numerical Recipes' generator
                memcpy(&values[i], &bits, sizeof bits);
            } while (!isfinite(values[i]));
        }
        values[0] = round % 3 == 0 ? -0.0f : round % 3 == 1 ? 0.0f : values[0];
        sqlite3_bind_blob(statement, 1, values, (int)(count * sizeof *values), SQLITE_STATIC);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(statement, 0), 1);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
}

static void dot_product_adds_in_double_at_any_length(void **state)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(*state, "SELECT dot_product(?1, ?2)", -1, &statement, NULL),
                     SQLITE_OK);
    for (int count = 1; count < 68; count++) {
        float a[67], b[67];
        double expected = 0;
        for (int i = 0; i < count; i++) {
            a[i] = (float)sin(i + count);
            b[i] = (float)cos(3 * i);
            expected += (double)a[i] * b[i];
        }
        sqlite3_bind_blob(statement, 1, a, count * 4, SQLITE_STATIC);
        sqlite3_bind_blob(statement, 2, b, count * 4, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_true(fabs(sqlite3_column_double(statement, 0) - expected) < 1e-13 * count);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vector_functions_give_what_is_written, open_database, close_database),
        cmocka_unit_test_setup_teardown(vector_to_json_keeps_every_float, open_database, close_database),
        cmocka_unit_test_setup_teardown(dot_product_adds_in_double_at_any_length, open_database,
                                        close_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
