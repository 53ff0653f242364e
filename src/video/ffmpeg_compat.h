/* SPDX-License-Identifier: MIT */
/* The places where FFmpeg 5, 6 and 7 differ, and FFmpeg's process-wide log. */
#ifndef RV_VIDEO_FFMPEG_COMPAT_H
#define RV_VIDEO_FFMPEG_COMPAT_H

#include <stdbool.h>

#include <libavformat/avformat.h>

/* Silence FFmpeg's log to stderr, once per process, unless the host program has set a log level.
 * Thread-safe. */
void rv_ffmpeg_silence(void);

/* Returns the nine numbers of a stream's display matrix, or NULL if it has none. Borrowed from the stream. */
const int32_t *rv_ffmpeg_stream_matrix(const AVStream *stream);

/* Returns true, with profile and compatibility of the base layer, if the stream is marked as Dolby Vision. */
bool rv_ffmpeg_dolby_vision(const AVStream *stream, int *profile, int *compatibility);

/* Duration of a frame in ticks of the stream's time base; 0 if unknown. */
int64_t rv_ffmpeg_frame_duration(const AVFrame *frame);

/* True if the decoder marked the frame as a keyframe. */
bool rv_ffmpeg_frame_is_key(const AVFrame *frame);

/* Channels of an audio stream. */
int rv_ffmpeg_channel_count(const AVCodecParameters *parameters);

/* FFmpeg does not always say that it was refused memory: it may report damaged data, its end, or nothing at all and an
 * empty stream. malloc(3) says so in errno, per thread; what FFmpeg's own threads were refused is not seen. The system
 * may also have refused a part that was then found elsewhere, so this says what may be, not what is. Call
 * rv_ffmpeg_watch_memory before FFmpeg, and one of the others right after it. code: what FFmpeg returned; the second of
 * them is true only of a failure. */
void rv_ffmpeg_watch_memory(void);
bool rv_ffmpeg_may_lack_memory(void);
bool rv_ffmpeg_lacks_memory(int code);

/* Write a short text of an FFmpeg error code. text needs at least 128 bytes. */
void rv_ffmpeg_error_text(int code, char *text, size_t size_bytes);

#endif
