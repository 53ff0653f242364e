/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint that the configuration leaves unused. */
#ifndef RV_TENSOR_UNUSED_H
#define RV_TENSOR_UNUSED_H

#include "clip/checkpoint/tensor_names.h"

/* UNSUPPORTED, by name, where a tensor lies inside a tower and no part of a plain CLIP of this configuration
 * reads it: its makers compute something else. Tensors outside the towers get a warning; what computes
 * nothing (positions, masks, the scale of training) is passed over. Where a tensor that is needed is missing,
 * nothing is said: the model says it. path: what was opened. */
RvStatus rv_tensor_unused_check(const TensorTable *tensors, NameScheme scheme, const ClipConfig *config,
                                const char *path, const RvLog *log, RvError *err);

#endif
