/* SPDX-License-Identifier: MIT */
/* What the files of video/ share: the inside of a reader, and packets as they leave it. */
#ifndef RV_VIDEO_VIDEO_INTERNAL_H
#define RV_VIDEO_VIDEO_INTERNAL_H

#include <libavformat/avformat.h>

#include "video/video_clock.h"
#include "video/video_reader.h"

/* Packets of other video streams since the last one of the chosen stream: it may go on in one of them. */
#define FOLLOW_HELD_MAX 1024
#define FOLLOW_STREAMS_MAX 64

typedef struct FollowUp {
    bool possible; // the container is one whose streams change their identity
    AVPacket *held[FOLLOW_HELD_MAX];
    size_t held_count;
    size_t quiet_from;                    // held since the last packet of the chosen stream: from there on
    bool has_last;                        // packet of the chosen stream, at
    int64_t last_us, gap_us;              // the longest gap between two of it; 0 unknown
    int straggler_count;                  // packets of the chosen stream since the first of them
    uint8_t overlaps[FOLLOW_STREAMS_MAX]; // how often a stream, by index, was seen between packets of it
    AVStream *next;                       // where the video goes on; NULL: nowhere
} FollowUp;

struct VideoReader {
    char *address; // as the caller gave it
    char *name;    // for messages: without user and password
    bool is_url;
    VideoOptions options;
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream; // the chosen one
    const AVCodec *codec;
    VideoInfo info;
    VideoClock clock;
    AVRational rate;     // frames per second, 25 where the container does not say
    int64_t interval_us; // 1 / rate
    int error_run;       // read errors in a row
    bool ended;
    FollowUp follow;
    // of the input
    int (*open_piece)(AVFormatContext *format, AVIOContext **io, const char *address, int flags,
                      AVDictionary **options);
    int (*close_piece)(AVFormatContext *format, AVIOContext *io);
    bool opened;           // what fails from here on is a piece of what is read
    int fault;             // of a piece of a playlist
    bool sizeless;         // nothing says how much there is to read
    bool endless;          // and it was too much
    int64_t packet_bytes;  // bytes read before the last packet
    int64_t announced_end; // of the content, by its first bytes; 0 unknown
    // how it ended
    bool last_corrupt;   // the last packet was not whole
    bool cut;            // before the end that the content announces
    char stop_text[128]; // what kept the demuxer from reading on; "": nothing
};

/* The next packet of the chosen stream that has bytes. *end is set after the last; content that cannot be
 * read further ends the video with a warning. Errors: IO and NETWORK where the file or the connection broke,
 * CANCELLED. */
RvStatus rv_video_read_packet(VideoReader *reader, AVPacket *packet, bool *end, RvError *err);

/* After *end: does the video go on in another stream? Then that is the chosen one, and is read on. last_us:
 * time of the last frame, for the warning. */
bool rv_video_follow(VideoReader *reader, int64_t last_us);

/* Does the caller's function say so? */
bool rv_video_is_cancelled(const VideoReader *reader);

/* CANCELLED when the caller's function says so. */
RvStatus rv_video_check_cancel(const VideoReader *reader, RvError *err);

/* The stream's video stream by the rules of rv_video_open; NULL where there is none. */
AVStream *rv_video_choose_stream(AVFormatContext *format);

/* Is it the better choice of the two? */
bool rv_video_is_better(const AVStream *stream, const AVStream *best);

/* An attached cover picture. */
bool rv_video_is_picture(const AVStream *stream);

/* Rate and interval of the chosen stream, where it says them. */
void rv_video_set_rate(VideoReader *reader);

/* Codec, duration, rate, size as displayed, clock. */
void rv_video_fill_info(VideoReader *reader);

/* quarter_turns and mirrored of nine numbers of a display matrix; NULL: upright. */
void rv_video_read_matrix(const int32_t *matrix, int *quarter_turns, bool *mirrored);

#endif
