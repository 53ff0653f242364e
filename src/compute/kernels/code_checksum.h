/* SPDX-License-Identifier: MIT */
/* Parts of the checksum of code_kernels.h that every CPU level shares. */
#ifndef RV_COMPUTE_CODE_CHECKSUM_H
#define RV_COMPUTE_CODE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHECKSUM_LANES 8

/* Eight lanes of 64-bit words. first: the sum of a lane's words. second: the sum of its sums, which also
 * depends on the order of the words (Fletcher, "An Arithmetic Checksum for Serial Transmissions", IEEE
 * Transactions on Communications, 1982, modulo 2^64). */
typedef struct ChecksumSums {
    uint64_t first[CHECKSUM_LANES], second[CHECKSUM_LANES];
} ChecksumSums;

static inline void checksum_group(const void *group, ChecksumSums *sums)
{
    uint64_t words[CHECKSUM_LANES];
    memcpy(words, group, sizeof words);
    for (int lane = 0; lane < CHECKSUM_LANES; lane++) {
        sums->first[lane] += words[lane];
        sums->second[lane] += sums->first[lane];
    }
}

/* The last, incomplete group, the size, and the lanes mixed into one number. */
static inline uint64_t checksum_end(const void *tail, size_t tail_bytes, size_t size_bytes,
                                    ChecksumSums *sums)
{
    uint8_t group[8 * CHECKSUM_LANES] = {0};
    if (tail_bytes > 0)
        memcpy(group, tail, tail_bytes);
    checksum_group(group, sums);
    uint64_t total = size_bytes * 0x9e3779b97f4a7c15u;
    for (int lane = 0; lane < CHECKSUM_LANES; lane++) {
        total = (total ^ sums->first[lane]) * 0xff51afd7ed558ccdu;
        total ^= total >> 32;
        total = (total ^ sums->second[lane]) * 0xc4ceb9fe1a85ec53u;
        total ^= total >> 29;
    }
    return total;
}

#endif
