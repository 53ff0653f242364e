/* SPDX-License-Identifier: MIT */
/* SQLite libraries under kill -9, full disks, damage, other writers and readers. */
#include "sqlite_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define BATCH 8

static const StoreOptions create_options = {.create = true};

static Store *open_claimed(const char *path, const char *video, int64_t *video_id)
{
    Store *store = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts(video);
    StoredVideo row = {0};
    bool found = false;
    assert_ok(rv_store_open(path, &create_options, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_find_path(store, video, &row, &found, err));
    *video_id = row.video.video_id;
    rv_stored_video_clear(&row);
    if (!found)
        assert_ok(rv_store_begin_video(store, &facts, 0, video_id, err));
    return store;
}

static size_t frame_count(Store *store, int64_t video_id)
{
    RvFrames frames = {0};
    assert_ok(rv_store_frames(store, video_id, &frames, err));
    for (size_t i = 0; i < frames.count; i++)
        assert_int_equal(frames.items[i].frame_number, i + 1);
    size_t count = frames.count;
    rv_frames_clear(&frames);
    return count;
}

/* ---- kill -9 ------------------------------------------------------------------------------------------ */

/* Index forever; a byte down the pipe after every batch that put_frames said is written. */
static void write_until_killed(const char *path, int confirm)
{
    int64_t id = 0;
    Store *store = open_claimed(path, "/a.mp4", &id);
    for (size_t next = frame_count(store, id) + 1;; next += BATCH) {
        if (put_test_frames(store, id, (int64_t)next, BATCH, TEST_DIMENSIONS, NULL) != RV_OK)
            _exit(1);
        if (write(confirm, "x", 1) != 1)
            _exit(1);
    }
}

static void kill_at_any_moment_keeps_every_batch(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 3;
    size_t confirmed = 0;
    for (int round = 0; round < 30; round++) {
        int ends[2];
        char byte;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            write_until_killed(fixture->path, ends[1]);
        }
        close(ends[1]);
        struct timespec pause = {0, (long)(next_uniform(&seed) * 60e6)};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        while (read(ends[0], &byte, 1) == 1)
            confirmed += BATCH;
        close(ends[0]);
        int64_t id = 0;
        Store *store = open_claimed(fixture->path, "/a.mp4", &id);
        size_t count = frame_count(store, id);
        // At most the batch whose confirmation was cut off is more.
        assert_true(count >= confirmed && count <= confirmed + (size_t)BATCH * (size_t)(round + 1));
        assert_int_equal(count % BATCH, 0);
        assert_int_equal(count_faults(store), 0);
        confirmed = count;
        rv_store_close(store);
    }
    assert_true(confirmed > 0);
}

/* ---- full disk ---------------------------------------------------------------------------------------- */

/* SQLite's file system with writes that fail from the n-th on: every write of a library in turn meets a full
 * disk. Databases and journals have different methods there. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods[2];
    const sqlite3_io_methods *real_methods[2];
    long writes_left; // below 0: no limit
} full_disk;

static int write_or_fail(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    if (full_disk.writes_left == 0)
        return SQLITE_FULL;
    if (full_disk.writes_left > 0)
        full_disk.writes_left--;
    size_t kind = file->pMethods == &full_disk.methods[1];
    return full_disk.real_methods[kind]->xWrite(file, bytes, size, offset);
}

static int open_watched(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    int code = full_disk.real->xOpen(full_disk.real, name, file, flags, out_flags);
    if (code == SQLITE_OK && file->pMethods != NULL) {
        size_t kind = (flags & SQLITE_OPEN_MAIN_DB) == 0;
        full_disk.real_methods[kind] = file->pMethods;
        full_disk.methods[kind] = *file->pMethods;
        full_disk.methods[kind].xWrite = write_or_fail;
        file->pMethods = &full_disk.methods[kind];
    }
    return code;
}

static int drop_full_disk(void **state)
{
    sqlite3_vfs_unregister(&full_disk.vfs);
    return drop_folder(state);
}

static void full_disk_at_any_write_loses_nothing(void **state)
{
    Fixture *fixture = *state;
    full_disk.real = sqlite3_vfs_find(NULL);
    full_disk.vfs = *full_disk.real;
    full_disk.vfs.zName = "full-disk";
    full_disk.vfs.xOpen = open_watched;
    assert_int_equal(sqlite3_vfs_register(&full_disk.vfs, 1), SQLITE_OK);
    size_t failures = 0, refused_creations = 0;
    bool all_written = false;
    for (long allowed = 0; !all_written && allowed < 400; allowed++) {
        Store *store = NULL;
        ModelIdentity model = test_model(TEST_DIMENSIONS);
        VideoFacts facts = test_facts("/a.mp4");
        RvError error = {0};
        int64_t id = 0;
        size_t written = 0;
        char path[4300];
        snprintf(path, sizeof path, "%s.%ld", fixture->path, allowed);
        full_disk.writes_left = allowed;
        RvStatus status = rv_store_open(path, &create_options, &store, &error);
        refused_creations += status != RV_OK;
        if (status == RV_OK)
            status = rv_store_require_identity(store, &model, &error);
        if (status == RV_OK)
            status = rv_store_begin_video(store, &facts, 0, &id, &error);
        while (status == RV_OK && written < 3 * BATCH) {
            status = put_test_frames(store, id, (int64_t)written + 1, BATCH, TEST_DIMENSIONS, &error);
            written += status == RV_OK ? BATCH : 0;
        }
        all_written = status == RV_OK;
        if (!all_written && (status != RV_ERROR_IO || strstr(error.message, "disk is full") == NULL))
            fail_msg("write %ld: %s", allowed, error.message);
        failures += !all_written;
        // What was written can be read although nothing more can be written.
        if (store != NULL && id > 0)
            assert_int_equal(frame_count(store, id), written);
        rv_store_close(store);
        full_disk.writes_left = -1;
        if (id > 0) {
            assert_ok(rv_store_open(path, NULL, &store, err));
            assert_int_equal(frame_count(store, id), written);
            assert_int_equal(count_faults(store), 0);
            rv_store_close(store);
        }
        unlink(path);
    }
    assert_true(all_written && failures > 10 && refused_creations > 3);
}

static void file_size_limit_is_one_clear_error(void **state)
{
    Fixture *fixture = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int64_t id = 0;
        Store *store = open_claimed(fixture->path, "/a.mp4", &id);
        struct rlimit limit = {400000, 400000};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(9);
        RvError error = {0};
        RvStatus status = RV_OK;
        for (int64_t next = 1; status == RV_OK && next < 100000; next += 100)
            status = put_test_frames(store, id, next, 100, TEST_DIMENSIONS, &error);
        // SQLite 3.46 keeps the cause of the failed write, 3.40 does not.
        bool clear = strstr(error.message, "cannot write: over a quota or a size limit") != NULL ||
                     strstr(error.message, "the disk is full or the file may not grow") != NULL;
        _exit(status == RV_ERROR_IO && clear ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    int64_t id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id);
    assert_true(frame_count(store, id) >= 100);
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
}

/* ---- space -------------------------------------------------------------------------------------------- */

static int64_t size_of(const char *path, const char *suffix)
{
    char name[4400];
    struct stat facts;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &facts) == 0 ? (int64_t)facts.st_size : 0;
}

static void put_large_pictures(Store *store, int64_t id, int64_t count)
{
    static uint8_t picture[30000];
    float vector[TEST_DIMENSIONS] = {1};
    for (int64_t number = 1; number <= count; number++) {
        make_test_picture(id, number, picture, sizeof picture);
        FrameRecord frame = {number, (double)number, vector, picture, sizeof picture};
        assert_ok(rv_store_put_frames(store, id, &frame, 1, TEST_DIMENSIONS, err));
    }
}

static void remove_gives_space_back(void **state)
{
    Fixture *fixture = *state;
    int64_t first = 0, second = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &first);
    VideoFacts facts = test_facts("/b.mp4");
    assert_ok(rv_store_begin_video(store, &facts, 0, &second, err));
    put_large_pictures(store, first, 100);
    put_large_pictures(store, second, 20);
    RvLibraryInfo before = {0}, after = {0};
    assert_ok(rv_store_info(store, NULL, &before, err));
    assert_true(before.size_bytes > 120 * 30000);
    assert_ok(rv_store_remove_video(store, first, err));
    assert_ok(rv_store_info(store, NULL, &after, err));
    assert_int_equal(after.size_bytes, size_of(fixture->path, "") + size_of(fixture->path, "-wal"));
    print_message("    %lld bytes, after removing five sixths %lld\n", (long long)before.size_bytes,
                  (long long)after.size_bytes);
    assert_true(after.size_bytes < 20 * 30000 * 8 / 5);
    assert_int_equal(frame_count(store, second), 20);
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
    assert_int_equal(size_of(fixture->path, "-wal"), 0);
}

/* ---- others at the same library ----------------------------------------------------------------------- */

typedef struct Reader {
    const char *path;
    bool read_only;
    atomic_bool stop;
    atomic_size_t scans;
    atomic_bool failed;
    RvError error;
} Reader;

static RvStatus check_whole_batches(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    *(size_t *)user += block->count;
    return RV_OK;
}

static void *read_all_the_time(void *argument)
{
    Reader *reader = argument;
    Store *store = NULL;
    StoreOptions options = {.read_only = reader->read_only};
    RvStatus status = rv_store_open(reader->path, &options, &store, &reader->error);
    size_t last = 0;
    while (status == RV_OK && !reader->stop) {
        size_t count = 0, again = 0;
        status = rv_store_begin_snapshot(store, &reader->error);
        if (status == RV_OK)
            status = rv_store_scan(store, NULL, check_whole_batches, &count, &reader->error);
        if (status == RV_OK)
            status = rv_store_scan(store, NULL, check_whole_batches, &again, &reader->error);
        rv_store_end_snapshot(store);
        if (status == RV_OK && (count % BATCH != 0 || count != again || count < last)) {
            snprintf(reader->error.message, sizeof reader->error.message, "%zu, %zu, %zu rows", last, count,
                     again);
            status = RV_ERROR_INTERNAL;
        }
        last = count;
        reader->scans++;
    }
    reader->failed = status != RV_OK;
    rv_store_close(store);
    return NULL;
}

/** Whether it has read the library several times while it grew, or has stopped with an error. */
static bool has_read_often(const Reader *reader)
{
    return reader->failed || reader->scans >= 5;
}

static void readers_see_whole_batches_while_one_writes(void **state)
{
    Fixture *fixture = *state;
    int64_t id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id);
    Reader readers[2] = {{.path = fixture->path}, {.path = fixture->path, .read_only = true}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &readers[i]), 0);
    // On a busy machine a reader may get no turn during the first 150 batches: the writer then goes on, with pauses.
    int64_t batches = 0;
    while (batches < 150 || !has_read_often(&readers[0]) || !has_read_often(&readers[1])) {
        assert_ok(put_test_frames(store, id, 1 + batches * BATCH, BATCH, TEST_DIMENSIONS, err));
        batches++;
        if (batches > 150)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    for (size_t i = 0; i < 2; i++) {
        readers[i].stop = true;
        pthread_join(threads[i], NULL);
        if (readers[i].failed)
            fail_msg("reader %zu: %s", i, readers[i].error.message);
    }
    assert_int_equal(frame_count(store, id), batches * BATCH);
    rv_store_close(store);
}

static void *write_a_video(void *argument)
{
    const char *const *names = argument; // path of the library, of the video
    int64_t id = 0;
    Store *store = open_claimed(names[0], names[1], &id);
    for (int64_t batch = 0; batch < 40; batch++)
        assert_ok(put_test_frames(store, id, 1 + batch * BATCH, BATCH, TEST_DIMENSIONS, err));
    rv_store_close(store);
    return NULL;
}

static void writers_take_turns_from_creation_on(void **state)
{
    Fixture *fixture = *state;
    const char *names[3][2] = {
        {fixture->path, "/a.mp4"}, {fixture->path, "/b.mp4"}, {fixture->path, "/c.mp4"}};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_a_video, names[i]), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    int64_t id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id);
    for (id = 1; id <= 3; id++)
        assert_int_equal(frame_count(store, id), 40 * BATCH);
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
}

static void writer_that_does_not_end_is_busy(void **state)
{
    Fixture *fixture = *state;
    int64_t id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_refused(put_test_frames(store, id, 1, 1, TEST_DIMENSIONS, err), RV_ERROR_BUSY,
                   "another process is writing to the library");
    assert_int_equal(frame_count(store, id), 0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_ok(put_test_frames(store, id, 1, 1, TEST_DIMENSIONS, err));
    sqlite3_close(other);
    rv_store_close(store);
}

static void claim_by_another_process_stops_the_writer(void **state)
{
    Fixture *fixture = *state;
    int64_t id = 0, other_id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id), *other = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    model.weights_sha256[0] = 'f';
    assert_ok(rv_store_open(fixture->path, NULL, &other, err));
    assert_ok(rv_store_require_identity(other, &model, err));
    VideoFacts facts = test_facts("/b.mp4");
    assert_ok(rv_store_begin_video(other, &facts, 0, &other_id, err));
    assert_ok(put_test_frames(other, other_id, 1, 1, TEST_DIMENSIONS, err));
    assert_refused(put_test_frames(store, id, 1, 1, TEST_DIMENSIONS, err), RV_ERROR_MISMATCH,
                   "another model");
    assert_int_equal(frame_count(store, id), 0);
    rv_store_close(other);
    rv_store_close(store);
}

/* ---- damage ------------------------------------------------------------------------------------------- */

/* Everything that reads and writes, on whatever the file has become: any status will do, and each failure has
 * a message. Gives whether the damage was noticed. */
static bool try_everything(const char *path, const uint8_t *bytes, size_t size)
{
    char log[4300];
    snprintf(log, sizeof log, "%s-wal", path);
    unlink(log);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    Store *store = NULL;
    RvError error = {0};
    RvLibraryInfo info;
    StoredVideo row = {0};
    RvVideos videos = {0};
    RvFrames frames = {0};
    uint8_t *jpeg = NULL;
    size_t faults = 0, rows = 0, picture_size = 0;
    bool found = false;
    int64_t id = 0;
    float vector[TEST_DIMENSIONS];
    VideoFacts facts = test_facts("/new.mp4");
    RvStatus failed = rv_store_open(path, NULL, &store, &error);
    if (failed != RV_OK) {
        assert_true(error.message[0] != '\0');
        return true;
    }
    const RvStatus statuses[] = {
        rv_store_scan(store, NULL, check_whole_batches, &rows, &error),
        rv_store_info(store, check_test_picture, &info, &error),
        rv_store_list_videos(store, &videos, &error),
        rv_store_find_path(store, "/a.mp4", &row, &found, &error),
        rv_store_frames(store, 1, &frames, &error),
        rv_store_picture(store, 1, 30, &jpeg, &picture_size, &error),
        rv_store_embedding(store, 1, 30, vector, TEST_DIMENSIONS, &error),
        rv_store_verify(store, check_test_picture, NULL, NULL, &faults, &error),
        put_test_frames(store, 1, 20, BATCH, TEST_DIMENSIONS, &error),
        rv_store_begin_video(store, &facts, 1, &id, &error),
        id > 0 ? rv_store_remove_video(store, id, &error) : RV_OK,
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        failed = failed != RV_OK ? failed : statuses[i];
    assert_true(failed == RV_OK || error.message[0] != '\0');
    rv_videos_clear(&videos);
    rv_stored_video_clear(&row);
    rv_frames_clear(&frames);
    free(jpeg);
    rv_store_close(store);
    return failed != RV_OK || faults > 0;
}

static void damaged_files_give_errors_not_crashes(void **state)
{
    Fixture *fixture = *state;
    int64_t id = 0;
    Store *store = open_claimed(fixture->path, "/a.mp4", &id);
    assert_ok(put_test_frames(store, id, 1, 300, TEST_DIMENSIONS, err));
    assert_ok(rv_store_finish_video(store, id, 300, err));
    rv_store_close(store);
    size_t size = 0, noticed = 0;
    uint8_t *whole = read_whole(fixture->path, &size), *damaged = malloc(size);
    assert_false(try_everything(fixture->path, whole, size));
    uint64_t seed = 11;
    for (int round = 0; round < 200; round++) {
        memcpy(damaged, whole, size);
        // A third in the first page, where the file's structure begins; one to four bytes each.
        size_t span = round % 3 == 0 ? 512 : size;
        for (uint64_t count = 1 + next_random(&seed) % 4; count > 0; count--)
            damaged[next_random(&seed) % span] = (uint8_t)next_random(&seed);
        noticed += try_everything(fixture->path, damaged, size);
    }
    // The last two pages are those of the empty change log, of which nothing can be lost.
    for (int round = 0; round < 40; round++)
        assert_true(try_everything(fixture->path, whole, 1 + next_random(&seed) % (size - 2 * 16384 - 1)));
    print_message("    %zu of 200 damages were noticed (the others lie in unused bytes or in values)\n",
                  noticed);
    assert_true(noticed > 30);
    free(damaged);
    free(whole);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(kill_at_any_moment_keeps_every_batch),
        cmocka_unit_test_setup_teardown(full_disk_at_any_write_loses_nothing, make_folder, drop_full_disk),
        CASE(file_size_limit_is_one_clear_error),
        CASE(remove_gives_space_back),
        CASE(readers_see_whole_batches_while_one_writes),
        CASE(writers_take_turns_from_creation_on),
        CASE(writer_that_does_not_end_is_busy),
        CASE(claim_by_another_process_stops_the_writer),
        CASE(damaged_files_give_errors_not_crashes),
    };
    return cmocka_run_group_tests_name("durability", tests, NULL, NULL);
}
