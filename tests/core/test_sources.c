/* SPDX-License-Identifier: MIT */
/* Tests of src/sources.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reelvec/library.h"

static char folder[64];

static void make(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (name[strlen(name) - 1] == '/') {
        assert_int_equal(mkdir(path, 0755), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static int make_tree(void **state)
{
    static const char *const names[] = {"b.MP4",     "a.mkv",         "notes.txt",    ".hidden.mp4",
                                        "sub/",      "sub/c.webm",    ".git/",        ".git/d.mp4",
                                        "sub/deep/", "sub/deep/e.ts", "sub/no-video", "empty/"};
    strcpy(folder, "/tmp/reelvec-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        make(names[i]);
    char loop[256];
    snprintf(loop, sizeof loop, "%s/sub/deep/loop", folder);
    return symlink(folder, loop);
}

static int remove_tree(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void expand_lists_videos_below_a_folder_in_order(void **state)
{
    static const char *const expected[] = {"a.mkv", "b.MP4", "sub/c.webm", "sub/deep/e.ts"};
    RvStrings strings;
    RvError err = {0};
    if (rv_sources_expand(folder, &strings, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(strings.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(strings.items[i] + strlen(folder) + 1, expected[i]);
    rv_strings_clear(&strings);
}

static void expand_gives_files_and_urls_back_as_they_are(void **state)
{
    char path[256];
    RvStrings strings;
    snprintf(path, sizeof path, "%s/notes.txt", folder); // asked for by name, whatever its ending
    const char *const sources[] = {path, "https://example.org/a.mp4"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rv_sources_expand(sources[i], &strings, NULL), RV_OK);
        assert_int_equal(strings.count, 1);
        assert_string_equal(strings.items[0], sources[i]);
        rv_strings_clear(&strings);
    }
}

static void expand_names_what_is_not_there(void **state)
{
    char path[256];
    RvStrings strings;
    RvError err = {0};
    assert_int_equal(rv_sources_expand("/no/such/folder", &strings, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/folder"));
    snprintf(path, sizeof path, "%s/empty", folder);
    assert_int_equal(rv_sources_expand(path, &strings, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "no videos"));
    assert_int_equal(rv_sources_expand("", &strings, &err), RV_ERROR_ARGUMENT);
}

static void write_bytes(const char *path, size_t size_bytes, unsigned char seed)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < size_bytes; i++)
        fputc((int)(seed + i * i % 251), file);
    assert_int_equal(fclose(file), 0);
}

/* The numbers are part of the interface: machines with different versions work on one list. They come from
 * Python's hashlib over the size in decimal digits, a newline, the first and the last 64 KiB. */
static void shard_depends_on_content_alone_and_never_changes(void **state)
{
    static const struct {
        size_t size_bytes;
        unsigned char seed;
        int expected;
        const char *why;
    } cases[] = {
        {0, 0, 814, "empty"},
        {1, 0, 425, "one byte"},
        {65536, 1, 69, "one edge"},
        {65537, 1, 9, "the edges overlap"},
        {200000, 2, 777, "two edges and a middle that is not read"},
    };
    char path[256], renamed[256];
    int shard = -1, again = -1;
    snprintf(path, sizeof path, "%s/shard.mp4", folder);
    snprintf(renamed, sizeof renamed, "%s/other name.mkv", folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_bytes(path, cases[i].size_bytes, cases[i].seed);
        assert_int_equal(rv_source_shard(path, 1000, &shard, NULL), RV_OK);
        if (shard != cases[i].expected)
            fail_msg("%s: shard %d instead of %d", cases[i].why, shard, cases[i].expected);
        assert_int_equal(rename(path, renamed), 0);
        assert_int_equal(rv_source_shard(renamed, 1000, &again, NULL), RV_OK);
        assert_int_equal(again, shard);
    }
    assert_int_equal(rv_source_shard("https://example.org/a.mp4", 1000, &shard, NULL), RV_OK);
    assert_int_equal(shard, 172);
    assert_int_equal(unlink(renamed), 0);
}

static void shard_spreads_videos_evenly(void **state)
{
    int counts[8] = {0}, shard = -1;
    for (int i = 0; i < 4000; i++) {
        char url[64];
        snprintf(url, sizeof url, "https://example.org/%d.mp4", i);
        assert_int_equal(rv_source_shard(url, 8, &shard, NULL), RV_OK);
        assert_in_range(shard, 0, 7);
        counts[shard]++;
    }
    for (int i = 0; i < 8; i++)
        assert_in_range(counts[i], 400, 600); // 500 expected, standard deviation 21
}

static void shard_names_what_cannot_be_read(void **state)
{
    RvError err = {0};
    int shard = -1;
    assert_int_equal(rv_source_shard("/no/such.mp4", 4, &shard, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such.mp4"));
    assert_int_equal(rv_source_shard(folder, 4, &shard, &err), RV_ERROR_IO);
    assert_int_equal(rv_source_shard(folder, 0, &shard, &err), RV_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expand_lists_videos_below_a_folder_in_order),
        cmocka_unit_test(expand_gives_files_and_urls_back_as_they_are),
        cmocka_unit_test(expand_names_what_is_not_there),
        cmocka_unit_test(shard_depends_on_content_alone_and_never_changes),
        cmocka_unit_test(shard_spreads_videos_evenly),
        cmocka_unit_test(shard_names_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
