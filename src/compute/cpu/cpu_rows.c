/* SPDX-License-Identifier: MIT */
/* The operations of the CPU device that work row by row. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "compute/cpu/cpu_device.h"

// Rows are passed to the threads in groups of about this many floats.
#define GROUP_FLOATS ((size_t)1 << 12)

typedef struct RowsJob {
    const CpuKernels *kernels;
    const float *src;
    float *dst;
    const float *gain, *shift; // layer norm
    const float *addend;       // addition: the rows that are added in turn
    const float *first;        // sequences: the row of their first token; NULL: none
    size_t head_width;         // rotation, whose angles are the addend
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
    rv_cpu_run(device, job->rows * job->width, rv_divide_up(job->rows, job->group_rows), run_row_group, job);
}

static void layer_norm_row(const RowsJob *job, size_t row)
{
    job->kernels->layer_norm_f32(job->src + row * job->src_stride, job->width, job->gain, job->shift,
                                 job->epsilon, job->dst + row * job->dst_stride);
}

void rv_cpu_layer_norm(Compute *compute, DeviceRows src, size_t rows, size_t width, const DeviceBuffer *gain,
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

static void rotate_row(const RowsJob *job, size_t row)
{
    const float *angles = job->addend + row % job->addend_rows * job->head_width;
    for (size_t column = 0; column < job->width; column += job->head_width)
        job->kernels->rotate_f32(job->dst + row * job->dst_stride + column, angles, job->head_width);
}

void rv_cpu_rotate(Compute *compute, DeviceRows rows, size_t row_count, size_t width, size_t head_width,
                   const DeviceBuffer *angles, size_t token_count)
{
    assert(head_width % 2 == 0 && width % head_width == 0);
    run_rows(compute, &(RowsJob){.dst = cpu_values(rows),
                                 .dst_stride = rows.stride,
                                 .rows = row_count,
                                 .width = width,
                                 .head_width = head_width,
                                 .addend = (const float *)angles,
                                 .addend_rows = token_count,
                                 .row = rotate_row});
}

static void add_row(const RowsJob *job, size_t row)
{
    job->kernels->add_f32(job->dst + row * job->dst_stride, job->addend + row % job->addend_rows * job->width,
                          job->width);
}

void rv_cpu_add_rows(Compute *compute, DeviceRows dst, size_t rows, size_t width, const DeviceBuffer *addend,
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
    // Each sequence up to this one has a first token, which is no row of src.
    size_t skipped = job->first != NULL ? sequence + 1 : 0;
    bool is_first = job->first != NULL && token == 0;
    const float *src = is_first ? job->first : job->src + (row - skipped) * job->src_stride;
    memcpy(job->dst + row * job->dst_stride, src, job->width * sizeof *src);
    add_row(job, row);
}

void rv_cpu_sequences(Compute *compute, DeviceRows src, const DeviceBuffer *first,
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

void rv_cpu_images(Compute *compute, const uint8_t *images_u8, size_t size_bytes)
{
    ((CpuDevice *)compute)->images_u8 = images_u8;
}

void rv_cpu_patches(Compute *compute, const PatchShape *shape, size_t image_count, DeviceBuffer *dst)
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
