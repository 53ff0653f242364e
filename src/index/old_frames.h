/* SPDX-License-Identifier: MIT */
/* The frames that a video has in another library: their times and pictures, one after the other. */
#ifndef RV_INDEX_OLD_FRAMES_H
#define RV_INDEX_OLD_FRAMES_H

#include <pthread.h>

#include "base/buffer.h"
#include "reelvec/index.h"
#include "store/store.h"

/* A video of a list that another library, the old one, has with another model's embeddings. Path, content,
 * sampling, frame numbers, times and pictures are those of the old library; only the embeddings are new.
 * Everything is borrowed until the video has ended. */
typedef struct IndexOrigin {
    Store *store;           // the old library
    pthread_mutex_t *mutex; // guards store, which the decoding threads of several videos use
    const StoredVideo *row; // the video in the old library
    bool from_pictures;     // if its file is gone or changed, embed its stored pictures
    bool replace;           // replace a row of this path with other content or sampling
    bool took_pictures;     // set: its stored pictures are what is embedded
} IndexOrigin;

/* Threads: any number at once, but for opening and closing. */
typedef struct OldFrames OldFrames;

/* Origin and encoder are borrowed. Errors: those of rv_store_frames. */
RvStatus rv_old_frames_open(const IndexOrigin *origin, RvEncoder *encoder, OldFrames **out, RvError *err);
void rv_old_frames_close(OldFrames *old);

size_t rv_old_frames_count(const OldFrames *old);
/* The frame at this place in the order of their numbers. */
RvFrameInfo rv_old_frames_at(const OldFrames *old, size_t place);
/* True if the old library has all frames of the video, so that one more is a contradiction. */
bool rv_old_frames_are_all(const OldFrames *old);

/* The old library keeps an interval in ten digits, and the times of frames in microseconds: frame k + 1 is at
 * round(k x interval). If the interval in *sampling gives other times than the frames have, replace it by one
 * that gives them all. Without that 1/30 s would miss its frames by a microsecond after an hour, and take the
 * pictures before them. */
void rv_old_frames_refine(const OldFrames *old, RvSamplingOptions *sampling);

/* Append the picture of a frame; nothing if the old library has none. *time_s: in, the time that was decoded;
 * out, the one in the old library. Errors: FORMAT if the frame is not among the old ones or has another time;
 * NOT_FOUND if the video was removed meanwhile. */
RvStatus rv_old_frames_take(OldFrames *old, int64_t frame_number, double *time_s, Buffer *jpeg, RvError *err);

/* The model's input of a stored picture: rgb_u8 uint8[image_size, image_size, 3]. Errors: NOT_FOUND if it is
 * empty, FORMAT if it is damaged. */
RvStatus rv_old_frames_input(const OldFrames *old, int64_t frame_number, const Buffer *jpeg, uint8_t *rgb_u8,
                             RvError *err);

/* Width and height of the first picture; 0 if there is none. */
RvStatus rv_old_frames_picture_size(OldFrames *old, int *width, int *height, RvError *err);

#endif
