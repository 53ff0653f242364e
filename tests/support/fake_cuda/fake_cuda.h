/* SPDX-License-Identifier: MIT */
/* A CUDA device for tests: libcuda.so.1 and libcublasLt.so.13. Its device memory is the host's, and its
 * kernels are reelvec's own, compiled as C++ (kernel_block.h). What is not allowed on a real device is
 * refused: calls without a context, too much shared memory. New device memory is filled with NaN.
 * AddressSanitizer finds a kernel's access outside its memory.
 *
 * Fields may be set by the test (which finds fake_cuda in the library) or, before the library is loaded, by
 * variables: FAKE_CUDA_DEVICES, FAKE_CUDA_DRIVER, FAKE_CUDA_MEMORY_BYTES, FAKE_CUDA_FAIL_LAUNCH. FFmpeg's
 * device "cuda" uses it too if LD_LIBRARY_PATH names its folder. */
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
    // How many calls succeed before one fails; FAKE_NEVER: none fails.
    long fail_alloc, fail_launch, fail_copy;
    // How many launches succeed before one fails for lack of memory, which does not break the device.
    long refuse_launch;
    // How many copies to the device are correct before one arrives with a bit of every byte changed.
    long spoil_upload;
    int stays_broken; // after fail_launch or fail_copy every call fails, as on a real device
    // Counts since the library was loaded.
    size_t allocations; // that are not freed, including page-locked memory of the host
    size_t allocation_calls, launches, products;
    size_t contexts_made; // besides the one that all users share
} FakeCuda;

FakeCuda *fake_cuda(void);
void fake_cuda_reset(void); // all fields but used_bytes and the counts

/* For the fake cuBLASLt: run work of a stream. Returns 0 or a CUresult. */
int fake_cuda_submit(void (*work)(const void *argument), const void *argument);

/* A kernel by its name, and the size of its parameter. fake_kernel_run returns 0 or a CUresult. */
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
