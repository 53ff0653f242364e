/* SPDX-License-Identifier: MIT */
/* Notes of a library, a few small texts by name: the checks common to all. The library's identity is one of them. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "store/store_backend.h"

RvStatus rv_store_get_note(Store *store, const char *name, char **value, RvError *err)
{
    *value = NULL;
    bool may_be_there = store->has_notes && store->backend->get_note != NULL;
    return may_be_there ? store->backend->get_note(store, name, value, err) : RV_OK;
}

RvStatus rv_store_put_note(Store *store, const char *name, const char *value, RvError *err)
{
    char *before = NULL;
    if (store->backend->put_note == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: this kind of library keeps no notes", store->uri);
    if (store->read_only || store->snapshot_depth > 0)
        return rv_store_read_only_refuses(store, err);
    if (!store->has_notes)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the library (schema %d) has no table library_notes that this user may use; whoever may change "
            "its tables makes it with any command that writes",
            store->uri, store->schema_version);
    if (strlen(name) > 64 || strlen(value) > STORE_MAX_TEXT_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the note %.64s is too long", store->uri, name);
    RvStatus status = rv_store_get_note(store, name, &before, err);
    if (status == RV_OK && (before == NULL || strcmp(before, value) != 0))
        status = store->backend->put_note(store, name, value, err);
    free(before);
    return status;
}

/* What is stored may be any text: its digest is an identity in any case. */
RvStatus rv_store_id(Store *store, char id[STORE_ID_SIZE], RvError *err)
{
    char *text = NULL, digest[65];
    RvStatus status = rv_store_get_note(store, STORE_NOTE_ID, &text, err);
    if (status == RV_OK && text == NULL && store->backend->created != NULL)
        status = store->backend->created(store, &text, err);
    if (status == RV_OK)
        status = rv_sha256_text(text != NULL ? text : store->place_sha256, digest, err);
    free(text);
    if (status != RV_OK)
        return status;
    memcpy(id, digest, STORE_ID_SIZE - 1);
    id[STORE_ID_SIZE - 1] = '\0';
    return RV_OK;
}
