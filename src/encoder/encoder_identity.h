/* SPDX-License-Identifier: MIT */
/* What a library stores about the model that made its embeddings. */
#ifndef RV_ENCODER_IDENTITY_H
#define RV_ENCODER_IDENTITY_H

#include "reelvec/encoder.h"
#include "store/store.h"

/* Fill in the identity of the encoder's model. The first call hashes the weights. Errors: those of
 * rv_encoder_weights_sha256. */
RvStatus rv_encoder_identity(RvEncoder *encoder, bool normalized, ModelIdentity *out, RvError *err);

/* The parts of the identity that follow from the checkpoint and the files beside it, without name and length; made
 * once. */
RvStatus rv_encoder_base_identity(RvEncoder *encoder, const ModelIdentity **out, RvError *err);

/* The log that the encoder was opened with. */
const RvLog *rv_encoder_log(const RvEncoder *encoder);

/* Claim the library for the encoder's model and store the checkpoint's path in it. A failure to store the
 * path is ignored, because the path is only a convenience. Errors: MISMATCH if the library belongs to another
 * model. */
RvStatus rv_encoder_claim(RvEncoder *encoder, Store *store, bool normalized, RvError *err);

#endif
