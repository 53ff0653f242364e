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

/* Row after row, so that the codes are read as one stream. Several rows at a time would share the query's
 * values, but wait for memory much longer. There are four sums, because each addition to a sum waits for the
 * one before. */
static void dot_rows_avx2(const uint8_t *codes, size_t row_count, const CodeQuery *query, int32_t *dots)
{
    for (size_t row = 0; row < row_count; row++) {
        __m256i sums[4];
        for (int k = 0; k < 4; k++)
            sums[k] = _mm256_setzero_si256();
        for (size_t i = 0; i < query->count; i += CODE_ALIGNMENT, codes += CODE_ALIGNMENT) {
            _mm_prefetch((const char *)codes + CODE_FETCH_BYTES, _MM_HINT_T0);
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++) {
                __m256i values = _mm256_loadu_si256((const __m256i *)(query->values + i + 16 * k));
                sums[k] = _mm256_add_epi32(sums[k], multiply(codes + 16 * k, values));
            }
        }
        __m256i sum =
            _mm256_add_epi32(_mm256_add_epi32(sums[0], sums[1]), _mm256_add_epi32(sums[2], sums[3]));
        dots[row] = (int32_t)((uint32_t)sum_of(sum) - query->offset);
    }
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
