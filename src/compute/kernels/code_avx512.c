/* SPDX-License-Identifier: MIT */
/* Kernels over codes for AVX-512 without VNNI. */
#include <immintrin.h>

#include "compute/kernels/code_checksum_512.h"
#include "compute/kernels/code_kernels.h"

static inline __m512i multiply(const uint8_t *codes, const int16_t *values)
{
    return _mm512_madd_epi16(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)codes)),
                             _mm512_loadu_si512(values));
}

/* Row after row, so that the codes are read as one stream (code_avx2.c). */
static void dot_rows_avx512(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    for (size_t row = 0; row < row_count; row++) {
        __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (size_t i = 0; i < query->count; i += CODE_ALIGNMENT, codes += CODE_ALIGNMENT) {
            _mm_prefetch((const char *)codes + CODE_FETCH_BYTES, _MM_HINT_T0);
            sums[0] = _mm512_add_epi32(sums[0], multiply(codes, query->values + i));
            sums[1] = _mm512_add_epi32(sums[1], multiply(codes + 32, query->values + i + 32));
        }
        dots[row] =
            (int32_t)((uint32_t)_mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1])) - query->offset);
    }
}

const CodeKernels rv_code_kernels_avx512 = {"avx512", dot_rows_avx512, checksum_512};
