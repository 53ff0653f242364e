/* SPDX-License-Identifier: MIT */
/* Weights in panels, and the product of rows with a part of a panel. */
#include "compute/cpu/cpu_panels.h"

#include "base/mem.h"

const float *rv_cpu_source_rows(const CpuDevice *device, const WeightSource *source, size_t first_row,
                                size_t row_count, size_t input_count, int worker)
{
    if (source->weights != NULL)
        return source->weights + first_row * input_count;
    float *rows = cpu_workspace(device, (size_t)worker);
    source->rows(source->context, first_row, row_count, rows);
    return rows;
}

bool rv_cpu_source_fits(const CpuDevice *device, size_t row_count, size_t input_count)
{
    return row_count * input_count <= device->worker_floats;
}

void rv_cpu_multiply_part(const CpuProduct *product, size_t block, const CpuPanel *panel, size_t part,
                          const float *next)
{
    size_t tile_columns = product->kernels->tile_columns;
    size_t depth_start = even_cut(product->depth, part, product->part_count);
    Tile tile = {.src_stride = product->src_stride,
                 .panel = panel->weights + depth_start * tile_columns,
                 .depth = even_cut(product->depth, part + 1, product->part_count) - depth_start,
                 .dst_stride = product->dst_stride,
                 .columns = panel->outputs,
                 .continues = part > 0,
                 .next = next};
    if (part == 0) {
        tile.bias = panel->bias;
        tile.epilogue.accumulate = product->epilogue.accumulate;
    }
    if (part + 1 == product->part_count)
        tile.epilogue.activation = product->epilogue.activation;
    size_t strip = even_cut(product->strip_count, block, product->block_count);
    size_t strip_end = even_cut(product->strip_count, block + 1, product->block_count);
    // The next weights are fetched in pieces, one with each strip. All at once they would delay the strips'
    // own loads.
    tile.next_lines =
        next != NULL ? rv_divide_up(TILE_FETCH_DEPTH * tile_columns / 16, strip_end - strip) : 0;
    size_t strip_floats = tile.depth / TILE_FETCH_DEPTH * tile.next_lines * 16;
    const float *next_end = next != NULL ? next + tile.depth * tile_columns : NULL;
    for (; strip < strip_end; strip++) {
        size_t row = even_cut(product->rows, strip, product->strip_count),
               row_end = even_cut(product->rows, strip + 1, product->strip_count);
        tile.src = product->src + row * product->src_stride + depth_start;
        tile.dst = product->dst + row * product->dst_stride + panel->first_output;
        product->kernels->tiles[row_end - row - 1](&tile);
        if (tile.next_lines > 0 && (size_t)(next_end - tile.next) > strip_floats)
            tile.next += strip_floats;
        else
            tile.next_lines = 0;
    }
}
