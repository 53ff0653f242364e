/* SPDX-License-Identifier: MIT */
/* The wanted frames of a video, in order, each with the time it is on screen; decodes only what they need. */
#ifndef RV_VIDEO_FRAME_STREAM_H
#define RV_VIDEO_FRAME_STREAM_H

#include "video/timed_frame.h"
#include "video/video_reader.h"

/* Open a stream of the frames that options->wanted selects. The reader is borrowed and must outlive the
 * stream; only one stream per reader. Errors: UNSUPPORTED, MEMORY. */
RvStatus rv_frames_open(VideoReader *reader, const FrameStreamOptions *options, FrameStream **out,
                        RvError *err);
void rv_frames_close(FrameStream *stream);

/* Replace *out by the next wanted frame. *out must be zeroed before the first call and cleared by the caller
 * after the last. After the last frame *end is set and *out is unchanged. Errors: FORMAT if not one frame
 * could be decoded; IO and NETWORK if the file or the connection broke before the video's end; IO if a frame
 * cannot be fetched from the video hardware; CANCELLED, MEMORY. */
RvStatus rv_frames_next(FrameStream *stream, TimedFrame *out, bool *end, RvError *err);

typedef enum FramesPlace {
    FRAMES_STAYED, // nothing is to be gained: the stream goes on as before
    FRAMES_PLACED, // the next frame is at most the one on screen at the time asked for
    FRAMES_LOST    // the stream is of no more use: open the video again and read from its beginning
} FramesPlace;

/* Go on near a time, without what lies between being read. Call after the first frame, which sets time zero, has
 * been delivered. Frames keep the times and pixels that they have when the video is read from its beginning;
 * frame_index and keyframe_index count from here. Errors: IO, NETWORK, CANCELLED, MEMORY. */
RvStatus rv_frames_seek(FrameStream *stream, int64_t us, FramesPlace *place, RvError *err);

/* Time at which the last frame leaves the screen, in microseconds; 0 until rv_frames_next has set *end. */
int64_t rv_frames_end_us(const FrameStream *stream);

/* Length of one tick of the stream's time base in microseconds, rounded up. */
int64_t rv_frames_tick_us(const FrameStream *stream);

/* Write what is damaged in words: packets that the decoder refused so far and, once the video has ended, that
 * it was cut short or could not be read to its end. "" if nothing is damaged. */
void rv_frames_describe_damage(const FrameStream *stream, char *text, size_t size_bytes);

/* Returns the counts so far. */
FrameStreamStats rv_frames_stats(const FrameStream *stream);

#endif
