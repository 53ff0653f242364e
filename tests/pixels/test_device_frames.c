/* SPDX-License-Identifier: MIT */
/* Frames on a CUDA device (the fake one, on which FFmpeg's device opens too): resampled there they are what
 * the processor makes of them but for rounding; whatever fails, they come into memory and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavutil/hwcontext.h>
#include <math.h>

#include "base/random.h"
#include "cuda_in_tests.h"
#include "frames.h"
#include "pixels/convert.h"
#include "video/hardware.h"

/* Edges, circles that become too fine to be seen, and noise. */
static void draw(AVFrame *av)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)av->format);
    uint64_t seed = 7;
    for (int component = 0; component < 3; component++) {
        int depth = format->comp[component].depth, top = (1 << depth) - 1;
        int width = component > 0 ? AV_CEIL_RSHIFT(av->width, format->log2_chroma_w) : av->width;
        int height = component > 0 ? AV_CEIL_RSHIFT(av->height, format->log2_chroma_h) : av->height;
        uint16_t *line = malloc((size_t)width * sizeof *line);
        assert_non_null(line);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double fx = (double)x / width, fy = (double)y / height;
                double value = 0.5 + 0.4 * sin(300 * (fx * fx + fy * fy) + component);
                value = fx > 0.7 && fy > 0.3 ? (double)((int)(fx * 40) % 2) : value;
                value = fx < 0.2 ? (double)(rv_random_next(&seed) % 1000) / 1000 : value;
                line[x] = (uint16_t)(value * top);
            }
            av_write_image_line(line, av->data, av->linesize, format, 0, y, component, width);
        }
        free(line);
    }
}

static AVBufferRef *open_frames(AVBufferRef *device, const AVFrame *like)
{
    AVBufferRef *frames = av_hwframe_ctx_alloc(device);
    assert_non_null(frames);
    AVHWFramesContext *context = (AVHWFramesContext *)(void *)frames->data;
    context->format = AV_PIX_FMT_CUDA;
    context->sw_format = (enum AVPixelFormat)like->format;
    context->width = like->width;
    context->height = like->height;
    assert_int_equal(av_hwframe_ctx_init(frames), 0);
    return frames;
}

/* The frame on FFmpeg's device, as its decoder would leave it; skips where there is no fake device. */
static AVFrame *send_frame(const AVFrame *from)
{
    AVBufferRef *device = NULL;
    fake_cuda_state();
    int code = av_hwdevice_ctx_create(&device, AV_HWDEVICE_TYPE_CUDA, NULL, NULL, 0);
    if (code < 0) {
        print_message("skipped: FFmpeg was built without CUDA\n");
        skip();
    }
    AVBufferRef *frames = open_frames(device, from);
    AVFrame *sent = av_frame_alloc();
    assert_non_null(sent);
    assert_int_equal(av_hwframe_get_buffer(frames, sent, 0), 0);
    assert_int_equal(av_hwframe_transfer_data(sent, from, 0), 0);
    assert_int_equal(av_frame_copy_props(sent, from), 0);
    av_buffer_unref(&frames);
    av_buffer_unref(&device);
    return sent;
}

typedef struct Shape {
    enum AVPixelFormat format;
    int width, height, size, picture_height;
    enum AVColorRange range;
    enum AVChromaLocation chroma;
    int interlaced, turns, aspect;
    const char *why;
} Shape;

static const Shape shapes[] = {
    {AV_PIX_FMT_NV12, 1920, 1080, 224, 360, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 0, 0, 1, "1080p to CLIP"},
    {AV_PIX_FMT_NV12, 641, 360, 224, 100, AVCOL_RANGE_JPEG, AVCHROMA_LOC_CENTER, 0, 0, 1, "odd sizes, full"},
    {AV_PIX_FMT_NV12, 320, 180, 224, 120, AVCOL_RANGE_MPEG, AVCHROMA_LOC_TOPLEFT, 0, 0, 1, "enlarged"},
    {AV_PIX_FMT_P010, 1280, 720, 224, 240, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 0, 0, 1, "10 bits"},
    {AV_PIX_FMT_P016, 640, 360, 112, 120, AVCOL_RANGE_MPEG, AVCHROMA_LOC_BOTTOMLEFT, 0, 0, 1, "16 bits"},
    {AV_PIX_FMT_YUV444P, 640, 480, 224, 240, AVCOL_RANGE_MPEG, AVCHROMA_LOC_UNSPECIFIED, 0, 0, 1, "4:4:4"},
    {AV_PIX_FMT_YUV444P16, 640, 480, 96, 240, AVCOL_RANGE_JPEG, AVCHROMA_LOC_UNSPECIFIED, 0, 0, 1,
     "4:4:4 of 16"},
    {AV_PIX_FMT_NV12, 720, 576, 224, 300, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 1, 0, 1, "interlaced"},
    {AV_PIX_FMT_NV12, 1280, 720, 224, 360, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 0, 1, 1, "turned"},
    {AV_PIX_FMT_NV12, 720, 480, 224, 240, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 0, 0, 2, "wide pixels"},
    {AV_PIX_FMT_NV12, 300, 1000, 224, 360, AVCOL_RANGE_MPEG, AVCHROMA_LOC_LEFT, 0, 0, 1, "high"},
};

static AVFrame *make_drawn(const Shape *shape)
{
    AVFrame *av = make_av_frame(shape->format, shape->width, shape->height);
    av->color_range = shape->range;
    av->chroma_location = shape->chroma;
#ifdef AV_FRAME_FLAG_INTERLACED
    av->flags |= shape->interlaced ? AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST : 0;
#else
    mark_interlaced(av, shape->interlaced, shape->interlaced);
#endif
    draw(av);
    return av;
}

static Frame as_frame(AVFrame *av, const Shape *shape)
{
    Frame frame = make_frame(av);
    frame.quarter_turns = shape->turns;
    frame.sample_aspect_num = shape->aspect;
    return frame;
}

/* What the converter makes of a frame. */
typedef struct Products {
    uint8_t *input_u8;
    size_t input_bytes;
    RvPicture *picture;
} Products;

static Products convert(FrameConverter *converter, const Frame *frame, const Shape *shape)
{
    RvError err = {0};
    Products products = {.input_bytes = (size_t)shape->size * (size_t)shape->size * 3};
    products.input_u8 = malloc(products.input_bytes);
    assert_non_null(products.input_u8);
    if (rv_converter_model_input(converter, frame, shape->size, products.input_u8, &err) != RV_OK ||
        rv_converter_picture(converter, frame, shape->picture_height, &products.picture, &err) != RV_OK)
        fail_msg("%s: %s", shape->why, err.message);
    return products;
}

static void clear_products(Products *products)
{
    free(products->input_u8);
    rv_picture_destroy(products->picture);
}

/* Rows and columns along the edges where swscale leaves out a sample of the filter (it rounds the place where
 * the filter begins towards zero, also left of the picture). */
#define EDGE 3

static void compare(const uint8_t *left, const uint8_t *right, int width, int height, const char *why,
                    const char *what)
{
    int largest = 0, largest_at_edge = 0;
    double sum = 0;
    for (int i = 0; i < width * height * 3; i++) {
        int x = i / 3 % width, y = i / 3 / width, difference = abs(left[i] - right[i]);
        bool edge = x < EDGE || y < EDGE || x >= width - EDGE || y >= height - EDGE;
        int *most = edge ? &largest_at_edge : &largest;
        *most = difference > *most ? difference : *most;
        sum += difference;
    }
    double mean = sum / (width * height * 3);
    print_message("%s, %s: largest difference %d, at the edges %d, mean %.4f\n", why, what, largest,
                  largest_at_edge, mean);
    if (largest > 2 || largest_at_edge > 16 || mean > 0.1)
        fail_msg("%s, %s: largest difference %d, at the edges %d, mean %.4f", why, what, largest,
                 largest_at_edge, mean);
}

static void compare_products(const Products *left, const Products *right, const Shape *shape)
{
    const RvImage *a = &left->picture->image, *b = &right->picture->image;
    compare(left->input_u8, right->input_u8, shape->size, shape->size, shape->why, "input");
    assert_true(a->width == b->width && a->height == b->height);
    assert_int_equal(a->row_stride, (size_t)a->width * 3);
    compare(left->picture->pixels, right->picture->pixels, a->width, a->height, shape->why, "picture");
}

typedef struct Lines {
    int info, warnings;
    char last[512];
} Lines;

static void count_line(void *user, RvLogLevel level, const char *message)
{
    Lines *lines = user;
    lines->info += level == RV_LOG_INFO;
    lines->warnings += level == RV_LOG_WARNING;
    snprintf(lines->last, sizeof lines->last, "%s", message);
}

static FrameConverter *open_converter(Lines *lines, bool exact)
{
    FrameConverter *converter = NULL;
    ConverterOptions options = {.exact = exact, .log = {count_line, lines}};
    *lines = (Lines){0};
    assert_int_equal(rv_converter_create(&options, &converter, NULL), RV_OK);
    return converter;
}

static void frames_are_resampled_where_they_lie(void **state)
{
    (void)state;
    Lines lines, host_lines;
    FrameConverter *converter = open_converter(&lines, false), *host = open_converter(&host_lines, false);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        AVFrame *av = make_drawn(&shapes[i]), *sent = send_frame(av);
        Frame there = as_frame(sent, &shapes[i]), here = as_frame(av, &shapes[i]);
        FakeCuda *fake = fake_cuda_state();
        size_t launches = fake->launches, rectangles = fake->rectangles;
        Products on_device = convert(converter, &there, &shapes[i]);
        // Three planes in two steps, twice; no plane of the frame was fetched.
        assert_int_equal(fake->launches - launches, 12);
        assert_int_equal(fake->rectangles, rectangles);
        assert_int_equal(sent->format, AV_PIX_FMT_CUDA);
        void *context = NULL, *stream = NULL;
        assert_true(rv_hardware_cuda_of(sent, &context, &stream));
        assert_ptr_equal(fake->launch_context, context);
        Products in_memory = convert(host, &here, &shapes[i]);
        compare_products(&on_device, &in_memory, &shapes[i]);
        clear_products(&on_device);
        clear_products(&in_memory);
        rv_converter_destroy(converter);
        converter = open_converter(&lines, false);
        rv_frame_clear(&there);
        rv_frame_clear(&here);
    }
    assert_int_equal(lines.warnings + lines.info, 0);
    rv_converter_destroy(converter);
    rv_converter_destroy(host);
    assert_int_equal(fake_cuda_state()->allocations, 0);
}

static void what_the_device_does_not_do_is_done_in_memory(void **state)
{
    static const struct {
        enum AVPixelFormat format;
        int width, height;
        bool exact;
        int interlaced, warnings;
        const char *why;
    } cases[] = {
        {AV_PIX_FMT_NV12, 320, 180, true, 0, 0, "the exact way"},
        {AV_PIX_FMT_NV12, 1000, 200, false, 0, 0, "a long shape"},
        {AV_PIX_FMT_NV12, 64, 64, false, 0, 0, "of the wanted size already"},
        {AV_PIX_FMT_NV12, 64, 128, false, 1, 0, "a field of the wanted size"},
        {AV_PIX_FMT_YUV420P, 320, 180, false, 0, 1, "a layout that NVDEC does not give"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Shape shape = {cases[i].format,
                             cases[i].width,
                             cases[i].height,
                             64,
                             90,
                             .aspect = 1 + cases[i].interlaced,
                             .interlaced = cases[i].interlaced,
                             .why = cases[i].why};
        AVFrame *av = make_drawn(&shape), *sent = send_frame(av);
        Frame there = as_frame(sent, &shape), here = as_frame(av, &shape);
        Lines lines, host_lines;
        FrameConverter *converter = open_converter(&lines, cases[i].exact),
                       *host = open_converter(&host_lines, cases[i].exact);
        Products fetched = convert(converter, &there, &shape), in_memory = convert(host, &here, &shape);
        assert_memory_equal(fetched.input_u8, in_memory.input_u8, fetched.input_bytes);
        assert_int_equal(lines.warnings, cases[i].warnings);
        clear_products(&fetched);
        clear_products(&in_memory);
        rv_converter_destroy(converter);
        rv_converter_destroy(host);
        rv_frame_clear(&there);
        rv_frame_clear(&here);
    }
}

/* Each kernel, copy and allocation in turn. After a failure the device answers again here, so that the frame
 * can be fetched; one that is lost for good gives an error of the fetch. */
static void a_device_that_fails_loses_nothing(void **state)
{
    (void)state;
    const Shape shape = {AV_PIX_FMT_NV12, 320, 180, 64, 90, .aspect = 1, .why = "while the device fails"};
    AVFrame *av = make_drawn(&shape);
    Frame here = as_frame(av, &shape);
    Lines lines;
    FrameConverter *host = open_converter(&lines, false);
    Products in_memory = convert(host, &here, &shape);
    int failures = 0;
    for (int what = 0; what < 3; what++) {
        bool failed = true;
        for (long call = 0; failed; call++) {
            AVFrame *sent = send_frame(av);
            Frame there = as_frame(sent, &shape);
            FrameConverter *converter = open_converter(&lines, false);
            FakeCuda *fake = fake_cuda_state();
            fake->stays_broken = 0;
            long *left = what == 0 ? &fake->fail_launch : what == 1 ? &fake->fail_copy : &fake->fail_alloc;
            *left = call;
            Products products = convert(converter, &there, &shape);
            failed = *left == FAKE_NEVER;
            *left = FAKE_NEVER;
            if (lines.warnings != failed)
                fail_msg("%d, call %ld: %d warnings, %d notes, the last %s", what, call, lines.warnings,
                         lines.info, lines.last);
            compare_products(&products, &in_memory, &shape);
            failures += failed;
            clear_products(&products);
            rv_converter_destroy(converter);
            rv_frame_clear(&there);
            assert_int_equal(fake->allocations, 0);
        }
    }
    assert_true(failures >= 10);
    clear_products(&in_memory);
    rv_converter_destroy(host);
    rv_frame_clear(&here);
}

static void a_device_that_is_lost_gives_an_error(void **state)
{
    (void)state;
    AVFrame *av = make_drawn(&shapes[2]), *sent = send_frame(av);
    Frame there = as_frame(sent, &shapes[2]);
    uint8_t *input_u8 = malloc(224 * 224 * 3);
    Lines lines;
    RvError err = {0};
    assert_non_null(input_u8);
    FrameConverter *converter = open_converter(&lines, false);
    fake_cuda_state()->fail_launch = 0;
    assert_int_equal(rv_converter_model_input(converter, &there, 224, input_u8, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "cannot be fetched from the video hardware"));
    fake_cuda_state(); // works again
    rv_converter_destroy(converter);
    rv_frame_clear(&there);
    av_frame_free(&av);
    free(input_u8);
}

static void fetch_gives_the_same_bytes(void **state)
{
    (void)state;
    AVFrame *av = make_drawn(&shapes[1]), *sent = send_frame(av);
    av->height = sent->height = 359; // as of a video whose last row is cropped: half a row of chroma
    Frame there = as_frame(sent, &shapes[1]), second = {0};
    assert_int_equal(rv_frame_ref(&there, &second, NULL), RV_OK);
    assert_int_equal(rv_frame_fetch(&there, NULL), RV_OK);
    assert_int_equal(sent->format, AV_PIX_FMT_NV12);
    assert_int_equal(sent->color_range, av->color_range);
    assert_int_equal(sent->height, 359);
    for (int y = 0; y < 359 + 180; y++) {
        int plane = y >= 359, row = plane ? y - 359 : y;
        assert_memory_equal(sent->data[plane] + (ptrdiff_t)row * sent->linesize[plane],
                            av->data[plane] + (ptrdiff_t)row * av->linesize[plane],
                            (size_t)(plane ? (av->width + 1) / 2 * 2 : av->width));
    }
    assert_int_equal(second.av->format, AV_PIX_FMT_CUDA);
    assert_int_equal(rv_frame_fetch(&there, NULL), RV_OK); // nothing to do
    rv_frame_clear(&second);
    rv_frame_clear(&there);
    av_frame_free(&av);
    assert_int_equal(fake_cuda_state()->allocations, 0);
}

/* The encoder's context is FFmpeg's too, whoever comes first. */
static void decoders_share_the_encoders_context(void **state)
{
    (void)state;
    for (int encoder_first = 0; encoder_first < 2; encoder_first++) {
        Compute *compute = encoder_first ? open_cuda_or_skip(true, 1) : NULL;
        Hardware hardware = {0};
        RvLog log = {0};
        fake_cuda_state();
        assert_int_equal(rv_hardware_open("cuda", AV_CODEC_ID_H264, "clip", &log, &hardware, NULL), RV_OK);
        assert_non_null(hardware.device);
        if (!encoder_first)
            compute = open_cuda_or_skip(true, 1);
        AVFrame *av = make_drawn(&shapes[2]), *sent = av_frame_alloc();
        AVBufferRef *frames = open_frames(hardware.device, av);
        void *context = NULL, *stream = NULL;
        assert_int_equal(av_hwframe_get_buffer(frames, sent, 0), 0);
        assert_true(rv_hardware_cuda_of(sent, &context, &stream));
        float zero = 0;
        DeviceBuffer *buffer = compute->ops->buffer_create(compute, 1, COMPUTE_FAST, NULL);
        assert_non_null(buffer);
        compute->ops->upload(compute, buffer, &zero, 1); // runs a kernel
        assert_ptr_equal(fake_cuda_state()->launch_context, context);
        compute->ops->buffer_destroy(compute, buffer);
        av_frame_free(&sent);
        av_frame_free(&av);
        av_buffer_unref(&frames);
        rv_hardware_close(&hardware);
        rv_compute_close(compute);
    }
    assert_int_equal(fake_cuda_state()->allocations, 0);
}

/* Frames of several decoders, each with a context of its own. */
static void a_converter_follows_its_frames(void **state)
{
    (void)state;
    AVFrame *av = make_drawn(&shapes[2]);
    AVFrame *kept[2] = {NULL};
    Lines lines;
    FrameConverter *converter = open_converter(&lines, false);
    for (int turn = 0; turn < 3; turn++) {
        AVFrame *sent = send_frame(av);
        Frame there = as_frame(sent, &shapes[2]);
        void *context = NULL, *stream = NULL;
        assert_true(rv_hardware_cuda_of(sent, &context, &stream));
        Products products = convert(converter, &there, &shapes[2]);
        assert_ptr_equal(fake_cuda_state()->launch_context, context);
        clear_products(&products);
        if (turn == 2) {
            rv_converter_destroy(converter);
            rv_frame_clear(&there);
        } else {
            kept[turn] = sent; // so that its context lives
        }
    }
    assert_int_equal(lines.warnings + lines.info, 0);
    for (int turn = 0; turn < 2; turn++)
        av_frame_free(&kept[turn]);
    av_frame_free(&av);
    assert_int_equal(fake_cuda_state()->allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_resampled_where_they_lie),
        cmocka_unit_test(what_the_device_does_not_do_is_done_in_memory),
        cmocka_unit_test(a_device_that_fails_loses_nothing),
        cmocka_unit_test(a_device_that_is_lost_gives_an_error),
        cmocka_unit_test(fetch_gives_the_same_bytes),
        cmocka_unit_test(decoders_share_the_encoders_context),
        cmocka_unit_test(a_converter_follows_its_frames),
    };
    return cmocka_run_group_tests_name("device_frames", tests, NULL, NULL);
}
