/* SPDX-License-Identifier: MIT */
/* `reelvec index --queue` as several processes on real servers: one is killed, every video is indexed once.
 */
#include "program_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../store/own_server.h"
#include "reelvec/reelvec.h"

#define WORKERS 4
#define SERVERS_MAX 2
#define WAIT_S 120.0
#define STOPPED_S 30.0 // some leases, and what the other worker has to do meanwhile
/* Many frames and small transactions, so that there is a middle to be killed in. */
#define WORK "--every", "0.02", "--batch", "1", "--threads", "1", "--lease", "2"

/* Contents that differ; the first is taken first, and is the longest. */
#define CLIP_COUNT 7

typedef struct Worker {
    pid_t pid;
    char output[320], errors[320]; // files
} Worker;

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){.name = "queue",
                                          .linked = true,
                                          .clips = {"gop250_closed.mp4", "gop50_open.mp4", "plain.mp4",
                                                    "mpeg4.mp4", "hevc_closed.mkv", "odd.mp4", "mjpeg.avi"}});
}

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void rest(void)
{
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
}

/* ---- workers ------------------------------------------------------------------------------------------ */

static void start_worker(Worker *worker, const char *name, const char *uri, const char *jobs)
{
    snprintf(worker->output, sizeof worker->output, "%s/%s.out", fixture.folder, name);
    snprintf(worker->errors, sizeof worker->errors, "%s/%s.err", fixture.folder, name);
    int output = open(worker->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int errors = open(worker->errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(output >= 0 && errors >= 0);
    worker->pid = fork();
    assert_true(worker->pid >= 0);
    if (worker->pid != 0) {
        close(output);
        close(errors);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails leaves no worker behind, not even a stopped one
    const char *program = getenv("REELVEC_PROGRAM");
    if (dup2(output, 1) < 0 || dup2(errors, 2) < 0 || program == NULL)
        _exit(126);
    execl(program, program, "index", "--queue", "--library", uri, WORK, "--jobs", jobs, fixture.videos,
          (char *)NULL);
    _exit(127);
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *file = fopen(path, "rb");
    assert_non_null(text);
    assert_non_null(file);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* The exit status, 128 + signal, or -1 where it had to be killed for taking too long. */
static int join_worker(Worker *worker)
{
    int status = 0;
    double begin_s = clock_s();
    while (waitpid(worker->pid, &status, WNOHANG) == 0) {
        if (clock_s() - begin_s > WAIT_S) {
            kill(worker->pid, SIGKILL);
            waitpid(worker->pid, &status, 0);
            return -1;
        }
        rest();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- libraries ---------------------------------------------------------------------------------------- */

static RvLibrary *open_library(const char *uri, bool create)
{
    RvLibrary *library = NULL;
    RvError err = {0};
    RvLibraryOptions options = {.mode = create ? RV_OPEN_CREATE : RV_OPEN_WRITE};
    if (rv_library_open(uri, &options, &library, &err) != RV_OK)
        fail_msg("%s", err.message);
    return library;
}

/* Until the library holds frames of a video that is not complete. */
static void wait_for_a_half_video(RvLibrary *library)
{
    double begin_s = clock_s();
    for (;;) {
        RvVideos videos = {0};
        bool found = false;
        assert_int_equal(rv_library_list(library, NULL, &videos, NULL), RV_OK);
        for (size_t i = 0; i < videos.count; i++)
            found = found || (videos.items[i].state == RV_VIDEO_INDEXING && videos.items[i].frame_count > 2);
        rv_videos_clear(&videos);
        if (found)
            return;
        if (clock_s() - begin_s > WAIT_S)
            fail_msg("no worker has begun a video");
        rest();
    }
}

static void print_fault(void *user, const char *line)
{
    (void)user;
    print_message("fault: %s\n", line);
}

typedef struct Sum {
    size_t count;
    double value;
} Sum;

static bool add_rows(void *user, const RvFrameRows *rows)
{
    Sum *sum = user;
    for (size_t i = 0; i < rows->count; i++) {
        for (int k = 0; k < rows->dimensions; k++)
            sum->value += rows->embeddings[i * (size_t)rows->dimensions + (size_t)k] * (double)(k + 1) *
                          (double)rows->frame_numbers[i];
    }
    sum->count += rows->count;
    return true;
}

/* The library verifies, and holds of each video what a library made by one process does. */
static void expect_whole(const char *uri, const char *reference_path)
{
    RvLibrary *library = open_library(uri, false), *reference = open_library(reference_path, false);
    RvVideos videos = {0}, expected = {0};
    size_t faults = 99;
    assert_int_equal(rv_library_verify(library, print_fault, NULL, &faults, NULL), RV_OK);
    assert_int_equal(faults, 0);
    assert_int_equal(rv_library_list(library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(rv_library_list(reference, NULL, &expected, NULL), RV_OK);
    assert_int_equal(expected.count, CLIP_COUNT);
    assert_int_equal(videos.count, expected.count);
    for (size_t i = 0; i < videos.count; i++) {
        Sum sum = {0}, wanted = {0};
        assert_string_equal(videos.items[i].path, expected.items[i].path);
        assert_string_equal(videos.items[i].state_name, "complete");
        assert_int_equal(rv_library_embeddings(library, videos.items[i].path, add_rows, &sum, NULL), RV_OK);
        assert_int_equal(rv_library_embeddings(reference, videos.items[i].path, add_rows, &wanted, NULL),
                         RV_OK);
        assert_true(wanted.count > 0);
        assert_int_equal(sum.count, wanted.count);
        assert_true(sum.value == wanted.value);
    }
    rv_videos_clear(&videos);
    rv_videos_clear(&expected);
    rv_library_close(library);
    rv_library_close(reference);
}

static void make_reference(char *path, size_t size_bytes)
{
    snprintf(path, size_bytes, "%s/reference.db", fixture.folder);
    if (access(path, F_OK) == 0)
        return;
    const char *arguments[] = {getenv("REELVEC_PROGRAM"),
                               "index",
                               "--library",
                               path,
                               "--every",
                               "0.02",
                               "--batch",
                               "1",
                               fixture.videos,
                               NULL};
    RunResult result = run_program(arguments, &(RunOptions){.timeout_s = 100});
    if (result.status != 0)
        fail_msg("%s", result.errors);
    run_clear(&result);
}

/* ---- cases -------------------------------------------------------------------------------------------- */

/* Servers that ./test started; false, with the reason, where there is none of this kind. */
static bool server_library(const char *variable, const char *name, char *uri, size_t size_bytes)
{
    const char *server = getenv(variable);
    if (server == NULL)
        print_message("%s is not set: ./test starts the servers\n", variable);
    else
        snprintf(uri, size_bytes, "%.*s/queue_%s_%d", (int)(strrchr(server, '/') - server), server, name,
                 (int)getpid());
    return server != NULL;
}

/* Four workers, spread over the libraries, some with several videos at once; the first is killed with frames
 * of a video written. Each library then holds every video, indexed once. */
static void kill_one_of_four(const char *const *uris, size_t uri_count)
{
    Worker workers[WORKERS];
    char reference[320], *all[SERVERS_MAX];
    size_t taken_over = 0;
    make_reference(reference, sizeof reference);
    for (size_t s = 0; s < uri_count; s++)
        all[s] = calloc(1, 1 << 20);
    RvLibrary *library = open_library(uris[0], true);
    for (size_t i = 0; i < WORKERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "worker-%zu", i);
        start_worker(&workers[i], name, uris[i % uri_count], i % 2 == 0 ? "1" : "3");
        if (i == 0)
            wait_for_a_half_video(library); // its own: it is alone
    }
    kill(workers[0].pid, SIGKILL);
    assert_int_equal(join_worker(&workers[0]), 128 + SIGKILL);
    rv_library_close(library);
    for (size_t i = 0; i < WORKERS; i++) {
        int status = i > 0 ? join_worker(&workers[i]) : 0;
        char *errors = read_text(workers[i].errors), *output = read_text(workers[i].output);
        if (status != 0)
            fail_msg("worker %zu ended with %d:\n%s", i, status, errors);
        taken_over += count_in(errors, "taken over, attempt 2 of 3");
        strncat(all[i % uri_count], output, (1 << 20) - 1 - strlen(all[i % uri_count]));
        free(errors);
        free(output);
    }
    assert_int_equal(taken_over, 1);
    for (size_t s = 0; s < uri_count; s++) {
        // Said to be complete once, by whichever worker.
        if (count_in(all[s], "(complete)") != CLIP_COUNT)
            fail_msg("not %d videos:\n%s", (int)CLIP_COUNT, all[s]);
        free(all[s]);
        expect_whole(uris[s], reference);
    }
}

static void postgres_a_killed_worker_is_replaced(void **state)
{
    (void)state;
    char uri[600];
    const char *const uris[] = {uri};
    if (!fixture.ready || !server_library("REELVEC_TEST_POSTGRES", "killed", uri, sizeof uri))
        skip();
    kill_one_of_four(uris, 1);
}

static void mariadb_a_killed_worker_is_replaced(void **state)
{
    (void)state;
    char uri[600];
    const char *const uris[] = {uri};
    if (!fixture.ready || !server_library("REELVEC_TEST_MARIADB", "killed", uri, sizeof uri))
        skip();
    kill_one_of_four(uris, 1);
}

/* Until the file holds the text. A worker that was stopped while it sent the rows of a statement holds its
 * video for as long as the network says that it lives (see the limit of postgres_queue.c): it is let go
 * on for a moment, and stopped elsewhere. */
static void wait_for_text(const char *path, const char *part, pid_t stopped)
{
    double begin_s = clock_s(), again_s = begin_s + STOPPED_S;
    for (bool found = false; !found; rest()) {
        char *text = read_text(path);
        found = strstr(text, part) != NULL;
        if (!found && clock_s() - begin_s > WAIT_S)
            fail_msg("no '%s' in:\n%s", part, text);
        free(text);
        if (!found && clock_s() > again_s) {
            kill(stopped, SIGCONT);
            rest();
            kill(stopped, SIGSTOP);
            again_s = clock_s() + STOPPED_S;
        }
    }
}

/* A worker that stands still, perhaps in the middle of a transaction, loses its video; when it wakes up it
 * says so, leaves that video alone and works on. */
static void wake_after_loss(const char *uri, const char *jobs)
{
    Worker workers[2];
    char reference[320];
    make_reference(reference, sizeof reference);
    RvLibrary *library = open_library(uri, true);
    start_worker(&workers[0], "sleeper", uri, jobs);
    wait_for_a_half_video(library);
    rv_library_close(library);
    kill(workers[0].pid, SIGSTOP);
    start_worker(&workers[1], "other", uri, jobs);
    wait_for_text(workers[1].errors, "taken over, attempt 2 of 3", workers[0].pid);
    kill(workers[0].pid, SIGCONT);
    for (int i = 0; i < 2; i++) {
        int status = join_worker(&workers[i]);
        char *errors = read_text(workers[i].errors);
        if (status != 0)
            fail_msg("worker %d ended with %d:\n%s", i, status, errors);
        // With several at once each that it held, and at least the one that the other took.
        size_t losses = count_in(errors, "another worker has taken it over");
        if (i == 0 && (losses < 1 || (losses > 1 && strcmp(jobs, "1") == 0)))
            fail_msg("the loss is not told:\n%s", errors);
        free(errors);
    }
    expect_whole(uri, reference);
}

static void postgres_a_worker_that_wakes_up_late_stops(void **state)
{
    (void)state;
    char uri[600];
    if (!fixture.ready || !server_library("REELVEC_TEST_POSTGRES", "late", uri, sizeof uri))
        skip();
    wake_after_loss(uri, "1");
}

static void mariadb_a_worker_that_wakes_up_late_stops(void **state)
{
    (void)state;
    char uri[600];
    if (!fixture.ready || !server_library("REELVEC_TEST_MARIADB", "late", uri, sizeof uri))
        skip();
    wake_after_loss(uri, "3");
}

/* Two servers, each with its list of the same videos and two of the four workers. */
static void two_servers_at_once_keep_to_their_own_lists(void **state)
{
    (void)state;
    char uri[600];
    OwnServer other = {0};
    const char *const uris[] = {uri, other.uri};
    if (!fixture.ready || !server_library("REELVEC_TEST_POSTGRES", "two", uri, sizeof uri))
        skip();
    own_server_start(&other, "postgres", "two");
    RvLibrary *library = open_library(other.uri, true);
    rv_library_close(library);
    kill_one_of_four(uris, 2);
    own_server_stop(&other);
}

static void libraries_without_servers_have_no_list(void **state)
{
    (void)state;
    program_need_clips();
    char path[320];
    snprintf(path, sizeof path, "%s/file.db", fixture.folder);
    const struct {
        const char *words[6], *expected, *why;
        int status;
    } cases[] = {
        {{"--queue", "--library", path, fixture.videos},
         "give each machine its part with --shard",
         "SQLite",
         1},
        {{"--queue", "--library", "memory:", fixture.videos}, "PostgreSQL or MariaDB", "memory", 1},
        {{"--queue", "--shard", "1/2", fixture.videos}, "exclude each other", "two ways to share", 2},
        {{"--lease", "5", fixture.videos}, "--lease is for --queue", "no queue", 2},
        {{NULL}, "needs PATH|URL...", "no queue and no path", 2},
    };
    setenv("REELVEC_MODEL", "/no/such/model", 1); // refused before it is looked for
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *arguments[9] = {getenv("REELVEC_PROGRAM"), "index"};
        for (size_t k = 0; k < 6 && cases[i].words[k] != NULL; k++)
            arguments[2 + k] = cases[i].words[k];
        RunResult result = run_program(arguments, NULL);
        if (result.status != cases[i].status || strstr(result.errors, cases[i].expected) == NULL)
            fail_msg("%s: %d: %s", cases[i].why, result.status, result.errors);
        run_clear(&result);
    }
    setenv("REELVEC_MODEL", fixture.model, 1);
    assert_int_not_equal(access(path, F_OK), 0); // nothing was made
}

static RunResult run_index(const char *uri, const char *const *words, const RunOptions *options)
{
    const char *arguments[16] = {getenv("REELVEC_PROGRAM"), "index", "--library", uri};
    for (size_t i = 0; i < 11 && words[i] != NULL; i++)
        arguments[4 + i] = words[i];
    return run_program(arguments, options);
}

#define INDEX(options, ...) run_index(uri, (const char *const[]){__VA_ARGS__, NULL}, options)

static void expect(RunResult result, int status, const char *part)
{
    if (result.status != status ||
        (strstr(result.errors, part) == NULL && strstr(result.output, part) == NULL))
        fail_msg("status %d, not %d with '%s':\n%s%s", result.status, status, part, result.output,
                 result.errors);
    run_clear(&result);
}

static void interrupted_and_failed_videos_go_back_or_are_named(void **state)
{
    (void)state;
    char uri[600], broken[320];
    if (!fixture.ready || !server_library("REELVEC_TEST_POSTGRES", "failed", uri, sizeof uri))
        skip();
    snprintf(broken, sizeof broken, "%s/broken.mp4", fixture.folder);
    FILE *file = fopen(broken, "w");
    assert_non_null(file);
    fputs("not a video", file);
    fclose(file);
    // Given back: the next worker need not wait for the lease of an hour.
    expect(INDEX(&(RunOptions){.interrupt_after = "begun"}, "--queue", "--lease", "3600", fixture.videos),
           130, "given back");
    expect(INDEX(NULL, "--queue", "--keyframes", fixture.videos), 2, "give the same options to every worker");
    expect(INDEX(NULL, "--queue", broken), 3, "7 done, 1 failed");
    expect(INDEX(NULL, "--queue"), 0, "7 done, 1 failed"); // it failed nothing itself
    expect(INDEX(NULL, "--queue", "--retry-failed"), 1, "7 done, 1 failed");
    expect(INDEX(NULL, "--queue", "--verbose", fixture.videos), 0, "(unchanged)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libraries_without_servers_have_no_list),
        cmocka_unit_test(postgres_a_killed_worker_is_replaced),
        cmocka_unit_test(mariadb_a_killed_worker_is_replaced),
        cmocka_unit_test(postgres_a_worker_that_wakes_up_late_stops),
        cmocka_unit_test(mariadb_a_worker_that_wakes_up_late_stops),
        cmocka_unit_test(two_servers_at_once_keep_to_their_own_lists),
        cmocka_unit_test(interrupted_and_failed_videos_go_back_or_are_named),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
