/* SPDX-License-Identifier: MIT */
/* Arrays of values that are the same for the same seed in every run. Include it after <cmocka.h>. */
#ifndef RV_TESTS_RANDOM_VALUES_H
#define RV_TESTS_RANDOM_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Uniform in [-1, 1). */
static inline float random_value(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 8388608.0f - 1.0f;
}

/* Values in [-scale, scale). */
static inline void fill_random(float *values, size_t count, uint32_t seed, float scale)
{
    for (size_t i = 0; i < count; i++)
        values[i] = scale * random_value(&seed);
}

/* Returns count values in [-scale, scale), with memory for one more. Free with free(). */
static inline float *scaled_values(size_t count, uint32_t seed, float scale)
{
    float *values = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    fill_random(values, count, seed, scale);
    return values;
}

/* The same in [-1, 1). */
static inline float *random_values(size_t count, uint32_t seed)
{
    return scaled_values(count, seed, 1.0f);
}

#endif
