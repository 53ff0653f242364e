/* SPDX-License-Identifier: MIT */
/* The label that a file gives its first frame. */
#ifndef RV_VIDEO_MEDIA_TIMECODE_H
#define RV_VIDEO_MEDIA_TIMECODE_H

#include "reelvec/media.h"
#include "video/video_internal.h"

/* Fill has_timecode, drop_frame, timecode and start_frame, whose rate is known, and add to the warning. Sources, the first
 * that there is: a track of timecode (tmcd), and the tag `timecode` of the video, the file, any other track (which FFmpeg
 * makes of Sony's metadata, MXF and others). Reads a few bytes of a file. */
void rv_media_find_timecode(VideoReader *reader, RvMedia *media);

/* Add a sentence to the warning. */
void rv_media_warn(RvMedia *media, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- for tests ---- */

/* What a track of timecode says (QuickTime File Format, "Timecode sample description"). */
typedef struct TimecodeTrack {
    uint32_t flags;        // 1: drop-frame, 8: a counter, no timecode
    int frames_per_second; // that labels count
    uint64_t frame;        // number of the first frame; may pass midnight
} TimecodeTrack;

/* Take the label of a track of timecode over to a file of media->rate. */
void rv_media_set_track_timecode(RvMedia *media, const TimecodeTrack *track);

/* Take a text over. */
void rv_media_set_text_timecode(RvMedia *media, const char *text);

#endif
