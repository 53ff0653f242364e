/* SPDX-License-Identifier: MIT */
/* Kernels over codes for AVX-512 without VNNI. */
#include <immintrin.h>

#include "compute/kernels/code_checksum_512.h"
#include "compute/kernels/code_kernels.h"

static inline __attribute__((always_inline)) void dot_tile(const uint8_t *codes, const int row_count,
                                                           const CodeQuery *query, int32_t *dots)
{
    __m512i sums[4];
#pragma GCC unroll 4
    for (int row = 0; row < row_count; row++)
        sums[row] = _mm512_setzero_si512();
    for (size_t i = 0; i < query->count; i += 32) {
        __m512i values = _mm512_loadu_si512(query->values + i);
#pragma GCC unroll 4
        for (int row = 0; row < row_count; row++) {
            const void *at = codes + (size_t)row * query->count + i;
            if (i % 64 == 0)
                _mm_prefetch((const char *)at + CODE_FETCH_BYTES, _MM_HINT_T0);
            __m512i wide = _mm512_cvtepu8_epi16(_mm256_loadu_si256(at));
            sums[row] = _mm512_add_epi32(sums[row], _mm512_madd_epi16(wide, values));
        }
    }
    for (int row = 0; row < row_count; row++)
        dots[row] = (int32_t)((uint32_t)_mm512_reduce_add_epi32(sums[row]) - query->offset);
}

static void dot_rows_avx512(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    size_t row = 0;
    for (; row + 4 <= row_count; row += 4)
        dot_tile(codes + row * query->count, 4, query, dots + row);
    for (; row < row_count; row++)
        dot_tile(codes + row * query->count, 1, query, dots + row);
}

const CodeKernels rv_code_kernels_avx512 = {"avx512", dot_rows_avx512, checksum_512};
