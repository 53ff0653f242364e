/* SPDX-License-Identifier: MIT */
/* One decoded video frame: planes, colour facts, how it is to be shown, when. */
#ifndef RV_VIDEO_FRAME_H
#define RV_VIDEO_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "reelvec/status.h"

struct AVFrame; // only video/ and pixels/ look inside

typedef struct Frame {
    struct AVFrame *av; // owned reference, in memory: planes, pixel format, colour matrix, range, transfer,
                        // field order
    int64_t pts_us;     // presentation time from the video's time zero
    bool keyframe;
    int quarter_turns;     // clockwise turns by 90 degrees that make it upright, 0 to 3 (display matrix)
    bool mirrored;         // flipped left to right, before the turns
    int sample_aspect_num; // pixel width : pixel height, 1:1 if unknown
    int sample_aspect_den;
} Frame;

/* Release the planes. NULL and half-filled frames are accepted. */
void rv_frame_clear(Frame *frame);

/* Make a second reference to the same planes, to keep a borrowed frame beyond its life. *out is overwritten;
 * release it with rv_frame_clear. Errors: MEMORY. */
RvStatus rv_frame_ref(const Frame *frame, Frame *out, RvError *err);

#endif
