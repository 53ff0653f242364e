/* SPDX-License-Identifier: MIT */
/* Files and connections that break while a video is read: it stays unfinished and is resumed. Files that are
 * damaged or cut short are complete, and the library says what is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clips.h"
#include "http_server.h"
#include "library_fixture.h"
#include "reelvec/video.h"
#include "whole_file.h"

#define BROKEN_CLIP "mpeg2_open.ts"
#define BROKEN_FRAMES 12

/* ---- a disk that fails ----------------------------------------------------------------------------------
 */

static struct {
    bool armed;
    dev_t device;
    ino_t file;
    off_t from;
} fault;

/* In front of the C library's: reading the file behind `from` fails, but for the SHA-256 of it, which reads
 * without waiting (O_NONBLOCK). */
ssize_t read(int descriptor, void *buffer, size_t size_bytes)
{
    struct stat facts;
    if (fault.armed && fstat(descriptor, &facts) == 0 && facts.st_dev == fault.device &&
        facts.st_ino == fault.file && (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0 &&
        lseek(descriptor, 0, SEEK_CUR) >= fault.from) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, descriptor, buffer, size_bytes);
}

static void break_file(const char *path, double share)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    fault.device = facts.st_dev;
    fault.file = facts.st_ino;
    fault.from = (off_t)((double)facts.st_size * share);
    fault.armed = true;
}

static int setup(void **state)
{
    char path[2048];
    int status = fixture_setup(state);
    Fixture *fixture = *state;
    fault.armed = false;
    if (status == 0 && clip_path(BROKEN_CLIP, path, sizeof path))
        fixture_copy_file(path, fixture->video);
    return status;
}

static int teardown(void **state)
{
    fault.armed = false;
    return fixture_teardown(state);
}

static void assert_row(Fixture *fixture, const char *state, const char *error_part)
{
    RvVideos videos = {0};
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].state_name, state);
    bool says = error_part[0] == '\0' ? videos.items[0].error[0] == '\0'
                                      : strstr(videos.items[0].error, error_part) != NULL;
    if (!says)
        fail_msg("no '%s' in '%s'", error_part, videos.items[0].error);
    rv_videos_clear(&videos);
}

static void index_goes_on_where_the_disk_failed(void **state)
{
    Fixture *fixture = *state;
    RvIndexReport report;
    RvError err = {0};
    RvIndexOptions options = {.batch_size = 2};
    break_file(fixture->video, 0.6);
    RvStatus status =
        rv_library_index(fixture->library, fixture->encoder, fixture->video, &options, &report, &err);
    assert_int_equal(status, RV_ERROR_IO);
    assert_non_null(strstr(err.message, "Input/output error"));
    assert_non_null(strstr(err.message, fixture->video));
    assert_in_range(report.frame_count, 1, BROKEN_FRAMES - 1);
    assert_row(fixture, "indexing", "");
    size_t kept = report.frame_count;
    fault.armed = false;
    status = rv_library_index(fixture->library, fixture->encoder, fixture->video, NULL, &report, &err);
    if (status != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(report.outcome, RV_INDEXED);
    assert_int_equal(report.frames_resumed, kept);
    assert_int_equal(report.frame_count, BROKEN_FRAMES);
    assert_row(fixture, "complete", "");
    fixture_assert_same_frames(fixture, report.video_id);
}

static void no_way_of_sampling_takes_a_fault_for_the_end(void **state)
{
    Fixture *fixture = *state;
    static const RvIndexOptions ways[] = {{.sampling.kind = RV_SAMPLING_KEYFRAMES},
                                          {.sampling.kind = RV_SAMPLING_SCENES},
                                          {.sampling.compat = "opencv-notebook"},
                                          {.sampling.interval_s = 0.2}};
    break_file(fixture->video, 0.6);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        RvIndexReport report;
        RvError err = {0};
        RvStatus status =
            rv_library_index(fixture->library, fixture->encoder, fixture->video, &ways[i], &report, &err);
        if (status != RV_ERROR_IO)
            fail_msg("way %zu: status %d", i, status);
        assert_row(fixture, "indexing", "");
    }
}

static bool go_on(void *user, const RvVideoFrame *frame)
{
    (void)frame;
    (*(int *)user)++;
    return true;
}

static void frames_without_a_library_end_with_the_fault(void **state)
{
    Fixture *fixture = *state;
    RvSamplingOptions options = {0};
    RvError err = {0};
    int count = 0;
    break_file(fixture->video, 0.6);
    assert_int_equal(rv_video_sample(fixture->video, &options, 64, go_on, &count, (RvLog){0}, &err),
                     RV_ERROR_IO);
    assert_in_range(count, 1, BROKEN_FRAMES - 1);
}

static void a_fault_in_the_header_is_not_recorded(void **state)
{
    Fixture *fixture = *state;
    RvIndexReport report;
    RvError err = {0};
    RvVideos videos = {0};
    break_file(fixture->video, 0);
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, NULL, &report, &err),
        RV_ERROR_IO);
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 0);
}

/* ---- a connection that breaks ---------------------------------------------------------------------------
 */

static void index_goes_on_where_the_connection_broke(void **state)
{
    Fixture *fixture = *state;
    size_t size_bytes;
    uint8_t *bytes = read_whole(fixture->video, &size_bytes);
    HttpFile files[] = {{.path = "/clip.ts",
                         .bytes = bytes,
                         .size_bytes = size_bytes,
                         .behaviour = HTTP_CUT_WHOLE,
                         .cut_after = size_bytes * 6 / 10}};
    HttpServer *server = http_server_start(files, 1);
    assert_non_null(server);
    char url[256];
    http_server_url(server, "/clip.ts", url, sizeof url);
    RvIndexReport report;
    RvError err = {0};
    RvIndexOptions options = {.batch_size = 2};
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, url, &options, &report, &err),
                     RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, url));
    assert_in_range(report.frame_count, 1, BROKEN_FRAMES - 1);
    assert_row(fixture, "indexing", "");
    files[0].behaviour = HTTP_GOOD;
    if (rv_library_index(fixture->library, fixture->encoder, url, NULL, &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_true(report.frames_resumed > 0);
    assert_int_equal(report.frame_count, BROKEN_FRAMES);
    assert_row(fixture, "complete", "");
    fixture_assert_same_frames(fixture, report.video_id);
    http_server_stop(server);
    free(bytes);
}

/* ---- files that are damaged -----------------------------------------------------------------------------
 */

static void damage_is_kept_with_the_video(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        const char *clip, *says;
    } cases[] = {{"cut.mp4", "cut short after "},
                 {"cut.mkv", "cut short after "},
                 {"cut.flv", "cut short after "},
                 {"cut.avi", "cut short after "},
                 {"cut.ts", ""}, // which nothing tells from a recording that was stopped
                 {"plain.mp4", ""}};
    RvIndexOptions every = {.sampling.interval_s = 0.04};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        RvIndexReport report;
        RvError err = {0};
        RvLibraryInfo info;
        assert_true(clip_path(cases[i].clip, path, sizeof path));
        fixture_copy_file(path, fixture->video);
        if (rv_library_index(fixture->library, fixture->encoder, fixture->video, &every, &report, &err) !=
            RV_OK)
            fail_msg("%s: %s", cases[i].clip, err.message);
        assert_row(fixture, "complete", cases[i].says);
        assert_int_equal(rv_library_info(fixture->library, &info, NULL), RV_OK);
        assert_int_equal(info.damaged_count, cases[i].says[0] != '\0');
    }
}

static bool stop_after_two(void *user, const RvIndexProgress *progress)
{
    (void)user;
    return progress->frames_done < 2;
}

/* The whole file but for two packets in its first group, each refused. */
static void damage_before_an_interruption_is_not_forgotten(void **state)
{
    Fixture *fixture = *state;
    char path[2048];
    size_t size_bytes;
    assert_true(clip_path("every_frame_key.mp4", path, sizeof path));
    uint8_t *bytes = read_whole(path, &size_bytes);
    uint8_t *media = memmem(bytes, size_bytes, "mdat", 4);
    assert_non_null(media);
    memset(media + 4 + 700, 0xff, 400);
    write_whole(fixture->video, bytes, size_bytes);
    free(bytes);
    RvIndexReport report;
    RvError err = {0};
    RvIndexOptions options = {.sampling.interval_s = 0.04, .batch_size = 8, .progress = stop_after_two};
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, &options, &report, &err),
        RV_ERROR_CANCELLED);
    assert_row(fixture, "indexing", "damaged after 0.");
    options.progress = NULL;
    if (rv_library_index(fixture->library, fixture->encoder, fixture->video, &options, &report, &err) !=
        RV_OK)
        fail_msg("%s", err.message);
    assert_true(report.frames_resumed > 0);
    assert_row(fixture, "complete", "damaged after 0.");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(index_goes_on_where_the_disk_failed),
        TEST(no_way_of_sampling_takes_a_fault_for_the_end),
        TEST(frames_without_a_library_end_with_the_fault),
        TEST(a_fault_in_the_header_is_not_recorded),
        TEST(index_goes_on_where_the_connection_broke),
        TEST(damage_is_kept_with_the_video),
        TEST(damage_before_an_interruption_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
