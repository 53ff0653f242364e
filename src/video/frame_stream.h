/* SPDX-License-Identifier: MIT */
/* The wanted frames of a video, in order, each with the time it is on screen; decodes only what they need. */
#ifndef RV_VIDEO_FRAME_STREAM_H
#define RV_VIDEO_FRAME_STREAM_H

#include "video/frame_plan.h"
#include "video/video_reader.h"

typedef struct TimedFrame {
    Frame frame;
    FrameTiming timing;
} TimedFrame;

typedef struct FrameStreamOptions {
    FrameWanted wanted;
    void *user;
    bool decode_everything; // no short cuts: the reference that the short cuts are tested against
    bool keep_disordered; // deliver also frames whose time stamps run backwards, as players that count frames
                          // do
} FrameStreamOptions;

typedef struct FrameStreamStats {
    size_t packets_read, packets_decoded, packets_damaged, frames_decoded;
} FrameStreamStats;

typedef struct FrameStream FrameStream;

/* The reader is borrowed and must outlive the stream; one stream per reader. */
RvStatus rv_frames_open(VideoReader *reader, const FrameStreamOptions *options, FrameStream **out,
                        RvError *err);
void rv_frames_close(FrameStream *stream);

/* The next wanted frame replaces *out (zeroed before the first call, cleared by the caller after the last).
 * *end is set, and *out untouched, after the last. Errors: FORMAT when not one frame came out; IO and NETWORK
 * when the file or the connection broke before the video's end; IO when a frame cannot be fetched from the
 * video hardware; CANCELLED, MEMORY. */
RvStatus rv_frames_next(FrameStream *stream, TimedFrame *out, bool *end, RvError *err);

/* When the last frame leaves the screen; 0 before rv_frames_next gave *end. */
int64_t rv_frames_end_us(const FrameStream *stream);

/* One tick of the stream's time base, rounded up. */
int64_t rv_frames_tick_us(const FrameStream *stream);

/* What is damaged, in words: packets that the decoder refused so far and, once the video has ended, that it
 * was cut short or could not be read to its end; "": nothing that was seen. */
void rv_frames_describe_damage(const FrameStream *stream, char *text, size_t size_bytes);

FrameStreamStats rv_frames_stats(const FrameStream *stream);

#endif
