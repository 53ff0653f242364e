/* SPDX-License-Identifier: MIT */
/* Whole runs of `reelvec ann` and `search --ann` on a library file. */
#include "program_run.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(
        &(ProgramNeeds){.name = "ann", .clips = {"gop50_closed.mp4", "plain.mp4"}, .library = true});
}

/* The run ends so, with the words in what it wrote. */
static void expect(RunResult result, int status, const char *words, const char *why)
{
    if (result.status != status ||
        (strstr(result.output, words) == NULL && strstr(result.errors, words) == NULL))
        fail_msg("%s: status %d, no '%s' in:\n%s%s", why, result.status, words, result.output, result.errors);
    run_clear(&result);
}

static void damage(const char *path)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 200, SEEK_SET), 0);
    assert_int_equal(fwrite("damage", 1, 6, file), 6);
    fclose(file);
}

/* The life of an index, step by step. */
static void ann_builds_is_used_grows_is_damaged_and_dropped(void **state)
{
    (void)state;
    program_need_clips();
    char lists[320];
    snprintf(lists, sizeof lists, "%s-lists", fixture.library);
    expect(RUN("index", fixture.clip), 0, "complete", "a library");
    expect(RUN("ann", "info"), 0, "index      none", "none yet");
    expect(RUN("search", "a", "--ann"), 1, "ann build", "there is none to use");
    expect(RUN("ann", "build", "--kind", "hnsw"), 2, "there are ivf", "a kind of servers");
    expect(RUN("ann", "build", "--set", "lists=x"), 2, "lists needs a value", "no number");
    expect(RUN("ann", "build", "--set", "lists=3,probes=1,seed=9"), 0,
           "built an index of kind ivf, lists=3,probes=1,seed=9", "built");
    assert_int_equal(access(lists, R_OK), 0);
    expect(RUN("ann", "info"), 0, "by --ann alone", "a small library");
    expect(RUN("ann", "info", "--format", "json"), 0, "\"present\": true, \"kind\": \"ivf\"", "as JSON");
    expect(RUN("ann", "info", "--format", "json"), 0,
           "\"newer_frames\": 0, \"automatic\": false, \"fault\": \"\"", "as JSON");
    expect(RUN("search", "a", "--explain"), 0, "way: rows, because", "why every frame is read");
    expect(RUN("search", "a", "--timeout", "-1"), 2, "--timeout", "no time");
    expect(RUN("search", "a", "--ann", "--exact"), 2, "exclude", "both");
    expect(RUN("search", "a", "--ann", "--fusion", "rrf"), 2, "every frame", "a fusion of all scores");
    expect(RUN("search", "a", "--ann", "--top", "3", "--format", "csv"), 0, "gop50_closed.mp4", "used");
    expect(RUN("verify"), 0, "no faults", "as built");
    expect(RUN("index", fixture.other_clip), 0, "complete", "more frames");
    // As many hits as the library has frames: those that no list has too.
    RunResult exact = RUN("search", "a", "--exact", "--top", "1000", "--format", "csv");
    RunResult found = RUN("search", "a", "--ann", "--top", "1000", "--format", "csv");
    assert_int_equal(found.status, 0);
    assert_string_equal(found.output, exact.output);
    run_clear(&exact);
    run_clear(&found);
    expect(RUN("verify"), 0, "no faults", "with newer frames");
    damage(lists);
    expect(RUN("search", "a", "--ann"), 0, "not used", "damaged: every frame is looked at");
    expect(RUN("ann", "info"), 0, "used       no: ", "damaged");
    expect(RUN("verify"), 1, "approximate index: ", "damaged");
    expect(RUN("ann", "build"), 0, "built an index", "built again");
    expect(RUN("verify"), 0, "no faults", "built again");
    expect(RUN("ann", "drop"), 0, "the index is gone", "dropped");
    assert_int_not_equal(access(lists, R_OK), 0);
    expect(RUN("ann", "drop"), 0, "there was no index", "dropped twice");
    expect(RUN("search", "a"), 0, "gop50_closed.mp4", "as before");
}

static void ann_needs_a_library_with_frames(void **state)
{
    (void)state;
    program_need_clips();
    expect(RUN("ann", "build", "--library", "none.db"), 1, "none.db", "no such library");
    expect(RUN("ann", "build", "--library", "memory:"), 1, "not available", "a kind without files");
    expect(RUN("ann", "info", "--library", "memory:"), 0, "none", "a kind without files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ann_builds_is_used_grows_is_damaged_and_dropped),
        cmocka_unit_test(ann_needs_a_library_with_frames),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
