/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint to a device. Without a device, their presence is only checked. */
#ifndef RV_CLIP_WEIGHT_LOADER_H
#define RV_CLIP_WEIGHT_LOADER_H

#include "clip/checkpoint.h"
#include "compute/compute.h"

/* The code that loads the tensors is the only list of them. It is used both for checking at open and for
 * packing at first use. */
typedef struct WeightLoader {
    const Checkpoint *checkpoint;
    Compute *compute;           // NULL: only check shapes, leave the destinations unchanged
    ComputePrecision precision; // of the linear layers; projections stay float32
    // linear layers are not packed; they are read each time they are used, if the device can do that
    bool at_use;
    float *scratch; // host memory for one tensor; initialise to NULL
    size_t scratch_count;
} WeightLoader;

/* Free scratch. The loaded tensors are not touched. */
void rv_weight_loader_clear(WeightLoader *loader);

/* Load a linear layer. weight: name of a tensor of shape [output, input...]. bias: NULL or the name of a
 * tensor [output]. Errors of all these functions: MISMATCH, IO, FORMAT, MEMORY, and those of the device. */
RvStatus rv_weight_loader_linear(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                                 const char *bias, LinearWeights **dst, RvError *err);

/* Load a projection that is stored as [input, output]. bias: as above. It is always float32. */
RvStatus rv_weight_loader_projection(WeightLoader *loader, const char *name, size_t input_count,
                                     size_t output_count, const char *bias, LinearWeights **dst,
                                     RvError *err);

/* Load rows x columns floats into a device buffer. If rows is 0, the tensor is a vector of `columns`. */
RvStatus rv_weight_loader_table(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                                DeviceBuffer **dst, RvError *err);

/* Load rows first .. first + count - 1 of a table of `rows` x `columns`. addend: NULL, or the name of a table
 * of addend_rows x columns whose first row is added to every row. */
RvStatus rv_weight_loader_rows(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                               size_t first, size_t count, const char *addend, size_t addend_rows,
                               DeviceBuffer **dst, RvError *err);

/* Load the packed input layer of an attention that has one query, a constant: weight [3 * width, width] and
 * bias [3 * width] of queries, keys and values in this order, probe [width] before the query's layer. The
 * query is computed now and stored in the precision of the layers. */
typedef struct OneQuery {
    DeviceBuffer *query;      // [width]
    LinearWeights *key_value; // [2 * width, width]
} OneQuery;
RvStatus rv_weight_loader_one_query(WeightLoader *loader, const char *probe, const char *weight,
                                    const char *bias, size_t width, OneQuery *dst, RvError *err);

#endif
