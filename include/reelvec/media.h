/* SPDX-License-Identifier: MIT */
/* Facts of a media file that an editor must know: exact rate, length, source timecode, sizes, audio tracks. */
#ifndef REELVEC_MEDIA_H
#define REELVEC_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frames a second as a fraction: 30000/1001. 0/0: none. */
typedef struct RvRate {
    int num, den;
} RvRate;

typedef struct RvAudioTrack {
    int channels, sample_rate;
    char codec[32];
    char language[16]; /* "" if the file does not say */
    uint64_t reserved[2];
} RvAudioTrack;

typedef struct RvMedia {
    char *path; /* absolute; of a URL without user and password */
    /* 24000/1001, 24, 25, 30000/1001, 30, 48, 50, 60000/1001, 60, 100, 120000/1001 or 120 if what was measured is within
     * 0.1 % of it; else the exact rate if the frames are evenly spaced, and the nearest of these if they are not */
    RvRate rate;
    bool variable_rate;  /* the frames are not evenly spaced; positions are times in units of `rate` */
    int64_t frame_count; /* whole length at `rate`; at least 1 */
    double duration_s;   /* from the first frame to the end of the last */
    /* The first frame's place among the times of moments, mostly 0: what editors call frame n is shown at
     * first_frame_s + n / rate */
    double first_frame_s;
    bool has_timecode;   /* the file says which label its first frame has: */
    bool drop_frame;     /* only with 30000/1001 and 60000/1001 */
    char timecode[16];   /* "01:00:00;00"; "" if there is none */
    int64_t start_frame; /* number of that label at `rate`; 0 if there is none */
    int width, height;   /* as displayed: turned, square pixels */
    int coded_width, coded_height;
    int aspect_num, aspect_den; /* width to height of a coded pixel; 1/1 if the file does not say */
    int quarter_turns;          /* clockwise, to display a coded picture */
    char codec[32];             /* of the video */
    RvAudioTrack *audio;        /* [audio_count] */
    size_t audio_count;
    /* One line if something is not as exact as it looks (a variable or unusual rate, a timecode that cannot be); else "" */
    char warning[256];
    double zero_s;      /* where the file's own clock stands at the time 0 of moments, mostly 0 */
    char container[32]; /* FFmpeg's words for its kind: "matroska,webm" */
    bool hdr;           /* PQ or HLG: dull on a display that does not know them, unless it is converted */
    uint64_t reserved[2];
} RvMedia;

/* Read the facts of a video. Looks at its head, at the time stamps of a few thousand packets and, if it has a track of
 * timecode, at that track's first sample; no picture is decoded. The caller clears *out. Threads: any, any number of
 * calls at once. Errors: as of reading a video. */
RV_API RvStatus rv_media_read(const char *path_or_url, RvMedia *out, RvError *err);
RV_API void rv_media_clear(RvMedia *media);

#ifdef __cplusplus
}
#endif
#endif
