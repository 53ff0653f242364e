/* SPDX-License-Identifier: MIT */
/* The library's model: reading it, claiming the library, checking that it is still the same. */
#include "store/sql/sql_model.h"

#include <stdlib.h>

#include "base/error.h"
#include "store/sql/sql_link.h"

static RvStatus read_name(const SqlRow *row, size_t column, char *out, size_t size_bytes, RvError *err)
{
    char *text = NULL;
    RvStatus status = rv_sql_text(row, column, "library", &text, err);
    if (status == RV_OK)
        status = rv_store_take_model_text(row->store, text, out, size_bytes, err);
    free(text);
    return status;
}

RvStatus rv_sql_read_identity(const SqlRow *row, ModelIdentity *out, bool *present, RvError *err)
{
    int64_t dimensions = 0, version = 0, normalized = 0;
    *present = false;
    if (row->values[2].type == SQL_NULL)
        return RV_OK;
    RvStatus status = read_name(row, 0, out->name, sizeof out->name, err);
    if (status == RV_OK)
        status = read_name(row, 1, out->weights_sha256, sizeof out->weights_sha256, err);
    if (status == RV_OK)
        status = rv_sql_integer(row, 2, "library", 1, STORE_MAX_DIMENSIONS, &dimensions, err);
    if (status == RV_OK)
        status = rv_sql_integer(row, 3, "library", 0, INT32_MAX, &version, err);
    if (status == RV_OK)
        status = rv_sql_integer(row, 4, "library", 0, 1, &normalized, err);
    out->dimensions = (int)dimensions;
    out->preprocess_version = (int)version;
    out->normalized = normalized != 0;
    *present = status == RV_OK;
    return status;
}

typedef struct FoundModel {
    ModelIdentity *identity;
    bool present;
} FoundModel;

static RvStatus take_identity(void *user, const SqlRow *row, RvError *err)
{
    FoundModel *out = user;
    return rv_sql_read_identity(row, out->identity, &out->present, err);
}

/* lock: appended to the SELECT, for example "FOR UPDATE". */
static RvStatus lock_identity(Store *store, const char *lock, ModelIdentity *out, bool *present, RvError *err)
{
    FoundModel found = {.identity = out};
    SqlReader reader = {SQL_MODEL_COLUMNS, .max_rows = 1, .row = take_identity, .user = &found};
    RvStatus status =
        rv_sql_query(store, &reader, err,
                     "SELECT model_name, weights_sha256, dimensions, preprocess_version, %w FROM "
                     "library WHERE id = 1 %w",
                     store->backend->link->words->normalized, lock);
    *present = found.present;
    return status;
}

RvStatus rv_sql_lock_claim(Store *store, ModelIdentity *out, bool *present, RvError *err)
{
    const SqlWords *words = store->backend->link->words;
    RvStatus status = words->hold_claim != NULL ? rv_sql_run(store, err, words->hold_claim) : RV_OK;
    return status == RV_OK ? lock_identity(store, words->lock_claim, out, present, err) : status;
}

RvStatus rv_sql_get_identity(Store *store, ModelIdentity *out, bool *present, RvError *err)
{
    return lock_identity(store, "", out, present, err);
}

static RvStatus write_identity(Store *store, const ModelIdentity *identity, RvError *err)
{
    return rv_sql_run(store, err,
                      "UPDATE library SET model_name = %s, weights_sha256 = %s, dimensions = %d, "
                      "preprocess_version = %d, normalized = %d WHERE id = 1",
                      identity->name, identity->weights_sha256, (int64_t)identity->dimensions,
                      (int64_t)identity->preprocess_version, (int64_t)identity->normalized);
}

static RvStatus claim(Store *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err)
{
    const SqlLink *link = store->backend->link;
    bool present = false, has_frames = false;
    RvStatus status = rv_sql_lock_claim(store, out, &present, err);
    if (status == RV_OK && present)
        status = rv_sql_has_row(store, &has_frames, err, "SELECT 1 FROM frames LIMIT 1");
    if (status != RV_OK || has_frames)
        return status;
    // The column comes first: a claim that is interrupted in between is then done again from the start.
    if (link->set_dimensions != NULL)
        status = link->set_dimensions(store, present ? out->dimensions : 0, wanted, err);
    // Plain CLIPs are also for old libraries, which have no notes.
    bool needs_note = store->has_notes || wanted->preprocess_version >= STORE_PREPROCESS_DETAILED;
    if (status == RV_OK && wanted->details[0] != '\0' && needs_note)
        status = rv_store_put_note(store, STORE_NOTE_MODEL, wanted->details, err);
    if (status == RV_OK)
        status = write_identity(store, wanted, err);
    *out = *wanted;
    return status;
}

RvStatus rv_sql_claim_identity(Store *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err)
{
    const SqlLink *link = store->backend->link;
    int tries = 0;
    RvStatus status;
    do {
        *out = (ModelIdentity){0};
        status = link->begin_claim(store, wanted, err);
        if (status == RV_OK)
            status = link->end_claim(store, claim(store, wanted, out, err), err);
    } while (rv_sql_try_again(store, status, &tries));
    return status;
}

RvStatus rv_sql_check_target(Store *store, int64_t video_id, RvError *err)
{
    const SqlWords *words = store->backend->link->words;
    bool found = false, present = false;
    ModelIdentity stored = {0};
    RvStatus status = words->hold_model != NULL ? rv_sql_run(store, err, words->hold_model) : RV_OK;
    if (status == RV_OK)
        status = rv_sql_has_row(store, &found, err, "SELECT 1 FROM videos WHERE video_id = %d%w", video_id,
                                words->lock_video);
    if (status == RV_OK && !found)
        status = rv_store_no_video(store, video_id, err);
    if (status == RV_OK)
        status = lock_identity(store, words->lock_library, &stored, &present, err);
    // The row is the same for two uses of the same weights, which may have been claimed at once.
    if (status == RV_OK && present)
        status = rv_store_read_details(store, &stored, err);
    if (status == RV_OK && (!present || !rv_identity_same_model(&stored, &store->identity)))
        status = rv_store_model_changed(store, err);
    return status;
}
