/* SPDX-License-Identifier: MIT */
/* Tests of src/index/index_video.c, src/index/index_pipeline.c and src/library/library.c: what indexing does
 * with new, complete, half-done, renamed, copied, changed and broken videos. Real decoder, real SQLite, the
 * generated model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_fixture.h"

static RvIndexReport index_now(Fixture *fixture, const char *path, const RvIndexOptions *options)
{
    RvIndexReport report;
    RvError err = {0};
    if (rv_library_index(fixture->library, fixture->encoder, path, options, &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    return report;
}

static int64_t video_count(Fixture *fixture)
{
    RvVideos videos = {0};
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    int64_t count = (int64_t)videos.count;
    rv_videos_clear(&videos);
    return count;
}

static void assert_verified(Fixture *fixture)
{
    size_t fault_count = 99;
    assert_int_equal(rv_library_verify(fixture->library, fixture_print_fault, NULL, &fault_count, NULL),
                     RV_OK);
    assert_int_equal(fault_count, 0);
}

static void index_again_finds_everything_unchanged(void **state)
{
    Fixture *fixture = *state;
    RvIndexReport first = index_now(fixture, fixture->video, NULL);
    assert_int_equal(first.outcome, RV_INDEXED);
    assert_int_equal(first.frame_count, FIXTURE_FRAMES);
    assert_int_equal(first.frames_embedded, FIXTURE_FRAMES);
    RvIndexReport again = index_now(fixture, fixture->video, NULL);
    assert_int_equal(again.outcome, RV_INDEX_UNCHANGED);
    assert_int_equal(again.frame_count, FIXTURE_FRAMES);
    assert_int_equal(again.frames_embedded, 0);
    assert_true(again.similar_cosine == 1);
    assert_int_equal(again.video_id, first.video_id);
    assert_verified(fixture);
}

static void index_recognises_a_renamed_file(void **state)
{
    Fixture *fixture = *state;
    char renamed[512];
    RvIndexReport first = index_now(fixture, fixture->video, NULL);
    snprintf(renamed, sizeof renamed, "%s/renamed.mp4", fixture->folder);
    assert_int_equal(rename(fixture->video, renamed), 0);
    RvIndexReport again = index_now(fixture, renamed, NULL);
    assert_int_equal(again.outcome, RV_INDEX_RENAMED);
    assert_int_equal(again.video_id, first.video_id);
    assert_int_equal(again.frames_embedded, 0);
    RvVideos videos = {0};
    assert_int_equal(rv_library_list(fixture->library, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].path, renamed);
    rv_videos_clear(&videos);
}

static void index_does_not_embed_a_copy(void **state)
{
    Fixture *fixture = *state;
    char copy[512];
    RvIndexReport first = index_now(fixture, fixture->video, NULL);
    snprintf(copy, sizeof copy, "%s/copy.mp4", fixture->folder);
    fixture_copy_file(fixture->video, copy);
    RvIndexReport again = index_now(fixture, copy, NULL);
    assert_int_equal(again.outcome, RV_INDEX_DUPLICATE);
    assert_int_equal(again.video_id, first.video_id);
    assert_int_equal(video_count(fixture), 1);
}

static void index_replaces_a_file_whose_content_changed(void **state)
{
    Fixture *fixture = *state;
    index_now(fixture, fixture->video, NULL);
    fixture_copy_file(fixture->other_video, fixture->video);
    RvIndexReport again = index_now(fixture, fixture->video, NULL);
    assert_int_equal(again.outcome, RV_INDEXED);
    assert_int_equal(again.frame_count, FIXTURE_OTHER_FRAMES);
    assert_int_equal(again.frames_embedded, FIXTURE_OTHER_FRAMES);
    assert_int_equal(video_count(fixture), 1);
    assert_verified(fixture);
}

static void index_replaces_frames_taken_with_another_sampling(void **state)
{
    Fixture *fixture = *state;
    RvIndexOptions half_second = {.sampling.interval_s = 0.5};
    index_now(fixture, fixture->video, NULL);
    RvIndexReport again = index_now(fixture, fixture->video, &half_second);
    assert_int_equal(again.outcome, RV_INDEXED);
    assert_int_equal(again.frame_count, 2 * FIXTURE_FRAMES);
    assert_int_equal(video_count(fixture), 1);
    assert_verified(fixture);
}

static void force_embeds_again(void **state)
{
    Fixture *fixture = *state;
    RvIndexOptions force = {.force = true};
    index_now(fixture, fixture->video, NULL);
    RvIndexReport again = index_now(fixture, fixture->video, &force);
    assert_int_equal(again.outcome, RV_INDEXED);
    assert_int_equal(again.frames_embedded, FIXTURE_FRAMES);
    assert_int_equal(video_count(fixture), 1);
}

static bool stop_after_first_batch(void *user, const RvIndexProgress *progress)
{
    *(size_t *)user = progress->frames_done;
    return progress->frames_done == 0;
}

static bool stop_at_once(void *user, const RvIndexProgress *progress)
{
    return false;
}

static void index_goes_on_after_an_interruption_with_equal_rows(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    size_t done = 0;
    RvIndexOptions small = {.batch_size = 2, .progress = stop_after_first_batch, .progress_user = &done};
    RvIndexReport report;
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, &small, &report, &err),
        RV_ERROR_CANCELLED);
    assert_int_equal(done, 2);
    assert_int_equal(report.frame_count, 2);
    RvIndexOptions rest = {.batch_size = 3};
    report = index_now(fixture, fixture->video, &rest);
    assert_int_equal(report.outcome, RV_INDEXED);
    assert_int_equal(report.frames_resumed, 2);
    assert_int_equal(report.frames_embedded, FIXTURE_FRAMES - 2);
    assert_verified(fixture);
    fixture_assert_same_frames(fixture, report.video_id);
}

static int64_t ask_count(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

static void similar_frames_take_an_embedding_and_keep_their_picture(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        double levels;
        int batch_size;
        size_t similar, checked;
        int64_t embeddings;
        const char *why;
    } cases[] = {
        {0, 0, 0, 0, FIXTURE_FRAMES, "off"},
        {0.01, 0, 0, 0, FIXTURE_FRAMES, "nothing so similar"},
        {255, 0, FIXTURE_FRAMES - 1, 1, 1, "everything"},
        {255, 2, FIXTURE_FRAMES - 1, 1, 1, "everything, over several batches"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvIndexOptions options = {
            .skip_similar = cases[i].levels, .batch_size = cases[i].batch_size, .force = true};
        RvIndexReport report = index_now(fixture, fixture->video, &options);
        if (report.frames_similar != cases[i].similar || report.similar_checked != cases[i].checked ||
            (cases[i].checked == 0) != (report.similar_cosine == 1))
            fail_msg("%s: %zu similar, %zu checked, cosine %g", cases[i].why, report.frames_similar,
                     report.similar_checked, report.similar_cosine);
        assert_int_equal(report.frames_embedded, FIXTURE_FRAMES);
        if (ask_count(fixture->library_path, "SELECT count(DISTINCT embedding_data) FROM frames") !=
            cases[i].embeddings)
            fail_msg("%s: other embeddings", cases[i].why);
        assert_int_equal(
            ask_count(fixture->library_path, "SELECT count(DISTINCT frame_data) FROM frame_pictures"),
            FIXTURE_FRAMES);
        assert_int_equal(ask_count(fixture->library_path, "SELECT count(DISTINCT time) FROM frames"),
                         FIXTURE_FRAMES);
        assert_verified(fixture);
    }
}

static void index_can_be_interrupted_before_the_first_batch(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexOptions impatient = {.progress = stop_at_once};
    RvIndexReport report;
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, &impatient, &report, &err),
        RV_ERROR_CANCELLED);
    assert_int_equal(report.frame_count, 0);
    assert_int_equal(index_now(fixture, fixture->video, NULL).frame_count, FIXTURE_FRAMES);
    assert_verified(fixture);
}

static void failure_is_recorded_and_taken_up_only_when_asked(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexReport report;
    char broken[512];
    snprintf(broken, sizeof broken, "%s/broken.mp4", fixture->folder);
    fixture_write_file(broken, "\x1bthis is not a video, whatever its name says\n");
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, broken, NULL, &report, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "broken.mp4"));
    RvVideos videos = {0};
    assert_int_equal(rv_library_list(fixture->library, "broken.mp4", &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].state_name, "failed");
    assert_string_equal(videos.items[0].error, err.message);
    rv_videos_clear(&videos);
    report = index_now(fixture, broken, NULL);
    assert_int_equal(report.outcome, RV_INDEX_SKIPPED_FAILED);
    RvIndexOptions retry = {.retry_failed = true};
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, broken, &retry, &report, &err),
                     RV_ERROR_FORMAT);
    assert_int_equal(video_count(fixture), 1);
    fixture_copy_file(fixture->video, broken);
    report = index_now(fixture, broken, &retry);
    assert_int_equal(report.outcome, RV_INDEXED);
    assert_int_equal(report.frame_count, FIXTURE_FRAMES);
    assert_int_equal(video_count(fixture), 1);
    assert_verified(fixture);
}

/* What was never a video is refused each time, and the library does not learn of it. */
static void mistakes_leave_no_row(void **state)
{
    static const struct {
        const char *name, *text;
        const char *why;
    } cases[] = {{"photo.jpg", "\xff\xd8\xff\xe0 no video's name", "another name"},
                 {"no-ending", "\x1b\x02", "none"},
                 {"source.ts", "export const a = 1;\n", "a video's name, but text"}};
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexReport report;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", fixture->folder, cases[i].name);
        fixture_write_file(path, cases[i].text);
        for (int again = 0; again < 2; again++) {
            if (rv_library_index(fixture->library, fixture->encoder, path, NULL, &report, &err) !=
                RV_ERROR_FORMAT)
                fail_msg("%s: %s", cases[i].why, err.message);
        }
    }
    assert_int_equal(video_count(fixture), 0);
    // One that is in the library already: its failure is kept.
    char renamed[512];
    snprintf(renamed, sizeof renamed, "%s/no-ending", fixture->folder);
    fixture_copy_file(fixture->video, renamed);
    index_now(fixture, renamed, NULL);
    fixture_write_file(renamed, "text\n");
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, renamed, NULL, &report, &err),
                     RV_ERROR_FORMAT);
    assert_int_equal(index_now(fixture, renamed, NULL).outcome, RV_INDEX_SKIPPED_FAILED);
    assert_int_equal(video_count(fixture), 1);
}

/* The frames of a file that holds something else now go with it, and the failure is known the next time. */
static void a_broken_file_in_place_of_a_complete_one_fails_once(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexReport report;
    RvLibraryInfo info;
    index_now(fixture, fixture->video, NULL);
    fixture_write_file(fixture->video, "\x1b broken meanwhile\n");
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, NULL, &report, &err),
        RV_ERROR_FORMAT);
    assert_int_equal(rv_library_info(fixture->library, &info, NULL), RV_OK);
    assert_int_equal(info.failed_count, 1);
    assert_int_equal(info.frame_count, 0);
    assert_int_equal(index_now(fixture, fixture->video, NULL).outcome, RV_INDEX_SKIPPED_FAILED);
    assert_int_equal(video_count(fixture), 1);
    assert_verified(fixture);
}

typedef struct Intruder {
    Fixture *fixture;
    bool force;
    bool done;
} Intruder;

/* As another process would: through a handle of its own. */
static bool index_meanwhile(void *user, const RvIndexProgress *progress)
{
    Intruder *intruder = user;
    Fixture *fixture = intruder->fixture;
    RvLibrary *other = NULL;
    RvError err = {0};
    RvIndexOptions options = {.force = intruder->force};
    if (intruder->done || progress->frames_done == 0)
        return true;
    intruder->done = true;
    if (rv_library_open(fixture->library_path, NULL, &other, &err) != RV_OK ||
        rv_library_index(other, fixture->encoder, fixture->video, &options, NULL, &err) != RV_OK)
        fail_msg("%s", err.message);
    rv_library_close(other);
    return true;
}

static void a_video_that_another_process_indexes_is_left_to_it(void **state)
{
    Fixture *fixture = *state;
    for (int force = 0; force < 2; force++) {
        Intruder intruder = {fixture, force != 0, false};
        RvIndexOptions options = {
            .batch_size = 2, .force = true, .progress = index_meanwhile, .progress_user = &intruder};
        RvIndexReport report = index_now(fixture, fixture->video, &options);
        assert_true(intruder.done);
        assert_int_equal(report.outcome, RV_INDEX_ELSEWHERE);
        assert_int_equal(report.frames_embedded, 2);
        assert_int_equal(video_count(fixture), 1);
        report = index_now(fixture, fixture->video, NULL);
        assert_int_equal(report.outcome, RV_INDEX_UNCHANGED);
        assert_int_equal(report.frame_count, FIXTURE_FRAMES);
        assert_verified(fixture);
        fixture_assert_same_frames(fixture, report.video_id);
    }
}

static void paths_tell_states_and_what_is_missing(void **state)
{
    Fixture *fixture = *state;
    RvVideos videos = {0};
    index_now(fixture, fixture->video, NULL);
    index_now(fixture, fixture->other_video, NULL);
    assert_int_equal(unlink(fixture->other_video), 0);
    assert_int_equal(rv_library_paths(fixture->library, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, 2);
    assert_string_equal(videos.items[0].path, fixture->video);
    assert_string_equal(videos.items[0].state_name, "complete");
    assert_false(rv_video_is_missing(&videos.items[0]));
    assert_true(rv_video_is_missing(&videos.items[1]));
    rv_videos_clear(&videos);
    char url[] = "http://host/no/such.mp4";
    assert_false(rv_video_is_missing(&(RvVideo){.path = url}));
}

static void missing_file_leaves_no_row(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexReport report;
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, "/no/such/clip.mp4", NULL, &report, &err),
        RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/clip.mp4"));
    assert_int_equal(video_count(fixture), 0);
}

static void library_of_another_model_is_refused(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    RvIndexReport report;
    RvIndexOptions raw = {.embedding_length = RV_LENGTH_MODEL};
    index_now(fixture, fixture->video, NULL);
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->other_video, &raw, &report, &err),
        RV_ERROR_MISMATCH);
    RvEncoder *other = fixture_open_encoder(FIXTURE_OTHER_MODEL);
    assert_int_equal(rv_library_index(fixture->library, other, fixture->other_video, NULL, &report, &err),
                     RV_ERROR_MISMATCH);
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "anything", .weight = 1};
    RvHits hits;
    assert_int_equal(rv_library_search(fixture->library, other, &term, 1, NULL, &hits, &err),
                     RV_ERROR_MISMATCH);
    rv_encoder_close(other);
    assert_int_equal(video_count(fixture), 1);
    assert_verified(fixture);
}

static void remove_takes_the_video_with_its_frames(void **state)
{
    Fixture *fixture = *state;
    RvIndexReport report = index_now(fixture, fixture->video, NULL);
    RvLibraryInfo info;
    assert_int_equal(rv_library_remove(fixture->library, report.video_id, NULL), RV_OK);
    assert_int_equal(rv_library_info(fixture->library, &info, NULL), RV_OK);
    assert_int_equal(info.video_count, 0);
    assert_int_equal(info.frame_count, 0);
    assert_int_equal(info.picture_bytes, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(index_again_finds_everything_unchanged),
        TEST(index_recognises_a_renamed_file),
        TEST(index_does_not_embed_a_copy),
        TEST(index_replaces_a_file_whose_content_changed),
        TEST(index_replaces_frames_taken_with_another_sampling),
        TEST(force_embeds_again),
        TEST(index_goes_on_after_an_interruption_with_equal_rows),
        TEST(similar_frames_take_an_embedding_and_keep_their_picture),
        TEST(index_can_be_interrupted_before_the_first_batch),
        TEST(failure_is_recorded_and_taken_up_only_when_asked),
        TEST(mistakes_leave_no_row),
        TEST(a_broken_file_in_place_of_a_complete_one_fails_once),
        TEST(a_video_that_another_process_indexes_is_left_to_it),
        TEST(paths_tell_states_and_what_is_missing),
        TEST(missing_file_leaves_no_row),
        TEST(library_of_another_model_is_refused),
        TEST(remove_takes_the_video_with_its_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
