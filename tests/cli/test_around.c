/* SPDX-License-Identifier: MIT */
/* Whole runs of `sheet --around`: what is on the page, where it comes from, and what is refused. */
#include "program_run.h"

#include <cairo.h>
#include <math.h>

#define CELL 240
#define GAP 20
#define MARGIN 32
#define PICTURE_HEIGHT 180
#define ROW (PICTURE_HEIGHT + 8 + 20 + GAP)
#define HEADER (MARGIN + 24 + 10 + 15 + 20)

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){.name = "around",
                                          .clips = {"gop50_closed.mp4", "hevc_closed.mkv", "plain.mp4"},
                                          .indexed = 2,
                                          .library = true});
}

static cairo_surface_t *read_sheet(const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    cairo_surface_t *sheet = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(sheet), CAIRO_STATUS_SUCCESS);
    return sheet;
}

static uint32_t pixel(cairo_surface_t *sheet, int x, int y)
{
    const unsigned char *row =
        cairo_image_surface_get_data(sheet) + (size_t)y * (size_t)cairo_image_surface_get_stride(sheet);
    uint32_t value;
    memcpy(&value, row + 4 * (size_t)x, sizeof value);
    return value & 0xffffff;
}

static void cell_place(size_t cell, size_t columns, int *x, int *y)
{
    *x = MARGIN + (int)(cell % columns) * (CELL + GAP);
    *y = HEADER + (int)(cell / columns) * ROW;
}

/* The number that the clips' frames show, as in numbered_frames.h. */
static int number_shown(cairo_surface_t *sheet, size_t cell, size_t columns)
{
    int x, y, number = 0;
    cell_place(cell, columns, &x, &y);
    for (int bit = 0; bit < 10; bit++) {
        int at_x = x + CELL / 10 + bit % 5 * CELL / 5,
            at_y = y + PICTURE_HEIGHT / 4 + bit / 5 * PICTURE_HEIGHT / 2;
        number |= (pixel(sheet, at_x, at_y) & 0xff) > 128 ? 1 << bit : 0;
    }
    return number;
}

static bool is_marked(cairo_surface_t *sheet, size_t cell, size_t columns)
{
    int x, y;
    cell_place(cell, columns, &x, &y);
    uint32_t left = pixel(sheet, x - 3, y + 20), right = pixel(sheet, x + CELL + 2, y + 20);
    bool marked = left != 0xffffff;
    assert_int_equal(left, right);
    return marked;
}

typedef struct Case {
    const char *words[12]; // behind "sheet -o around.png"
    size_t columns, count, marked;
    int first, step; // numbers that the frames show
    const char *why;
} Case;

static const Case cases[] = {
    {{"--around", "gop50_closed.mp4@6"},
     5,
     12,
     6,
     0,
     25,
     "stored ones: from the beginning to the end, 6 before and 5 after"},
    {{"--around", "gop50_closed.mp4@0:06.4", "--frames", "2"}, 5, 5, 2, 100, 25, "the nearest is at 6 s"},
    {{"--around", "gop50_closed.mp4@0", "--frames", "3"}, 5, 4, 0, 0, 25, "nothing before the beginning"},
    {{"--around", "gop50_closed.mp4@12.3", "--frames", "3", "--columns", "2"},
     2,
     4,
     3,
     200,
     25,
     "the last stands for what follows"},
    {{"--around", "gop50_closed.mp4@6", "--step", "0.04"},
     5,
     15,
     7,
     143,
     1,
     "every frame, by the library's path"},
    {{"--around", "hevc_closed.mkv@10.5", "--step", "0.2", "--frames", "4"},
     5,
     9,
     4,
     242,
     5,
     "from a Matroska file"},
    {{"--around", "gop50_closed.mp4@0.1", "--step", "0.04", "--frames", "3"},
     6,
     6,
     2,
     0,
     1,
     "from the beginning: 0.02, 0.06, 0.10"},
    {{"--around", "gop50_closed.mp4@11.96", "--step", "0.04", "--frames", "2"},
     3,
     3,
     2,
     297,
     1,
     "to the last frame"},
    {{"--around", "gop50_closed.mp4@12.4", "--step", "0.5", "--frames", "1"},
     1,
     1,
     0,
     297,
     1,
     "just after the end"},
};

static void check_case(const Case *entry)
{
    const char *words[PROGRAM_WORDS_MAX] = {"sheet", "-o", "around.png"};
    for (size_t i = 0; i < 12 && entry->words[i] != NULL; i++)
        words[3 + i] = entry->words[i];
    RunResult result = program_run(words, NULL);
    if (result.status != 0)
        fail_msg("%s: status %d, %s", entry->why, result.status, result.errors);
    assert_string_equal(result.errors, "");
    run_clear(&result);
    cairo_surface_t *sheet = read_sheet("around.png");
    size_t rows = (entry->count + entry->columns - 1) / entry->columns;
    int height = HEADER + (int)rows * ROW - GAP + MARGIN;
    if (cairo_image_surface_get_height(sheet) != height)
        fail_msg("%s: %d pixels high, not %d", entry->why, cairo_image_surface_get_height(sheet), height);
    for (size_t cell = 0; cell < entry->count; cell++) {
        int number = entry->first + (int)cell * entry->step;
        if (number_shown(sheet, cell, entry->columns) != number ||
            is_marked(sheet, cell, entry->columns) != (cell == entry->marked))
            fail_msg("%s: picture %zu shows frame %d, not %d, or is marked wrongly", entry->why, cell,
                     number_shown(sheet, cell, entry->columns), number);
    }
    cairo_surface_destroy(sheet);
}

static void sheet_shows_what_is_around_a_time(void **state)
{
    (void)state;
    program_need_clips();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(&cases[i]);
}

static void sheet_around_takes_files_that_no_library_knows(void **state)
{
    (void)state;
    program_need_clips();
    char place[1200];
    snprintf(place, sizeof place, "%s@2", fixture.clips[2]);
    RunResult result = RUN("sheet", "--around", place, "--frames", "1", "-o", "around.png");
    assert_status(&result, 0);
    run_clear(&result);
    cairo_surface_t *sheet = read_sheet("around.png");
    for (size_t cell = 0; cell < 3; cell++)
        assert_int_equal(number_shown(sheet, cell, 3), 25 + 25 * (int)cell);
    cairo_surface_destroy(sheet);
    program_shell("cp '%s' 'an @ in @1:00.mp4'", fixture.clips[2]);
    result = RUN("sheet", "--around", "an @ in @1:00.mp4@2", "--step", "0.04", "-o", "around.png");
    assert_status(&result, 0);
    run_clear(&result);
}

static void sheet_around_says_what_is_wrong(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *words[8];
        int status;
        const char *message;
    } faults[] = {
        {{"--around", "gop50_closed.mp4"},
         2,
         "--around: 'gop50_closed.mp4' is not VIDEO@TIME, as in holiday.mp4@1:23"},
        {{"--around", "gop50_closed.mp4@soon"}, 2, "is not VIDEO@TIME"},
        {{"--around", "gop50_closed.mp4@1:00"},
         2,
         "gop50_closed.mp4: is 12.0 s long; there is no frame at 60.0 s"},
        {{"--around", "gop50_closed.mp4@1:00", "--step", "0.5"},
         2,
         "is 12.0 s long; there is no frame at 60.0 s"},
        {{"--around", "gop50_closed.mp4@14", "--step", "0.5"},
         2,
         "is 12.0 s long; there is no frame at 14.0 s"},
        {{"--around", "nobody.mp4@1"}, 1, "nobody.mp4: neither a file nor a video in the library"},
        {{"--around", "*closed*@1"}, 2, "*closed*: names 2 videos, among them"},
        {{"--around", "*closed*@1", "--step", "1"}, 2, "*closed*: names 2 videos, among them"},
        {{"--around", "x@1", "y"}, 2, "a VIDEO and --around exclude each other"},
        {{"--around", "x@1", "--every", "2"}, 2, "--around takes --step"},
        {{"x", "--step", "2"}, 2, "belong to --around"},
        {{"x", "--frames", "2"}, 2, "belong to --around"},
        {{NULL}, 2, "sheet: needs a VIDEO, or --around VIDEO@TIME"},
        {{"--around", "x@1", "--step", "0"}, 2, "--step: '0' is not"},
        {{"--around", "x@1", "--frames", "61"}, 2, "--frames: '61' is not"},
        {{"--around", "x@1", "--around", "y@1"}, 2, "counts once"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const char *words[PROGRAM_WORDS_MAX] = {"sheet", "-o", "never.png"};
        for (size_t k = 0; k < 8 && faults[i].words[k] != NULL; k++)
            words[3 + k] = faults[i].words[k];
        RunResult result = program_run(words, NULL);
        if (result.status != faults[i].status || strstr(result.errors, faults[i].message) == NULL ||
            count_in(result.errors, "\n") != 1)
            fail_msg("'%s': status %d, %s", faults[i].message, result.status, result.errors);
        run_clear(&result);
    }
    program_shell("test ! -e never.png");
}

static void sheet_around_says_when_the_file_is_gone(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp '%s' gone.mp4", fixture.clips[2]);
    RunResult result = RUN("index", "--quiet", "--library", "gone.db", "gone.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    program_shell("rm gone.mp4");
    result = RUN("sheet", "--library", "gone.db", "--around", "gone.mp4@2", "-o", "around.png");
    assert_status(&result, 0); // its pictures are stored
    run_clear(&result);
    result =
        RUN("sheet", "--library", "gone.db", "--around", "gone.mp4@2", "--step", "0.2", "-o", "never.png");
    assert_status(&result, 1);
    assert_holds(result.errors,
                 "gone.mp4: no such file any more; without --step its stored pictures are shown\n");
    run_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sheet_shows_what_is_around_a_time),
        cmocka_unit_test(sheet_around_takes_files_that_no_library_knows),
        cmocka_unit_test(sheet_around_says_what_is_wrong),
        cmocka_unit_test(sheet_around_says_when_the_file_is_gone),
    };
    return cmocka_run_group_tests_name("cli/around", tests, set_up_group, program_tear_down);
}
