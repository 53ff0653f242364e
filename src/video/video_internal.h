/* SPDX-License-Identifier: MIT */
/* What the files of video/ share: the inside of a reader, and packets as they leave it. */
#ifndef RV_VIDEO_VIDEO_INTERNAL_H
#define RV_VIDEO_VIDEO_INTERNAL_H

#include <libavformat/avformat.h>

#include "video/video_clock.h"
#include "video/video_reader.h"

struct VideoReader {
    char *name; // as the caller gave it, for messages
    VideoOptions options;
    AVFormatContext *format;
    AVStream *stream; // the chosen one
    const AVCodec *codec;
    VideoInfo info;
    VideoClock clock;
    AVRational rate;     // frames per second, 25 where the container does not say
    int64_t interval_us; // 1 / rate
    int error_run;       // read errors in a row
    bool ended;
};

/* The next packet of the chosen stream that has bytes. *end is set after the last; a broken connection or
 * file ends the video with a warning. Errors: CANCELLED. */
RvStatus rv_video_read_packet(VideoReader *reader, AVPacket *packet, bool *end, RvError *err);

/* CANCELLED when the caller's function says so. */
RvStatus rv_video_check_cancel(const VideoReader *reader, RvError *err);

/* The stream's video stream by the rules of rv_video_open; NULL where there is none. */
AVStream *rv_video_choose_stream(AVFormatContext *format);

/* Codec, duration, rate, size as displayed, clock. */
void rv_video_fill_info(VideoReader *reader);

/* quarter_turns and mirrored of nine numbers of a display matrix; NULL: upright. */
void rv_video_read_matrix(const int32_t *matrix, int *quarter_turns, bool *mirrored);

#endif
