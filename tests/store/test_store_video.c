/* SPDX-License-Identifier: MIT */
/* The store's contract about videos. */
#include "contract.h"

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
    assert_string_equal(row.video.state_name, "indexing");
    assert_int_equal(row.video.state, RV_VIDEO_INDEXING);
    assert_string_equal(rv_video_state_name(row.video.state), "indexing");
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
    assert_string_equal(row.video.state_name, "complete");
    assert_int_equal(row.video.state, RV_VIDEO_COMPLETE);
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
    assert_string_equal(videos.items[0].state_name, "failed");
    assert_int_equal(videos.items[0].state, RV_VIDEO_FAILED);
    assert_string_equal(videos.items[0].error, "a.mp4: it's \"broken\"\n\xff");
    assert_int_equal(videos.items[0].frame_count, 3);
    rv_videos_clear(&videos);
    assert_ok(rv_store_finish_video(fixture->store, id, 3, err));
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_string_equal(videos.items[0].error, "");
    rv_videos_clear(&videos);
}

static void damaged_video_is_complete_and_says_so(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 3);
    assert_ok(rv_store_note_damage(fixture->store, id, "damaged after 1 s", err));
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_string_equal(videos.items[0].state_name, "indexing");
    assert_string_equal(videos.items[0].error, "damaged after 1 s");
    rv_videos_clear(&videos);
    assert_ok(
        rv_store_finish_damaged(fixture->store, id, 13.25, "damaged after 1 s; cut short after 3 s", err));
    reopen(fixture);
    RvLibraryInfo info;
    assert_ok(rv_store_list_videos(fixture->store, &videos, err));
    assert_string_equal(videos.items[0].state_name, "complete");
    assert_string_equal(videos.items[0].error, "damaged after 1 s; cut short after 3 s");
    assert_true(videos.items[0].duration_s == 13.25);
    rv_videos_clear(&videos);
    assert_ok(rv_store_info(fixture->store, NULL, &info, err));
    assert_int_equal(info.complete_count, 1);
    assert_int_equal(info.damaged_count, 1);
    assert_ok(rv_store_finish_video(fixture->store, id, 13.25, err));
    assert_ok(rv_store_info(fixture->store, NULL, &info, err));
    assert_int_equal(info.damaged_count, 0);
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

static const BackendCase cases[] = {
    CASE(video_row_comes_back_as_written),
    CASE(find_content_prefers_a_complete_video),
    CASE(failed_video_keeps_its_frames_and_message),
    CASE(damaged_video_is_complete_and_says_so),
    CASE(begin_video_refuses_a_taken_path_and_replaces),
    CASE(begin_video_refuses_bad_facts),
    CASE(move_video_changes_path_size_and_time),
    CASE(remove_video_takes_its_frames_and_no_others),
    CASE(paths_are_bytes),
};

int main(void)
{
    return run_on_backends("store_video_contract", ANY_BACKEND, cases, sizeof cases / sizeof cases[0]);
}
