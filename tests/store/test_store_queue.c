/* SPDX-License-Identifier: MIT */
/* The list of videos that several machines work, on every kind of library: who has it, who may write. */
#include "backend_fixture.h"

#include <sys/wait.h>
#include <time.h>

#define SETTINGS "interval:1"
#define LEASE_S 0.3
#define LONG_S 60.0

static RvStrings paths_of(size_t count, char (*texts)[32], char **items)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof texts[i], "/videos/%03zu.mp4", i);
        items[i] = texts[i];
    }
    return (RvStrings){items, count};
}

static void add_paths(Store *store, size_t count)
{
    static char texts[400][32];
    static char *items[400];
    RvStrings paths = paths_of(count, texts, items);
    assert_ok(rv_store_queue_add(store, &paths, SETTINGS, false, err));
}

static bool take(Store *store, double lease_s, RvQueueJob *job)
{
    assert_ok(rv_store_queue_take(store, SETTINGS, lease_s, job, err));
    return job->path != NULL;
}

static void end(Store *store, RvQueueJob *job, RvQueueEnd how, const char *message)
{
    assert_ok(rv_store_queue_end(store, job, how, message, err));
    rv_queue_job_clear(job);
}

static void pass(double duration_s)
{
    struct timespec time = {(time_t)duration_s, (long)((duration_s - (double)(time_t)duration_s) * 1e9)};
    nanosleep(&time, NULL);
}

static void expect_counts(Store *store, int64_t waiting, int64_t leased, int64_t done, int64_t failed)
{
    RvQueueCounts counts;
    assert_ok(rv_store_queue_count(store, SETTINGS, &counts, err));
    if (counts.waiting != waiting || counts.leased != leased || counts.done != done ||
        counts.failed != failed)
        fail_msg("%d waiting, %d leased, %d done, %d failed", (int)counts.waiting, (int)counts.leased,
                 (int)counts.done, (int)counts.failed);
}

/* Libraries without a list say so; true where that was so. */
static bool is_refused(const Fixture *fixture)
{
    RvStrings none = {0};
    if (fixture->backend->variable != NULL)
        return false;
    assert_refused(rv_store_queue_add(fixture->store, &none, SETTINGS, false, err), RV_ERROR_UNSUPPORTED,
                   "needs a library in PostgreSQL or MariaDB");
    return true;
}

static void every_job_is_taken_once_and_in_order(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    Store *other = NULL;
    assert_ok(rv_store_open(fixture->uri, NULL, &other, err));
    add_paths(fixture->store, 5);
    add_paths(other, 6); // what is there stays as it is
    expect_counts(other, 6, 0, 0, 0);
    for (int i = 0; i < 6; i++) {
        char expected[32];
        RvQueueJob job;
        Store *store = i % 2 == 0 ? fixture->store : other;
        assert_true(take(store, LONG_S, &job));
        snprintf(expected, sizeof expected, "/videos/%03d.mp4", i);
        assert_string_equal(job.path, expected);
        assert_int_equal(job.attempts, 1);
        if (i < 4)
            end(store, &job, i == 3 ? RV_QUEUE_FAILED : RV_QUEUE_DONE, "broken");
        rv_queue_job_clear(&job);
    }
    RvQueueJob none;
    assert_false(take(other, LONG_S, &none));
    expect_counts(other, 0, 2, 3, 1);
    rv_store_close(other);
}

static void settings_of_a_list_are_one(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    char *items[] = {"/videos/000.mp4", "/na'me \xff\\%s.mp4"};
    RvStrings paths = {items, 2};
    RvQueueJob job;
    add_paths(fixture->store, 1);
    assert_refused(rv_store_queue_add(fixture->store, &paths, "keyframes", false, err), RV_ERROR_ARGUMENT,
                   "1 videos of the list are still to be indexed with [interval:1]");
    assert_true(take(fixture->store, LONG_S, &job));
    end(fixture->store, &job, RV_QUEUE_DONE, NULL);
    // The list is worked off: other settings may come, also for what is done.
    assert_ok(rv_store_queue_add(fixture->store, &paths, "keyframes", false, err));
    assert_false(take(fixture->store, LONG_S, &job));
    for (int i = 0; i < 2; i++) {
        assert_ok(rv_store_queue_take(fixture->store, "keyframes", LONG_S, &job, err));
        assert_string_equal(job.path, items[i]);
        end(fixture->store, &job, RV_QUEUE_DONE, NULL);
    }
}

static void a_list_begins_anew_when_it_is_worked_off(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    RvStrings none = {0};
    RvQueueJob job;
    add_paths(fixture->store, 2);
    assert_true(take(fixture->store, LONG_S, &job));
    end(fixture->store, &job, RV_QUEUE_DONE, NULL);
    add_paths(fixture->store, 2); // not yet
    expect_counts(fixture->store, 1, 0, 1, 0);
    assert_true(take(fixture->store, LONG_S, &job));
    end(fixture->store, &job, RV_QUEUE_FAILED, "broken");
    add_paths(fixture->store, 2);
    expect_counts(fixture->store, 1, 0, 0, 1);
    assert_ok(rv_store_queue_add(fixture->store, &none, SETTINGS, true, err));
    expect_counts(fixture->store, 2, 0, 0, 0);
}

/* All four ways to write of a store whose lease another has taken over are refused, and leave no trace. */
static void expect_fenced(Store *store, int64_t id)
{
    VideoFacts facts = test_facts("/videos/001.mp4");
    int64_t other_id = 0;
    assert_refused(put_test_frames(store, id, 1, 4, TEST_DIMENSIONS, err), RV_ERROR_BUSY,
                   "another worker has taken it over");
    assert_refused(rv_store_begin_video(store, &facts, 0, &other_id, err), RV_ERROR_BUSY, "another worker");
    assert_refused(rv_store_finish_video(store, id, 1, err), RV_ERROR_BUSY, "another worker");
    assert_refused(rv_store_remove_video(store, id, err), RV_ERROR_BUSY, "another worker");
    RvFrames frames = {0};
    assert_ok(rv_store_frames(store, id, &frames, err));
    assert_int_equal(frames.count, 0);
    rv_frames_clear(&frames);
}

static void who_lost_the_lease_can_write_nothing(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    Store *other = NULL;
    RvQueueJob mine, theirs;
    int64_t id = 0;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts("/videos/000.mp4");
    assert_ok(rv_store_open(fixture->uri, NULL, &other, err));
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    assert_ok(rv_store_require_identity(other, &model, err));
    add_paths(fixture->store, 1);
    assert_true(take(fixture->store, LEASE_S, &mine));
    assert_ok(rv_store_begin_video(fixture->store, &facts, 0, &id, err));
    assert_false(take(other, LONG_S, &theirs));
    // Renewed, by whichever handle, it stays over the time that it was taken for.
    for (int i = 0; i < 4; i++) {
        pass(LEASE_S / 2);
        assert_ok(rv_store_queue_renew(other, &mine, err));
    }
    assert_false(take(other, LONG_S, &theirs));
    // Run out but not taken over, it still is mine.
    pass(1.5 * LEASE_S);
    assert_ok(rv_store_finish_video(fixture->store, id, 1, err));
    assert_true(take(other, LONG_S, &theirs));
    assert_string_equal(theirs.path, mine.path);
    assert_int_equal(theirs.attempts, 2);
    expect_fenced(fixture->store, id);
    assert_refused(rv_store_queue_renew(fixture->store, &mine, err), RV_ERROR_BUSY, "another worker");
    assert_refused(rv_store_queue_end(fixture->store, &mine, RV_QUEUE_DONE, NULL, err), RV_ERROR_BUSY,
                   "another worker");
    expect_counts(other, 0, 1, 0, 0);
    // The new holder writes.
    assert_ok(put_test_frames(other, id, 1, 4, TEST_DIMENSIONS, err));
    end(other, &theirs, RV_QUEUE_DONE, NULL);
    // Without a lease anybody writes, as ever.
    assert_ok(put_test_frames(fixture->store, id, 5, 4, TEST_DIMENSIONS, err));
    rv_queue_job_clear(&mine);
    rv_store_close(other);
}

static void a_job_that_silences_its_workers_fails(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    RvQueueJob job;
    add_paths(fixture->store, 1);
    // Given back: that does not count.
    assert_true(take(fixture->store, LONG_S, &job));
    end(fixture->store, &job, RV_QUEUE_GIVE_BACK, NULL);
    for (int i = 1; i <= RV_QUEUE_ATTEMPTS_MAX; i++) {
        assert_true(take(fixture->store, 0.02, &job));
        assert_int_equal(job.attempts, i);
        rv_queue_job_clear(&job);
        pass(0.04);
    }
    assert_false(take(fixture->store, LONG_S, &job));
    expect_counts(fixture->store, 0, 0, 0, 1);
    // Trying again, said by the worker itself, has the same bound.
    RvStrings none = {0};
    assert_ok(rv_store_queue_add(fixture->store, &none, SETTINGS, true, err));
    for (int i = 1; i <= RV_QUEUE_ATTEMPTS_MAX; i++) {
        assert_true(take(fixture->store, LONG_S, &job));
        assert_int_equal(job.attempts, i);
        end(fixture->store, &job, RV_QUEUE_TRY_AGAIN, "the server was away");
    }
    expect_counts(fixture->store, 0, 0, 0, 1);
}

/* ---- many at once ------------------------------------------------------------------------------------- */

#define WORKERS 4
#define JOBS 60

/* Take jobs until there are none; the number of each goes down the pipe. */
static void take_all(const char *uri, int numbers)
{
    Store *store = NULL;
    RvStatus status = rv_store_open(uri, NULL, &store, NULL);
    add_paths(store, JOBS);
    for (RvQueueCounts counts = {.waiting = 1}; status == RV_OK && counts.waiting > 0;) {
        RvQueueJob job;
        status = rv_store_queue_take(store, SETTINGS, LONG_S, &job, NULL);
        if (status == RV_OK && job.path != NULL) {
            uint8_t number = (uint8_t)atoi(job.path + strlen("/videos/"));
            if (write(numbers, &number, 1) != 1)
                _exit(1);
            // Left leased: nothing begins anew because the list looks worked off for a moment.
            rv_queue_job_clear(&job);
        }
        if (status == RV_OK)
            status = rv_store_queue_count(store, SETTINGS, &counts, NULL);
    }
    _exit(status == RV_OK ? 0 : 1);
}

static void takers_at_once_never_get_the_same_job(void **state)
{
    Fixture *fixture = *state;
    if (is_refused(fixture))
        return;
    int numbers[2], taken[JOBS] = {0};
    uint8_t number;
    pid_t workers[WORKERS];
    assert_int_equal(pipe(numbers), 0);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            close(numbers[0]);
            take_all(fixture->uri, numbers[1]);
        }
    }
    close(numbers[1]);
    while (read(numbers[0], &number, 1) == 1) {
        assert_true(number < JOBS);
        taken[number]++;
    }
    close(numbers[0]);
    for (int i = 0; i < WORKERS; i++) {
        int status = 0;
        waitpid(workers[i], &status, 0);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(taken[i], 1);
}

static const BackendCase cases[] = {
    CASE(every_job_is_taken_once_and_in_order),     CASE(settings_of_a_list_are_one),
    CASE(a_list_begins_anew_when_it_is_worked_off), CASE(who_lost_the_lease_can_write_nothing),
    CASE(a_job_that_silences_its_workers_fails),    CASE(takers_at_once_never_get_the_same_job),
};

int main(void)
{
    return run_on_backends("store_queue", ANY_BACKEND, cases, sizeof cases / sizeof cases[0]);
}
