/* SPDX-License-Identifier: MIT */
/* What a library remembers of the model that made its embeddings. */
#ifndef RV_ENCODER_IDENTITY_H
#define RV_ENCODER_IDENTITY_H

#include "reelvec/encoder.h"
#include "store/store.h"

/* Hashes the weights the first time. Errors: those of rv_encoder_weights_sha256. */
RvStatus rv_encoder_identity(RvEncoder *encoder, bool normalized, ModelIdentity *out, RvError *err);

#endif
