/* SPDX-License-Identifier: MIT */
/* Wanted frames with their time on screen; choice and short cuts are tested in tests/sampling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "clips.h"
#include "numbered_frames.h"
#include "video/frame_stream.h"

static bool want_all(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

static bool want_none(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return false;
}

static bool want_near_11_s(void *user, const FrameTiming *timing)
{
    (void)user;
    return timing->from_us >= 11000000 && timing->from_us < 11100000;
}

static void next_covers_the_video_without_gaps(void **state)
{
    (void)state;
    static const char *const clips[] = {"gop50_closed.mp4", "hevc_open.mp4",    "mpeg2_open.ts",
                                        "vfr.mkv",          "no_pts_mpeg4.avi", "raw.h264",
                                        "edit_list.mp4",    "late_video.mkv"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        VideoReader *reader;
        FrameStream *stream;
        assert_int_equal(rv_video_open(path, NULL, &reader, NULL), RV_OK);
        FrameStreamOptions options = {.wanted = want_all};
        assert_int_equal(rv_frames_open(reader, &options, &stream, NULL), RV_OK);
        TimedFrame frame = {0};
        int64_t until_us = 0; // the first frame counts from zero
        for (;;) {
            bool end;
            assert_int_equal(rv_frames_next(stream, &frame, &end, NULL), RV_OK);
            if (end)
                break;
            if (frame.timing.from_us != until_us || frame.timing.until_us <= until_us)
                fail_msg("%s: a frame from %lld to %lld us after %lld us", clips[i],
                         (long long)frame.timing.from_us, (long long)frame.timing.until_us,
                         (long long)until_us);
            until_us = frame.timing.until_us;
            assert_int_equal(rv_frames_end_us(stream), 0);
        }
        assert_int_equal(rv_frames_end_us(stream), until_us);
        bool end = false;
        assert_int_equal(rv_frames_next(stream, &frame, &end, NULL), RV_OK);
        assert_true(end); // and stays at its end
        rv_frame_clear(&frame.frame);
        rv_frames_close(stream);
        rv_video_close(reader);
    }
}

static size_t decode_wanted(const char *path, FrameWanted wanted, int *number, FrameStreamStats *stats)
{
    VideoReader *reader;
    FrameStream *stream;
    assert_int_equal(rv_video_open(path, NULL, &reader, NULL), RV_OK);
    FrameStreamOptions options = {.wanted = wanted};
    assert_int_equal(rv_frames_open(reader, &options, &stream, NULL), RV_OK);
    TimedFrame frame = {0};
    size_t count = 0;
    for (bool end = false;; count++) {
        assert_int_equal(rv_frames_next(stream, &frame, &end, NULL), RV_OK);
        if (end)
            break;
        if (count == 0)
            *number = frame_number_shown(&frame.frame);
    }
    *stats = rv_frames_stats(stream);
    rv_frame_clear(&frame.frame);
    rv_frames_close(stream);
    rv_video_close(reader);
    return count;
}

static void next_jumps_to_the_wanted_frames(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("gop50_closed.mp4", path, sizeof path))
        skip();
    int number = -1;
    FrameStreamStats stats;
    assert_int_equal(decode_wanted(path, want_none, &number, &stats), 0);
    assert_int_equal(stats.packets_decoded, 1); // the first frame, for time zero
    assert_int_equal(decode_wanted(path, want_near_11_s, &number, &stats), 3);
    assert_int_equal(number, 275);
    assert_true(stats.packets_decoded < 30);
    assert_int_equal(stats.packets_read, 300);
}

// A copy of an MP4 clip in which a part of the packets' bytes (0 to 1 of them) is zero; its index must stand
// in front.
static void write_blank(const char *source, const char *path, double from, double to)
{
    FILE *in = fopen(source, "rb");
    assert_non_null(in);
    static uint8_t bytes[1 << 20];
    size_t size_bytes = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    uint8_t *packets = memmem(bytes, size_bytes, "mdat", 4);
    assert_non_null(packets);
    double packets_bytes = (double)(bytes + size_bytes - packets - 4);
    size_t first = (size_t)(packets_bytes * from), last = (size_t)(packets_bytes * to);
    memset(packets + 4 + first, 0, last - first);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size_bytes, out), size_bytes);
    assert_int_equal(fclose(out), 0);
}

static void next_says_so_where_nothing_can_be_decoded(void **state)
{
    (void)state;
    char source[2048], path[2048];
    if (!clip_path("front_moov.mp4", source, sizeof source))
        skip();
    build_path("frame-stream-blank.mp4", path, sizeof path);
    write_blank(source, path, 0, 1);
    VideoReader *reader;
    FrameStream *stream;
    RvError err = {0};
    if (rv_video_open(path, NULL, &reader, &err) != RV_OK)
        fail_msg("%s", err.message);
    FrameStreamOptions options = {.wanted = want_all};
    assert_int_equal(rv_frames_open(reader, &options, &stream, &err), RV_OK);
    TimedFrame frame = {0};
    bool end = false;
    assert_int_equal(rv_frames_next(stream, &frame, &end, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "not one frame"));
    rv_frame_clear(&frame.frame);
    rv_frames_close(stream);
    rv_video_close(reader);
    remove(path);
}

static void next_decodes_a_damaged_stretch_whole(void **state)
{
    (void)state;
    char source[2048], path[2048];
    if (!clip_path("front_moov.mp4", source, sizeof source))
        skip();
    build_path("frame-stream-damaged.mp4", path, sizeof path);
    write_blank(source, path, 0.4, 0.5);
    int number = -1;
    FrameStreamStats stats;
    size_t count = decode_wanted(path, want_all, &number, &stats);
    assert_int_equal(number, 0);
    assert_true(stats.packets_damaged > 0);
    assert_true(count > 50 && count < 100);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_covers_the_video_without_gaps),
        cmocka_unit_test(next_jumps_to_the_wanted_frames),
        cmocka_unit_test(next_says_so_where_nothing_can_be_decoded),
        cmocka_unit_test(next_decodes_a_damaged_stretch_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
