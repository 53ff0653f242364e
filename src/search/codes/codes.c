/* SPDX-License-Identifier: MIT */
/* Codes of a library's rows: the file that a process has mapped, shared by the library's handles. */
#include "search/codes/codes.h"

#include <string.h>

#include "base/error.h"

#define PATH_BYTES 8192

void rv_code_memory_init(CodeMemory *memory)
{
    *memory = (CodeMemory){0};
    pthread_mutex_init(&memory->mutex, NULL);
}

void rv_code_memory_clear(CodeMemory *memory)
{
    rv_code_file_release(memory->file);
    pthread_mutex_destroy(&memory->mutex);
}

void rv_codes_warn(Codes *codes, const Store *store, const char *reason)
{
    if (!atomic_exchange(&codes->warned, true))
        rv_log_line(
            &codes->log, RV_LOG_WARNING,
            "%s: the codes for fast search are not used (%s); every row is read instead, and they are "
            "made again with the next videos",
            rv_store_uri(store), reason);
}

/* The file in memory becomes this one, unless it is a later state of the same file: searches of different
 * states of the library run at the same time, and the earlier ones end soon. */
static void keep_file(CodeMemory *memory, CodeFile *file)
{
    CodeFile *kept = memory->file;
    if (kept != NULL && file->segment_count < kept->segment_count &&
        file->segments[0].mapping == kept->segments[0].mapping)
        return;
    rv_code_file_release(kept);
    memory->file = rv_code_file_hold(file);
}

static RvStatus open_file(CodeMemory *memory, Store *store, const uint8_t *token, int dimensions,
                          CodeFile **out, RvError *err)
{
    char path[PATH_BYTES];
    CodeFile *known = memory->file;
    RvStatus status = rv_store_derived_path(store, CODES_SUFFIX, path, sizeof path, err);
    if (status != RV_OK)
        return status;
    status = rv_code_file_open(path, dimensions, token, known, out, err);
    // A library that was put back from a copy may have other segments behind some of the known ones.
    return status != RV_OK && known != NULL ? rv_code_file_open(path, dimensions, token, NULL, out, err)
                                            : status;
}

CodeFile *rv_codes_hold(Codes *codes, Store *store, const DerivedState *state, int dimensions)
{
    CodeMemory *memory = codes->memory;
    CodeFile *file = NULL;
    RvError err = {0};
    RvStatus status = RV_OK;
    if (!state->published)
        return NULL;
    pthread_mutex_lock(&memory->mutex);
    // A file that was cut would fault on reading.
    if (memory->file != NULL && !rv_code_file_is_whole(memory->file)) {
        rv_code_file_release(memory->file);
        memory->file = NULL;
    }
    CodeFile *kept = memory->file;
    bool invalid = memory->invalid && memcmp(memory->invalid_token, state->token, sizeof state->token) == 0;
    if (invalid)
        status = rv_error_set(&err, RV_ERROR_FORMAT, "they were found to be wrong");
    else if (kept != NULL && kept->dimensions == dimensions &&
             memcmp(kept->token, state->token, sizeof state->token) == 0)
        file = rv_code_file_hold(kept);
    else
        status = open_file(memory, store, state->token, dimensions, &file, &err);
    if (file != NULL)
        keep_file(memory, file);
    pthread_mutex_unlock(&memory->mutex);
    if (status != RV_OK)
        rv_codes_warn(codes, store, err.message);
    return file;
}

RvStatus rv_codes_find(Codes *codes, Store *store, DerivedState *state, CodeFile **file, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    *state = (DerivedState){0};
    *file = NULL;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    if (status == RV_OK)
        status = rv_store_derived_state(store, CODES_NAME, state, err);
    if (status != RV_OK)
        return status;
    state->published = state->published && present;
    *file = rv_codes_hold(codes, store, state, identity.dimensions);
    return RV_OK;
}

void rv_codes_invalidate(Codes *codes, const Store *store, const CodeFile *file, const char *reason)
{
    CodeMemory *memory = codes->memory;
    pthread_mutex_lock(&memory->mutex);
    memcpy(memory->invalid_token, file->token, sizeof memory->invalid_token);
    memory->invalid = true;
    // A file that another thread has opened meanwhile stays.
    if (memory->file != NULL && memcmp(memory->file->token, file->token, sizeof file->token) == 0) {
        rv_code_file_release(memory->file);
        memory->file = NULL;
    }
    pthread_mutex_unlock(&memory->mutex);
    rv_codes_warn(codes, store, reason);
}

RvStatus rv_codes_size(Codes *codes, Store *store, int64_t *size_bytes, int64_t *row_count, RvError *err)
{
    DerivedState state;
    CodeFile *file = NULL;
    *size_bytes = *row_count = 0;
    RvStatus status = rv_codes_find(codes, store, &state, &file, err);
    if (file != NULL) {
        *size_bytes = (int64_t)file->end;
        *row_count = (int64_t)file->row_count;
    }
    rv_code_file_release(file);
    return status;
}
