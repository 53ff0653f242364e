/* SPDX-License-Identifier: MIT */
/* Weights in panels of tile_columns outputs each, and the product of rows with a part of a panel. The drawing
 * in cpu_linear.c shows the terms. */
#ifndef RV_CPU_PANELS_H
#define RV_CPU_PANELS_H

#include "compute/cpu/cpu_device.h"
#include "compute/kernels/kernels.h"

/* The largest depth of a part of a panel, which shares a core's own cache with a block of rows. */
#define CPU_PART_DEPTH 1024

typedef struct CpuPanel {
    const float *weights;         // [depth, tile_columns]; zero for missing outputs
    const float *bias;            // [tile_columns]
    size_t first_output, outputs; // 1 to tile_columns
} CpuPanel;

/* Where a layer's weights [output_count, input_count] come from: memory, or a function that writes some rows. */
typedef struct WeightSource {
    const float *weights; // NULL: `rows` gives them
    WeightRows rows;
    void *context;
} WeightSource;

/* Returns rows first_row to first_row + row_count - 1. They may be in the worker's part of the workspace, up to
 * its next task; rv_cpu_source_fits tells whether it is large enough for them. */
const float *rv_cpu_source_rows(const CpuDevice *device, const WeightSource *source, size_t first_row,
                                size_t row_count, size_t input_count, int worker);
bool rv_cpu_source_fits(const CpuDevice *device, size_t row_count, size_t input_count);

/* dst[rows, outputs] = epilogue(src[rows, depth] panels + bias). */
typedef struct CpuProduct {
    const CpuKernels *kernels;
    const float *src;
    float *dst;
    size_t src_stride, dst_stride, rows, depth;
    size_t strip_count, block_count, part_count;
    LinearEpilogue epilogue;
} CpuProduct;

/* Returns where part `index` begins if a length is cut into `count` even parts. */
static inline size_t even_cut(size_t length, size_t index, size_t count)
{
    return index * length / count;
}

/* Multiply one block of strips by one part of the panel. The parts of a panel must be multiplied in rising
 * order. next: the weights that this thread needs afterwards, which are fetched into the cache meanwhile;
 * NULL: none. */
void rv_cpu_multiply_part(const CpuProduct *product, size_t block, const CpuPanel *panel, size_t part,
                          const float *next);

#endif
