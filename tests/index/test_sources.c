/* SPDX-License-Identifier: MIT */
/* Tests of src/index/sources.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
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

static RvSources find(const char *name, const RvSourceOptions *options, RvStatus expected, RvError *err)
{
    char path[512];
    RvSources found;
    RvError ignored = {0};
    if (err == NULL)
        err = &ignored;
    snprintf(path, sizeof path, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    if (rv_sources_find(path, options, &found, err) != expected)
        fail_msg("%s: status %d: %s", path, err->status, err->message);
    return found;
}

/* Below the folder: names up to NULL, in order. */
static void assert_found(RvSources *found, const char *const *names)
{
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        if (count >= found->videos.count)
            fail_msg("%s was not found", names[count]);
        if (strcmp(found->videos.items[count] + strlen(folder) + 1, names[count]) != 0)
            fail_msg("%s, not %s", found->videos.items[count], names[count]);
    }
    assert_int_equal(found->videos.count, count);
    rv_sources_clear(found);
}

static void find_lists_videos_below_a_folder_in_order(void **state)
{
    RvSources found = find("", NULL, RV_OK, NULL);
    assert_true(found.folder);
    assert_int_equal(found.other_count, 2); // notes.txt, no-video
    assert_int_equal(found.link_count, 1);
    assert_int_equal(found.unreadable_count, 0);
    assert_found(&found, (const char *const[]){"a.mkv", "b.MP4", "sub/c.webm", "sub/deep/e.ts", NULL});
}

static void find_gives_files_and_urls_back_as_they_are(void **state)
{
    char path[256];
    RvSources found;
    snprintf(path, sizeof path, "%s/notes.txt", folder); // asked for by name, whatever its ending
    const char *const sources[] = {path, "https://me:secret@example.org/a.mp4"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rv_sources_find(sources[i], NULL, &found, NULL), RV_OK);
        assert_int_equal(found.videos.count, 1);
        assert_string_equal(found.videos.items[0], sources[i]);
        assert_false(found.folder);
        rv_sources_clear(&found);
    }
}

static void find_names_what_is_not_there(void **state)
{
    RvSources found;
    RvError err = {0};
    assert_int_equal(rv_sources_find("/no/such/folder", NULL, &found, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/folder"));
    assert_false(found.folder);
    assert_int_equal(rv_sources_find("ftp://me:s3cret@host/a.mp4", NULL, &found, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "ftp://me@host/a.mp4: "));
    assert_non_null(strstr(err.message, "http://"));
    found = find("empty", NULL, RV_ERROR_NOT_FOUND, &err);
    assert_true(found.folder);
    assert_non_null(strstr(err.message, "no videos"));
    assert_int_equal(rv_sources_find("", NULL, &found, &err), RV_ERROR_ARGUMENT);
}

/* ---- folders of real life ------------------------------------------------------------------------------ */

static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void remove_all(const char *name)
{
    char command[600];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s/%s' && rm -rf '%s/%s'", folder, name, folder, name);
    assert_int_equal(system(command), 0);
}

static void every_ending_that_people_have_is_a_videos(void **state)
{
    static const char *const endings[] = {"m2t", "TOD",   "mod",  "tp",  "trp",   "3gpp", "insv", "lrv",
                                          "360", "qt",    "mk3d", "m1v", "dav",   "gif",  "h264", "hevc",
                                          "ivf", "mjpeg", "wtv",  "mts", "mpeg4", "DiVX", "AVI",  "dvr-ms"};
    make_folder("endings");
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "endings/%02zu.%s", i, endings[i]);
        put(name, "");
    }
    put("endings/mp4", "");
    put("endings/x.mp4x", "");
    put("endings/x.", "");
    RvSources found = find("endings", NULL, RV_OK, NULL);
    assert_int_equal(found.videos.count, sizeof endings / sizeof endings[0]);
    assert_int_equal(found.other_count, 3);
    rv_sources_clear(&found);
    remove_all("endings");
}

/* An AVI of a Turkish user: in that locale strcasecmp does not take 'I' for 'i'. */
static void endings_are_the_same_in_a_turkish_locale(void **state)
{
    char command[600];
    snprintf(command, sizeof command, "localedef -i tr_TR -f UTF-8 '%s/tr_TR.UTF-8' 2>&1", folder);
    int made = system(command);
    setenv("LOCPATH", folder, 1);
    if (made != 0 || setlocale(LC_CTYPE, "tr_TR.UTF-8") == NULL) {
        print_message("skipped: needs localedef and the source of tr_TR (package locales)\n");
        skip();
    }
    make_folder("turkish");
    put("turkish/KLIP.AVI", "");
    put("turkish/film.DIVX", "");
    RvSources found = find("turkish", NULL, RV_OK, NULL);
    setlocale(LC_CTYPE, "C");
    unsetenv("LOCPATH");
    remove_all("tr_TR.UTF-8");
    assert_found(&found, (const char *const[]){"turkish/KLIP.AVI", "turkish/film.DIVX", NULL});
    remove_all("turkish");
}

static void text_with_a_videos_name_is_no_video(void **state)
{
    static const struct {
        const char *name, *text;
        bool video;
        const char *why;
    } cases[] = {
        {"a.ts", "import { b } from './b';\n", false, "TypeScript"},
        {"b.ts", "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n<TS language=\"tr_TR\"/>\r\n", false,
         "a translation"},
        {"c.mp4",
         "<html><title>Gr\xc3\xbc\xc3\x9f"
         "e</title>",
         false, "a web page that was saved"},
        {"d.y4m", "YUV4MPEG2 W2 H2 F25:1\nFRAME\nabcdef", true, "the one video that begins with text"},
        {"e.ts", "G@\x11\x10", true, "MPEG-TS"},
        {"f.mp4", "", true, "empty: a video that was cut off"},
    };
    make_folder("text");
    size_t videos = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "text/%s", cases[i].name);
        put(name, cases[i].text);
        videos += cases[i].video;
    }
    RvSources found = find("text", NULL, RV_OK, NULL);
    assert_int_equal(found.text_count, sizeof cases / sizeof cases[0] - videos);
    assert_found(&found, (const char *const[]){"text/d.y4m", "text/e.ts", "text/f.mp4", NULL});
    remove_all("text");
}

static void folders_of_systems_are_left_out(void **state)
{
    static const char *const names[] = {"@eaDir", "#recycle", "$Recycle.Bin", "System Volume Information",
                                        ".hidden"};
    make_folder("system");
    put("system/a.mp4", "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[128];
        snprintf(name, sizeof name, "system/%s", names[i]);
        make_folder(name);
        snprintf(name, sizeof name, "system/%s/b.mp4", names[i]);
        put(name, "");
    }
    RvSources found = find("system", NULL, RV_OK, NULL);
    assert_found(&found, (const char *const[]){"system/a.mp4", NULL});
    found = find("system/@eaDir", NULL, RV_OK, NULL); // asked for by name
    assert_found(&found, (const char *const[]){"system/@eaDir/b.mp4", NULL});
    remove_all("system");
}

typedef struct Told {
    size_t count[2]; // errors, warnings
    char last[2048];
} Told;

static void note(void *user, RvLogLevel level, const char *message)
{
    Told *told = user;
    assert_in_range(level, RV_LOG_ERROR, RV_LOG_WARNING);
    told->count[level]++;
    snprintf(told->last, sizeof told->last, "%s", message);
}

/* Root may read every folder: become somebody else for a while. */
static bool leave_root(void)
{
    if (geteuid() == 0 && (chown(folder, 65534, 65534) != 0 || seteuid(65534) != 0)) {
        print_message("skipped: run it as a user who may not read everything\n");
        return false;
    }
    return true;
}

static void become_root_again(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void folders_that_cannot_be_read_are_told_and_gone_past(void **state)
{
    Told told = {0};
    char path[512];
    RvError err = {0};
    RvSourceOptions options = {.log = {note, &told}};
    if (!leave_root())
        skip();
    make_folder("locked");
    put("locked/a.mp4", "");
    make_folder("locked/closed");
    put("locked/closed/b.mp4", "");
    make_folder("locked/names-only");
    put("locked/names-only/c.mp4", "");
    put("locked/names-only/d.mp4", "");
    snprintf(path, sizeof path, "%s/locked/closed", folder);
    assert_int_equal(chmod(path, 0), 0);
    snprintf(path, sizeof path, "%s/locked/names-only", folder);
    assert_int_equal(chmod(path, 0400), 0);
    RvSources found = find("locked", &options, RV_OK, NULL);
    find("locked/closed", NULL, RV_ERROR_IO, &err);
    become_root_again();
    assert_int_equal(found.unreadable_count, 2);
    assert_int_equal(told.count[RV_LOG_ERROR], 2); // once for each folder
    assert_int_equal(told.count[RV_LOG_WARNING], 0);
    assert_found(&found, (const char *const[]){"locked/a.mp4", NULL});
    assert_non_null(strstr(err.message, "cannot read the folder: Permission denied"));
    remove_all("locked");
}

/* Deeper than a path can be long: by steps of relative names. */
static void paths_that_are_too_long_are_told_and_gone_past(void **state)
{
    Told told = {0};
    char here[1024], name[201];
    RvSourceOptions options = {.log = {note, &told}};
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    make_folder("long");
    put("long/a.mp4", "");
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(chdir("long"), 0);
    for (int i = 0; i < 22; i++) {
        assert_int_equal(mkdir(name, 0755), 0);
        assert_int_equal(chdir(name), 0);
    }
    fclose(fopen("deep.mp4", "w"));
    assert_int_equal(chdir(here), 0);
    RvSources found = find("long", &options, RV_OK, NULL);
    assert_int_equal(found.unreadable_count, 1);
    assert_non_null(strstr(told.last, "File name too long; move it up"));
    assert_found(&found, (const char *const[]){"long/a.mp4", NULL});
    remove_all("long");
}

static void links_to_folders_are_followed_when_asked(void **state)
{
    char path[512], target[512];
    make_folder("links");
    put("links/a.mp4", "");
    make_folder("elsewhere");
    put("elsewhere/b.mp4", "");
    static const struct {
        const char *name, *target;
    } links[] = {{"links/folder", "elsewhere"},
                 {"links/file.mp4", "elsewhere/b.mp4"},
                 {"links/gone.mp4", "nothing"},
                 {"elsewhere/circle", "links"}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, links[i].name);
        snprintf(target, sizeof target, "%s/%s", folder, links[i].target);
        assert_int_equal(symlink(target, path), 0);
    }
    RvSources found = find("links", NULL, RV_OK, NULL);
    assert_int_equal(found.link_count, 2); // to the folder, to nothing
    assert_found(&found, (const char *const[]){"links/a.mp4", "links/file.mp4", NULL});
    found = find("links", &(RvSourceOptions){.follow = true}, RV_OK, NULL);
    assert_int_equal(found.link_count, 2); // in a circle, to nothing
    assert_found(&found, (const char *const[]){"links/a.mp4", "links/file.mp4", "links/folder/b.mp4", NULL});
    found = find("links/folder", NULL, RV_OK, NULL); // named
    assert_int_equal(found.videos.count, 1);
    rv_sources_clear(&found);
    remove_all("links");
    remove_all("elsewhere");
}

static void patterns_leave_files_and_folders_out(void **state)
{
    static const char *const files[] = {"p/a.mp4",     "p/b.part.mp4",   "p/raw/c.mp4", "p/sub/raw/d.mp4",
                                        "p/sub/e.mp4", "p/sub/x[1].mp4", "p/cache.mp4", "p/cache/f.mp4"};
    static const struct {
        const char *pattern;
        size_t left;
        const char *why;
    } cases[] = {
        {"*.part.mp4", 7, "a name"},
        {"raw", 6, "a folder at any depth"},
        {"raw/", 6, "a folder, said so"},
        {"/raw", 7, "from where it is given"},
        {"sub/raw", 7, "a path"},
        {"sub/*", 5, "one part of a path"},
        {"cache*/", 7, "folders only"},
        {"cache*", 6, "files and folders"},
        {"x[[]1].mp4", 7, "brackets"},
        {"x[1].mp4", 8, "a set"},
        {"*/*/*.mp4", 7, "* stays in a part"},
        {"A.MP4", 8, "case counts"},
    };
    RvError err = {0};
    make_folder("p");
    make_folder("p/raw");
    make_folder("p/sub");
    make_folder("p/sub/raw");
    make_folder("p/cache");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        put(files[i], "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const patterns[] = {"nothing", cases[i].pattern};
        RvSources found = find("p", &(RvSourceOptions){.exclude = patterns, .exclude_count = 2}, RV_OK, NULL);
        if (found.videos.count != cases[i].left || (found.excluded_count > 0) != (cases[i].left < 8))
            fail_msg("%s: %zu videos, %zu excluded", cases[i].why, found.videos.count, found.excluded_count);
        rv_sources_clear(&found);
    }
    static const char *const refused[] = {"", "/", "!a", "a/**/b"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        find("p", &(RvSourceOptions){.exclude = &refused[i], .exclude_count = 1}, RV_ERROR_ARGUMENT, &err);
    remove_all("p");
}

static void ignore_files_count_from_where_they_lie(void **state)
{
    Told told = {0};
    RvSourceOptions options = {.log = {note, &told}};
    make_folder("i");
    make_folder("i/sub");
    make_folder("i/sub/deep");
    put("i/a.mp4", "");
    put("i/b.mp4", "");
    put("i/sub/b.mp4", "");
    put("i/sub/c.mp4", "");
    put("i/sub/deep/c.mp4", "");
    put("i/sub/deep/d.mp4", "");
    put("i/.reelvecignore", "# comments and empty lines do not count\n\n/b.mp4  \r\n!a.mp4\n");
    put("i/sub/.reelvecignore", "deep/c.mp4");
    RvSources found = find("i", &options, RV_OK, NULL);
    assert_int_equal(found.excluded_count, 2);
    assert_int_equal(told.count[RV_LOG_WARNING], 1);
    assert_non_null(strstr(told.last, "i/.reelvecignore:4: '!a.mp4'"));
    assert_found(&found,
                 (const char *const[]){"i/a.mp4", "i/sub/b.mp4", "i/sub/c.mp4", "i/sub/deep/d.mp4", NULL});
    // Something else of that name, too large for a list: said, and the videos are taken all the same.
    char path[256];
    snprintf(path, sizeof path, "%s/i/.reelvecignore", folder);
    assert_int_equal(truncate(path, 3 << 20), 0);
    found = find("i", &options, RV_OK, NULL);
    assert_non_null(strstr(told.last, "larger than 1 MiB"));
    assert_int_equal(found.videos.count, 5);
    rv_sources_clear(&found);
    remove_all("i");
}

static void addresses_are_shown_without_user_and_password(void **state)
{
    static const struct {
        const char *source, *shown;
    } cases[] = {
        {"http://user:s3cret@host/x.mp4", "http://host/x.mp4"},
        {"HTTPS://user:p@ss@host:8080/x@y.mp4?a=b", "HTTPS://host:8080/x@y.mp4?a=b"},
        {"https://host/user:s3cret@x.mp4", "https://host/user:s3cret@x.mp4"},
        {"/home/user:s3cret@host/x.mp4", "/home/user:s3cret@host/x.mp4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char shown[128];
        rv_source_show(cases[i].source, shown, sizeof shown);
        assert_string_equal(shown, cases[i].shown);
    }
    int with = -1, without = -2;
    assert_int_equal(rv_source_shard("https://me:secret@example.org/a.mp4", 1000, &with, NULL), RV_OK);
    assert_int_equal(rv_source_shard("https://example.org/a.mp4", 1000, &without, NULL), RV_OK);
    assert_int_equal(with, without);
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
        cmocka_unit_test(find_lists_videos_below_a_folder_in_order),
        cmocka_unit_test(find_gives_files_and_urls_back_as_they_are),
        cmocka_unit_test(find_names_what_is_not_there),
        cmocka_unit_test(every_ending_that_people_have_is_a_videos),
        cmocka_unit_test(endings_are_the_same_in_a_turkish_locale),
        cmocka_unit_test(text_with_a_videos_name_is_no_video),
        cmocka_unit_test(folders_of_systems_are_left_out),
        cmocka_unit_test(folders_that_cannot_be_read_are_told_and_gone_past),
        cmocka_unit_test(paths_that_are_too_long_are_told_and_gone_past),
        cmocka_unit_test(links_to_folders_are_followed_when_asked),
        cmocka_unit_test(patterns_leave_files_and_folders_out),
        cmocka_unit_test(ignore_files_count_from_where_they_lie),
        cmocka_unit_test(addresses_are_shown_without_user_and_password),
        cmocka_unit_test(shard_depends_on_content_alone_and_never_changes),
        cmocka_unit_test(shard_spreads_videos_evenly),
        cmocka_unit_test(shard_names_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
