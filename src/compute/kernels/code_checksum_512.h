/* SPDX-License-Identifier: MIT */
/* The checksum of code_kernels.h for AVX-512, which both of its levels compile. */
#ifndef RV_COMPUTE_CODE_CHECKSUM_512_H
#define RV_COMPUTE_CODE_CHECKSUM_512_H

#include <immintrin.h>

#include "compute/kernels/code_checksum.h"

static uint64_t checksum_512(const void *bytes, size_t size_bytes)
{
    ChecksumSums sums;
    __m512i first = _mm512_setzero_si512(), second = _mm512_setzero_si512();
    size_t whole = size_bytes / 64 * 64;
    for (size_t at = 0; at < whole; at += 64) {
        first = _mm512_add_epi64(first, _mm512_loadu_si512((const uint8_t *)bytes + at));
        second = _mm512_add_epi64(second, first);
    }
    _mm512_storeu_si512(sums.first, first);
    _mm512_storeu_si512(sums.second, second);
    return checksum_end((const uint8_t *)bytes + whole, size_bytes - whole, size_bytes, &sums);
}

#endif
