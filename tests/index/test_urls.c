/* SPDX-License-Identifier: MIT */
/* Videos and query pictures by URL, from a real web server on loopback: good, missing, cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "clips.h"
#include "http_server.h"
#include "library_fixture.h"

#define FILE_MAX_BYTES ((size_t)1 << 24)

typedef struct WebFixture {
    Fixture *fixture;
    HttpServer *server;
    HttpFile files[2];
    Buffer video, picture;
} WebFixture;

static int setup(void **state)
{
    char path[2048];
    WebFixture *web = calloc(1, sizeof *web);
    assert_non_null(web);
    fixture_setup((void **)&web->fixture);
    rv_buffer_init(&web->video, FILE_MAX_BYTES);
    rv_buffer_init(&web->picture, FILE_MAX_BYTES);
    assert_int_equal(rv_file_read(web->fixture->video, &web->video, NULL), RV_OK);
    assert_true(clip_path("cover.png", path, sizeof path));
    assert_int_equal(rv_file_read(path, &web->picture, NULL), RV_OK);
    web->files[0] = (HttpFile){.path = "/clip.mp4",
                               .bytes = web->video.bytes,
                               .size_bytes = web->video.size_bytes,
                               .media_type = "video/mp4"};
    web->files[1] = (HttpFile){.path = "/cover.png",
                               .bytes = web->picture.bytes,
                               .size_bytes = web->picture.size_bytes,
                               .media_type = "image/png"};
    web->server = http_server_start(web->files, 2);
    assert_non_null(web->server);
    *state = web;
    return 0;
}

static int teardown(void **state)
{
    WebFixture *web = *state;
    http_server_stop(web->server);
    rv_buffer_clear(&web->video);
    rv_buffer_clear(&web->picture);
    int result = fixture_teardown((void **)&web->fixture);
    free(web);
    return result;
}

static RvStatus index_url(WebFixture *web, const char *path, RvIndexReport *report, RvError *err)
{
    char url[256];
    http_server_url(web->server, path, url, sizeof url);
    return rv_library_index(web->fixture->library, web->fixture->encoder, url, NULL, report, err);
}

static void index_takes_a_video_from_a_url(void **state)
{
    WebFixture *web = *state;
    RvIndexReport report;
    RvError err = {0};
    if (index_url(web, "/clip.mp4", &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(report.frame_count, FIXTURE_FRAMES);
    fixture_assert_same_frames(web->fixture, report.video_id);
    assert_int_equal(index_url(web, "/clip.mp4", &report, &err), RV_OK);
    assert_int_equal(report.outcome, RV_INDEX_UNCHANGED);
}

static bool note_frame(void *user, const RvVideoFrame *frame)
{
    double *times = user; // [0] is how many there are
    times[0]++;
    if (times[0] < 4)
        times[(int)times[0]] = frame->time_s;
    return true;
}

/* A server that answers with ranges, and one that has none: the video is then read from its beginning. */
static void a_span_of_a_video_comes_from_a_url(void **state)
{
    WebFixture *web = *state;
    static const HttpBehaviour behaviours[] = {HTTP_GOOD, HTTP_IGNORE_RANGE, HTTP_UNKNOWN_SIZE};
    for (size_t i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
        char url[256];
        double times[4] = {0};
        RvSamplingOptions span = {.interval_s = 0.5, .from_s = 11, .to_s = 12};
        RvError err = {0};
        web->files[0].behaviour = behaviours[i];
        http_server_url(web->server, "/clip.mp4", url, sizeof url);
        if (rv_video_sample(url, &span, 64, note_frame, times, (RvLog){0}, &err) != RV_OK)
            fail_msg("way %zu: %s", i, err.message);
        assert_true(times[0] == 2 && times[1] == 11 && times[2] == 11.5);
    }
}

/* "http://127.0.0.1:N/clip.mp4" with "me:s3cret@" before the host. */
static void url_with_password(WebFixture *web, const char *path, char *url, size_t size_bytes)
{
    char plain[256];
    http_server_url(web->server, path, plain, sizeof plain);
    snprintf(url, size_bytes, "http://me:s3cret@%s", plain + strlen("http://"));
}

static bool see_no_password(void *user, const RvIndexProgress *progress)
{
    assert_null(strstr(progress->video, "s3cret"));
    ++*(size_t *)user;
    return true;
}

static void passwords_of_addresses_are_neither_shown_nor_stored(void **state)
{
    WebFixture *web = *state;
    Fixture *fixture = web->fixture;
    char url[300], url_of_video[300], plain[256];
    size_t reports = 0;
    RvIndexReport report;
    RvError err = {0};
    RvVideos videos = {0};
    RvIndexOptions options = {.progress = see_no_password, .progress_user = &reports};
    url_with_password(web, "/clip.mp4", url, sizeof url);
    url_with_password(web, "/clip.mp4", url_of_video, sizeof url_of_video);
    http_server_url(web->server, "/clip.mp4", plain, sizeof plain);
    if (rv_library_index(fixture->library, fixture->encoder, url, &options, &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_true(reports > 0);
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].path, plain);
    rv_videos_clear(&videos);
    // It is the same video, whoever asks for it.
    assert_int_equal(index_url(web, "/clip.mp4", &report, &err), RV_OK);
    assert_int_equal(report.outcome, RV_INDEX_UNCHANGED);
    url_with_password(web, "/nothing.mp4", url, sizeof url);
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, url, NULL, &report, &err),
                     RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "404"));
    assert_null(strstr(err.message, "s3cret"));
    RvPicture *picture = NULL;
    assert_int_equal(rv_picture_load(url, NULL, &picture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "/nothing.mp4: "));
    assert_null(strstr(err.message, "s3cret"));
    assert_int_equal(rv_picture_load(url_of_video, NULL, &picture, &err), RV_ERROR_FORMAT); // not a picture
    assert_null(strstr(err.message, "s3cret"));
    char *items[] = {url};
    assert_int_equal(rv_library_queue_add(fixture->library, &(RvStrings){items, 1}, NULL, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "/nothing.mp4: its user and password would be kept"));
    assert_null(strstr(err.message, "s3cret"));
}

static void index_names_an_address_that_has_no_video(void **state)
{
    WebFixture *web = *state;
    RvIndexReport report;
    RvError err = {0};
    RvVideos videos = {0};
    assert_int_equal(index_url(web, "/nothing.mp4", &report, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "/nothing.mp4"));
    assert_non_null(strstr(err.message, "404"));
    // The network may be better tomorrow: nothing is recorded.
    assert_int_equal(rv_library_list(web->fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 0);
}

static void search_takes_a_picture_from_a_url(void **state)
{
    WebFixture *web = *state;
    char url[256];
    RvIndexReport report;
    RvHits hits;
    RvError err = {0};
    assert_int_equal(index_url(web, "/clip.mp4", &report, &err), RV_OK);
    http_server_url(web->server, "/cover.png", url, sizeof url);
    RvTerm term = {.kind = RV_TERM_IMAGE_FILE, .value = url, .weight = 1};
    RvLibrary *library = web->fixture->library;
    if (rv_library_search(library, web->fixture->encoder, &term, 1, NULL, &hits, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(hits.count, 5);
    rv_hits_clear(&hits);
    web->files[1].behaviour = HTTP_MISSING;
    assert_int_equal(rv_library_search(library, web->fixture->encoder, &term, 1, NULL, &hits, &err),
                     RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, url));
    assert_non_null(strstr(err.message, "404"));
    web->files[1].behaviour = HTTP_CUT;
    web->files[1].cut_after = 60;
    assert_int_not_equal(rv_library_search(library, web->fixture->encoder, &term, 1, NULL, &hits, &err),
                         RV_OK);
    assert_non_null(strstr(err.message, url));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_span_of_a_video_comes_from_a_url),
        TEST(index_takes_a_video_from_a_url),
        TEST(passwords_of_addresses_are_neither_shown_nor_stored),
        TEST(index_names_an_address_that_has_no_video),
        TEST(search_takes_a_picture_from_a_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
