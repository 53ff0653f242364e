/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/output*.c: one set of rows in every format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

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
    assert_string_equal(text, "frame       time  video         score  ok\n"
                              "   23  0:00:22.0  a, \"b\".mp4   0.2945  yes\n"
                              "  104  1:01:43.3  caf\xc3\xa9.mp4    -0.1000  no\n");
    free(text);
}

static void output_table_shows_whole_paths_where_names_are_ambiguous(void **state)
{
    (void)state;
    Cell rows[2 * COLUMN_COUNT];
    memcpy(rows, two_rows, sizeof rows);
    rows[3].text = "/v/a.mp4";
    rows[COLUMN_COUNT + 3].text = "/w/a.mp4";
    char *text = write_rows(OUTPUT_TABLE, rows, 2);
    assert_non_null(strstr(text, " /v/a.mp4 "));
    assert_non_null(strstr(text, " /w/a.mp4 "));
    free(text);
    rows[COLUMN_COUNT + 3].text = "/v/a.mp4"; // the same video twice is not ambiguous
    text = write_rows(OUTPUT_TABLE, rows, 2);
    assert_null(strstr(text, "/v/a.mp4"));
    free(text);
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
        cmocka_unit_test(output_table_shows_whole_paths_where_names_are_ambiguous),
        cmocka_unit_test(output_table_disarms_control_characters),
        cmocka_unit_test(output_table_of_nothing_is_empty),
        cmocka_unit_test(output_json_is_one_object_per_line),
        cmocka_unit_test(output_json_mends_names_that_are_not_utf8),
        cmocka_unit_test(output_csv_follows_rfc_4180),
    };
    return cmocka_run_group_tests_name("cli/output", tests, NULL, NULL);
}
