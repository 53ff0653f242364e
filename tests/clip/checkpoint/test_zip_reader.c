/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/zip_reader.c. */
#include "zip_builder.h"

#include "clip/checkpoint/zip_reader.h"

static void make_archive(ZipBuilder *zip)
{
    zip_begin(zip);
    zip_add(zip, "m/second", "abcdef", 6);
    zip_add(zip, "m/first", "xyz", 3);
    zip_add(zip, "m/empty", "", 0);
    zip_end(zip);
}

static void zip_open_lists_entries(void **state)
{
    ZipBuilder zip;
    ZipArchive archive;
    RvError err = {0};
    make_archive(&zip);
    assert_ok(rv_zip_open(zip.file.bytes, zip.file.size_bytes, "f", &archive, &err), err);
    assert_int_equal(archive.count, 3);
    assert_memory_equal(rv_zip_find(&archive, "m/second")->bytes, "abcdef", 6);
    assert_int_equal(rv_zip_find(&archive, "m/first")->size_bytes, 3);
    assert_true(rv_zip_find(&archive, "m/first")->stored);
    assert_int_equal(rv_zip_find(&archive, "m/empty")->size_bytes, 0);
    assert_null(rv_zip_find(&archive, "m/third"));
    rv_zip_clear(&archive);
    rv_buffer_clear(&zip.file);
}

static void zip_open_reads_zip64_ends(void **state)
{
    ZipBuilder zip;
    ZipArchive archive;
    RvError err = {0};
    make_archive(&zip);
    uint8_t end[22];
    memcpy(end, zip.file.bytes + zip.file.size_bytes - sizeof end, sizeof end);
    uint32_t directory_bytes, directory_at;
    memcpy(&directory_bytes, end + 12, 4);
    memcpy(&directory_at, end + 16, 4);
    zip.file.size_bytes -= sizeof end;
    uint64_t at = zip.file.size_bytes;
    zip_put(&zip.file, 0x06064b50, 4);
    zip_put(&zip.file, 44, 8);
    zip_put(&zip.file, 0, 8); // versions, volumes
    zip_put(&zip.file, 0, 4);
    zip_put(&zip.file, 3, 8);
    zip_put(&zip.file, 3, 8);
    zip_put(&zip.file, directory_bytes, 8);
    zip_put(&zip.file, directory_at, 8);
    zip_put(&zip.file, 0x07064b50, 4);
    zip_put(&zip.file, 0, 4);
    zip_put(&zip.file, at, 8);
    zip_put(&zip.file, 1, 4);
    memset(end + 8, 0xff, 12); // all numbers are in the ZIP64 record
    assert_ok(rv_buffer_append(&zip.file, end, sizeof end, &err), err);
    assert_ok(rv_zip_open(zip.file.bytes, zip.file.size_bytes, "f", &archive, &err), err);
    assert_int_equal(archive.count, 3);
    rv_zip_clear(&archive);
    rv_buffer_clear(&zip.file);
}

static void zip_open_refuses(void **state)
{
    static const struct {
        size_t from_end; // place of the change, counted from the end of the archive
        uint8_t value;
        const char *message, *why;
    } cases[] = {
        {22, 'Q', "end is missing", "no end record"},
        {6, 0xff, "lies outside", "directory past the end"},
        {12, 200, "number of entries", "more entries than directory"},
        {10, 150, "cut off", "a directory that ends inside its last record"},
        {18, 7, "several volumes", "volume number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ZipBuilder zip;
        ZipArchive archive;
        RvError err = {0};
        make_archive(&zip);
        zip.file.bytes[zip.file.size_bytes - cases[i].from_end] = cases[i].value;
        RvStatus status = rv_zip_open(zip.file.bytes, zip.file.size_bytes, "f", &archive, &err);
        if (status == RV_OK || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        rv_buffer_clear(&zip.file);
    }
}

static void zip_open_refuses_names_that_stand_twice_and_overlaps(void **state)
{
    ZipBuilder zip;
    ZipArchive archive;
    RvError err = {0};
    zip_begin(&zip);
    zip_add(&zip, "a", "x", 1);
    zip_add(&zip, "a", "y", 1);
    zip_end(&zip);
    assert_int_equal(rv_zip_open(zip.file.bytes, zip.file.size_bytes, "f", &archive, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "one name"));
    rv_buffer_clear(&zip.file);

    zip_begin(&zip);
    zip_add(&zip, "a", "xxxx", 4);
    zip_add(&zip, "b", "yyyy", 4);
    zip.directory.bytes[47 + 42] = 0; // b's local header is a's
    zip_end(&zip);
    assert_int_equal(rv_zip_open(zip.file.bytes, zip.file.size_bytes, "f", &archive, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "overlap"));
    rv_buffer_clear(&zip.file);
}

static void zip_open_survives_damage(void **state)
{
    ZipBuilder zip;
    uint64_t random = 2;
    size_t refused = 0;
    make_archive(&zip);
    for (int i = 0; i < 1000; i++) {
        size_t size_bytes = zip.file.size_bytes;
        uint8_t *damaged = damage(zip.file.bytes, &size_bytes, &random);
        ZipArchive archive;
        RvError err = {0};
        RvStatus status = rv_zip_open(damaged, size_bytes, "f", &archive, &err);
        unsigned sum = 0;
        for (size_t k = 0; k < archive.count; k++) {
            for (size_t b = 0; b < archive.entries[k].size_bytes; b++)
                sum += archive.entries[k].bytes[b];
        }
        refused += status != RV_OK || sum == UINT32_MAX;
        rv_zip_clear(&archive);
        free(damaged);
    }
    assert_true(refused > 300);
    rv_buffer_clear(&zip.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zip_open_lists_entries),
        cmocka_unit_test(zip_open_reads_zip64_ends),
        cmocka_unit_test(zip_open_refuses),
        cmocka_unit_test(zip_open_refuses_names_that_stand_twice_and_overlaps),
        cmocka_unit_test(zip_open_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
