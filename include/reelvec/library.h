/* SPDX-License-Identifier: MIT */
/* The library: frames of videos with embedding, time and picture; indexing and searching. */
#ifndef REELVEC_LIBRARY_H
#define REELVEC_LIBRARY_H

#include "reelvec/encoder.h"
#include "reelvec/log.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvLibrary RvLibrary;

typedef struct RvLibraryOptions {
    bool read_only; /* refuse to create or change anything */
    bool create;    /* make an empty library where there is none */
    /* NULL or "cpu": searches run on the CPU. "cuda", "cuda:N": libraries that have codes (see code_count)
     * are searched on that GPU where they fit, with the same hits; the first search copies them there, which
     * pays where many follow. "auto": likewise, where there is a GPU. */
    const char *device;
    int thread_count; /* of searches, and of making and checking codes and lists; 0: one per core that this
                         process may use; at most RV_THREADS_MAX */
    RvLog log;
} RvLibraryOptions;

/* uri: a file path (SQLite) or "memory:" (nothing is kept). NULL: rv_library_default_path().
 * Threads: one library handle serves one call at a time; any number of handles and processes may read while
 * one writes. Errors: NOT_FOUND, FORMAT (not a library), UNSUPPORTED (a newer version's), BUSY, IO. */
RV_API RvStatus rv_library_open(const char *uri, const RvLibraryOptions *options, RvLibrary **out,
                                RvError *err);
RV_API void rv_library_close(RvLibrary *library);

/* What was opened, as messages name it: without password. Lives as long as the library. */
RV_API const char *rv_library_uri(const RvLibrary *library);

/* Open the model that made the library's embeddings, wherever it lies now (rv_model_locate); "ViT-B/32" where
 * the library is empty. Errors: NOT_FOUND names the library's model and how to get it; those of
 * rv_encoder_open. */
RV_API RvStatus rv_library_open_encoder(RvLibrary *library, const RvEncoderOptions *options, RvEncoder **out,
                                        RvError *err);

/* Path of the default library in the user's data folder ($XDG_DATA_HOME/reelvec/library.db). */
RV_API RvStatus rv_library_default_path(char *path, size_t size_bytes, RvError *err);

/* ---- sources ---------------------------------------------------------------------------------------- */

/* A list of strings that reelvec made. */
typedef struct RvStrings {
    char **items;
    size_t count;
} RvStrings;
RV_API void rv_strings_clear(RvStrings *strings);

/* Zeroed options are good defaults. */
typedef struct RvSourceOptions {
    const char *const
        *exclude; /* [exclude_count] globs of files and folders to leave out, see docs/folders.md */
    size_t exclude_count;
    bool follow; /* symbolic links to folders; links to files always count as those */
    RvLog log;   /* RV_LOG_ERROR: what cannot be read; RV_LOG_WARNING: lines of .reelvecignore */
} RvSourceOptions;

typedef struct RvSources {
    RvStrings videos;    /* in byte order of their paths */
    int64_t *size_bytes; /* [videos.count]; 0: of a URL */
    bool folder; /* they are what was found below a folder; the counts are of what was left out there: */
    size_t other_count;    /* files whose names end like no video's, pipes, devices */
    size_t text_count;     /* files named like videos whose first bytes are text */
    size_t excluded_count; /* files and folders that a pattern names */
    size_t link_count; /* symbolic links: to folders, where they are not followed; to nothing; in circles */
    size_t unreadable_count; /* folders that cannot be read, each told to the log */
} RvSources;

/* The videos that PATH names: itself when it is a file or a URL; when it is a folder, all files below it
 * whose names end like a video's. Left out there: what is hidden, folders of systems (lost+found, recycle
 * bins, ...), what a pattern of the options or of a file .reelvecignore names. A folder below that cannot be
 * read does not stop the others. Errors: NOT_FOUND (also of a folder without videos), IO, ARGUMENT (a
 * pattern); the counts are filled even then. To be cleared. */
RV_API RvStatus rv_sources_find(const char *path_or_url, const RvSourceOptions *options, RvSources *out,
                                RvError *err);
RV_API void rv_sources_clear(RvSources *sources);

/* A source as messages name it, and the library keeps it: an address without user and password, a path as it
 * is. */
RV_API void rv_source_show(const char *path_or_url, char *text, size_t size_bytes);

/* Which of shard_count shards (from 0) a video belongs to. It depends on the content alone (size, first and
 * last 64 KiB; the address of a URL, without user and password), so neither a file's name, nor its place, nor
 * the list it is in matter, and copies of a file fall together. */
RV_API RvStatus rv_source_shard(const char *path_or_url, int shard_count, int *shard, RvError *err);

/* ---- indexing --------------------------------------------------------------------------------------- */

typedef enum RvSampling {
    RV_SAMPLING_INTERVAL,       /* the frame on screen at k x interval_s by presentation time stamp */
    RV_SAMPLING_KEYFRAMES,      /* every keyframe */
    RV_SAMPLING_SCENES,         /* the first frame of every scene */
    RV_SAMPLING_OPENCV_NOTEBOOK /* every int(fps)-th frame by count, red and blue swapped: wrong, for
                                   comparison */
} RvSampling;

typedef enum RvIndexStage {
    RV_INDEX_WAITING, /* to be looked at, for its turn, or to be opened */
    RV_INDEX_READING, /* its file, to recognise it by content */
    RV_INDEX_DECODING /* and embedding */
} RvIndexStage;

typedef struct RvIndexProgress {
    const char *video; /* as rv_source_show says it */
    RvIndexStage stage;
    int slot; /* of a list: its place among those that run at once; else 0 */
    size_t frames_done;
    size_t frames_expected;             /* from the container's duration; 0 where it does not say */
    int64_t bytes_read, bytes_expected; /* of a file that is read to recognise it; else 0 */
    double video_s;                     /* seconds of the video that this call has taken in */
    double elapsed_s;                   /* since the video was begun */
} RvIndexProgress;

/* Return false to stop: what was finished is kept and the video ends with RV_ERROR_CANCELLED. Called on the
 * caller's thread, after every batch and several times a second while nothing is ready. */
typedef bool (*RvIndexProgressCallback)(void *user, const RvIndexProgress *progress);

#define RV_INDEX_BATCH_MAX 256

/* Zeroed options are good defaults. */
typedef struct RvIndexOptions {
    RvSampling sampling;
    double interval_s;      /* 0: 1 second */
    double scene_threshold; /* 0: 0.12; mean absolute luma change, 0 to 1; cuts are at least 0.5 s apart */
    int batch_size; /* frames per embedding batch and transaction; at most RV_INDEX_BATCH_MAX; 0: 16, on CUDA
                       RvModelInfo.batch_size; the first may be smaller */
    int thumbnail_height;  /* pixels; 0: 360; never enlarged */
    int thumbnail_quality; /* JPEG quality 1 to 100; 0: 85 */
    const char *hwaccel;   /* NULL or "none": decode in software; "auto": by hardware where there is some;
                              "vaapi", "cuda", ...: by that, "cuda:1", "vaapi:/dev/dri/renderD129", ...: by
                              that one of them; ARGUMENT where it is not there. Pixels may differ from
                              software's by rounding */
    double skip_similar;   /* 0: off; else a frame whose model input differs from that of the last embedded
                              frame by less than so many of the 255 levels on average takes that frame's
                              embedding; its time and picture are its own */
    bool no_normalize;     /* store embeddings as the model gives them; all of a library are of one kind */
    bool exact_pixels;     /* full-size colour conversion before the resize, as for still pictures */
    bool retry_failed;     /* take up videos that failed before */
    bool force;            /* index again what is complete */
    RvIndexProgressCallback progress;
    void *progress_user;
} RvIndexOptions;

typedef enum RvIndexOutcome {
    RV_INDEXED,              /* all of it, or what was missing of it */
    RV_INDEX_UNCHANGED,      /* complete already */
    RV_INDEX_RENAMED,        /* the same content under another path: the row was updated, nothing embedded */
    RV_INDEX_DUPLICATE,      /* the same content is in the library under another path that still exists */
    RV_INDEX_SKIPPED_FAILED, /* failed before; pass retry_failed */
    RV_INDEX_ELSEWHERE       /* another process is indexing it at this moment, and goes on with it */
} RvIndexOutcome;

typedef struct RvIndexReport {
    RvIndexOutcome outcome;
    int64_t video_id;
    size_t frame_count;     /* frames of this video that are in the library now */
    size_t frames_embedded; /* by this call */
    size_t frames_similar;  /* of those: took the embedding of the last embedded frame (skip_similar) */
    size_t similar_checked; /* of those: every sixteenth was embedded all the same, to measure: */
    double similar_cosine;  /* the lowest cosine between its own and the taken embedding; 1 when none was */
    size_t frames_resumed;  /* that were there already */
    size_t damaged_packets; /* that the decoder refused; the frames around them are kept */
    double decode_s, pixels_s, embed_s, store_s, total_s; /* thread seconds per stage, wall seconds in all */
    const char *same_as; /* of a duplicate: the path that the library has the content under; lives during
                            RvIndexList.ended, NULL from rv_library_index */
} RvIndexReport;

/* Index one video (file or URL). A failure is returned, and recorded in the library with its message where
 * the source has a row there or is meant as a video: its name ends like one's, and its first bytes are no
 * text. Errors: those of the parts, MISMATCH when the library holds another model's embeddings. */
RV_API RvStatus rv_library_index(RvLibrary *library, RvEncoder *encoder, const char *path_or_url,
                                 const RvIndexOptions *options, RvIndexReport *report, RvError *err);

/* ---- several videos at once -----------------------------------------------------------------------------
 */

#define RV_INDEX_JOBS_MAX 256

typedef enum RvIndexNext {
    RV_INDEX_VIDEO, /* here is one */
    RV_INDEX_LATER, /* none now; to be asked again while others run, and after a fraction of a second */
    RV_INDEX_END    /* none any more */
} RvIndexNext;

typedef struct RvIndexItem {
    const char *path_or_url;      /* borrowed during the call */
    const struct RvQueueJob *job; /* of a list of several machines, to be kept until the video has ended: its
                                     lease is asked for before anything is written; NULL: none */
} RvIndexItem;

/* Where the videos come from and how each ended. slot: 0 to jobs - 1; a video has it until it has ended.
 * Both are called on the caller's thread. */
typedef struct RvIndexList {
    int jobs; /* videos at once, up to RV_INDEX_JOBS_MAX; 0: rv_encoder_jobs() */
    RvIndexNext (*next)(void *user, int slot, RvIndexItem *item);
    /* status: as rv_library_index gives it back, with *err where it is not RV_OK. */
    void (*ended)(void *user, int slot, RvStatus status, const RvIndexReport *report, const RvError *err);
    void *user;
} RvIndexList;

/* Index videos, `jobs` of them at once: each is read and decoded by threads of its own, while the caller's
 * thread embeds and stores what they have ready, one batch of one video after the other. The library's rows
 * are those that one video after the other gives: what is to be done with a video is decided in the order of
 * the list, and a copy of a video that is under way waits for its end. Memory: three batches per video, and
 * its decoder. A video that fails or is stopped by options->progress does not stop the others; stop all by
 * stopping each and ending the list. Errors: ARGUMENT, MEMORY; those of videos go to `ended`. */
RV_API RvStatus rv_library_index_list(RvLibrary *library, RvEncoder *encoder, const RvIndexList *list,
                                      const RvIndexOptions *options, RvError *err);

/* ---- a list of videos that several machines work ------------------------------------------------------- */

/* The list is a table of the library (PostgreSQL and MariaDB; others: UNSUPPORTED). A job is taken for a
 * time, the lease, which its worker renews; a lease that ran out is taken over by another worker. */
typedef struct RvQueueJob {
    char *path; /* NULL: none */
    int64_t job_id, lease_number;
    int attempts; /* this one included */
    double lease_s;
} RvQueueJob;
RV_API void rv_queue_job_clear(RvQueueJob *job);

/* So many attempts a video has; then it counts as failed. */
#define RV_QUEUE_ATTEMPTS_MAX 3

typedef struct RvQueueCounts {
    int64_t waiting, leased, done, failed;
} RvQueueCounts;

typedef enum RvQueueEnd {
    RV_QUEUE_DONE,
    RV_QUEUE_FAILED,    /* with a message */
    RV_QUEUE_TRY_AGAIN, /* to be taken by anybody; FAILED after the last attempt */
    RV_QUEUE_GIVE_BACK  /* to be taken by anybody; the attempt does not count */
} RvQueueEnd;

/* Whether a library of this address (as for rv_library_open) can have a list: UNSUPPORTED where its kind has
 * none. Opens nothing. */
RV_API RvStatus rv_library_queue_possible(const char *uri, RvError *err);
/* Put videos (files, URLs) that are not in the list at its end; those of a list that is worked off begin
 * anew. paths NULL: none, only look. What the options say about frames is kept with the videos.
 * options->retry_failed: all failed ones are to be tried again. Errors: ARGUMENT where open videos have other
 * options. */
RV_API RvStatus rv_library_queue_add(RvLibrary *library, const RvStrings *paths,
                                     const RvIndexOptions *options, RvError *err);
/* Take one video for lease_s seconds; job->path is NULL where there is none now. *counts (NULL: not wanted):
 * of the videos with these options. Until rv_library_queue_end this handle's writing of frames fails with
 * BUSY once another worker has taken the video over. A handle may hold several: rv_library_index_list asks
 * for the lease of each, RvIndexItem.job; rv_library_index for that of the last one taken. */
RV_API RvStatus rv_library_queue_take(RvLibrary *library, const RvIndexOptions *options, double lease_s,
                                      RvQueueJob *job, RvQueueCounts *counts, RvError *err);
/* From now on the lease lasts job->lease_s again; may be called with another handle. BUSY where another
 * worker has the video. */
RV_API RvStatus rv_library_queue_renew(RvLibrary *library, const RvQueueJob *job, RvError *err);
/* message: NULL, or what went wrong. BUSY, and nothing changed, where another worker has the video. */
RV_API RvStatus rv_library_queue_end(RvLibrary *library, const RvQueueJob *job, RvQueueEnd how,
                                     const char *message, RvError *err);

/* ---- naming videos ---------------------------------------------------------------------------------- */

/* Wherever a video of the library is named (by `name`, `video_glob`, or a term's frame), the name means the
 * videos that the first of these ways finds, which may be several. */
typedef enum RvNaming {
    RV_NAMED_NONE,
    RV_NAMED_PATH,   /* the path or URL as the library keeps it */
    RV_NAMED_FILE,   /* the file that the name leads to from the current folder */
    RV_NAMED_ENDING, /* the last parts of the path: clip.mp4, talks/clip.mp4 */
    RV_NAMED_PATTERN /* a shell pattern with * ? [ ], on the whole path or on its last part, with a '/' in
                        it also on several last parts; * crosses '/', case counts */
} RvNaming;

/* ---- searching -------------------------------------------------------------------------------------- */

typedef enum RvTermKind {
    RV_TERM_TEXT,       /* value: UTF-8 */
    RV_TERM_IMAGE_FILE, /* value: path or URL of a still picture */
    RV_TERM_IMAGE,      /* image */
    RV_TERM_FRAME, /* value: one video (see RvNaming), time_s: the stored frame nearest to it; ARGUMENT where
                      the video has ended by then */
    RV_TERM_VECTOR /* vector: float32[dimensions] */
} RvTermKind;

typedef struct RvTerm {
    RvTermKind kind;
    const char *value;
    const RvImage *image;
    const float *vector;
    double time_s;
    double weight;         /* 0 means 1; negative: away from it */
    bool no_exif_rotation; /* of RV_TERM_IMAGE_FILE: as in RvPictureOptions */
} RvTerm;

typedef enum RvFusion {
    RV_FUSION_MEAN,   /* weighted mean of the normalised vectors: (text + image) / 2 */
    RV_FUSION_ZSCORE, /* weighted sum of each term's standardised scores */
    RV_FUSION_RRF     /* reciprocal rank fusion, weight / (60 + rank) summed over the terms */
} RvFusion;

typedef enum RvScan {
    RV_SCAN_AUTO,       /* by the approximate index where the library has one that pays, else every frame */
    RV_SCAN_EXACT,      /* every frame */
    RV_SCAN_APPROXIMATE /* by the approximate index; NOT_FOUND where there is none. One that is out of date is
                           left for every frame, with a warning to the log */
} RvScan;

/* Zeroed options are good defaults. */
typedef struct RvSearchOptions {
    size_t top; /* 0: 5 */
    RvFusion fusion;
    const char *video_glob; /* NULL: all; as RvNaming says; NOT_FOUND where it means none */
    const double *min_score, *after_s, *before_s; /* NULL: no bound; times are inclusive */
    bool moments;                                 /* merge neighbouring hits of one video */
    double moment_gap_s; /* largest gap inside a moment; 0: 2.5 x the sampling interval */
    RvScan scan;         /* RV_FUSION_ZSCORE and RV_FUSION_RRF always look at every frame */
} RvSearchOptions;

typedef struct RvHit {
    int64_t video_id;
    const char *video; /* path or URL; lives as long as the hits */
    int64_t frame_number;
    double time_s;
    double score;
    double start_s, end_s; /* of the moment, up to the sample behind its last frame; both time_s without
                              moments */
} RvHit;

typedef struct RvHits {
    RvHit *items;
    size_t count;
} RvHits;

/* The best frames, best first; ties by video path, then frame number. Errors: ARGUMENT (no terms), NOT_FOUND
 * (--like names nothing), MISMATCH (another model), those of reading a picture. */
RV_API RvStatus rv_library_search(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms,
                                  size_t term_count, const RvSearchOptions *options, RvHits *out,
                                  RvError *err);
RV_API void rv_hits_clear(RvHits *hits);

/* ---- approximate index ------------------------------------------------------------------------------ */

typedef struct RvAnnOptions {
    const char *kind;     /* "ivf", "hnsw", ... as the kind of library has them; NULL: its best */
    const char *settings; /* "m=16,ef_construction=64"; NULL: the defaults */
} RvAnnOptions;

typedef struct RvAnnInfo {
    bool present;
    char kind[32];
    char settings[160];
    int64_t size_bytes;  /* 0 where the database does not tell */
    int64_t row_count;   /* frames in it; 0 where the database does not tell */
    int64_t newer_count; /* frames that searches look at one by one beside it */
    bool automatic;      /* RV_SCAN_AUTO uses it */
    char fault[256];     /* why it is not used, and what to do; "": it is */
} RvAnnInfo;

/* Build the library's approximate index, instead of the one that it has. Errors: UNSUPPORTED where this kind
 * of library has none, or not for its model; ARGUMENT for an unknown kind or setting. */
RV_API RvStatus rv_library_ann_build(RvLibrary *library, const RvAnnOptions *options, RvError *err);
/* *dropped (NULL: not wanted): whether there was one. */
RV_API RvStatus rv_library_ann_drop(RvLibrary *library, bool *dropped, RvError *err);
RV_API RvStatus rv_library_ann_info(RvLibrary *library, RvAnnInfo *out, RvError *err);

/* ---- looking inside --------------------------------------------------------------------------------- */

typedef struct RvVideo {
    int64_t video_id;
    char *path;
    char *content_key;
    char *codec;
    char *sampling; /* "interval:1" and the like */
    char *state;    /* "indexing", "complete", "failed" */
    char *error;    /* of a failed video, or what was damaged in a complete one; else "" */
    double duration_s, frame_rate;
    int width, height; /* as displayed */
    int64_t frame_count;
} RvVideo;

typedef struct RvVideos {
    RvVideo *items;
    size_t count;
} RvVideos;

/* The paths of all videos, with video_id, sampling, state and duration_s; other members may be empty. By
 * path, and fast in a library of any size. */
RV_API RvStatus rv_library_paths(RvLibrary *library, RvVideos *out, RvError *err);

/* Whether a video's file is gone: the library still has its frames, and searches find them. False of an
 * address, and where that cannot be told (a folder that cannot be entered). */
RV_API bool rv_video_is_missing(const RvVideo *video);

/* The videos that the name means (NULL: all), by path; see RvNaming. None is not an error. */
RV_API RvStatus rv_library_list(RvLibrary *library, const char *name, RvVideos *out, RvError *err);
/* The same; *naming (NULL: not wanted): which way of naming found them. */
RV_API RvStatus rv_library_find(RvLibrary *library, const char *name, RvVideos *out, RvNaming *naming,
                                RvError *err);
RV_API void rv_videos_clear(RvVideos *videos);

typedef struct RvFrameInfo {
    int64_t frame_number;
    double time_s;
} RvFrameInfo;

typedef struct RvFrames {
    RvFrameInfo *items;
    size_t count;
} RvFrames;

/* The frames of one video by number. */
RV_API RvStatus rv_library_frames(RvLibrary *library, int64_t video_id, RvFrames *out, RvError *err);
RV_API void rv_frames_clear(RvFrames *frames);

/* The stored picture (JPEG) of a frame. *jpeg is to be freed with rv_library_free_picture. */
RV_API RvStatus rv_library_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                                   size_t *size_bytes, RvError *err);
RV_API void rv_library_free_picture(uint8_t *jpeg);

/* Rows of frames in a block, all borrowed during the callback. */
typedef struct RvFrameRows {
    size_t count;
    int dimensions;
    const int64_t *video_ids;     /* [count] */
    const int64_t *frame_numbers; /* [count] */
    const double *times_s;        /* [count] */
    const float *embeddings;      /* float32[count, dimensions], as stored */
} RvFrameRows;

/* Hand all frames of the videos that video_glob means (NULL: all; see RvNaming) to `rows`, block by block, by
 * video_id and frame number: one state of the library, whatever others write meanwhile. `rows` must not use
 * the library; where it returns false the call ends with CANCELLED. Errors: FORMAT (damaged rows). */
RV_API RvStatus rv_library_embeddings(RvLibrary *library, const char *video_glob,
                                      bool (*rows)(void *user, const RvFrameRows *rows), void *user,
                                      RvError *err);

typedef struct RvLibraryInfo {
    char uri[1024];
    int schema_version;
    char model_name[128]; /* "" while the library is empty */
    char weights_sha256[65];
    char model_path[4096]; /* where its checkpoint lay when the library was last indexed; "": not known */
    int dimensions;
    bool normalized;
    int64_t video_count, complete_count, failed_count, frame_count;
    int64_t damaged_count; /* of the complete ones: some of their content could not be read or decoded */
    int64_t size_bytes, picture_bytes, embedding_bytes;
    int64_t code_bytes, code_count; /* of the file for fast search beside the library, and the frames in it */
    double min_embedding_length, max_embedding_length; /* Euclidean */
    int min_picture_height, max_picture_height;        /* of the stored pictures */
} RvLibraryInfo;

/* Counts and extremes; reads every row. */
RV_API RvStatus rv_library_info(RvLibrary *library, RvLibraryInfo *out, RvError *err);

/* Check everything: the database's own integrity, lengths, finite values, numbers without gaps, pictures that
 * decode, codes that are those of the frames. Each fault is handed to `fault` as one line. RV_OK also when
 * there are faults; see *fault_count. */
RV_API RvStatus rv_library_verify(RvLibrary *library, void (*fault)(void *user, const char *line), void *user,
                                  size_t *fault_count, RvError *err);

/* Remove a video with all its frames and give the space back. */
RV_API RvStatus rv_library_remove(RvLibrary *library, int64_t video_id, RvError *err);

/* ---- copying ---------------------------------------------------------------------------------------- */

typedef struct RvCopyProgress {
    const char *video;
    size_t videos_done, videos_expected;
    size_t frames_done, frames_expected; /* of all videos, those that were there already included */
    double elapsed_s;
} RvCopyProgress;

/* Zeroed options are good defaults. */
typedef struct RvCopyOptions {
    const char *video_glob; /* NULL: all; as RvNaming says; NOT_FOUND where it means none */
    bool replace;   /* a video of the same path with other content gives way, instead of being refused */
    int batch_size; /* frames per transaction; 0: 64 */
    /* Return false to stop: what was finished is kept and the call ends with CANCELLED. After every batch. */
    bool (*progress)(void *user, const RvCopyProgress *progress);
    void *progress_user;
} RvCopyOptions;

typedef struct RvCopyReport {
    size_t videos_copied, videos_present; /* present: there already, also under another path */
    size_t videos_refused;                /* each is named to the target's log */
    size_t frames_copied;
} RvCopyReport;

/* Copy videos with their states, frames and pictures from one library into another of any kind, batch by
 * batch. Run again after an interruption it goes on where it stopped. A video that is incomplete in `from`
 * stays so in `to`, and indexing goes on there. A video that cannot be read or is refused does not stop the
 * others. Threads: uses both handles. Errors: MISMATCH (embeddings of another model), those of reading and
 * writing. */
RV_API RvStatus rv_library_copy(RvLibrary *from, RvLibrary *to, const RvCopyOptions *options,
                                RvCopyReport *report, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
