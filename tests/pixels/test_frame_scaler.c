/* SPDX-License-Identifier: MIT */
/* Tests of pixels/frame_scaler.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "pixels/frame_scaler.h"

/* Mean of the blue channel of a frame whose U rises from left to right. */
static double blue_of_ramp(enum AVChromaLocation location)
{
    enum { WIDTH = 64, HEIGHT = 16 };
    AVFrame *av = make_av_frame(AV_PIX_FMT_YUV420P, WIDTH, HEIGHT);
    fill_components(av, (const int[4]){128, 128, 128});
    for (int y = 0; y < HEIGHT / 2; y++) {
        for (int x = 0; x < WIDTH / 2; x++)
            av->data[1][y * av->linesize[1] + x] = (uint8_t)(64 + 4 * x);
    }
    av->chroma_location = location;
    FrameView view;
    FrameScaler scaler = {0};
    RvError err = {0};
    size_t stride = rv_frame_scaler_stride(AV_PIX_FMT_RGB24, WIDTH);
    uint8_t *rgb = malloc(stride * HEIGHT);
    assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
    assert_int_equal(rv_frame_scaler_run(&scaler, &view, AV_PIX_FMT_RGB24, RESIZE_BICUBIC, WIDTH, HEIGHT,
                                         NULL, rgb, stride, &err),
                     RV_OK);
    double sum = 0;
    for (int x = 24; x < 40; x++)
        sum += rgb[4 * stride + (size_t)x * 3 + 2];
    rv_frame_scaler_clear(&scaler);
    free(rgb);
    av_frame_free(&av);
    return sum / 16;
}

static void frame_scaler_run_places_chroma(void **state)
{
    double left = blue_of_ramp(AVCHROMA_LOC_LEFT), center = blue_of_ramp(AVCHROMA_LOC_CENTER);
    // U rises by 2 a pixel: at pixel x it is 64 + 2x, or half a pixel less where the samples sit between.
    // BT.601.
    double wanted = 1.164 * (128 - 16) + 2.017 * (64 + 2 * 31.5 - 128);
    assert_true(left > wanted - 0.8 && left < wanted + 0.8);
    assert_true(left - center > 1.5 && left - center < 2.5);
    double untold = blue_of_ramp(AVCHROMA_LOC_UNSPECIFIED);
    assert_true(untold == left);
}

static void frame_scaler_run_follows_changing_shapes(void **state)
{
    static const int shapes[][4] = {{64, 32, 20, 10}, {33, 17, 20, 10}, {64, 32, 21, 9}, {64, 32, 20, 10}};
    FrameScaler kept = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        AVFrame *av =
            make_av_frame(i == 1 ? AV_PIX_FMT_YUV422P10 : AV_PIX_FMT_YUV420P, shapes[i][0], shapes[i][1]);
        fill_components(av, i == 1 ? (const int[4]){400, 500, 600} : (const int[4]){100, 125, 150});
        FrameView view;
        FrameScaler fresh = {0};
        RvError err = {0};
        int width = shapes[i][2], height = shapes[i][3];
        size_t stride = rv_frame_scaler_stride(AV_PIX_FMT_RGB24, width);
        uint8_t *first = malloc(stride * (size_t)height), *second = malloc(stride * (size_t)height);
        assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
        assert_int_equal(rv_frame_scaler_run(&kept, &view, AV_PIX_FMT_RGB24, RESIZE_BICUBIC, width, height,
                                             NULL, first, stride, &err),
                         0);
        assert_int_equal(rv_frame_scaler_run(&fresh, &view, AV_PIX_FMT_RGB24, RESIZE_BICUBIC, width, height,
                                             NULL, second, stride, &err),
                         0);
        for (int y = 0; y < height; y++)
            assert_memory_equal(first + (size_t)y * stride, second + (size_t)y * stride, (size_t)width * 3);
        rv_frame_scaler_clear(&fresh);
        free(first);
        free(second);
        av_frame_free(&av);
    }
    rv_frame_scaler_clear(&kept);
}

/* Noise of a frame, resampled: the whole, and a window alone. */
static void check_window(enum AVPixelFormat format, enum AVPixelFormat to_format, size_t pixel_bytes,
                         const PixelWindow *window, const char *why)
{
    enum { WIDTH = 41, HEIGHT = 23 };
    AVFrame *av = make_av_frame(format, 150, 94);
    uint32_t seed = 7;
    for (int i = 0; i < AV_NUM_DATA_POINTERS && av->buf[i] != NULL; i++) {
        for (size_t k = 0; k < av->buf[i]->size; k++) {
            seed = seed * 1664525u + 1013904223u;
            av->buf[i]->data[k] =
                (uint8_t)(seed >> 24) & (format == AV_PIX_FMT_YUV420P10 && k % 2 != 0 ? 3 : 255);
        }
    }
    FrameView view;
    FrameScaler scaler = {0};
    RvError err = {0};
    size_t stride = rv_frame_scaler_stride(to_format, WIDTH);
    uint8_t *whole = calloc(HEIGHT, stride), *part = calloc(HEIGHT, stride);
    assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
    assert_int_equal(rv_frame_scaler_run(&scaler, &view, to_format, RESIZE_BICUBIC, WIDTH, HEIGHT, NULL,
                                         whole, stride, &err),
                     0);
    assert_int_equal(rv_frame_scaler_run(&scaler, &view, to_format, RESIZE_BICUBIC, WIDTH, HEIGHT, window,
                                         part, stride, &err),
                     0);
    for (int y = window->top; y < window->top + window->height; y++) {
        size_t at = (size_t)y * stride + (size_t)window->left * pixel_bytes;
        if (memcmp(whole + at, part + at, (size_t)window->width * pixel_bytes) != 0)
            fail_msg("%s: row %d differs", why, y);
    }
    rv_frame_scaler_clear(&scaler);
    free(whole);
    free(part);
    av_frame_free(&av);
}

static void frame_scaler_run_fills_a_window_as_the_whole(void **state)
{
    static const struct {
        PixelWindow window;
        const char *why;
    } cases[] = {
        {{9, 0, 23, 23}, "the middle square"}, {{1, 3, 1, 1}, "one pixel"},
        {{40, 22, 1, 1}, "the last pixel"},    {{0, 0, 41, 23}, "everything"},
        {{3, 5, 17, 2}, "odd offsets"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_window(AV_PIX_FMT_YUV420P, AV_PIX_FMT_RGB24, 3, &cases[i].window, cases[i].why);
        check_window(AV_PIX_FMT_NV12, AV_PIX_FMT_RGB24, 3, &cases[i].window, cases[i].why);
        check_window(AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, 3, &cases[i].window, cases[i].why);
        check_window(AV_PIX_FMT_YUV420P10, AV_PIX_FMT_RGB48, 6, &cases[i].window, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_scaler_run_places_chroma),
        cmocka_unit_test(frame_scaler_run_follows_changing_shapes),
        cmocka_unit_test(frame_scaler_run_fills_a_window_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
