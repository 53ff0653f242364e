/* SPDX-License-Identifier: MIT */
/* Kernels over codes: every level gives the scalar one's bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "compute/kernels/code_kernels.h"

static size_t kernels_here(const CodeKernels *out[4])
{
    size_t count = 0;
    out[count++] = &rv_code_kernels_scalar;
#if defined(__x86_64__)
    if (rv_cpu_level() >= CPU_AVX2)
        out[count++] = &rv_code_kernels_avx2;
    if (rv_cpu_level() >= CPU_AVX512)
        out[count++] = &rv_code_kernels_avx512;
    if (rv_cpu_level() >= CPU_AVX512_VNNI)
        out[count++] = &rv_code_kernels_avx512vnni;
#endif
    return count;
}

static void fill(unsigned *seed, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(rand_r(seed) >> 7);
}

static void split(const int16_t *values, size_t count, int8_t *high, int8_t *low, CodeQuery *query)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int low_byte = ((values[i] + 128) & 255) - 128;
        low[i] = (int8_t)low_byte;
        high[i] = (int8_t)((values[i] - low_byte) / 256);
        sum += (uint32_t)(int32_t)values[i];
    }
    *query = (CodeQuery){values, high, low, count, 128 * sum};
}

static void dot_rows_is_exact_at_every_level(void **state)
{
    (void)state;
    static const size_t widths[] = {64, 128, 192, 512, 1024};
    const CodeKernels *kernels[4];
    size_t kernel_count = kernels_here(kernels);
    unsigned seed = 1;
    enum { ROWS = 9, WIDTH = 1024 };
    uint8_t *codes = malloc(ROWS * WIDTH + 1);
    int16_t values[WIDTH];
    int8_t high[WIDTH], low[WIDTH];
    for (int round = 0; round < 40; round++) {
        size_t width = widths[round % 5];
        int limit = round % 3 == 0 ? CODE_QUERY_MAX : 1 + rand_r(&seed) % CODE_QUERY_MAX;
        limit = (size_t)limit * 127 * width > INT32_MAX ? (int)(INT32_MAX / (127 * width)) : limit;
        for (size_t i = 0; i < width; i++)
            values[i] =
                (int16_t)(round < 4 ? (round % 2 ? limit : -limit) : rand_r(&seed) % (2 * limit + 1) - limit);
        // Misaligned by one; codes of 0 do not occur.
        uint8_t *rows = codes + 1;
        fill(&seed, rows, ROWS * width);
        for (size_t i = 0; i < ROWS * width; i++)
            rows[i] = round < 4 ? (round < 2 ? 255 : 1) : rows[i] == 0 ? 1 : rows[i];
        CodeQuery query;
        split(values, width, high, low, &query);
        for (size_t row_count = 0; row_count <= ROWS; row_count++) {
            for (size_t k = 0; k < kernel_count; k++) {
                int32_t dots[ROWS + 1];
                memset(dots, 0x5a, sizeof dots);
                kernels[k]->dot_rows(rows, row_count, &query, dots);
                for (size_t row = 0; row < row_count; row++) {
                    int64_t sum = 0;
                    for (size_t i = 0; i < width; i++)
                        sum += ((int64_t)rows[row * width + i] - 128) * values[i];
                    if (dots[row] != sum)
                        fail_msg("%s: width %zu, row %zu: %d instead of %lld", kernels[k]->name, width, row,
                                 dots[row], (long long)sum);
                }
                assert_int_equal(dots[row_count], 0x5a5a5a5a);
            }
        }
    }
    free(codes);
}

static void checksum_is_one_at_every_level_and_sees_changes(void **state)
{
    (void)state;
    const CodeKernels *kernels[4];
    size_t kernel_count = kernels_here(kernels);
    unsigned seed = 2;
    uint8_t bytes[1025];
    fill(&seed, bytes, sizeof bytes);
    for (size_t size = 0; size <= 1024; size += size < 200 ? 1 : 37) {
        uint64_t expected = kernels[0]->checksum(bytes + 1, size);
        for (size_t k = 1; k < kernel_count; k++)
            assert_true(kernels[k]->checksum(bytes + 1, size) == expected);
        if (size == 0)
            continue;
        assert_true(kernels[0]->checksum(bytes + 1, size - 1) != expected);
        size_t at = 1 + (size_t)rand_r(&seed) % size;
        bytes[at] ^= 1 << size % 8;
        assert_true(kernels[0]->checksum(bytes + 1, size) != expected);
        bytes[at] ^= 1 << size % 8;
    }
    // Groups that change places, and zeros that grow.
    uint64_t before = kernels[0]->checksum(bytes, 128);
    uint8_t swapped[128];
    memcpy(swapped, bytes + 64, 64);
    memcpy(swapped + 64, bytes, 64);
    assert_true(kernels[0]->checksum(swapped, 128) != before);
    uint8_t zeros[256] = {0};
    assert_true(kernels[0]->checksum(zeros, 64) != kernels[0]->checksum(zeros, 128));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot_rows_is_exact_at_every_level),
        cmocka_unit_test(checksum_is_one_at_every_level_and_sees_changes),
    };
    return cmocka_run_group_tests_name("kernels over codes", tests, NULL, NULL);
}
