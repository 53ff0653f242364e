/* SPDX-License-Identifier: MIT */
/* The checksum of code_kernels.h for AVX-512, which both of its levels compile. */
#ifndef RV_COMPUTE_CODE_CHECKSUM_512_H
#define RV_COMPUTE_CODE_CHECKSUM_512_H

#include <immintrin.h>

#include "compute/kernels/code_checksum.h"

static uint64_t checksum_512(const void *bytes, size_t size_bytes)
{
    uint32_t keys[CHECKSUM_WORDS];
    uint64_t sums[CHECKSUM_WORDS / 2];
    checksum_keys(keys);
    __m512i key = _mm512_loadu_si512(keys), sum = _mm512_setzero_si512();
    const __m512i step = _mm512_set1_epi32((int)CHECKSUM_KEY_STEP);
    size_t whole = size_bytes / 64 * 64;
    for (size_t at = 0; at < whole; at += 64) {
        __m512i words = _mm512_add_epi32(_mm512_loadu_si512((const uint8_t *)bytes + at), key);
        sum = _mm512_add_epi64(sum, _mm512_mul_epu32(words, _mm512_srli_epi64(words, 32)));
        key = _mm512_add_epi32(key, step);
    }
    _mm512_storeu_si512(keys, key);
    _mm512_storeu_si512(sums, sum);
    return checksum_end((const uint8_t *)bytes + whole, size_bytes - whole, size_bytes, keys, sums);
}

#endif
