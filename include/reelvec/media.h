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
    RvRate
        rate; /* one of 24000/1001, 24, 25, 30000/1001, 30, 48, 50, 60000/1001, 60, 100, 120000/1001, 120 if the
                    measured rate is within 0.1 % of it; else the nearest of them if the rate is variable, and the
                    nearest whole number if it is not. 0/0: the file has no video */
    bool variable_rate;  /* the frames are not evenly spaced: positions in frames are those of `rate` */
    int64_t frame_count; /* whole length at `rate`; at least 1 with video */
    double duration_s;   /* of the video; of the sound if there is no video */
    bool has_timecode;   /* the file says what label its first frame has: */
    bool drop_frame;     /* only with 30000/1001 and 60000/1001 */
    char timecode[16];   /* "01:00:00;00"; "" if there is none */
    int64_t start_frame; /* the number of that label's frame at `rate`; 0 if there is none */
    int width, height;   /* as displayed: turned, square pixels */
    int coded_width, coded_height;
    int aspect_num, aspect_den; /* shape of a coded pixel, width to height; 1/1 if the file does not say */
    int quarter_turns;          /* clockwise, to display a coded picture */
    char codec[32];             /* of the video; "" if there is none */
    RvAudioTrack *audio;        /* [audio_count] */
    size_t audio_count;
    char warning
        [256]; /* one line: what is not as exact as it looks (a variable or unusual rate, a timecode that
                          cannot be); "" if there is nothing */
    uint64_t reserved[8];
} RvMedia;

/* Read the facts of a file or URL. Looks at the head of the file, at the time stamps of a few thousand packets and, where
 * the file has a track of timecode, at its first sample; nothing is decoded for display. The caller clears *out. Threads:
 * any, any number of calls at once. Errors: as of reading a video; FORMAT if there is neither video nor sound. */
RV_API RvStatus rv_media_read(const char *path_or_url, RvMedia *out, RvError *err);
RV_API void rv_media_clear(RvMedia *media);

#ifdef __cplusplus
}
#endif
#endif
