/* SPDX-License-Identifier: MIT */
/* Kernels over codes for AVX2. vpmaddubsw would saturate on full 8-bit codes; widening to 16 bits is exact.
 */
#include <immintrin.h>

#include "compute/kernels/code_checksum.h"
#include "compute/kernels/code_kernels.h"

static inline __m256i multiply(const uint8_t *codes, __m256i values)
{
    return _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)codes)), values);
}

static inline int32_t sum_of(__m256i x)
{
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
    return _mm_cvtsi128_si32(half);
}

static inline __attribute__((always_inline)) void dot_tile(const uint8_t *codes, const int row_count,
                                                           const CodeQuery *query, int32_t *dots)
{
    __m256i sums[4];
#pragma GCC unroll 4
    for (int row = 0; row < row_count; row++)
        sums[row] = _mm256_setzero_si256();
    for (size_t i = 0; i < query->count; i += 16) {
        __m256i values = _mm256_loadu_si256((const __m256i *)(query->values + i));
#pragma GCC unroll 4
        for (int row = 0; row < row_count; row++) {
            const uint8_t *at = codes + (size_t)row * query->count + i;
            if (i % 64 == 0)
                _mm_prefetch((const char *)at + CODE_FETCH_BYTES, _MM_HINT_T0);
            sums[row] = _mm256_add_epi32(sums[row], multiply(at, values));
        }
    }
    for (int row = 0; row < row_count; row++)
        dots[row] = (int32_t)((uint32_t)sum_of(sums[row]) - query->offset);
}

static void dot_rows_avx2(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    size_t row = 0;
    for (; row + 4 <= row_count; row += 4)
        dot_tile(codes + row * query->count, 4, query, dots + row);
    for (; row < row_count; row++)
        dot_tile(codes + row * query->count, 1, query, dots + row);
}

static uint64_t checksum_avx2(const void *bytes, size_t size_bytes)
{
    ChecksumSums sums;
    __m256i first[2], second[2];
    for (int i = 0; i < 2; i++)
        first[i] = second[i] = _mm256_setzero_si256();
    size_t whole = size_bytes / 64 * 64;
    for (size_t at = 0; at < whole; at += 64) {
        for (int i = 0; i < 2; i++) {
            __m256i words = _mm256_loadu_si256((const __m256i *)((const uint8_t *)bytes + at) + i);
            first[i] = _mm256_add_epi64(first[i], words);
            second[i] = _mm256_add_epi64(second[i], first[i]);
        }
    }
    for (int i = 0; i < 2; i++) {
        _mm256_storeu_si256((__m256i *)sums.first + i, first[i]);
        _mm256_storeu_si256((__m256i *)sums.second + i, second[i]);
    }
    return checksum_end((const uint8_t *)bytes + whole, size_bytes - whole, size_bytes, &sums);
}

const CodeKernels rv_code_kernels_avx2 = {"avx2", dot_rows_avx2, checksum_avx2};
