/* SPDX-License-Identifier: MIT */
/* Codes on devices: bounds and rows are those that the scalar kernel and the formula give. On the machine's
 * device and on the fake one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "compute/device_codes.h"
#include "compute/kernels/code_kernels.h"
#include "cuda_in_tests.h"

#define WIDTH_MAX 1088
#define ROWS_MAX 2500

/* Rows, a query, and what is expected of them. */
typedef struct Plan {
    size_t row_count, width;
    bool some_count, after, before;
    const char *why;
} Plan;

typedef struct Case {
    Plan plan;
    uint8_t *codes;
    float (*bounds)[2];
    double *times_s, after_s, before_s;
    uint32_t counted[ROWS_MAX / 32 + 1];
    int16_t values[WIDTH_MAX];
    int8_t high[WIDTH_MAX], low[WIDTH_MAX];
    CodeQuery code;
    DeviceCodeQuery query;
    double lows[ROWS_MAX], highs[ROWS_MAX];
    bool counts[ROWS_MAX];
} Case;

static void fill_query(Case *test, unsigned *seed)
{
    uint32_t sum = 0;
    int limit = (int)(INT32_MAX / (127 * test->plan.width));
    limit = limit < CODE_QUERY_MAX ? limit : CODE_QUERY_MAX;
    for (size_t i = 0; i < test->plan.width; i++) {
        int value = rand_r(seed) % (2 * limit + 1) - limit, low_byte = ((value + 128) & 255) - 128;
        test->values[i] = (int16_t)value;
        test->low[i] = (int8_t)low_byte;
        test->high[i] = (int8_t)((value - low_byte) / 256);
        sum += (uint32_t)value;
    }
    test->code = (CodeQuery){test->values, test->high, test->low, test->plan.width, 128 * sum};
    test->query = (DeviceCodeQuery){.code = &test->code,
                                    .step = 1e-5,
                                    .error_factor = 0.75,
                                    .slack = 1e-3,
                                    .counted = test->plan.some_count ? test->counted : NULL,
                                    .after_s = test->plan.after ? &test->after_s : NULL,
                                    .before_s = test->plan.before ? &test->before_s : NULL};
    test->after_s = (double)test->plan.row_count * 0.25;
    test->before_s = (double)test->plan.row_count * 0.75;
}

static Case *make_case(const Plan *plan, unsigned seed)
{
    Case *test = calloc(1, sizeof *test);
    assert_non_null(test);
    test->plan = *plan;
    test->codes = malloc(plan->row_count * plan->width);
    test->bounds = malloc(plan->row_count * sizeof *test->bounds);
    test->times_s = malloc(plan->row_count * sizeof *test->times_s);
    assert_true(test->codes != NULL && test->bounds != NULL && test->times_s != NULL);
    for (size_t i = 0; i < plan->row_count * plan->width; i++)
        test->codes[i] = (uint8_t)(1 + (rand_r(&seed) >> 7) % 255);
    fill_query(test, &seed);
    for (size_t i = 0; i < plan->row_count; i++) {
        int32_t dot = 0;
        test->bounds[i][0] = (float)(rand_r(&seed) % 1000) * 1e-4f;
        test->bounds[i][1] = i % 101 == 50 ? INFINITY : i % 103 == 7 ? NAN : (float)(rand_r(&seed) % 100);
        test->times_s[i] = (double)i;
        // Whole words that are empty or full, and mixed ones.
        bool bit = i / 32 % 3 == 0 || (i / 32 % 3 == 1 && rand_r(&seed) % 2 == 0);
        test->counted[i / 32] |= (uint32_t)bit << i % 32;
        test->counts[i] = (bit || !plan->some_count) && (!plan->after || test->times_s[i] >= test->after_s) &&
                          (!plan->before || test->times_s[i] <= test->before_s);
        rv_code_kernels_scalar.dot_rows(test->codes + i * plan->width, 1, &test->code, &dot);
        double score = test->query.step * test->bounds[i][0] * dot;
        double error = test->bounds[i][1] * test->query.error_factor + test->query.slack;
        test->lows[i] = score - error;
        test->highs[i] = score + error;
    }
    return test;
}

static void free_case(Case *test)
{
    free(test->codes);
    free(test->bounds);
    free(test->times_s);
    free(test);
}

static DeviceCodes *send_case(Compute *compute, const Case *test)
{
    const DeviceCodeOps *ops = compute->ops->codes;
    DeviceCodes *codes = NULL;
    RvError err = {0};
    size_t rows = test->plan.row_count, part = rows / 3;
    if (ops->create(compute, rows, test->plan.width, &codes, &err) != RV_OK)
        fail_msg("%s", err.message);
    ops->write(compute, codes, part, rows - part, test->codes + part * test->plan.width, test->bounds[part],
               test->times_s + part);
    ops->write(compute, codes, 0, part, test->codes, test->bounds[0], test->times_s);
    return codes;
}

static double highest_low(const Case *test, size_t first)
{
    double best = -INFINITY;
    for (size_t i = first; i < first + DEVICE_CODE_BLOCK && i < test->plan.row_count; i++)
        best = test->counts[i] && test->lows[i] > best ? test->lows[i] : best;
    return best;
}

static void check_best(const Case *test, const float *best)
{
    for (size_t block = 0; block * DEVICE_CODE_BLOCK < test->plan.row_count; block++) {
        double expected = highest_low(test, block * DEVICE_CODE_BLOCK);
        // Rounded down to float, and no further.
        if (!(best[block] <= expected + 1e-12 && nextafterf(best[block], INFINITY) >= expected - 1e-12))
            fail_msg("%s: block %zu: %.9g, expected %.17g", test->plan.why, block, (double)best[block],
                     expected);
    }
}

static void check_above(Compute *compute, const Case *test, DeviceCodes *codes, double threshold)
{
    uint32_t rows[ROWS_MAX];
    bool given[ROWS_MAX] = {false};
    size_t count = compute->ops->codes->above(compute, codes, threshold, rows, test->plan.row_count),
           expected = 0;
    assert_true(count <= test->plan.row_count);
    for (size_t i = 0; i < count; i++) {
        assert_true(rows[i] < test->plan.row_count && !given[rows[i]]);
        given[rows[i]] = true;
    }
    for (size_t i = 0; i < test->plan.row_count; i++) {
        double slack = fabs(threshold) * 1e-6;
        bool must = test->counts[i] && !(test->highs[i] < threshold),
             may = test->counts[i] && !(test->highs[i] < threshold - slack);
        expected += must;
        if ((must && !given[i]) || (given[i] && !may))
            fail_msg("%s: threshold %g: row %zu with at most %g is %s", test->plan.why, threshold, i,
                     test->highs[i], given[i] ? "given" : "not given");
    }
    // Less room than rows: the count tells.
    if (expected > 3) {
        uint32_t few[3] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
        assert_int_equal(compute->ops->codes->above(compute, codes, threshold, few, 2), count);
        assert_true(few[0] < test->plan.row_count && few[1] < test->plan.row_count && few[2] == UINT32_MAX);
    }
}

static void scores_are_those_of_the_formula(void **state)
{
    static const Plan plans[] = {
        {1, 512, false, false, false, "one row"},
        {31, 64, false, false, false, "the narrowest code"},
        {33, 512, false, false, false, "one row in the second group"},
        {128, 512, true, false, false, "one block"},
        {129, 192, true, true, true, "one row in the second block, all filters"},
        {1000, 512, false, false, false, "several blocks"},
        {1024, 512, true, false, false, "a whole group of blocks, some rows count"},
        {1500, 768, false, true, false, "more than a warp reads at once, after a time"},
        {2500, 1088, true, false, true, "the widest, before a time"},
    };
    Compute *compute = open_cuda_or_skip(*(const bool *)*state, 1);
    const DeviceCodeOps *ops = compute->ops->codes;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        Case *test = make_case(&plans[i], (unsigned)i + 1);
        DeviceCodes *codes = send_case(compute, test);
        float best[ROWS_MAX / DEVICE_CODE_BLOCK + 1];
        RvError err = {0};
        ops->score(compute, codes, &test->query, best);
        check_best(test, best);
        const double thresholds[] = {-INFINITY, -50.0, 0.0, 5.0, 50.0, 1e9};
        for (size_t k = 0; k < sizeof thresholds / sizeof thresholds[0]; k++)
            check_above(compute, test, codes, thresholds[k]);
        if (compute->ops->status(compute, &err) != RV_OK)
            fail_msg("%s: %s", plans[i].why, err.message);
        ops->destroy(compute, codes);
        free_case(test);
    }
    rv_compute_close(compute);
}

static void create_refuses_what_does_not_fit(void **state)
{
    static const struct {
        size_t row_count, width;
        RvStatus status;
        const char *why;
    } cases[] = {
        {0, 64, RV_ERROR_UNSUPPORTED, "no rows"},
        {10, 0, RV_ERROR_UNSUPPORTED, "no width"},
        {10, 100, RV_ERROR_UNSUPPORTED, "a width that codes do not have"},
        {10, 1 << 15, RV_ERROR_UNSUPPORTED, "wider than shared memory"},
        {(size_t)1 << 31, 64, RV_ERROR_UNSUPPORTED, "more rows than 31 bits"},
        {(size_t)1 << 30, 16384, RV_ERROR_MEMORY, "16 TiB"},
    };
    Compute *compute = open_cuda_or_skip(*(const bool *)*state, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        DeviceCodes *codes = NULL;
        RvError err = {0};
        RvStatus status =
            compute->ops->codes->create(compute, cases[i].row_count, cases[i].width, &codes, &err);
        if (status != cases[i].status || codes != NULL || strstr(err.message, "cuda:0") == NULL)
            fail_msg("%s: %d %s", cases[i].why, (int)status, err.message);
    }
    assert_true(compute->ops->codes->size_bytes(1000, 512) >= 1000 * 512);
    rv_compute_close(compute);
}

static bool real = false, fake = true;

#define ON_BOTH(function)                                                                                    \
    {#function " on the device", function, NULL, NULL, &real},                                               \
    {                                                                                                        \
#function " on the fake device", function, NULL, NULL, &fake                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(scores_are_those_of_the_formula),
        ON_BOTH(create_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests_name("device_codes", tests, NULL, NULL);
}
