/* SPDX-License-Identifier: MIT */
/* What a library stores about the model that made its embeddings. */
#include "encoder/encoder_identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

RvStatus rv_encoder_identity(RvEncoder *encoder, bool normalized, ModelIdentity *out, RvError *err)
{
    const ModelIdentity *base = NULL;
    RvStatus status = rv_encoder_base_identity(encoder, &base, err);
    if (status != RV_OK)
        return status;
    *out = *base;
    out->normalized = normalized;
    snprintf(out->name, sizeof out->name, "%s", rv_encoder_info(encoder)->name);
    return RV_OK;
}

RvStatus rv_encoder_claim(RvEncoder *encoder, Store *store, bool normalized, RvError *err)
{
    ModelIdentity identity;
    RvStatus status = rv_encoder_identity(encoder, normalized, &identity, err);
    if (status == RV_OK)
        status = rv_store_require_identity(store, &identity, err);
    if (status != RV_OK)
        return status;
    RvError cause = {0};
    char *place = realpath(rv_encoder_info(encoder)->path, NULL);
    if (place != NULL && rv_store_put_note(store, STORE_NOTE_MODEL_PATH, place, &cause) != RV_OK)
        rv_log_line(rv_store_log(store), RV_LOG_DEBUG, "%s", cause.message);
    free(place);
    return RV_OK;
}
