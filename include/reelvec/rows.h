/* SPDX-License-Identifier: MIT */
/* Rows of a library: videos and frames, how videos are named, and what is counted over all rows. */
#ifndef REELVEC_ROWS_H
#define REELVEC_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum RvVideoState {
    RV_VIDEO_UNKNOWN, /* a state that this version does not know, see state_name; or it was not read */
    RV_VIDEO_INDEXING,
    RV_VIDEO_COMPLETE,
    RV_VIDEO_FAILED
} RvVideoState;

typedef struct RvVideo {
    int64_t video_id;
    char *path;
    char *content_key;
    char *codec;
    char *sampling;   /* "interval:1" and the like */
    char *state_name; /* as the library keeps it: "indexing", "complete", "failed" */
    RvVideoState state;
    char *error; /* why a video failed, or what was damaged in a complete one, or that stored pictures were
                    embedded (rv_video_is_from_pictures); else "" */
    double duration_s, frame_rate;
    int width, height; /* as displayed */
    int64_t frame_count;
    uint64_t reserved[8];
} RvVideo;

typedef struct RvVideos {
    RvVideo *items;
    size_t count;
} RvVideos;

typedef struct RvFrameInfo {
    int64_t frame_number;
    double time_s;
} RvFrameInfo;

typedef struct RvFrames {
    RvFrameInfo *items;
    size_t count;
} RvFrames;

/* Rows of frames in a block, all borrowed during the callback. */
typedef struct RvFrameRows {
    size_t count;
    int dimensions;
    const int64_t *video_ids;     /* [count] */
    const int64_t *frame_numbers; /* [count] */
    const double *times_s;        /* [count] */
    const float *embeddings;      /* float32[count, dimensions], as stored */
} RvFrameRows;

/* How a name selects videos. A name (`name`, `video_glob`, or the value of a frame's term) is tried in these
 * ways in this order. It selects the videos that the first successful way finds, which may be several. */
typedef enum RvNaming {
    RV_NAMED_NONE,
    RV_NAMED_PATH,   /* the path or URL as the library keeps it */
    RV_NAMED_FILE,   /* the file that the name leads to from the current folder */
    RV_NAMED_ENDING, /* the last parts of the path: clip.mp4, talks/clip.mp4 */
    RV_NAMED_PATTERN /* a shell pattern with * ? [ ], on the whole path or on its last part, with a '/' in
                        it also on several last parts; * crosses '/', case counts */
} RvNaming;

/* A line of details of a model, its NUL included. */
#define RV_MODEL_DETAILS_SIZE 1024

typedef struct RvLibraryInfo {
    char uri[1024];
    int schema_version;
    char model_name[128]; /* "" if the library is empty */
    char weights_sha256[65];
    char model_path[4096]; /* where its checkpoint was when the library was last indexed; "": not known */
    int dimensions;
    bool normalized;
    int64_t video_count, complete_count, failed_count, frame_count;
    int64_t damaged_count; /* of the complete ones: those with content that could not be read or decoded */
    int64_t size_bytes, picture_bytes, embedding_bytes;
    int64_t code_bytes, code_count; /* size of the file of codes beside the library, and the frames in it */
    double min_embedding_length, max_embedding_length; /* Euclidean */
    int min_picture_height, max_picture_height;        /* of the stored pictures */
    int64_t from_pictures_count; /* of the complete ones: those of rv_video_is_from_pictures */
    char schema[64];             /* of a server that has schemas; else "" */
    int worker_count, shard_count; /* machines of a cluster with rows, and parts of the rows; 0, 0: no cluster */
    uint64_t reserved[6];
} RvLibraryInfo;

/* Threads: all functions of this header may be called from any thread; one call at a time per struct. */

/* True if a video's file no longer exists. The library still has its frames, and searches find them. False
 * for a URL, and if it cannot be decided (a folder that cannot be entered). */
RV_API bool rv_video_is_missing(const RvVideo *video);

/* True if the video's embeddings were made from the stored pictures of another library (rv_library_reembed),
 * which are smaller than its frames and compressed as JPEG. video->error tells their size, and why. */
RV_API bool rv_video_is_from_pictures(const RvVideo *video);

/* "indexing", "complete", "failed"; "unknown" otherwise. Never NULL. */
RV_API const char *rv_video_state_name(RvVideoState state);

RV_API void rv_videos_clear(RvVideos *videos);
RV_API void rv_frames_clear(RvFrames *frames);

#ifdef __cplusplus
}
#endif
#endif
