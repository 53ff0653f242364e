/* SPDX-License-Identifier: MIT */
/* Kernels over codes for AVX-512 with VNNI: vpdpbusd multiplies 64 unsigned codes by 64 signed bytes of the
 * query, once for its high bytes and once for the low ones. It does not saturate. */
#include <immintrin.h>

#include "compute/kernels/code_checksum_512.h"
#include "compute/kernels/code_kernels.h"

static inline __attribute__((always_inline)) void dot_tile(const uint8_t *codes, const int row_count,
                                                           const CodeQuery *query, int32_t *dots)
{
    __m512i high[4], low[4];
    for (int row = 0; row < row_count; row++)
        high[row] = low[row] = _mm512_setzero_si512();
    for (size_t i = 0; i < query->count; i += CODE_ALIGNMENT) {
        __m512i query_high = _mm512_loadu_si512(query->high + i),
                query_low = _mm512_loadu_si512(query->low + i);
#pragma GCC unroll 4
        for (int row = 0; row < row_count; row++) {
            const uint8_t *at = codes + (size_t)row * query->count + i;
            _mm_prefetch((const char *)at + CODE_FETCH_BYTES, _MM_HINT_T0);
            __m512i code = _mm512_loadu_si512(at);
            high[row] = _mm512_dpbusd_epi32(high[row], code, query_high);
            low[row] = _mm512_dpbusd_epi32(low[row], code, query_low);
        }
    }
    for (int row = 0; row < row_count; row++) {
        __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(high[row], 8), low[row]);
        dots[row] = (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum) - query->offset);
    }
}

static void dot_rows_avx512vnni(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    size_t row = 0;
    for (; row + 4 <= row_count; row += 4)
        dot_tile(codes + row * query->count, 4, query, dots + row);
    for (; row < row_count; row++)
        dot_tile(codes + row * query->count, 1, query, dots + row);
}

const CodeKernels rv_code_kernels_avx512vnni = {"avx512vnni", dot_rows_avx512vnni, checksum_512};
