/* SPDX-License-Identifier: MIT */
/* The part of the CUDA driver that reelvec uses, on the host. Streams run their work immediately. */
#include "fake_cuda.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NO_DEVICE = 100,
    INVALID_CONTEXT = 201,
    NOT_FOUND = 500,
    LAUNCH_FAILED = 719,
    SHARED_BYTES_MAX = 48 * 1024,
};

int cuCtxPushCurrent_v2(void *context);

#define EXPORT __attribute__((visibility("default")))

static FakeCuda fake;
static _Thread_local void *current_context;
static int context_count; // of all contexts, retained or made
static int shared_count;  // how often the shared one was retained
static unsigned shared_flags;
static bool broken;
static bool failure_pending; // a launch has failed, and the next call returns that

typedef struct Block { // of device or page-locked memory
    void *address;
    size_t size_bytes;
    struct Block *next;
} Block;

static Block *blocks;

static long from_environment(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? atol(value) : otherwise;
}

EXPORT void fake_cuda_reset(void)
{
    fake.device_count = (int)from_environment("FAKE_CUDA_DEVICES", 1);
    fake.driver_version = (int)from_environment("FAKE_CUDA_DRIVER", 13000);
    fake.memory_bytes = (size_t)from_environment("FAKE_CUDA_MEMORY_BYTES", 1L << 31);
    fake.fail_launch = from_environment("FAKE_CUDA_FAIL_LAUNCH", FAKE_NEVER);
    fake.capability = 90;
    fake.fail_alloc = fake.refuse_launch = fake.fail_copy = fake.spoil_upload = FAKE_NEVER;
    fake.stays_broken = 1;
    broken = failure_pending = false;
}

__attribute__((constructor)) static void load(void)
{
    fake_cuda_reset();
}

EXPORT FakeCuda *fake_cuda(void)
{
    return &fake;
}

/* Count down. Returns true if this call is to fail. */
static bool fails(long *left)
{
    if (*left == FAKE_NEVER || (*left)-- > 0)
        return false;
    *left = FAKE_NEVER;
    return true;
}

static int check(void)
{
    if (current_context == NULL || context_count == 0)
        return INVALID_CONTEXT;
    bool failed = broken || failure_pending;
    failure_pending = false;
    return failed ? LAUNCH_FAILED : SUCCESS;
}

static int fail_for_good(void)
{
    broken = fake.stays_broken;
    return LAUNCH_FAILED;
}

EXPORT int cuInit(unsigned flags)
{
    return flags != 0 ? INVALID_VALUE : fake.device_count > 0 ? SUCCESS : NO_DEVICE;
}

EXPORT int cuDriverGetVersion(int *version)
{
    *version = fake.driver_version;
    return SUCCESS;
}

EXPORT int cuGetErrorName(int result, const char **name)
{
    *name = result == OUT_OF_MEMORY   ? "CUDA_ERROR_OUT_OF_MEMORY"
            : result == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED"
                                      : "CUDA_ERROR_OTHER";
    return SUCCESS;
}

EXPORT int cuGetErrorString(int result, const char **text)
{
    *text = result == OUT_OF_MEMORY   ? "out of memory"
            : result == LAUNCH_FAILED ? "unspecified launch failure"
                                      : "another error";
    return SUCCESS;
}

EXPORT int cuDeviceGetCount(int *count)
{
    *count = fake.device_count;
    return SUCCESS;
}

EXPORT int cuDeviceGet(int *device, int ordinal)
{
    *device = ordinal;
    return ordinal < fake.device_count ? SUCCESS : INVALID_VALUE;
}

EXPORT int cuDeviceGetName(char *name, int size_bytes, int device)
{
    snprintf(name, (size_t)size_bytes, "Fake GPU %d", device);
    return SUCCESS;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    *value = attribute == 75   ? fake.capability / 10
             : attribute == 76 ? fake.capability % 10
             : attribute == 14 ? 512 // alignment of textures, which FFmpeg uses for its rows
                               : -1;
    return *value >= 0 ? SUCCESS : INVALID_VALUE;
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device)
{
    *bytes = fake.memory_bytes;
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device)
{
    context_count++;
    shared_count++;
    *context = &fake;
    return SUCCESS;
}

/* A context of its own. */
EXPORT int cuCtxCreate_v2(void **context, unsigned flags, int device)
{
    *context = malloc(1);
    if (*context == NULL)
        return OUT_OF_MEMORY;
    context_count++;
    fake.contexts_made++;
    return cuCtxPushCurrent_v2(*context);
}

EXPORT int cuCtxDestroy_v2(void *context)
{
    context_count--;
    free(context);
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active)
{
    *flags = shared_flags;
    *active = shared_count > 0;
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags)
{
    if (shared_count == 0)
        shared_flags = flags;
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxSetFlags(int device, unsigned flags)
{
    return cuDevicePrimaryCtxSetFlags_v2(device, flags);
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    context_count--;
    if (--shared_count == 0)
        shared_flags = 0;
    return SUCCESS;
}

EXPORT int cuCtxSetCurrent(void *context)
{
    current_context = context;
    return SUCCESS;
}

EXPORT int cuModuleLoadData(void **module, const void *image)
{
    *module = &fake;
    return image != NULL ? check() : INVALID_VALUE;
}

EXPORT int cuModuleUnload(void *module)
{
    return check();
}

EXPORT int cuModuleGetFunction(void **function, void *module, const char *name)
{
    *function = (void *)fake_kernel_find(name);
    return *function != NULL ? check() : NOT_FOUND;
}

static int add_block(void **address, size_t size_bytes)
{
    fake.allocation_calls++;
    if (check() != SUCCESS)
        return check();
    Block *block = malloc(sizeof *block);
    if (fails(&fake.fail_alloc) || size_bytes > fake.memory_bytes - fake.used_bytes || block == NULL ||
        posix_memalign(address, 256, size_bytes) != 0) {
        free(block);
        return OUT_OF_MEMORY;
    }
    memset(*address, 0xff, size_bytes);
    *block = (Block){*address, size_bytes, blocks};
    blocks = block;
    fake.used_bytes += size_bytes;
    fake.allocations++;
    return SUCCESS;
}

static int remove_block(void *address)
{
    for (Block **at = &blocks; *at != NULL; at = &(*at)->next) {
        Block *block = *at;
        if (block->address != address)
            continue;
        *at = block->next;
        fake.used_bytes -= block->size_bytes;
        fake.allocations--;
        free(block->address);
        free(block);
        return SUCCESS;
    }
    return INVALID_VALUE;
}

EXPORT int cuMemAlloc_v2(uint64_t *address, size_t size_bytes)
{
    void *block = NULL;
    int result = size_bytes > 0 ? add_block(&block, size_bytes) : INVALID_VALUE;
    if (result == SUCCESS)
        *address = (uintptr_t)block;
    return result;
}

EXPORT int cuMemFree_v2(uint64_t address)
{
    return remove_block((void *)(uintptr_t)address);
}

EXPORT int cuMemHostAlloc(void **host, size_t size_bytes, unsigned flags)
{
    return add_block(host, size_bytes);
}

EXPORT int cuMemFreeHost(void *host)
{
    return remove_block(host);
}

EXPORT int cuMemGetInfo_v2(size_t *free_bytes, size_t *total_bytes)
{
    *total_bytes = fake.memory_bytes;
    *free_bytes = fake.memory_bytes - fake.used_bytes;
    return check();
}

void *fake_cuda_current(void)
{
    return current_context;
}

int fake_cuda_begin_copy(void)
{
    if (check() != SUCCESS)
        return check();
    return fails(&fake.fail_copy) ? fail_for_good() : SUCCESS;
}

static int copy(void *dst, const void *src, size_t size_bytes)
{
    int result = fake_cuda_begin_copy();
    if (result == SUCCESS)
        memcpy(dst, src, size_bytes);
    return result;
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t dst, const void *host, size_t size_bytes, void *stream)
{
    int result = copy((void *)(uintptr_t)dst, host, size_bytes);
    if (result == SUCCESS && fails(&fake.spoil_upload)) {
        for (size_t i = 0; i < size_bytes; i++)
            ((uint8_t *)(uintptr_t)dst)[i] ^= 0x40;
    }
    return result;
}

EXPORT int cuMemcpyDtoHAsync_v2(void *host, uint64_t src, size_t size_bytes, void *stream)
{
    return copy(host, (const void *)(uintptr_t)src, size_bytes);
}

static int create(void **handle, size_t size_bytes)
{
    *handle = calloc(1, size_bytes);
    return *handle != NULL ? check() : OUT_OF_MEMORY;
}

EXPORT int cuStreamCreate(void **stream, unsigned flags)
{
    return create(stream, 1);
}

EXPORT int cuStreamDestroy_v2(void *stream)
{
    free(stream);
    return SUCCESS;
}

EXPORT int cuStreamSynchronize(void *stream)
{
    return check();
}

EXPORT int cuStreamWaitEvent(void *stream, void *event, unsigned flags)
{
    return check();
}

EXPORT int cuEventCreate(void **event, unsigned flags)
{
    return create(event, 1);
}

EXPORT int cuEventDestroy_v2(void *event)
{
    free(event);
    return SUCCESS;
}

EXPORT int cuEventRecord(void *event, void *stream)
{
    return check();
}

EXPORT int cuEventSynchronize(void *event)
{
    return check();
}

EXPORT int fake_cuda_submit(void (*work)(const void *argument), const void *argument)
{
    if (check() == SUCCESS)
        work(argument);
    return check();
}

typedef struct Launch {
    const FakeKernel *kernel;
    unsigned grid[3], threads;
    unsigned char params[256];
} Launch;

static void run_launch(const void *argument)
{
    const Launch *launch = argument;
    if (broken || fails(&fake.fail_launch) ||
        fake_kernel_run(launch->kernel, launch->grid, launch->threads, launch->params) != 0) {
        fail_for_good();
        failure_pending = true;
    }
}

EXPORT int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                          unsigned block_y, unsigned block_z, unsigned shared_bytes, void *stream,
                          void **params, void **extra)
{
    const FakeKernel *kernel = function;
    Launch launch = {.kernel = kernel, .grid = {grid_x, grid_y, grid_z}, .threads = block_x};
    if (grid_x == 0 || grid_y == 0 || grid_z == 0 || grid_y > 65535 || block_x == 0 || block_x > 1024 ||
        block_y != 1 || block_z != 1 || shared_bytes > SHARED_BYTES_MAX || extra != NULL ||
        kernel->param_bytes > sizeof launch.params)
        return INVALID_VALUE;
    memcpy(launch.params, params[0], kernel->param_bytes);
    fake.launches++;
    return fails(&fake.refuse_launch) ? OUT_OF_MEMORY : fake_cuda_submit(run_launch, &launch);
}
