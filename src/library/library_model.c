/* SPDX-License-Identifier: MIT */
/* The library's own model, opened. */
#include "library/library_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "encoder/encoder_identity.h"
#include "encoder/model_locate.h"

#define DEFAULT_MODEL "ViT-B/32"

RvStatus rv_store_open_encoder(Store *store, const RvEncoderOptions *options, RvEncoder **out, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    char *place = NULL, path[4096];
    RvError cause = {0};
    *out = NULL;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    if (status != RV_OK)
        return status;
    if (!present)
        return rv_encoder_open(DEFAULT_MODEL, options, out, err);
    status = rv_store_get_note(store, STORE_NOTE_MODEL_PATH, &place, err);
    if (status == RV_OK) {
        status = rv_model_locate_identity(&identity, place, path, sizeof path, &cause);
        if (status != RV_OK)
            rv_error_wrap(err, status, &cause, "%s: %s", rv_store_uri(store), cause.message);
    }
    free(place);
    return status == RV_OK ? rv_encoder_open(path, options, out, err) : status;
}

RvStatus rv_store_check_encoder(Store *store, RvEncoder *encoder, ModelIdentity *identity, bool *present,
                                RvError *err)
{
    RvStatus status = rv_store_identity(store, identity, present, err);
    if (status != RV_OK || !*present || encoder == NULL)
        return status;
    ModelIdentity wanted;
    status = rv_encoder_identity(encoder, identity->normalized, &wanted, err);
    return status == RV_OK ? rv_store_require_identity(store, &wanted, err) : status;
}

RvStatus rv_store_model_details(Store *store, char *details, size_t size_bytes, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    snprintf(details, size_bytes, "%s", status == RV_OK && present ? rv_identity_details(&identity) : "");
    return status;
}
