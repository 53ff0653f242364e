/* SPDX-License-Identifier: MIT */
/* The CPU as a table of operations: opening and closing. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "compute/cpu/cpu_device.h"
#include "compute/kernels/kernels_i16.h"

/* Rows in one run of a tower: enough to keep the linear layers busy, and few enough that most activations
 * stay in the caches. */
#define ROWS_PER_RUN 1024
#define IMAGES_PER_RUN 16

static void close_device(Compute *compute)
{
    CpuDevice *device = (CpuDevice *)compute;
    if (device->owns_pool)
        rv_threads_destroy(device->pool);
    rv_cpu_i16_space_destroy(device);
    rv_cpu_parts_destroy(device);
    free(device->workspace);
    free(device);
}

static size_t row_block_floats(void)
{
    // Half of the core's own cache is for rows, the other half for a panel of weights.
    long cache_bytes = -1;
#if defined(_SC_LEVEL2_CACHE_SIZE) // glibc's
    cache_bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    if (cache_bytes < 256 * 1024 || cache_bytes > 8 * 1024 * 1024)
        cache_bytes = 1024 * 1024; // the size is unknown, or the cache is not a core's own
    return (size_t)cache_bytes / 2 / sizeof(float);
}

static RvStatus open_cpu(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    CpuDevice *device = rv_mem_alloc(1, sizeof *device, err);
    if (device == NULL)
        return RV_ERROR_MEMORY;
    CpuLevel level = rv_cpu_level();
    device->base.ops = &rv_cpu_ops;
    device->base.kernels = rv_cpu_level_name(level);
    snprintf(device->base.device, sizeof device->base.device, "cpu");
    snprintf(device->base.device_name, sizeof device->base.device_name, "%s", device->base.kernels);
    device->base.exact_rows = true;
    device->base.rows_per_run = ROWS_PER_RUN;
    device->base.images_per_run = IMAGES_PER_RUN;
    device->kernels = rv_kernels_get(level);
    device->i16_kernels = rv_i16_kernels_get(level);
    device->base.fast_is_faster = level != CPU_SCALAR && level != CPU_NEON;
    device->cache_floats = row_block_floats();
    device->pool = options->pool;
    device->owns_pool = options->pool == NULL;
    RvStatus status =
        device->owns_pool ? rv_threads_create(options->thread_count, &device->pool, err) : RV_OK;
    if (status == RV_OK) {
        device->base.thread_count = rv_threads_count(device->pool);
        device->worker_floats = rv_cpu_attention_floats(device->kernels);
        device->workspace = rv_mem_alloc_aligned((size_t)device->base.thread_count,
                                                 device->worker_floats * sizeof(float), err);
        status = device->workspace != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK) {
        close_device(&device->base);
        return status;
    }
    *out = &device->base;
    return RV_OK;
}

const ComputeOps rv_cpu_ops = {
    .name = "cpu",
    .open = open_cpu,
    .close = close_device,
    .buffer_create = rv_cpu_buffer_create,
    .buffer_destroy = rv_cpu_buffer_destroy,
    .upload = rv_cpu_upload,
    .download = rv_cpu_download,
    .linear_create = rv_cpu_linear_create,
    .linear_create_rows = rv_cpu_linear_create_rows,
    .linear_create_from = rv_cpu_linear_create_from,
    .linear_destroy = rv_cpu_linear_destroy,
    .linear = rv_cpu_linear,
    .share = rv_cpu_share,
    .layer_norm = rv_cpu_layer_norm,
    .rotate = rv_cpu_rotate,
    .attention = rv_cpu_attention,
    .images = rv_cpu_images,
    .patches = rv_cpu_patches,
    .add_rows = rv_cpu_add_rows,
    .sequences = rv_cpu_sequences,
};
