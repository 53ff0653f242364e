/* SPDX-License-Identifier: MIT */
/* Shared by the tests of kernels and layers: running a group of tests on every CPU level, values,
 * activations. Include it after <cmocka.h>. */
#ifndef RV_TESTS_CPU_LEVELS_H
#define RV_TESTS_CPU_LEVELS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "compute/compute.h"
#include "random_values.h"

/* Run the array of tests once for each level of the array. A test's state is the level's address. The number
 * of failed tests is added to *failures. A macro, because cmocka uses the size of the array. */
#define RUN_ON_CPU_LEVELS(levels, tests, failures)                                                           \
    do {                                                                                                     \
        for (size_t level = 0; level < sizeof(levels) / sizeof(levels)[0]; level++) {                        \
            struct CMUnitTest group[sizeof(tests) / sizeof(tests)[0]];                                       \
            memcpy(group, tests, sizeof group);                                                              \
            for (size_t i = 0; i < sizeof group / sizeof group[0]; i++)                                      \
                group[i].initial_state = &(levels)[level];                                                   \
            *(failures) +=                                                                                   \
                cmocka_run_group_tests_name(rv_cpu_level_name((levels)[level]), group, NULL, NULL);          \
        }                                                                                                    \
    } while (0)

/* What the tests of kernels call it. */
#define next_random random_value

/* The definition of an activation, in double precision. */
static inline double activation_of(double x, Activation activation)
{
    if (activation == ACTIVATION_QUICK_GELU)
        return x / (1.0 + exp(-1.702 * x));
    // (1 + tanh(u)) / 2 without the difference, which would be 0 for u below -19.
    if (activation == ACTIVATION_GELU_TANH)
        return x / (1.0 + exp(-2.0 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
    return activation == ACTIVATION_GELU ? 0.5 * x * erfc(-x * 0.7071067811865476) : x;
}

#endif
