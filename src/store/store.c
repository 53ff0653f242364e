/* SPDX-License-Identifier: MIT */
/* The store's front: registry of databases, opening, and the checks that are common to all. */
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "naming/same_file.h"
#include "store/model_details.h"
#include "store/store_backend.h"

/* What a URI starts with, and the backend for it. backend NULL: this build leaves the kind out. The last
 * entry matches every URI that no other does: a file path. */
#ifdef REELVEC_WITH_POSTGRES
#define POSTGRES_BACKEND &store_postgres_backend
#else
#define POSTGRES_BACKEND NULL
#endif
#ifdef REELVEC_WITH_MYSQL
#define MARIADB_BACKEND &store_mariadb_backend
#define SINGLESTORE_BACKEND &store_singlestore_backend
#else
#define MARIADB_BACKEND NULL
#define SINGLESTORE_BACKEND NULL
#endif

static const struct StoreScheme {
    const char *prefix;
    const char *name;
    const char *option; // of the build, that includes the backend
    const StoreBackend *backend;
} schemes[] = {
    {"memory:", "memory", "", &store_memory_backend},
    {"postgresql://", "postgres", "postgres", POSTGRES_BACKEND},
    {"postgres://", "postgres", "postgres", POSTGRES_BACKEND},
    {"mariadb://", "mariadb", "mysql", MARIADB_BACKEND},
    {"mysql://", "mariadb", "mysql", MARIADB_BACKEND},
    {"singlestore://", "singlestore", "mysql", SINGLESTORE_BACKEND},
    {"", "sqlite", "", &store_sqlite_backend},
};

/* True for kind://... and jdbc:kind://... with a kind that does not exist. */
static bool has_unknown_scheme(const char *uri)
{
    const char *sign = strstr(uri, "://");
    return sign != NULL && sign > uri && memchr(uri, '/', (size_t)(sign - uri)) == NULL;
}

/* True if the name contains what may be a password and no such file exists: it is a mistyped address. A
 * library file of that name would show the password. */
static bool is_mistyped_address(const char *uri)
{
    char shown[4096];
    rv_store_show_uri(uri, shown, sizeof shown);
    return strcmp(uri, shown) != 0 && access(uri, F_OK) != 0;
}

RvStatus rv_store_default_path(char *path, size_t size_bytes, RvError *err)
{
    char folder[4096];
    RvStatus status = rv_file_data_folder(folder, sizeof folder, err);
    return status == RV_OK ? rv_file_join(folder, "library.db", path, size_bytes, err) : status;
}

/* If *uri_or_default is NULL, it is set to the default library's path, which is written to default_path. */
static RvStatus find_backend(const char **uri_or_default, char *default_path, size_t size_bytes,
                             const StoreBackend **out, RvError *err)
{
    size_t i = 0;
    if (*uri_or_default == NULL) {
        RvStatus status = rv_store_default_path(default_path, size_bytes, err);
        if (status != RV_OK)
            return status;
        *uri_or_default = default_path;
    }
    const char *uri = *uri_or_default;
    if (uri[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "the library's name is empty; give a file path");
    while (!rv_ascii_begins(uri, schemes[i].prefix))
        i++;
    if (schemes[i].backend == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: not in this build; configure with -D%s=enabled",
                            schemes[i].name, schemes[i].option);
    char shown[1024];
    rv_store_show_uri(uri, shown, sizeof shown);
    if (schemes[i].prefix[0] == '\0' && has_unknown_scheme(uri))
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: unknown kind of library; servers are postgresql://, mariadb:// and singlestore://; "
            "give a file path, or ./ before a path that looks like an address",
            shown);
    if (schemes[i].prefix[0] == '\0' && is_mistyped_address(uri))
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "%s: neither a file nor an address that can be read; write "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE (or mariadb://), or ./ before a new file's "
            "path that looks like an address",
            shown);
    *out = schemes[i].backend;
    return RV_OK;
}

/* Only the default library's folder is made. Any other is the user's. */
static RvStatus make_default_folder(const char *uri, RvError *err)
{
    char path[4096], folder[4096];
    if (rv_store_default_path(path, sizeof path, NULL) != RV_OK || strcmp(path, uri) != 0)
        return RV_OK;
    RvStatus status = rv_file_data_folder(folder, sizeof folder, err);
    return status == RV_OK ? rv_file_make_folders(folder, err) : status;
}

/* Parameters of addresses that lead to another library. All others say how the server is spoken to. */
static const char *const leading[] = {
    "host=", "hostaddr=", "port=", "dbname=", "user=", "service=", "options=", "socket="};

/* Write the SHA-256 of what in an address says which library it is. */
static RvStatus digest_place(const StoreBackend *backend, const char *uri, char digest[65], RvError *err)
{
    Buffer place;
    const char *list = strchr(uri, '?');
    char *shown = rv_mem_copy_string(uri, err); // what is shown is no longer
    if (shown == NULL)
        return RV_ERROR_MEMORY;
    rv_store_show_uri(uri, shown, strlen(uri) + 1);
    const char *name = strstr(shown, "://");
    rv_buffer_init(&place, 2 * strlen(uri) + 100);
    RvStatus status =
        rv_buffer_append_format(&place, err, "%s %s", backend->name, name != NULL ? name : shown);
    for (size_t i = 0; name != NULL && i < sizeof leading / sizeof leading[0]; i++) {
        for (const char *at = list; status == RV_OK && at != NULL; at = strchr(at + 1, '&')) {
            if (strncmp(at + 1, leading[i], strlen(leading[i])) == 0)
                status = rv_buffer_append_format(&place, err, "&%.*s", (int)strcspn(at + 1, "&"), at + 1);
        }
    }
    free(shown);
    if (status == RV_OK)
        status = rv_sha256_text((const char *)place.bytes, digest, err);
    rv_buffer_clear(&place);
    return status;
}

RvStatus rv_store_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    *out = NULL;
    StoreOptions effective = options != NULL ? *options : (StoreOptions){0};
    char default_path[4096];
    if (effective.read_only)
        effective.create = false;
    const StoreBackend *backend = NULL;
    RvStatus status = find_backend(&uri, default_path, sizeof default_path, &backend, err);
    if (status == RV_OK && effective.create)
        status = make_default_folder(uri, err);
    char place_sha256[65] = "";
    if (status == RV_OK)
        status = digest_place(backend, uri, place_sha256, err);
    if (status == RV_OK)
        status = backend->open(uri, &effective, out, err);
    if (status == RV_OK)
        memcpy((*out)->place_sha256, place_sha256, sizeof place_sha256);
    return status;
}

RvStatus rv_store_queue_possible(const char *uri, RvError *err)
{
    char default_path[4096], shown[1024];
    const StoreBackend *backend = NULL;
    RvStatus status = find_backend(&uri, default_path, sizeof default_path, &backend, err);
    if (status != RV_OK || backend->queue != NULL)
        return status;
    rv_store_show_uri(uri, shown, sizeof shown);
    return rv_store_no_queue(shown, err);
}

void rv_store_close(Store *store)
{
    if (store != NULL)
        store->backend->close(store);
}

const char *rv_store_uri(const Store *store)
{
    return store->uri;
}

static bool same_library(const Store *store, const char *uri, const char *place_sha256)
{
    struct stat one_facts, other_facts;
    if (stat(store->uri, &one_facts) == 0 && stat(uri, &other_facts) == 0)
        return rv_same_file(&one_facts, &other_facts);
    return strcmp(store->place_sha256, place_sha256) == 0 && strncmp(store->uri, "memory:", 7) != 0;
}

bool rv_store_same_library(const Store *one, const Store *other)
{
    return one == other || same_library(one, other->uri, other->place_sha256);
}

RvStatus rv_store_is_at(const Store *store, const char *uri, bool *same, RvError *err)
{
    char default_path[4096], place_sha256[65];
    const StoreBackend *backend = NULL;
    RvStatus status = find_backend(&uri, default_path, sizeof default_path, &backend, err);
    if (status == RV_OK)
        status = digest_place(backend, uri, place_sha256, err);
    if (status == RV_OK)
        *same = same_library(store, uri, place_sha256);
    return status;
}

const RvLog *rv_store_log(const Store *store)
{
    return &store->log;
}

bool rv_store_is_read_only(const Store *store)
{
    return store->read_only;
}

RvStatus rv_store_begin_snapshot(Store *store, RvError *err)
{
    RvStatus status = store->snapshot_depth == 0 ? store->backend->begin_snapshot(store, err) : RV_OK;
    if (status == RV_OK)
        store->snapshot_depth++;
    return status;
}

void rv_store_end_snapshot(Store *store)
{
    if (store->snapshot_depth > 0 && --store->snapshot_depth == 0)
        store->backend->end_snapshot(store);
}

static RvStatus check_writable(const Store *store, RvError *err)
{
    if (store->snapshot_depth > 0)
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: writing inside a snapshot", store->uri);
    if (!store->read_only)
        return RV_OK;
    return rv_store_read_only_refuses(store, err);
}

/* ---- the model ---------------------------------------------------------------------------------------- */

RvStatus rv_store_read_details(Store *store, ModelIdentity *identity, RvError *err)
{
    char *note = NULL;
    if (identity->details[0] != '\0')
        return RV_OK;
    RvStatus status = rv_store_get_note(store, STORE_NOTE_MODEL, &note, err);
    if (status == RV_OK && note != NULL)
        status = rv_store_take_model_text(store, note, identity->details, sizeof identity->details, err);
    if (!rv_identity_owns_details(identity->preprocess_version, identity->details))
        identity->details[0] = '\0';
    free(note);
    return status;
}

RvStatus rv_store_identity(Store *store, ModelIdentity *out, bool *present, RvError *err)
{
    *out = (ModelIdentity){0};
    *present = false;
    RvStatus status = store->backend->get_identity(store, out, present, err);
    if (status == RV_OK && *present)
        status = rv_store_read_details(store, out, err);
    if (status != RV_OK || !*present)
        *out = (ModelIdentity){0};
    return status;
}

/* Once for each file: every search comes here. */
static void tell_tokenizer(Store *store, const ModelIdentity *stored, const ModelIdentity *wanted)
{
    char there[65], here[65];
    if (!rv_model_details_tokenizers(rv_identity_details(stored), rv_identity_details(wanted), there, here) ||
        strcmp(store->told_tokenizer, here) == 0)
        return;
    memcpy(store->told_tokenizer, here, sizeof store->told_tokenizer);
    rv_identity_tell_tokenizer(&store->log, store->uri, stored, wanted);
}

RvStatus rv_store_require_identity(Store *store, const ModelIdentity *wanted, RvError *err)
{
    if (wanted->dimensions < 1 || wanted->dimensions > STORE_MAX_DIMENSIONS ||
        wanted->weights_sha256[0] == '\0' || memchr(wanted->name, '\0', sizeof wanted->name) == NULL ||
        memchr(wanted->weights_sha256, '\0', sizeof wanted->weights_sha256) == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: a model needs a digest and 1 to %d dimensions, not %d", store->uri,
                            STORE_MAX_DIMENSIONS, wanted->dimensions);
    ModelIdentity stored = {0};
    bool present = false;
    RvStatus status = rv_store_identity(store, &stored, &present, err);
    if (status == RV_OK && (!present || !rv_identity_same_model(&stored, wanted))) {
        // Only an attempt to claim the library shows whether it is still free.
        if (!present)
            status = check_writable(store, err);
        if (status == RV_OK && !store->read_only)
            status = store->backend->claim_identity(store, wanted, &stored, err);
        if (status == RV_OK)
            status = rv_store_read_details(store, &stored, err);
    }
    if (status != RV_OK)
        return status;
    if (!rv_identity_same_model(&stored, wanted))
        return rv_identity_refuse(store->uri, &stored, wanted, err);
    tell_tokenizer(store, &stored, wanted);
    store->identity = stored;
    store->has_identity = true;
    return RV_OK;
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static RvStatus check_text(const Store *store, const char *what, const char *text, RvError *err)
{
    if (text == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the video's %s is missing", store->uri, what);
    if (strnlen(text, STORE_MAX_TEXT_BYTES + 1) > STORE_MAX_TEXT_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the video's %s is longer than %zu bytes", store->uri,
                            what, STORE_MAX_TEXT_BYTES);
    return RV_OK;
}

static RvStatus check_path(const Store *store, const char *path, RvError *err)
{
    RvStatus status = check_text(store, "path", path, err);
    if (status == RV_OK && path[0] == '\0')
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the video's path is empty", store->uri);
    return status;
}

static bool is_quantity(double value)
{
    return isfinite(value) && value >= 0;
}

static RvStatus check_facts(const Store *store, const VideoFacts *facts, RvError *err)
{
    RvStatus status = check_path(store, facts->path, err);
    if (status == RV_OK)
        status = check_text(store, "content key", facts->content_key, err);
    if (status == RV_OK)
        status = check_text(store, "codec", facts->codec, err);
    if (status == RV_OK)
        status = check_text(store, "sampling", facts->sampling, err);
    if (status == RV_OK && (!is_quantity(facts->duration_s) || !is_quantity(facts->frame_rate) ||
                            facts->width < 0 || facts->height < 0 || facts->size_bytes < 0))
        status =
            rv_error_set(err, RV_ERROR_ARGUMENT, "%s: %.600s: duration, frame rate or size is not a quantity",
                         store->uri, facts->path);
    return status;
}

static RvStatus find_video(Store *store, VideoColumn column, const char *value, StoredVideo *out, bool *found,
                           RvError *err)
{
    *out = (StoredVideo){0};
    *found = false;
    RvStatus status = store->backend->find_video(store, column, value, out, found, err);
    rv_video_read_state(&out->video);
    if (status != RV_OK) {
        rv_stored_video_clear(out);
        *found = false;
    }
    return status;
}

RvStatus rv_store_find_path(Store *store, const char *path, StoredVideo *out, bool *found, RvError *err)
{
    return find_video(store, VIDEO_BY_PATH, path, out, found, err);
}

RvStatus rv_store_find_content(Store *store, const char *content_key, StoredVideo *out, bool *found,
                               RvError *err)
{
    return find_video(store, VIDEO_BY_CONTENT, content_key, out, found, err);
}

RvStatus rv_store_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                              RvError *err)
{
    *video_id = 0;
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = check_facts(store, facts, err);
    return status == RV_OK ? store->backend->begin_video(store, facts, replace_id, video_id, err) : status;
}

RvStatus rv_store_finish_damaged(Store *store, int64_t video_id, double duration_s, const char *damage,
                                 RvError *err)
{
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = check_text(store, "description of the damage", damage, err);
    if (status == RV_OK && !is_quantity(duration_s))
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: video %lld: a duration of %g s", store->uri,
                              (long long)video_id, duration_s);
    VideoChange change = {.state = "complete", .error = damage, .duration_s = &duration_s};
    return status == RV_OK ? store->backend->change_video(store, video_id, &change, err) : status;
}

RvStatus rv_store_finish_video(Store *store, int64_t video_id, double duration_s, RvError *err)
{
    return rv_store_finish_damaged(store, video_id, duration_s, "", err);
}

RvStatus rv_store_note_damage(Store *store, int64_t video_id, const char *damage, RvError *err)
{
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = check_text(store, "description of the damage", damage, err);
    VideoChange change = {.error = damage};
    return status == RV_OK ? store->backend->change_video(store, video_id, &change, err) : status;
}

RvStatus rv_store_fail_video(Store *store, int64_t video_id, const char *message, RvError *err)
{
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = check_text(store, "error message", message, err);
    VideoChange change = {.state = "failed", .error = message};
    return status == RV_OK ? store->backend->change_video(store, video_id, &change, err) : status;
}

RvStatus rv_store_move_video(Store *store, int64_t video_id, const char *path, int64_t size_bytes,
                             int64_t modified_ns, RvError *err)
{
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = check_path(store, path, err);
    if (status == RV_OK && size_bytes < 0)
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: %.600s: a size below 0", store->uri, path);
    VideoChange change = {.path = path, .size_bytes = &size_bytes, .modified_ns = &modified_ns};
    return status == RV_OK ? store->backend->change_video(store, video_id, &change, err) : status;
}

RvStatus rv_store_remove_video(Store *store, int64_t video_id, RvError *err)
{
    RvStatus status = check_writable(store, err);
    return status == RV_OK ? store->backend->remove_video(store, video_id, err) : status;
}

/* ---- frames ------------------------------------------------------------------------------------------- */

static RvStatus check_frame(const Store *store, int64_t video_id, const FrameRecord *frame, int dimensions,
                            RvError *err)
{
    const char *fault = NULL;
    if (frame->frame_number < 1 || frame->frame_number > STORE_MAX_FRAME_NUMBER)
        fault = "the frame number is out of range";
    else if (!is_quantity(frame->time_s))
        fault = "the time is negative or not finite";
    else if (frame->embedding == NULL)
        fault = "there is no embedding";
    else if (frame->jpeg != NULL && (frame->jpeg_bytes == 0 || frame->jpeg_bytes > STORE_MAX_PICTURE_BYTES))
        fault = "the picture is empty or too large";
    for (int i = 0; fault == NULL && i < dimensions; i++) {
        if (!isfinite(frame->embedding[i]))
            fault = "the embedding holds a value that is not finite";
    }
    if (fault == NULL)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: video %lld, frame %lld: %s; nothing was written",
                        store->uri, (long long)video_id, (long long)frame->frame_number, fault);
}

/* A store that was opened on a library with frames adopts the library's model at the first write. */
static RvStatus load_identity(Store *store, RvError *err)
{
    if (store->has_identity)
        return RV_OK;
    RvStatus status = rv_store_identity(store, &store->identity, &store->has_identity, err);
    if (status == RV_OK && !store->has_identity)
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: no model has claimed the library yet", store->uri);
    return status;
}

RvStatus rv_store_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                             int dimensions, RvError *err)
{
    RvStatus status = check_writable(store, err);
    if (status == RV_OK)
        status = load_identity(store, err);
    if (status == RV_OK && dimensions != store->identity.dimensions)
        status = rv_error_set(err, RV_ERROR_MISMATCH,
                              "%s: holds %d-dimension embeddings of %s, these have %d; use "
                              "another library or the model that made it",
                              store->uri, store->identity.dimensions, store->identity.name, dimensions);
    for (size_t i = 0; status == RV_OK && i < count; i++)
        status = check_frame(store, video_id, &frames[i], dimensions, err);
    return status == RV_OK ? store->backend->put_frames(store, video_id, frames, count, err) : status;
}

RvStatus rv_store_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                          size_t *size_bytes, RvError *err)
{
    *jpeg = NULL;
    *size_bytes = 0;
    return store->backend->picture(store, video_id, frame_number, jpeg, size_bytes, err);
}
