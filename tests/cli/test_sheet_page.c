/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/sheet_page.c, picture_surface.c and out_file.c: what is drawn where, and what reaches the
 * disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out_file.h"
#include "picture_surface.h"
#include "sheet_page.h"

typedef struct Fixture {
    char folder[256], path[300];
} Fixture;

static int set_up(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/sheet-XXXXXX", build != NULL ? build : "/tmp");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/out.png", fixture->folder);
    return 0;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    unlink(fixture->path);
    int status = rmdir(fixture->folder); // fails where something was left behind
    free(fixture);
    return status;
}

/* A picture of one colour. */
static cairo_surface_t *plain_picture(int width, int height, uint8_t red, uint8_t green, uint8_t blue)
{
    uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
        pixels[3 * i] = red;
        pixels[3 * i + 1] = green;
        pixels[3 * i + 2] = blue;
    }
    RvImage image = {.pixels_u8 = pixels,
                     .width = width,
                     .height = height,
                     .channel_count = 3,
                     .row_stride = (size_t)width * 3};
    cairo_surface_t *surface = cli_surface_create(&image, 0, 0);
    assert_non_null(surface);
    free(pixels);
    return surface;
}

static uint32_t pixel(cairo_surface_t *surface, int x, int y)
{
    const unsigned char *row =
        cairo_image_surface_get_data(surface) + (size_t)y * (size_t)cairo_image_surface_get_stride(surface);
    uint32_t value;
    memcpy(&value, row + 4 * (size_t)x, sizeof value);
    return value & 0xffffff;
}

static void fill(SheetPage *page, size_t count, int width, int height)
{
    RvError err;
    for (size_t i = 0; i < count; i++) {
        SheetItem item = {.picture = plain_picture(width, height, 200, 30, (uint8_t)i),
                          .strong = strdup("0:00:01.0"),
                          .strong_right = strdup("0.2500"),
                          .light = strdup("a-video-with-a-rather-long-name.mp4")};
        assert_int_equal(cli_sheet_add(page, item, &err), RV_OK);
    }
}

static void sheet_layout_counts_rows_and_columns(void **state)
{
    (void)state;
    static const struct {
        size_t count, columns, expected_columns, expected_rows;
    } cases[] = {{1, 5, 1, 1}, {5, 5, 5, 1}, {6, 5, 5, 2}, {39, 6, 6, 7}, {40, 40, 40, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SheetPage page = {.columns = cases[i].columns, .cell_width = 240};
        fill(&page, cases[i].count, 16, 9);
        SheetLayout layout = cli_sheet_layout(&page);
        assert_int_equal(layout.columns, cases[i].expected_columns);
        assert_int_equal(layout.rows, cases[i].expected_rows);
        assert_int_equal(layout.picture_height, 135);
        int inner = (int)layout.columns * (240 + layout.gap) - layout.gap;
        assert_true(layout.width >= inner + 2 * layout.margin);
        cli_sheet_clear(&page);
    }
}

static void sheet_max_rows_fit_the_tallest_pictures(void **state)
{
    (void)state;
    SheetPage page = {.columns = 1, .cell_width = 240};
    fill(&page, cli_sheet_max_rows(240), 9, 16);
    assert_true(cli_sheet_layout(&page).height <= SHEET_MAX_HEIGHT);
    cli_sheet_clear(&page);
}

static void sheet_write_draws_pictures_in_their_cells(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    SheetPage page = {.columns = 5,
                      .cell_width = 320,
                      .title = strdup("\xe2\x80\x9c"
                                      "a query\xe2\x80\x9d"),
                      .subtitle = strdup("The 7 best frames")};
    fill(&page, 7, 640, 360);
    SheetLayout layout = cli_sheet_layout(&page);
    assert_int_equal(cli_sheet_write(&page, fixture->path, false, &err), RV_OK);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(fixture->path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(surface), layout.width);
    assert_int_equal(cairo_image_surface_get_height(surface), layout.height);
    assert_int_equal(pixel(surface, 2, 2), 0xffffff);
    for (size_t i = 0; i < 7; i++) {
        int x = layout.margin + (int)(i % 5) * (320 + layout.gap);
        int y = layout.header_height +
                (int)(i / 5) * (layout.picture_height + layout.caption_height + layout.gap);
        uint32_t colour = 200u << 16 | 30u << 8 | (uint32_t)i;
        assert_int_equal(pixel(surface, x, y), colour);
        assert_int_equal(pixel(surface, x + 319, y + 179), colour);
        assert_int_equal(pixel(surface, x - 1, y), 0xffffff);
        assert_int_equal(pixel(surface, x, y + 180), 0xffffff);
    }
    // Something dark stands in the title and under the first picture, nothing beyond its cell.
    size_t title = 0, caption = 0, gutter = 0;
    for (int y = 0; y < layout.height; y++) {
        for (int x = 0; x < layout.width; x++) {
            bool dark = (pixel(surface, x, y) & 0xff) < 0x80 && (pixel(surface, x, y) >> 16) < 0x80;
            title += dark && y < layout.header_height;
            bool below = y > layout.header_height + layout.picture_height &&
                         y < layout.header_height + layout.picture_height + layout.caption_height;
            caption += dark && below && x < layout.margin + 320;
            gutter += dark && below && x > layout.margin + 321 && x < layout.margin + 320 + layout.gap - 1;
        }
    }
    assert_true(title > 200);
    assert_true(caption > 200);
    assert_int_equal(gutter, 0);
    cairo_surface_destroy(surface);
    cli_sheet_clear(&page);
}

static void sheet_write_survives_missing_pictures_and_endless_titles(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char title[3000];
    memset(title, 'W', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    SheetPage page = {.columns = 5, .cell_width = 320, .title = strdup(title)};
    assert_int_equal(cli_sheet_add(&page, (SheetItem){.strong = strdup(title)}, &err), RV_OK);
    assert_int_equal(cli_sheet_write(&page, fixture->path, false, &err), RV_OK);
    cli_sheet_clear(&page);
}

static void sheet_write_refuses_an_empty_page(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    SheetPage page = {.columns = 5, .cell_width = 320};
    assert_int_equal(cli_sheet_write(&page, fixture->path, false, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void surface_png_keeps_every_byte(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    enum { SIDE = 48 };
    uint8_t pixels[SIDE * SIDE * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 11);
    RvImage image = {
        .pixels_u8 = pixels, .width = SIDE, .height = SIDE, .channel_count = 3, .row_stride = SIDE * 3};
    cairo_surface_t *surface = cli_surface_create(&image, 0, 0);
    assert_int_equal(cli_surface_write(surface, fixture->path, false, &err), RV_OK);
    cairo_surface_destroy(surface);
    surface = cairo_image_surface_create_from_png(fixture->path);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *expected = pixels + (y * SIDE + x) * 3;
            assert_int_equal(pixel(surface, x, y),
                             (uint32_t)expected[0] << 16 | expected[1] << 8 | expected[2]);
        }
    }
    cairo_surface_destroy(surface);
    struct stat facts;
    assert_int_equal(stat(fixture->path, &facts), 0);
    assert_int_equal(facts.st_mode & 0600, 0600);
}

static void surface_create_takes_all_channel_counts(void **state)
{
    (void)state;
    static const struct {
        int channels;
        uint8_t pixel[4];
        uint32_t expected;
    } cases[] = {{1, {77}, 0x4d4d4d},          {2, {0, 0}, 0xffffff},           {2, {0, 255}, 0x000000},
                 {3, {1, 2, 3}, 0x010203},     {4, {255, 0, 0, 255}, 0xff0000}, {4, {255, 0, 0, 0}, 0xffffff},
                 {4, {0, 0, 0, 128}, 0x7f7f7f}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvImage image = {.pixels_u8 = cases[i].pixel,
                         .width = 1,
                         .height = 1,
                         .channel_count = cases[i].channels,
                         .row_stride = 4};
        cairo_surface_t *surface = cli_surface_create(&image, 0, 0);
        assert_int_equal(pixel(surface, 0, 0), cases[i].expected);
        cairo_surface_destroy(surface);
    }
}

static void surface_create_scales_down_only(void **state)
{
    (void)state;
    static const struct {
        int width, height, max_width, max_height, expected_width, expected_height;
    } cases[] = {{640, 360, 320, 0, 320, 180},
                 {640, 360, 0, 90, 160, 90},
                 {100, 50, 320, 200, 100, 50},
                 {2000, 1, 100, 0, 100, 1},
                 {360, 640, 320, 160, 90, 160}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *pixels = malloc((size_t)cases[i].width * (size_t)cases[i].height);
        memset(pixels, 100, (size_t)cases[i].width * (size_t)cases[i].height);
        RvImage image = {.pixels_u8 = pixels,
                         .width = cases[i].width,
                         .height = cases[i].height,
                         .channel_count = 1,
                         .row_stride = (size_t)cases[i].width};
        cairo_surface_t *surface = cli_surface_create(&image, cases[i].max_width, cases[i].max_height);
        assert_int_equal(cairo_image_surface_get_width(surface), cases[i].expected_width);
        assert_int_equal(cairo_image_surface_get_height(surface), cases[i].expected_height);
        int last_x = cases[i].expected_width - 1, last_y = cases[i].expected_height - 1;
        assert_int_equal(pixel(surface, last_x, last_y), 0x646464); // the border does not fade
        cairo_surface_destroy(surface);
        free(pixels);
    }
}

static void out_file_reports_what_it_cannot_write(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    OutFile out;
    char path[400];
    snprintf(path, sizeof path, "%s/no/such/folder.png", fixture->folder);
    assert_int_equal(cli_out_open(&out, path, RV_FILE_TEXT, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "No such file or directory"));
    assert_int_equal(cli_out_open(&out, fixture->folder, RV_FILE_TEXT, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "directory"));
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(cli_out_open(&out, "/dev/full", RV_FILE_TEXT, &err), RV_OK);
        fputs("text", out.file);
        assert_int_equal(cli_out_commit(&out, &err), RV_ERROR_IO);
        assert_non_null(strstr(err.message, "No space left"));
    }
}

static void out_file_leaves_the_old_one_until_the_end(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    OutFile out;
    assert_int_equal(cli_out_open(&out, fixture->path, RV_FILE_TEXT, &err), RV_OK);
    fputs("one", out.file);
    assert_int_equal(cli_out_commit(&out, &err), RV_OK);
    assert_int_equal(cli_out_open(&out, fixture->path, RV_FILE_TEXT, &err), RV_OK);
    fputs("two, and more", out.file);
    cli_out_abandon(&out);
    struct stat facts;
    assert_int_equal(stat(fixture->path, &facts), 0);
    assert_int_equal(facts.st_size, 3);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sheet_layout_counts_rows_and_columns),
        cmocka_unit_test(sheet_max_rows_fit_the_tallest_pictures),
        CASE(sheet_write_draws_pictures_in_their_cells),
        CASE(sheet_write_survives_missing_pictures_and_endless_titles),
        CASE(sheet_write_refuses_an_empty_page),
        CASE(surface_png_keeps_every_byte),
        cmocka_unit_test(surface_create_takes_all_channel_counts),
        cmocka_unit_test(surface_create_scales_down_only),
        CASE(out_file_reports_what_it_cannot_write),
        CASE(out_file_leaves_the_old_one_until_the_end),
    };
    return cmocka_run_group_tests_name("cli/sheet_page", tests, NULL, NULL);
}
