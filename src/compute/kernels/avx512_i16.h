/* SPDX-License-Identifier: MIT */
/* Shared by the AVX-512 levels of the 16-bit integer kernels. The including file defines vi_dot. */
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels_i16.h"

#define LANES 16
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define FLOAT_KERNELS rv_kernels_avx512

typedef __m512i VI;
typedef __m512 VF;
typedef __m512d Sums;

static inline VI vi_zero(void)
{
    return _mm512_setzero_si512();
}
static inline VI vi_load(const int16_t *src)
{
    return _mm512_loadu_si512(src);
}
/* The same two integers in every lane. */
static inline VI vi_pair(const int16_t *src)
{
    int pair;
    memcpy(&pair, src, sizeof pair);
    return _mm512_set1_epi32(pair);
}
static inline VI vi_max(VI a, VI b)
{
    return _mm512_max_epu32(a, b);
}
static inline VI vi_magnitude(VF x)
{
    return _mm512_castps_si512(_mm512_abs_ps(x));
}
static inline uint32_t vi_highest(VI x)
{
    return _mm512_reduce_max_epu32(x);
}
static inline VI vi_round(VF x)
{
    return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline VF vf_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline VF vf_load(const float *src)
{
    return _mm512_loadu_ps(src);
}
static inline void vf_store(float *dst, VF x)
{
    _mm512_storeu_ps(dst, x);
}
static inline VF vf_mul(VF a, VF b)
{
    return _mm512_mul_ps(a, b);
}
static inline VF vf_fma(VF a, VF b, VF c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline VF vf_from_int(VI x)
{
    return _mm512_cvtepi32_ps(x);
}

static inline Sums vd_zero(void)
{
    return _mm512_setzero_pd();
}
/* Add 16 floats, given by their bits: first the lower eight, then the others. */
static inline Sums vd_add(Sums sums, VI bits)
{
    VF x = _mm512_castsi512_ps(bits);
    sums = _mm512_add_pd(sums, _mm512_cvtps_pd(_mm512_castps512_ps256(x)));
    return _mm512_add_pd(sums, _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)));
}
static inline void vd_store(double *dst, Sums sums)
{
    _mm512_storeu_pd(dst, sums);
}

static inline __mmask16 first_lanes(size_t count)
{
    return count < LANES ? (__mmask16)((1u << count) - 1) : (__mmask16)0xffff;
}
static inline VF vf_load_first(const float *src, size_t count)
{
    return _mm512_maskz_loadu_ps(first_lanes(count), src);
}
static inline void vi_store_i16_first(int16_t *dst, size_t count, VI x)
{
    _mm512_mask_cvtepi32_storeu_epi16(dst, first_lanes(count), x);
}
