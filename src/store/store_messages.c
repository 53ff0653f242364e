/* SPDX-License-Identifier: MIT */
/* Messages that are the same for every kind of database, and checks of values that come from one. */
#include <string.h>

#include "base/error.h"
#include "store/model_details.h"
#include "store/store_backend.h"

RvStatus rv_store_no_library(const char *uri, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_CREATE_LIBRARY, NULL, "%s: no library here",
                             uri);
}

RvStatus rv_store_read_only_refuses(const Store *store, RvError *err)
{
    return rv_error_set(err, RV_ERROR_IO, "%s: the library is open for reading only%s%s; nothing was written",
                        store->uri, store->read_only_why != NULL ? ", because " : "",
                        store->read_only_why != NULL ? store->read_only_why : "");
}

RvStatus rv_store_no_video(const Store *store, int64_t video_id, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_LIST_VIDEOS, NULL,
                             "%s: no video %lld in the library", store->uri, (long long)video_id);
}

RvStatus rv_store_path_taken(const Store *store, const char *path, int64_t video_id, RvError *err)
{
    return rv_error_set(err, RV_ERROR_ARGUMENT,
                        "%s: %.600s is in the library already, as video %lld; remove or replace "
                        "that first",
                        store->uri, path, (long long)video_id);
}

RvStatus rv_store_model_changed(const Store *store, RvError *err)
{
    return rv_error_set(err, RV_ERROR_MISMATCH,
                        "%s: another model has claimed the library meanwhile; index again with "
                        "one model",
                        store->uri);
}

RvStatus rv_store_bad_picture(const Store *store, int64_t video_id, int64_t frame_number, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                             "%s: video %lld, frame %lld: frame_data is not a picture", store->uri,
                             (long long)video_id, (long long)frame_number);
}

RvStatus rv_store_no_picture(const Store *store, int64_t video_id, int64_t frame_number, RvError *err)
{
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no picture of video %lld, frame %lld", store->uri,
                        (long long)video_id, (long long)frame_number);
}

RvStatus rv_store_video_busy(const Store *store, RvError *err)
{
    return rv_error_set(err, RV_ERROR_BUSY, "%s: another process writes the same video now; try again later",
                        store->uri);
}

RvStatus rv_store_unknown_kind(const Store *store, const char *kind, RvError *err)
{
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: a library of kind %.100s, which this reelvec cannot read", store->uri, kind);
}

RvStatus rv_store_newer_schema(const Store *store, int64_t version, int known, RvError *err)
{
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: made by a newer reelvec (schema %lld, this one knows %d); use that one",
                        store->uri, (long long)version, known);
}

// Each worker of Citus counts from its group's number times 2^48.
#define CITUS_WORKER_ID ((int64_t)1 << 48)

RvStatus rv_store_check_video_id(const Store *store, int64_t video_id, RvError *err)
{
    if (video_id >= 1 && video_id <= STORE_MAX_VIDEO_ID)
        return RV_OK;
    if (video_id >= CITUS_WORKER_ID)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the server gives video numbers from 2^48 on, as a worker of a Citus cluster does; give "
            "the coordinator's address",
            store->uri);
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: the library has used up its %lld video numbers; start another library",
                        store->uri, (long long)STORE_MAX_VIDEO_ID);
}

RvStatus rv_store_take_model_text(const Store *store, const char *text, char *out, size_t size_bytes,
                                  RvError *err)
{
    if (strlen(text) >= size_bytes)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: library: the model's name or digest is too long",
                            store->uri);
    memcpy(out, text, strlen(text) + 1);
    return RV_OK;
}

const char *rv_identity_details(const ModelIdentity *identity)
{
    bool plain = identity->details[0] == '\0' && identity->preprocess_version == STORE_PREPROCESS_VERSION;
    return plain ? STORE_PLAIN_DETAILS : identity->details;
}

bool rv_identity_owns_details(int preprocess_version, const char *details)
{
    return preprocess_version >= STORE_PREPROCESS_DETAILED ||
           (preprocess_version == STORE_PREPROCESS_VERSION &&
            rv_model_details_agree(details, STORE_PLAIN_DETAILS));
}

/* The same weights, used in another way. */
static RvStatus refuse_details(const char *uri, const ModelIdentity *stored, const ModelIdentity *wanted,
                               RvError *err)
{
    const char *theirs = rv_identity_details(stored), *ours = rv_identity_details(wanted);
    char there[600], here[600];
    rv_model_details_differing(theirs, ours, there, sizeof there);
    rv_model_details_differing(ours, theirs, here, sizeof here);
    if (there[0] == '\0')
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: was made with preprocessing %d, this reelvec has %d; index again "
                            "into another library",
                            uri, stored->preprocess_version, wanted->preprocess_version);
    return rv_error_set_hint(
        err, RV_ERROR_MISMATCH, RV_HINT_MODEL, NULL,
        "%s: holds embeddings of %s with %s, the model %s has the same weights (%.12s...) but %s", uri,
        stored->name, there, wanted->name, wanted->weights_sha256, here);
}

RvStatus rv_identity_refuse(const char *uri, const ModelIdentity *stored, const ModelIdentity *wanted,
                            RvError *err)
{
    if (stored->dimensions != wanted->dimensions ||
        strcmp(stored->weights_sha256, wanted->weights_sha256) != 0)
        return rv_error_set_hint(
            err, RV_ERROR_MISMATCH, RV_HINT_MODEL, NULL,
            "%s: holds embeddings of %s (%d dimensions, weights %.12s...), the model is %s "
            "(%d dimensions, weights %.12s...)",
            uri, stored->name, stored->dimensions, stored->weights_sha256, wanted->name, wanted->dimensions,
            wanted->weights_sha256);
    if (stored->normalized != wanted->normalized)
        return rv_error_set_hint(
            err, RV_ERROR_MISMATCH, stored->normalized ? RV_HINT_NORMALIZE : RV_HINT_NO_NORMALIZE, NULL,
            "%s: holds embeddings that are%s normalised", uri, stored->normalized ? "" : " not");
    return refuse_details(uri, stored, wanted, err);
}

RvStatus rv_identity_refuse_copy(const char *from, const ModelIdentity *copied, const char *to,
                                 const ModelIdentity *stored, RvError *err)
{
    char there[600], here[600];
    if (copied->dimensions != stored->dimensions ||
        strcmp(copied->weights_sha256, stored->weights_sha256) != 0)
        return rv_error_set_hint(
            err, RV_ERROR_MISMATCH, RV_HINT_REEMBED, stored->name,
            "%s: holds embeddings of %s (%d dimensions, weights %.12s...), %s those of %s (%d dimensions, "
            "weights %.12s...); a copy is between libraries of one model",
            from, copied->name, copied->dimensions, copied->weights_sha256, to, stored->name,
            stored->dimensions, stored->weights_sha256);
    if (copied->normalized != stored->normalized)
        return rv_error_set(
            err, RV_ERROR_MISMATCH,
            "%s: holds embeddings that are%s normalised, those of %s are%s; copy into another library", from,
            copied->normalized ? "" : " not", to, stored->normalized ? "" : " not");
    rv_model_details_differing(rv_identity_details(copied), rv_identity_details(stored), there, sizeof there);
    rv_model_details_differing(rv_identity_details(stored), rv_identity_details(copied), here, sizeof here);
    return rv_error_set_hint(
        err, RV_ERROR_MISMATCH, RV_HINT_REEMBED, stored->name,
        "%s: holds embeddings of %s with %s, %s those of the same weights (%.12s...) with %s", from,
        copied->name, there[0] != '\0' ? there : "other preprocessing", to, copied->weights_sha256,
        here[0] != '\0' ? here : "other preprocessing");
}

void rv_identity_tell_tokenizer(const RvLog *log, const char *uri, const ModelIdentity *stored,
                                const ModelIdentity *wanted)
{
    char there[65], here[65];
    if (!rv_model_details_tokenizers(rv_identity_details(stored), rv_identity_details(wanted), there, here))
        return;
    rv_log_line(
        log, RV_LOG_WARNING,
        "%s: was made with the tokenizer file %.12s..., that of the model %s is %.12s...: texts may give "
        "other tokens than then; the embeddings of pictures do not depend on it",
        uri, there, wanted->name, here);
}

bool rv_identity_same_model(const ModelIdentity *a, const ModelIdentity *b)
{
    return strcmp(a->weights_sha256, b->weights_sha256) == 0 && a->dimensions == b->dimensions &&
           a->preprocess_version == b->preprocess_version && a->normalized == b->normalized &&
           rv_model_details_agree(rv_identity_details(a), rv_identity_details(b));
}
