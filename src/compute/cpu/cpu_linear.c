/* SPDX-License-Identifier: MIT */
/* Linear layers on the CPU: weights packed in panels, products in tiles. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cpu/cpu_device.h"
#include "compute/cpu/cpu_panels.h"
#include "compute/kernels/kernels_i16.h"

struct LinearWeights {
    LinearI16 *fast;          // if set, the members below are not used
    LinearUnpacked *unpacked; // if set, the panels and the bias are not used
    size_t output_count, input_count;
    size_t panel_count; // of tile_columns outputs each, the last filled up with zeros
    float *panels;      // [panel_count, input_count, tile_columns]
    float *bias;        // [panel_count, tile_columns]
};

typedef struct PackJob {
    const CpuDevice *device;
    const LinearWeights *layer;
    const WeightSource *source;
    size_t tile_columns;
} PackJob;

static void pack_panel(void *context, size_t index, int worker)
{
    const PackJob *job = context;
    const LinearWeights *layer = job->layer;
    size_t first = index * job->tile_columns, left = layer->output_count - first;
    size_t count = left < job->tile_columns ? left : job->tile_columns;
    const float *rows =
        rv_cpu_source_rows(job->device, job->source, first, count, layer->input_count, worker);
    job->device->kernels->pack_columns(rows, layer->input_count, count, layer->input_count, job->tile_columns,
                                       layer->panels + first * layer->input_count);
}

static RvStatus create_packed(Compute *compute, const WeightSource *source, const float *bias,
                              size_t output_count, size_t input_count, ComputePrecision precision,
                              LinearWeights **out, RvError *err)
{
    *out = NULL;
    CpuDevice *device = (CpuDevice *)compute;
    size_t tile_columns = device->kernels->tile_columns, float_count;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX ||
        output_count > SIZE_MAX / 2 ||
        !rv_mem_multiply(rv_round_up(output_count, tile_columns), input_count, &float_count))
        return rv_compute_refuse_linear(output_count, input_count, err);
    LinearWeights *layer = rv_mem_alloc(1, sizeof *layer, err);
    if (layer == NULL)
        return RV_ERROR_MEMORY;
    if (precision == COMPUTE_FAST) {
        RvStatus status =
            rv_cpu_linear_i16_create(device, source, bias, output_count, input_count, &layer->fast, err);
        if (status != RV_OK)
            free(layer);
        else
            *out = layer;
        return status;
    }
    layer->output_count = output_count;
    layer->input_count = input_count;
    layer->panel_count = rv_divide_up(output_count, tile_columns);
    size_t padded_count = layer->panel_count * tile_columns;
    layer->panels = rv_cpu_alloc(float_count, err);
    layer->bias = rv_mem_alloc_aligned(padded_count, sizeof(float), err);
    if (layer->panels == NULL || layer->bias == NULL) {
        rv_cpu_linear_destroy(compute, layer);
        return RV_ERROR_MEMORY;
    }
    memset(layer->bias, 0, padded_count * sizeof(float));
    if (bias != NULL)
        memcpy(layer->bias, bias, output_count * sizeof(float));
    PackJob job = {device, layer, source, tile_columns};
    rv_cpu_run(device, float_count, layer->panel_count, pack_panel, &job);
    *out = layer;
    return RV_OK;
}

RvStatus rv_cpu_linear_create(Compute *compute, const float *weights, const float *bias, size_t output_count,
                              size_t input_count, ComputePrecision precision, LinearWeights **out,
                              RvError *err)
{
    return create_packed(compute, &(WeightSource){.weights = weights}, bias, output_count, input_count,
                         precision, out, err);
}

/* Read all rows at once, for a layer whose panels are too deep for the workers' memory. */
static RvStatus create_fetched(Compute *compute, WeightRows rows, void *context, const float *bias,
                               size_t output_count, size_t input_count, ComputePrecision precision,
                               LinearWeights **out, RvError *err)
{
    size_t count = 0;
    float *weights = rv_mem_multiply(output_count, input_count, &count)
                         ? rv_mem_alloc_aligned(count, sizeof *weights, err)
                         : NULL;
    if (weights == NULL)
        return RV_ERROR_MEMORY;
    rows(context, 0, output_count, weights);
    RvStatus status =
        rv_cpu_linear_create(compute, weights, bias, output_count, input_count, precision, out, err);
    free(weights);
    return status;
}

RvStatus rv_cpu_linear_create_rows(Compute *compute, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, ComputePrecision precision,
                                   LinearWeights **out, RvError *err)
{
    *out = NULL;
    const CpuDevice *device = (const CpuDevice *)compute;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX)
        return rv_compute_refuse_linear(output_count, input_count, err);
    size_t columns =
        precision == COMPUTE_FAST ? device->i16_kernels->tile_columns : device->kernels->tile_columns;
    if (!rv_cpu_source_fits(device, columns, input_count))
        return create_fetched(compute, rows, context, bias, output_count, input_count, precision, out, err);
    return create_packed(compute, &(WeightSource){.rows = rows, .context = context}, bias, output_count,
                         input_count, precision, out, err);
}

RvStatus rv_cpu_linear_create_from(Compute *compute, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, LinearWeights **out, RvError *err)
{
    *out = NULL;
    const CpuDevice *device = (const CpuDevice *)compute;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX ||
        !rv_cpu_linear_unpacked_fits(device, input_count)) {
        RvStatus status = rv_cpu_linear_create_rows(compute, rows, context, bias, output_count, input_count,
                                                    COMPUTE_FLOAT32, out, err);
        free(context);
        return status;
    }
    LinearWeights *layer = rv_mem_alloc(1, sizeof *layer, err);
    if (layer == NULL) {
        free(context);
        return RV_ERROR_MEMORY;
    }
    layer->output_count = output_count;
    layer->input_count = input_count;
    RvStatus status =
        rv_cpu_linear_unpacked_create(device, rows, context, bias, output_count, &layer->unpacked, err);
    if (status != RV_OK)
        free(layer);
    else
        *out = layer;
    return status;
}

void rv_cpu_linear_destroy(Compute *compute, LinearWeights *weights)
{
    if (weights == NULL)
        return;
    rv_cpu_linear_i16_destroy(weights->fast);
    rv_cpu_linear_unpacked_destroy(weights->unpacked);
    free(weights->panels);
    free(weights->bias);
    free(weights);
}

typedef struct LinearJob {
    CpuProduct product;
    const LinearWeights *layer;
    size_t worker_count;
    size_t first_part, end_part; // the parts of the depth in this run
} LinearJob;

static const float *part_of_panel(const LinearJob *job, size_t panel, size_t part)
{
    const CpuProduct *product = &job->product;
    size_t depth_start = even_cut(product->depth, part, product->part_count);
    return job->layer->panels + (panel * product->depth + depth_start) * product->kernels->tile_columns;
}

static void multiply_block(void *context, size_t index, int worker)
{
    const LinearJob *job = context;
    const LinearWeights *layer = job->layer;
    size_t panel_count = layer->panel_count, tile_columns = job->product.kernels->tile_columns;
    size_t block = index / panel_count, first = index % panel_count * tile_columns;
    size_t left = layer->output_count - first;
    CpuPanel panel = {.weights = layer->panels + first * layer->input_count,
                      .bias = layer->bias + first,
                      .first_output = first,
                      .outputs = left < tile_columns ? left : tile_columns};
    // If all threads are equally fast, this one does a range of neighbouring tasks, then the same range of the
    // next run.
    size_t task_count = job->product.block_count * panel_count;
    const float *next_task = NULL;
    if (index + 1 != even_cut(task_count, (size_t)worker + 1, job->worker_count) && index + 1 < task_count)
        next_task = part_of_panel(job, (index + 1) % panel_count, job->first_part);
    else if (job->end_part < job->product.part_count)
        next_task = part_of_panel(job, even_cut(task_count, (size_t)worker, job->worker_count) % panel_count,
                                  job->end_part);
    for (size_t part = job->first_part; part < job->end_part; part++) {
        const float *next =
            part + 1 < job->end_part ? part_of_panel(job, index % panel_count, part + 1) : next_task;
        rv_cpu_multiply_part(&job->product, block, &panel, part, next);
    }
}

/* How a layer is cut, here 5 strips in 2 blocks, 2 parts, 3 panels:
 *
 *                                       panel 0      panel 1      panel 2
 *                                    (tile_columns outputs each, packed [depth, tile_columns])
 *                                    +------------+------------+------------+
 *                                    |   part 0   |   part 0   |   part 0   |
 *                   depth            +------------+------------+------------+
 *            part 0      part 1      |   part 1   |   part 1   |   part 1   |
 *          +-----------+-----------+ +============+============+============+
 *          |  strip 0  |           | | block 0,   | block 0,   | block 0,   |
 *  block 0 |  strip 1  |    src    | | panel 0    | panel 1    | panel 2    |
 *          |  strip 2  |           | | = one task | = one task | = one task | dst
 *          +-----------+-----------+ +------------+------------+------------+
 *  block 1 |  strip 3  |           | | block 1,   | ...        |            |
 *          |  strip 4  |           | | panel 0    |            |            |
 *          +-----------+-----------+ +------------+------------+------------+
 *
 * A strip is one tile's height of rows. A block is as many strips as stay in a core's cache while the panels
 * pass. A part is at most CPU_PART_DEPTH of the depth. A task is one block and one panel; a call of a tile
 * function is one strip, one panel and one part. A run is the tasks of all blocks and panels for some parts:
 * few rows stay in the cache in full depth, and one run has all parts; of many rows each part is a run.
 *
 * Each cut is as even as whole rows and strips allow. Parts depend on the layer alone and their sums are
 * added in rising order, so no cut shows in the result. */
void rv_cpu_linear(Compute *compute, const LinearWeights *weights, DeviceRows src, size_t rows,
                   DeviceRows dst, LinearEpilogue epilogue)
{
    if (rows == 0)
        return;
    CpuDevice *device = (CpuDevice *)compute;
    if (weights->fast != NULL) {
        rv_cpu_linear_i16(device, weights->fast, cpu_values(src), src.stride, rows, cpu_values(dst),
                          dst.stride, epilogue);
        return;
    }
    LinearJob job = {.layer = weights,
                     .worker_count = (size_t)compute->thread_count,
                     .product = {.kernels = device->kernels,
                                 .src = cpu_values(src),
                                 .src_stride = src.stride,
                                 .rows = rows,
                                 .depth = weights->input_count,
                                 .dst = cpu_values(dst),
                                 .dst_stride = dst.stride,
                                 .strip_count = rv_divide_up(rows, device->kernels->tile_rows),
                                 .part_count = rv_divide_up(weights->input_count, CPU_PART_DEPTH),
                                 .epilogue = epilogue}};
    CpuProduct *product = &job.product;
    // The activation needs the complete sum, before that is added to dst.
    if (epilogue.accumulate && epilogue.activation != ACTIVATION_NONE)
        product->part_count = 1;
    if (weights->unpacked != NULL) {
        rv_cpu_linear_unpacked(device, weights->unpacked, product);
        return;
    }
    size_t parts_per_run = rows * product->depth <= device->cache_floats ? product->part_count : 1;
    size_t run_depth = product->depth / product->part_count * parts_per_run;
    size_t block_count = rv_divide_up(rows * run_depth, device->cache_floats);
    // Enough tasks for every thread to have several, as long as there are strips.
    size_t task_count_wanted = job.worker_count > 1 ? 4 * job.worker_count : 1;
    if (block_count * weights->panel_count < task_count_wanted)
        block_count = rv_divide_up(task_count_wanted, weights->panel_count);
    product->block_count = block_count < product->strip_count ? block_count : product->strip_count;
    for (; job.first_part < product->part_count; job.first_part += parts_per_run) {
        job.end_part = job.first_part + parts_per_run;
        rv_cpu_run(device, rows * run_depth * weights->output_count,
                   product->block_count * weights->panel_count, multiply_block, &job);
    }
}
