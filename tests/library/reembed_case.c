/* SPDX-License-Identifier: MIT */
#include "reembed_case.h"

#include <sqlite3.h>

#include "clips.h"

static const RvIndexOptions samplings[VIDEOS] = {
    {.sampling.interval_s = 0}, // a second
    {.sampling.interval_s = 1.0 / 3},
    {.sampling.kind = RV_SAMPLING_SCENES, .sampling.scene_threshold = 0.05},
    {.sampling.kind = RV_SAMPLING_KEYFRAMES},
};

int reembed_setup(void **state)
{
    static const char *const clips[VIDEOS] = {FIXTURE_CLIP, FIXTURE_OTHER_CLIP, "every_frame_key.mp4",
                                              "gop50_closed.mp4"};
    Case *test = calloc(1, sizeof *test);
    assert_non_null(test);
    fixture_setup((void **)&test->fixture);
    for (int i = 0; i < VIDEOS; i++) {
        char clip[2048];
        // The order of ids is not that of paths.
        snprintf(test->videos[i], PATH_BYTES, "%s/%d-%s", test->fixture->folder, VIDEOS - i, clips[i]);
        assert_true(clip_path(clips[i], clip, sizeof clip));
        fixture_copy_file(clip, test->videos[i]);
    }
    snprintf(test->new_path, PATH_BYTES, "%s/new.db", test->fixture->folder);
    snprintf(test->fresh_path, PATH_BYTES, "%s/fresh.db", test->fixture->folder);
    test->new_model = fixture_open_encoder(FIXTURE_OTHER_MODEL);
    *state = test;
    return 0;
}

int reembed_teardown(void **state)
{
    Case *test = *state;
    rv_encoder_close(test->new_model);
    int result = fixture_teardown((void **)&test->fixture);
    free(test);
    return result;
}

void index_all(Case *test, RvLibrary *library, RvEncoder *encoder)
{
    for (int i = 0; i < VIDEOS; i++) {
        if (rv_library_index(library, encoder, test->videos[i], &samplings[i], NULL, &test->err) != RV_OK)
            fail_msg("%s", test->err.message);
    }
}

void index_old(Case *test)
{
    index_all(test, test->fixture->library, test->fixture->encoder);
}

static void note_left_out(void *user, const char *video, const RvError *why)
{
    Case *test = user;
    size_t length = strlen(test->left_out);
    assert_non_null(video);
    assert_true(test->left_out_count < VIDEOS);
    test->hints[test->left_out_count++] = why->hint;
    snprintf(test->left_out + length, sizeof test->left_out - length, "%s\n", why->message);
}

RvStatus reembed_to(Case *test, RvLibrary *to, const RvReembedOptions *given)
{
    RvReembedOptions options = given != NULL ? *given : (RvReembedOptions){0};
    test->left_out[0] = '\0';
    test->left_out_count = 0;
    test->err = (RvError){0};
    if (options.user == NULL) {
        options.user = test;
        options.left_out = note_left_out;
    }
    return rv_library_reembed(test->fixture->library, to, test->new_model, &options, &test->report,
                              &test->err);
}

RvStatus try_reembed(Case *test, const RvReembedOptions *options)
{
    RvLibrary *to = fixture_open_library(test->new_path);
    RvStatus status = reembed_to(test, to, options);
    rv_library_close(to);
    return status;
}

void reembed(Case *test, const RvReembedOptions *options)
{
    if (try_reembed(test, options) != RV_OK)
        fail_msg("%s", test->err.message);
}

void assert_report(const Case *test, size_t embedded, size_t pictures, size_t present, size_t left_out)
{
    const RvReembedReport *report = &test->report;
    if (report->videos_embedded != embedded || report->videos_from_pictures != pictures ||
        report->videos_present != present || report->videos_left_out != left_out)
        fail_msg("%zu embedded, %zu from pictures, %zu present, %zu left out; wanted %zu, %zu, %zu, %zu\n%s",
                 report->videos_embedded, report->videos_from_pictures, report->videos_present,
                 report->videos_left_out, embedded, pictures, present, left_out, test->left_out);
}

void assert_refused(Case *test, RvStatus status, RvStatus wanted, const char *part)
{
    if (status != wanted || strstr(test->err.message, part) == NULL)
        fail_msg("status %d, '%s'; wanted %d, '%s'", status, test->err.message, wanted, part);
}

void assert_left_out(const Case *test, const char *part)
{
    if (strstr(test->left_out, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, test->left_out);
}

/* ---- comparing libraries ------------------------------------------------------------------------------- */

int64_t query(const char *path, const char *other, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    char *attach = sqlite3_mprintf("ATTACH %Q AS ref", other);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, attach, NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(database));
    int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    sqlite3_free(attach);
    return number;
}

void assert_same_but_for_embeddings(const char *path, const char *other)
{
    assert_int_equal(query(path, other, COMPARE(VIDEO_COLUMNS ", frame_number, time, frame_data")), 0);
    assert_true(query(path, other, "SELECT count(*) FROM main.frames") > 0);
    assert_true(query(path, other,
                      "SELECT count(*) FROM main.frames a JOIN ref.frames b USING (frame_id) WHERE "
                      "a.embedding_data <> b.embedding_data") > 0);
}

void assert_same(const char *path, const char *other)
{
    assert_int_equal(
        query(path, other, COMPARE(VIDEO_COLUMNS ", error, frame_number, time, embedding_data, frame_data")),
        0);
    assert_true(query(path, other, "SELECT count(*) FROM main.frames") > 0);
}

void assert_no_faults(const char *path)
{
    size_t fault_count = 99;
    RvLibrary *library = fixture_open_library(path);
    assert_int_equal(rv_library_verify(library, fixture_print_fault, NULL, &fault_count, NULL), RV_OK);
    assert_int_equal(fault_count, 0);
    rv_library_close(library);
}

/* What indexing the same videos with the new model gives. */
void index_fresh(Case *test)
{
    RvLibrary *fresh = fixture_open_library(test->fresh_path);
    index_all(test, fresh, test->new_model);
    rv_library_close(fresh);
}

void change_old(Case *test, const char *sql)
{
    change_library(test->fixture->library_path, sql);
}

void change_library(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(database));
    sqlite3_close(database);
}

RvVideo *find_video(RvLibrary *library, const char *path, RvVideos *videos)
{
    assert_int_equal(rv_library_list(library, path, videos, NULL), RV_OK);
    assert_int_equal(videos->count, 1);
    return &videos->items[0];
}

void remove_new(const Case *test)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-codes"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[PATH_BYTES + 10];
        snprintf(path, sizeof path, "%s%s", test->new_path, endings[i]);
        unlink(path);
    }
}

bool stop_at(void *user, const RvCopyProgress *progress)
{
    Stop *stop = user;
    stop->calls++;
    assert_true(progress->frames_done <= progress->frames_expected);
    assert_true(progress->videos_done <= progress->videos_expected);
    assert_non_null(progress->video);
    return progress->frames_done < stop->at;
}
