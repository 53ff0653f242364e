/* SPDX-License-Identifier: MIT */
/* Indexing: videos into a library, one after the other or several at once. */
#ifndef REELVEC_INDEX_H
#define REELVEC_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/encoder.h"
#include "reelvec/sampling.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvLibrary RvLibrary;   /* reelvec/library.h */
typedef struct RvQueueJob RvQueueJob; /* reelvec/queue.h */

typedef enum RvIndexStage {
    RV_INDEX_WAITING, /* it is not looked at yet, waits for its turn, or is being opened */
    RV_INDEX_READING, /* its file is read, to recognise it by content */
    RV_INDEX_DECODING /* its frames are decoded and embedded */
} RvIndexStage;

typedef struct RvIndexProgress {
    const char *video; /* as rv_source_show writes it */
    RvIndexStage stage;
    int slot; /* in a list: its place among the videos that are indexed at once; else 0 */
    size_t frames_done;
    size_t frames_expected;             /* from the container's duration; 0 if it has none */
    int64_t bytes_read, bytes_expected; /* in RV_INDEX_READING: of its file; else 0 */
    double video_s;                     /* seconds of the video that this call has indexed */
    double elapsed_s;                   /* since this call began with the video */
} RvIndexProgress;

/* Called on the caller's thread, after every batch, and several times a second while no batch is ready.
 * Return false to stop: what was finished is kept, and the video ends with RV_ERROR_CANCELLED. */
typedef bool (*RvIndexProgressCallback)(void *user, const RvIndexProgress *progress);

#define RV_INDEX_BATCH_MAX 256

/* Zeroed options are good defaults. */
typedef struct RvIndexOptions {
    int batch_size; /* frames per embedding batch and transaction; at most RV_INDEX_BATCH_MAX; 0: 16, on CUDA
                       RvModelInfo.batch_size; the first may be smaller */
    int thumbnail_height;  /* pixels; 0: 360; never enlarged */
    int thumbnail_quality; /* JPEG quality 1 to 100; 0: 85 */
    RvSamplingOptions sampling;
    const char *hwaccel; /* NULL or "none": decode in software; "auto": in hardware if there is any; "vaapi",
                            "cuda", ...: with hardware of this type; "cuda:1", "vaapi:/dev/dri/renderD129",
                            ...: with this device; ARGUMENT if it does not exist. Pixels may differ from
                            software's by rounding */
    double skip_similar; /* 0: off. Otherwise a frame takes the embedding of the last embedded frame if their
                            model inputs differ by less than this on average, in levels of 255. Its time and
                            picture are its own */
    RvLength embedding_length; /* all embeddings of a library are of one kind */
    bool retry_failed;         /* index videos that failed before */
    bool force;                /* index complete videos again */
    RvIndexProgressCallback progress;
    void *progress_user;
    uint64_t reserved[8];
} RvIndexOptions;

typedef enum RvIndexOutcome {
    RV_INDEXED,              /* all of it, or what was missing of it */
    RV_INDEX_UNCHANGED,      /* it was complete already */
    RV_INDEX_RENAMED,        /* the same content under another path: the row was updated, nothing embedded */
    RV_INDEX_DUPLICATE,      /* the same content is in the library under another path that still exists */
    RV_INDEX_SKIPPED_FAILED, /* failed before; pass retry_failed */
    RV_INDEX_ELSEWHERE       /* another process is indexing it now and continues */
} RvIndexOutcome;

typedef struct RvIndexReport {
    RvIndexOutcome outcome;
    int64_t video_id;
    size_t frame_count;     /* frames of this video that are in the library now */
    size_t frames_embedded; /* by this call */
    size_t frames_similar;  /* of those: took the embedding of the last embedded frame (skip_similar) */
    size_t similar_checked; /* of those: every sixteenth, which was embedded too, for similar_cosine */
    double similar_cosine;  /* the lowest cosine between its own and the taken embedding; 1 if none was */
    size_t frames_resumed;  /* frames that were in the library before this call */
    size_t damaged_packets; /* packets that the decoder refused; the frames around them are kept */
    double decode_s, pixels_s, embed_s, store_s, total_s; /* thread seconds per stage; total: wall seconds */
    const char *same_as; /* of a duplicate: the path under which the library has the content; valid during
                            RvIndexList.ended, NULL from rv_library_index */
    const char *failure; /* of a video that failed before and was left out: why; valid as long as same_as */
    uint64_t reserved[7];
} RvIndexReport;

/* Threads: any; calls wait for each other per library and per encoder (see reelvec/library.h). All callbacks run on
 * the caller's thread. */

/* Index one video (file or URL). A failure is returned. It is also recorded in the library with its message
 * if the source has a row there or looks like a video: its name ends like a video's, and its first bytes are
 * not text. Errors: those of the parts, MISMATCH if the library holds another model's embeddings. */
RV_API RvStatus rv_library_index(RvLibrary *library, RvEncoder *encoder, const char *path_or_url,
                                 const RvIndexOptions *options, RvIndexReport *report, RvError *err);

/* ---- several videos at once ------------------------------------------------------------------------- */

#define RV_INDEX_JOBS_MAX 256

typedef enum RvIndexNext {
    RV_NEXT_VIDEO, /* *item is the next video */
    RV_NEXT_LATER, /* none now; next() is called again while others run, and after a fraction of a second */
    RV_NEXT_END    /* no more videos */
} RvIndexNext;

typedef struct RvIndexItem {
    const char *path_or_url; /* borrowed during the call */
    const RvQueueJob *job;   /* of a worker list; must stay valid until the video has ended. Its lease is
                                checked before anything is written. NULL: none */
    uint64_t reserved[4];
} RvIndexItem;

/* Two callbacks, which return the videos and receive how each ended, both on the caller's thread. slot: 0 to
 * jobs - 1; a video has it until it has ended. */
typedef struct RvIndexList {
    int jobs; /* videos at once, up to RV_INDEX_JOBS_MAX; 0: rv_encoder_jobs() */
    RvIndexNext (*next)(void *user, int slot, RvIndexItem *item);
    /* status: as rv_library_index returns it, with *err if it is not RV_OK. */
    void (*ended)(void *user, int slot, RvStatus status, const RvIndexReport *report, const RvError *err);
    void *user;
    uint64_t reserved[8];
} RvIndexList;

/* Index videos, `jobs` of them at once. Each is read and decoded by threads of its own. The caller's thread
 * embeds and stores what they have ready, one batch of one video after the other. The library's rows are the
 * same as if one video was indexed after the other: what to do with a video is decided in the order of the
 * list, and a copy of a video that is being indexed waits for its end. Memory: three batches per video, and
 * its decoder. A video that fails or is stopped by options->progress does not stop the others. To stop all,
 * stop each and end the list. Errors: ARGUMENT, MEMORY; those of videos go to `ended`. */
RV_API RvStatus rv_library_index_list(RvLibrary *library, RvEncoder *encoder, const RvIndexList *list,
                                      const RvIndexOptions *options, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
