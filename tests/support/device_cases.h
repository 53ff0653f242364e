/* SPDX-License-Identifier: MIT */
/* The devices and CPU levels on which the contract of ComputeOps is tested. Include it after <cmocka.h>. */
#ifndef RV_TESTS_DEVICE_CASES_H
#define RV_TESTS_DEVICE_CASES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/compute.h"
#include "cpu_levels.h"
#include "cuda_in_tests.h"

/* A device to test: REELVEC_CPU names the CPU level; NULL for CUDA. */
typedef struct DeviceCase {
    const char *device, *cpu_level;
    bool fake; // tests/support/fake_cuda
} DeviceCase;

static DeviceCase device_cases[] = {
    {"cpu", "scalar", false},
#if defined(__aarch64__)
    {"cpu", "neon", false},
#else
    {"cpu", "avx2", false},   {"cpu", "avx512", false},
#endif
    {"cuda", NULL, false},
    {"cuda", NULL, true},
};

/* Open the device of a test's state, or skip the test. */
static inline Compute *open_threads(void **state, int thread_count)
{
    const DeviceCase *device = *state;
    if (device->cpu_level == NULL)
        return open_cuda_or_skip(device->fake, thread_count);
    assert_int_equal(setenv("REELVEC_CPU", device->cpu_level, 1), 0);
    ComputeOptions options = {.device = device->device, .thread_count = thread_count};
    Compute *compute = NULL;
    RvError err = {0};
    RvStatus status = rv_compute_open(&options, &compute, &err);
    unsetenv("REELVEC_CPU");
    assert_int_equal(status, RV_OK);
    if (strcmp(rv_compute_kernels(compute), device->cpu_level) != 0) {
        print_message("skipped: this processor has no %s\n", device->cpu_level);
        rv_compute_close(compute);
        skip();
    }
    return compute;
}

/* Device memory with these values, all of it as rows. */
static inline DeviceBuffer *device_copy(Compute *compute, const float *values, size_t count)
{
    RvError err;
    DeviceBuffer *buffer = compute->ops->buffer_create(compute, count, COMPUTE_FLOAT32, &err);
    assert_non_null(buffer);
    compute->ops->upload(compute, buffer, values, count);
    return buffer;
}

/* Rows computed alone and in company: equal to the bit, or, where the device does not promise it, nearly. */
static inline void check_rows(bool exact_rows, const float *found, const float *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (exact_rows ? memcmp(&found[i], &expected[i], sizeof *found) != 0
                       : !(fabsf(found[i] - expected[i]) <= 1e-4f))
            fail_msg("value %zu: %.9g, expected %.9g", i, (double)found[i], (double)expected[i]);
    }
}

/* Run the array of tests once for each device. The number of failed tests is added to *failures. A macro,
 * because cmocka uses the size of the array. */
#define RUN_ON_DEVICES(tests, failures)                                                                      \
    do {                                                                                                     \
        for (size_t device = 0; device < sizeof device_cases / sizeof device_cases[0]; device++) {           \
            DeviceCase *state = &device_cases[device];                                                       \
            struct CMUnitTest group[sizeof(tests) / sizeof(tests)[0]];                                       \
            memcpy(group, tests, sizeof group);                                                              \
            for (size_t i = 0; i < sizeof group / sizeof group[0]; i++)                                      \
                group[i].initial_state = state;                                                              \
            *(failures) += cmocka_run_group_tests_name(state->fake                ? "cuda (fake)"            \
                                                       : state->cpu_level != NULL ? state->cpu_level         \
                                                                                  : "cuda",                  \
                                                       group, NULL, NULL);                                   \
        }                                                                                                    \
    } while (0)

#endif
