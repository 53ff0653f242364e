/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint onto a device; or, without a device, only the check that they are there. */
#ifndef RV_CLIP_WEIGHT_LOADER_H
#define RV_CLIP_WEIGHT_LOADER_H

#include "clip/checkpoint/checkpoint.h"
#include "compute/compute.h"

/* One list of tensors, in the code that loads them, serves both for checking at open and for packing at first
 * use. */
typedef struct WeightLoader {
    const Checkpoint *checkpoint;
    Compute *compute;           // NULL: check shapes, leave the destinations as they are
    ComputePrecision precision; // of the linear layers; projections stay float32
    bool at_use;    // linear layers are not packed but read whenever they are used, where the device can
    float *scratch; // host memory for the tensor on its way; init to NULL
    size_t scratch_count;
} WeightLoader;

void rv_weight_loader_clear(WeightLoader *loader);

/* weight: shape [output, input...]; bias: NULL or the name of a tensor [output]. */
RvStatus rv_weight_loader_linear(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                                 const char *bias, LinearWeights **dst, RvError *err);

/* A projection that is stored as [input, output], without bias. */
RvStatus rv_weight_loader_projection(WeightLoader *loader, const char *name, size_t input_count,
                                     size_t output_count, LinearWeights **dst, RvError *err);

/* rows x columns floats in a device buffer; rows 0: a vector of `columns`. */
RvStatus rv_weight_loader_table(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                                DeviceBuffer **dst, RvError *err);

#endif
