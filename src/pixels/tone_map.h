/* SPDX-License-Identifier: MIT */
/* Wide-gamut and high-dynamic-range pixels to sRGB. */
#ifndef RV_PIXELS_TONE_MAP_H
#define RV_PIXELS_TONE_MAP_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef enum ToneTransfer { TONE_SDR, TONE_PQ, TONE_HLG } ToneTransfer;
typedef enum ToneGamut { TONE_BT709, TONE_P3, TONE_BT2020 } ToneGamut;

/* What a frame's signal means. peak_nits: the brightest that the mastering saw, 0 for SDR. */
typedef struct ToneSource {
    ToneTransfer transfer;
    ToneGamut gamut;
    float peak_nits;
} ToneSource;

/* From the frame's transfer, primaries and mastering data. PQ and HLG without primaries count as BT.2020. */
ToneSource rv_tone_source(const AVFrame *frame);

/* true where the pixels are not sRGB already (BT.709's and sRGB's curves are not told apart: players do not
 * either). */
bool rv_tone_source_needs_map(const ToneSource *source);

/* Tables for one source. Free with rv_tone_map_destroy, which accepts NULL. */
typedef struct ToneMap ToneMap;
RvStatus rv_tone_map_create(const ToneSource *source, ToneMap **out, RvError *err);
void rv_tone_map_destroy(ToneMap *map);
const ToneSource *rv_tone_map_source(const ToneMap *map);

/* rgb_u16: height rows of rgb_stride bytes, full range, machine order; out_u8: R G B rows of out_stride
 * bytes. */
void rv_tone_map_apply(const ToneMap *map, const uint16_t *rgb_u16, size_t rgb_stride, int width, int height,
                       uint8_t *out_u8, size_t out_stride);

#endif
