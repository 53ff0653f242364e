/* SPDX-License-Identifier: MIT */
/* Answers of servers: what does not fit is refused, what is not there is not read. */
#include "store_support.h"

#include "store/sql/server_answer.h"

static const Store named = {.uri = "test"};

static void add_row(ServerAnswer *answer, const char *a, const char *b)
{
    assert_ok(rv_answer_add(answer, &named, a, a != NULL ? strlen(a) : 0, err));
    assert_ok(rv_answer_add(answer, &named, b, b != NULL ? strlen(b) : 0, err));
    assert_ok(rv_answer_end_row(answer, &named, err));
}

static void begin(ServerAnswer *answer)
{
    assert_ok(rv_answer_begin(answer, &named, 2, err));
    assert_ok(rv_answer_add(answer, &named, "left", 4, err));
    assert_ok(rv_answer_add(answer, &named, "right", 5, err));
}

static void values_are_held_and_nothing_beside_them(void **state)
{
    ServerAnswer answer = rv_answer(2, 2);
    size_t length = 1;
    (void)state;
    assert_null(rv_answer_value(&answer, 0, 0, &length));
    assert_int_equal(length, 0);
    begin(&answer);
    assert_null(rv_answer_value(&answer, 0, 0, NULL));
    add_row(&answer, "one", NULL);
    add_row(&answer, "", "two");
    assert_int_equal(answer.rows, 2);
    assert_string_equal(rv_answer_value(&answer, 0, 0, &length), "one");
    assert_int_equal(length, 3);
    assert_null(rv_answer_value(&answer, 0, 1, &length));
    assert_string_equal(rv_answer_value(&answer, 1, 0, &length), "");
    assert_int_equal(length, 0);
    assert_string_equal(rv_answer_value(&answer, 1, 1, NULL), "two");
    assert_null(rv_answer_value(&answer, 2, 0, NULL));
    assert_null(rv_answer_value(&answer, 0, 2, NULL));
    assert_null(rv_answer_value(&answer, SIZE_MAX, SIZE_MAX, NULL));
    // Begun again, it holds nothing of before.
    begin(&answer);
    assert_null(rv_answer_value(&answer, 0, 0, NULL));
    rv_answer_clear(&answer);
}

static void what_does_not_fit_is_refused(void **state)
{
    ServerAnswer answer = rv_answer(2, 1), unread = rv_answer_unread();
    static const char block[1 << 16] = {0};
    (void)state;
    assert_refused(rv_answer_begin(&answer, &named, 1, err), RV_ERROR_FORMAT, "1 columns where 2 belong");
    assert_refused(rv_answer_begin(&answer, &named, 0, err), RV_ERROR_FORMAT, "0 columns where 2 belong");
    assert_refused(rv_answer_begin(&answer, &named, 3, err), RV_ERROR_FORMAT, "3 columns where 2 belong");
    begin(&answer);
    add_row(&answer, "a", "b");
    assert_refused(rv_answer_add(&answer, &named, "c", 1, err), RV_ERROR_FORMAT, "more than 1 rows");
    begin(&answer);
    assert_ok(rv_answer_add(&answer, &named, "a", 1, err));
    assert_refused(rv_answer_end_row(&answer, &named, err), RV_ERROR_INTERNAL, "fewer values");
    answer = (rv_answer_clear(&answer), rv_answer(1, SIZE_MAX));
    answer.max_bytes = 1 << 20;
    assert_ok(rv_answer_begin(&answer, &named, 1, err));
    assert_ok(rv_answer_add(&answer, &named, "name", 4, err));
    RvError error = {0};
    RvStatus status = RV_OK;
    int rows = 0;
    while (status == RV_OK && rows < 100) {
        status = rv_answer_add(&answer, &named, block, sizeof block, &error);
        if (status == RV_OK)
            status = rv_answer_end_row(&answer, &named, &error);
        rows++;
    }
    assert_int_equal(status, RV_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "more than 1 MiB"));
    assert_in_range(rows, 15, 16);
    // NULLs and empty values count too.
    assert_ok(rv_answer_begin(&answer, &named, 1, err));
    assert_ok(rv_answer_add(&answer, &named, "name", 4, err));
    for (status = RV_OK, rows = 0; status == RV_OK && rows < 1 << 20; rows++) {
        status = rv_answer_add(&answer, &named, NULL, 0, &error);
        if (status == RV_OK)
            status = rv_answer_end_row(&answer, &named, &error);
    }
    assert_int_equal(status, RV_ERROR_FORMAT);
    rv_answer_clear(&answer);
    // Rows that nobody reads are not kept, but neither may they come for ever.
    assert_ok(rv_answer_begin(&unread, &named, 5, err));
    for (status = RV_OK, rows = 0; status == RV_OK && rows < 1000; rows++) {
        assert_ok(rv_answer_add(&unread, &named, "x", 1, err));
        status = rv_answer_end_row(&unread, &named, &error);
    }
    assert_int_equal(status, RV_ERROR_FORMAT);
    assert_null(rv_answer_value(&unread, 0, 0, NULL));
    rv_answer_clear(&unread);
}

static RvStatus read_text(const ServerAnswer *answer, size_t row, size_t column, char **out, RvError *err)
{
    SqlRow values = rv_answer_row(answer, &named, row);
    return rv_sql_text(&values, column, "row", out, err);
}

static RvStatus read_quantity(const ServerAnswer *answer, size_t row, size_t column, double *out,
                              RvError *err)
{
    SqlRow values = rv_answer_row(answer, &named, row);
    return rv_sql_quantity(&values, column, "row", out, err);
}

static void columns_are_read_strictly(void **state)
{
    ServerAnswer answer = rv_answer(2, 8);
    char *text = NULL;
    int64_t number = 0;
    double real = 0;
    (void)state;
    begin(&answer);
    add_row(&answer, "12", "1.5");
    add_row(&answer, NULL, "nan");
    add_row(&answer, "12x", "-1");
    assert_ok(rv_answer_add(&answer, &named, "1\0002", 3, err));
    assert_ok(rv_answer_add(&answer, &named, "1\0002", 3, err));
    assert_ok(rv_answer_end_row(&answer, &named, err));
    assert_ok(rv_answer_integer(&answer, &named, 0, 0, "row", 0, 12, &number, err));
    assert_int_equal(number, 12);
    assert_ok(read_quantity(&answer, 0, 1, &real, err));
    assert_true(real == 1.5);
    assert_ok(read_text(&answer, 0, 0, &text, err));
    assert_string_equal(text, "12");
    free(text);
    assert_refused(rv_answer_integer(&answer, &named, 0, 0, "row", 0, 11, &number, err), RV_ERROR_FORMAT,
                   "row: left");
    assert_refused(read_quantity(&answer, 1, 1, &real, err), RV_ERROR_FORMAT, "row: right");
    assert_refused(read_quantity(&answer, 2, 1, &real, err), RV_ERROR_FORMAT, "row: right");
    assert_refused(rv_answer_integer(&answer, &named, 1, 0, "row", 0, 99, &number, err), RV_ERROR_FORMAT,
                   "left");
    assert_refused(read_text(&answer, 1, 0, &text, err), RV_ERROR_FORMAT, "left");
    assert_refused(rv_answer_integer(&answer, &named, 2, 0, "row", 0, 99, &number, err), RV_ERROR_FORMAT,
                   "left");
    // A NUL inside ends no number and no text.
    assert_refused(rv_answer_integer(&answer, &named, 3, 0, "row", 0, 99, &number, err), RV_ERROR_FORMAT,
                   "left");
    assert_refused(read_quantity(&answer, 3, 1, &real, err), RV_ERROR_FORMAT, "right");
    assert_refused(read_text(&answer, 3, 0, &text, err), RV_ERROR_FORMAT, "left");
    assert_refused(rv_answer_integer(&answer, &named, 4, 0, "row", 0, 99, &number, err), RV_ERROR_FORMAT,
                   "no row");
    assert_refused(rv_answer_integer(&answer, &named, 0, 7, "row", 0, 99, &number, err), RV_ERROR_FORMAT,
                   "a column");
    rv_answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_held_and_nothing_beside_them),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(columns_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
