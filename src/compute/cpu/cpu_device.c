/* SPDX-License-Identifier: MIT */
/* The CPU device: life, buffers and the operations that go row by row. */
#include "compute/cpu/cpu_device.h"

#include <stdio.h>
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

static DeviceBuffer *buffer_create(Compute *compute, size_t count, ComputePrecision precision, RvError *err)
{
    return (DeviceBuffer *)rv_cpu_alloc(count, err);
}

static void buffer_destroy(Compute *compute, DeviceBuffer *buffer)
{
    free(buffer);
}

static void upload(Compute *compute, DeviceBuffer *dst, const float *host, size_t count)
{
    memcpy(dst, host, count * sizeof *host);
}

static void download(Compute *compute, float *host, const DeviceBuffer *src, size_t count)
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
    const float *addend;       // addition: the rows that are added in turn
    const float *first;        // sequences: the row of their first token
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

static void layer_norm(Compute *compute, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
                       const DeviceBuffer *shift, float epsilon, DeviceRows dst)
{
    run_rows(compute, &(RowsJob){.src = cpu_values(src),
                                 .src_stride = src.stride,
                                 .rows = rows,
                                 .width = width,
                                 .gain = (const float *)gain,
                                 .shift = (const float *)shift,
                                 .epsilon = epsilon,
                                 .dst = cpu_values(dst),
                                 .dst_stride = dst.stride,
                                 .row = layer_norm_row});
}

static void add_row(const RowsJob *job, size_t row)
{
    job->kernels->add_f32(job->dst + row * job->dst_stride, job->addend + row % job->addend_rows * job->width,
                          job->width);
}

static void add_rows(Compute *compute, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
                     size_t addend_rows)
{
    run_rows(compute, &(RowsJob){.dst = cpu_values(dst),
                                 .dst_stride = dst.stride,
                                 .rows = rows,
                                 .width = width,
                                 .addend = (const float *)addend,
                                 .addend_rows = addend_rows,
                                 .row = add_row});
}

static void sequence_row(const RowsJob *job, size_t row)
{
    size_t sequence = row / job->addend_rows, token = row % job->addend_rows;
    const float *src = token == 0
                           ? job->first
                           : job->src + (sequence * (job->addend_rows - 1) + token - 1) * job->src_stride;
    memcpy(job->dst + row * job->dst_stride, src, job->width * sizeof *src);
    add_row(job, row);
}

static void sequences(Compute *compute, DeviceRows src, const DeviceBuffer *first,
                      const DeviceBuffer *positions, size_t sequence_count, size_t token_count, size_t width,
                      DeviceBuffer *dst)
{
    run_rows(compute, &(RowsJob){.src = cpu_values(src),
                                 .src_stride = src.stride,
                                 .rows = sequence_count * token_count,
                                 .width = width,
                                 .addend = (const float *)positions,
                                 .addend_rows = token_count,
                                 .first = (const float *)first,
                                 .dst = (float *)dst,
                                 .dst_stride = width,
                                 .row = sequence_row});
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

static void images(Compute *compute, const uint8_t *images_u8, size_t size_bytes)
{
    ((CpuDevice *)compute)->images_u8 = images_u8;
}

static void patches(Compute *compute, const PatchShape *shape, size_t image_count, DeviceBuffer *dst)
{
    CpuDevice *device = (CpuDevice *)compute;
    size_t size = shape->image_size;
    PatchesJob job = {.images_u8 = device->images_u8,
                      .size = size,
                      .patch = shape->patch_size,
                      .grid = size / shape->patch_size,
                      .dst = (float *)dst};
    for (size_t channel = 0; channel < 3; channel++) {
        for (int level = 0; level < 256; level++)
            job.levels[channel][level] =
                ((float)level / 255.0f - shape->mean[channel]) / shape->deviation[channel];
    }
    rv_cpu_run(device, image_count * size * size * 3, image_count * job.grid, cut_patch_row, &job);
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
    .images = images,
    .patches = patches,
    .add_rows = add_rows,
    .sequences = sequences,
};

/* Rows of a run of a tower: enough that the linear layers are busy, few enough that the activations stay near
 * the caches. */
#define ROWS_PER_RUN 1024
#define IMAGES_PER_RUN 16

static size_t row_block_floats(void)
{
    // Half of the core's own cache for rows; the other half is for a panel of weights.
    long cache_bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (cache_bytes < 256 * 1024 || cache_bytes > 8 * 1024 * 1024)
        cache_bytes = 1024 * 1024; // unknown, or not a core's own
    return (size_t)cache_bytes / 2 / sizeof(float);
}

RvStatus rv_compute_cpu_open(const ComputeOptions *options, Compute **out, RvError *err)
{
    *out = NULL;
    CpuDevice *device = rv_mem_alloc(1, sizeof *device, err);
    if (device == NULL)
        return RV_ERROR_MEMORY;
    CpuLevel level = rv_cpu_level();
    device->base.ops = &cpu_ops;
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
