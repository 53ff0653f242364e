/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint to a device. Without a device, their presence is only checked. */
#ifndef RV_CLIP_WEIGHT_LOADER_H
#define RV_CLIP_WEIGHT_LOADER_H

#include "clip/checkpoint/checkpoint.h"
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
 * tensor [output]. Errors of all three functions: MISMATCH, IO, FORMAT, MEMORY, and those of the device. */
RvStatus rv_weight_loader_linear(WeightLoader *loader, const char *weight, const size_t *shape, int rank,
                                 const char *bias, LinearWeights **dst, RvError *err);

/* Load a projection that is stored as [input, output], without bias. */
RvStatus rv_weight_loader_projection(WeightLoader *loader, const char *name, size_t input_count,
                                     size_t output_count, LinearWeights **dst, RvError *err);

/* Load rows x columns floats into a device buffer. If rows is 0, the tensor is a vector of `columns`. */
RvStatus rv_weight_loader_table(WeightLoader *loader, const char *name, size_t rows, size_t columns,
                                DeviceBuffer **dst, RvError *err);

#endif
