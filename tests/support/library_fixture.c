/* SPDX-License-Identifier: MIT */
/* A scratch folder with two videos, an SQLite library and the generated model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "library_fixture.h"

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "clips.h"
#include "known_checkpoint.h"

void fixture_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

void fixture_copy_file(const char *from, const char *to)
{
    char block[65536];
    size_t size_bytes;
    FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
    assert_non_null(source);
    assert_non_null(target);
    while ((size_bytes = fread(block, 1, sizeof block, source)) > 0)
        assert_int_equal(fwrite(block, 1, size_bytes, target), size_bytes);
    assert_int_equal(fclose(target), 0);
    fclose(source);
}

void fixture_print_fault(void *user, const char *line)
{
    print_message("fault: %s\n", line);
}

bool fixture_end_child(pid_t child, double delay_s)
{
    if (delay_s >= 0) {
        struct timespec delay = {(time_t)delay_s, (long)((delay_s - (double)(time_t)delay_s) * 1e9)};
        nanosleep(&delay, NULL);
        kill(child, SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fail_msg("a run that was not killed failed");
    return WIFSIGNALED(status);
}

RvEncoder *fixture_open_encoder(const char *name)
{
    char path[2048];
    RvError err = {0};
    RvEncoderOptions options = {.thread_count = 2};
    RvEncoder *encoder = NULL;
    assert_true(known_checkpoint_ensure(name, path, sizeof path));
    if (rv_encoder_open(path, &options, &encoder, &err) != RV_OK)
        fail_msg("%s", err.message);
    return encoder;
}

RvLibrary *fixture_open_library(const char *path)
{
    RvLibraryOptions options = {.mode = RV_OPEN_CREATE};
    RvLibrary *library = NULL;
    RvError err = {0};
    if (rv_library_open(path, &options, &library, &err) != RV_OK)
        fail_msg("%s", err.message);
    return library;
}

int fixture_setup(void **state)
{
    char first[2048], second[2048];
    if (!clip_path(FIXTURE_CLIP, first, sizeof first) ||
        !clip_path(FIXTURE_OTHER_CLIP, second, sizeof second))
        skip();
    Fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    strcpy(fixture->folder, "/tmp/reelvec-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    setenv("XDG_CACHE_HOME", fixture->folder, 1);
    snprintf(fixture->library_path, sizeof fixture->library_path, "%s/library.db", fixture->folder);
    snprintf(fixture->video, sizeof fixture->video, "%s/clip.mp4", fixture->folder);
    snprintf(fixture->other_video, sizeof fixture->other_video, "%s/other.mp4", fixture->folder);
    fixture_copy_file(first, fixture->video);
    fixture_copy_file(second, fixture->other_video);
    fixture->library = fixture_open_library(fixture->library_path);
    fixture->encoder = fixture_open_encoder(FIXTURE_MODEL);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    Fixture *fixture = *state;
    char command[256];
    rv_library_close(fixture->library);
    rv_encoder_close(fixture->encoder);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    free(fixture);
    return system(command);
}

/* Selects the rows that only one of the two databases has. */
#define COLUMNS "SELECT frame_number, time, embedding_data, frame_data FROM "
static int64_t count_differences(const char *library_path, const char *reference_path)
{
    static const char compare[] =
        "SELECT (SELECT count(*) FROM (" COLUMNS "main.frames_with_pictures EXCEPT " COLUMNS
        "ref.frames_with_pictures)) + (SELECT count(*) FROM (" COLUMNS
        "ref.frames_with_pictures EXCEPT " COLUMNS "main.frames_with_pictures))";
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    char *attach = sqlite3_mprintf("ATTACH %Q AS ref", reference_path);
    assert_int_equal(sqlite3_open(library_path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, compare, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t differences = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    sqlite3_free(attach);
    return differences;
}

void fixture_assert_same_frames(Fixture *fixture, int64_t video_id)
{
    char reference_path[300];
    RvIndexReport report;
    RvError err = {0};
    RvVideos videos = {0};
    snprintf(reference_path, sizeof reference_path, "%s/reference.db", fixture->folder);
    RvLibrary *reference = fixture_open_library(reference_path);
    if (rv_library_index(reference, fixture->encoder, fixture->video, NULL, &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    rv_library_close(reference);
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_int_equal(videos.items[0].video_id, video_id);
    assert_int_equal(videos.items[0].frame_count, report.frame_count);
    rv_videos_clear(&videos);
    assert_int_equal(count_differences(fixture->library_path, reference_path), 0);
}
