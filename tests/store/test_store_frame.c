/* SPDX-License-Identifier: MIT */
/* The store's contract about frames: writing, reading, scanning, pictures. */
#include "contract.h"

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

/* ---- pictures in blocks ------------------------------------------------------------------------------- */

#define MANY_FRAMES 600
#define LARGE_BYTES ((size_t)3 << 20)

static void expect_same_picture(Store *store, PictureReader *reader, int64_t video_id, int64_t frame_number)
{
    uint8_t *expected = NULL;
    const uint8_t *found = NULL;
    size_t expected_bytes = 0, found_bytes = 0;
    RvStatus wanted = rv_store_picture(store, video_id, frame_number, &expected, &expected_bytes, NULL);
    RvError error = {0};
    RvStatus status = rv_pictures_get(reader, video_id, frame_number, &found, &found_bytes, &error);
    if (status != wanted || found_bytes != expected_bytes ||
        (status == RV_OK && memcmp(found, expected, found_bytes) != 0))
        fail_msg("video %lld, frame %lld: %s, %zu bytes", (long long)video_id, (long long)frame_number,
                 rv_status_name(status), found_bytes);
    assert_true(status == RV_OK || status == RV_ERROR_NOT_FOUND);
    free(expected);
}

static void pictures_in_blocks_are_those_of_one_by_one(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture->store;
    claim(store);
    int64_t many = begin(store, "/many.mp4"), large = begin(store, "/large.mp4");
    put(store, many, 1, MANY_FRAMES);
    float vector[TEST_DIMENSIONS] = {1};
    FrameRecord bare[] = {
        {3, 2, vector, NULL, 0}, {256, 255, vector, NULL, 0}, {MANY_FRAMES, 1e3, vector, NULL, 0}};
    assert_ok(rv_store_put_frames(store, many, bare, 3, TEST_DIMENSIONS, err));
    // More than a block may hold.
    uint8_t *jpeg = malloc(LARGE_BYTES);
    assert_non_null(jpeg);
    for (int i = 1; i <= 5; i++) {
        memset(jpeg, i, LARGE_BYTES);
        FrameRecord frame = {i, i, vector, jpeg, LARGE_BYTES - (size_t)i};
        assert_ok(rv_store_put_frames(store, large, &frame, 1, TEST_DIMENSIONS, err));
    }
    free(jpeg);
    PictureReader *reader = NULL;
    assert_ok(rv_pictures_open(store, &reader, err));
    for (int64_t number = 1; number <= MANY_FRAMES + 1; number++)
        expect_same_picture(store, reader, many, number);
    for (int64_t number = 1; number <= 6; number++)
        expect_same_picture(store, reader, large, number);
    static const int64_t out_of_order[] = {5, 2, 300, 1, 700, 599};
    for (size_t i = 0; i < sizeof out_of_order / sizeof out_of_order[0]; i++)
        expect_same_picture(store, reader, many, out_of_order[i]);
    expect_same_picture(store, reader, large + 1, 1);
    rv_pictures_close(reader);
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
    assert_string_equal(videos.items[1].state_name, "indexing");
    rv_videos_clear(&videos);
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

static const BackendCase cases[] = {
    CASE(put_frames_again_replaces),
    CASE(put_frames_refuses_bad_values_and_writes_nothing),
    CASE(frame_reads_refuse_what_is_not_there),
    CASE(pictures_in_blocks_are_those_of_one_by_one),
    CASE(scan_gives_every_row_in_order),
    CASE(scan_filters_by_video_and_time),
    CASE(scan_and_count_take_ranges_of_keys),
    CASE(snapshot_refuses_writing),
};

int main(void)
{
    return run_on_backends("store_frame_contract", ANY_BACKEND, cases, sizeof cases / sizeof cases[0]);
}
