/* SPDX-License-Identifier: MIT */
/* SQL functions that embed texts and pictures with the library's own model. */
#include "sql_embed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reelvec/encoder.h"
#include "reelvec/model.h"
#include "sql_error.h"
#include "sql_hints.h"

SQLITE_EXTENSION_INIT3

#define DEFAULT_MODEL "ViT-B/32"
#define CACHE_COUNT 16
#define CACHE_MAX_BYTES ((size_t)1 << 24) // limit of one argument

/* The argument of a call and its embedding. */
typedef struct CachedCall {
    bool picture;
    void *bytes;
    size_t size_bytes;
    float *embedding;
} CachedCall;

/* One per connection, shared by its functions. SQLite calls the functions of a connection one at a time. */
typedef struct SqlModel {
    int reference_count;
    char *name; // as the caller named it; NULL if it did not
    int thread_count;
    RvEncoder *encoder; // opened by the first call
    char *checked;      // the stored model that the encoder was found to fit, in one line; NULL: none yet
    CachedCall calls[CACHE_COUNT];
    size_t next_call;
} SqlModel;

/* What the library stores about the model that made its embeddings. */
typedef struct StoredModel {
    bool present;
    char *name, *sha256;
    char *place;            // where its checkpoint was; NULL if not stored
    char *details;          // what shifts its embeddings besides the weights; NULL if not stored
    int preprocess_version; // 0 if not stored
} StoredModel;

static void clear_call(CachedCall *call)
{
    sqlite3_free(call->bytes);
    sqlite3_free(call->embedding);
    *call = (CachedCall){0};
}

static void release_model(void *pointer)
{
    SqlModel *model = pointer;
    if (--model->reference_count > 0)
        return;
    for (size_t i = 0; i < CACHE_COUNT; i++)
        clear_call(&model->calls[i]);
    rv_encoder_close(model->encoder);
    sqlite3_free(model->checked);
    sqlite3_free(model->name);
    sqlite3_free(model);
}

static void clear_stored(StoredModel *stored)
{
    sqlite3_free(stored->name);
    sqlite3_free(stored->sha256);
    sqlite3_free(stored->place);
    sqlite3_free(stored->details);
    *stored = (StoredModel){0};
}

/* Returns one value as text, or NULL if it is not stored: libraries of older versions lack tables. */
static char *read_value(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    char *value = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return value;
}

static void read_notes(sqlite3 *db, StoredModel *out)
{
    char *version = read_value(db, "SELECT preprocess_version FROM library WHERE id = 1");
    out->preprocess_version = version != NULL ? atoi(version) : 0;
    out->place = read_value(db, "SELECT value FROM library_notes WHERE name = 'model_path'");
    out->details = read_value(db, "SELECT value FROM library_notes WHERE name = 'model'");
    sqlite3_free(version);
}

/* Read the stored model. Databases without a library table, or with another program's, have none to compare
 * with. Returns false on other errors. */
static bool read_stored_model(sqlite3 *db, StoredModel *out)
{
    sqlite3_stmt *statement = NULL;
    *out = (StoredModel){0};
    int code = sqlite3_prepare_v2(db,
                                  "SELECT model_name, weights_sha256 FROM library WHERE id = 1 AND "
                                  "kind = 'frames' AND weights_sha256 IS NOT NULL",
                                  -1, &statement, NULL);
    if (code != SQLITE_OK)
        return (code & 0xff) == SQLITE_ERROR; // no such table or column
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        out->present = true;
        out->name = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        out->sha256 = sqlite3_mprintf("%s", sqlite3_column_text(statement, 1));
        read_notes(db, out);
    }
    sqlite3_finalize(statement);
    bool good = code == SQLITE_DONE || (out->present && out->name != NULL && out->sha256 != NULL);
    if (!good)
        clear_stored(out);
    return good;
}

/* The library's words for it. */
static RvStoredModel stored_model(const StoredModel *stored)
{
    return (RvStoredModel){.name = stored->name,
                           .weights_sha256 = stored->sha256,
                           .preprocess_version = stored->preprocess_version,
                           .details = stored->details,
                           .place = stored->place};
}

static void write_log(void *user, RvLogLevel level, const char *message)
{
    (void)user;
    if (level <= RV_LOG_WARNING)
        sqlite3_log(SQLITE_WARNING, "reelvec: %s", message);
}

/* Choose the model: the one that the caller named, otherwise the library's own. A name or path that comes
 * from the library's file is used only if the weights there have the library's SHA-256, and are used as there. */
static RvStatus choose_model(const SqlModel *model, const StoredModel *stored, char *path, size_t size_bytes,
                             RvError *err)
{
    const char *variable = getenv("REELVEC_MODEL");
    const char *asked = model->name != NULL                       ? model->name
                        : variable != NULL && variable[0] != '\0' ? variable
                        : !stored->present                        ? DEFAULT_MODEL
                                                                  : NULL;
    RvError cause = {0};
    if (asked != NULL) {
        sqlite3_snprintf((int)size_bytes, path, "%s", asked);
        return RV_OK;
    }
    RvStoredModel wanted = stored_model(stored);
    RvStatus status = rv_model_locate_stored(&wanted, path, size_bytes, &cause);
    if (status != RV_OK) {
        *err = cause;
        sqlite3_snprintf((int)sizeof err->message, err->message, "the library was %s", cause.message);
    }
    return status;
}

static RvStatus open_encoder(SqlModel *model, const StoredModel *stored, RvError *err)
{
    char path[4096];
    if (model->encoder != NULL)
        return RV_OK;
    RvStatus status = choose_model(model, stored, path, sizeof path, err);
    RvEncoderOptions options = {.thread_count = model->thread_count, .log = {.write = write_log}};
    return status == RV_OK ? rv_encoder_open(path, &options, &model->encoder, err) : status;
}

static void fail(sqlite3_context *context, const char *function, const RvError *err)
{
    char text[SQL_ERROR_TEXT_SIZE];
    sql_fail(context, function, "%s", sql_error_text(err, text, sizeof text));
}

/* Compare how the model is used with what the library stores. What was found once holds until the library has
 * another model: this runs for every row. */
static RvStatus check_use(sqlite3 *db, SqlModel *model, const StoredModel *stored, RvError *err)
{
    const char *file = sqlite3_db_filename(db, "main");
    RvStoredModel wanted = stored_model(stored);
    char *key = sqlite3_mprintf("%s %d %s", stored->sha256, stored->preprocess_version, stored->details);
    if (key != NULL && model->checked != NULL && strcmp(key, model->checked) == 0) {
        sqlite3_free(key);
        return RV_OK;
    }
    RvStatus status = rv_encoder_check_stored(
        model->encoder, file != NULL && file[0] != '\0' ? file : "the library", &wanted, err);
    sqlite3_free(model->checked);
    model->checked = NULL;
    if (status == RV_OK)
        model->checked = key;
    else
        sqlite3_free(key);
    return status;
}

/* Returns the connection's model, opened and compared with the library's. Returns NULL after ending the
 * statement with the reason. */
static RvEncoder *ready_encoder(sqlite3_context *context, const char *function)
{
    SqlModel *model = sqlite3_user_data(context);
    StoredModel stored;
    RvError err = {0};
    const char *sha256 = NULL;
    if (!read_stored_model(sqlite3_context_db_handle(context), &stored)) {
        sql_fail(context, function, "the library's model cannot be read: %s",
                 sqlite3_errmsg(sqlite3_context_db_handle(context)));
        return NULL;
    }
    RvStatus status = open_encoder(model, &stored, &err);
    if (status == RV_OK && stored.present)
        status = rv_encoder_weights_sha256(model->encoder, &sha256, &err);
    bool same_weights = status == RV_OK && (!stored.present || strcmp(sha256, stored.sha256) == 0);
    if (same_weights && stored.present)
        status = check_use(sqlite3_context_db_handle(context), model, &stored, &err);
    if (status != RV_OK)
        fail(context, function, &err);
    else if (!same_weights)
        sql_fail(context, function,
                 "the library holds embeddings of %s (weights %.12s...), the model is %s (weights %.12s...); "
                 "set REELVEC_MODEL to the model that made the library",
                 stored.name, stored.sha256, rv_encoder_info(model->encoder)->path, sha256);
    clear_stored(&stored);
    return same_weights && status == RV_OK ? model->encoder : NULL;
}

/* Returns the embedding of an earlier call with the same bytes, or NULL if there is none. */
static const float *recall(const SqlModel *model, bool picture, const void *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < CACHE_COUNT; i++) {
        const CachedCall *call = &model->calls[i];
        if (call->embedding != NULL && call->picture == picture && call->size_bytes == size_bytes &&
            memcmp(call->bytes, bytes, size_bytes) == 0)
            return call->embedding;
    }
    return NULL;
}

/* If memory is refused, the call is not remembered; that only costs time. */
static void remember(SqlModel *model, bool picture, const void *bytes, size_t size_bytes,
                     const float *embedding, size_t embedding_bytes)
{
    if (size_bytes > CACHE_MAX_BYTES)
        return;
    CachedCall *call = &model->calls[model->next_call++ % CACHE_COUNT];
    clear_call(call);
    call->picture = picture;
    call->size_bytes = size_bytes;
    call->bytes = sqlite3_malloc64(size_bytes);
    call->embedding = sqlite3_malloc64(embedding_bytes);
    if (call->bytes == NULL || call->embedding == NULL) {
        clear_call(call);
        return;
    }
    memcpy(call->bytes, bytes, size_bytes);
    memcpy(call->embedding, embedding, embedding_bytes);
}

static RvStatus encode_picture(RvEncoder *encoder, const void *bytes, size_t size_bytes, float *embedding,
                               RvError *err)
{
    RvPicture *picture = NULL;
    RvStatus status = rv_picture_decode(bytes, size_bytes, NULL, &picture, err);
    if (status != RV_OK)
        return status;
    RvImage image = rv_picture_image(picture);
    status = rv_encoder_encode_images(encoder, &image, 1, RV_LENGTH_ONE, embedding, err);
    rv_picture_destroy(picture);
    return status;
}

// Set the function's result to the embedding of a text or a picture, from an earlier call if it had the same
// bytes.
static void embed(sqlite3_context *context, const char *function, bool picture, const void *bytes,
                  size_t size_bytes)
{
    SqlModel *model = sqlite3_user_data(context);
    RvEncoder *encoder = ready_encoder(context, function);
    if (encoder == NULL)
        return;
    size_t embedding_bytes = (size_t)rv_encoder_info(encoder)->dimensions * sizeof(float);
    const float *known = recall(model, picture, bytes, size_bytes);
    if (known != NULL) {
        sqlite3_result_blob64(context, known, embedding_bytes, SQLITE_TRANSIENT);
        return;
    }
    RvError err = {0};
    float *embedding = sqlite3_malloc64(embedding_bytes);
    RvStatus status = RV_ERROR_MEMORY;
    if (embedding == NULL)
        sqlite3_snprintf((int)sizeof err.message, err.message, "out of memory");
    else if (picture)
        status = encode_picture(encoder, bytes, size_bytes, embedding, &err);
    else
        status = rv_encoder_encode_text(encoder, bytes, size_bytes, RV_LENGTH_ONE, embedding, &err);
    if (status != RV_OK) {
        fail(context, function, &err);
        sqlite3_free(embedding);
        return;
    }
    remember(model, picture, bytes, size_bytes, embedding, embedding_bytes);
    sqlite3_result_blob64(context, embedding, embedding_bytes, sqlite3_free);
}

static void embed_text(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    int type = sqlite3_value_type(values[0]);
    const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(values[0]) : NULL;
    if (type == SQLITE_NULL)
        return;
    if (type != SQLITE_TEXT)
        sql_fail(context, "embed_text", "the argument must be text");
    else if (text == NULL)
        sqlite3_result_error_nomem(context);
    else if (text[strspn(text, " \t\r\n")] == '\0')
        sql_fail(context, "embed_text", "the text is empty; say what to look for");
    else
        embed(context, "embed_text", false, text, (size_t)sqlite3_value_bytes(values[0]));
}

static void embed_image(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    int type = sqlite3_value_type(values[0]);
    if (type == SQLITE_NULL)
        return;
    if (type != SQLITE_BLOB || sqlite3_value_bytes(values[0]) == 0)
        sql_fail(context, "embed_image",
                 "the argument must be the bytes of a picture file, a blob like frame_data or the shell's "
                 "readfile('FILE')");
    else
        embed(context, "embed_image", true, sqlite3_value_blob(values[0]),
              (size_t)sqlite3_value_bytes(values[0]));
}

int sql_embed_register(sqlite3 *db, const SqlFunctionOptions *options)
{
    SqlModel *model = sqlite3_malloc(sizeof *model);
    if (model == NULL)
        return SQLITE_NOMEM;
    *model = (SqlModel){.reference_count = 2, .thread_count = options->thread_count};
    if (options->model != NULL && (model->name = sqlite3_mprintf("%s", options->model)) == NULL) {
        sqlite3_free(model);
        return SQLITE_NOMEM;
    }
    // SQLite calls the destructor also if registering fails.
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int code =
        sqlite3_create_function_v2(db, "embed_text", 1, flags, model, embed_text, NULL, NULL, release_model);
    if (code != SQLITE_OK) {
        release_model(model); // the second reference
        return code;
    }
    return sqlite3_create_function_v2(db, "embed_image", 1, flags, model, embed_image, NULL, NULL,
                                      release_model);
}
