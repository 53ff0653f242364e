/* SPDX-License-Identifier: MIT */
/* One decoded video frame: references to its planes. */
#include "video/frame.h"

#include <libavutil/frame.h>

#include "base/error.h"

void rv_frame_clear(Frame *frame)
{
    if (frame == NULL)
        return;
    av_frame_free(&frame->av);
    *frame = (Frame){0};
}

RvStatus rv_frame_ref(const Frame *frame, Frame *out, RvError *err)
{
    *out = *frame;
    out->av = av_frame_clone(frame->av);
    if (out->av == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "out of memory: a reference to a video frame was refused");
    return RV_OK;
}
