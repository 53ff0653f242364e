/* SPDX-License-Identifier: MIT */
/* Conversion of wide-gamut and high-dynamic-range pixels to sRGB, in four steps:
 *
 *   1. The signal is converted to light by the inverse of the transfer function (BT.2100 for PQ and HLG; HLG
 *      for a display of 1,000 nits).
 *   2. The brightest of R G B is mapped by BT.2390's curve from the mastering peak to 203 nits (BT.2408's
 *      reference white, here SDR white). All three are scaled by the same factor, so that hues are kept.
 *   3. The light is converted to BT.709 primaries and clipped.
 *   4. The sRGB curve is applied.
 *
 * Everything costly is a table. */
#include "pixels/tone_map.h"

#include <libavutil/mastering_display_metadata.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define WHITE_NITS 203.0
#define PQ_NITS 10000.0
#define HLG_NITS 1000.0
#define UNKNOWN_PEAK_NITS 1000.0

#define SIGNAL_BITS 12
#define SIGNAL_COUNT (1 << SIGNAL_BITS)
#define SCALE_COUNT 4096
#define ENCODE_COUNT 8192

struct ToneMap {
    ToneSource source;
    float matrix[3][3];        // from light in the source's primaries to light in BT.709's
    float light[SIGNAL_COUNT]; // signal to light: SDR 1 = white, PQ 1 = 10,000 nits, HLG scene light 0 to 1
    float scale[SCALE_COUNT];  // by sqrt(nits / 10,000) of the brightest channel: factor to SDR light per nit
    uint8_t encode[ENCODE_COUNT]; // SDR light 0 to 1 to the sRGB byte
};

/* ---- curves ----------------------------------------------------------------------------------------- */

static double pq_to_light(double signal)
{
    double power = pow(signal, 1.0 / 78.84375);
    double above = power - 0.8359375;
    return above <= 0.0 ? 0.0 : pow(above / (18.8515625 - 18.6875 * power), 1.0 / 0.1593017578125);
}

static double light_to_pq(double light)
{
    double power = pow(light, 0.1593017578125);
    return pow((0.8359375 + 18.8515625 * power) / (1.0 + 18.6875 * power), 78.84375);
}

/* Convert a signal to scene light, 0 to 1. */
static double hlg_to_light(double signal)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;
    return signal <= 0.5 ? signal * signal / 3.0 : (exp((signal - c) / a) + b) / 12.0;
}

static double srgb_to_light(double signal)
{
    return signal <= 0.04045 ? signal / 12.92 : pow((signal + 0.055) / 1.055, 2.4);
}

static double light_to_srgb(double light)
{
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1.0 / 2.4) - 0.055;
}

/* BT.2390-10 section 5.4.1: nits to nits, linear up to a knee, then a Hermite curve that ends at white. */
static double tone_curve(double nits, double peak_nits)
{
    if (peak_nits <= WHITE_NITS)
        return nits;
    double peak_signal = light_to_pq(peak_nits / PQ_NITS);
    double white = light_to_pq(WHITE_NITS / PQ_NITS) / peak_signal;
    double knee = fmax(1.5 * white - 0.5, 0.0);
    double signal = fmin(light_to_pq(nits / PQ_NITS) / peak_signal, 1.0);
    if (signal < knee)
        return nits;
    double t = (signal - knee) / (1.0 - knee);
    double t2 = t * t, t3 = t2 * t;
    double mapped =
        (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1.0 - knee) + (3 * t2 - 2 * t3) * white;
    return pq_to_light(mapped * peak_signal) * PQ_NITS;
}

/* ---- facts of a frame ------------------------------------------------------------------------------- */

static float mastering_peak(const AVFrame *frame)
{
    double peak = 0.0;
    const AVFrameSideData *side = av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
    if (side != NULL)
        peak = ((const AVContentLightMetadata *)side->data)->MaxCLL;
    side = av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
    if (peak <= 0.0 && side != NULL) {
        const AVMasteringDisplayMetadata *display = (const AVMasteringDisplayMetadata *)side->data;
        if (display->has_luminance && display->max_luminance.den != 0)
            peak = av_q2d(display->max_luminance);
    }
    if (!(peak > 0.0))
        peak = UNKNOWN_PEAK_NITS;
    return (float)fmin(fmax(peak, WHITE_NITS), PQ_NITS);
}

ToneSource rv_tone_source(const AVFrame *frame)
{
    ToneSource source = {0};
    if (frame->color_trc == AVCOL_TRC_SMPTE2084) {
        source.transfer = TONE_PQ;
        source.peak_nits = mastering_peak(frame);
    } else if (frame->color_trc == AVCOL_TRC_ARIB_STD_B67) {
        source.transfer = TONE_HLG;
        source.peak_nits = (float)HLG_NITS;
    }
    switch (frame->color_primaries) {
    case AVCOL_PRI_BT2020:
        source.gamut = TONE_BT2020;
        break;
    case AVCOL_PRI_SMPTE431:
    case AVCOL_PRI_SMPTE432:
        source.gamut = TONE_P3;
        break;
    case AVCOL_PRI_UNSPECIFIED:
    case AVCOL_PRI_RESERVED0:
    case AVCOL_PRI_RESERVED:
        source.gamut = source.transfer != TONE_SDR ? TONE_BT2020 : TONE_BT709;
        break;
    default:
        source.gamut = TONE_BT709;
    }
    return source;
}

bool rv_tone_source_needs_map(const ToneSource *source)
{
    return source->transfer != TONE_SDR || source->gamut != TONE_BT709;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static void fill_tables(ToneMap *map)
{
    static const float matrices[3][3][3] = {
        [TONE_BT709] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        [TONE_P3] = {{1.2249402f, -0.2249404f, 0.0f},
                     {-0.0420570f, 1.0420571f, 0.0f},
                     {-0.0196376f, -0.0786361f, 1.0982735f}},
        [TONE_BT2020] = {{1.6604910f, -0.5876411f, -0.0728499f},
                         {-0.1245505f, 1.1328999f, -0.0083494f},
                         {-0.0181508f, -0.1005789f, 1.1187297f}},
    };
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++)
            map->matrix[row][column] = matrices[map->source.gamut][row][column];
    }
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        double signal = (double)i / (SIGNAL_COUNT - 1);
        map->light[i] = (float)(map->source.transfer == TONE_PQ    ? pq_to_light(signal)
                                : map->source.transfer == TONE_HLG ? hlg_to_light(signal)
                                                                   : srgb_to_light(signal));
    }
    for (int i = 0; i < SCALE_COUNT; i++) {
        double root = ((double)i + 0.5) / SCALE_COUNT;
        double nits = root * root * PQ_NITS;
        map->scale[i] = (float)(tone_curve(nits, map->source.peak_nits) / nits / WHITE_NITS);
    }
    for (int i = 0; i < ENCODE_COUNT; i++)
        map->encode[i] = (uint8_t)(light_to_srgb((double)i / (ENCODE_COUNT - 1)) * 255.0 + 0.5);
}

RvStatus rv_tone_map_create(const ToneSource *source, ToneMap **out, RvError *err)
{
    *out = rv_mem_alloc(1, sizeof **out, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    (*out)->source = *source;
    fill_tables(*out);
    return RV_OK;
}

void rv_tone_map_destroy(ToneMap *map)
{
    free(map);
}

const ToneSource *rv_tone_map_source(const ToneMap *map)
{
    return &map->source;
}

/* ---- pixels ----------------------------------------------------------------------------------------- */

/* Returns the factor from a pixel's light in the table to SDR light, including the tone curve. */
static inline float light_scale(const ToneMap *map, const float light[3])
{
    if (map->source.transfer == TONE_SDR)
        return 1.0f;
    float to_nits = (float)PQ_NITS;
    if (map->source.transfer == TONE_HLG) {
        // BT.2100's OOTF with gamma 1.2: the display's light is the scene's times its luminance to the power
        // 0.2.
        float luminance = 0.2627f * light[0] + 0.6780f * light[1] + 0.0593f * light[2];
        to_nits = (float)HLG_NITS * powf(luminance, 0.2f);
    }
    float brightest = fmaxf(light[0], fmaxf(light[1], light[2])) * to_nits;
    int index = (int)(sqrtf(brightest / (float)PQ_NITS) * SCALE_COUNT);
    return to_nits * map->scale[index < SCALE_COUNT ? index : SCALE_COUNT - 1];
}

void rv_tone_map_apply(const ToneMap *map, const uint16_t *rgb_u16, size_t rgb_stride, int width, int height,
                       uint8_t *out_u8, size_t out_stride)
{
    for (int y = 0; y < height; y++) {
        const uint16_t *from = (const uint16_t *)((const uint8_t *)rgb_u16 + (size_t)y * rgb_stride);
        uint8_t *to = out_u8 + (size_t)y * out_stride;
        for (int x = 0; x < width; x++, from += 3, to += 3) {
            float light[3];
            for (int i = 0; i < 3; i++)
                light[i] = map->light[from[i] >> (16 - SIGNAL_BITS)];
            float scale = light_scale(map, light);
            for (int i = 0; i < 3; i++) {
                float mixed = map->matrix[i][0] * light[0] + map->matrix[i][1] * light[1] +
                              map->matrix[i][2] * light[2];
                float value = fminf(fmaxf(mixed * scale, 0.0f), 1.0f);
                to[i] = map->encode[(int)(value * (ENCODE_COUNT - 1) + 0.5f)];
            }
        }
    }
}
