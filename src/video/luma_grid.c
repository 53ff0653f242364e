/* SPDX-License-Identifier: MIT */
/* A frame's brightness on a coarse grid, to measure how much two frames differ. */
#include "video/luma_grid.h"

#include <stdlib.h>

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/error.h"
#include "base/mem.h"
#include "video/ffmpeg_compat.h"

struct LumaScaler {
    struct SwsContext *context;
};

RvStatus rv_luma_create(LumaScaler **out, RvError *err)
{
    *out = rv_mem_alloc(1, sizeof **out, err);
    return *out != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_luma_destroy(LumaScaler *scaler)
{
    if (scaler == NULL)
        return;
    sws_freeContext(scaler->context);
    free(scaler);
}

RvStatus rv_luma_grid(LumaScaler *scaler, const Frame *frame, uint8_t *grid, RvError *err)
{
    const AVFrame *av = frame->av;
    rv_ffmpeg_watch_memory();
    scaler->context =
        sws_getCachedContext(scaler->context, av->width, av->height, av->format, LUMA_GRID_WIDTH,
                             LUMA_GRID_HEIGHT, AV_PIX_FMT_GRAY8, SWS_AREA, NULL, NULL, NULL);
    if (scaler->context == NULL && rv_ffmpeg_may_lack_memory())
        return rv_error_set(err, RV_ERROR_MEMORY, "out of memory for comparing frames");
    if (scaler->context == NULL) {
        const char *name = av_get_pix_fmt_name(av->format);
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "frames of %d x %d pixels in format %s cannot be compared", av->width, av->height,
                            name != NULL ? name : "unknown");
    }
    uint8_t *planes[4] = {grid};
    int strides[4] = {LUMA_GRID_WIDTH};
    sws_scale(scaler->context, (const uint8_t *const *)av->data, av->linesize, 0, av->height, planes,
              strides);
    return RV_OK;
}

double rv_luma_difference(const uint8_t *left, const uint8_t *right)
{
    long sum = 0;
    for (int i = 0; i < LUMA_GRID_SIZE; i++)
        sum += abs(left[i] - right[i]);
    return (double)sum / (255.0 * LUMA_GRID_SIZE);
}
