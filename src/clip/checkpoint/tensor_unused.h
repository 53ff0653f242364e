/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint that the configuration does not use. */
#ifndef RV_TENSOR_UNUSED_H
#define RV_TENSOR_UNUSED_H

#include "clip/checkpoint/clip_config.h"
#include "clip/checkpoint/tensor_names.h"

/* Refuse a checkpoint with a tensor inside a tower that no part of a plain CLIP of this configuration reads:
 * it computes something else. Tensors outside the towers cause a warning. Tensors that compute nothing
 * (positions, masks, the scale of training) are ignored. Missing tensors are not reported here; opening the
 * model reports them. path: what was opened. Errors: UNSUPPORTED, naming the tensor. */
RvStatus rv_tensor_unused_check(const TensorTable *tensors, NameScheme scheme, const ClipConfig *config,
                                const char *path, const RvLog *log, RvError *err);

#endif
