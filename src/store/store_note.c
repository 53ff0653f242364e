/* SPDX-License-Identifier: MIT */
/* Notes of a library, a few small texts by name: the checks common to all, and the table that servers keep.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/text_escape.h"
#include "store/store_backend.h"

RvStatus rv_store_get_note(Store *store, const char *name, char **value, RvError *err)
{
    *value = NULL;
    return store->backend->get_note != NULL ? store->backend->get_note(store, name, value, err) : RV_OK;
}

RvStatus rv_store_put_note(Store *store, const char *name, const char *value, RvError *err)
{
    char *before = NULL;
    if (store->backend->put_note == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: this kind of library keeps no notes", store->uri);
    if (store->read_only || store->snapshot_depth > 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: the library is open for reading only; nothing was written",
                            store->uri);
    if (strlen(name) > 64 || strlen(value) > STORE_MAX_TEXT_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the note %.64s is too long", store->uri, name);
    RvStatus status = rv_store_get_note(store, name, &before, err);
    if (status == RV_OK && (before == NULL || strcmp(before, value) != 0))
        status = store->backend->put_note(store, name, value, err);
    free(before);
    return status;
}

/* ---- servers ------------------------------------------------------------------------------------------ */

typedef struct NoteReader {
    char *value;
    bool row;
} NoteReader;

static RvStatus read_note(void *user, const char *const *values, RvError *err)
{
    NoteReader *reader = user;
    if (values[0] == NULL || reader->row)
        return RV_OK;
    reader->row = true;
    reader->value = rv_mem_copy_string(values[0], err);
    return reader->value != NULL ? RV_OK : RV_ERROR_MEMORY;
}

/* Asked first, because a statement that fails would end a transaction that others began. */
static RvStatus has_table(Store *store, bool *there, RvError *err)
{
    NoteReader reader = {0};
    RvStatus status =
        store->backend->queue->query(store, 1, read_note, &reader, err, store->backend->queue->note_table);
    *there = reader.row;
    free(reader.value);
    return status;
}

RvStatus rv_store_server_get_note(Store *store, const char *name, char **value, RvError *err)
{
    NoteReader reader = {0};
    bool there = false;
    RvStatus status = has_table(store, &there, err);
    if (status == RV_OK && there)
        status = store->backend->queue->query(store, 1, read_note, &reader, err,
                                              "SELECT value FROM library_notes WHERE name = %s", name);
    if (status != RV_OK) {
        free(reader.value);
        return status;
    }
    if (reader.value != NULL)
        rv_store_text_decode(reader.value);
    *value = reader.value;
    return RV_OK;
}

RvStatus rv_store_server_put_note(Store *store, const char *name, const char *value, RvError *err)
{
    const StoreQueue *queue = store->backend->queue;
    bool there = false;
    RvStatus status = has_table(store, &there, err);
    if (status == RV_OK)
        status = queue->begin(store, err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; !there && status == RV_OK && queue->note_schema[i] != NULL; i++)
        status = queue->query(store, 0, NULL, NULL, err, queue->note_schema[i]);
    if (status == RV_OK)
        status = queue->query(store, 0, NULL, NULL, err, queue->note_write, name, value);
    return queue->end(store, status, err);
}
