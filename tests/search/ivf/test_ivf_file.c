/* SPDX-License-Identifier: MIT */
/* The file of lists: what is written is read, and nothing else is. */
#include "../store/sqlite_fixture.h"

#include <fcntl.h>

#include "search/ivf/ivf_file.h"

#define DIMENSIONS 70
#define LISTS 5
#define ROWS 1000
#define HEADER_BYTES 88 // of which the last eight are its checksum, and the eight before that of the rest

/* Five lists of ROWS rows, in runs of ten. */
static void fill_file(ListFile *file)
{
    assert_ok(rv_list_file_create(DIMENSIONS, LISTS, ROWS, ROWS / 10, file, err));
    for (size_t i = 0; i < LISTS * file->width; i++)
        file->means[i] = (float)i;
    for (size_t i = 0; i < LISTS; i++)
        file->spreads[i] = 1;
    size_t at = 0;
    // Every list has a sixth of the runs, and so has the one of the rows without codes.
    for (size_t list = 0; list <= LISTS; list++) {
        for (size_t run = list; run < ROWS / 10; run += LISTS + 1)
            file->runs[at++] = (ListRun){(uint32_t)(10 * run), 10, run};
        file->starts[list + 1] = at;
    }
    memset(file->token, 7, sizeof file->token);
    file->settings = (ListSettings){5, 6, 7};
}

static uint8_t *written_bytes(const Fixture *fixture, const ListFile *filled, size_t *size_bytes)
{
    ListFile file = *filled;
    int descriptor = open(fixture->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_ok(rv_list_file_write(&file, descriptor, err));
    *size_bytes = file.size_bytes;
    uint8_t *bytes = malloc(*size_bytes);
    assert_non_null(bytes);
    assert_int_equal(pread(descriptor, bytes, *size_bytes, 0), (ssize_t)*size_bytes);
    close(descriptor);
    return bytes;
}

/* Of a copy, which is in memory of exactly its size, so that a read behind its end shows. */
static RvStatus parse(const uint8_t *bytes, size_t size_bytes, ListFile *out, RvError *err)
{
    uint8_t *copy = malloc(size_bytes > 0 ? size_bytes : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size_bytes);
    return rv_list_file_parse(copy, size_bytes, "lists", out, err);
}

static void what_is_written_is_read(void **state)
{
    Fixture *fixture = *state;
    ListFile file, read;
    size_t size_bytes = 0;
    fill_file(&file);
    free(written_bytes(fixture, &file, &size_bytes));
    assert_ok(rv_list_file_open(fixture->path, &read, err));
    assert_int_equal(read.dimensions, DIMENSIONS);
    assert_int_equal(read.list_count, LISTS);
    assert_int_equal(read.row_count, ROWS);
    assert_memory_equal(read.token, file.token, sizeof read.token);
    assert_memory_equal(&read.settings, &file.settings, sizeof read.settings);
    assert_memory_equal(read.means, file.means, LISTS * file.width * sizeof *file.means);
    assert_memory_equal(read.spreads, file.spreads, LISTS * sizeof *file.spreads);
    assert_memory_equal(read.starts, file.starts, (LISTS + 2) * sizeof *file.starts);
    assert_memory_equal(read.runs, file.runs, ROWS / 10 * sizeof *file.runs);
    rv_list_file_close(&read);
    rv_list_file_close(&file);
}

static void files_that_are_damaged_or_cut_are_refused(void **state)
{
    Fixture *fixture = *state;
    ListFile file, read;
    size_t size_bytes = 0, gaps = 0;
    fill_file(&file);
    uint8_t *bytes = written_bytes(fixture, &file, &size_bytes);
    for (size_t at = 0; at < size_bytes; at++) {
        bytes[at] ^= 1;
        RvError err = {0};
        RvStatus status = parse(bytes, size_bytes, &read, &err);
        bytes[at] ^= 1;
        // Between the header and the body lie bytes that nothing reads.
        gaps += status == RV_OK;
        if (status == RV_OK)
            rv_list_file_close(&read);
        else
            assert_true(status == RV_ERROR_FORMAT && strstr(err.message, "lists: ") == err.message);
    }
    assert_true(gaps < 64);
    for (size_t cut = 0; cut < size_bytes; cut += 1 + cut / 50)
        assert_refused(parse(bytes, cut, &read, err), RV_ERROR_FORMAT, "lists: is");
    free(bytes);
    rv_list_file_close(&file);
}

/* Numbers that no writer would write, under checksums that are right. */
static void numbers_that_make_no_sense_are_refused(void **state)
{
    Fixture *fixture = *state;
    enum { RUN, START, MEAN, SPREAD } part;
    static const struct {
        int part;
        size_t index;
        uint64_t value; // of a run: first * 2^32 + count
        const char *why;
    } cases[] = {
        {RUN, 3, (uint64_t)990 << 32, "a run of no rows"},
        {RUN, 3, (uint64_t)180 << 32 | 129, "a run of too many rows"},
        {RUN, 99, (uint64_t)995 << 32 | 10, "a run behind the last row"},
        {RUN, 99, (uint64_t)UINT32_MAX << 32 | 10, "a run that wraps around"},
        {RUN, 1, (uint64_t)0 << 32 | 10, "runs that do not rise"},
        {RUN, 1, (uint64_t)60 << 32 | 9, "a row too few"},
        {START, 0, 1, "runs before the first list"},
        {START, 2, 3, "lists that do not rise"},
        {START, 3, 1000, "a list behind the last run"},
        {START, 6, 99, "a run of no list"},
        {START, 1, UINT64_MAX, "a start that wraps around"},
        {MEAN, 7, 0x7fc00000, "a mean that is no number"},
        {SPREAD, 1, 0x7f800000, "a spread without end"},
        {SPREAD, 1, 0xbf800000, "a spread below zero"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ListFile file, read;
        size_t size_bytes = 0;
        RvError err = {0};
        fill_file(&file);
        part = cases[i].part;
        uint32_t bits = (uint32_t)cases[i].value;
        if (part == RUN)
            file.runs[cases[i].index] = (ListRun){(uint32_t)(cases[i].value >> 32), bits, 0};
        else if (part == START)
            file.starts[cases[i].index] = cases[i].value;
        else
            memcpy(part == MEAN ? &file.means[cases[i].index] : &file.spreads[cases[i].index], &bits,
                   sizeof bits);
        uint8_t *bytes = written_bytes(fixture, &file, &size_bytes);
        RvStatus status = parse(bytes, size_bytes, &read, &err);
        if (status != RV_ERROR_FORMAT)
            fail_msg("%s: %s", cases[i].why, rv_status_name(status));
        free(bytes);
        rv_list_file_close(&file);
    }
}

static void headers_that_make_no_sense_are_refused(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        size_t offset, bytes;
        uint64_t value;
        const char *why;
    } cases[] = {
        {8, 4, 2, "another version"},
        {12, 4, 0, "no dimensions"},
        {12, 4, 65537, "too many dimensions"},
        {12, 4, 129, "other dimensions"},
        {16, 8, UINT64_MAX, "too many rows"},
        {24, 8, UINT64_MAX / 16, "more runs than rows"},
        {24, 8, 101, "more runs than there are"},
        {32, 4, 0, "no lists"},
        {32, 4, UINT32_MAX, "too many lists"},
        {32, 4, 6, "more lists than there are"},
    };
    ListFile file, read;
    size_t size_bytes = 0;
    fill_file(&file);
    uint8_t *bytes = written_bytes(fixture, &file, &size_bytes);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t header[HEADER_BYTES];
        RvError err = {0};
        memcpy(header, bytes, sizeof header);
        memcpy(bytes + cases[i].offset, &cases[i].value, cases[i].bytes);
        uint64_t checksum = rv_code_kernels_scalar.checksum(bytes, HEADER_BYTES - 8);
        memcpy(bytes + HEADER_BYTES - 8, &checksum, sizeof checksum);
        RvStatus status = parse(bytes, size_bytes, &read, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, "damaged or another program's") != NULL)
            fail_msg("%s: %s", cases[i].why, err.message);
        memcpy(bytes, header, sizeof header);
    }
    assert_ok(parse(bytes, size_bytes, &read, err));
    rv_list_file_close(&read);
    free(bytes);
    rv_list_file_close(&file);
}

static void files_that_cannot_be_are_not_made(void **state)
{
    (void)state;
    static const struct {
        size_t lists;
        uint64_t rows;
        size_t runs;
        const char *why;
    } cases[] = {
        {0, 10, 1, "no lists"},
        {LISTS_MAX + 1, LIST_ROWS_MAX, 1, "too many lists"},
        {1, LIST_ROWS_MAX + 1, 1, "too many rows"},
        {1, 10, 11, "more runs than rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ListFile file;
        RvStatus status =
            rv_list_file_create(DIMENSIONS, cases[i].lists, cases[i].rows, cases[i].runs, &file, NULL);
        if (status != RV_ERROR_UNSUPPORTED)
            fail_msg("%s: %s", cases[i].why, rv_status_name(status));
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_is_read),
        CASE(files_that_are_damaged_or_cut_are_refused),
        CASE(numbers_that_make_no_sense_are_refused),
        CASE(headers_that_make_no_sense_are_refused),
        cmocka_unit_test(files_that_cannot_be_are_not_made),
    };
    return cmocka_run_group_tests_name("file of lists", tests, NULL, NULL);
}
