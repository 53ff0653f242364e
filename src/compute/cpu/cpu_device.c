/* SPDX-License-Identifier: MIT */
/* The parts that all other files of the CPU device use: memory, and tasks on its threads. */
#include "compute/cpu/cpu_device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/mem.h"

void rv_cpu_run(CpuDevice *device, size_t work, size_t task_count,
                void (*task)(void *context, size_t index, int worker), void *context)
{
    if (work >= CPU_SERIAL_WORK) {
        rv_threads_run(device->pool, task_count, task, context);
        return;
    }
    for (size_t index = 0; index < task_count; index++)
        task(context, index, 0);
}

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

float *rv_cpu_alloc(size_t count, RvError *err)
{
    size_t size_bytes, rounded_bytes;
    if (!rv_mem_multiply(count, sizeof(float), &size_bytes) || size_bytes < HUGE_PAGE_BYTES ||
        size_bytes > SIZE_MAX / 2)
        return rv_mem_alloc_aligned(count, sizeof(float), err);
    rounded_bytes = rv_round_up(size_bytes, HUGE_PAGE_BYTES);
    float *floats = aligned_alloc(HUGE_PAGE_BYTES, rounded_bytes);
    if (floats == NULL) {
        rv_error_memory(err, size_bytes);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(floats, rounded_bytes, MADV_HUGEPAGE); // may fail: then there are only more page walks
#endif
    return floats;
}

DeviceBuffer *rv_cpu_buffer_create(Compute *compute, size_t count, ComputePrecision precision, RvError *err)
{
    return (DeviceBuffer *)rv_cpu_alloc(count, err);
}

void rv_cpu_buffer_destroy(Compute *compute, DeviceBuffer *buffer)
{
    free(buffer);
}

void rv_cpu_upload(Compute *compute, DeviceBuffer *dst, const float *host, size_t count)
{
    memcpy(dst, host, count * sizeof *host);
}

void rv_cpu_download(Compute *compute, float *host, const DeviceBuffer *src, size_t count)
{
    memcpy(host, src, count * sizeof *host);
}
