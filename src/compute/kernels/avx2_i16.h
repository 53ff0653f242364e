/* SPDX-License-Identifier: MIT */
/* Shared by the levels with 256-bit vectors of the 16-bit integer kernels. The including file defines
 * vi_dot. */
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels_i16.h"

#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define FLOAT_KERNELS rv_kernels_avx2

typedef __m256i VI;
typedef __m256 VF;
typedef struct Sums {
    __m256d low, high;
} Sums;

static inline VI vi_zero(void)
{
    return _mm256_setzero_si256();
}
static inline VI vi_load(const int16_t *src)
{
    return _mm256_loadu_si256((const __m256i *)src);
}
/* The same two integers in every lane. */
static inline VI vi_pair(const int16_t *src)
{
    int pair;
    memcpy(&pair, src, sizeof pair);
    return _mm256_set1_epi32(pair);
}
static inline VI vi_max(VI a, VI b)
{
    return _mm256_max_epu32(a, b);
}
static inline VI vi_magnitude(VF x)
{
    return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(INT32_MAX));
}
static inline uint32_t vi_highest(VI x)
{
    __m128i four = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i two = _mm_max_epu32(four, _mm_shuffle_epi32(four, _MM_SHUFFLE(1, 0, 3, 2)));
    return (uint32_t)_mm_cvtsi128_si32(_mm_max_epu32(two, _mm_shuffle_epi32(two, _MM_SHUFFLE(2, 3, 0, 1))));
}
static inline VI vi_round(VF x)
{
    return _mm256_cvtps_epi32(x); // to nearest even, because nothing here changes the rounding mode
}
static inline VF vf_set(float x)
{
    return _mm256_set1_ps(x);
}
static inline VF vf_load(const float *src)
{
    return _mm256_loadu_ps(src);
}
static inline void vf_store(float *dst, VF x)
{
    _mm256_storeu_ps(dst, x);
}
static inline VF vf_mul(VF a, VF b)
{
    return _mm256_mul_ps(a, b);
}
static inline VF vf_fma(VF a, VF b, VF c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline VF vf_from_int(VI x)
{
    return _mm256_cvtepi32_ps(x);
}
static inline Sums vd_zero(void)
{
    return (Sums){_mm256_setzero_pd(), _mm256_setzero_pd()};
}
/* Add eight floats, given by their bits. */
static inline Sums vd_add(Sums sums, VI bits)
{
    VF x = _mm256_castsi256_ps(bits);
    return (Sums){_mm256_add_pd(sums.low, _mm256_cvtps_pd(_mm256_castps256_ps128(x))),
                  _mm256_add_pd(sums.high, _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)))};
}
static inline void vd_store(double *dst, Sums sums)
{
    _mm256_storeu_pd(dst, sums.low);
    _mm256_storeu_pd(dst + 4, sums.high);
}

/* Load the first `count` elements; the other lanes are 0. Nothing after the elements is read. */
static inline VF vf_load_first(const float *src, size_t count)
{
    if (count >= LANES)
        return vf_load(src);
    __m256i mask =
        _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_maskload_ps(src, mask);
}
static inline void vi_store_i16_first(int16_t *dst, size_t count, VI x)
{
    __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    if (count >= LANES) {
        _mm_storeu_si128((__m128i *)dst, packed);
        return;
    }
    int16_t values[LANES];
    _mm_storeu_si128((__m128i *)values, packed);
    memcpy(dst, values, count * sizeof *dst);
}
