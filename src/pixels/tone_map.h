/* SPDX-License-Identifier: MIT */
/* Conversion of wide-gamut and high-dynamic-range pixels to sRGB. */
#ifndef RV_PIXELS_TONE_MAP_H
#define RV_PIXELS_TONE_MAP_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef enum ToneTransfer { TONE_SDR, TONE_PQ, TONE_HLG } ToneTransfer;
typedef enum ToneGamut { TONE_BT709, TONE_P3, TONE_BT2020 } ToneGamut;

/* The meaning of a frame's signal. peak_nits: the peak brightness of the mastering display; 0 for SDR. */
typedef struct ToneSource {
    ToneTransfer transfer;
    ToneGamut gamut;
    float peak_nits;
} ToneSource;

/* Returns the source by the frame's transfer, primaries and mastering data. PQ and HLG without primaries
 * count as BT.2020. */
ToneSource rv_tone_source(const AVFrame *frame);

/* True if the pixels are not sRGB already. BT.709's curve counts as sRGB's, as in players. */
bool rv_tone_source_needs_map(const ToneSource *source);

/* Tables for one source. Free with rv_tone_map_destroy, which accepts NULL. Threads: a map may be used by
 * several threads at once. Errors: MEMORY. */
typedef struct ToneMap ToneMap;
RvStatus rv_tone_map_create(const ToneSource *source, ToneMap **out, RvError *err);
void rv_tone_map_destroy(ToneMap *map);
const ToneSource *rv_tone_map_source(const ToneMap *map);

/* Convert pixels. rgb_u16: height rows of rgb_stride bytes, R G B in full range and machine order; out_u8: R
 * G B rows of out_stride bytes. */
void rv_tone_map_apply(const ToneMap *map, const uint16_t *rgb_u16, size_t rgb_stride, int width, int height,
                       uint8_t *out_u8, size_t out_stride);

#endif
