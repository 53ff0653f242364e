/* SPDX-License-Identifier: MIT */
/* What a kind of database provides to the store: one table of functions. The front has checked their
 * arguments. */
#ifndef RV_STORE_BACKEND_H
#define RV_STORE_BACKEND_H

#include "store/store.h"

typedef struct StoreBackend StoreBackend;
typedef struct SqlLink SqlLink; // sql/sql_link.h

/* First member of every backend's own struct. */
struct Store {
    const StoreBackend *backend;
    char *uri;             // as messages name it
    char place_sha256[65]; // of the address without what only says how the server is spoken to
    bool read_only;
    const char *read_only_why; // static; NULL: the caller wanted it so
    RvLog log;
    int schema_version; // of the library; an older one than this reelvec's may lack tables
    bool has_notes;     // the table library_notes existed at opening, and may be read
    int snapshot_depth; // snapshots begun and not ended; only the outermost reaches the backend
    bool has_identity; // identity is what this store was opened or claimed for; writes are checked against it
    ModelIdentity identity;
    char told_tokenizer[65]; // SHA-256 of the tokenizer's file that the last warning was about; "": none was
    int64_t lease_job, lease_number; // the job taken from the worker list; lease_job 0: none
    double lease_s;
};

/* A frame's row as stored, borrowed during the callback. fault: NULL, or what is wrong with its columns; then
 * only the ids are set. */
typedef struct FrameRow {
    int64_t video_id, frame_number;
    double time_s;
    const void *embedding; // any alignment
    size_t embedding_bytes;
    const char *fault;
} FrameRow;

typedef RvStatus (*FrameRowCallback)(void *user, const FrameRow *row, RvError *err);

/* jpeg: borrowed; NULL: what stands there is no picture, or too large. */
typedef RvStatus (*PictureRowCallback)(void *user, int64_t frame_number, const uint8_t *jpeg,
                                       size_t size_bytes, RvError *err);

#define PICTURE_BLOCK_ROWS 256

/* How many rows are read or fetched at once: about a megabyte of embeddings. dimensions 0: not known yet. */
size_t rv_store_block_rows(int dimensions);

typedef enum VideoColumn { VIDEO_BY_PATH, VIDEO_BY_CONTENT } VideoColumn;

/* A change of a video's row; NULL members stay as they are. */
typedef struct VideoChange {
    const char *path, *state, *error;
    const double *duration_s;
    const int64_t *size_bytes, *modified_ns;
} VideoChange;

/* Derived data, as described in store.h. */
typedef struct StoreDerived {
    RvStatus (*path)(Store *store, const char *suffix, char *path, size_t size_bytes, RvError *err);
    RvStatus (*state)(Store *store, const char *name, DerivedState *out, RvError *err);
    /* The ranges may overlap, and come in any order. */
    RvStatus (*changes)(Store *store, const DerivedState *state, KeyRange **ranges, size_t *count,
                        RvError *err);
    RvStatus (*register_name)(Store *store, const char *name, RvError *err);
    RvStatus (*publish)(Store *store, const char *name, const DerivedState *seen, const uint8_t *token,
                        RvStatus (*place)(void *user, RvError *err), void *user, bool *done, RvError *err);
} StoreDerived;

/* The worker list: a table that is made when it is first needed. sql/sql_queue.c uses it for all databases.
 * These are the pieces of SQL that differ. */
typedef struct StoreQueue {
    const char *const *schema; // makes index_jobs if it is not there; NULL ends it
    const char *insert;        // inserts path, key, settings; does nothing if the key exists
    const char *clock;         // seconds of the server's clock
    const char *by_state;      // after the table's name: makes the query use the index of (state, job_id)
    const char *limit;         // %d: seconds after which the server ends a silent client's transaction
} StoreQueue;

// The version of a server's schema that introduced library_notes. Before it, the table was made with the
// first note.
#define STORE_NOTES_SCHEMA 2

/* UNSUPPORTED, with the same message for a store and for an address. */
RvStatus rv_store_no_queue(const char *uri, RvError *err);

struct StoreBackend {
    const char *name;
    RvStatus (*open)(const char *uri, const StoreOptions *options, Store **out, RvError *err);
    void (*close)(Store *store);

    RvStatus (*begin_snapshot)(Store *store, RvError *err);
    void (*end_snapshot)(Store *store);

    RvStatus (*get_identity)(Store *store, ModelIdentity *out, bool *present, RvError *err);
    /* In one transaction: if no model has claimed the library, or if it holds no frames, write `wanted`. *out
     * is what the library has afterwards. */
    RvStatus (*claim_identity)(Store *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err);

    /* Called only if has_notes. *value is NULL if there is no such note; else free it with free(). The
     * functions are NULL if this kind keeps no notes. */
    RvStatus (*get_note)(Store *store, const char *name, char **value, RvError *err);
    RvStatus (*put_note)(Store *store, const char *name, const char *value, RvError *err);
    /* When the library was made, as it is stored: free *text with free(). NULL: its address is identity enough. */
    RvStatus (*created)(Store *store, char **text, RvError *err);

    RvStatus (*find_video)(Store *store, VideoColumn column, const char *value, StoredVideo *out, bool *found,
                           RvError *err);
    RvStatus (*has_video)(Store *store, int64_t video_id, bool *found, RvError *err);
    RvStatus (*begin_video)(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                            RvError *err);
    /* In one transaction. Errors: MISMATCH if the library's identity is not store->identity. */
    RvStatus (*put_frames)(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                           RvError *err);
    RvStatus (*change_video)(Store *store, int64_t video_id, const VideoChange *change, RvError *err);
    RvStatus (*remove_video)(Store *store, int64_t video_id, RvError *err);
    /* In any order; the front sorts them. */
    RvStatus (*list_videos)(Store *store, RvVideos *out, RvError *err);
    /* As list_videos, but only video_id, path, sampling, duration and state are needed. */
    RvStatus (*list_paths)(Store *store, RvVideos *out, RvError *err);

    /* In the order of the keys. */
    RvStatus (*visit_frames)(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                             RvError *err);
    RvStatus (*picture)(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                        size_t *size_bytes, RvError *err);
    /* One block of pictures of one video, from first_number on, by number, at most PICTURE_BLOCK_ROWS.
     * *covered_to: the number up to which the block holds all pictures; INT64_MAX after the last. The
     * function is NULL if a picture costs no round trip. */
    RvStatus (*pictures)(Store *store, int64_t video_id, int64_t first_number, int64_t *covered_to,
                         PictureRowCallback callback, void *user, RvError *err);
    RvStatus (*size_bytes)(Store *store, int64_t *out, RvError *err);
    /* range NULL: all. If the function is NULL, the front visits the rows and counts them. */
    RvStatus (*count_frames)(Store *store, const KeyRange *range, int64_t *count, RvError *err);
    const StoreDerived *derived; // NULL: keeps no derived data
    /* The database's own checks. */
    RvStatus (*check)(Store *store, void (*fault)(void *user, const char *line), void *user, RvError *err);

    /* The members below may be NULL: the kind of database has no such thing. */

    /* As rv_store_nearest: rows in the order of (video, number), all or none of them. */
    RvStatus (*nearest)(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                        bool *done, RvError *err);
    /* The kinds of index, the best first; one without a name ends them. build replaces an existing index. If
     * there are kinds but no build, the index is derived data, and search/ makes it. */
    const AnnKind *ann_kinds;
    RvStatus (*ann_build)(Store *store, const AnnRequest *request, RvError *err);
    RvStatus (*ann_drop)(Store *store, bool *dropped, RvError *err);
    RvStatus (*ann_info)(Store *store, RvAnnInfo *out, RvError *err);
    /* The size of the index, if finding it out costs more than the rest of ann_info, which leaves it out
     * then. NULL: it does not. */
    RvStatus (*ann_size_bytes)(Store *store, int64_t *out, RvError *err);
    /* Where the library is: schema, worker_count and shard_count. */
    RvStatus (*describe)(Store *store, RvLibraryInfo *out, RvError *err);
    RvStatus (*limit_wait)(Store *store, double timeout_s, RvError *err);
    RvStatus (*unreachable)(Store *store, const int64_t *asked, size_t asked_count, int64_t **ids,
                            size_t *count, RvError *err);
    const StoreQueue *queue;
    const SqlLink *link; // NULL: it takes no SQL
};

extern const StoreBackend store_memory_backend;
extern const StoreBackend store_sqlite_backend;
// Defined if the build has them.
extern const StoreBackend store_postgres_backend;
extern const StoreBackend store_citus_backend; // a library in PostgreSQL turns out to be one on a cluster
extern const StoreBackend store_mariadb_backend;
extern const StoreBackend store_singlestore_backend;

/* Read the details of an identity that was read from the library's row; they stay "" for whoever may not read the
 * notes, and where there are none. */
RvStatus rv_store_read_details(Store *store, ModelIdentity *identity, RvError *err);

/* Messages that are the same for every backend. */
RvStatus rv_store_read_only_refuses(const Store *store, RvError *err); // IO
RvStatus rv_store_no_library(const char *uri, RvError *err);
RvStatus rv_store_no_video(const Store *store, int64_t video_id, RvError *err);
RvStatus rv_store_path_taken(const Store *store, const char *path, int64_t video_id, RvError *err);
RvStatus rv_store_model_changed(const Store *store, RvError *err);
RvStatus rv_store_bad_picture(const Store *store, int64_t video_id, int64_t frame_number, RvError *err);
RvStatus rv_store_no_picture(const Store *store, int64_t video_id, int64_t frame_number, RvError *err);
RvStatus rv_store_video_busy(const Store *store, RvError *err);
RvStatus rv_store_unknown_kind(const Store *store, const char *kind, RvError *err);
RvStatus rv_store_newer_schema(const Store *store, int64_t version, int known, RvError *err);

/* Checks of values that come from a database. */
RvStatus rv_store_check_video_id(const Store *store, int64_t video_id, RvError *err); // of a new video
/* Copy the name or digest of a model into a member of ModelIdentity. */
RvStatus rv_store_take_model_text(const Store *store, const char *text, char *out, size_t size_bytes,
                                  RvError *err);

/* Set video->state by its state_name. */
void rv_video_read_state(RvVideo *video);

#endif
