/* SPDX-License-Identifier: MIT */
/* What a library remembers of the model that made its embeddings. */
#ifndef RV_ENCODER_IDENTITY_H
#define RV_ENCODER_IDENTITY_H

#include "reelvec/encoder.h"
#include "store/store.h"

/* Hashes the weights the first time. Errors: those of rv_encoder_weights_sha256. */
RvStatus rv_encoder_identity(RvEncoder *encoder, bool normalized, ModelIdentity *out, RvError *err);

/* Claim the library for the encoder's model, or MISMATCH, and let the library remember where the checkpoint
 * lies. A library that cannot remember it is none the worse. */
RvStatus rv_encoder_claim(RvEncoder *encoder, Store *store, bool normalized, RvError *err);

#endif
