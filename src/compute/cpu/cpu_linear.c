/* SPDX-License-Identifier: MIT */
/* Linear layers on the CPU: weights packed in panels, products in tiles. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cpu/cpu_device.h"

struct LinearWeights {
    LinearI16 *fast; // in place of all that follows
    size_t output_count, input_count;
    size_t panel_count; // of tile_columns outputs each, the last filled up with zeros
    float *panels;      // [panel_count, input_count, tile_columns]
    float *bias;        // [panel_count, tile_columns]
    WeightRows rows;    // panels NULL: each panel is fetched and packed whenever the layer is used
    void *rows_context;
};

void rv_cpu_pack_columns(const float *columns, size_t source_stride, size_t column_count, size_t depth,
                         size_t tile_columns, float *dst)
{
    for (size_t k = 0; k < depth; k++) {
        for (size_t column = 0; column < column_count; column++)
            dst[column] = columns[column * source_stride + k];
        for (size_t column = column_count; column < tile_columns; column++)
            dst[column] = 0.0f;
        dst += tile_columns;
    }
}

typedef struct PackJob {
    const LinearWeights *layer;
    const float *weights;
    size_t tile_columns;
} PackJob;

static void pack_panel(void *context, size_t index, int worker)
{
    const PackJob *job = context;
    const LinearWeights *layer = job->layer;
    size_t first = index * job->tile_columns;
    size_t left = layer->output_count - first;
    rv_cpu_pack_columns(job->weights + first * layer->input_count, layer->input_count,
                        left < job->tile_columns ? left : job->tile_columns, layer->input_count,
                        job->tile_columns, layer->panels + first * layer->input_count);
}

RvStatus rv_cpu_linear_create(Compute *compute, const float *weights, const float *bias, size_t output_count,
                              size_t input_count, ComputePrecision precision, LinearWeights **out,
                              RvError *err)
{
    *out = NULL;
    CpuDevice *device = (CpuDevice *)compute;
    size_t tile_columns = device->kernels->tile_columns, float_count;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX ||
        output_count > SIZE_MAX / 2 ||
        !rv_mem_multiply(round_up(output_count, tile_columns), input_count, &float_count))
        return rv_compute_refuse_linear(output_count, input_count, err);
    LinearWeights *layer = rv_mem_alloc(1, sizeof *layer, err);
    if (layer == NULL)
        return RV_ERROR_MEMORY;
    if (precision == COMPUTE_FAST) {
        RvStatus status =
            rv_cpu_linear_i16_create(device, weights, bias, output_count, input_count, &layer->fast, err);
        if (status != RV_OK)
            free(layer);
        else
            *out = layer;
        return status;
    }
    layer->output_count = output_count;
    layer->input_count = input_count;
    layer->panel_count = divide_up(output_count, tile_columns);
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
    PackJob job = {layer, weights, tile_columns};
    rv_cpu_run(device, float_count, layer->panel_count, pack_panel, &job);
    *out = layer;
    return RV_OK;
}

/* What a worker needs for one panel: its rows as they come, and packed. */
static size_t fetched_floats(const CpuDevice *device, size_t input_count)
{
    return 2 * device->kernels->tile_columns * input_count;
}

/* All rows at once, for a layer whose panels are too deep for the workers' memory. */
static RvStatus create_fetched(Compute *compute, WeightRows rows, void *context, const float *bias,
                               size_t output_count, size_t input_count, LinearWeights **out, RvError *err)
{
    size_t count = 0;
    float *weights = rv_mem_multiply(output_count, input_count, &count)
                         ? rv_mem_alloc_aligned(count, sizeof *weights, err)
                         : NULL;
    if (weights == NULL)
        return RV_ERROR_MEMORY;
    rows(context, 0, output_count, weights);
    RvStatus status =
        rv_cpu_linear_create(compute, weights, bias, output_count, input_count, COMPUTE_FLOAT32, out, err);
    free(weights);
    return status;
}

RvStatus rv_cpu_linear_create_from(Compute *compute, WeightRows rows, void *context, const float *bias,
                                   size_t output_count, size_t input_count, LinearWeights **out, RvError *err)
{
    *out = NULL;
    const CpuDevice *device = (const CpuDevice *)compute;
    size_t tile_columns = device->kernels->tile_columns;
    if (output_count == 0 || input_count == 0 || input_count > COMPUTE_INPUT_MAX ||
        fetched_floats(device, input_count) > device->worker_floats) {
        RvStatus status = create_fetched(compute, rows, context, bias, output_count, input_count, out, err);
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
    layer->panel_count = divide_up(output_count, tile_columns);
    layer->rows = rows;
    layer->rows_context = context;
    layer->bias = rv_mem_alloc_aligned(layer->panel_count * tile_columns, sizeof(float), err);
    if (layer->bias == NULL) {
        rv_cpu_linear_destroy(compute, layer);
        return RV_ERROR_MEMORY;
    }
    memset(layer->bias, 0, layer->panel_count * tile_columns * sizeof(float));
    if (bias != NULL)
        memcpy(layer->bias, bias, output_count * sizeof(float));
    *out = layer;
    return RV_OK;
}

void rv_cpu_linear_destroy(Compute *compute, LinearWeights *weights)
{
    if (weights == NULL)
        return;
    free(weights->rows_context);
    rv_cpu_linear_i16_destroy(weights->fast);
    free(weights->panels);
    free(weights->bias);
    free(weights);
}

/* The rows are cut into strips of one tile's height, the strips into blocks that stay in a core's cache while
 * the panels pass, the depth into parts of at most PART_DEPTH. A task is one block and one panel. Each cut is
 * as even as whole rows and strips allow. Parts depend on the layer alone and their sums are added in rising
 * order, so that no cut shows in the result. */
#define PART_DEPTH 1024

typedef struct LinearJob {
    const CpuDevice *device;
    const CpuKernels *kernels;
    const LinearWeights *layer;
    const float *src;
    float *dst;
    size_t src_stride, dst_stride, rows, strip_count, block_count, worker_count;
    size_t part_count, first_part, end_part; // of the depth: all, and those of this run
    LinearEpilogue epilogue;
} LinearJob;

/* Where item `index` of `count` even cuts of a length begins. */
static size_t cut(size_t length, size_t index, size_t count)
{
    return index * length / count;
}

static const float *part_of_panel(const LinearJob *job, size_t panel, size_t part)
{
    size_t input_count = job->layer->input_count;
    return job->layer->panels +
           (panel * input_count + cut(input_count, part, job->part_count)) * job->kernels->tile_columns;
}

/* The product of one block of rows and one part of a panel. next: the weights that this thread needs
 * afterwards. */
static void multiply_part(const LinearJob *job, size_t block, size_t panel, size_t part, const float *next)
{
    const LinearWeights *layer = job->layer;
    size_t tile_columns = job->kernels->tile_columns;
    size_t column = panel * tile_columns, left = layer->output_count - column;
    size_t depth_start = cut(layer->input_count, part, job->part_count);
    Tile tile = {.src_stride = job->src_stride,
                 .panel = part_of_panel(job, panel, part),
                 .depth = cut(layer->input_count, part + 1, job->part_count) - depth_start,
                 .dst_stride = job->dst_stride,
                 .columns = left < tile_columns ? left : tile_columns,
                 .continues = part > 0,
                 .next = next};
    if (part == 0) {
        tile.bias = layer->bias + column;
        tile.epilogue.accumulate = job->epilogue.accumulate;
    }
    if (part + 1 == job->part_count)
        tile.epilogue.activation = job->epilogue.activation;
    size_t strip = cut(job->strip_count, block, job->block_count);
    size_t strip_end = cut(job->strip_count, block + 1, job->block_count);
    // The fetching is spread over the strips: all at once it would hold up their own loads.
    tile.next_lines = next != NULL ? divide_up(TILE_FETCH_DEPTH * tile_columns / 16, strip_end - strip) : 0;
    size_t strip_floats = tile.depth / TILE_FETCH_DEPTH * tile.next_lines * 16;
    const float *next_end = next != NULL ? next + tile.depth * tile_columns : NULL;
    for (; strip < strip_end; strip++) {
        size_t row = cut(job->rows, strip, job->strip_count),
               row_end = cut(job->rows, strip + 1, job->strip_count);
        tile.src = job->src + row * job->src_stride + depth_start;
        tile.dst = job->dst + row * job->dst_stride + column;
        job->kernels->tiles[row_end - row - 1](&tile);
        if (tile.next_lines > 0 && (size_t)(next_end - tile.next) > strip_floats)
            tile.next += strip_floats;
        else
            tile.next_lines = 0;
    }
}

static void multiply_block(void *context, size_t index, int worker)
{
    const LinearJob *job = context;
    size_t panel_count = job->layer->panel_count;
    // While all threads take equally long, this one's next task is as many tasks on as there are threads.
    // Behind the last task the next run begins.
    size_t next_index = index + job->worker_count, task_count = job->block_count * panel_count;
    const float *next_task = NULL;
    if (next_index < task_count)
        next_task = part_of_panel(job, next_index % panel_count, job->first_part);
    else if (job->end_part < job->part_count)
        next_task = part_of_panel(job, (next_index - task_count) % panel_count, job->end_part);
    for (size_t part = job->first_part; part < job->end_part; part++) {
        const float *next =
            part + 1 < job->end_part ? part_of_panel(job, index % panel_count, part + 1) : next_task;
        multiply_part(job, index / panel_count, index % panel_count, part, next);
    }
}

/* One panel of a layer that is not packed, as a layer of its own: fetched, packed, used, forgotten. */
static void multiply_fetched(void *context, size_t panel, int worker)
{
    LinearJob job = *(const LinearJob *)context;
    const LinearWeights *layer = job.layer;
    size_t tile_columns = job.kernels->tile_columns, first = panel * tile_columns;
    size_t left = layer->output_count - first;
    float *rows = job.device->workspace + (size_t)worker * job.device->worker_floats;
    LinearWeights held = {.output_count = left < tile_columns ? left : tile_columns,
                          .input_count = layer->input_count,
                          .panel_count = 1,
                          .panels = rows + tile_columns * layer->input_count,
                          .bias = layer->bias + first};
    layer->rows(layer->rows_context, first, held.output_count, rows);
    rv_cpu_pack_columns(rows, held.input_count, held.output_count, held.input_count, tile_columns,
                        held.panels);
    job.layer = &held;
    job.dst += first;
    for (size_t part = 0; part < job.part_count; part++)
        multiply_part(&job, 0, 0, part, NULL);
}

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
    LinearJob job = {.device = device,
                     .kernels = device->kernels,
                     .layer = weights,
                     .src = cpu_values(src),
                     .src_stride = src.stride,
                     .rows = rows,
                     .dst = cpu_values(dst),
                     .dst_stride = dst.stride,
                     .strip_count = divide_up(rows, device->kernels->tile_rows),
                     .worker_count = (size_t)compute->thread_count,
                     .part_count = divide_up(weights->input_count, PART_DEPTH),
                     .epilogue = epilogue};
    // The sum that an activation needs must not mix with what it is added to.
    if (epilogue.accumulate && epilogue.activation != ACTIVATION_NONE)
        job.part_count = 1;
    if (weights->rows != NULL) {
        job.block_count = 1;
        rv_cpu_run(device, rows * weights->input_count * weights->output_count, weights->panel_count,
                   multiply_fetched, &job);
        return;
    }
    // Few rows stay in the cache in full depth; of many, each part passes all panels before the next comes
    // in.
    size_t parts_per_run = rows * weights->input_count <= device->cache_floats ? job.part_count : 1;
    size_t run_depth = weights->input_count / job.part_count * parts_per_run;
    size_t block_count = divide_up(rows * run_depth, device->cache_floats);
    // Enough tasks for every thread to have several, as long as there are strips.
    size_t task_count_wanted = job.worker_count > 1 ? 4 * job.worker_count : 1;
    if (block_count * weights->panel_count < task_count_wanted)
        block_count = divide_up(task_count_wanted, weights->panel_count);
    job.block_count = block_count < job.strip_count ? block_count : job.strip_count;
    for (; job.first_part < job.part_count; job.first_part += parts_per_run) {
        job.end_part = job.first_part + parts_per_run;
        rv_cpu_run(device, rows * run_depth * weights->output_count, job.block_count * weights->panel_count,
                   multiply_block, &job);
    }
}
