/* SPDX-License-Identifier: MIT */
/* One video into the store, step by step: is it already there, is it a copy of another, where to go on, what
 * failed. */
#ifndef RV_INDEX_VIDEO_H
#define RV_INDEX_VIDEO_H

#include "index/index_state.h"

/* The steps in their order. Steps marked S use the store. The others may run on another thread meanwhile. All
 * return the errors of what they call. */

/* Fill in what follows from the name. path_or_url is borrowed during the call. origin: NULL, or the video in
 * another library, which path_or_url must name. */
RvStatus rv_index_video_begin(IndexVideo *video, const IndexContext *context, const char *path_or_url,
                              IndexOrigin *origin, RvError *err);
/* S: look up the row of the path. If the content key is still "" then, call _read, which reads the file. */
RvStatus rv_index_video_look(IndexVideo *video, RvError *err);
RvStatus rv_index_video_read(IndexVideo *video, RvError *err);
/* S: decide what to do. Call directly after _look(): another video may change the rows it read. */
RvStatus rv_index_video_decide(IndexVideo *video, RvError *err);
/* Open reader and batches. thread_count: threads of the decoder; 0 for one per core. */
RvStatus rv_index_video_open(IndexVideo *video, int thread_count, RvError *err);
/* S: begin the row, unless one is continued, and allocate what storing batches needs; batches may be filled meanwhile.
 * This and the two below return BUSY, with `elsewhere` set, if another process indexes the video:
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
