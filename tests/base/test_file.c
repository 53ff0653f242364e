/* SPDX-License-Identifier: MIT */
/* Tests of base/file.c, base/checksum.c and base/error.c. */
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

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"

/* FIPS 180-2, appendix B.1. */
#define SHA256_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

typedef struct Scratch {
    char folder[64];
    char file[128];
} Scratch;

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static int make_scratch(void **state)
{
    static Scratch scratch;
    strcpy(scratch.folder, "/tmp/reelvec-test-XXXXXX");
    if (mkdtemp(scratch.folder) == NULL)
        return -1;
    snprintf(scratch.file, sizeof scratch.file, "%s/abc", scratch.folder);
    setenv("XDG_CACHE_HOME", scratch.folder, 1);
    *state = &scratch;
    return 0;
}

static int remove_scratch(void **state)
{
    Scratch *scratch = *state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch->folder);
    return system(command);
}

static void sha256_gives_the_published_digest(void **state)
{
    Scratch *scratch = *state;
    char hex[65];
    write_text(scratch->file, "abc");
    assert_int_equal(rv_file_sha256(scratch->file, hex, NULL), RV_OK);
    assert_string_equal(hex, SHA256_OF_ABC);
}

/* `printf abc | git hash-object --stdin` and `git hash-object -t blob /dev/null`. */
static void git_id_is_what_git_says(void **state)
{
    Scratch *scratch = *state;
    char hex[41];
    write_text(scratch->file, "abc");
    assert_int_equal(rv_file_git_id(scratch->file, hex, NULL), RV_OK);
    assert_string_equal(hex, "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");
    write_text(scratch->file, "");
    assert_int_equal(rv_file_git_id(scratch->file, hex, NULL), RV_OK);
    assert_string_equal(hex, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    assert_int_equal(rv_file_git_id("/no/such/file", hex, NULL), RV_ERROR_NOT_FOUND);
}

static void checksum_cached_notices_changes(void **state)
{
    Scratch *scratch = *state;
    char first[65], again[65], changed[65], cache[256];
    write_text(scratch->file, "abc");
    assert_int_equal(rv_checksum_cached(scratch->file, first, NULL), RV_OK);
    assert_string_equal(first, SHA256_OF_ABC);
    snprintf(cache, sizeof cache, "%s/reelvec/checksums", scratch->folder);
    struct stat facts;
    assert_int_equal(stat(cache, &facts), 0);
    off_t size_before = facts.st_size;
    assert_int_equal(rv_checksum_cached(scratch->file, again, NULL), RV_OK);
    assert_string_equal(again, first);
    assert_int_equal(stat(cache, &facts), 0);
    assert_int_equal(facts.st_size, size_before); // the second call was answered from the cache
    write_text(scratch->file, "abcd");
    assert_int_equal(rv_checksum_cached(scratch->file, changed, NULL), RV_OK);
    assert_string_not_equal(changed, first);
    write_text(cache, "garbage");
    assert_int_equal(rv_checksum_cached(scratch->file, again, NULL), RV_OK);
    assert_string_equal(again, changed);
}

static void map_and_read_give_the_same_bytes(void **state)
{
    Scratch *scratch = *state;
    MappedFile mapped;
    Buffer buffer;
    write_text(scratch->file, "abc");
    rv_buffer_init(&buffer, 3);
    assert_int_equal(rv_file_map(scratch->file, &mapped, NULL), RV_OK);
    assert_int_equal(rv_file_read(scratch->file, &buffer, NULL), RV_OK);
    assert_int_equal(mapped.size_bytes, 3);
    assert_memory_equal(mapped.bytes, buffer.bytes, 3);
    rv_file_unmap(&mapped);
    rv_buffer_clear(&buffer);
    rv_buffer_init(&buffer, 2);
    RvError err = {0};
    assert_int_equal(rv_file_read(scratch->file, &buffer, &err), RV_ERROR_MEMORY);
    assert_non_null(strstr(err.message, scratch->file));
    rv_buffer_clear(&buffer);
}

static void bad_paths_are_named(void **state)
{
    Scratch *scratch = *state;
    MappedFile mapped;
    RvError err = {0};
    assert_int_equal(rv_file_map("/nowhere/at all", &mapped, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nowhere/at all"));
    assert_int_equal(rv_file_map(scratch->folder, &mapped, &err), RV_ERROR_FORMAT);
    assert_int_equal(rv_file_map("/dev/null", &mapped, &err), RV_ERROR_FORMAT);
    write_text(scratch->file, "");
    assert_int_equal(rv_file_map(scratch->file, &mapped, &err), RV_OK);
    assert_int_equal(mapped.size_bytes, 0);
    rv_file_unmap(&mapped);
}

static bool count_and_stop_at_two(void *user, int64_t done_bytes)
{
    int *asked = user;
    assert_int_equal(done_bytes, 0); // of a file in one piece
    return ++*asked == 2;
}

static void sha256_can_be_cancelled(void **state)
{
    Scratch *scratch = *state;
    RvError err = {0};
    char hex[65];
    int asked = 1;
    write_text(scratch->file, "abc");
    assert_int_equal(rv_file_sha256_unless(scratch->file, count_and_stop_at_two, &asked, hex, &err),
                     RV_ERROR_CANCELLED);
    assert_non_null(strstr(err.message, scratch->file));
    assert_int_equal(rv_file_sha256_unless(scratch->file, count_and_stop_at_two, &asked, hex, &err), RV_OK);
    assert_int_equal(asked, 3);
}

static void show_url_leaves_out_who_asks(void **state)
{
    (void)state;
    static const struct {
        const char *address, *shown;
    } cases[] = {
        {"http://host/x.mp4", "http://host/x.mp4"},
        {"http://user:s3cret@host:8080/x.mp4", "http://host:8080/x.mp4"},
        {"HTTPS://user@host", "HTTPS://host"},
        {"http://user:p@ss@host/@home", "http://host/@home"},
        {"http://host/a@b", "http://host/a@b"},
        {"http://host:80/a@b", "http://host:80/a@b"},
        {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
        {"http://user:s3/cret@host/x.mp4", "http://host/x.mp4"}, // a slip: the "/" should be %2F
        {"http://host?a@b", "http://host?a@b"},
        {"user:s3cret@host/x.mp4", "user:s3cret@host/x.mp4"}, // a path
        {"http://", "http://"},
        {"ftp://user:s3cret@host/x.mp4", "ftp://user@host/x.mp4"},
        {"htp://user:s3/cret@host/x.mp4", "htp://user@host/x.mp4"},
        {"http:/user:s3cret@host/x.mp4", "http:/user@host/x.mp4"}, // a slip
        {"postgresql://user@host/d", "postgresql://user@host/d"},
        {"file:///home/a@b", "file:///home/a@b"},
        {"a:/b:c@d", "a:/b:c@d"}, // a path
        {"/x/ftp://user:s3cret@host", "/x/ftp://user:s3cret@host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char shown[100];
        rv_file_show_url(cases[i].address, shown, sizeof shown);
        assert_string_equal(shown, cases[i].shown);
    }
}

static void copy_absolute_names_the_same_file(void **state)
{
    const Scratch *scratch = *state;
    char before[4096], folder[4096], expected[5000];
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(realpath(scratch->folder, folder));
    assert_int_equal(chdir(scratch->folder), 0);
    assert_int_equal(mkdir("below", 0700), 0);
    assert_int_equal(symlink("abc", "link"), 0);
    static const struct {
        const char *path, *below; // below: what follows the folder; NULL: the path itself
    } cases[] = {
        {"abc", "/abc"},
        {"./abc", "/abc"},
        {"below/../abc", "/abc"},
        {"below/x.mp4", "/below/x.mp4"},
        {"link", "/link"},
        {"gone/x.mp4", "/gone/x.mp4"},
        {"a b\n.mp4", "/a b\n.mp4"},
        {"/no/such//./x", NULL},
        {"below/./x", "/below/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(expected, sizeof expected, "%s%s", folder, cases[i].below != NULL ? cases[i].below : "");
        char *absolute = rv_file_copy_absolute(cases[i].path, NULL);
        assert_non_null(absolute);
        assert_string_equal(absolute, cases[i].below != NULL ? expected : cases[i].path);
        free(absolute);
    }
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(rmdir("below"), 0);
    assert_int_equal(chdir(before), 0);
}

static void error_set_keeps_a_message_to_one_line(void **state)
{
    RvError err = {0};
    assert_int_equal(rv_error_set(&err, RV_ERROR_IO, "a\nb\x1b[31m"), RV_ERROR_IO);
    assert_string_equal(err.message, "a?b?[31m");
    assert_int_equal(rv_error_set(NULL, RV_ERROR_IO, "nobody reads this"), RV_ERROR_IO);
    rv_error_set(&err, RV_ERROR_IO, "%s, again", err.message);
    assert_string_equal(err.message, "a?b?[31m, again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digest),
        cmocka_unit_test(git_id_is_what_git_says),
        cmocka_unit_test(checksum_cached_notices_changes),
        cmocka_unit_test(sha256_can_be_cancelled),
        cmocka_unit_test(map_and_read_give_the_same_bytes),
        cmocka_unit_test(bad_paths_are_named),
        cmocka_unit_test(show_url_leaves_out_who_asks),
        cmocka_unit_test(copy_absolute_names_the_same_file),
        cmocka_unit_test(error_set_keeps_a_message_to_one_line),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
