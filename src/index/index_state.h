/* SPDX-License-Identifier: MIT */
/* What is known of a video while it is taken into the store: what its steps read and write. */
#ifndef RV_INDEX_INDEX_STATE_H
#define RV_INDEX_INDEX_STATE_H

#include <stdatomic.h>

#include "index/batch_maker.h"
#include "index/batch_writer.h"
#include "index/old_frames.h"
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
    bool empty;          // with an origin: its row has no frames
} IndexDecision;

typedef struct IndexVideo {
    const IndexContext *context;
    IndexOrigin *origin; // NULL unless another library has the video; borrowed
    VideoSource source;
    IndexDecision decision;
    int64_t video_id; // id of its row, once the row has begun
    VideoReader *reader;
    VideoInfo opened; // the reader's, before a frame was decoded
    BatchMaker *batches;
    BatchWriter *writer;
    double taken_from_s, taken_to_s; // times of the first and the last frame stored
    bool elsewhere; // another process works on it or has removed its row; it is left to that process
    RvIndexReport report;
    atomic_bool stopping; // set to end the video early; reading and decoding test it
    atomic_llong read_bytes;
    // With an origin:
    const char *no_file;    // why its stored pictures are to be taken; NULL: decode it
    OldFrames *old;         // its frames in the old library
    RvIndexOptions options; // the context's with the sampling of the old library
} IndexVideo;

#endif
