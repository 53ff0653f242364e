/* SPDX-License-Identifier: MIT */
/* What the files of video/ share: the inside of a reader, and what video_info.c finds out about it. */
#ifndef RV_VIDEO_VIDEO_INTERNAL_H
#define RV_VIDEO_VIDEO_INTERNAL_H

#include <libavformat/avformat.h>

#include "reelvec/status.h"
#include "video/video_clock.h"
#include "video/video_facts.h"

/* Limits of what is kept of other video streams since the chosen stream's last packet. The video may go on in
 * one of them. */
#define FOLLOW_HELD_MAX 1024
#define FOLLOW_STREAMS_MAX 64

typedef struct FollowUp {
    bool possible; // the container is one whose streams change their identity
    AVPacket *held[FOLLOW_HELD_MAX];
    size_t held_count;
    // held[quiet_from ..] came after the last packet of the chosen stream
    size_t quiet_from;
    bool has_last; // last_us is valid
    // time of the chosen stream's last packet, and the longest gap between two of its packets; 0 if unknown
    int64_t last_us, gap_us;
    int straggler_count; // packets of the chosen stream since the first held one
    // how often a stream, by its index, was seen between packets of the chosen one
    uint8_t overlaps[FOLLOW_STREAMS_MAX];
    AVStream *next; // the stream in which the video goes on; NULL if none
} FollowUp;

struct VideoReader {
    char *address; // as the caller gave it
    char *name;    // for messages: without user and password
    bool is_url;
    VideoOptions options;
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream; // the chosen stream
    const AVCodec *codec;
    VideoInfo info;
    VideoClock clock;
    AVRational rate;     // frames per second; 25 if the container does not say
    int64_t interval_us; // 1 / rate
    int error_run;       // read errors in a row
    bool ended;
    FollowUp follow;
    // of the input
    int (*open_piece)(AVFormatContext *format, AVIOContext **io, const char *address, int flags,
                      AVDictionary **options);
    int (*close_piece)(AVFormatContext *format, AVIOContext *io);
    bool opened;           // errors from here on concern a piece of the content
    int fault;             // FFmpeg's error of a piece of a playlist; 0 if none
    bool sizeless;         // the size of the input is unknown
    bool names_pieces;     // it begins as a playlist; FFmpeg 7.1 knows such files by their names alone
    bool doubted;          // FFmpeg may have been refused memory while it was opened (ffmpeg_compat.h)
    bool endless;          // the size is unknown and the limit was exceeded
    int64_t packet_bytes;  // bytes read before the last packet
    int64_t announced_end; // announced end of the content by its first bytes; 0 if unknown
    // how it ended
    bool last_corrupt;   // the last packet was incomplete
    bool cut;            // the content ended before its announced end
    char stop_text[128]; // why the demuxer stopped reading early; "" if it did not
};

/* Returns the video stream that rv_video_open would choose, or NULL if there is none. */
AVStream *rv_video_choose_stream(AVFormatContext *format);

/* True if `stream` is a better choice than `best`. */
bool rv_video_is_better(const AVStream *stream, const AVStream *best);

/* True if the stream is an attached cover picture. */
bool rv_video_is_picture(const AVStream *stream);

/* Set rate and interval of the chosen stream if the container names them. */
void rv_video_set_rate(VideoReader *reader);

/* Fill in codec, duration, rate, size as displayed, and the clock. */
void rv_video_fill_info(VideoReader *reader);

/* Derive quarter_turns (clockwise) and mirrored from the nine numbers of a display matrix; NULL means
 * upright. */
void rv_video_read_matrix(const int32_t *matrix, int *quarter_turns, bool *mirrored);

#endif
