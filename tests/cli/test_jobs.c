/* SPDX-License-Identifier: MIT */
/* `reelvec index --jobs`: several videos at once say and store what one after the other does. */
#include "program_run.h"

#include <sys/stat.h>

#include "reelvec/reelvec.h"

#define CLIP_COUNT 7

#define INDEX(library, options, ...)                                                                         \
    program_run((const char *const[]){"index", "--library", library, __VA_ARGS__, NULL}, options)

static char broken[320];

/* The clips, one of them twice, and a file that is none. */
static int set_up_group(void **state)
{
    (void)state;
    int status =
        program_set_up(&(ProgramNeeds){.name = "jobs",
                                       .linked = true,
                                       .clips = {"gop250_closed.mp4", "gop50_open.mp4", "plain.mp4",
                                                 "mpeg4.mp4", "hevc_closed.mkv", "odd.mp4", "mjpeg.avi"}});
    snprintf(broken, sizeof broken, "%s/broken.mp4", fixture.videos);
    if (status == 0 && fixture.ready)
        program_shell("cp '%s' videos/copy.mp4 && printf '\\033not a video' >videos/broken.mp4",
                      fixture.clip);
    return status;
}

static void expect(const RunResult *result, int status, const char *part)
{
    if (result->status != status ||
        (strstr(result->errors, part) == NULL && strstr(result->output, part) == NULL))
        fail_msg("status %d, not %d with '%s':\n%s%s", result->status, status, part, result->output,
                 result->errors);
}

/* All rows of a library as text, in their order. */
typedef struct Rows {
    size_t count;
    double sum;
} Rows;

static bool add_rows(void *user, const RvFrameRows *block)
{
    Rows *rows = user;
    for (size_t i = 0; i < block->count; i++) {
        const float *embedding = block->embeddings + i * (size_t)block->dimensions;
        for (int k = 0; k < block->dimensions; k++)
            rows->sum += embedding[k] * (double)(k + 1) * (double)(rows->count + 1);
        rows->count++;
    }
    return true;
}

static Rows rows_of(const char *name)
{
    char path[400];
    RvLibrary *library = NULL;
    RvError err = {0};
    Rows rows = {0};
    size_t fault_count = 99;
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    if (rv_library_open(path, NULL, &library, &err) != RV_OK ||
        rv_library_embeddings(library, NULL, add_rows, &rows, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_library_verify(library, NULL, NULL, &fault_count, NULL), RV_OK);
    assert_int_equal(fault_count, 0);
    rv_library_close(library);
    return rows;
}

static void jobs_say_and_store_what_one_after_the_other_does(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *library, *jobs;
    } cases[] = {{"one.db", "1"}, {"two.db", "2"}, {"four.db", "4"}, {"auto.db", "0"}};
    Rows first = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = INDEX(cases[i].library, NULL, "--verbose", "--jobs", cases[i].jobs, "/no/such.mp4",
                                 fixture.videos);
        expect(&result, 3, "copy.mp4: 12 frames, 0 new (duplicate of /");
        expect(&result, 3, "/no/such.mp4: No such file or directory");
        expect(&result, 3, "broken.mp4");
        assert_int_equal(count_in(result.output, "(complete)"), CLIP_COUNT);
        assert_int_equal(count_in(result.output, "\n"), CLIP_COUNT + 1);
        assert_int_equal(count_in(result.errors, ": begun\n"), CLIP_COUNT);
        expect(&result, 3,
               "reelvec: 7 new, 1 duplicate, 1 failed; "); // /no/such.mp4 is no video that was found
        run_clear(&result);
        Rows rows = rows_of(cases[i].library);
        if (i == 0)
            first = rows;
        assert_true(rows.count == first.count && rows.sum == first.sum);
        // Again: nothing to do, and what failed is left out, which is no news.
        result = INDEX(cases[i].library, NULL, "--verbose", "--jobs", cases[i].jobs, fixture.videos);
        expect(&result, 0, "--retry-failed takes it up again");
        expect(&result, 0, "reelvec: 1 duplicate, 7 unchanged, 1 failed earlier\n");
        assert_int_equal(count_in(result.output, "(unchanged)"), CLIP_COUNT);
        assert_int_equal(count_in(result.errors, ": begun\n"), 0);
        run_clear(&result);
        result = INDEX(cases[i].library, NULL, "--quiet", "--jobs", cases[i].jobs, fixture.videos);
        expect(&result, 0, "");
        assert_string_equal(result.output, "");
        assert_string_equal(result.errors, "");
        run_clear(&result);
    }
    assert_true(first.count > 30);
}

static void jobs_and_shards_go_together(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const shards[] = {"1/2", "2/2"};
    size_t complete = 0;
    for (int i = 0; i < 2; i++) {
        RunResult result = INDEX("shards.db", NULL, "--jobs", "3", "--shard", shards[i], fixture.videos);
        complete += count_in(result.output, "(complete)");
        run_clear(&result);
    }
    assert_int_equal(complete, CLIP_COUNT);
}

static void a_terminal_shows_how_far_all_are(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const jobs[] = {"3", "1"};
    for (size_t i = 0; i < 2; i++) {
        RunResult result = INDEX(i == 0 ? "bar.db" : "bar-1.db", &(RunOptions){.terminal = true}, "--jobs",
                                 jobs[i], "--every", "0.1", fixture.videos);
        expect(&result, 3, "Video ");
        expect(&result, 3, " of 9, ");
        // Later lines (how many run beside the named one, what is left) depend on the moment: test_index_show.c.
        if (i == 1)
            assert_null(strstr(result.errors, " +"));
        expect(&result, 3, " frames/s");
        expect(&result, 3, "reelvec: 7 new, 1 duplicate, 1 failed; ");
        run_clear(&result);
    }
}

static void ctrl_c_stops_all_and_the_next_run_completes(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = INDEX("reference.db", NULL, "--every", "0.05", "--batch", "2", fixture.videos);
    run_clear(&result);
    result = INDEX("stopped.db", &(RunOptions){.interrupt_after = "2-plain.mp4: begun"}, "--jobs", "4",
                   "--every", "0.05", "--batch", "2", fixture.videos);
    expect(&result, 130, "interrupted; run the same command to go on");
    assert_int_equal(count_in(result.errors, "interrupted"), 1);
    run_clear(&result);
    rows_of("stopped.db"); // verifies
    result = INDEX("stopped.db", NULL, "--jobs", "2", "--every", "0.05", fixture.videos);
    expect(&result, 3, "(complete)");
    run_clear(&result);
    Rows rows = rows_of("stopped.db"), wanted = rows_of("reference.db");
    assert_int_equal(rows.count, wanted.count);
    assert_true(rows.sum == wanted.sum);
}

static void jobs_out_of_bounds_are_wrong_usage(void **state)
{
    (void)state;
    static const char *const cases[] = {"-1", "257", "1.5", "many"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = INDEX("none.db", NULL, "--jobs", cases[i], "x.mp4");
        expect(&result, 2, "--jobs");
        run_clear(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_say_and_store_what_one_after_the_other_does),
        cmocka_unit_test(jobs_and_shards_go_together),
        cmocka_unit_test(a_terminal_shows_how_far_all_are),
        cmocka_unit_test(ctrl_c_stops_all_and_the_next_run_completes),
        cmocka_unit_test(jobs_out_of_bounds_are_wrong_usage),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
