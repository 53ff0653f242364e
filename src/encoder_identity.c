/* SPDX-License-Identifier: MIT */
/* What a library remembers of the model that made its embeddings. */
#include "encoder_identity.h"

#include <stdio.h>

RvStatus rv_encoder_identity(RvEncoder *encoder, bool normalized, ModelIdentity *out, RvError *err)
{
    const RvModelInfo *model = rv_encoder_info(encoder);
    const char *sha256 = NULL;
    RvStatus status = rv_encoder_weights_sha256(encoder, &sha256, err);
    if (status != RV_OK)
        return status;
    *out = (ModelIdentity){.dimensions = model->dimensions,
                           .preprocess_version = STORE_PREPROCESS_VERSION,
                           .normalized = normalized};
    snprintf(out->name, sizeof out->name, "%s", model->name);
    snprintf(out->weights_sha256, sizeof out->weights_sha256, "%s", sha256);
    return RV_OK;
}
