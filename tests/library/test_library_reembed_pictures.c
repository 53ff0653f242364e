/* SPDX-License-Identifier: MIT */
/* Tests of re-embedding where videos are gone: they are named, or made from the stored pictures. */
#include "reembed_case.h"

#include <sqlite3.h>

#include "base/buffer.h"
#include "base/file.h"
#include "http_server.h"

static void gone_and_changed_videos_are_named(void **state)
{
    Case *test = *state;
    index_old(test);
    unlink(test->videos[0]);
    fixture_copy_file(test->videos[3], test->videos[1]);
    reembed(test, NULL);
    assert_report(test, 2, 0, 0, 2);
    char line[PATH_BYTES + 40];
    snprintf(line, sizeof line, "%s: its file is gone", test->videos[0]);
    assert_left_out(test, line);
    snprintf(line, sizeof line, "%s: its file has changed", test->videos[1]);
    assert_left_out(test, line);
    assert_int_equal(test->hints[0], RV_HINT_FROM_PICTURES);
    assert_int_equal(test->hints[1], RV_HINT_FROM_PICTURES);
    assert_int_equal(query(test->new_path, test->fresh_path, "SELECT count(*) FROM main.videos"), 2);
    // What is complete already is not missed.
    unlink(test->videos[2]);
    reembed(test, NULL);
    assert_report(test, 0, 0, 2, 2);
}

/* The embedding of the stored picture, which is smaller than the frame. */
static void assert_of_picture(Case *test, RvLibrary *library, int64_t video_id, int64_t number)
{
    uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    RvPicture *picture = NULL;
    float expected[1024], found[1024];
    int dimensions = rv_encoder_info(test->new_model)->dimensions;
    char sql[300];
    assert_int_equal(rv_library_picture(library, video_id, number, &jpeg, &size_bytes, NULL), RV_OK);
    assert_int_equal(rv_picture_decode(jpeg, size_bytes, NULL, &picture, NULL), RV_OK);
    RvImage image = rv_picture_image(picture);
    assert_int_equal(rv_encoder_encode_images(test->new_model, &image, 1, RV_LENGTH_ONE, expected, NULL),
                     RV_OK);
    rv_picture_destroy(picture);
    rv_free(jpeg);
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql,
             "SELECT embedding_data FROM frames WHERE video_id = %lld AND frame_number = %lld",
             (long long)video_id, (long long)number);
    assert_int_equal(sqlite3_open(test->new_path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_bytes(statement, 0), dimensions * (int)sizeof(float));
    memcpy(found, sqlite3_column_blob(statement, 0), (size_t)dimensions * sizeof(float));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    double cosine = 0;
    for (int i = 0; i < dimensions; i++)
        cosine += (double)expected[i] * found[i];
    if (!(cosine > 0.9999))
        fail_msg("frame %lld: cosine %.6f", (long long)number, cosine);
}

static void stored_pictures_take_the_place_of_gone_videos(void **state)
{
    Case *test = *state;
    RvLibraryInfo info = {0};
    RvVideos videos = {0};
    // Pictures of 60 lines of frames of 120.
    RvIndexOptions small = {.thumbnail_height = 60};
    assert_int_equal(
        rv_library_index(test->fixture->library, test->fixture->encoder, test->videos[0], &small, NULL, NULL),
        RV_OK);
    index_old(test);
    unlink(test->videos[0]);
    fixture_copy_file(test->videos[3], test->videos[1]);
    RvReembedOptions options = {.from_pictures = true, .batch_size = 5};
    reembed(test, &options);
    assert_report(test, VIDEOS, 2, 0, 0);
    // size and time of the changed file's row stay those of what was embedded
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
    assert_no_faults(test->new_path);
    RvLibrary *library = fixture_open_library(test->new_path);
    const RvVideo *video = find_video(library, test->videos[0], &videos);
    assert_string_equal(video->error,
                        "embedded from stored pictures (JPEGs of 80x60 for frames of 160x120), because its "
                        "file is gone");
    assert_true(rv_video_is_from_pictures(video));
    for (int64_t number = 1; number <= video->frame_count; number++)
        assert_of_picture(test, library, video->video_id, number);
    rv_videos_clear(&videos);
    video = find_video(library, test->videos[1], &videos);
    assert_non_null(strstr(video->error, "because its file has changed"));
    rv_videos_clear(&videos);
    video = find_video(library, test->videos[2], &videos);
    assert_string_equal(video->error, "");
    assert_false(rv_video_is_from_pictures(video));
    rv_videos_clear(&videos);
    assert_int_equal(rv_library_info(library, &info, NULL), RV_OK);
    assert_int_equal(info.from_pictures_count, 2);
    assert_int_equal(info.damaged_count, 0);
    rv_library_close(library);
    reembed(test, NULL); // they are there, whatever made them
    assert_report(test, 0, 0, VIDEOS, 0);
}

/* Frames of the video and of its pictures are not mixed: an interrupted video begins anew in the other way. */
static void frames_and_pictures_are_not_mixed(void **state)
{
    Case *test = *state;
    char hidden[PATH_BYTES + 8];
    Stop stop = {.at = 4};
    RvReembedOptions options = {
        .batch_size = 1, .progress = stop_at, .user = &stop, .from_pictures = true, .video_glob = "4-*"};
    snprintf(hidden, sizeof hidden, "%s.hidden", test->videos[0]);
    index_old(test);
    for (int pictures_first = 0; pictures_first <= 1; pictures_first++) {
        remove_new(test);
        stop.at = 4;
        if (pictures_first)
            assert_int_equal(rename(test->videos[0], hidden), 0);
        assert_refused(test, try_reembed(test, &options), RV_ERROR_CANCELLED, "run the same again");
        assert_int_equal(test->report.frames_embedded, 4);
        if (pictures_first)
            assert_int_equal(rename(hidden, test->videos[0]), 0);
        else
            assert_int_equal(rename(test->videos[0], hidden), 0);
        stop.at = SIZE_MAX;
        reembed(test, &options);
        assert_report(test, 1, pictures_first ? 0 : 1, 0, 0);
        assert_int_equal(test->report.frames_embedded, FIXTURE_FRAMES);
        if (!pictures_first)
            assert_int_equal(rename(hidden, test->videos[0]), 0);
    }
}

static void frames_may_be_without_pictures(void **state)
{
    Case *test = *state;
    index_old(test);
    index_fresh(test);
    change_old(test, "DELETE FROM frame_pictures WHERE video_id = 1");
    reembed(test, NULL);
    assert_report(test, VIDEOS, 0, 0, 0);
    assert_int_equal(query(test->new_path, test->fresh_path,
                           COMPARE(VIDEO_COLUMNS ", frame_number, time, embedding_data")),
                     0);
    assert_int_equal(query(test->new_path, test->fresh_path,
                           "SELECT count(*) FROM main.frame_pictures WHERE video_id = 1"),
                     0);
    remove_new(test);
    unlink(test->videos[0]);
    RvReembedOptions options = {.from_pictures = true};
    reembed(test, &options);
    assert_report(test, VIDEOS - 1, 0, 0, 1);
    assert_left_out(test, "frame 1 has no stored picture");
}

static void addresses_are_read_again_or_made_from_pictures(void **state)
{
    Case *test = *state;
    Buffer bytes;
    char url[256];
    rv_buffer_init(&bytes, (size_t)1 << 24);
    assert_int_equal(rv_file_read(test->videos[0], &bytes, NULL), RV_OK);
    HttpFile file = {
        .path = "/clip.mp4", .bytes = bytes.bytes, .size_bytes = bytes.size_bytes, .media_type = "video/mp4"};
    HttpServer *server = http_server_start(&file, 1);
    assert_non_null(server);
    http_server_url(server, "/clip.mp4", url, sizeof url);
    assert_int_equal(
        rv_library_index(test->fixture->library, test->fixture->encoder, url, NULL, NULL, &test->err), RV_OK);
    reembed(test, NULL);
    assert_report(test, 1, 0, 0, 0);
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
    remove_new(test);
    file.behaviour = HTTP_MISSING;
    reembed(test, NULL);
    assert_report(test, 0, 0, 0, 1);
    assert_left_out(test, "/clip.mp4");
    assert_int_equal(test->hints[0], RV_HINT_FROM_PICTURES);
    RvReembedOptions options = {.from_pictures = true};
    reembed(test, &options);
    assert_report(test, 1, 1, 0, 0);
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
    http_server_stop(server);
    rv_buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gone_and_changed_videos_are_named),
        TEST(stored_pictures_take_the_place_of_gone_videos),
        TEST(frames_and_pictures_are_not_mixed),
        TEST(frames_may_be_without_pictures),
        TEST(addresses_are_read_again_or_made_from_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
