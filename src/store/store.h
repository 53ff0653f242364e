/* SPDX-License-Identifier: MIT */
/* The store of a library's rows: one front with the common checks, one table of functions per kind of
 * database.
 *
 * Threads: one store serves one call at a time. Other stores and other processes may use the same library at
 * the same time. Functions without a store may be called from any thread. */
#ifndef RV_STORE_STORE_H
#define RV_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/ann.h"
#include "reelvec/log.h"
#include "reelvec/queue.h"
#include "reelvec/rows.h"

#define STORE_LIBRARY_KIND "frames"
/* ModelIdentity.preprocess_version. Plain CLIP: the shorter side resized with a bicubic filter, the centre cropped, in
 * the picture's own mode, with CLIP's vocabulary. */
#define STORE_PREPROCESS_VERSION 1
/* Of all other models: this + 100 * ResizeMode + 10 * ResizeFilter + rgb_first. Programs that do not know them refuse
 * it, and the details of the identity say the rest. */
#define STORE_PREPROCESS_DETAILED 1000

#define STORE_MAX_DIMENSIONS 65536
#define STORE_MAX_VIDEO_ID ((int64_t)INT32_MAX)
#define STORE_MAX_FRAME_NUMBER ((int64_t)UINT32_MAX) // a row's key is video_id * 2^32 + frame_number
#define STORE_MAX_TEXT_BYTES ((size_t)1 << 18)       // paths, keys, messages
#define STORE_MAX_PICTURE_BYTES ((size_t)1 << 25)

typedef struct ModelIdentity {
    char name[128];
    char weights_sha256[65];
    int dimensions;
    int preprocess_version;
    bool normalized;
    char details[RV_MODEL_DETAILS_SIZE]; // store/model_details.h; "": not known
} ModelIdentity;

/* Returns the identity's details; if they are not known, STORE_PLAIN_DETAILS of a plain CLIP, else "". */
const char *rv_identity_details(const ModelIdentity *identity);

/* True if a line of details belongs to the row of this preprocess_version. Claims of older versions, for plain CLIPs, leave
 * the line of a claim before them. */
bool rv_identity_owns_details(int preprocess_version, const char *details);

/* Set the error for a library of another model than the wanted one. uri: as messages name the library. */
RvStatus rv_identity_refuse(const char *uri, const ModelIdentity *stored, const ModelIdentity *wanted,
                            RvError *err);
/* The same for rows of the library `from`, which `to` does not take. */
RvStatus rv_identity_refuse_copy(const char *from, const ModelIdentity *copied, const char *to,
                                 const ModelIdentity *stored, RvError *err);
/* Warn if the same model was used with another file of its tokenizer. */
void rv_identity_tell_tokenizer(const RvLog *log, const char *uri, const ModelIdentity *stored,
                                const ModelIdentity *wanted);
/* True if embeddings of both may be compared. */
bool rv_identity_same_model(const ModelIdentity *a, const ModelIdentity *b);

/* What is known of a video when its indexing begins. Strings are borrowed. */
typedef struct VideoFacts {
    const char *path;                // absolute path or URL
    const char *content_key;         // "sha256:..." of the file, "url:..." of a URL
    int64_t size_bytes, modified_ns; // of the file; 0 for a URL
    const char *codec, *sampling;
    double duration_s, frame_rate;
    int width, height;
} VideoFacts;

/* A video's row as stored. Strings are owned; clear with rv_stored_video_clear. */
typedef struct StoredVideo {
    RvVideo video; // public part
    int64_t size_bytes, modified_ns;
} StoredVideo;

typedef struct FrameRecord {
    int64_t frame_number; // 1-based
    double time_s;
    const float *embedding; // float32[dimensions]
    const uint8_t *jpeg;
    size_t jpeg_bytes;
} FrameRecord;

/* A block of rows of a scan, all borrowed during the callback; the embeddings are 64-byte aligned. */
typedef RvFrameRows FrameBlock;

/* Keys of rows (rv_store_key) from first to last, both inclusive. */
typedef struct KeyRange {
    int64_t first, last;
} KeyRange;

static inline int64_t rv_store_key(int64_t video_id, int64_t frame_number)
{
    return video_id * ((int64_t)1 << 32) + frame_number;
}

/* The halves of a key. Shifting a negative key rounds down, so that the halves put it together again. */
static inline int64_t rv_store_key_video(int64_t key)
{
    return key >> 32;
}

static inline int64_t rv_store_key_frame(int64_t key)
{
    return key & UINT32_MAX;
}

/* Whether a row of a library may have this key. */
static inline bool rv_store_has_key(int64_t video_id, int64_t frame_number)
{
    return video_id >= 1 && video_id <= STORE_MAX_VIDEO_ID && frame_number >= 1 &&
           frame_number <= STORE_MAX_FRAME_NUMBER;
}

/* All rows of a library. */
static inline KeyRange rv_store_all_keys(void)
{
    return (KeyRange){rv_store_key(1, 0), rv_store_key(STORE_MAX_VIDEO_ID, STORE_MAX_FRAME_NUMBER)};
}

/* All frames of a video. */
static inline KeyRange rv_store_video_keys(int64_t video_id)
{
    return (KeyRange){rv_store_key(video_id, 1), rv_store_key(video_id, STORE_MAX_FRAME_NUMBER)};
}

typedef struct FrameFilter {
    const int64_t *video_ids; // NULL: all videos
    size_t video_count;
    const double *after_s, *before_s; // inclusive; NULL: no bound
    const KeyRange *ranges; // NULL: all rows; in rising order, disjoint; if set, video_ids is ignored
    size_t range_count;
} FrameFilter;

typedef RvStatus (*FrameBlockCallback)(void *user, const FrameBlock *block, RvError *err);

/* Returns true if a stored picture can be read, and sets its size in pixels. A callback, because the store
 * knows no picture format. */
typedef bool (*PictureCheck)(const uint8_t *jpeg, size_t size_bytes, int *width, int *height);

typedef struct Store Store;

/* Zeroed options are good defaults. */
typedef struct StoreOptions {
    bool read_only; // refuse to create or change anything
    bool create;    // make an empty library if there is none
    RvLog log;
} StoreOptions;

/* uri: a path (SQLite), "memory:", or a server's URI; NULL: rv_store_default_path(), whose folder is made if
 * options->create is set. A library that cannot be written to (permissions, read-only medium) opens for
 * reading. Errors: those of rv_library_open. */
RvStatus rv_store_open(const char *uri, const StoreOptions *options, Store **out, RvError *err);
void rv_store_close(Store *store);
const char *rv_store_uri(const Store *store);
/* True if both addresses lead to the same database, and schema if they name one, or both are the same file.
 * Two names of one host are not recognised. */
bool rv_store_same_library(const Store *one, const Store *other);
/* *same = whether rv_store_open would open this library again. uri: as there; nothing is opened. */
RvStatus rv_store_is_at(const Store *store, const char *uri, bool *same, RvError *err);
bool rv_store_is_read_only(const Store *store);
const RvLog *rv_store_log(const Store *store);
/* Write a library's address as messages may show it: without password and parameters, even if it is mistyped.
 * A path that begins with '/' or '.' is unchanged. Cut if it is longer than size_bytes. */
void rv_store_show_uri(const char *uri, char *shown, size_t size_bytes);
RvStatus rv_store_default_path(char *path, size_t size_bytes, RvError *err);

/* Reads between begin and end see one state of the library, whatever others write meanwhile. Nothing may be
 * written in between. Snapshots may be nested. */
RvStatus rv_store_begin_snapshot(Store *store, RvError *err);
void rv_store_end_snapshot(Store *store);

/* The library's model; *present is false if no model has claimed the library yet. */
RvStatus rv_store_identity(Store *store, ModelIdentity *out, bool *present, RvError *err);
/* Claim a library without frames for a model. If it has frames, check that they are the model's: MISMATCH if
 * not, with a hint what to do. The names may differ if the SHA-256 of the weights is the same. */
RvStatus rv_store_require_identity(Store *store, const ModelIdentity *wanted, RvError *err);

/* Notes of a library: a few small texts by name. get: *value is NULL if there is no such note; else free it
 * with free(). put: writes nothing if the note has this value already. Errors: UNSUPPORTED if this kind of
 * library keeps no notes. */
#define STORE_NOTE_MODEL_PATH "model_path" // absolute path of the checkpoint that made the embeddings
#define STORE_NOTE_MODEL "model"           // ModelIdentity.details
#define STORE_NOTE_ID "id"                 // random, of the library's making
RvStatus rv_store_get_note(Store *store, const char *name, char **value, RvError *err);
RvStatus rv_store_put_note(Store *store, const char *name, const char *value, RvError *err);

/* As rv_library_id. */
#define STORE_ID_SIZE 33
RvStatus rv_store_id(Store *store, char id[STORE_ID_SIZE], RvError *err);

/* Videos. *found is false if there is none. Of several with the same content, a complete one is returned if
 * there is one. The caller clears *out. */
RvStatus rv_store_find_path(Store *store, const char *path, StoredVideo *out, bool *found, RvError *err);
RvStatus rv_store_find_content(Store *store, const char *content_key, StoredVideo *out, bool *found,
                               RvError *err);
void rv_stored_video_clear(StoredVideo *video);
/* With this the error of a video begins whose stored pictures were embedded; "; " and what is damaged may
 * follow. */
#define STORE_FROM_PICTURES "embedded from stored pictures"
/* What is damaged in a complete video; "" if nothing is. */
const char *rv_video_damage(const RvVideo *video);
/* Insert a row in state "indexing". replace_id > 0: that row and its frames are deleted in the same
 * transaction. Errors: ARGUMENT if another row has the path. */
RvStatus rv_store_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                              RvError *err);
/* Write a batch of frames in one transaction: all of it or nothing. dimensions: length of every embedding. A
 * frame that exists already is replaced. jpeg NULL: the frame has no picture. Errors: MISMATCH if the
 * library's embeddings have another length; ARGUMENT for values that are not finite, times that are not
 * finite or negative, numbers below 1 or over STORE_MAX_FRAME_NUMBER. */
RvStatus rv_store_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                             int dimensions, RvError *err);
/* Set the state "complete", and the duration, which is known at the end. */
RvStatus rv_store_finish_video(Store *store, int64_t video_id, double duration_s, RvError *err);
/* The same, and record in words what is damaged in the video; "": nothing. */
RvStatus rv_store_finish_damaged(Store *store, int64_t video_id, double duration_s, const char *damage,
                                 RvError *err);
/* Record the damage found so far. The state does not change. */
RvStatus rv_store_note_damage(Store *store, int64_t video_id, const char *damage, RvError *err);
/* Set the state "failed", and record the message. Frames written so far are kept. */
RvStatus rv_store_fail_video(Store *store, int64_t video_id, const char *message, RvError *err);
/* Set the path, size and time of a file that was moved or touched. */
RvStatus rv_store_move_video(Store *store, int64_t video_id, const char *path, int64_t size_bytes,
                             int64_t modified_ns, RvError *err);
/* Delete the video and its frames, and return the space to the file system. */
RvStatus rv_store_remove_video(Store *store, int64_t video_id, RvError *err);
/* All videos by path (byte order). Clear with rv_videos_clear. */
RvStatus rv_store_list_videos(Store *store, RvVideos *out, RvError *err);

/* Frames of one video by number. Clear with rv_frames_clear. Errors: NOT_FOUND if there is no such video. */
RvStatus rv_store_frames(Store *store, int64_t video_id, RvFrames *out, RvError *err);
/* A frame's picture. Free *jpeg with free(). Errors: NOT_FOUND if the frame or its picture is missing. */
RvStatus rv_store_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                          size_t *size_bytes, RvError *err);
/* The same for many pictures, which are fetched in blocks. This is fast if they are asked for video by video,
 * in the order of their numbers. *jpeg is borrowed until the next call. */
typedef struct PictureReader PictureReader;
RvStatus rv_pictures_open(Store *store, PictureReader **out, RvError *err);
void rv_pictures_close(PictureReader *reader);
RvStatus rv_pictures_get(PictureReader *reader, int64_t video_id, int64_t frame_number, const uint8_t **jpeg,
                         size_t *size_bytes, RvError *err);
/* embedding: float32[dimensions], filled. Errors: NOT_FOUND, MISMATCH (the library's have another length),
 * FORMAT. */
RvStatus rv_store_embedding(Store *store, int64_t video_id, int64_t frame_number, float *embedding,
                            int dimensions, RvError *err);
/* The row of a key, for those who have looked at the library's dimensions and read some rows of many: within one snapshot.
 * embedding: float32[dimensions]. *found is false if there is none. Errors: FORMAT. */
RvStatus rv_store_row(Store *store, int64_t key, float *embedding, int dimensions, double *time_s,
                      bool *found, RvError *err);
/* The embeddings of frames of one video, in one pass over their rows. frame_numbers: [count], in rising
 * order; embeddings: float32[count, dimensions], filled. Errors: NOT_FOUND if one is missing, MISMATCH,
 * FORMAT. */
RvStatus rv_store_embeddings(Store *store, int64_t video_id, const int64_t *frame_numbers, size_t count,
                             float *embeddings, int dimensions, RvError *err);
/* Call `callback` with every row that passes the filter, in blocks, ordered by video_id and frame_number. The
 * number of an embedding's values is checked; whether they are finite is not. An error of the callback ends
 * the scan and is returned. */
RvStatus rv_store_scan(Store *store, const FrameFilter *filter, FrameBlockCallback callback, void *user,
                       RvError *err);

/* ---- rows near a vector, found by the database itself ---- */

#define STORE_NEAREST_MAX ((size_t)10000)

typedef struct NearestQuery {
    const float *vector; // float32[dimensions]
    int dimensions;
    size_t count; // how many rows are wanted; up to STORE_NEAREST_MAX
    const FrameFilter *filter;
    bool approximate; // by the approximate index
} NearestQuery;

/* True if this kind of library may answer rv_store_nearest itself. */
bool rv_store_can_find_nearest(const Store *store);
/* Call `callback` with blocks of rows, ordered by video_id and frame_number, that contain the `count` rows
 * with the largest dot products. If the query is approximate, they contain most of those rows; else they
 * contain all of them, whatever the rounding of the database. If *done is false, no block was passed and the
 * caller must use rv_store_scan: this kind of library or this query is not supported. */
RvStatus rv_store_nearest(Store *store, const NearestQuery *query, FrameBlockCallback callback, void *user,
                          bool *done, RvError *err);

/* A kind of approximate index, and its settings, which are integers. */
typedef struct AnnKind {
    const char *name;
    int max_dimensions;
    struct AnnSettingRange {
        const char *name;
        int64_t min, max;
    } settings[8]; // up to the first without a name
} AnnKind;

#define ANN_SETTINGS_MAX 8
typedef struct AnnRequest {
    const AnnKind *kind;
    size_t setting_count;
    struct AnnSetting {
        const char *name; // of the kind's table
        int64_t value;
    } settings[ANN_SETTINGS_MAX];
} AnnRequest;

/* Translate the options into a kind of index and settings of this library. Errors: UNSUPPORTED, ARGUMENT;
 * NOT_FOUND if the library is empty; IO if it cannot be changed. */
RvStatus rv_store_ann_request(Store *store, const RvAnnOptions *options, AnnRequest *out, RvError *err);
/* True if the index is a file beside the library. Then search/ makes it, not the store. */
bool rv_store_ann_is_derived(const Store *store);
/* As rv_library_ann_*, for indexes in the database. */
RvStatus rv_store_ann_build(Store *store, const RvAnnOptions *options, RvError *err);
RvStatus rv_store_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_store_ann_info(Store *store, RvAnnInfo *out, RvError *err);
/* Whether there is an index in the database that searches can use. Costs less than rv_store_ann_info. */
RvStatus rv_store_ann_present(Store *store, bool *present, RvError *err);

/* ---- the worker list; settings: a text that must be the same for all workers ---- */

/* As rv_library_queue_possible. */
RvStatus rv_store_queue_possible(const char *uri, RvError *err);
/* Make the table if it is missing. Errors: UNSUPPORTED if this kind of library has no worker lists. */
RvStatus rv_store_queue_open(Store *store, RvError *err);
/* Append the paths that are not in the list yet. Of those that are, the done ones are opened again if nothing
 * in the list is open or if they were done with other settings. Errors: ARGUMENT if open jobs have other
 * settings. */
RvStatus rv_store_queue_add(Store *store, const RvStrings *paths, const char *settings, bool retry_failed,
                            RvError *err);
/* Take a job; out->path is NULL if there is none to take now. Until rv_store_queue_end, writes of this store
 * return BUSY if another worker has taken the job over. */
RvStatus rv_store_queue_take(Store *store, const char *settings, double lease_s, RvQueueJob *out,
                             RvError *err);
RvStatus rv_store_queue_count(Store *store, const char *settings, RvQueueCounts *out, RvError *err);
/* If this store has taken several jobs: from now on writes check the lease of this one. */
void rv_store_queue_hold(Store *store, const RvQueueJob *job);
/* As rv_library_queue_renew and rv_library_queue_end. */
RvStatus rv_store_queue_renew(Store *store, const RvQueueJob *job, RvError *err);
RvStatus rv_store_queue_end(Store *store, const RvQueueJob *job, RvQueueEnd how, const char *message,
                            RvError *err);

/* All videos by path with video_id, sampling, state and duration_s; other members may be NULL or 0. This is
 * faster than rv_store_list_videos, which counts frames, on servers by reading every key. */
RvStatus rv_store_list_paths(Store *store, RvVideos *out, RvError *err);
/* What is asked from now on shall be answered in this time, 0: in any. A database that has to reach machines by
 * itself does not wait for one of them as long as that. Anything else is not limited by it. */
RvStatus rv_store_limit_wait(Store *store, double timeout_s, RvError *err);
/* Those of the asked videos whose frames cannot be read now, since a part of the database is unreachable. If
 * there are any, a warning names that part. Both lists are in rising order of video_id. Free *ids with free(). */
RvStatus rv_store_unreachable(Store *store, const int64_t *asked, size_t asked_count, int64_t **ids,
                              size_t *count, RvError *err);
/* The number of rows in a range of keys; range NULL: in the library. */
RvStatus rv_store_count_frames(Store *store, const KeyRange *range, int64_t *count, RvError *err);

/* ---- derived data ----
 *
 * Derived data are files beside a library that can be made again from its rows (codes, indexes). For each of
 * them, by its name, the library records a token that the file must contain, and which rows have changed
 * since the file was made. */

#define STORE_TOKEN_BYTES 16

typedef struct DerivedState {
    bool supported;  // this kind and version of library keeps derived data
    bool registered; // changes are logged
    bool published;  // and `token` is that of the file that belongs to the library
    uint8_t token[STORE_TOKEN_BYTES];
    int64_t position, newest; // in the change log: up to where the file is current, and the last change
    int64_t schema_cookie;
} DerivedState;

/* The file's path: the library's plus suffix. Errors: NOT_FOUND if the kind of library has no folder. */
RvStatus rv_store_derived_path(Store *store, const char *suffix, char *path, size_t size_bytes, RvError *err);
RvStatus rv_store_derived_state(Store *store, const char *name, DerivedState *out, RvError *err);
/* The rows that changed (inserted, updated, deleted) after state->position, as disjoint ranges in rising
 * order. Must be called in the snapshot in which the state was read. Free *ranges with free(). */
RvStatus rv_store_derived_changes(Store *store, const DerivedState *state, KeyRange **ranges, size_t *count,
                                  RvError *err);
/* Sort ranges and join those that touch, in place. Returns their new count. */
size_t rv_store_join_ranges(KeyRange *ranges, size_t count);
/* From now on changes are logged for `name`. */
RvStatus rv_store_derived_register(Store *store, const char *name, RvError *err);
/* Publish a file made from the rows at seen->newest. Under the library's write lock: if the state is still
 * `seen`, call `place`, which moves the file to its path, then record its token. If another process was
 * faster, *done is false and nothing is changed. */
RvStatus rv_store_derived_publish(Store *store, const char *name, const DerivedState *seen,
                                  const uint8_t *token, RvStatus (*place)(void *user, RvError *err),
                                  void *user, bool *done, RvError *err);

/* Counts and extremes. check_picture needs to read no more than a picture's header; NULL: heights stay 0. */
RvStatus rv_store_info(Store *store, PictureCheck check_picture, RvLibraryInfo *out, RvError *err);
/* As rv_library_verify; check_picture (NULL: only presence is checked) should decode the whole picture. */
RvStatus rv_store_verify(Store *store, PictureCheck check_picture,
                         void (*fault)(void *user, const char *line), void *user, size_t *fault_count,
                         RvError *err);

/* The version of SQLite that is linked. */
const char *rv_store_sqlite_version(void);

#endif
