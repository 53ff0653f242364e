/* SPDX-License-Identifier: MIT */
/* Linear layers whose weights are not kept. Each time such a layer is used, it reads, packs and drops the
 * rows of one panel after the other. The first texts of a process run on such layers, because packing all
 * weights takes longer than using them once, and more memory. The sums are bit-identical to those of packed
 * layers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "compute/cpu/cpu_device.h"
#include "compute/cpu/cpu_panels.h"

struct LinearUnpacked {
    size_t output_count;
    float *bias; // [output_count rounded up to tile_columns]
    WeightRows rows;
    void *rows_context; // owned
};

/* A worker's memory must hold a panel twice: its rows as read, and packed. */
bool rv_cpu_linear_unpacked_fits(const CpuDevice *device, size_t input_count)
{
    return rv_cpu_source_fits(device, 2 * device->kernels->tile_columns, input_count);
}

RvStatus rv_cpu_linear_unpacked_create(const CpuDevice *device, WeightRows rows, void *context,
                                       const float *bias, size_t output_count, LinearUnpacked **out,
                                       RvError *err)
{
    size_t padded_count = rv_round_up(output_count, device->kernels->tile_columns);
    LinearUnpacked *layer = rv_mem_alloc(1, sizeof *layer, err);
    *out = NULL;
    if (layer == NULL) {
        free(context);
        return RV_ERROR_MEMORY;
    }
    layer->output_count = output_count;
    layer->rows = rows;
    layer->rows_context = context;
    layer->bias = rv_mem_alloc_aligned(padded_count, sizeof(float), err);
    if (layer->bias == NULL) {
        rv_cpu_linear_unpacked_destroy(layer);
        return RV_ERROR_MEMORY;
    }
    memset(layer->bias, 0, padded_count * sizeof(float));
    if (bias != NULL)
        memcpy(layer->bias, bias, output_count * sizeof(float));
    *out = layer;
    return RV_OK;
}

void rv_cpu_linear_unpacked_destroy(LinearUnpacked *layer)
{
    if (layer == NULL)
        return;
    free(layer->rows_context);
    free(layer->bias);
    free(layer);
}

typedef struct UnpackedJob {
    const CpuDevice *device;
    const LinearUnpacked *layer;
    CpuProduct product;
} UnpackedJob;

static void multiply_panel(void *context, size_t index, int worker)
{
    const UnpackedJob *job = context;
    const LinearUnpacked *layer = job->layer;
    const CpuProduct *product = &job->product;
    size_t tile_columns = product->kernels->tile_columns, first = index * tile_columns;
    size_t left = layer->output_count - first;
    float *rows = cpu_workspace(job->device, (size_t)worker);
    float *packed = rows + tile_columns * product->depth;
    CpuPanel panel = {.weights = packed,
                      .bias = layer->bias + first,
                      .first_output = first,
                      .outputs = left < tile_columns ? left : tile_columns};
    layer->rows(layer->rows_context, first, panel.outputs, rows);
    product->kernels->pack_columns(rows, product->depth, panel.outputs, product->depth, tile_columns, packed);
    for (size_t part = 0; part < product->part_count; part++)
        rv_cpu_multiply_part(product, 0, &panel, part, NULL);
}

void rv_cpu_linear_unpacked(CpuDevice *device, const LinearUnpacked *layer, const CpuProduct *product)
{
    UnpackedJob job = {device, layer, *product};
    job.product.block_count = 1; // each panel is made once
    rv_cpu_run(device, product->rows * product->depth * layer->output_count,
               rv_divide_up(layer->output_count, product->kernels->tile_columns), multiply_panel, &job);
}
