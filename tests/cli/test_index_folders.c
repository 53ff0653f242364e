/* SPDX-License-Identifier: MIT */
/* `reelvec index` on folders of real life, night after night: what it says, how it ends, what it forgets. */
#include "program_run.h"

#include <pthread.h>
#include <sys/stat.h>

#define INDEX(library, ...) RUN("index", "--library", library, __VA_ARGS__)

static int set_up_group(void **state)
{
    (void)state;
    int status =
        program_set_up(&(ProgramNeeds){.name = "folders", .clips = {"plain.mp4", "gop50_closed.mp4"}});
    setenv("CLIP", fixture.clip, 1);
    setenv("OTHER", fixture.other_clip, 1);
    return status;
}

/* The run's exit status, and all that it says on either output; NULL: nothing is asked of that. */
static void expect(RunResult result, int status, const char *output, const char *errors)
{
    if (result.status != status || (output != NULL && strcmp(result.output, output) != 0) ||
        (errors != NULL && strcmp(result.errors, errors) != 0))
        fail_msg("status %d:\n%s--\n%s\nnot %d:\n%s--\n%s", result.status, result.output, result.errors,
                 status, output != NULL ? output : "?\n", errors != NULL ? errors : "?");
    run_clear(&result);
}

static void a_nightly_run_says_what_is_new(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p nights/sub && cp $CLIP nights/a.mp4 && printf '\\033broken' >nights/broken.mp4");
    expect(INDEX("nights.db", "--quiet", "nights"), 3, "nights/a.mp4: 4 frames, 4 new (complete)\n", NULL);
    expect(INDEX("nights.db", "--quiet", "nights"), 0, "", "");
    expect(INDEX("nights.db", "nights"), 0, "", "reelvec: 1 unchanged, 1 failed earlier\n");
    program_shell(
        "cp $OTHER nights/sub/b.mp4 && echo note >nights/notes.txt && echo 'let a;' >nights/sub/a.ts");
    expect(INDEX("nights.db", "--quiet", "nights"), 0, "nights/sub/b.mp4: 12 frames, 12 new (complete)\n",
           "");
    expect(INDEX("nights.db", "nights"), 0, "",
           "reelvec: 2 unchanged, 1 failed earlier; 1 other file, 1 text file left out\n");
    expect(INDEX("nights.db", "--verbose", "nights"), 0,
           "nights/a.mp4: 4 frames, 0 new (unchanged)\nnights/sub/b.mp4: 12 frames, 0 new (unchanged)\n",
           "reelvec: nights/broken.mp4: failed before and is left out; --retry-failed takes it up again\n"
           "reelvec: 2 unchanged, 1 failed earlier; 1 other file, 1 text file left out\n");
    expect(INDEX("nights.db", "--verbose", "--quiet", "nights"), 2, "", NULL);
    // A video that is named is told of, also when there is nothing new.
    expect(INDEX("nights.db", "nights/a.mp4"), 0, "nights/a.mp4: 4 frames, 0 new (unchanged)\n", "");
    expect(INDEX("nights.db", "nights/broken.mp4"), 0, "",
           "reelvec: nights/broken.mp4: failed before and is left out; --retry-failed takes it up again\n");
    expect(INDEX("nights.db", "--retry-failed", "nights"), 3, "", NULL); // asked for: news again
}

static void a_failure_is_listed_once(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p listed && printf '\\033broken' >listed/broken.mp4");
    expect(INDEX("listed.db", "--quiet", "listed"), 1, "", NULL);
    RunResult result = RUN("list", "--library", "listed.db");
    assert_status(&result, 0);
    assert_int_equal(count_in(result.errors, "broken.mp4"), 1);
    assert_holds(result.output, "failed");
    run_clear(&result);
}

static void mistakes_are_not_remembered(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("echo note >notes.txt && printf '\\377\\330\\377' >photo.jpg");
    expect(INDEX("mistakes.db", "notes.txt", "photo.jpg"), 1, "", NULL);
    expect(RUN("list", "--library", "mistakes.db"), 0, NULL,
           "reelvec: the library has no videos yet; see `reelvec index`\n");
}

static void patterns_and_links_are_obeyed(void **state)
{
    (void)state;
    program_need_clips();
    program_shell(
        "mkdir -p tree/raw tree/sub away && cp $CLIP tree/a.mp4 && cp $OTHER tree/raw/b.mp4 && cp $CLIP "
        "tree/sub/c.part.mp4 "
        "&& cp $OTHER away/d.mp4 && ln -s ../away tree/link && echo raw >tree/.reelvecignore");
    expect(INDEX("tree.db", "--exclude", "*.part.mp4", "tree"), 0, "tree/a.mp4: 4 frames, 4 new (complete)\n",
           NULL);
    expect(INDEX("tree.db", "--exclude", "*.part.mp4", "tree"), 0, "",
           "reelvec: 1 unchanged; 2 excluded, 1 symbolic link left out\n");
    expect(INDEX("tree.db", "--exclude", "sub/", "--exclude", "nothing", "--follow", "--quiet", "tree"), 0,
           "tree/link/d.mp4: 12 frames, 12 new (complete)\n", "");
    expect(INDEX("tree.db", "--exclude", "**/x", "tree"), 2, "", NULL);
}

static void files_that_are_gone_are_told_and_pruned_when_asked(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p gone/sub gone-not && cp $CLIP gone/a.mp4 && cp $OTHER gone/sub/b.mp4 && cp $CLIP "
                  "gone-not/c.mp4 && "
                  "echo >>gone-not/c.mp4");
    expect(INDEX("gone.db", "--quiet", "gone", "gone-not"), 0, NULL, "");
    program_shell("rm gone/sub/b.mp4 gone-not/c.mp4");
    expect(INDEX("gone.db", "gone"), 0, "", "reelvec: 1 unchanged, 1 missing (--prune removes them)\n");
    RunResult result = RUN("list", "--library", "gone.db");
    assert_int_equal(count_in(result.output, "  missing  "), 2);
    assert_int_equal(count_in(result.output, "  complete  "), 1);
    run_clear(&result);
    result = RUN("verify", "--library", "gone.db");
    assert_status(&result, 0);
    assert_holds(result.errors, "reelvec: no faults\nreelvec: the files of 2 videos are missing; ");
    run_clear(&result);
    // Only below the folder that is given; and an empty folder may be a disk that is not mounted.
    char expected[400];
    snprintf(expected, sizeof expected, "%s/gone/sub/b.mp4: removed, its file is gone\n", fixture.folder);
    expect(INDEX("gone.db", "--prune", "gone"), 0, expected, "reelvec: 1 unchanged, 1 removed\n");
    result = INDEX("gone.db", "--prune", "gone-not");
    assert_status(&result, 1);
    assert_holds(result.errors, "none of its videos are removed");
    assert_string_equal(result.output, "");
    run_clear(&result);
    // One that comes back is complete again, and one that was moved is recognised before anything is removed.
    program_shell("mkdir gone/new && mv gone/a.mp4 gone/new/");
    expect(INDEX("gone.db", "--prune", "--quiet", "gone"), 0, "gone/new/a.mp4: 4 frames, 0 new (renamed)\n",
           "");
    snprintf(expected, sizeof expected, "%s/gone-not/c.mp4: removed, its file is gone\n", fixture.folder);
    expect(INDEX("gone.db", "--prune", "--quiet", "gone-not/c.mp4"), 0, expected, "");
    result = INDEX("gone.db", "--prune", "gone-not/c.mp4");
    assert_status(&result, 1);
    run_clear(&result);
    expect(INDEX("gone.db", "--prune", "--queue", "gone"), 2, "", NULL);
}

/* A disk inside the folder, given as a PATH of its own: not mounted it is empty, or its folder is gone. */
static void a_disk_inside_that_is_not_mounted_is_spared(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p outer/disk/x && cp $CLIP outer/a.mp4 && cp $OTHER outer/disk/x/b.mp4");
    expect(INDEX("outer.db", "--quiet", "outer"), 0, NULL, "");
    program_shell("mv outer/disk disk-away && mkdir outer/disk");
    const char *const changes[] = {"true", "rmdir outer/disk"};
    for (size_t i = 0; i < 2; i++) {
        program_shell("%s", changes[i]);
        RunResult result = INDEX("outer.db", "--prune", "outer", "outer/disk");
        assert_status(&result, 3);
        assert_string_equal(result.output, "");
        assert_holds(result.errors, "1 missing and kept");
        run_clear(&result);
    }
    program_shell("mv disk-away outer/disk");
    expect(INDEX("outer.db", "--prune", "outer", "outer/disk"), 0, "", NULL);
}

static void an_empty_part_says_so(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p parts && cp $CLIP parts/a.mp4 && cp $CLIP parts/b.mp4");
    size_t said = 0;
    for (int part = 1; part <= 2; part++) {
        char shard[8];
        snprintf(shard, sizeof shard, "%d/2", part);
        RunResult result = INDEX("parts.db", "--shard", shard, "parts");
        assert_status(&result, 0);
        said += count_in(result.errors, "reelvec: 0 of 2 videos belong to this part\n");
        run_clear(&result);
    }
    assert_int_equal(said, 1); // copies fall together
}

/* Too deep for a path: a folder that not even root can read. */
static void make_deep_folder(const char *name)
{
    char here[1024], part[201];
    memset(part, 'n', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(fixture.folder), 0);
    assert_int_equal(chdir(name), 0);
    for (int i = 0; i < 22; i++) {
        assert_int_equal(mkdir(part, 0700), 0);
        assert_int_equal(chdir(part), 0);
    }
    assert_int_equal(chdir(here), 0);
}

static void folders_that_cannot_be_read_end_with_3(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir -p deep && cp $CLIP deep/a.mp4");
    make_deep_folder("deep");
    RunResult result = INDEX("deep.db", "--quiet", "deep");
    assert_status(&result, 3);
    assert_string_equal(result.output, "deep/a.mp4: 4 frames, 4 new (complete)\n");
    assert_holds(result.errors, "File name too long; move it up");
    assert_int_equal(count_in(result.errors, "\n"), 1);
    run_clear(&result);
    result = INDEX("deep.db", "deep"); // still worth a look at, every night
    assert_status(&result, 3);
    assert_holds(result.errors, "reelvec: 1 unchanged\n");
    run_clear(&result);
}

/* ---- two runs at once ---------------------------------------------------------------------------------- */

static void *index_many(void *user)
{
    RunResult *result = user;
    *result = INDEX("shared.db", "--verbose", "--every", "0.1", "--batch", "8", "many");
    return NULL;
}

static void runs_at_the_same_time_share_the_work(void **state)
{
    (void)state;
    program_need_clips();
    enum { RUNS = 3, VIDEOS = 4 };
    RunResult results[RUNS];
    pthread_t threads[RUNS];
    size_t complete = 0, told = 0;
    program_shell("mkdir -p many && for i in 1 2 3 4; do cp $OTHER many/$i.mp4; echo $i >>many/$i.mp4; done");
    // The library is there, so that they meet at the videos.
    expect(INDEX("shared.db", "--quiet", fixture.clip), 0, NULL, "");
    for (int i = 0; i < RUNS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, index_many, &results[i]), 0);
    for (int i = 0; i < RUNS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < RUNS; i++) {
        if (results[i].status != 0 || strstr(results[i].errors, "remove or replace") != NULL)
            fail_msg("status %d:\n%s%s", results[i].status, results[i].output, results[i].errors);
        complete += count_in(results[i].output, "(complete)");
        told += count_in(results[i].output, "\n") + count_in(results[i].errors, "it is left to that one\n");
        run_clear(&results[i]);
    }
    assert_int_equal(told, RUNS * VIDEOS);
    assert_in_range(complete, VIDEOS, RUNS * VIDEOS);
    expect(RUN("verify", "--library", "shared.db"), 0, "", "reelvec: no faults\n");
    RunResult result = RUN("list", "--library", "shared.db");
    assert_int_equal(count_in(result.output, "   120  "), VIDEOS);
    assert_int_equal(count_in(result.output, "  complete  "), VIDEOS + 1);
    run_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nightly_run_says_what_is_new),
        cmocka_unit_test(a_failure_is_listed_once),
        cmocka_unit_test(mistakes_are_not_remembered),
        cmocka_unit_test(patterns_and_links_are_obeyed),
        cmocka_unit_test(files_that_are_gone_are_told_and_pruned_when_asked),
        cmocka_unit_test(a_disk_inside_that_is_not_mounted_is_spared),
        cmocka_unit_test(an_empty_part_says_so),
        cmocka_unit_test(folders_that_cannot_be_read_end_with_3),
        cmocka_unit_test(runs_at_the_same_time_share_the_work),
    };
    return cmocka_run_group_tests_name("cli/index_folders", tests, set_up_group, program_tear_down);
}
