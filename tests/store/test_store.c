/* SPDX-License-Identifier: MIT */
/* The store's contract, every case on every backend. */
#include "backend_fixture.h"

static void claim(Store *store)
{
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_require_identity(store, &model, err));
}

static int64_t begin(Store *store, const char *path)
{
    int64_t id = 0;
    VideoFacts facts = test_facts(path);
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    assert_true(id > 0);
    return id;
}

static void put(Store *store, int64_t video_id, int64_t first, size_t count)
{
    assert_ok(put_test_frames(store, video_id, first, count, TEST_DIMENSIONS, err));
}

static size_t frame_count(Store *store, int64_t video_id)
{
    RvFrames frames = {0};
    assert_ok(rv_store_frames(store, video_id, &frames, err));
    size_t count = frames.count;
    rv_frames_clear(&frames);
    return count;
}

/* ---- the model ---------------------------------------------------------------------------------------- */

static void identity_is_absent_then_kept(void **state)
{
    Fixture *fixture = *state;
    ModelIdentity read = {0};
    bool present = true;
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_false(present);
    claim(fixture->store);
    claim(fixture->store);
    reopen(fixture);
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_true(present);
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_string_equal(read.name, model.name);
    assert_string_equal(read.weights_sha256, model.weights_sha256);
    assert_int_equal(read.dimensions, TEST_DIMENSIONS);
    assert_int_equal(read.preprocess_version, STORE_PREPROCESS_VERSION);
    assert_true(read.normalized);
}

static void require_identity_refuses_other_models(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    ModelIdentity other = test_model(768);
    snprintf(other.name, sizeof other.name, "ViT-L/14");
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "holds 8-dimension embeddings of ViT-T/8, the model ViT-L/14 gives 768");
    other = test_model(TEST_DIMENSIONS);
    other.weights_sha256[0] = 'f';
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "weights f123456789ab");
    other = test_model(TEST_DIMENSIONS);
    other.normalized = false;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "are normalised");
    other = test_model(TEST_DIMENSIONS);
    other.preprocess_version = 7;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "preprocessing 1");
    other = test_model(TEST_DIMENSIONS);
    snprintf(other.name, sizeof other.name, "a folder with the same weights");
    assert_ok(rv_store_require_identity(fixture->store, &other, err));
    other.dimensions = 0;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_ARGUMENT, "1 to 65536");
}

static void library_without_frames_can_be_claimed_again(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 2);
    assert_ok(rv_store_remove_video(fixture->store, id, err));
    ModelIdentity other = test_model(16);
    assert_ok(rv_store_require_identity(fixture->store, &other, err));
    id = begin(fixture->store, "/b.mp4");
    assert_ok(put_test_frames(fixture->store, id, 1, 2, 16, err));
    assert_refused(put_test_frames(fixture->store, id, 1, 2, TEST_DIMENSIONS, err), RV_ERROR_MISMATCH,
                   "these have 8");
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static void video_row_comes_back_as_written(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/films/a.mp4");
    put(fixture->store, id, 1, 3);
    StoredVideo row = {0};
    bool found = false;
    assert_ok(rv_store_find_path(fixture->store, "/films/a.mp4", &row, &found, err));
    assert_true(found);
    assert_string_equal(row.video.state, "indexing");
    rv_stored_video_clear(&row);
    assert_ok(rv_store_finish_video(fixture->store, id, 13.25, err));
    reopen(fixture);
    assert_ok(rv_store_find_content(fixture->store, "sha256:00", &row, &found, err));
    assert_true(found);
    assert_int_equal(row.video.video_id, id);
    assert_string_equal(row.video.path, "/films/a.mp4");
    assert_string_equal(row.video.content_key, "sha256:00");
    assert_string_equal(row.video.codec, "h264");
    assert_string_equal(row.video.sampling, "interval:1");
    assert_string_equal(row.video.state, "complete");
    assert_string_equal(row.video.error, "");
    assert_true(row.video.duration_s == 13.25 && row.video.frame_rate == 29.97);
    assert_int_equal(row.video.width, 640);
    assert_int_equal(row.video.height, 360);
    assert_int_equal(row.video.frame_count, 3);
    assert_int_equal(row.size_bytes, 1234);
    assert_true(row.modified_ns == 1700000000123456789);
    rv_stored_video_clear(&row);
    assert_ok(rv_store_find_path(fixture->store, "/films/b.mp4", &row, &found, err));
    assert_false(found);
    assert_ok(rv_store_find_content(fixture->store, "sha256:01", &row, &found, err));
    assert_false(found);
}

static void find_content_prefers_a_complete_video(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    begin(fixture->store, "/first.mp4");
    int64_t second = begin(fixture->store, "/second.mp4");
    assert_ok(rv_store_finish_video(fixture->store, second, 1, err));
    begin(fixture->store, "/third.mp4");
    StoredVideo row = {0};
    bool found = false;
    assert_ok(rv_store_find_content(fixture->store, "sha256:00", &row, &found, err));
    assert_string_equal(row.video.path, "/second.mp4");
    rv_stored_video_clear(&row);
}

static void failed_video_keeps_its_frames_and_message(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 3);
    assert_ok(rv_store_fail_video(fixture->store, id, "a.mp4: it's \"broken\"\n\xff", err));
    reopen(fixture);
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_int_equal(videos.count, 1);
    assert_string_equal(videos.items[0].state, "failed");
    assert_string_equal(videos.items[0].error, "a.mp4: it's \"broken\"\n\xff");
    assert_int_equal(videos.items[0].frame_count, 3);
    rv_videos_clear(&videos);
    assert_ok(rv_store_finish_video(fixture->store, id, 3, err));
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_string_equal(videos.items[0].error, "");
    rv_videos_clear(&videos);
}

static void begin_video_refuses_a_taken_path_and_replaces(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t first = begin(fixture->store, "/a.mp4"), other = begin(fixture->store, "/b.mp4"), second = 0;
    put(fixture->store, first, 1, 3);
    put(fixture->store, other, 1, 1);
    VideoFacts facts = test_facts("/a.mp4");
    assert_refused(rv_store_begin_video(fixture->store, &facts, 0, &second, err), RV_ERROR_ARGUMENT,
                   "already");
    assert_refused(rv_store_begin_video(fixture->store, &facts, other, &second, err), RV_ERROR_ARGUMENT,
                   "already");
    assert_refused(rv_store_begin_video(fixture->store, &facts, 999, &second, err), RV_ERROR_ARGUMENT,
                   "already");
    assert_int_equal(frame_count(fixture->store, first), 3);
    assert_int_equal(frame_count(fixture->store, other), 1);
    assert_ok(rv_store_begin_video(fixture->store, &facts, first, &second, err));
    assert_true(second > other);
    assert_int_equal(frame_count(fixture->store, second), 0);
    assert_refused(rv_store_frames(fixture->store, first, &(RvFrames){0}, err), RV_ERROR_NOT_FOUND,
                   "no video");
    facts = test_facts("/c.mp4");
    assert_refused(rv_store_begin_video(fixture->store, &facts, 999, &second, err), RV_ERROR_NOT_FOUND,
                   "no video 999");
    bool found = true;
    StoredVideo row = {0};
    assert_ok(rv_store_find_path(fixture->store, "/c.mp4", &row, &found, err));
    assert_false(found);
    assert_int_equal(count_faults(fixture->store), 0);
}

static void begin_video_refuses_bad_facts(void **state)
{
    Fixture *fixture = *state;
    char *long_path = malloc(STORE_MAX_TEXT_BYTES + 2);
    memset(long_path, 'x', STORE_MAX_TEXT_BYTES + 1);
    long_path[STORE_MAX_TEXT_BYTES + 1] = '\0';
    VideoFacts cases[8];
    for (size_t i = 0; i < 8; i++)
        cases[i] = test_facts("/a.mp4");
    cases[0].path = "";
    cases[1].path = NULL;
    cases[2].path = long_path;
    cases[3].content_key = NULL;
    cases[4].duration_s = NAN;
    cases[5].duration_s = -1;
    cases[6].frame_rate = INFINITY;
    cases[7].width = -5;
    int64_t id = 0;
    for (size_t i = 0; i < 8; i++)
        assert_refused(rv_store_begin_video(fixture->store, &cases[i], 0, &id, err), RV_ERROR_ARGUMENT, ": ");
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_int_equal(videos.count, 0);
    rv_videos_clear(&videos);
    free(long_path);
}

static void move_video_changes_path_size_and_time(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/old.mp4");
    begin(fixture->store, "/other.mp4");
    put(fixture->store, id, 1, 2);
    assert_refused(rv_store_move_video(fixture->store, id, "/other.mp4", 5, 6, err), RV_ERROR_ARGUMENT,
                   "already");
    assert_refused(rv_store_move_video(fixture->store, 999, "/x.mp4", 5, 6, err), RV_ERROR_NOT_FOUND,
                   "no video");
    assert_refused(rv_store_move_video(fixture->store, id, "/x.mp4", -5, 6, err), RV_ERROR_ARGUMENT, "size");
    assert_ok(rv_store_move_video(fixture->store, id, "/new.mp4", 5, 6, err));
    assert_ok(rv_store_move_video(fixture->store, id, "/new.mp4", 7, 8, err));
    StoredVideo row = {0};
    bool found = false;
    assert_ok(rv_store_find_path(fixture->store, "/new.mp4", &row, &found, err));
    assert_true(found);
    assert_int_equal(row.size_bytes, 7);
    assert_int_equal(row.modified_ns, 8);
    assert_int_equal(row.video.frame_count, 2);
    rv_stored_video_clear(&row);
    assert_ok(rv_store_find_path(fixture->store, "/old.mp4", &row, &found, err));
    assert_false(found);
}

static void remove_video_takes_its_frames_and_no_others(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t a = begin(fixture->store, "/a.mp4"), b = begin(fixture->store, "/b.mp4");
    put(fixture->store, a, 1, 3);
    put(fixture->store, b, 1, 4);
    assert_ok(rv_store_remove_video(fixture->store, a, err));
    assert_refused(rv_store_remove_video(fixture->store, a, err), RV_ERROR_NOT_FOUND, "no video");
    assert_int_equal(frame_count(fixture->store, b), 4);
    uint8_t *jpeg = NULL;
    size_t size = 0;
    assert_refused(rv_store_picture(fixture->store, a, 1, &jpeg, &size, err), RV_ERROR_NOT_FOUND,
                   "no picture");
    assert_ok(rv_store_picture(fixture->store, b, 1, &jpeg, &size, err));
    free(jpeg);
    RvLibraryInfo info = {0};
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    assert_int_equal(info.frame_count, 4);
    assert_int_equal(count_faults(fixture->store), 0);
    assert_true(begin(fixture->store, "/c.mp4") > b);
}

static void paths_are_bytes(void **state)
{
    static const struct {
        const char *path, *why;
    } cases[] = {
        {"/it's \"quoted\" `so`; DROP TABLE videos; --.mp4", "SQL inside"},
        {"/new\nline\ttab\r.mp4", "control characters"},
        {"/\xff\xfe.mp4", "not UTF-8"},
        {"/\xc0\xaf.mp4", "overlong UTF-8"},
        {"/\xed\xa0\x80.mp4", "a surrogate"},
        {"/\xf4\x90\x80\x80.mp4", "over U+10FFFF"},
        {"/trunc\xe2\x82", "UTF-8 cut short"},
        {"/\xf0\x9f\x8e\xac \xe6\x98\xa0\xe7\x94\xbb.mp4", "UTF-8 of three and four bytes"},
        {"/%s%n%?#&.mp4", "signs of printf and of URIs"},
        {"relative/./../x", "not absolute"},
        {"https://host/a?b=c#d", "a URL"},
        {" ", "a space"},
    };
    Fixture *fixture = *state;
    char *huge = malloc(65536 + 1);
    memset(huge, '\xfe', 65536);
    huge[65536] = '\0';
    size_t count = sizeof cases / sizeof cases[0];
    for (size_t i = 0; i <= count; i++)
        begin(fixture->store, i < count ? cases[i].path : huge);
    reopen(fixture);
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_int_equal(videos.count, count + 1);
    for (size_t i = 1; i < videos.count; i++)
        assert_true(strcmp(videos.items[i - 1].path, videos.items[i].path) < 0);
    for (size_t i = 0; i <= count; i++) {
        const char *path = i < count ? cases[i].path : huge;
        StoredVideo row = {0};
        bool found = false;
        assert_ok(rv_store_find_path(fixture->store, path, &row, &found, err));
        if (!found || strcmp(row.video.path, path) != 0)
            fail_msg("not found again: %s", i < count ? cases[i].why : "64 KiB");
        rv_stored_video_clear(&row);
    }
    rv_videos_clear(&videos);
    free(huge);
}

static void glob_matches_path_or_last_part(void **state)
{
    static const struct {
        const char *glob, *path;
        bool matches;
        const char *why;
    } cases[] = {
        {NULL, "/a/b.mp4", true, "no pattern"},
        {"*.mp4", "/a/b.mp4", true, "last part"},
        {"b.*", "/a/b.mp4", true, "last part only"},
        {"B.*", "/a/b.mp4", false, "case counts"},
        {"/a/*", "/a/b/c.mp4", true, "a star crosses folders"},
        {"a/*", "/a/b.mp4", false, "the whole path or the last part, nothing between"},
        {"*/a/*", "/x/a/b.mp4", true, "with a star before"},
        {"?.mp4", "/a/b.mp4", true, "one character"},
        {"[ab].mp4", "/a/b.mp4", true, "a class"},
        {"", "/a/b.mp4", false, "the empty pattern matches the empty name only"},
        {"*", "", true, "star matches all"},
        {"v=1", "https://host/watch?v=1", false, "the last part of a URL has its query"},
        {"\xff*", "/a/\xff.mp4", true, "bytes that are not UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (rv_store_glob_matches(cases[i].glob, cases[i].path) != cases[i].matches)
            fail_msg("%s", cases[i].why);
    }
}

/* ---- frames ------------------------------------------------------------------------------------------- */

static void put_frames_again_replaces(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 4);
    put(fixture->store, id, 3, 4);
    float vector[TEST_DIMENSIONS], read[TEST_DIMENSIONS];
    make_unit_vector(77, TEST_DIMENSIONS, vector);
    FrameRecord twice[] = {{2, 1.5, vector, (const uint8_t *)"PICTURE new", 11},
                           {5, 4.5, vector, (const uint8_t *)"PICTURE old", 11},
                           {5, 4.75, vector, NULL, 0}};
    assert_ok(rv_store_put_frames(fixture->store, id, twice, 3, TEST_DIMENSIONS, err));
    assert_ok(rv_store_put_frames(fixture->store, id, twice, 0, TEST_DIMENSIONS, err));
    reopen(fixture);
    RvFrames frames = {0};
    assert_ok(rv_store_frames(fixture->store, id, &frames, err));
    static const double times[] = {0, 1.5, 2, 3, 4.75, 5};
    assert_int_equal(frames.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(frames.items[i].frame_number, i + 1);
        assert_true(frames.items[i].time_s == times[i]);
    }
    rv_frames_clear(&frames);
    assert_ok(rv_store_embedding(fixture->store, id, 2, read, TEST_DIMENSIONS, err));
    assert_memory_equal(read, vector, sizeof vector);
    make_unit_vector((uint64_t)(id * 1000003 + 3), TEST_DIMENSIONS, vector);
    assert_ok(rv_store_embedding(fixture->store, id, 3, read, TEST_DIMENSIONS, err));
    assert_memory_equal(read, vector, sizeof vector);
    uint8_t *jpeg = NULL;
    size_t size = 0;
    assert_ok(rv_store_picture(fixture->store, id, 2, &jpeg, &size, err));
    assert_int_equal(size, 11);
    assert_memory_equal(jpeg, "PICTURE new", 11);
    free(jpeg);
    assert_refused(rv_store_picture(fixture->store, id, 5, &jpeg, &size, err), RV_ERROR_NOT_FOUND, "frame 5");
    assert_null(jpeg);
}

static void put_frames_refuses_bad_values_and_writes_nothing(void **state)
{
    static float good[TEST_DIMENSIONS] = {1}, with_nan[TEST_DIMENSIONS] = {1, 0, NAN};
    static float with_infinity[TEST_DIMENSIONS] = {[TEST_DIMENSIONS - 1] = -INFINITY};
    static const struct {
        FrameRecord frame;
        const char *why;
    } cases[] = {
        {{0, 0, good, NULL, 0}, "the frame number is out of range"},
        {{-1, 0, good, NULL, 0}, "the frame number is out of range"},
        {{INT64_MIN, 0, good, NULL, 0}, "the frame number is out of range"},
        {{STORE_MAX_FRAME_NUMBER + 1, 0, good, NULL, 0}, "the frame number is out of range"},
        {{2, -0.5, good, NULL, 0}, "the time is negative"},
        {{2, NAN, good, NULL, 0}, "not finite"},
        {{2, INFINITY, good, NULL, 0}, "not finite"},
        {{2, 0, with_nan, NULL, 0}, "value that is not finite"},
        {{2, 0, with_infinity, NULL, 0}, "value that is not finite"},
        {{2, 0, NULL, NULL, 0}, "no embedding"},
        {{2, 0, good, (const uint8_t *)"", 0}, "the picture is empty"},
        {{2, 0, good, (const uint8_t *)"", STORE_MAX_PICTURE_BYTES + 1}, "too large"},
    };
    Fixture *fixture = *state;
    int64_t id = begin(fixture->store, "/a.mp4");
    FrameRecord pair[2] = {{1, 0, good, NULL, 0}};
    assert_refused(rv_store_put_frames(fixture->store, id, pair, 1, TEST_DIMENSIONS, err), RV_ERROR_ARGUMENT,
                   "no model has claimed");
    claim(fixture->store);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pair[1] = cases[i].frame;
        assert_refused(rv_store_put_frames(fixture->store, id, pair, 2, TEST_DIMENSIONS, err),
                       RV_ERROR_ARGUMENT, cases[i].why);
    }
    assert_refused(rv_store_put_frames(fixture->store, id, pair, 1, TEST_DIMENSIONS + 1, err),
                   RV_ERROR_MISMATCH, "8-dimension");
    assert_refused(rv_store_put_frames(fixture->store, 999, pair, 1, TEST_DIMENSIONS, err),
                   RV_ERROR_NOT_FOUND, "no video 999");
    assert_refused(rv_store_finish_video(fixture->store, id, NAN, err), RV_ERROR_ARGUMENT, "duration");
    assert_refused(rv_store_finish_video(fixture->store, 999, 1, err), RV_ERROR_NOT_FOUND, "no video");
    assert_refused(rv_store_fail_video(fixture->store, id, NULL, err), RV_ERROR_ARGUMENT, "message");
    assert_int_equal(frame_count(fixture->store, id), 0);
    pair[0].frame_number = STORE_MAX_FRAME_NUMBER;
    assert_ok(rv_store_put_frames(fixture->store, id, pair, 1, TEST_DIMENSIONS, err));
    assert_int_equal(frame_count(fixture->store, id), 1);
}

static void frame_reads_refuse_what_is_not_there(void **state)
{
    Fixture *fixture = *state;
    float vector[2 * TEST_DIMENSIONS];
    assert_refused(rv_store_embedding(fixture->store, 1, 1, vector, TEST_DIMENSIONS, err), RV_ERROR_NOT_FOUND,
                   "no f");
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 2);
    static const int64_t keys[][2] = {{1, 3}, {1, 0}, {2, 1}, {0, 1}, {-1, -1}, {INT64_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint8_t *jpeg = NULL;
        size_t size = 0;
        assert_refused(
            rv_store_embedding(fixture->store, keys[i][0], keys[i][1], vector, TEST_DIMENSIONS, err),
            RV_ERROR_NOT_FOUND, "no frame");
        assert_refused(rv_store_picture(fixture->store, keys[i][0], keys[i][1], &jpeg, &size, err),
                       RV_ERROR_NOT_FOUND, "no picture");
    }
    assert_refused(rv_store_embedding(fixture->store, id, 1, vector, 2 * TEST_DIMENSIONS, err),
                   RV_ERROR_MISMATCH, "8-dimension");
    assert_refused(rv_store_frames(fixture->store, 2, &(RvFrames){0}, err), RV_ERROR_NOT_FOUND, "no video 2");
}

/* ---- scan --------------------------------------------------------------------------------------------- */

typedef struct Seen {
    size_t rows, blocks, stop_after;
    int64_t last_video, last_number;
    double min_time, max_time;
    int64_t video_sum;
} Seen;

static RvStatus see_block(void *user, const FrameBlock *block, RvError *err)
{
    Seen *seen = user;
    assert_true(block->count > 0);
    assert_int_equal(block->dimensions, TEST_DIMENSIONS);
    assert_int_equal((uintptr_t)block->embeddings % 64, 0);
    for (size_t i = 0; i < block->count; i++) {
        int64_t video = block->video_ids[i], number = block->frame_numbers[i];
        assert_true(video > seen->last_video || (video == seen->last_video && number > seen->last_number));
        float expected[TEST_DIMENSIONS];
        make_unit_vector((uint64_t)(video * 1000003 + number), TEST_DIMENSIONS, expected);
        assert_memory_equal(expected, block->embeddings + i * TEST_DIMENSIONS, sizeof expected);
        assert_true(block->times_s[i] == (double)(number - 1));
        seen->last_video = video;
        seen->last_number = number;
        seen->video_sum += video;
        seen->min_time = seen->rows == 0 ? block->times_s[i] : fmin(seen->min_time, block->times_s[i]);
        seen->max_time = seen->rows == 0 ? block->times_s[i] : fmax(seen->max_time, block->times_s[i]);
        seen->rows++;
    }
    seen->blocks++;
    if (seen->stop_after > 0 && seen->blocks == seen->stop_after) {
        err->status = RV_ERROR_CANCELLED;
        snprintf(err->message, sizeof err->message, "stopped");
        return RV_ERROR_CANCELLED;
    }
    return RV_OK;
}

static void scan_gives_every_row_in_order(void **state)
{
    Fixture *fixture = *state;
    Seen seen = {0};
    assert_ok(rv_store_scan(fixture->store, NULL, see_block, &seen, err));
    assert_int_equal(seen.blocks, 0);
    claim(fixture->store);
    int64_t a = begin(fixture->store, "/z.mp4"), b = begin(fixture->store, "/a.mp4");
    put(fixture->store, b, 1, 5000);
    put(fixture->store, a, 101, 100);
    put(fixture->store, a, 1, 100);
    assert_ok(rv_store_scan(fixture->store, NULL, see_block, &seen, err));
    assert_int_equal(seen.rows, 5200);
    assert_int_equal(seen.blocks, 2);
    seen = (Seen){.stop_after = 1};
    assert_refused(rv_store_scan(fixture->store, NULL, see_block, &seen, err), RV_ERROR_CANCELLED, "stopped");
    assert_int_equal(seen.blocks, 1);
    put(fixture->store, a, 201, 1);
}

static void scan_filters_by_video_and_time(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t ids[4];
    static const char *const paths[] = {"/1", "/2", "/3", "/4"};
    for (size_t i = 0; i < 4; i++) {
        ids[i] = begin(fixture->store, paths[i]);
        put(fixture->store, ids[i], 1, 10);
    }
    int64_t some[] = {ids[2], ids[0], ids[2], 999, -3, INT64_MAX};
    double two = 2, five = 5, hundred = 100;
    const struct {
        FrameFilter filter;
        size_t rows;
        int64_t video_sum;
        const char *why;
    } cases[] = {
        {{NULL, 0, NULL, NULL}, 40, 10 * (1 + 2 + 3 + 4), "no filter"},
        {{some, 6, NULL, NULL}, 20, 10 * (1 + 3), "doubles and unknown ids count once and not at all"},
        {{some, 0, NULL, NULL}, 0, 0, "an empty list lets nothing through"},
        {{NULL, 0, &two, NULL}, 32, 8 * (1 + 2 + 3 + 4), "after is inclusive"},
        {{NULL, 0, NULL, &two}, 12, 3 * (1 + 2 + 3 + 4), "before is inclusive"},
        {{some, 6, &two, &five}, 8, 4 * (1 + 3), "all together"},
        {{NULL, 0, &five, &two}, 0, 0, "an empty span"},
        {{NULL, 0, &hundred, NULL}, 0, 0, "after the end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Seen seen = {0};
        assert_ok(rv_store_scan(fixture->store, &cases[i].filter, see_block, &seen, err));
        if (seen.rows != cases[i].rows || seen.video_sum != cases[i].video_sum)
            fail_msg("%s: %zu rows", cases[i].why, seen.rows);
    }
}

static void scan_and_count_take_ranges_of_keys(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t a = begin(fixture->store, "/a"), b = begin(fixture->store, "/b"), count = 0;
    put(fixture->store, a, 1, 10);
    put(fixture->store, b, 1, 10);
    const struct {
        KeyRange ranges[2];
        size_t range_count, rows;
        const char *why;
    } cases[] = {
        {{{rv_store_key(a, 3), rv_store_key(a, 3)}}, 1, 1, "one row"},
        {{{rv_store_key(a, 3), rv_store_key(a, 5)}, {rv_store_key(b, 10), rv_store_key(b, 20)}},
         2,
         4,
         "two ranges"},
        {{{rv_store_key(a, 9), rv_store_key(b, 2)}}, 1, 4, "over the end of a video"},
        {{{rv_store_key(a, 11), rv_store_key(b, 0)}}, 1, 0, "between videos"},
        {{{INT64_MIN, INT64_MAX}}, 1, 20, "all keys"},
        {{{INT64_MIN, 0}}, 1, 0, "keys of nothing"},
        {{{0}}, 0, 0, "no ranges"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Seen seen = {0};
        FrameFilter filter = {.ranges = cases[i].ranges, .range_count = cases[i].range_count};
        assert_ok(rv_store_scan(fixture->store, &filter, see_block, &seen, err));
        if (seen.rows != cases[i].rows)
            fail_msg("%s: %zu rows", cases[i].why, seen.rows);
        size_t counted = 0;
        for (size_t r = 0; r < cases[i].range_count; r++) {
            assert_ok(rv_store_count_frames(fixture->store, &cases[i].ranges[r], &count, err));
            counted += (size_t)count;
        }
        assert_int_equal(counted, cases[i].rows);
    }
    assert_ok(rv_store_count_frames(fixture->store, NULL, &count, err));
    assert_int_equal(count, 20);
    RvVideos videos = {0};
    assert_ok(rv_store_list_paths(fixture->store, &videos, err));
    assert_int_equal(videos.count, 2);
    assert_string_equal(videos.items[1].path, "/b");
    assert_int_equal(videos.items[1].video_id, b);
    assert_string_equal(videos.items[1].sampling, "interval:1");
    rv_videos_clear(&videos);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static void info_counts_and_measures(void **state)
{
    Fixture *fixture = *state;
    RvLibraryInfo info = {0};
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    assert_int_equal(info.frame_count, 0);
    assert_string_equal(info.model_name, "");
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    model.normalized = false;
    bool cosine = strcmp(fixture->backend->name, "mariadb") == 0;
    if (cosine) {
        assert_refused(rv_store_require_identity(fixture->store, &model, err), RV_ERROR_UNSUPPORTED,
                       "compares by cosine");
        model.normalized = true;
    }
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    int64_t a = begin(fixture->store, "/a.mp4"), b = begin(fixture->store, "/b.mp4");
    put(fixture->store, a, 1, 2);
    float longer[TEST_DIMENSIONS] = {3, 4}, shorter[TEST_DIMENSIONS] = {0, 0.5f};
    FrameRecord two[] = {{1, 0, longer, NULL, 0}, {2, 1, shorter, (const uint8_t *)"PICTURE x", 9}};
    assert_ok(rv_store_put_frames(fixture->store, b, two, 2, TEST_DIMENSIONS, err));
    assert_ok(rv_store_finish_video(fixture->store, a, 2, err));
    assert_ok(rv_store_fail_video(fixture->store, b, "broken", err));
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    if (fixture->backend->variable == NULL)
        assert_string_equal(info.uri, fixture->uri);
    assert_null(strchr(info.uri, '%')); // the password has some
    // SQLite libraries have a change log since version 2.
    assert_int_equal(info.schema_version, strcmp(fixture->backend->name, "sqlite") == 0 ? 2 : 1);
    assert_string_equal(info.model_name, "ViT-T/8");
    assert_int_equal(info.dimensions, TEST_DIMENSIONS);
    assert_true(info.normalized == cosine);
    assert_int_equal(info.video_count, 2);
    assert_int_equal(info.complete_count, 1);
    assert_int_equal(info.failed_count, 1);
    assert_int_equal(info.frame_count, 4);
    assert_int_equal(info.embedding_bytes, 4 * TEST_DIMENSIONS * 4);
    assert_int_equal(info.picture_bytes, 11 + 11 + 9);
    assert_true(info.size_bytes > info.embedding_bytes);
    assert_true(info.min_embedding_length == 0.5 && info.max_embedding_length == 5);
    assert_int_equal(info.min_picture_height, 360);
    assert_int_equal(info.max_picture_height, 360);
}

static void verify_finds_each_fault(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 3);
    assert_int_equal(count_faults(fixture->store), 0);
    put(fixture->store, id, 5, 1);
    assert_int_equal(count_faults(fixture->store), 0); // a gap, but the video is not complete
    assert_ok(rv_store_finish_video(fixture->store, id, 3, err));
    assert_int_equal(count_faults(fixture->store), 1);
    float vector[TEST_DIMENSIONS] = {0.5f};
    FrameRecord bad[] = {{4, 1, vector, (const uint8_t *)"JUNK", 4}};
    assert_ok(rv_store_put_frames(fixture->store, id, bad, 1, TEST_DIMENSIONS, err));
    assert_int_equal(count_faults(fixture->store),
                     3); // time falls, length is not 1, the picture does not decode
    vector[0] = 1;
    bad[0].time_s = 3;
    bad[0].jpeg = NULL;
    assert_ok(rv_store_put_frames(fixture->store, id, bad, 1, TEST_DIMENSIONS, err));
    assert_int_equal(count_faults(fixture->store), 1); // no picture
    int64_t empty = begin(fixture->store, "/b.mp4");
    assert_ok(rv_store_finish_video(fixture->store, empty, 3, err));
    assert_int_equal(count_faults(fixture->store), 2); // complete without frames
}

static void snapshot_refuses_writing(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 3);
    assert_ok(rv_store_begin_snapshot(fixture->store, err));
    assert_ok(rv_store_begin_snapshot(fixture->store, err));
    Seen seen = {0};
    assert_ok(rv_store_scan(fixture->store, NULL, see_block, &seen, err));
    rv_store_end_snapshot(fixture->store);
    assert_refused(rv_store_remove_video(fixture->store, id, err), RV_ERROR_INTERNAL, "snapshot");
    rv_store_end_snapshot(fixture->store);
    rv_store_end_snapshot(fixture->store);
    assert_ok(rv_store_remove_video(fixture->store, id, err));
}

static void open_refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *uri, *words;
        RvStatus status;
    } cases[] = {
#ifndef REELVEC_WITH_POSTGRES
        {"postgresql://host/db", "postgres: not in this build; configure with -Dpostgres=enabled",
         RV_ERROR_UNSUPPORTED},
        {"postgres://host/db", "postgres: not in this build", RV_ERROR_UNSUPPORTED},
#endif
#ifndef REELVEC_WITH_MYSQL
        {"mariadb://host/db", "mariadb: not in this build; configure with -Dmysql=enabled",
         RV_ERROR_UNSUPPORTED},
        {"SingleStore://host/db", "singlestore: not in this build", RV_ERROR_UNSUPPORTED},
#endif
        {"ftp://host/db", "unknown kind of library", RV_ERROR_UNSUPPORTED},
        {"memory:name", "has no name", RV_ERROR_ARGUMENT},
        {"", "empty", RV_ERROR_ARGUMENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        assert_refused(rv_store_open(cases[i].uri, &create_options, &store, err), cases[i].status,
                       cases[i].words);
        assert_null(store);
    }
    rv_store_close(NULL);
}

static const BackendCase cases[] = {
    CASE(identity_is_absent_then_kept),
    CASE(require_identity_refuses_other_models),
    CASE(library_without_frames_can_be_claimed_again),
    CASE(video_row_comes_back_as_written),
    CASE(find_content_prefers_a_complete_video),
    CASE(failed_video_keeps_its_frames_and_message),
    CASE(begin_video_refuses_a_taken_path_and_replaces),
    CASE(begin_video_refuses_bad_facts),
    CASE(move_video_changes_path_size_and_time),
    CASE(remove_video_takes_its_frames_and_no_others),
    CASE(paths_are_bytes),
    CASE(glob_matches_path_or_last_part),
    CASE(put_frames_again_replaces),
    CASE(put_frames_refuses_bad_values_and_writes_nothing),
    CASE(frame_reads_refuse_what_is_not_there),
    CASE(scan_gives_every_row_in_order),
    CASE(scan_filters_by_video_and_time),
    CASE(scan_and_count_take_ranges_of_keys),
    CASE(info_counts_and_measures),
    CASE(verify_finds_each_fault),
    CASE(snapshot_refuses_writing),
    CASE(open_refuses_what_it_does_not_know),
};

int main(void)
{
    return run_on_backends("store_contract", false, cases, sizeof cases / sizeof cases[0]);
}
