/* SPDX-License-Identifier: MIT */
/* Tests of pixels/upright.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "pixels/upright.h"

#define WIDTH 3
#define HEIGHT 2
#define STRIDE 16

/* Red tells the pixel: "abc" over "def"; green and blue follow it. */
static void fill(uint8_t pixels[HEIGHT * STRIDE])
{
    memset(pixels, 0, HEIGHT * STRIDE);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        uint8_t *pixel = pixels + i / WIDTH * STRIDE + i % WIDTH * 3;
        pixel[0] = (uint8_t)('a' + i);
        pixel[1] = (uint8_t)('A' + i);
        pixel[2] = (uint8_t)('0' + i);
    }
}

static void upright_copy_turns_and_mirrors(void **state)
{
    static const struct {
        int turns;
        bool mirrored;
        const char *letters;
        const char *why;
    } cases[] = {
        {0, false, "abcdef", "as it is"},
        {1, false, "daebfc", "a quarter clockwise"},
        {2, false, "fedcba", "upside down"},
        {3, false, "cfbead", "a quarter anticlockwise"},
        {0, true, "cbafed", "mirrored"},
        {1, true, "fcebda", "mirrored, then clockwise"},
        {2, true, "defabc", "mirrored, then twice"},
        {3, true, "adbecf", "mirrored, then anticlockwise"},
    };
    uint8_t pixels[HEIGHT * STRIDE];
    fill(pixels);
    RgbRows rows = {pixels, STRIDE, WIDTH, HEIGHT};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Turn turn = {cases[i].turns, cases[i].mirrored, false};
        int width = turn.quarter_turns & 1 ? HEIGHT : WIDTH;
        int height = WIDTH + HEIGHT - width;
        uint8_t out[WIDTH * HEIGHT * 3];
        rv_upright_copy(&rows, &turn, 0, 0, width, height, out, (size_t)width * 3);
        for (int k = 0; k < WIDTH * HEIGHT; k++) {
            int index = cases[i].letters[k] - 'a';
            if (out[3 * k] != 'a' + index || out[3 * k + 1] != 'A' + index || out[3 * k + 2] != '0' + index)
                fail_msg("%s: pixel %d is %c", cases[i].why, k, out[3 * k]);
        }
    }
}

static void upright_copy_crops_and_swaps(void **state)
{
    uint8_t pixels[HEIGHT * STRIDE];
    fill(pixels);
    RgbRows rows = {pixels, STRIDE, WIDTH, HEIGHT};
    Turn turn = {1, false, true}; // upright: "da", "eb", "fc"
    uint8_t out[2 * 8] = {0};
    rv_upright_copy(&rows, &turn, 1, 1, 1, 2, out, 8);
    assert_memory_equal(out,
                        "1Bb\0\0\0\0\0"
                        "2Cc\0\0\0\0",
                        16);
    turn = (Turn){0, false, false};
    rv_upright_copy(&rows, &turn, 1, 0, 2, 1, out, 8);
    assert_memory_equal(out, "bB1cC2", 6);
}

/* The window cut out of the source, then turned, is the part of the whole turned picture. */
static void upright_window_is_where_the_copy_reads(void **state)
{
    uint8_t pixels[HEIGHT * STRIDE];
    fill(pixels);
    for (int variant = 0; variant < 8; variant++) {
        Turn turn = {variant % 4, variant >= 4, false};
        int width = turn.quarter_turns & 1 ? HEIGHT : WIDTH, height = WIDTH + HEIGHT - width;
        for (int at = 0; at < WIDTH * HEIGHT; at++) {
            PixelWindow part = {at % width, at / width, width - at % width, height - at / width};
            PixelWindow from = rv_upright_window(&turn, WIDTH, HEIGHT, &part);
            RgbRows whole = {pixels, STRIDE, WIDTH, HEIGHT};
            RgbRows cut = {pixels + from.top * STRIDE + from.left * 3, STRIDE, from.width, from.height};
            uint8_t expected[WIDTH * HEIGHT * 3], out[WIDTH * HEIGHT * 3];
            size_t row_bytes = (size_t)part.width * 3;
            rv_upright_copy(&whole, &turn, part.left, part.top, part.width, part.height, expected, row_bytes);
            rv_upright_copy(&cut, &turn, 0, 0, part.width, part.height, out, row_bytes);
            assert_memory_equal(out, expected, row_bytes * (size_t)part.height);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upright_copy_turns_and_mirrors),
        cmocka_unit_test(upright_copy_crops_and_swaps),
        cmocka_unit_test(upright_window_is_where_the_copy_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
