/* SPDX-License-Identifier: MIT */
/* Pseudorandom numbers that are the same for the same seed on every machine. Not for secrets. */
#ifndef RV_BASE_RANDOM_H
#define RV_BASE_RANDOM_H

#include <stdint.h>

/* SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). Set *state
 * to the seed before the first call. */
static inline uint64_t rv_random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

#endif
