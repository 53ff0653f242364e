/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint that the model does not use. */
#ifndef RV_TENSOR_UNUSED_H
#define RV_TENSOR_UNUSED_H

#include "clip/checkpoint/tensor_names.h"
#include "clip/model_spec.h"
#include "reelvec/log.h"

/* Refuse a checkpoint with a tensor inside a tower that no part of the model reads: it computes something
 * else. Tensors outside the towers cause a warning. Tensors that compute nothing (positions, masks, the scale
 * of training, and what fits the patterns of `idle`, NULL or NULL-terminated) are ignored. Missing tensors
 * are not reported here; opening the model reports them. path: what was opened. Errors: UNSUPPORTED, naming
 * the tensor. */
RvStatus rv_tensor_unused_check(const TensorTable *tensors, const NameScheme *names, const char *const *idle,
                                const ModelSpec *spec, const char *path, const RvLog *log, RvError *err);

#endif
