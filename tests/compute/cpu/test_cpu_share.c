/* SPDX-License-Identifier: MIT */
/* Tests of compute/cpu/cpu_share.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "compute/compute.h"
#include "cpu_levels.h"

enum { ITEMS_MAX = 9, ITEM_ROWS = 60, INPUTS = 300, OUTPUTS = 70, ROWS = ITEMS_MAX * ITEM_ROWS };

static float *src, *weights; // [ROWS, INPUTS], [OUTPUTS, INPUTS]

static Compute *open_cpu(int thread_count)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    Compute *compute = NULL;
    assert_int_equal(rv_compute_open(&options, &compute, NULL), RV_OK);
    return compute;
}

typedef struct Items {
    LinearWeights *layer;
    DeviceBuffer *src, *dst;
    int runs[ITEMS_MAX]; // of each item; not atomic, since no two shares have the same item
    Compute *parts[ITEMS_MAX];
} Items;

static void run_items(void *context, Compute *part, size_t first, size_t count)
{
    Items *items = context;
    part->ops->linear(part, items->layer, (DeviceRows){items->src, first * ITEM_ROWS * INPUTS, INPUTS},
                      count * ITEM_ROWS, (DeviceRows){items->dst, first * ITEM_ROWS * OUTPUTS, OUTPUTS},
                      (LinearEpilogue){ACTIVATION_GELU, false});
    for (size_t item = first; item < first + count; item++) {
        items->runs[item]++;
        items->parts[item] = part;
    }
}

/* Every item once, the first shared_count of them by parts of the device, the others by the device. */
static void share(Compute *compute, ComputePrecision precision, size_t count, size_t item_rows,
                  size_t shared_count, float *result)
{
    const ComputeOps *ops = compute->ops;
    Items items = {.src = ops->buffer_create(compute, ROWS * INPUTS, COMPUTE_FLOAT32, NULL),
                   .dst = ops->buffer_create(compute, ROWS * OUTPUTS, COMPUTE_FLOAT32, NULL)};
    assert_int_equal(
        ops->linear_create(compute, weights, NULL, OUTPUTS, INPUTS, precision, &items.layer, NULL), RV_OK);
    ops->upload(compute, items.src, src, ROWS * INPUTS);
    ops->share(compute, count, item_rows, run_items, &items);
    ops->download(compute, result, items.dst, count * ITEM_ROWS * OUTPUTS);
    for (size_t item = 0; item < ITEMS_MAX; item++) {
        assert_int_equal(items.runs[item], item < count ? 1 : 0);
        if (item < count)
            assert_int_equal(items.parts[item] != compute, item < shared_count);
        if (item < shared_count)
            assert_int_equal(rv_compute_thread_count(items.parts[item]), 1);
    }
    ops->linear_destroy(compute, items.layer);
    ops->buffer_destroy(compute, items.src);
    ops->buffer_destroy(compute, items.dst);
}

static void shares_have_every_item_once_and_equal_results(void **state)
{
    static float expected[ROWS * OUTPUTS], result[ROWS * OUTPUTS];
    static const ComputePrecision precisions[] = {COMPUTE_FLOAT32, COMPUTE_FAST};
    for (size_t i = 0; i < 2; i++) {
        Compute *alone = open_cpu(1);
        share(alone, precisions[i], ITEMS_MAX, ITEM_ROWS, 0, expected);
        rv_compute_close(alone);
        for (int thread_count = 2; thread_count <= 4; thread_count++) {
            Compute *compute = open_cpu(thread_count);
            for (size_t count = 0; count <= ITEMS_MAX; count++) {
                size_t threads = (size_t)thread_count, each = count / threads;
                // Each share needs 25 rows for every thread.
                bool enough = each * ITEM_ROWS >= 25 * threads;
                share(compute, precisions[i], count, ITEM_ROWS, enough ? each * threads : 0, result);
                assert_memory_equal(result, expected, count * ITEM_ROWS * OUTPUTS * sizeof *result);
            }
            rv_compute_close(compute);
        }
    }
}

static void few_rows_are_not_shared(void **state)
{
    static float result[ROWS * OUTPUTS];
    Compute *compute = open_cpu(2);
    share(compute, COMPUTE_FLOAT32, 2, 49, 0, result);
    share(compute, COMPUTE_FLOAT32, 2, 50, 2, result);
    rv_compute_close(compute);
}

typedef struct Busy {
    Compute *compute;
    float *result;
} Busy;

static void share_while_the_pool_works(void *context, size_t index, int worker)
{
    const Busy *busy = context;
    if (index == 0)
        share(busy->compute, COMPUTE_FLOAT32, 4, ITEM_ROWS, 0, busy->result);
}

/* One thread would have to do all shares alone, and to the end. */
static void nothing_is_shared_while_the_pool_works_for_another(void **state)
{
    static float expected[ROWS * OUTPUTS], result[ROWS * OUTPUTS];
    ThreadPool *pool = NULL;
    assert_int_equal(rv_threads_create(2, &pool, NULL), RV_OK);
    ComputeOptions options = {.device = "cpu", .pool = pool};
    Compute *compute = NULL;
    assert_int_equal(rv_compute_open(&options, &compute, NULL), RV_OK);
    share(compute, COMPUTE_FLOAT32, 4, ITEM_ROWS, 4, expected);
    rv_threads_run(pool, 2, share_while_the_pool_works, &(Busy){compute, result});
    assert_memory_equal(result, expected, 4 * ITEM_ROWS * OUTPUTS * sizeof *result);
    rv_compute_close(compute);
    rv_threads_destroy(pool);
}

int main(void)
{
    src = random_values(ROWS * INPUTS, 1);
    weights = random_values(OUTPUTS * INPUTS, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_have_every_item_once_and_equal_results),
        cmocka_unit_test(few_rows_are_not_shared),
        cmocka_unit_test(nothing_is_shared_while_the_pool_works_for_another),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    free(src), free(weights);
    return failures;
}
