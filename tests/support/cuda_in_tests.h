/* SPDX-License-Identifier: MIT */
/* CUDA devices for tests: the machine's, and that of tests/support/fake_cuda. Include it after <cmocka.h>. */
#ifndef RV_TESTS_CUDA_DEVICE_H
#define RV_TESTS_CUDA_DEVICE_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/compute.h"
#include "fake_cuda/fake_cuda.h"

/* From now on "cuda" is the fake device. Skips the test if the build has none. */
static inline void use_fake_cuda(void)
{
    const char *folder = getenv("REELVEC_FAKE_CUDA");
    if (folder == NULL) {
        print_message("skipped: the fake CUDA device needs a C++ compiler: install g++\n");
        skip();
    }
    setenv("REELVEC_CUDA_LIBRARIES", folder, 1);
}

/* Load the fake device, reset its state and return it. */
static inline FakeCuda *fake_cuda_state(void)
{
    char path[4096];
    use_fake_cuda();
    snprintf(path, sizeof path, "%s/libcuda.so.1", getenv("REELVEC_FAKE_CUDA"));
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    assert_non_null(library);
    void *symbols[2] = {dlsym(library, "fake_cuda"), dlsym(library, "fake_cuda_reset")};
    assert_true(symbols[0] != NULL && symbols[1] != NULL);
    FakeCuda *(*state)(void);
    void (*reset)(void);
    memcpy(&state, &symbols[0], sizeof state);
    memcpy(&reset, &symbols[1], sizeof reset);
    reset();
    return state();
}

/* Open the fake device, or the machine's first one. Skips the test with the reason if there is none. */
static inline Compute *open_cuda_or_skip(bool fake, int thread_count)
{
    if (fake)
        fake_cuda_state();
    else
        unsetenv("REELVEC_CUDA_LIBRARIES");
    ComputeOptions options = {.device = "cuda", .thread_count = thread_count};
    Compute *compute = NULL;
    RvError err = {0};
    RvStatus status = rv_compute_open(&options, &compute, &err);
    if (status == RV_ERROR_UNSUPPORTED && !fake) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
    if (status != RV_OK)
        fail_msg("%s", err.message);
    return compute;
}

#endif
