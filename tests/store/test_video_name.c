/* SPDX-License-Identifier: MIT */
/* The rule by which videos are named. */
#include "store_support.h"

#include <unistd.h>

#include "store/video_name.h"

#define VIDEOS_MAX 6

/* Which of the videos a name means, as a string of their numbers. */
static void choose(const char *name, const char *const *paths, char *numbers, RvNaming *naming)
{
    RvVideo items[VIDEOS_MAX] = {{0}};
    RvVideos videos = {items, 0};
    bool chosen[VIDEOS_MAX];
    for (; videos.count < VIDEOS_MAX && paths[videos.count] != NULL; videos.count++)
        items[videos.count].path = (char *)paths[videos.count];
    size_t count = rv_video_name_choose(name, &videos, chosen, naming), seen = 0;
    for (size_t i = 0; i < videos.count; i++) {
        if (chosen[i])
            numbers[seen++] = (char)('0' + i);
    }
    numbers[seen] = '\0';
    assert_int_equal(seen, count);
}

static void a_name_means_the_same_everywhere(void **state)
{
    static const struct {
        const char *name, *paths[VIDEOS_MAX], *numbers;
        RvNaming naming;
        const char *why;
    } cases[] = {
        {NULL, {"/a/b.mp4", "/c.mp4"}, "01", RV_NAMED_PATTERN, "no name means all"},
        {"/a/b.mp4", {"/a/b.mp4", "/x/a/b.mp4"}, "0", RV_NAMED_PATH, "the whole path goes before an ending"},
        {"b.mp4", {"/a/b.mp4", "/a/ab.mp4", "/c/b.mp4"}, "02", RV_NAMED_ENDING, "the last part"},
        {"a/b.mp4", {"/x/a/b.mp4", "/x/b.mp4", "/xa/b.mp4"}, "0", RV_NAMED_ENDING, "the last two parts"},
        {"film [1080p].mp4", {"/v/film [1080p].mp4", "/v/film 0.mp4"}, "0", RV_NAMED_ENDING, "no class"},
        {"movie[1].mp4", {"/v/movie1.mp4", "/v/movie[1].mp4"}, "1", RV_NAMED_ENDING, "it exists"},
        {"movie[1].mp4", {"/v/movie1.mp4"}, "0", RV_NAMED_PATTERN, "a class where no video is called so"},
        {"/v/a*.mp4", {"/v/a*.mp4", "/v/ab.mp4"}, "0", RV_NAMED_PATH, "a star that is in the path"},
        {"*.mp4", {"/a/b.mp4", "/a/b.mkv", "/c.mp4"}, "02", RV_NAMED_PATTERN, "a pattern of last parts"},
        {"/a/*", {"/a/b/c.mp4", "/b/a/c.mp4"}, "0", RV_NAMED_PATTERN, "a star crosses folders"},
        {"a/*",
         {"/x/a/b.mp4", "/xa/b.mp4", "/x/a/y/c.mp4"},
         "02",
         RV_NAMED_PATTERN,
         "what lies below a folder a"},
        {"a/b*", {"/x/a/b.mp4", "/x/a/c.mp4", "/x/b.mp4"}, "0", RV_NAMED_PATTERN, "the last two parts"},
        {"host/*", {"https://host/a.mp4", "https://other/a.mp4"}, "0", RV_NAMED_PATTERN, "what a server has"},
        {"a*", {"/x/ab/c.mp4", "/x/c/ab.mp4"}, "1", RV_NAMED_PATTERN, "without a slash no folder is meant"},
        {"/a/*", {"/x/a/b.mp4"}, "", RV_NAMED_NONE, "a whole path stays one"},
        {"*/a/*", {"/x/a/b.mp4"}, "0", RV_NAMED_PATTERN, "with a star before"},
        {"?.mp4", {"/a/b.mp4", "/a/bc.mp4"}, "0", RV_NAMED_PATTERN, "one character"},
        {"B.*", {"/a/b.mp4"}, "", RV_NAMED_NONE, "case counts"},
        {"B.mp4", {"/a/b.mp4"}, "", RV_NAMED_NONE, "in names as well"},
        {"", {"/a/b.mp4", "/a/"}, "", RV_NAMED_NONE, "the empty name means none"},
        {"mp4", {"/a/b.mp4"}, "", RV_NAMED_NONE, "an ending inside a part"},
        {"http://me:s3cret@host/b.mp4", {"http://host/b.mp4"}, "0", RV_NAMED_PATH, "as the library keeps it"},
        {"v=1", {"https://host/watch?v=1"}, "", RV_NAMED_NONE, "the last part of a URL has its query"},
        {"watch?v=1", {"https://host/watch?v=1", "/watchxv=1"}, "0", RV_NAMED_ENDING, "a URL's last part"},
        {"\xff*", {"/a/\xff.mp4"}, "0", RV_NAMED_PATTERN, "bytes that are not UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char numbers[VIDEOS_MAX + 1];
        RvNaming naming;
        choose(cases[i].name, cases[i].paths, numbers, &naming);
        if (strcmp(numbers, cases[i].numbers) != 0 || naming != cases[i].naming)
            fail_msg("%s: '%s' by way %d", cases[i].why, numbers, (int)naming);
    }
}

static void a_file_is_meant_before_an_ending(void **state)
{
    (void)state;
    char folder[4096], file[4200], link[4200], numbers[VIDEOS_MAX + 1], before[4096];
    make_test_folder(folder, sizeof folder);
    char *real = realpath(folder, NULL);
    assert_non_null(real);
    assert_non_null(getcwd(before, sizeof before));
    snprintf(file, sizeof file, "%s/b.mp4", real);
    snprintf(link, sizeof link, "%s/link.mp4", real);
    FILE *made = fopen(file, "wb");
    assert_non_null(made);
    fclose(made);
    assert_int_equal(symlink(file, link), 0);
    const char *const paths[] = {"/elsewhere/b.mp4", file, NULL};
    static const char *const names[] = {"b.mp4", "./b.mp4", "link.mp4"};
    assert_int_equal(chdir(real), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        RvNaming naming;
        choose(names[i], paths, numbers, &naming);
        assert_string_equal(numbers, "1");
        assert_int_equal(naming, RV_NAMED_FILE);
    }
    assert_int_equal(chdir(before), 0);
    unlink(link);
    unlink(file);
    rmdir(real);
    free(real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_the_same_everywhere),
        cmocka_unit_test(a_file_is_meant_before_an_ending),
    };
    return cmocka_run_group_tests_name("video_name", tests, NULL, NULL);
}
