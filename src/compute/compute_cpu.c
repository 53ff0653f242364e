/* SPDX-License-Identifier: MIT */
/* The CPU device: life, buffers and the operations that go row by row. */
#include "compute/compute_cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/kernels/kernels_i16.h"

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
    rounded_bytes = round_up(size_bytes, HUGE_PAGE_BYTES);
    float *floats = aligned_alloc(HUGE_PAGE_BYTES, rounded_bytes);
    if (floats == NULL) {
        rv_error_memory(err, size_bytes);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(floats, rounded_bytes, MADV_HUGEPAGE); // a wish: without it all works, with more page walks
#endif
    return floats;
}

static float *buffer_create(Compute *compute, size_t count, RvError *err)
{
    return rv_cpu_alloc(count, err);
}

static void buffer_destroy(Compute *compute, float *buffer)
{
    free(buffer);
}

static void upload(Compute *compute, float *dst, const float *host, size_t count)
{
    memcpy(dst, host, count * sizeof *dst);
}

static void download(Compute *compute, float *host, const float *src, size_t count)
{
    memcpy(host, src, count * sizeof *host);
}

// Rows are handed to the threads in groups of about this many floats.
#define GROUP_FLOATS ((size_t)1 << 12)

typedef struct RowsJob {
    const CpuKernels *kernels;
    const float *src;
    float *dst;
    const float *gain, *shift; // layer norm
    const float *addend;       // addition
    size_t src_stride, dst_stride, rows, width, addend_rows, group_rows;
    float epsilon;
    void (*row)(const struct RowsJob *job, size_t row);
} RowsJob;

static void run_row_group(void *context, size_t index, int worker)
{
    const RowsJob *job = context;
    size_t end = (index + 1) * job->group_rows;
    for (size_t row = index * job->group_rows; row < end && row < job->rows; row++)
        job->row(job, row);
}

static void run_rows(Compute *compute, RowsJob *job)
{
    CpuDevice *device = (CpuDevice *)compute;
    job->kernels = device->kernels;
    job->group_rows = 1 + GROUP_FLOATS / (job->width + 1);
    rv_cpu_run(device, job->rows * job->width, divide_up(job->rows, job->group_rows), run_row_group, job);
}

static void layer_norm_row(const RowsJob *job, size_t row)
{
    job->kernels->layer_norm_f32(job->src + row * job->src_stride, job->width, job->gain, job->shift,
                                 job->epsilon, job->dst + row * job->dst_stride);
}

static void layer_norm(Compute *compute, const float *src, size_t src_stride, size_t rows, size_t width,
                       const float *gain, const float *shift, float epsilon, float *dst, size_t dst_stride)
{
    run_rows(compute, &(RowsJob){.src = src,
                                 .src_stride = src_stride,
                                 .rows = rows,
                                 .width = width,
                                 .gain = gain,
                                 .shift = shift,
                                 .epsilon = epsilon,
                                 .dst = dst,
                                 .dst_stride = dst_stride,
                                 .row = layer_norm_row});
}

static void add_row(const RowsJob *job, size_t row)
{
    job->kernels->add_f32(job->dst + row * job->dst_stride, job->addend + row % job->addend_rows * job->width,
                          job->width);
}

static void add_rows(Compute *compute, float *dst, size_t dst_stride, size_t rows, size_t width,
                     const float *addend, size_t addend_rows)
{
    run_rows(compute, &(RowsJob){.dst = dst,
                                 .dst_stride = dst_stride,
                                 .rows = rows,
                                 .width = width,
                                 .addend = addend,
                                 .addend_rows = addend_rows,
                                 .row = add_row});
}

static void copy_row(const RowsJob *job, size_t row)
{
    memmove(job->dst + row * job->dst_stride, job->src + row * job->src_stride,
            job->width * sizeof *job->dst);
}

static void copy_rows(Compute *compute, const float *src, size_t src_stride, size_t rows, size_t width,
                      float *dst, size_t dst_stride)
{
    // One after the other, as dst may lie in front of src in the same buffer.
    RowsJob job = {
        .src = src, .src_stride = src_stride, .width = width, .dst = dst, .dst_stride = dst_stride};
    for (size_t row = 0; row < rows; row++)
        copy_row(&job, row);
}

typedef struct PatchesJob {
    const uint8_t *images_u8;
    size_t size, patch, grid; // pixels, pixels, patches per side
    float *dst;
    float levels[3][256]; // normalised value of each channel's 256 levels
} PatchesJob;

/* One row of patches of one picture. */
static void cut_patch_row(void *context, size_t index, int worker)
{
    const PatchesJob *job = context;
    size_t patch = job->patch;
    const uint8_t *band =
        job->images_u8 + (index / job->grid * job->size + index % job->grid * patch) * job->size * 3;
    float *dst = job->dst + index * job->grid * 3 * patch * patch;
    for (size_t column = 0; column < job->grid; column++) {
        for (size_t channel = 0; channel < 3; channel++) {
            const float *levels = job->levels[channel];
            for (size_t y = 0; y < patch; y++) {
                const uint8_t *pixels = band + (y * job->size + column * patch) * 3 + channel;
                for (size_t x = 0; x < patch; x++)
                    *dst++ = levels[pixels[3 * x]];
            }
        }
    }
}

static void patches(Compute *compute, const uint8_t *images_u8, size_t image_count, size_t size, size_t patch,
                    const float mean[3], const float deviation[3], float *dst)
{
    PatchesJob job = {.images_u8 = images_u8, .size = size, .patch = patch, .grid = size / patch, .dst = dst};
    for (size_t channel = 0; channel < 3; channel++) {
        for (int level = 0; level < 256; level++)
            job.levels[channel][level] = ((float)level / 255.0f - mean[channel]) / deviation[channel];
    }
    rv_cpu_run((CpuDevice *)compute, image_count * size * size * 3, image_count * job.grid, cut_patch_row,
               &job);
}

static void close_device(Compute *compute)
{
    CpuDevice *device = (CpuDevice *)compute;
    rv_threads_destroy(device->pool);
    rv_cpu_i16_space_destroy(device);
    free(device->workspace);
    free(device);
}

static const ComputeOps cpu_ops = {
    .name = "cpu",
    .close = close_device,
    .buffer_create = buffer_create,
    .buffer_destroy = buffer_destroy,
    .upload = upload,
    .download = download,
    .linear_create = rv_cpu_linear_create,
    .linear_create_from = rv_cpu_linear_create_from,
    .linear_destroy = rv_cpu_linear_destroy,
    .linear = rv_cpu_linear,
    .layer_norm = layer_norm,
    .attention = rv_cpu_attention,
    .patches = patches,
    .add_rows = add_rows,
    .copy_rows = copy_rows,
};

static size_t row_block_floats(void)
{
    // Half of the core's own cache for rows; the other half is for a panel of weights.
    long cache_bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (cache_bytes < 256 * 1024 || cache_bytes > 8 * 1024 * 1024)
        cache_bytes = 1024 * 1024; // unknown, or not a core's own
    return (size_t)cache_bytes / 2 / sizeof(float);
}

static CpuLevel choose_level(void)
{
    CpuLevel level = rv_cpu_level();
    // The AMX kernels have run in emulation only: let a processor prove that it computes the same.
    if (level == CPU_AVX512_AMX &&
        !rv_i16_kernels_agree(rv_i16_kernels_get(CPU_AVX512_AMX), &rv_i16_kernels_scalar))
        return CPU_AVX512_VNNI;
    return level;
}

RvStatus rv_compute_cpu_open(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    CpuDevice *device = rv_mem_alloc(1, sizeof *device, err);
    if (device == NULL)
        return RV_ERROR_MEMORY;
    CpuLevel level = choose_level();
    device->base.ops = &cpu_ops;
    device->base.kernels = rv_cpu_level_name(level);
    device->kernels = rv_kernels_get(level);
    device->i16_kernels = rv_i16_kernels_get(level);
    device->base.fast_is_faster = level != CPU_SCALAR && level != CPU_NEON;
    device->cache_floats = row_block_floats();
    RvStatus status = rv_threads_create(options->thread_count, &device->pool, err);
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
