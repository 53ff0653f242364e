/* SPDX-License-Identifier: MIT */
/* Parts of the checksum of code_kernels.h that every CPU level shares. */
#ifndef RV_COMPUTE_CODE_CHECKSUM_H
#define RV_COMPUTE_CODE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHECKSUM_WORDS 16

/* Keys of the words of one group of 64 bytes; they move on from group to group, so that groups cannot change
 * places. */
static inline void checksum_keys(uint32_t keys[CHECKSUM_WORDS])
{
    for (uint32_t i = 0; i < CHECKSUM_WORDS; i++)
        keys[i] = 0x9e3779b9u * (2 * i + 1);
}
#define CHECKSUM_KEY_STEP 0x85ebca6bu

/* sums[lane] += (word 2 lane + key) * (word 2 lane + 1 + key) over one group. */
static inline void checksum_group(const void *group, uint32_t keys[CHECKSUM_WORDS],
                                  uint64_t sums[CHECKSUM_WORDS / 2])
{
    uint32_t words[CHECKSUM_WORDS];
    memcpy(words, group, sizeof words);
    for (int lane = 0; lane < CHECKSUM_WORDS / 2; lane++) {
        uint32_t first = words[2 * lane] + keys[2 * lane], second = words[2 * lane + 1] + keys[2 * lane + 1];
        sums[lane] += (uint64_t)first * second;
    }
    for (int i = 0; i < CHECKSUM_WORDS; i++)
        keys[i] += CHECKSUM_KEY_STEP;
}

/* The last, incomplete group and the size. */
static inline uint64_t checksum_end(const void *tail, size_t tail_bytes, size_t size_bytes,
                                    uint32_t keys[CHECKSUM_WORDS], uint64_t sums[CHECKSUM_WORDS / 2])
{
    uint8_t group[4 * CHECKSUM_WORDS] = {0};
    if (tail_bytes > 0)
        memcpy(group, tail, tail_bytes);
    checksum_group(group, keys, sums);
    uint64_t total = size_bytes * 0x9e3779b97f4a7c15u;
    for (int lane = 0; lane < CHECKSUM_WORDS / 2; lane++) {
        total = (total ^ sums[lane]) * 0xff51afd7ed558ccdu;
        total ^= total >> 32;
    }
    return total;
}

#endif
