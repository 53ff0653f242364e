/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint to a device. Without a device, their presence is only checked. */
#include "clip/weight_loader.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void rv_weight_loader_clear(WeightLoader *loader)
{
    free(loader->scratch);
    loader->scratch = NULL;
    loader->scratch_count = 0;
}

/* Make room for that many floats in scratch. */
static RvStatus reserve(WeightLoader *loader, size_t count, RvError *err)
{
    if (count <= loader->scratch_count)
        return RV_OK;
    rv_weight_loader_clear(loader);
    loader->scratch = rv_mem_alloc_aligned(count, sizeof(float), err);
    if (loader->scratch == NULL)
        return RV_ERROR_MEMORY;
    loader->scratch_count = count;
    return RV_OK;
}

/* Read the tensor into scratch[0 .. element count - 1], or only check it if there is no device. `extra`
 * floats of room follow it. */
static RvStatus fetch(WeightLoader *loader, const char *name, const size_t *shape, int rank, size_t extra,
                      size_t *element_count, RvError *err)
{
    RvStatus status = rv_checkpoint_check(loader->checkpoint, name, shape, rank, err);
    if (status != RV_OK || loader->compute == NULL)
        return status;
    *element_count = 1;
    for (int i = 0; i < rank; i++)
        *element_count *= shape[i]; // cannot overflow: the file holds that many
    status = reserve(loader, *element_count + extra, err);
    return status != RV_OK ? status
                           : rv_checkpoint_read(loader->checkpoint, name, shape, rank, loader->scratch, err);
}

/* A linear layer's weights in the checkpoint, read while it is packed, or each time it is used. */
typedef struct LayerRows {
    const Checkpoint *checkpoint;
    char name[128];
    size_t shape[TENSOR_MAX_RANK];
    int rank;
} LayerRows;

static LayerRows layer_rows(const WeightLoader *loader, const char *weight, const size_t *shape, int rank)
{
    LayerRows rows = {.checkpoint = loader->checkpoint, .rank = rank};
    memcpy(rows.shape, shape, (size_t)rank * sizeof *shape);
    snprintf(rows.name, sizeof rows.name, "%s", weight);
    return rows;
}

static RvStatus try_to_read(const LayerRows *layer, size_t first_row, size_t row_count, float *dst,
                            RvError *err)
{
    RvStatus status = rv_checkpoint_read_rows(layer->checkpoint, layer->name, layer->shape, layer->rank,
                                              first_row, row_count, dst, err);
    size_t count = row_count;
    for (int i = 1; i < layer->rank; i++)
        count *= layer->shape[i];
    for (size_t i = 0; status != RV_OK && i < count; i++)
        dst[i] = NAN;
    return status;
}

static void read_at_use(void *context, size_t first_row, size_t row_count, float *dst)
{
    // A failure is reported by the model's check of its result.
    (void)try_to_read(context, first_row, row_count, dst, NULL);
}

/* What layers that are read by rows begin with: the weights are only checked, the bias is read into scratch. */
static RvStatus begin_rows(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                           const char *bias, size_t *input_count, RvError *err)
{
    size_t bias_count = 0;
    RvStatus status = rv_checkpoint_check(loader->checkpoint, weight, shape, rank, err);
    if (status == RV_OK && bias != NULL)
        status = fetch(loader, bias, shape, 1, 0, &bias_count, err);
    *input_count = 1;
    for (int i = 1; status == RV_OK && i < rank; i++)
        *input_count *= shape[i]; // cannot overflow: the file holds that many
    return status;
}

static RvStatus create_at_use(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                              const char *bias, LinearWeights **dst, RvError *err)
{
    size_t input_count;
    RvStatus status = begin_rows(loader, weight, shape, rank, bias, &input_count, err);
    if (status != RV_OK)
        return status;
    LayerRows *rows = rv_mem_alloc(1, sizeof *rows, err);
    if (rows == NULL)
        return RV_ERROR_MEMORY;
    *rows = layer_rows(loader, weight, shape, rank);
    return loader->compute->ops->linear_create_from(loader->compute, read_at_use, rows,
                                                    bias != NULL ? loader->scratch : NULL, shape[0],
                                                    input_count, dst, err);
}

/* Rows that are read while a layer is packed, by several threads. */
typedef struct PackedRows {
    LayerRows layer;
    pthread_mutex_t mutex; // guards the members below
    RvStatus status;       // of the first failure
    RvError error;
} PackedRows;

static void read_for_packing(void *context, size_t first_row, size_t row_count, float *dst)
{
    PackedRows *rows = context;
    RvError error = {0};
    RvStatus status = try_to_read(&rows->layer, first_row, row_count, dst, &error);
    if (status == RV_OK)
        return;
    pthread_mutex_lock(&rows->mutex);
    if (rows->status == RV_OK) {
        rows->status = status;
        rows->error = error;
    }
    pthread_mutex_unlock(&rows->mutex);
}

/* The device's threads read their own rows, so nobody waits for the file alone. */
static RvStatus create_packed(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                              const char *bias, LinearWeights **dst, RvError *err)
{
    const ComputeOps *ops = loader->compute->ops;
    size_t input_count;
    RvStatus status = begin_rows(loader, weight, shape, rank, bias, &input_count, err);
    if (status != RV_OK)
        return status;
    PackedRows rows = {.layer = layer_rows(loader, weight, shape, rank)};
    LinearWeights *layer = NULL;
    pthread_mutex_init(&rows.mutex, NULL);
    status = ops->linear_create_rows(loader->compute, read_for_packing, &rows,
                                     bias != NULL ? loader->scratch : NULL, shape[0], input_count,
                                     loader->precision, &layer, err);
    pthread_mutex_destroy(&rows.mutex);
    if (status == RV_OK && rows.status != RV_OK) {
        ops->linear_destroy(loader->compute, layer);
        if (err != NULL)
            *err = rows.error;
        return rows.status;
    }
    if (status == RV_OK)
        *dst = layer;
    return status;
}

RvStatus rv_weight_loader_linear(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                                 const char *bias, LinearWeights **dst, RvError *err)
{
    const ComputeOps *ops = loader->compute != NULL ? loader->compute->ops : NULL;
    if (loader->at_use && ops != NULL && ops->linear_create_from != NULL)
        return create_at_use(loader, weight, shape, rank, bias, dst, err);
    if (ops != NULL && ops->linear_create_rows != NULL)
        return create_packed(loader, weight, shape, rank, bias, dst, err);
    size_t output_count = shape[0], count = 0;
    RvStatus status = fetch(loader, weight, shape, rank, output_count, &count, err);
    if (status == RV_OK && bias != NULL)
        status = rv_checkpoint_check(loader->checkpoint, bias, &output_count, 1, err);
    if (status != RV_OK || ops == NULL)
        return status;
    float *bias_values = bias != NULL ? loader->scratch + count : NULL;
    if (bias != NULL)
        status = rv_checkpoint_read(loader->checkpoint, bias, &output_count, 1, bias_values, err);
    if (status != RV_OK)
        return status;
    return ops->linear_create(loader->compute, loader->scratch, bias_values, output_count,
                              count / output_count, loader->precision, dst, err);
}

RvStatus rv_weight_loader_projection(WeightLoader *loader, const char *name, size_t input_count,
                                     size_t output_count, const char *bias, LinearWeights **dst, RvError *err)
{
    size_t count = 0;
    const size_t shape[2] = {input_count, output_count};
    RvStatus status = fetch(loader, name, shape, 2, input_count * output_count + output_count, &count, err);
    if (status == RV_OK && bias != NULL)
        status = rv_checkpoint_check(loader->checkpoint, bias, &output_count, 1, err);
    if (status != RV_OK || loader->compute == NULL)
        return status;
    float *turned = loader->scratch + count, *bias_values = bias != NULL ? turned + count : NULL;
    if (bias != NULL)
        status = rv_checkpoint_read(loader->checkpoint, bias, &output_count, 1, bias_values, err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; i < input_count; i++) {
        for (size_t j = 0; j < output_count; j++)
            turned[j * input_count + i] = loader->scratch[i * output_count + j];
    }
    return loader->compute->ops->linear_create(loader->compute, turned, bias_values, output_count,
                                               input_count, COMPUTE_FLOAT32, dst, err);
}

RvStatus rv_weight_loader_table(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                                DeviceBuffer **dst, RvError *err)
{
    size_t count = 0;
    const size_t shape[2] = {rows > 0 ? rows : columns, columns};
    RvStatus status = fetch(loader, name, shape, rows > 0 ? 2 : 1, 0, &count, err);
    if (status != RV_OK || loader->compute == NULL)
        return status;
    *dst = loader->compute->ops->buffer_create(loader->compute, count, COMPUTE_FLOAT32, err);
    if (*dst == NULL)
        return RV_ERROR_MEMORY;
    loader->compute->ops->upload(loader->compute, *dst, loader->scratch, count);
    return RV_OK;
}

RvStatus rv_weight_loader_rows(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                               size_t first, size_t count, const char *addend, size_t addend_rows,
                               DeviceBuffer **dst, RvError *err)
{
    const size_t shape[2] = {rows, columns}, addend_shape[2] = {addend_rows, columns};
    RvStatus status = rv_checkpoint_check(loader->checkpoint, name, shape, 2, err);
    if (status == RV_OK && addend != NULL)
        status = rv_checkpoint_check(loader->checkpoint, addend, addend_shape, 2, err);
    if (status != RV_OK || loader->compute == NULL)
        return status;
    status = reserve(loader, (count + 1) * columns, err);
    if (status == RV_OK)
        status =
            rv_checkpoint_read_rows(loader->checkpoint, name, shape, 2, first, count, loader->scratch, err);
    const float *added = loader->scratch + count * columns;
    if (status == RV_OK && addend != NULL)
        status = rv_checkpoint_read_rows(loader->checkpoint, addend, addend_shape, 2, 0, 1,
                                         loader->scratch + count * columns, err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; i < count * columns && addend != NULL; i++)
        loader->scratch[i] += added[i % columns];
    *dst = loader->compute->ops->buffer_create(loader->compute, count * columns, COMPUTE_FLOAT32, err);
    if (*dst == NULL)
        return RV_ERROR_MEMORY;
    loader->compute->ops->upload(loader->compute, *dst, loader->scratch, count * columns);
    return RV_OK;
}

RvStatus rv_weight_loader_one_query(WeightLoader *loader, const char *probe, const char *weight,
                                    const char *bias, size_t width, OneQuery *dst, RvError *err)
{
    const size_t shape[2] = {3 * width, width}, bias_shape = 3 * width;
    size_t count = 0;
    RvStatus status = rv_checkpoint_check(loader->checkpoint, probe, &width, 1, err);
    if (status == RV_OK)
        status = rv_checkpoint_check(loader->checkpoint, bias, &bias_shape, 1, err);
    if (status == RV_OK)
        status = fetch(loader, weight, shape, 2, 5 * width, &count, err);
    if (status != RV_OK || loader->compute == NULL)
        return status;
    float *weights = loader->scratch, *biases = weights + count, *probed = biases + 3 * width,
          *query = probed + width;
    status = rv_checkpoint_read(loader->checkpoint, bias, &bias_shape, 1, biases, err);
    if (status == RV_OK)
        status = rv_checkpoint_read(loader->checkpoint, probe, &width, 1, probed, err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; i < width; i++) {
        double sum = biases[i];
        for (size_t k = 0; k < width; k++)
            sum += (double)weights[i * width + k] * probed[k];
        query[i] = (float)sum;
    }
    const ComputeOps *ops = loader->compute->ops;
    dst->query = ops->buffer_create(loader->compute, width, loader->precision, err);
    if (dst->query == NULL)
        return RV_ERROR_MEMORY;
    ops->upload(loader->compute, dst->query, query, width);
    return ops->linear_create(loader->compute, weights + width * width, biases + width, 2 * width, width,
                              loader->precision, &dst->key_value, err);
}
