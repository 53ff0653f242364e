/* SPDX-License-Identifier: MIT */
/* What must be known of a video to cut it: the structs of cut_source.h, which cut_scan.c fills too. */
#ifndef RV_VIDEO_CUT_FACTS_H
#define RV_VIDEO_CUT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "video/video_facts.h"

typedef enum CutTrackKind {
    CUT_TRACK_AUDIO,
    CUT_TRACK_TEXT,   // subtitles that are text
    CUT_TRACK_BITMAP, // subtitles that are pictures
    CUT_TRACK_FONT    // a file attached for subtitles
} CutTrackKind;

typedef struct CutTrack {
    CutTrackKind kind;
    int index;      // of the stream in the file
    char codec[32]; // FFmpeg's name
    int channels;   // of audio
} CutTrack;

typedef struct CutSource {
    char *address; // as FFmpeg opens it: "file:PATH", or the URL
    char *name;    // for messages
    bool is_url;
    VideoOptions options;
    VideoReader *reader; // NULL between two scans
    char demuxer[32];    // FFmpeg's first name of it: "mov"
    int video_index;
    char codec[32];
    int tick_num, tick_den; // the video stream's time base
    int rate_num, rate_den; // frames a second, on average; 25 if the container does not say
    int depth;              // bits of a component of a pixel
    bool interlaced, hdr;   // hdr: PQ or HLG
    int quarter_turns;
    bool mirrored;
    int width, height; // as displayed
    int64_t zero_us;   // the container's time at time zero, rounded down
    int64_t length_us; // of all streams, from time zero; 0 if unknown
    /* Matroska as FFmpeg writes it: when the last of its tracks ends, from time zero; 0 if unknown. The length above is
     * up to a packet of sound too long there: what the header says counts from the file's zero, not from its first
     * packet, and includes the lead-in of sound, by which readers show everything of that track earlier. */
    int64_t tracks_end_us;
    CutTrack *tracks; // [track_count], in the order of the file
    size_t track_count;
} CutSource;

/* True if FFmpeg must be asked to work out times of display (its flag genpts): streams of MPEG-1 and MPEG-2 leave them
 * out where they follow from the order. For other codecs what it works out may be wrong. */
static inline bool rv_cut_needs_times(const CutSource *source)
{
    return strcmp(source->codec, "mpeg1video") == 0 || strcmp(source->codec, "mpeg2video") == 0;
}

/* A frame that is on screen for longer before the start, or behind the end, is shown for a part of its time only. */
#define CUT_LONG_FRAME_US 100000

/* A copy ends so long behind the wanted end at most, whatever the order of decoding. */
#define CUT_COPY_BEHIND_US 2000000

/* Times are microseconds from time zero, unless said otherwise. Which frames are meant: base/moment_frames.h. */
typedef struct CutBorders {
    int64_t first_us; // of the frame on screen at the start
    int64_t start_us; // where an exact clip begins: first_us, or the start if that frame is a long one
    int64_t last_us;  // of the last frame
    int64_t
        end_us; // when it leaves the screen, or the wanted end if that is long before, or if sound goes on
    int64_t key_us; // of the keyframe from which a copy begins; not later than first_us
    bool leading;   // behind that keyframe, the file has pictures that are shown before it
    /* Time of decoding at which a copy ends: of the first packet from the end on such that what comes before it in the
     * file is also shown before it. A copy that ended sooner would lack frames before its last one. */
    int64_t copy_end_us;
    int64_t seek_us;     // a decoder that begins here has all that the first frame needs
    int64_t frame_count; // from the first frame to the last; 0 if it was not counted
    // Time stamps are missing or jump. The frames are known by their number in the whole video, from 0: the
    // first one, and the one behind the last.
    bool counted;
    int64_t first_number, end_number;
} CutBorders;

#endif
