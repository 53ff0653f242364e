/* SPDX-License-Identifier: MIT */
/* Tests of pixels/tone_map.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavutil/mastering_display_metadata.h>
#include <math.h>

#include "pixels/tone_map.h"

/* BT.2100's PQ: light in nits to signal. */
static double pq(double nits)
{
    double power = pow(nits / 10000.0, 2610.0 / 16384.0);
    return pow((3424.0 / 4096.0 + 2413.0 / 128.0 * power) / (1.0 + 2392.0 / 128.0 * power), 2523.0 / 32.0);
}

static void apply(const ToneSource *source, double red, double green, double blue, uint8_t out[3])
{
    ToneMap *map = NULL;
    RvError err = {0};
    assert_int_equal(rv_tone_map_create(source, &map, &err), RV_OK);
    const uint16_t rgb[3] = {(uint16_t)(red * 65535 + 0.5), (uint16_t)(green * 65535 + 0.5),
                             (uint16_t)(blue * 65535 + 0.5)};
    rv_tone_map_apply(map, rgb, sizeof rgb, 1, 1, out, 3);
    rv_tone_map_destroy(map);
}

static void assert_near(int value, int wanted, int tolerance, const char *why)
{
    if (value < wanted - tolerance || value > wanted + tolerance)
        fail_msg("%s: %d, not %d", why, value, wanted);
}

static void tone_map_apply_follows_the_pq_curve(void **state)
{
    static const struct {
        double nits;
        int wanted, tolerance;
        const char *why;
    } cases[] = {
        {0, 0, 0, "black"},
        {1, 15, 1, "1 / 203 of white, below the knee"},
        {20, 88, 1, "20 / 203 of white, below the knee"},
        {80, 168, 2, "80 / 203 of white, below the knee"},
        {203, 224, 6, "reference white, bent down to leave room"},
        {1000, 255, 1, "the mastering peak"},
        {4000, 255, 0, "above the peak"},
    };
    ToneSource source = {TONE_PQ, TONE_BT2020, 1000.0f};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[3];
        double signal = pq(cases[i].nits);
        apply(&source, signal, signal, signal, out);
        for (int channel = 0; channel < 3; channel++)
            assert_near(out[channel], cases[i].wanted, cases[i].tolerance, cases[i].why);
    }
}

static void tone_map_apply_never_falls(void **state)
{
    static const ToneSource sources[] = {
        {TONE_PQ, TONE_BT2020, 1000.0f},  {TONE_PQ, TONE_BT2020, 10000.0f}, {TONE_PQ, TONE_P3, 203.0f},
        {TONE_HLG, TONE_BT2020, 1000.0f}, {TONE_SDR, TONE_BT2020, 0.0f},
    };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        ToneMap *map = NULL;
        RvError err = {0};
        assert_int_equal(rv_tone_map_create(&sources[i], &map, &err), RV_OK);
        int last = 0;
        for (int signal = 0; signal <= 65535; signal += 16) {
            uint16_t rgb[3] = {(uint16_t)signal, (uint16_t)signal, (uint16_t)signal};
            uint8_t out[3];
            rv_tone_map_apply(map, rgb, sizeof rgb, 1, 1, out, 3);
            if (out[1] + 1 < last) // the tables are rounded
                fail_msg("source %zu: %d after %d at signal %d", i, out[1], last, signal);
            last = out[1] > last ? out[1] : last;
        }
        assert_near(last, 255, 1, "full signal");
        rv_tone_map_destroy(map);
    }
}

static void tone_map_apply_treats_hlg_as_pq_of_the_same_light(void **state)
{
    // BT.2408: HLG at 75 % is PQ at 58 %, 203 nits on a display of 1,000.
    ToneSource hlg = {TONE_HLG, TONE_BT2020, 1000.0f}, as_pq = {TONE_PQ, TONE_BT2020, 1000.0f};
    uint8_t from_hlg[3], from_pq[3];
    apply(&hlg, 0.75, 0.75, 0.75, from_hlg);
    apply(&as_pq, pq(203.0), pq(203.0), pq(203.0), from_pq);
    assert_near(from_hlg[0], from_pq[0], 2, "reference white");
    apply(&hlg, 1.0, 1.0, 1.0, from_hlg);
    assert_near(from_hlg[0], 255, 1, "peak");
}

static void tone_map_apply_maps_primaries(void **state)
{
    // BT.709's red in BT.2020's primaries, sRGB curve.
    ToneSource source = {TONE_SDR, TONE_BT2020, 0.0f};
    uint8_t out[3];
    apply(&source, 0.8136, 0.2911, 0.1351, out);
    assert_near(out[0], 255, 1, "red");
    assert_near(out[1], 0, 8, "green");
    assert_near(out[2], 0, 8, "blue");
    for (int grey = 0; grey < 256; grey++) {
        apply(&source, grey / 255.0, grey / 255.0, grey / 255.0, out);
        assert_near(out[0], grey, 1, "greys stay");
        assert_int_equal(out[0], out[1]);
        assert_int_equal(out[0], out[2]);
    }
}

static void tone_source_reads_the_frame(void **state)
{
    static const struct {
        enum AVColorTransferCharacteristic transfer;
        enum AVColorPrimaries primaries;
        ToneTransfer wanted_transfer;
        ToneGamut wanted_gamut;
        bool needs_map;
        const char *why;
    } cases[] = {
        {AVCOL_TRC_UNSPECIFIED, AVCOL_PRI_UNSPECIFIED, TONE_SDR, TONE_BT709, false, "nothing said"},
        {AVCOL_TRC_BT709, AVCOL_PRI_BT709, TONE_SDR, TONE_BT709, false, "HD"},
        {AVCOL_TRC_SMPTE170M, AVCOL_PRI_SMPTE170M, TONE_SDR, TONE_BT709, false, "SD"},
        {AVCOL_TRC_SMPTE2084, AVCOL_PRI_BT2020, TONE_PQ, TONE_BT2020, true, "HDR10"},
        {AVCOL_TRC_SMPTE2084, AVCOL_PRI_UNSPECIFIED, TONE_PQ, TONE_BT2020, true, "HDR10, half said"},
        {AVCOL_TRC_ARIB_STD_B67, AVCOL_PRI_BT2020, TONE_HLG, TONE_BT2020, true, "HLG"},
        {AVCOL_TRC_BT2020_10, AVCOL_PRI_BT2020, TONE_SDR, TONE_BT2020, true, "wide gamut"},
        {AVCOL_TRC_BT709, AVCOL_PRI_SMPTE432, TONE_SDR, TONE_P3, true, "Display P3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AVFrame *frame = av_frame_alloc();
        frame->color_trc = cases[i].transfer;
        frame->color_primaries = cases[i].primaries;
        ToneSource source = rv_tone_source(frame);
        if (source.transfer != cases[i].wanted_transfer || source.gamut != cases[i].wanted_gamut ||
            rv_tone_source_needs_map(&source) != cases[i].needs_map)
            fail_msg("%s: transfer %d, gamut %d", cases[i].why, source.transfer, source.gamut);
        av_frame_free(&frame);
    }
}

static void tone_source_takes_the_peak_from_mastering_data(void **state)
{
    AVFrame *frame = av_frame_alloc();
    frame->color_trc = AVCOL_TRC_SMPTE2084;
    assert_true(rv_tone_source(frame).peak_nits == 1000.0f);
    AVMasteringDisplayMetadata *display = av_mastering_display_metadata_create_side_data(frame);
    assert_non_null(display);
    display->max_luminance = (AVRational){4000, 1};
    display->has_luminance = 1;
    assert_true(rv_tone_source(frame).peak_nits == 4000.0f);
    AVContentLightMetadata *light = av_content_light_metadata_create_side_data(frame);
    assert_non_null(light);
    light->MaxCLL = 600;
    assert_true(rv_tone_source(frame).peak_nits == 600.0f);
    light->MaxCLL = 5;
    assert_true(rv_tone_source(frame).peak_nits == 203.0f);
    av_frame_free(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tone_map_apply_follows_the_pq_curve),
        cmocka_unit_test(tone_map_apply_never_falls),
        cmocka_unit_test(tone_map_apply_treats_hlg_as_pq_of_the_same_light),
        cmocka_unit_test(tone_map_apply_maps_primaries),
        cmocka_unit_test(tone_source_reads_the_frame),
        cmocka_unit_test(tone_source_takes_the_peak_from_mastering_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
