/* SPDX-License-Identifier: MIT */
/* A CUDA device for tests: libcuda.so.1 and libcublasLt.so.13 whose device memory is the host's and whose
 * kernels are reelvec's own, compiled as C++ (kernel_block.h). What is not allowed on a real device is
 * refused: calls without a context, too much shared memory. New device memory is full of NaN; under
 * AddressSanitizer a kernel's access outside its memory is found.
 *
 * Fields may be set by the test (which finds fake_cuda in the library) or, before the library is loaded, by
 * variables: FAKE_CUDA_DEVICES, FAKE_CUDA_DRIVER, FAKE_CUDA_MEMORY_BYTES, FAKE_CUDA_FAIL_LAUNCH. FFmpeg's
 * device "cuda" opens on it too, where LD_LIBRARY_PATH names its folder. */
#ifndef RV_TESTS_FAKE_CUDA_H
#define RV_TESTS_FAKE_CUDA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FAKE_NEVER (-1L)

typedef struct FakeCuda {
    int device_count, driver_version, capability; // 1, 13000, 90
    size_t memory_bytes, used_bytes;
    // How many calls go well before one fails; FAKE_NEVER.
    long fail_alloc, fail_launch, fail_copy;
    // How many launches are taken before one is refused for lack of memory, which leaves the device well.
    long refuse_launch;
    // How many copies to the device go well before one arrives with a bit of every byte changed.
    long spoil_upload;
    int stays_broken; // after fail_launch or fail_copy every call fails, as on a real device
    // Counts since the library was loaded.
    size_t allocations; // that are alive, of the host's page-locked memory too
    size_t allocation_calls, launches, products;
    size_t contexts_made; // beside the one that all users share
} FakeCuda;

FakeCuda *fake_cuda(void);
void fake_cuda_reset(void); // all fields but used_bytes and the counts

/* For the library beside it: run work that was given to a stream. 0 or a CUresult. */
int fake_cuda_submit(void (*work)(const void *argument), const void *argument);

/* Run one kernel; 0 or a CUresult. size_bytes: of its parameter, by name. */
typedef struct FakeKernel {
    const char *name;
    size_t param_bytes;
    void (*call)(const void *params);
} FakeKernel;
const FakeKernel *fake_kernel_find(const char *name);
int fake_kernel_run(const FakeKernel *kernel, const unsigned grid[3], unsigned threads, const void *params);

#ifdef __cplusplus
}
#endif
#endif
