/* SPDX-License-Identifier: MIT */
/* Fast linear layers on the CPU: rows and weights as 16-bit integers with a scale per segment. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cpu/cpu_panels.h"
#include "compute/kernels/kernels_i16.h"

struct LinearI16 {
    size_t output_count, input_count;
    size_t depth;         // input_count rounded up to an even number
    size_t segment_count; // of the depth
    size_t panel_count;   // of tile_columns outputs each, the last filled up with zeros
    int16_t *panels;      // [panel_count, depth / 2, tile_columns, 2]: pairs of neighbours in depth
    float *scales;        // [panel_count, segment_count, tile_columns]
    float *bias;          // [panel_count, tile_columns]
};

/* Memory for the rows of a call as integers. As many rows as fit are processed at a time. */
struct I16Space {
    int16_t *values; // [I16_SPACE_VALUES]
    float *scales;   // [I16_SPACE_SCALES]
};
#define I16_SPACE_VALUES ((size_t)4 << 20)
#define I16_SPACE_SCALES (I16_SPACE_VALUES / 32) // rows are padded to 32 integers, and a segment is longer

/* Returns the distance of rows in the workspace: an odd number of cache lines, so that the rows of a tile are
 * in different sets of the first-level cache. */
static size_t padded_stride(size_t depth)
{
    return (rv_divide_up(depth, 32) | 1) * 32;
}

/* Quantise one segment of one output's weights. Returns the scale. After rounding, the sum of magnitudes is
 * at most sum / scale + count / 2; the scale is chosen so that this is at most I16_WEIGHT_SUM_MAX. If a
 * weight is not finite, the scale is NaN, and so is the output. */
static float quantise_segment(const I16Kernels *kernels, const float *weights, size_t count, int16_t *dst)
{
    float peak;
    double sum = kernels->magnitudes_f32(weights, count, &peak);
    if (!isfinite(sum)) {
        memset(dst, 0, count * sizeof *dst);
        return NAN;
    }
    // Half the count and one more, because the factor and the products with it are rounded too: together they
    // add less than 2^-23 of I16_WEIGHT_SUM_MAX, and 0.004 to the largest.
    double limit = I16_WEIGHT_SUM_MAX - (double)count / 2 - 1;
    double scale = fmax(fmax(sum / limit, (double)peak / INT16_MAX), (double)I16_SMALLEST_PEAK / INT16_MAX);
    float rounded = nextafterf((float)scale, INFINITY); // not below the exact scale
    kernels->round_i16(weights, count, 1.0f / rounded, dst);
    return rounded;
}

typedef struct PackI16Job {
    const CpuDevice *device;
    const LinearI16 *layer;
    const WeightSource *source;
} PackI16Job;

/* Quantise the weights of some outputs [column_count, input_count] from depth `start` on, and put them as pairs into
 * their places. scales: [tile_columns] */
static void pack_segment(const PackI16Job *job, const float *weights, size_t column_count, size_t start,
                         int16_t *pairs, float *scales)
{
    _Alignas(64) int16_t integers[I16_TILE_COLUMNS_MAX * I16_SEGMENT];
    const I16Kernels *kernels = job->device->i16_kernels;
    size_t input_count = job->layer->input_count, left = input_count - start,
           count = left < I16_SEGMENT ? left : I16_SEGMENT;
    for (size_t column = 0; column < column_count; column++) {
        int16_t *dst = integers + column * I16_SEGMENT;
        scales[column] = quantise_segment(kernels, weights + column * input_count + start, count, dst);
        if (count % 2 != 0)
            dst[count] = 0; // the second of the last pair
    }
    job->device->kernels->pack_columns(integers, I16_SEGMENT / 2, column_count, rv_divide_up(count, 2),
                                       kernels->tile_columns, pairs);
}

static void pack_panel(void *context, size_t index, int worker)
{
    const PackI16Job *job = context;
    const LinearI16 *layer = job->layer;
    size_t tile_columns = job->device->i16_kernels->tile_columns, first = index * tile_columns;
    size_t left = layer->output_count - first, column_count = left < tile_columns ? left : tile_columns;
    int16_t *panel = layer->panels + first * layer->depth;
    float *scales = layer->scales + first * layer->segment_count;
    memset(scales, 0, tile_columns * layer->segment_count * sizeof *scales);
    const float *rows =
        rv_cpu_source_rows(job->device, job->source, first, column_count, layer->input_count, worker);
    for (size_t start = 0; start < layer->input_count; start += I16_SEGMENT, scales += tile_columns)
        pack_segment(job, rows, column_count, start, panel + start * tile_columns, scales);
}

RvStatus rv_cpu_i16_space_create(CpuDevice *device, RvError *err)
{
    if (device->i16_space != NULL)
        return RV_OK;
    I16Space *space = rv_mem_alloc(1, sizeof *space, err);
    if (space == NULL)
        return RV_ERROR_MEMORY;
    space->values = (int16_t *)rv_cpu_alloc(I16_SPACE_VALUES / 2, err);
    space->scales = rv_cpu_alloc(I16_SPACE_SCALES, err);
    device->i16_space = space;
    if (space->values != NULL && space->scales != NULL)
        return RV_OK;
    rv_cpu_i16_space_destroy(device);
    return RV_ERROR_MEMORY;
}

void rv_cpu_i16_space_destroy(CpuDevice *device)
{
    if (device->i16_space != NULL) {
        free(device->i16_space->values);
        free(device->i16_space->scales);
    }
    free(device->i16_space);
    device->i16_space = NULL;
}

RvStatus rv_cpu_linear_i16_create(CpuDevice *device, const WeightSource *source, const float *bias,
                                  size_t output_count, size_t input_count, LinearI16 **out, RvError *err)
{
    *out = NULL;
    const I16Kernels *kernels = device->i16_kernels;
    RvStatus status = rv_cpu_i16_space_create(device, err);
    LinearI16 *layer = status == RV_OK ? rv_mem_alloc(1, sizeof *layer, err) : NULL;
    if (layer == NULL)
        return RV_ERROR_MEMORY;
    layer->output_count = output_count;
    layer->input_count = input_count;
    layer->depth = rv_round_up(input_count, 2);
    layer->segment_count = rv_divide_up(input_count, I16_SEGMENT);
    layer->panel_count = rv_divide_up(output_count, kernels->tile_columns);
    size_t padded_count = layer->panel_count * kernels->tile_columns;
    layer->panels = (int16_t *)rv_cpu_alloc(padded_count * layer->depth / 2, err);
    layer->scales = rv_cpu_alloc(padded_count * layer->segment_count, err);
    layer->bias = rv_mem_alloc_aligned(padded_count, sizeof(float), err);
    if (layer->panels == NULL || layer->scales == NULL || layer->bias == NULL) {
        rv_cpu_linear_i16_destroy(layer);
        return RV_ERROR_MEMORY;
    }
    memset(layer->bias, 0, padded_count * sizeof(float));
    if (bias != NULL)
        memcpy(layer->bias, bias, output_count * sizeof(float));
    PackI16Job job = {device, layer, source};
    rv_cpu_run(device, padded_count * input_count, layer->panel_count, pack_panel, &job);
    *out = layer;
    return RV_OK;
}

void rv_cpu_linear_i16_destroy(LinearI16 *layer)
{
    if (layer == NULL)
        return;
    free(layer->panels);
    free(layer->scales);
    free(layer->bias);
    free(layer);
}

/* Rows are cut as in the float32 layers: strips of one tile's height, and blocks of strips that stay in a
 * core's cache while the panels pass. A task is one block and one panel. Before that, the rows are converted
 * to integers. */
typedef struct LinearI16Job {
    const I16Kernels *kernels;
    const LinearI16 *layer;
    const I16Space *space;
    const float *src;
    float *dst;
    size_t src_stride, dst_stride, rows, value_stride, group_rows;
    size_t strip_count, block_count, worker_count;
    LinearEpilogue epilogue;
} LinearI16Job;

#define GROUP_VALUES ((size_t)1 << 14) // rows are quantised in groups of about this many values

static void quantise_rows(void *context, size_t index, int worker)
{
    const LinearI16Job *job = context;
    const LinearI16 *layer = job->layer;
    size_t end = (index + 1) * job->group_rows;
    for (size_t row = index * job->group_rows; row < end && row < job->rows; row++) {
        const float *src = job->src + row * job->src_stride;
        int16_t *values = job->space->values + row * job->value_stride;
        float *scales = job->space->scales + row * layer->segment_count;
        for (size_t start = 0; start < layer->input_count; start += I16_SEGMENT) {
            size_t left = layer->input_count - start;
            *scales++ = job->kernels->quantise_i16(src + start, left < I16_SEGMENT ? left : I16_SEGMENT,
                                                   values + start);
        }
        memset(values + layer->input_count, 0, (layer->depth - layer->input_count) * sizeof *values);
    }
}

static void multiply_block(void *context, size_t index, int worker)
{
    const LinearI16Job *job = context;
    const LinearI16 *layer = job->layer;
    size_t tile_columns = job->kernels->tile_columns, panel_values = layer->depth * tile_columns;
    size_t block = index / layer->panel_count, panel = index % layer->panel_count;
    size_t column = panel * tile_columns, left = layer->output_count - column;
    TileI16 tile = {.src_stride = job->value_stride,
                    .scale_stride = layer->segment_count,
                    .panel = layer->panels + panel * panel_values,
                    .panel_scales = layer->scales + panel * layer->segment_count * tile_columns,
                    .depth = layer->depth,
                    .out = {.bias = layer->bias + column,
                            .dst_stride = job->dst_stride,
                            .columns = left < tile_columns ? left : tile_columns,
                            .epilogue = job->epilogue}};
    size_t strip = even_cut(job->strip_count, block, job->block_count);
    size_t strip_end = even_cut(job->strip_count, block + 1, job->block_count);
    // Most often this thread's next task is the next one. Its panel is fetched into the cache meanwhile, a part
    // of it with each strip.
    if (index + 1 < job->block_count * layer->panel_count) {
        size_t next_panel = (index + 1) % layer->panel_count;
        tile.out.next = (const float *)(layer->panels + next_panel * panel_values);
        tile.out.next_lines = rv_divide_up(TILE_FETCH_DEPTH * tile_columns / 16, strip_end - strip);
    }
    for (; strip < strip_end; strip++) {
        size_t row = even_cut(job->rows, strip, job->strip_count),
               row_end = even_cut(job->rows, strip + 1, job->strip_count);
        tile.rows = row_end - row;
        tile.src = job->space->values + row * job->value_stride;
        tile.src_scales = job->space->scales + row * layer->segment_count;
        tile.out.dst = job->dst + row * job->dst_stride + column;
        job->kernels->tiles[tile.rows - 1](&tile);
        if (tile.out.next != NULL)
            tile.out.next += layer->depth / 2 / TILE_FETCH_DEPTH * tile.out.next_lines * 16;
    }
}

void rv_cpu_linear_i16(CpuDevice *device, const LinearI16 *layer, const float *src, size_t src_stride,
                       size_t rows, float *dst, size_t dst_stride, LinearEpilogue epilogue)
{
    LinearI16Job job = {.kernels = device->i16_kernels,
                        .layer = layer,
                        .space = device->i16_space,
                        .src_stride = src_stride,
                        .dst_stride = dst_stride,
                        .value_stride = padded_stride(layer->depth),
                        .group_rows = 1 + GROUP_VALUES / (layer->depth + 1),
                        .worker_count = (size_t)device->base.thread_count,
                        .epilogue = epilogue};
    size_t rows_at_once = I16_SPACE_VALUES / job.value_stride, cache_values = 2 * device->cache_floats;
    for (size_t first = 0; first < rows; first += job.rows) {
        job.rows = rows - first < rows_at_once ? rows - first : rows_at_once;
        job.src = src + first * src_stride;
        job.dst = dst + first * dst_stride;
        job.strip_count = rv_divide_up(job.rows, job.kernels->tile_rows);
        rv_cpu_run(device, job.rows * layer->depth, rv_divide_up(job.rows, job.group_rows), quantise_rows,
                   &job);
        size_t block_count = rv_divide_up(job.rows * layer->depth, cache_values);
        // Enough tasks for every thread to have several, as long as there are strips.
        size_t task_count_wanted = job.worker_count > 1 ? 4 * job.worker_count : 1;
        if (block_count * layer->panel_count < task_count_wanted)
            block_count = rv_divide_up(task_count_wanted, layer->panel_count);
        job.block_count = block_count < job.strip_count ? block_count : job.strip_count;
        rv_cpu_run(device, job.rows * layer->depth * layer->output_count,
                   job.block_count * layer->panel_count, multiply_block, &job);
    }
}
