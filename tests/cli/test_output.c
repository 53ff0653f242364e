/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/output*.c: one set of rows in every format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

static const Column columns[] = {
    {"rank", NULL, COLUMN_WHOLE},    {"frame_number", "frame", COLUMN_WHOLE}, {"time", "time", COLUMN_TIME},
    {"video", "video", COLUMN_NAME}, {"score", "score", COLUMN_SCORE},        {"ok", "ok", COLUMN_FLAG},
};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static char *write_rows(int format, const Cell *rows, size_t row_count)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *file = open_memstream(&text, &size_bytes);
    Output output;
    assert_true(cli_output_begin(&output, format, columns, COLUMN_COUNT, file));
    for (size_t i = 0; i < row_count; i++)
        assert_true(cli_output_row(&output, rows + i * COLUMN_COUNT));
    assert_true(cli_output_end(&output));
    fclose(file);
    return text;
}

static const Cell two_rows[] = {
    {.whole = 1},         {.whole = 23},
    {.real = 22},         {.text = "/v/a, \"b\".mp4"},
    {.real = 0.29453125}, {.whole = 1},
    {.whole = 2},         {.whole = 104},
    {.real = 3703.25},    {.text = "/v/caf\xc3\xa9.mp4"},
    {.real = -0.1},       {.whole = 0},
};

static void output_table_is_aligned(void **state)
{
    (void)state;
    char *text = write_rows(OUTPUT_TABLE, two_rows, 2);
    assert_string_equal(text, "frame       time  video            score  ok\n"
                              "   23  0:00:22.0  /v/a, \"b\".mp4   0.2945  yes\n"
                              "  104  1:01:43.3  /v/caf\xc3\xa9.mp4    -0.1000  no\n");
    free(text);
}

static void output_table_shows_enough_to_open_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *path, *shown; // of path, "." stands for the current folder
    } cases[] = {
        {"./a.mp4", " a.mp4 "},
        {"./talks/a.mp4", " talks/a.mp4 "},
        {"/v/a.mp4", " /v/a.mp4 "},
        {"./-a.mp4", "/-a.mp4 "},
        {".", "/"},
        {"https://host/a.mp4", " https://host/a.mp4 "},
    };
    char *folder = getcwd(NULL, 0);
    assert_non_null(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[5000];
        Cell row[COLUMN_COUNT];
        memcpy(row, two_rows, sizeof row);
        snprintf(path, sizeof path, "%s%s", cases[i].path[0] == '.' ? folder : "",
                 cases[i].path + (cases[i].path[0] == '.'));
        row[3].text = path;
        char *text = write_rows(OUTPUT_TABLE, row, 1);
        if (strstr(text, cases[i].shown) == NULL)
            fail_msg("%s: %s", path, text);
        free(text);
    }
    free(folder);
}

static void output_table_cuts_names_in_front_on_a_narrow_terminal(void **state)
{
    (void)state;
    Cell rows[2 * COLUMN_COUNT];
    memcpy(rows, two_rows, sizeof rows);
    rows[3].text = "/archive/2021/talks/caf\xc3\xa9 in the morning.mp4";
    rows[COLUMN_COUNT + 3].text = "/v/b.mp4";
    static const struct {
        size_t width;
        const char *shown;
    } cases[] = {
        {0, " /archive/2021/talks/caf\xc3\xa9 in the morning.mp4 "},
        {200, " /archive/2021/talks/caf\xc3\xa9 in the morning.mp4 "},
        {60, " \xe2\x80\xa6lks/caf\xc3\xa9 in the morning.mp4 "},
        {10, " \xe2\x80\xa6the morning.mp4 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        size_t size_bytes = 0;
        FILE *file = open_memstream(&text, &size_bytes);
        Output output;
        assert_true(cli_output_begin(&output, OUTPUT_TABLE, columns, COLUMN_COUNT, file));
        assert_int_equal(output.width, 0); // no terminal
        output.width = cases[i].width;
        for (size_t row = 0; row < 2; row++)
            assert_true(cli_output_row(&output, rows + row * COLUMN_COUNT));
        assert_true(cli_output_end(&output));
        fclose(file);
        if (strstr(text, cases[i].shown) == NULL || strstr(text, " /v/b.mp4 ") == NULL)
            fail_msg("%zu columns:\n%s", cases[i].width, text);
        free(text);
    }
}

/* Cutting names is not enough below 48 columns; below 40 nothing is. */
static void output_table_is_records_where_columns_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        size_t width;
        bool records;
    } cases[] = {{0, false}, {60, false}, {48, false}, {47, true}, {40, true}, {39, false}};
    Cell rows[2 * COLUMN_COUNT];
    memcpy(rows, two_rows, sizeof rows);
    rows[3].text = "/archive/2021/talks/caf\xc3\xa9 in the morning.mp4";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        size_t size_bytes = 0;
        FILE *file = open_memstream(&text, &size_bytes);
        Output output;
        assert_true(cli_output_begin(&output, OUTPUT_TABLE, columns, COLUMN_COUNT, file));
        output.width = cases[i].width;
        for (size_t row = 0; row < 2; row++)
            assert_true(cli_output_row(&output, rows + row * COLUMN_COUNT));
        assert_true(cli_output_end(&output));
        fclose(file);
        bool records = strncmp(text, "frame  23\n", 10) == 0;
        if (records != cases[i].records)
            fail_msg("%zu columns:\n%s", cases[i].width, text);
        if (cases[i].width == 47)
            assert_string_equal(text, "frame  23\n"
                                      "time   0:00:22.0\n"
                                      "video  /archive/2021/talks/caf\xc3\xa9 in the\n"
                                      "       morning.mp4\n"
                                      "score  0.2945\n"
                                      "ok     yes\n"
                                      "\n"
                                      "frame  104\n"
                                      "time   1:01:43.3\n"
                                      "video  /v/caf\xc3\xa9.mp4\n"
                                      "score  -0.1000\n"
                                      "ok     no\n");
        free(text);
    }
}

static void output_table_disarms_control_characters(void **state)
{
    (void)state;
    Cell row[COLUMN_COUNT];
    memcpy(row, two_rows, sizeof row);
    row[3].text = "\x1b[2Jx\ny.mp4";
    char *text = write_rows(OUTPUT_TABLE, row, 1);
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "?[2Jx?y.mp4"));
    free(text);
}

static void output_table_of_nothing_is_empty(void **state)
{
    (void)state;
    char *text = write_rows(OUTPUT_TABLE, NULL, 0);
    assert_string_equal(text, "");
    free(text);
}

static void output_json_is_one_object_per_line(void **state)
{
    (void)state;
    char *text = write_rows(OUTPUT_JSON, two_rows, 2);
    assert_string_equal(
        text, "{\"rank\": 1, \"frame_number\": 23, \"time\": 22.0, \"video\": \"/v/a, \\\"b\\\".mp4\", "
              "\"score\": 0.29453125, \"ok\": true}\n"
              "{\"rank\": 2, \"frame_number\": 104, \"time\": 3703.25, \"video\": "
              "\"/v/caf\xc3\xa9.mp4\", \"score\": -0.1, \"ok\": false}\n");
    free(text);
}

static void output_json_mends_names_that_are_not_utf8(void **state)
{
    (void)state;
    Cell row[COLUMN_COUNT];
    memcpy(row, two_rows, sizeof row);
    row[3].text = "/v/caf\xe9.mp4";
    char *text = write_rows(OUTPUT_JSON, row, 1);
    assert_non_null(strstr(text, "\"/v/caf\xef\xbf\xbd.mp4\""));
    free(text);
}

static void output_csv_follows_rfc_4180(void **state)
{
    (void)state;
    char *text = write_rows(OUTPUT_CSV, two_rows, 2);
    assert_string_equal(text, "rank,frame_number,time,video,score,ok\r\n"
                              "1,23,22,\"/v/a, \"\"b\"\".mp4\",0.29453125,true\r\n"
                              "2,104,3703.25,/v/caf\xc3\xa9.mp4,-0.1,false\r\n");
    free(text);
    text = write_rows(OUTPUT_CSV, NULL, 0);
    assert_string_equal(text, "rank,frame_number,time,video,score,ok\r\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_table_is_aligned),
        cmocka_unit_test(output_table_shows_enough_to_open_the_file),
        cmocka_unit_test(output_table_cuts_names_in_front_on_a_narrow_terminal),
        cmocka_unit_test(output_table_is_records_where_columns_do_not_fit),
        cmocka_unit_test(output_table_disarms_control_characters),
        cmocka_unit_test(output_table_of_nothing_is_empty),
        cmocka_unit_test(output_json_is_one_object_per_line),
        cmocka_unit_test(output_json_mends_names_that_are_not_utf8),
        cmocka_unit_test(output_csv_follows_rfc_4180),
    };
    return cmocka_run_group_tests_name("cli/output", tests, NULL, NULL);
}
