/* SPDX-License-Identifier: MIT */
/* One video into the store, step by step: is it already there, is it a copy of another, where to go on, what
 * failed. */
#ifndef RV_INDEX_VIDEO_H
#define RV_INDEX_VIDEO_H

#include <stdatomic.h>

#include "index/batch_maker.h"
#include "index/batch_writer.h"
#include "reelvec/index.h"
#include "reelvec/queue.h"
#include "store/store.h"
#include "video/video_reader.h"

/* What all videos of a run share. Everything is borrowed. */
typedef struct IndexContext {
    Store *store;
    RvEncoder *encoder;
    const RvLog *log;
    const RvIndexOptions *options;
} IndexContext;

/* What is known of the source, and of the rows that may already describe it. */
typedef struct VideoSource {
    char *path;    // absolute path, or a URL without user and password
    char *address; // the URL as it was given, with user and password; NULL for a file
    int64_t size_bytes, modified_ns;
    char content_key[80]; // "" until known
    char sampling[64];
    bool by_path, by_content; // which of the two rows below were found
    StoredVideo same_path, same_content;
} VideoSource;

/* What is to be done with the source. */
typedef struct IndexDecision {
    bool done;           // nothing to decode; outcome and video_id are in the report
    int64_t resume_id;   // if > 0, continue this row
    size_t first_sample; // first sample to decode for the resumed row
    char damage[512];    // damage found in the resumed row's samples; "" if none
    int64_t replace_id;  // if > 0, this row is deleted when the new one begins
    bool changed;        // the row to replace describes what the file held before
} IndexDecision;

typedef struct IndexVideo {
    const IndexContext *context;
    VideoSource source;
    IndexDecision decision;
    int64_t video_id; // id of its row, once the row has begun
    VideoReader *reader;
    BatchMaker *batches;
    BatchWriter *writer;
    double taken_from_s, taken_to_s; // times of the first and the last frame stored
    bool elsewhere; // another process works on it or has removed its row; it is left to that process
    RvIndexReport report;
    atomic_bool stopping; // set to end the video early; reading and decoding test it
    atomic_llong read_bytes;
} IndexVideo;

/* The steps in their order. Steps marked S use the store. The others may run on another thread meanwhile. All
 * return the errors of what they call. */

/* Fill in what follows from the name. path_or_url is borrowed during the call. */
RvStatus rv_index_video_begin(IndexVideo *video, const IndexContext *context, const char *path_or_url,
                              RvError *err);
/* S: look up the row of the path. If the content key is still "" then, call _read, which reads the file. */
RvStatus rv_index_video_look(IndexVideo *video, RvError *err);
RvStatus rv_index_video_read(IndexVideo *video, RvError *err);
/* S: decide what to do. Call directly after _look(): another video may change the rows it read. */
RvStatus rv_index_video_decide(IndexVideo *video, RvError *err);
/* Open reader and batches. thread_count: threads of the decoder; 0 for one per core. */
RvStatus rv_index_video_open(IndexVideo *video, int thread_count, RvError *err);
/* S: begin the row, unless one is continued, and allocate what the batches need; the batches may be filled
 * then. This and the two below return BUSY, with `elsewhere` set, if another process indexes the video:
 * processes may index the same library at the same time, and none locks a video. A process that finds a frame
 * it was about to store leaves the video to the other process. */
RvStatus rv_index_video_begin_row(IndexVideo *video, RvError *err);
/* S: embed and store a batch. */
RvStatus rv_index_video_put(IndexVideo *video, const FrameBatch *batch, RvError *err);
/* S: mark the row as complete, with its damage. */
RvStatus rv_index_video_finish(IndexVideo *video, RvError *err);
/* S: record a failure. Faults of the video itself are stored in its row. Temporary faults (network, disk,
 * memory) and faults of the library or the model (of_the_video is false) leave the row unfinished; only
 * damage found before is stored. Nothing is stored for a source that was never a video: a new one without a
 * video's name, or with text in it. */
void rv_index_video_record(IndexVideo *video, const RvError *cause, bool of_the_video);
/* Valid after any step, also after a failed one. */
void rv_index_video_close(IndexVideo *video);

#endif
