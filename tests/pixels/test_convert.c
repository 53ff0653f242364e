/* SPDX-License-Identifier: MIT */
/* Tests of pixels/convert.c: frames made by hand with known colours and shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "pixels/convert.h"
#include "pixels/thumbnail.h"

#define SIZE 32
#define SIZE_BYTES (SIZE * SIZE * 3)

static const ModelInput clip = {.size = SIZE};
static const ModelInput other_inputs[] = {
    {SIZE, RESIZE_SQUASH, RESIZE_BICUBIC, false},    {SIZE, RESIZE_SQUASH, RESIZE_BILINEAR, true},
    {SIZE, RESIZE_LONGEST, RESIZE_BICUBIC, false},   {SIZE, RESIZE_LONGEST, RESIZE_BILINEAR, false},
    {SIZE, RESIZE_SHORTEST, RESIZE_BILINEAR, false},
};
#define OTHER_COUNT (sizeof other_inputs / sizeof other_inputs[0])

static FrameConverter *converter(bool exact, bool swap_red_blue)
{
    FrameConverter *made = NULL;
    RvError err = {0};
    ConverterOptions options = {.exact = exact, .swap_red_blue = swap_red_blue};
    assert_int_equal(rv_converter_create(&options, &made, &err), RV_OK);
    return made;
}

/* ---- colours ---------------------------------------------------------------------------------------- */

typedef struct ColourCase {
    enum AVPixelFormat format;
    enum AVColorSpace colorspace;
    enum AVColorRange range;
    int height;
    int values[4]; // per component, in the format's depth
    double kr, kb; // of the matrix that counts; 0: rgb says
    bool full_range;
    int rgb[3];
    const char *why;
} ColourCase;

#define BT601 0.299, 0.114
#define BT709 0.2126, 0.0722
#define BT2020 0.2627, 0.0593

/* The colour by the standards' formulas, in double. */
static void reference_colour(const ColourCase *test, double rgb[3])
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(test->format);
    double unit = 1 << (format->comp[0].depth - 8);
    double top = (1 << format->comp[0].depth) - 1;
    double y = test->full_range ? test->values[0] / top : (test->values[0] - 16 * unit) / (219 * unit);
    double u = 0, v = 0;
    if (format->nb_components >= 3) {
        u = (test->values[1] - 128 * unit) / (test->full_range ? top : 224 * unit);
        v = (test->values[2] - 128 * unit) / (test->full_range ? top : 224 * unit);
    }
    rgb[0] = y + 2 * (1 - test->kr) * v;
    rgb[2] = y + 2 * (1 - test->kb) * u;
    rgb[1] = (y - test->kr * rgb[0] - test->kb * rgb[2]) / (1 - test->kr - test->kb);
    for (int i = 0; i < 3; i++)
        rgb[i] = fmin(fmax(rgb[i] * 255, 0), 255);
}

static const ColourCase colour_cases[] = {
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_SMPTE170M,
     AVCOL_RANGE_MPEG,
     64,
     {90, 100, 180},
     BT601,
     false,
     {0},
     "BT.601"},
    {AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {90, 100, 180}, BT709, false, {0}, "BT.709"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_BT2020_NCL,
     AVCOL_RANGE_MPEG,
     64,
     {90, 100, 180},
     BT2020,
     false,
     {0},
     "BT.2020"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_UNSPECIFIED,
     AVCOL_RANGE_UNSPECIFIED,
     64,
     {90, 100, 180},
     BT601,
     false,
     {0},
     "SD"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_UNSPECIFIED,
     AVCOL_RANGE_UNSPECIFIED,
     720,
     {90, 100, 180},
     BT709,
     false,
     {0},
     "HD"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_BT709,
     AVCOL_RANGE_JPEG,
     64,
     {90, 100, 180},
     BT709,
     true,
     {0},
     "full range"},
    {AV_PIX_FMT_YUVJ420P,
     AVCOL_SPC_BT470BG,
     AVCOL_RANGE_UNSPECIFIED,
     64,
     {90, 100, 180},
     BT601,
     true,
     {0},
     "yuvj420p"},
    {AV_PIX_FMT_YUVJ444P,
     AVCOL_SPC_BT470BG,
     AVCOL_RANGE_JPEG,
     64,
     {200, 90, 140},
     BT601,
     true,
     {0},
     "yuvj444p"},
    {AV_PIX_FMT_YUV420P10,
     AVCOL_SPC_BT709,
     AVCOL_RANGE_MPEG,
     64,
     {361, 402, 721},
     BT709,
     false,
     {0},
     "10 bit"},
    {AV_PIX_FMT_P010, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {361, 402, 721}, BT709, false, {0}, "p010"},
    {AV_PIX_FMT_YUV422P12,
     AVCOL_SPC_BT709,
     AVCOL_RANGE_MPEG,
     64,
     {1445, 1605, 2885},
     BT709,
     false,
     {0},
     "12 bit"},
    {AV_PIX_FMT_YUV444P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {120, 160, 90}, BT709, false, {0}, "4:4:4"},
    {AV_PIX_FMT_YUV410P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {120, 160, 90}, BT709, false, {0}, "4:1:0"},
    {AV_PIX_FMT_NV12, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {120, 160, 90}, BT709, false, {0}, "nv12"},
    {AV_PIX_FMT_UYVY422, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {120, 160, 90}, BT709, false, {0}, "uyvy"},
    {AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {16, 128, 128}, BT709, false, {0}, "black"},
    {AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, 64, {235, 128, 128}, BT709, false, {0}, "white"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_BT709,
     AVCOL_RANGE_MPEG,
     64,
     {255, 128, 128},
     BT709,
     false,
     {0},
     "above white"},
    {AV_PIX_FMT_YUV420P,
     AVCOL_SPC_BT709,
     AVCOL_RANGE_MPEG,
     64,
     {63, 102, 240},
     BT709,
     false,
     {0},
     "pure red"},
    {AV_PIX_FMT_GRAY8,
     AVCOL_SPC_UNSPECIFIED,
     AVCOL_RANGE_UNSPECIFIED,
     64,
     {77},
     BT601,
     true,
     {0},
     "grey, full"},
    {AV_PIX_FMT_GRAY8, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG, 64, {77}, BT601, false, {0}, "grey, limited"},
    {AV_PIX_FMT_YA8,
     AVCOL_SPC_UNSPECIFIED,
     AVCOL_RANGE_MPEG,
     64,
     {77, 255},
     BT601,
     false,
     {0},
     "grey and alpha"},
    {AV_PIX_FMT_GRAY10,
     AVCOL_SPC_UNSPECIFIED,
     AVCOL_RANGE_UNSPECIFIED,
     64,
     {308},
     BT601,
     true,
     {0},
     "grey, 10 bit"},
    {AV_PIX_FMT_RGB24, AVCOL_SPC_RGB, 0, 64, {200, 100, 50}, 0, 0, false, {200, 100, 50}, "rgb24"},
    {AV_PIX_FMT_BGR0, AVCOL_SPC_RGB, 0, 64, {200, 100, 50}, 0, 0, false, {200, 100, 50}, "bgr0"},
    {AV_PIX_FMT_GBRP, AVCOL_SPC_RGB, 0, 64, {200, 100, 50}, 0, 0, false, {200, 100, 50}, "planar R G B"},
    {AV_PIX_FMT_GBRP10, AVCOL_SPC_RGB, 0, 64, {802, 401, 200}, 0, 0, false, {200, 100, 50}, "planar, 10 bit"},
    {AV_PIX_FMT_RGBA, AVCOL_SPC_RGB, 0, 64, {200, 100, 50, 255}, 0, 0, false, {200, 100, 50}, "opaque"},
    {AV_PIX_FMT_BGRA,
     AVCOL_SPC_RGB,
     0,
     64,
     {200, 100, 50, 128},
     0,
     0,
     false,
     {100, 50, 25},
     "half over black"},
    {AV_PIX_FMT_RGBA,
     AVCOL_SPC_RGB,
     0,
     64,
     {200, 100, 50, 0},
     0,
     0,
     false,
     {0, 0, 0},
     "transparent is black"},
    {AV_PIX_FMT_YUVA420P,
     AVCOL_SPC_BT709,
     1,
     64,
     {235, 128, 128, 128},
     0,
     0,
     false,
     {128, 128, 128},
     "yuva, half"},
};

static void converter_gives_the_standards_colours(void **state)
{
    for (size_t i = 0; i < 2 * sizeof colour_cases / sizeof colour_cases[0]; i++) {
        const ColourCase *test = &colour_cases[i / 2];
        FrameConverter *convert = converter(i % 2 == 1, false);
        AVFrame *av = make_av_frame(test->format, test->height * 3 / 2, test->height);
        av->colorspace = test->colorspace;
        av->color_range = test->range;
        fill_components(av, test->values);
        double wanted[3] = {test->rgb[0], test->rgb[1], test->rgb[2]};
        if (test->kr > 0)
            reference_colour(test, wanted);
        Frame frame = make_frame(av);
        uint8_t input[SIZE_BYTES];
        RvPicture *picture = NULL;
        RvError err = {0};
        if (rv_converter_model_input(convert, &frame, &clip, input, &err) != RV_OK ||
            rv_converter_picture(convert, &frame, 48, &picture, &err) != RV_OK)
            fail_msg("%s: %s", test->why, err.message);
        RvImage image = rv_picture_image(picture);
        for (int k = 0; k < SIZE_BYTES; k++) {
            if (fabs(input[k] - wanted[k % 3]) > 1.5 || fabs(image.pixels_u8[k] - wanted[k % 3]) > 1.5)
                fail_msg("%s (%s): channel %d is %d and %d, not %.1f", test->why, i % 2 ? "exact" : "fast",
                         k % 3, input[k], image.pixels_u8[k], wanted[k % 3]);
        }
        rv_picture_destroy(picture);
        av_frame_free(&av);
        rv_converter_destroy(convert);
    }
}

static void converter_reads_palettes(void **state)
{
    AVFrame *av = make_av_frame(AV_PIX_FMT_PAL8, 40, 40);
    for (int y = 0; y < 40; y++)
        memset(av->data[0] + y * av->linesize[0], 7, 40);
    const uint32_t argb = 0xff0a141e;
    memcpy(av->data[1] + 4 * 7, &argb, sizeof argb);
    FrameConverter *convert = converter(false, false);
    Frame frame = make_frame(av);
    uint8_t input[SIZE_BYTES];
    RvError err = {0};
    assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_OK);
    assert_memory_equal(input, "\x0a\x14\x1e", 3);
    assert_memory_equal(input + SIZE_BYTES - 3, "\x0a\x14\x1e", 3);
    av_frame_free(&av);
    rv_converter_destroy(convert);
}

static void converter_swaps_red_and_blue(void **state)
{
    AVFrame *av = make_av_frame(AV_PIX_FMT_RGB24, 40, 40);
    fill_components(av, (const int[4]){10, 20, 30});
    for (int exact = 0; exact < 2; exact++) {
        FrameConverter *convert = converter(exact, true);
        Frame frame = make_frame(av);
        uint8_t input[SIZE_BYTES];
        RvPicture *picture = NULL;
        RvError err = {0};
        assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_OK);
        assert_memory_equal(input, "\x1e\x14\x0a", 3);
        assert_int_equal(rv_converter_picture(convert, &frame, 0, &picture, &err), RV_OK);
        assert_memory_equal(picture->pixels, "\x1e\x14\x0a", 3);
        rv_picture_destroy(picture);
        rv_converter_destroy(convert);
    }
    av_frame_free(&av);
}

static void converter_maps_hdr_tones(void **state)
{
    static const struct {
        enum AVColorTransferCharacteristic transfer;
        int luma; // 10 bit, limited
        int wanted, tolerance;
        const char *why;
    } cases[] = {
        {AVCOL_TRC_SMPTE2084, 64, 0, 0, "PQ black"},
        {AVCOL_TRC_SMPTE2084, 573, 224, 8, "PQ 203 nits"},
        {AVCOL_TRC_SMPTE2084, 723, 255, 1, "PQ 1,000 nits"},
        {AVCOL_TRC_ARIB_STD_B67, 64, 0, 0, "HLG black"},
        {AVCOL_TRC_ARIB_STD_B67, 721, 224, 8, "HLG 75 %"},
        {AVCOL_TRC_ARIB_STD_B67, 940, 255, 1, "HLG 100 %"},
        {AVCOL_TRC_BT2020_10, 502, 128, 1, "SDR in BT.2020"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        AVFrame *av = make_av_frame(AV_PIX_FMT_YUV420P10, 80, 64);
        av->colorspace = AVCOL_SPC_BT2020_NCL;
        av->color_primaries = AVCOL_PRI_BT2020;
        av->color_range = AVCOL_RANGE_MPEG;
        av->color_trc = cases[i / 2].transfer;
        fill_components(av, (const int[4]){cases[i / 2].luma, 512, 512});
        FrameConverter *convert = converter(i % 2 == 1, false);
        Frame frame = make_frame(av);
        uint8_t input[SIZE_BYTES];
        RvError err = {0};
        assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_OK);
        for (int k = 0; k < SIZE_BYTES; k++) {
            if (abs(input[k] - cases[i / 2].wanted) > cases[i / 2].tolerance)
                fail_msg("%s: %d, not %d", cases[i / 2].why, input[k], cases[i / 2].wanted);
        }
        // 80 x 64 becomes 32 x 26.
        assert_int_equal(rv_converter_model_input(convert, &frame, &other_inputs[3], input, &err), RV_OK);
        for (int k = 0; k < SIZE_BYTES; k++) {
            bool shown = k >= 3 * 3 * SIZE && k < 29 * 3 * SIZE;
            if (abs(input[k] - (shown ? cases[i / 2].wanted : 0)) > (shown ? cases[i / 2].tolerance : 0))
                fail_msg("%s, padded: byte %d is %d", cases[i / 2].why, k, input[k]);
        }
        rv_converter_destroy(convert);
        av_frame_free(&av);
    }
}

/* ---- shapes ----------------------------------------------------------------------------------------- */

/* Four quarters of grey: 10 80 over 150 220. */
static AVFrame *quarters(int width, int height)
{
    AVFrame *av = make_av_frame(AV_PIX_FMT_GRAY8, width, height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            av->data[0][y * av->linesize[0] + x] =
                (uint8_t)(10 + (x >= width / 2) * 70 + (y >= height / 2) * 140);
    }
    return av;
}

static void check_quarters(const RvImage *image, const int wanted[4], const char *why)
{
    for (int i = 0; i < 4; i++) {
        int x = image->width * (1 + i % 2 * 2) / 4, y = image->height * (1 + i / 2 * 2) / 4;
        int value = image->pixels_u8[(size_t)y * image->row_stride + (size_t)x * 3];
        if (abs(value - wanted[i]) > 2)
            fail_msg("%s: quarter %d is %d, not %d", why, i, value, wanted[i]);
    }
}

static void converter_turns_upright(void **state)
{
    static const struct {
        int turns;
        bool mirrored;
        int wanted[4];
        const char *why;
    } cases[] = {
        {0, false, {10, 80, 150, 220}, "upright already"},
        {1, false, {150, 10, 220, 80}, "clockwise"},
        {2, false, {220, 150, 80, 10}, "upside down"},
        {3, false, {80, 220, 10, 150}, "anticlockwise"},
        {0, true, {80, 10, 220, 150}, "mirrored"},
        {1, true, {220, 80, 150, 10}, "mirrored, clockwise"},
    };
    AVFrame *av = quarters(96, 48);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        FrameConverter *convert = converter(i % 2 == 1, false);
        Frame frame = make_frame(av);
        frame.quarter_turns = cases[i / 2].turns;
        frame.mirrored = cases[i / 2].mirrored;
        RvPicture *picture = NULL;
        RvError err = {0};
        assert_int_equal(rv_converter_picture(convert, &frame, 0, &picture, &err), RV_OK);
        assert_int_equal(picture->image.width, frame.quarter_turns & 1 ? 48 : 96);
        assert_int_equal(picture->image.height, frame.quarter_turns & 1 ? 96 : 48);
        check_quarters(&picture->image, cases[i / 2].wanted, cases[i / 2].why);
        uint8_t input[SIZE_BYTES];
        assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_OK);
        RvImage crop = {input, SIZE, SIZE, 3, SIZE * 3, {0}};
        check_quarters(&crop, cases[i / 2].wanted, cases[i / 2].why);
        rv_picture_destroy(picture);
        rv_converter_destroy(convert);
    }
    av_frame_free(&av);
}

/* A frame that is 96 x 48 as displayed after `turns`: of square pixels, or stretched. */
static Frame displayed(AVFrame *av, int turns, bool mirrored)
{
    Frame frame = make_frame(av);
    int stretched_width = turns & 1 ? 48 : 96;
    frame.sample_aspect_num = stretched_width;
    frame.sample_aspect_den = av->width;
    frame.quarter_turns = turns;
    frame.mirrored = mirrored;
    return frame;
}

/* The quarters are where they are in the displayed picture, whatever the frame's own shape is. */
static void converter_shapes_the_displayed_picture(void **state)
{
    static const int wanted[4][4] = {
        {10, 80, 150, 220}, {150, 10, 220, 80}, {220, 150, 80, 10}, {80, 220, 10, 150}};
    static const int widths[] = {96, 64, 24};
    for (size_t i = 0; i < OTHER_COUNT * 2 * 4 * 3; i++) {
        const ModelInput *input = &other_inputs[i % OTHER_COUNT];
        int exact = (int)(i / OTHER_COUNT % 2), turns = (int)(i / OTHER_COUNT / 2 % 4);
        AVFrame *av = quarters(widths[i / OTHER_COUNT / 8], turns & 1 ? 96 : 48);
        Frame frame = displayed(av, turns, false);
        FrameConverter *convert = converter(exact, false);
        uint8_t rgb_u8[SIZE_BYTES];
        RvError err = {0};
        memset(rgb_u8, 0xaa, sizeof rgb_u8);
        if (rv_converter_model_input(convert, &frame, input, rgb_u8, &err) != RV_OK)
            fail_msg("%s", err.message);
        RvImage shown = {rgb_u8, SIZE, SIZE, 3, SIZE * 3, {0}};
        if (input->mode == RESIZE_LONGEST) {
            // 96 x 48 becomes 32 x 16 with 8 black rows above and below.
            for (int k = 0; k < SIZE_BYTES; k++) {
                int y = k / (SIZE * 3);
                if ((y < 8 || y >= 24) && rgb_u8[k] != 0)
                    fail_msg("case %zu: byte %d is %d, not black", i, k, rgb_u8[k]);
            }
            assert_true(rgb_u8[8 * SIZE * 3] > 5 && rgb_u8[24 * SIZE * 3 - 1] > 5);
            shown.pixels_u8 += (size_t)8 * SIZE * 3;
            shown.height = 16;
        }
        check_quarters(&shown, wanted[turns], "a model's input");
        rv_converter_destroy(convert);
        av_frame_free(&av);
    }
}

/* One converter that changes between inputs gives what new converters give. */
static void converter_follows_changing_inputs(void **state)
{
    AVFrame *av = quarters(96, 48);
    Frame frame = make_frame(av);
    FrameConverter *kept = converter(false, false);
    for (size_t i = 0; i < 3 * OTHER_COUNT; i++) {
        const ModelInput *input = i % 3 == 2 ? &clip : &other_inputs[i * 2 % OTHER_COUNT];
        FrameConverter *fresh = converter(false, false);
        uint8_t first[SIZE_BYTES], second[SIZE_BYTES];
        RvError err = {0};
        assert_int_equal(rv_converter_model_input(kept, &frame, input, first, &err), RV_OK);
        assert_int_equal(rv_converter_model_input(fresh, &frame, input, second, &err), RV_OK);
        assert_memory_equal(first, second, SIZE_BYTES);
        rv_converter_destroy(fresh);
    }
    rv_converter_destroy(kept);
    av_frame_free(&av);
}

static void converter_picture_has_the_displayed_shape(void **state)
{
    static const struct {
        int aspect_num, aspect_den, turns, max_height;
        int width, height;
        const char *why;
    } cases[] = {
        {1, 1, 0, 0, 64, 32, "as it is"},
        {1, 1, 0, 100, 64, 32, "never enlarged"},
        {1, 1, 0, 16, 32, 16, "half"},
        {1, 1, 0, 15, 30, 15, "an odd height"},
        {1, 1, 1, 32, 16, 32, "turned, then fitted"},
        {2, 1, 0, 0, 128, 32, "wide pixels"},
        {1, 2, 0, 0, 32, 32, "narrow pixels"},
        {64, 45, 0, 0, 91, 32, "PAL 16:9"},
        {2, 1, 3, 0, 32, 128, "wide pixels, turned"},
        {0, 1, 0, 0, 64, 32, "unknown"},
        {-3, 7, 0, 0, 64, 32, "nonsense"},
        {1000000, 1, 0, 0, 64, 32, "absurd: ignored"},
        {1, 1000000, 0, 0, 64, 32, "absurd the other way: ignored"},
        {1, 1, 0, 1, 2, 1, "one row"},
        {2047, 2, 0, 0, 65500, 32, "wider than a JPEG can be"},
        {2047, 2, 3, 0, 32, 65500, "higher than a JPEG can be"},
        {2047, 2, 0, 16, 32752, 16, "fitted by its height alone"},
    };
    AVFrame *av = quarters(64, 32);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        FrameConverter *convert = converter(i % 2 == 1, false);
        Frame frame = make_frame(av);
        frame.sample_aspect_num = cases[i / 2].aspect_num;
        frame.sample_aspect_den = cases[i / 2].aspect_den;
        frame.quarter_turns = cases[i / 2].turns;
        RvPicture *picture = NULL;
        RvError err = {0};
        if (rv_converter_picture(convert, &frame, cases[i / 2].max_height, &picture, &err) != RV_OK)
            fail_msg("%s: %s", cases[i / 2].why, err.message);
        if (picture->image.width != cases[i / 2].width || picture->image.height != cases[i / 2].height)
            fail_msg("%s: %d x %d", cases[i / 2].why, picture->image.width, picture->image.height);
        Buffer jpeg;
        rv_buffer_init(&jpeg, (size_t)1 << 24);
        if (rv_thumbnail_encode(&picture->image, 85, &jpeg, &err) != RV_OK)
            fail_msg("%s: %s", cases[i / 2].why, err.message);
        rv_buffer_clear(&jpeg);
        rv_picture_destroy(picture);
        rv_converter_destroy(convert);
    }
    av_frame_free(&av);
}

static void converter_shows_one_field(void **state)
{
    static const struct {
        int interlaced, top_first, lowest, highest;
        const char *why;
    } cases[] = {
        {1, 1, 199, 201, "top field"},
        {1, 0, 49, 51, "bottom field"},
        {0, 0, 0, 255, "not interlaced"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        AVFrame *av = make_av_frame(AV_PIX_FMT_GRAY8, 64, 48);
        for (int y = 0; y < 48; y++)
            memset(av->data[0] + y * av->linesize[0], y % 2 == 0 ? 200 : 50, 64);
        mark_interlaced(av, cases[i / 2].interlaced, cases[i / 2].top_first);
        FrameConverter *convert = converter(i % 2 == 1, false);
        Frame frame = make_frame(av);
        RvPicture *picture = NULL;
        RvError err = {0};
        assert_int_equal(rv_converter_picture(convert, &frame, 0, &picture, &err), RV_OK);
        assert_int_equal(picture->image.width, 64);
        assert_int_equal(picture->image.height, 48);
        for (int k = 0; k < 64 * 48 * 3; k++)
            assert_in_range(picture->pixels[k], cases[i / 2].lowest, cases[i / 2].highest);
        if (!cases[i / 2].interlaced)
            assert_int_equal(picture->pixels[0] - picture->pixels[64 * 3], 150);
        rv_picture_destroy(picture);
        rv_converter_destroy(convert);
        av_frame_free(&av);
    }
}

static void converter_accepts_any_size(void **state)
{
    static const int sizes[][2] = {{1, 1},    {2, 1},    {1, 2},    {3, 3},    {33, 17},
                                   {255, 31}, {2000, 2}, {2, 2000}, {641, 361}};
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12, AV_PIX_FMT_YUV422P10,
                                                 AV_PIX_FMT_GRAY8, AV_PIX_FMT_BGRA};
    FrameConverter *fast = converter(false, false), *exact = converter(true, false);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++) {
            AVFrame *av = make_av_frame(formats[k], sizes[i][0], sizes[i][1]);
            fill_components(av, (const int[4]){100, 120, 140, 255});
            Frame frame = make_frame(av);
            frame.quarter_turns = (int)(i + k) % 4;
            uint8_t first[SIZE_BYTES], second[SIZE_BYTES];
            RvPicture *picture = NULL;
            RvError err = {0};
            for (size_t way = 0; way <= OTHER_COUNT; way++) {
                const ModelInput *input = way == OTHER_COUNT ? &clip : &other_inputs[way];
                if (rv_converter_model_input(fast, &frame, input, first, &err) != RV_OK ||
                    rv_converter_model_input(exact, &frame, input, second, &err) != RV_OK)
                    fail_msg("%d x %d %s: %s", sizes[i][0], sizes[i][1], av_get_pix_fmt_name(formats[k]),
                             err.message);
                for (int byte = 0; byte < SIZE_BYTES; byte++)
                    assert_in_range(first[byte] - second[byte] + 2, 0, 4);
            }
            if (rv_converter_picture(fast, &frame, 20, &picture, &err) != RV_OK)
                fail_msg("%d x %d %s: %s", sizes[i][0], sizes[i][1], av_get_pix_fmt_name(formats[k]),
                         err.message);
            rv_picture_destroy(picture);
            av_frame_free(&av);
        }
    }
    rv_converter_destroy(fast);
    rv_converter_destroy(exact);
}

static void converter_refuses_bad_arguments(void **state)
{
    FrameConverter *convert = converter(false, false);
    Frame frame = {0};
    uint8_t input[SIZE_BYTES];
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_converter_picture(convert, &frame, 0, &picture, &err), RV_ERROR_ARGUMENT);
    AVFrame *av = quarters(16, 16);
    frame = make_frame(av);
    assert_int_equal(rv_converter_model_input(convert, &frame, &(ModelInput){0}, input, &err),
                     RV_ERROR_ARGUMENT);
    av->colorspace = AVCOL_SPC_YCGCO; // means nothing for grey
    assert_int_equal(rv_converter_model_input(convert, &frame, &clip, input, &err), RV_OK);
    av_frame_free(&av);
    rv_converter_destroy(convert);
    rv_converter_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converter_gives_the_standards_colours),
        cmocka_unit_test(converter_reads_palettes),
        cmocka_unit_test(converter_swaps_red_and_blue),
        cmocka_unit_test(converter_maps_hdr_tones),
        cmocka_unit_test(converter_turns_upright),
        cmocka_unit_test(converter_shapes_the_displayed_picture),
        cmocka_unit_test(converter_follows_changing_inputs),
        cmocka_unit_test(converter_picture_has_the_displayed_shape),
        cmocka_unit_test(converter_shows_one_field),
        cmocka_unit_test(converter_accepts_any_size),
        cmocka_unit_test(converter_refuses_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
