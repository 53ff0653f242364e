/* SPDX-License-Identifier: MIT */
/* Kernels over codes for AVX-512 with VNNI: vpdpbusd multiplies 64 unsigned codes by 64 signed bytes of the
 * query, once for its high bytes and once for the low ones. It does not saturate. */
#include <immintrin.h>

#include "compute/kernels/code_checksum_512.h"
#include "compute/kernels/code_kernels.h"

/* Row after row, so that the codes are read as one stream (code_avx2.c). */
static void dot_rows_avx512vnni(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    for (size_t row = 0; row < row_count; row++) {
        __m512i high = _mm512_setzero_si512(), low = _mm512_setzero_si512();
        for (size_t i = 0; i < query->count; i += CODE_ALIGNMENT, codes += CODE_ALIGNMENT) {
            _mm_prefetch((const char *)codes + CODE_FETCH_BYTES, _MM_HINT_T0);
            __m512i code = _mm512_loadu_si512(codes);
            high = _mm512_dpbusd_epi32(high, code, _mm512_loadu_si512(query->high + i));
            low = _mm512_dpbusd_epi32(low, code, _mm512_loadu_si512(query->low + i));
        }
        __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(high, 8), low);
        dots[row] = (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum) - query->offset);
    }
}

const CodeKernels rv_code_kernels_avx512vnni = {"avx512vnni", dot_rows_avx512vnni, checksum_512};
