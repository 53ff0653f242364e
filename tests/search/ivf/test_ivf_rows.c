/* SPDX-License-Identifier: MIT */
/* Lists of rows that have no clusters, no lengths or no codes: answers stay right, and nothing is left out
 * for want of a list. */
#include "lists_support.h"

typedef void MakeRows(uint64_t *seed, float *rows, size_t count);

static void make_equal(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, DIMENSIONS, 1);
    for (size_t i = 1; i < count; i++)
        memcpy(rows + i * DIMENSIONS, rows, DIMENSIONS * sizeof *rows);
}
static void make_zero(uint64_t *seed, float *rows, size_t count)
{
    (void)seed;
    memset(rows, 0, count * DIMENSIONS * sizeof *rows);
}
static void make_one_cluster(uint64_t *seed, float *rows, size_t count)
{
    float centre[DIMENSIONS];
    fill_random(seed, centre, DIMENSIONS, 1);
    fill_random(seed, rows, count * DIMENSIONS, 1e-4);
    for (size_t i = 0; i < count * DIMENSIONS; i++)
        rows[i] += centre[i % DIMENSIONS];
}
static void make_uniform(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1);
}
static void make_lengths(uint64_t *seed, float *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fill_random(seed, rows + i * DIMENSIONS, DIMENSIONS, pow(10, 20 * next_uniform(seed) - 14));
}
/* Rows without usable codes among others: their scores may be anything. */
static void make_huge(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1);
    for (size_t i = 0; i < count; i += 97)
        fill_random(seed, rows + i * DIMENSIONS, DIMENSIONS, 1e17);
}
static void make_all_huge(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1e17);
}

static void rows_of_any_kind_give_right_answers(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        MakeRows *make;
        size_t rows;
        const char *why;
    } kinds[] = {
        {make_equal, 1500, "all equal"},
        {make_zero, 1500, "all zero"},
        {make_uniform, 1, "one row"},
        {make_one_cluster, 1500, "one cluster"},
        {make_uniform, 3, "three rows"},
        {make_lengths, 1500, "lengths from 1e-14 to 1e6"},
        {make_uniform, 1500, "no cluster"},
        {make_huge, 1500, "some rows without codes"},
        {make_all_huge, 300, "no row with codes"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char path[4300];
        uint64_t seed = 20 + i;
        float *vectors = malloc(kinds[i].rows * DIMENSIONS * sizeof *vectors), vector[DIMENSIONS];
        assert_non_null(vectors);
        snprintf(path, sizeof path, "%s/%zu.db", fixture->folder, i);
        kinds[i].make(&seed, vectors, kinds[i].rows);
        Store *store = open_codes_store(path, false, NULL);
        add_rows(store, "/v.mp4", vectors, kinds[i].rows, DIMENSIONS);
        RvAnnOptions options = {.settings = "lists=50"}; // more than some have rows
        assert_ok(build_lists(store, NULL, &options, err));
        assert_string_equal(lists_info(store).fault, "");
        Store *rows = open_rows(path);
        for (int q = 0; q < 5; q++) {
            fill_random(&seed, vector, DIMENSIONS, 1);
            check_answer(store, rows, vector, &(RvSearchOptions){.top = 10}, kinds[i].why);
        }
        assert_no_faults(store);
        close_codes_store(rows);
        close_codes_store(store);
        free(vectors);
    }
}

static void libraries_without_rows_have_no_index(void **state)
{
    Fixture *fixture = *state;
    RvAnnOptions options = {0};
    bool dropped = true;
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_refused(build_lists(store, NULL, &options, err), RV_ERROR_NOT_FOUND, "empty");
    ModelIdentity model = test_model(DIMENSIONS);
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_refused(build_lists(store, NULL, &options, err), RV_ERROR_NOT_FOUND, "no frames");
    assert_false(lists_info(store).present);
    assert_ok(rv_search_index_drop(store, &dropped, err));
    assert_false(dropped);
    assert_ok(update_lists(store, err));
    assert_no_faults(store);
    close_codes_store(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_of_any_kind_give_right_answers),
        CASE(libraries_without_rows_have_no_index),
    };
    return cmocka_run_group_tests_name("lists of odd rows", tests, NULL, NULL);
}
