/* SPDX-License-Identifier: MIT */
/* A library's checkpoint found again. */
#ifndef RV_ENCODER_MODEL_LOCATE_H
#define RV_ENCODER_MODEL_LOCATE_H

#include "store/store.h"

/* As rv_model_locate (reelvec/model.h), by name, digest and details of a library's identity: a checkpoint with these
 * weights and another preprocessing or kind of tokenizer is not taken, and named if there is no other; one whose
 * tokenizer's file was only saved again is taken if there is no better one. */
RvStatus rv_model_locate_identity(const ModelIdentity *wanted, const char *place, char *path,
                                  size_t size_bytes, RvError *err);

#endif
