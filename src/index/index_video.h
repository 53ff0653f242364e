/* SPDX-License-Identifier: MIT */
/* One video into the store, step by step: is it there already, is it another's copy, where to go on, what
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

/* What several videos share. */
typedef struct IndexContext {
    Store *store;
    RvEncoder *encoder;
    const RvLog *log;
    const RvIndexOptions *options;
} IndexContext;

/* What is known of the source and of the rows that may already be about it. */
typedef struct VideoSource {
    char *path;    // absolute, or a URL as it is shown
    char *address; // of a URL: as it was given, with user and password; NULL: it is a file
    int64_t size_bytes, modified_ns;
    char content_key[80]; // "": not known yet
    char sampling[64];
    bool by_path, by_content; // which of the rows below were found
    StoredVideo same_path, same_content;
} VideoSource;

/* What is to be done with the source. */
typedef struct IndexDecision {
    bool done;           // nothing to decode; outcome and video_id are in the report
    int64_t resume_id;   // > 0: go on with this row
    size_t first_sample; // of the resumed row
    char damage[512];    // what was found in the resumed row's samples; "": nothing
    int64_t replace_id;  // > 0: this row goes when the new one begins
    bool changed;        // that row is about what the file held before
} IndexDecision;

typedef struct IndexVideo {
    const IndexContext *context;
    VideoSource source;
    IndexDecision decision;
    int64_t video_id; // of its row, once that has begun
    VideoReader *reader;
    BatchMaker *batches;
    BatchRows *rows;
    double taken_from_s, taken_to_s; // times of the first and the last frame that were put
    bool elsewhere; // another process works on it, or has removed its row: it is left to that
    RvIndexReport report;
    atomic_bool stopping; // set when it is to give up; reading and decoding look at it
    atomic_llong read_bytes;
} IndexVideo;

/* The steps in their order. Those marked S use the store; the others may run on another thread meanwhile. */

/* What the name says by itself. path_or_url is borrowed during the call. */
RvStatus rv_index_video_begin(IndexVideo *video, const IndexContext *context, const char *path_or_url,
                              RvError *err);
/* S: whether its row tells the content key; else the file is to be read for it. */
RvStatus rv_index_video_look(IndexVideo *video, RvError *err);
RvStatus rv_index_video_read(IndexVideo *video, RvError *err);
/* S: what is to be done. Right after looking: other videos change rows. */
RvStatus rv_index_video_decide(IndexVideo *video, RvError *err);
/* Open reader and batches. thread_count: of the decoder; 0: one per core. */
RvStatus rv_index_video_open(IndexVideo *video, int thread_count, RvError *err);
/* S: its row, if it has none, and what its batches need; then they may be filled. BUSY with `elsewhere` set,
 * here and from the two below: other processes may index the same library at the same time, and none holds a
 * lock on a video. Who finds a frame that it was about to put there already leaves the video to the other. */
RvStatus rv_index_video_begin_row(IndexVideo *video, RvError *err);
/* S: a batch into rows. */
RvStatus rv_index_video_put(IndexVideo *video, const FrameBatch *batch, RvError *err);
/* S: the row says that it is complete, and what is damaged. */
RvStatus rv_index_video_finish(IndexVideo *video, RvError *err);
/* S: faults of the video itself are kept in its row; of those of the moment (network, disk, memory) and of
 * those of the library or the model (of_the_video is false), which leave it unfinished, only what was found
 * damaged before; nothing of what was never a video: a new source without a video's name, or with text in it.
 */
void rv_index_video_record(IndexVideo *video, const RvError *cause, bool of_the_video);
/* After any of them. */
void rv_index_video_close(IndexVideo *video);

#endif
