/* SPDX-License-Identifier: MIT */
/* Brightness on a grid, and references to frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <libavutil/frame.h>

#include "video/luma_grid.h"

static Frame make_grey(int width, int height, uint8_t left, uint8_t right)
{
    Frame frame = {.av = av_frame_alloc(), .pts_us = 7, .sample_aspect_num = 1, .sample_aspect_den = 1};
    assert_non_null(frame.av);
    frame.av->width = width;
    frame.av->height = height;
    frame.av->format = AV_PIX_FMT_GRAY8;
    assert_int_equal(av_frame_get_buffer(frame.av, 0), 0);
    for (int y = 0; y < height; y++) {
        memset(frame.av->data[0] + (ptrdiff_t)y * frame.av->linesize[0], left, (size_t)width / 2);
        memset(frame.av->data[0] + (ptrdiff_t)y * frame.av->linesize[0] + width / 2, right,
               (size_t)(width - width / 2));
    }
    return frame;
}

static void grid_averages_areas_of_any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{640, 360}, {64, 36}, {2, 2}, {175, 131}, {1920, 16}};
    LumaScaler *scaler;
    assert_int_equal(rv_luma_create(&scaler, NULL), RV_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        Frame frame = make_grey(sizes[i][0], sizes[i][1], 20, 220);
        uint8_t grid[LUMA_GRID_SIZE];
        assert_int_equal(rv_luma_grid(scaler, &frame, grid, NULL), RV_OK);
        assert_in_range(grid[0], 18, 22);
        assert_in_range(grid[LUMA_GRID_SIZE - 1], 218, 222);
        rv_frame_clear(&frame);
    }
    rv_luma_destroy(scaler);
}

static void difference_runs_from_none_to_all(void **state)
{
    (void)state;
    uint8_t black[LUMA_GRID_SIZE] = {0}, white[LUMA_GRID_SIZE], half[LUMA_GRID_SIZE] = {0};
    memset(white, 255, sizeof white);
    memset(half, 255, sizeof half / 2);
    assert_true(rv_luma_difference(black, black) == 0);
    assert_true(rv_luma_difference(black, white) == 1);
    assert_true(rv_luma_difference(white, black) == 1);
    assert_true(rv_luma_difference(black, half) == 0.5);
}

static void ref_outlives_the_frame(void **state)
{
    (void)state;
    Frame frame = make_grey(32, 32, 9, 9), kept;
    assert_int_equal(rv_frame_ref(&frame, &kept, NULL), RV_OK);
    rv_frame_clear(&frame);
    assert_null(frame.av);
    rv_frame_clear(&frame); // cleared twice
    rv_frame_clear(NULL);
    assert_int_equal(kept.pts_us, 7);
    assert_int_equal(kept.av->data[0][31], 9);
    rv_frame_clear(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_averages_areas_of_any_size),
        cmocka_unit_test(difference_runs_from_none_to_all),
        cmocka_unit_test(ref_outlives_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
