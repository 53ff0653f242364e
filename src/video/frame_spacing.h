/* SPDX-License-Identifier: MIT */
/* How the frames of a video are spaced in time, measured from packets without decoding and without reading all of it. */
#ifndef RV_VIDEO_FRAME_SPACING_H
#define RV_VIDEO_FRAME_SPACING_H

#include "reelvec/media.h"
#include "video/video_internal.h"

typedef struct FrameSpacing {
    int64_t first_pts; // of the first frame on screen, in ticks of the stream
    bool has_first;    // false: no packet has a time stamp
    bool variable;     // the frames are not evenly spaced
    double rate;       // frames a second where it was measured; 0 if unknown
    double rate_error; // the true rate differs by at most this part, by the coarseness of the time stamps
    RvRate
        grid; // a usual rate on whose places all frames that were read stand, if some are left out; else 0/0
    int64_t frame_count; // of the whole video; 0 if it was not read whole
    double length_s;     // from the first frame to the end of the last; 0 if the last was not seen
} FrameSpacing;

/* Measure the chosen stream. A container with a table of all its frames (MP4, QuickTime) is not read; of others the packets
 * of the beginning and, if the input can seek and is a file, of places near the middle and the end; all if it has no known
 * length. The reader cannot be read from afterwards. Errors: IO, NETWORK, CANCELLED, MEMORY. */
RvStatus rv_spacing_measure(VideoReader *reader, FrameSpacing *out, RvError *err);

/* ---- for tests ---- */

/* Judge rising time stamps [count] of neighbouring frames. interval: expected ticks between two, or 0. */
bool rv_spacing_is_even(const int64_t *stamps, size_t count, double interval);

/* True if time stamps [count], in ticks of tick_s, are whole frames of the rate away from `first`, give or take a tick. */
bool rv_spacing_is_on_grid(const int64_t *stamps, size_t count, int64_t first, double tick_s, RvRate rate);

#endif
