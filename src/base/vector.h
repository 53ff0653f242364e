/* SPDX-License-Identifier: MIT */
/* Euclidean lengths of vectors of floats. */
#ifndef RV_BASE_VECTOR_H
#define RV_BASE_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Returns the Euclidean length. The sum is taken in double. */
static inline double rv_vector_length(const float *vector, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)vector[i] * vector[i];
    return sqrt(sum);
}

/* True if a vector of this length has a direction: the length is finite and not 0. */
static inline bool rv_vector_has_direction(double length)
{
    return isfinite(length) && length > 0;
}

/* Scale a vector to length 1. length is its rv_vector_length and must pass rv_vector_has_direction. */
static inline void rv_vector_normalize(float *vector, size_t count, double length)
{
    double scale = 1 / length;
    for (size_t i = 0; i < count; i++)
        vector[i] = (float)(vector[i] * scale);
}

#endif
