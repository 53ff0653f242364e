/* SPDX-License-Identifier: MIT */
/* Frames on a CUDA device (the fake one, on which FFmpeg's device opens too) come into memory as they are, or
 * with an error; never as a wrong picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>

#include "base/random.h"
#include "cuda_in_tests.h"
#include "video/hardware.h"

typedef struct Shape {
    enum AVPixelFormat format;
    int width, height, shown_height; // the last: of what is cropped from it
    const char *why;
} Shape;

static const Shape shapes[] = {
    {AV_PIX_FMT_NV12, 320, 180, 180, "4:2:0 of 8 bits"},
    {AV_PIX_FMT_NV12, 641, 360, 359, "a cropped last row: half a row of chroma"},
    {AV_PIX_FMT_P010, 320, 180, 180, "10 bits"},
    {AV_PIX_FMT_P016, 320, 182, 181, "16 bits"},
    {AV_PIX_FMT_YUV444P, 100, 60, 60, "4:4:4"},
    {AV_PIX_FMT_YUV420P, 100, 60, 60, "a layout that NVDEC does not return"},
};
#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

static int plane_rows(const Shape *shape, int plane, int height)
{
    int shift = plane > 0 ? av_pix_fmt_desc_get(shape->format)->log2_chroma_h : 0;
    return AV_CEIL_RSHIFT(height, shift);
}

static AVFrame *make_noise(const Shape *shape)
{
    uint64_t seed = 7;
    AVFrame *av = av_frame_alloc();
    assert_non_null(av);
    av->format = shape->format;
    av->width = shape->width;
    av->height = shape->height;
    av->color_range = AVCOL_RANGE_JPEG;
    assert_int_equal(av_frame_get_buffer(av, 0), 0);
    for (int plane = 0; plane < av_pix_fmt_count_planes(shape->format); plane++) {
        size_t count = (size_t)av->linesize[plane] * (size_t)plane_rows(shape, plane, shape->height);
        for (size_t i = 0; i < count; i++)
            av->data[plane][i] = (uint8_t)rv_random_next(&seed);
    }
    return av;
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

/* The frame on FFmpeg's device, as its decoder would leave it; skips if there is no fake device. */
static AVFrame *send_frame(const AVFrame *from, const Shape *shape)
{
    AVBufferRef *device = NULL;
    fake_cuda_state();
    if (av_hwdevice_ctx_create(&device, AV_HWDEVICE_TYPE_CUDA, NULL, NULL, 0) < 0) {
        print_message("skipped: FFmpeg was built without CUDA\n");
        skip();
    }
    AVBufferRef *frames = open_frames(device, from);
    AVFrame *sent = av_frame_alloc();
    assert_non_null(sent);
    assert_int_equal(av_hwframe_get_buffer(frames, sent, 0), 0);
    assert_int_equal(av_hwframe_transfer_data(sent, from, 0), 0);
    assert_int_equal(av_frame_copy_props(sent, from), 0);
    sent->height = shape->shown_height;
    av_buffer_unref(&frames);
    av_buffer_unref(&device);
    return sent;
}

static void check_same(const AVFrame *found, const AVFrame *expected, const Shape *shape)
{
    int widths[4] = {0};
    assert_int_equal(found->format, shape->format);
    assert_int_equal(found->width, shape->width);
    assert_int_equal(found->height, shape->shown_height);
    assert_int_equal(found->color_range, expected->color_range);
    assert_true(av_image_fill_linesizes(widths, shape->format, shape->width) >= 0);
    for (int plane = 0; plane < av_pix_fmt_count_planes(shape->format); plane++) {
        for (int y = 0; y < plane_rows(shape, plane, shape->shown_height); y++) {
            if (memcmp(found->data[plane] + (ptrdiff_t)y * found->linesize[plane],
                       expected->data[plane] + (ptrdiff_t)y * expected->linesize[plane],
                       (size_t)widths[plane]) != 0)
                fail_msg("%s: plane %d, row %d differs", shape->why, plane, y);
        }
    }
}

static void fetch_returns_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        RvError err = {0};
        AVFrame *av = make_noise(&shapes[i]), *sent = send_frame(av, &shapes[i]),
                *second = av_frame_clone(sent);
        assert_non_null(second);
        if (rv_hardware_fetch(sent, "clip", &err) != RV_OK)
            fail_msg("%s: %s", shapes[i].why, err.message);
        check_same(sent, av, &shapes[i]);
        assert_int_equal(second->format, AV_PIX_FMT_CUDA);              // other references stay on the device
        assert_int_equal(rv_hardware_fetch(sent, "clip", NULL), RV_OK); // nothing to do
        av_frame_free(&second);
        av_frame_free(&sent);
        av_frame_free(&av);
        assert_int_equal(fake_cuda_state()->allocations, 0);
    }
}

/* Each copy in turn. FFmpeg reports success also if its copies failed. */
static void fetch_refuses_a_picture_whose_copy_failed(void **state)
{
    (void)state;
    AVFrame *av = make_noise(&shapes[0]);
    int refused = 0;
    for (long call = 0, failed = 1; failed; call++) {
        AVFrame *sent = send_frame(av, &shapes[0]);
        FakeCuda *fake = fake_cuda_state();
        RvError err = {0};
        fake->stays_broken = 0;
        fake->fail_copy = call;
        RvStatus status = rv_hardware_fetch(sent, "clip", &err);
        failed = fake->fail_copy == FAKE_NEVER;
        fake->fail_copy = FAKE_NEVER;
        assert_int_equal(status, failed ? RV_ERROR_IO : RV_OK);
        if (failed) {
            assert_non_null(strstr(err.message, "clip: a picture cannot be fetched from the video hardware"));
            assert_int_equal(sent->format, AV_PIX_FMT_CUDA);
            refused++;
        } else {
            check_same(sent, av, &shapes[0]);
        }
        av_frame_free(&sent);
        assert_int_equal(fake->allocations, 0);
    }
    assert_int_equal(refused, 2); // luma and chroma
    av_frame_free(&av);
}

static void fetch_from_a_lost_device_is_an_error(void **state)
{
    (void)state;
    RvError err = {0};
    AVFrame *av = make_noise(&shapes[0]), *sent = send_frame(av, &shapes[0]);
    fake_cuda_state()->fail_copy = 0; // and every call after it
    assert_int_equal(rv_hardware_fetch(sent, "clip", &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "decode without it"));
    fake_cuda_state(); // works again
    av_frame_free(&sent);
    av_frame_free(&av);
}

/* The encoder's context is FFmpeg's too, whichever of them is opened first. */
static void decoders_share_the_encoders_context(void **state)
{
    (void)state;
    for (int encoder_first = 0; encoder_first < 2; encoder_first++) {
        size_t contexts_made = fake_cuda_state()->contexts_made;
        Compute *compute = encoder_first ? open_cuda_or_skip(true, 1) : NULL;
        Hardware hardware = {0};
        RvLog log = {0};
        assert_int_equal(rv_hardware_open("cuda", AV_CODEC_ID_H264, "clip", &log, &hardware, NULL), RV_OK);
        if (hardware.device == NULL) {
            print_message("skipped: FFmpeg was built without CUDA\n");
            skip();
        }
        if (!encoder_first)
            compute = open_cuda_or_skip(true, 1);
        assert_int_equal(fake_cuda_state()->contexts_made, contexts_made);
        rv_hardware_close(&hardware);
        rv_compute_close(compute);
    }
    assert_int_equal(fake_cuda_state()->allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetch_returns_the_same_bytes),
        cmocka_unit_test(fetch_refuses_a_picture_whose_copy_failed),
        cmocka_unit_test(fetch_from_a_lost_device_is_an_error),
        cmocka_unit_test(decoders_share_the_encoders_context),
    };
    return cmocka_run_group_tests_name("hardware_cuda", tests, NULL, NULL);
}
