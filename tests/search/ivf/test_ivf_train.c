/* SPDX-License-Identifier: MIT */
/* K-means over codes: the same lists for any number of threads, right ones where there are any, and no harm
 * from rows that have none. */
#include "../store/store_support.h"

#include "base/mem.h"
#include "search/ivf/ivf_train.h"

#define DIMENSIONS 64
#define WIDTH 64
#define ROWS 3000

typedef struct Rows {
    uint8_t codes[ROWS * WIDTH], fine[WIDTH];
    float scales[ROWS];
} Rows;

static void encode(Rows *rows, size_t at, const float *vector)
{
    double workspace[WIDTH];
    RowBound bound;
    RowFineBound fine_bound;
    rv_row_code_encode(vector, DIMENSIONS, workspace, rows->codes + at * WIDTH, rows->fine, &bound,
                       &fine_bound);
    rows->scales[at] = bound.scale;
}

/* Row i lies near centre i % clusters, at `distance` about. */
static Rows *make_rows(uint64_t seed, size_t clusters, double distance)
{
    Rows *rows = malloc(sizeof *rows);
    float *centres = malloc(clusters * DIMENSIONS * sizeof *centres);
    assert_true(rows != NULL && centres != NULL);
    for (size_t i = 0; i < clusters * DIMENSIONS; i++)
        centres[i] = (float)(2 * next_uniform(&seed) - 1);
    for (size_t i = 0; i < ROWS; i++) {
        float vector[DIMENSIONS];
        for (size_t d = 0; d < DIMENSIONS; d++)
            vector[d] =
                centres[i % clusters * DIMENSIONS + d] + (float)(distance * (2 * next_uniform(&seed) - 1));
        encode(rows, i, vector);
    }
    free(centres);
    return rows;
}

typedef struct Trained {
    size_t count;
    float means[200 * WIDTH], spreads[200];
    uint32_t lists[ROWS];
} Trained;

static Trained *train(const Rows *rows, size_t row_count, size_t count, uint64_t seed, int threads)
{
    Trained *trained = calloc(1, sizeof *trained);
    ThreadPool *pool = NULL;
    ListSample sample = {WIDTH, row_count, rows->codes, rows->scales};
    ListCentres centres;
    assert_non_null(trained);
    if (threads > 0)
        assert_ok(rv_threads_create(threads, &pool, err));
    trained->count = count;
    assert_ok(rv_list_train(&sample, pool, seed, &trained->count, trained->means, trained->spreads, err));
    assert_ok(rv_list_centres_init(&centres, trained->means, trained->count, WIDTH, err));
    rv_list_assign(&centres, pool, rows->codes, row_count, trained->lists);
    rv_list_centres_clear(&centres);
    rv_threads_destroy(pool);
    return trained;
}

static void means_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    Rows *rows = make_rows(1, 60, 0.6);
    Trained *first = train(rows, ROWS, 50, 7, 0), *other = train(rows, ROWS, 50, 8, 0);
    assert_int_not_equal(memcmp(first->means, other->means, sizeof first->means), 0); // the seed counts
    for (int threads = 1; threads <= 5; threads++) {
        Trained *again = train(rows, ROWS, 50, 7, threads);
        assert_int_equal(again->count, first->count);
        assert_memory_equal(again->means, first->means, sizeof first->means);
        assert_memory_equal(again->spreads, first->spreads, sizeof first->spreads);
        assert_memory_equal(again->lists, first->lists, sizeof first->lists);
        free(again);
    }
    free(first);
    free(other);
    free(rows);
}

/* Four clusters far apart, lists to spare: no list holds rows of two clusters. */
static void clusters_far_apart_are_kept_apart(void **state)
{
    (void)state;
    Rows *rows = make_rows(2, 4, 0.1);
    Trained *trained = train(rows, ROWS, 16, 1, 2);
    int owner[16];
    memset(owner, -1, sizeof owner);
    for (size_t i = 0; i < ROWS; i++) {
        int *one = &owner[trained->lists[i]];
        assert_true(*one == -1 || *one == (int)(i % 4));
        *one = (int)(i % 4);
    }
    free(trained);
    free(rows);
}

static double cosine(const Rows *rows, size_t row, const float *mean)
{
    double dot = 0, squares = 0, row_squares = 0;
    for (size_t d = 0; d < WIDTH; d++) {
        double value = (int)rows->codes[row * WIDTH + d] - 128;
        dot += value * mean[d];
        squares += (double)mean[d] * mean[d];
        row_squares += value * value;
    }
    return dot / sqrt(squares * row_squares);
}

static void rows_go_to_the_centre_of_the_largest_cosine(void **state)
{
    (void)state;
    Rows *rows = make_rows(3, 40, 0.8);
    Trained *trained = train(rows, ROWS, 30, 1, 2);
    for (size_t row = 0; row < ROWS; row += 7) {
        double own = cosine(rows, row, trained->means + trained->lists[row] * WIDTH);
        for (size_t list = 0; list < trained->count; list++)
            // What 15 bits of a direction leave out.
            assert_true(cosine(rows, row, trained->means + list * WIDTH) < own + 1e-3);
    }
    free(trained);
    free(rows);
}

static void spreads_are_the_distances_from_the_mean(void **state)
{
    (void)state;
    Rows *rows = make_rows(4, 1, 0.5);
    Trained *trained = train(rows, ROWS, 1, 1, 2);
    double squares = 0;
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t d = 0; d < WIDTH; d++) {
            double value = rows->scales[row] * ((int)rows->codes[row * WIDTH + d] - 128) - trained->means[d];
            squares += value * value;
        }
    }
    assert_true(fabs(trained->spreads[0] - sqrt(squares / ROWS)) < 1e-4);
    free(trained);
    free(rows);
}

static void rows_without_clusters_do_no_harm(void **state)
{
    (void)state;
    static const struct {
        double from, to; // every value lies between
        size_t row_count, wanted, most;
        const char *why;
    } cases[] = {
        {0, 0, ROWS, 20, 1, "all rows are zero"},
        {0.5, 0.5, ROWS, 20, 1, "all rows are equal"},
        {-1, 1, 1, 1, 1, "one row"},
        {-1, 1, 3, 3, 3, "as many lists as rows"},
        {-1e12, 1e12, ROWS, 20, 20, "large values"},
        {-1e-28, 1e-28, ROWS, 20, 20, "values near the smallest scale"},
        {-1e-40, 1e-40, ROWS, 20, 1, "values that have no code"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Rows *rows = malloc(sizeof *rows);
        uint64_t seed = 5;
        assert_non_null(rows);
        for (size_t row = 0; row < cases[i].row_count; row++) {
            float vector[DIMENSIONS];
            for (size_t d = 0; d < DIMENSIONS; d++)
                vector[d] = (float)(cases[i].from + (cases[i].to - cases[i].from) * next_uniform(&seed));
            encode(rows, row, vector);
        }
        Trained *trained = train(rows, cases[i].row_count, cases[i].wanted, 1, 2);
        if (trained->count < 1 || trained->count > cases[i].most)
            fail_msg("%s: %zu lists", cases[i].why, trained->count);
        for (size_t k = 0; k < trained->count * WIDTH; k++)
            assert_true(isfinite(trained->means[k]));
        for (size_t list = 0; list < trained->count; list++)
            assert_true(isfinite(trained->spreads[list]) && trained->spreads[list] >= 0);
        free(trained);
        free(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_are_the_same_for_any_number_of_threads),
        cmocka_unit_test(clusters_far_apart_are_kept_apart),
        cmocka_unit_test(rows_go_to_the_centre_of_the_largest_cosine),
        cmocka_unit_test(spreads_are_the_distances_from_the_mean),
        cmocka_unit_test(rows_without_clusters_do_no_harm),
    };
    return cmocka_run_group_tests_name("k-means over codes", tests, NULL, NULL);
}
