/* SPDX-License-Identifier: MIT */
/* What a library stores about the model that made its embeddings. */
#include "encoder/encoder_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "encoder/model_locate.h"
#include "reelvec/model.h"

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

/* ---- what tables tell --------------------------------------------------------------------------------- */

static RvStatus take_stored(const RvStoredModel *stored, ModelIdentity *out, RvError *err)
{
    const char *details = stored->details;
    if (details != NULL && !rv_identity_owns_details(stored->preprocess_version, details))
        details = NULL;
    *out = (ModelIdentity){.preprocess_version = stored->preprocess_version};
    if (strlen(stored->name) >= sizeof out->name ||
        strlen(stored->weights_sha256) >= sizeof out->weights_sha256 ||
        (details != NULL && strlen(details) >= sizeof out->details))
        return rv_error_set(err, RV_ERROR_FORMAT, "what the library tells of its model is too long");
    strcpy(out->name, stored->name);
    strcpy(out->weights_sha256, stored->weights_sha256);
    strcpy(out->details, details != NULL ? details : "");
    return RV_OK;
}

RvStatus rv_model_locate_stored(const RvStoredModel *stored, char *path, size_t size_bytes, RvError *err)
{
    ModelIdentity wanted;
    RvStatus status = RV_CHECK_RESERVED(RvStoredModel, stored, err);
    if (status == RV_OK)
        status = take_stored(stored, &wanted, err);
    return status == RV_OK ? rv_model_locate_identity(&wanted, stored->place, path, size_bytes, err) : status;
}

RvStatus rv_encoder_check_stored(RvEncoder *encoder, const char *library, const RvStoredModel *stored,
                                 RvError *err)
{
    ModelIdentity theirs, ours;
    RvStatus status = RV_CHECK_RESERVED(RvStoredModel, stored, err);
    if (status == RV_OK)
        status = take_stored(stored, &theirs, err);
    if (status == RV_OK)
        status = rv_encoder_identity(encoder, true, &ours, err);
    if (status != RV_OK)
        return status;
    theirs.dimensions = ours.dimensions; // they follow from the weights
    theirs.normalized = ours.normalized;
    if (theirs.preprocess_version == 0)
        snprintf(theirs.details, sizeof theirs.details, "%s", ours.details);
    if (theirs.preprocess_version == 0)
        theirs.preprocess_version = ours.preprocess_version;
    if (!rv_identity_same_model(&theirs, &ours))
        return rv_identity_refuse(library, &theirs, &ours, err);
    rv_identity_tell_tokenizer(rv_encoder_log(encoder), library, &theirs, &ours);
    return RV_OK;
}
