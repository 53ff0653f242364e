/* SPDX-License-Identifier: MIT */
/* Rows at rest: one front with the common checks, one table of functions per kind of database. */
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
#define STORE_PREPROCESS_VERSION 1

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
} ModelIdentity;

/* What the pipeline knows of a video when it begins. Strings are borrowed. */
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

/* Keys of rows from first to last, both inclusive; a row's key is rv_store_key. */
typedef struct KeyRange {
    int64_t first, last;
} KeyRange;

static inline int64_t rv_store_key(int64_t video_id, int64_t frame_number)
{
    return video_id * ((int64_t)1 << 32) + frame_number;
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
    const KeyRange *ranges; // NULL: all rows; rising, apart from each other; takes the place of video_ids
    size_t range_count;
} FrameFilter;

typedef RvStatus (*FrameBlockCallback)(void *user, const FrameBlock *block, RvError *err);

/* Whether a stored picture can be read, and its size in pixels. The store knows no picture format. */
typedef bool (*PictureCheck)(const uint8_t *jpeg, size_t size_bytes, int *width, int *height);

typedef struct Store Store;

/* Zeroed options are good defaults. */
typedef struct StoreOptions {
    bool read_only;   // refuse to create or change anything
    bool create;      // make an empty library if there is none
    RvLog log;
} StoreOptions;

/* uri: a path (SQLite), "memory:", or a server's URI; NULL: rv_store_default_path(), whose folder is made
 * when options->create. A library that cannot be written to (permissions, read-only medium) opens for
 * reading. Threads: one store serves one call at a time; other stores and processes may use the same library.
 * Errors: those of rv_library_open. */
RvStatus rv_store_open(const char *uri, const StoreOptions *options, Store **out, RvError *err);
void rv_store_close(Store *store);
const char *rv_store_uri(const Store *store);
bool rv_store_is_read_only(const Store *store);
const RvLog *rv_store_log(const Store *store);
/* A library's address as messages may show it: without password and parameters, also where it is mistyped; a
 * path that begins with a '/' or a '.' as it is. Cut where it does not fit. */
void rv_store_show_uri(const char *uri, char *shown, size_t size_bytes);
RvStatus rv_store_default_path(char *path, size_t size_bytes, RvError *err);

/* Reads between begin and end see one state of the library, whatever others write meanwhile. No writing in
 * between. */
RvStatus rv_store_begin_snapshot(Store *store, RvError *err);
void rv_store_end_snapshot(Store *store);

/* The library's model; *present is false while no model has claimed it. */
RvStatus rv_store_identity(Store *store, ModelIdentity *out, bool *present, RvError *err);
/* Claim a library that holds no frames for a model, or MISMATCH with a message that says what to do. Names
 * may differ where the SHA-256 of the weights is the same. */
RvStatus rv_store_require_identity(Store *store, const ModelIdentity *wanted, RvError *err);

/* What a library remembers besides, by name. *value is NULL where there is nothing, else to be freed with
 * free(). Writing what stands there already writes nothing. UNSUPPORTED where this kind keeps no notes. */
#define STORE_NOTE_MODEL_PATH "model_path" // where the checkpoint lay that made the embeddings, absolute
RvStatus rv_store_get_note(Store *store, const char *name, char **value, RvError *err);
RvStatus rv_store_put_note(Store *store, const char *name, const char *value, RvError *err);

/* Videos. find_* give *found = false where there is none; of several with one content, a complete one is
 * given. */
RvStatus rv_store_find_path(Store *store, const char *path, StoredVideo *out, bool *found, RvError *err);
RvStatus rv_store_find_content(Store *store, const char *content_key, StoredVideo *out, bool *found,
                               RvError *err);
void rv_stored_video_clear(StoredVideo *video);
/* New row in state "indexing". replace_id > 0: that row and its frames go in the same transaction. ARGUMENT
 * when another row has the path. */
RvStatus rv_store_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                              RvError *err);
/* One transaction: all of the batch or nothing. dimensions: length of every embedding. Refuses another length
 * than the library's (MISMATCH), values that are not finite, times that are not finite or negative, numbers
 * below 1 or over STORE_MAX_FRAME_NUMBER. Writing a frame again replaces it. jpeg NULL: the frame has no
 * picture. */
RvStatus rv_store_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                             int dimensions, RvError *err);
/* "complete", with the duration known at the end. */
RvStatus rv_store_finish_video(Store *store, int64_t video_id, double duration_s, RvError *err);
/* The same, keeping what is damaged in it, in words; "": nothing. */
RvStatus rv_store_finish_damaged(Store *store, int64_t video_id, double duration_s, const char *damage,
                                 RvError *err);
/* Keep what was found damaged so far; the state stays. */
RvStatus rv_store_note_damage(Store *store, int64_t video_id, const char *damage, RvError *err);
/* "failed", with the message; frames written so far stay. */
RvStatus rv_store_fail_video(Store *store, int64_t video_id, const char *message, RvError *err);
/* The file moved or was touched: new path, size, time. */
RvStatus rv_store_move_video(Store *store, int64_t video_id, const char *path, int64_t size_bytes,
                             int64_t modified_ns, RvError *err);
/* The video and its frames go, and the space goes back to the file system. */
RvStatus rv_store_remove_video(Store *store, int64_t video_id, RvError *err);
/* All videos by path (byte order). Clear with rv_videos_clear. */
RvStatus rv_store_list_videos(Store *store, RvVideos *out, RvError *err);

/* Frames of one video by number. NOT_FOUND where there is no such video. */
RvStatus rv_store_frames(Store *store, int64_t video_id, RvFrames *out, RvError *err);
/* *jpeg is to be freed with free(). NOT_FOUND where the frame or its picture is missing. */
RvStatus rv_store_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                          size_t *size_bytes, RvError *err);
/* The same for many, asked for by rising numbers of one video after the other: fetched in blocks. *jpeg is
 * borrowed until the next call. */
typedef struct PictureReader PictureReader;
RvStatus rv_pictures_open(Store *store, PictureReader **out, RvError *err);
void rv_pictures_close(PictureReader *reader);
RvStatus rv_pictures_get(PictureReader *reader, int64_t video_id, int64_t frame_number, const uint8_t **jpeg,
                         size_t *size_bytes, RvError *err);
/* embedding: float32[dimensions]. Errors: NOT_FOUND, MISMATCH (the library's have another length), FORMAT. */
RvStatus rv_store_embedding(Store *store, int64_t video_id, int64_t frame_number, float *embedding,
                            int dimensions, RvError *err);
/* The embeddings of one video's frames, in one pass over their rows. frame_numbers: rising; embeddings:
 * float32[count, dimensions]. Errors: NOT_FOUND where one is missing, MISMATCH, FORMAT. */
RvStatus rv_store_embeddings(Store *store, int64_t video_id, const int64_t *frame_numbers, size_t count,
                             float *embeddings, int dimensions, RvError *err);
/* Every row that the filter lets through, in blocks, by video_id and frame_number. Values of embeddings are
 * as stored: their count is checked, that they are finite is not. A callback's error ends the scan and is
 * given back. */
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

/* Blocks of rows, by video_id and frame_number, among which the `count` rows with the largest dot products
 * are: surely, whatever the database's own rounding, or where approximate, most of them. *done is false, and
 * no block was given, where this kind of library or this query leaves that to rv_store_scan. */
bool rv_store_can_find_nearest(const Store *store);
RvStatus rv_store_nearest(Store *store, const NearestQuery *query, FrameBlockCallback callback, void *user,
                          bool *done, RvError *err);

/* A kind of approximate index, and the numbers that it can be given. */
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

/* The options in the terms of the library's kinds, for an index of its rows. Errors: UNSUPPORTED, ARGUMENT;
 * NOT_FOUND where the library is empty; IO where it cannot be changed. */
RvStatus rv_store_ann_request(Store *store, const RvAnnOptions *options, AnnRequest *out, RvError *err);
/* Whether the index is a file beside the library, which is not the store's to make. */
bool rv_store_ann_is_derived(const Store *store);
/* As rv_library_ann_*, for indexes in the database. */
RvStatus rv_store_ann_build(Store *store, const RvAnnOptions *options, RvError *err);
RvStatus rv_store_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_store_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- the list of videos that several machines work; settings: a text that all workers must agree on ---- */

/* As rv_library_queue_possible. */
RvStatus rv_store_queue_possible(const char *uri, RvError *err);
/* Make the table where it is not there. UNSUPPORTED where the kind of library can have none. */
RvStatus rv_store_queue_open(Store *store, RvError *err);
/* Paths that are not in the list go to its end. Of those that are there, what is done is taken up again when
 * nothing of the list is open or its settings were others. ARGUMENT where open jobs have other settings. */
RvStatus rv_store_queue_add(Store *store, const RvStrings *paths, const char *settings, bool retry_failed,
                            RvError *err);
/* out->path is NULL where there is nothing to take now. From here to rv_store_queue_end writes of this store
 * end with BUSY when another worker has taken the job over. */
RvStatus rv_store_queue_take(Store *store, const char *settings, double lease_s, RvQueueJob *out,
                             RvError *err);
RvStatus rv_store_queue_count(Store *store, const char *settings, RvQueueCounts *out, RvError *err);
/* Of several jobs that this store has taken: from now on writes are about this one. */
void rv_store_queue_hold(Store *store, const RvQueueJob *job);
/* As rv_library_queue_renew and rv_library_queue_end. */
RvStatus rv_store_queue_renew(Store *store, const RvQueueJob *job, RvError *err);
RvStatus rv_store_queue_end(Store *store, const RvQueueJob *job, RvQueueEnd how, const char *message,
                            RvError *err);

/* All videos by path with video_id, sampling, state and duration_s; other members may be NULL or 0. Faster
 * than rv_store_list_videos, whose counting reads every key. */
RvStatus rv_store_list_paths(Store *store, RvVideos *out, RvError *err);
/* Rows in the library, or in a range of keys. */
RvStatus rv_store_count_frames(Store *store, const KeyRange *range, int64_t *count, RvError *err);

/* ---- derived data: files beside a library that can be made again from its rows (codes, indexes). The
 * library remembers for each by its name a token that its file must carry, and which rows changed since it
 * was made. ---- */

#define STORE_TOKEN_BYTES 16

typedef struct DerivedState {
    bool supported;  // this kind and version of library keeps derived data
    bool registered; // changes are logged
    bool published;  // and token names the file that belongs to the library
    uint8_t token[STORE_TOKEN_BYTES];
    int64_t position, newest; // of the change log: where the file stands, and the last change
    int64_t schema_cookie;
} DerivedState;

/* The file's path: the library's plus suffix. NOT_FOUND where the kind of library has no place for files. */
RvStatus rv_store_derived_path(Store *store, const char *suffix, char *path, size_t size_bytes, RvError *err);
RvStatus rv_store_derived_state(Store *store, const char *name, DerivedState *out, RvError *err);
/* What changed (inserted, updated, deleted) after state->position, as ranges that rise and lie apart. To be
 * read in the snapshot of the state; free *ranges. */
RvStatus rv_store_derived_changes(Store *store, const DerivedState *state, KeyRange **ranges, size_t *count,
                                  RvError *err);
/* Sort ranges and join those that touch, in place; gives their count. */
size_t rv_store_join_ranges(KeyRange *ranges, size_t count);
/* From now on changes are logged for `name`. */
RvStatus rv_store_derived_register(Store *store, const char *name, RvError *err);
/* Under the library's write lock: where the state is still as `seen`, put the file in its place (place), then
 * let the library name token, made of the rows at seen->newest. *done is false, and nothing happened, where
 * another process was faster. */
RvStatus rv_store_derived_publish(Store *store, const char *name, const DerivedState *seen,
                                  const uint8_t *token, RvStatus (*place)(void *user, RvError *err),
                                  void *user, bool *done, RvError *err);

/* Counts and extremes; check_picture (NULL: heights stay 0) needs to read no more than a picture's header. */
RvStatus rv_store_info(Store *store, PictureCheck check_picture, RvLibraryInfo *out, RvError *err);
/* As rv_library_verify; check_picture (NULL: only presence is checked) should decode the whole picture. */
RvStatus rv_store_verify(Store *store, PictureCheck check_picture,
                         void (*fault)(void *user, const char *line), void *user, size_t *fault_count,
                         RvError *err);

/* The version of SQLite that is linked. */
const char *rv_store_sqlite_version(void);

#endif
