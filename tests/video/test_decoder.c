/* SPDX-License-Identifier: MIT */
/* Packets in, frames with time stamps out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clips.h"
#include "numbered_frames.h"
#include "video/decoder.h"
#include "video/video_reader.h"

typedef struct Opened {
    VideoReader *reader;
    Decoder *decoder;
    AVPacket *packet;
} Opened;

static int open_clip(const char *clip, Opened *opened)
{
    char path[2048];
    if (!clip_path(clip, path, sizeof path))
        return 0;
    assert_int_equal(rv_video_open(path, NULL, &opened->reader, NULL), RV_OK);
    assert_int_equal(rv_decoder_open(opened->reader, &opened->decoder, NULL), RV_OK);
    opened->packet = av_packet_alloc();
    assert_non_null(opened->packet);
    return 1;
}

static void close_clip(Opened *opened)
{
    av_packet_free(&opened->packet);
    rv_decoder_close(opened->decoder);
    rv_video_close(opened->reader);
}

// The next frame; false after the last.
static bool next_frame(Opened *opened, DecodedFrame *decoded)
{
    for (;;) {
        DecoderEvent event;
        assert_int_equal(rv_decoder_receive(opened->decoder, &event, decoded, NULL), RV_OK);
        if (event == DECODER_FRAME)
            return true;
        if (event == DECODER_DRAINED)
            return false;
        assert_int_equal(event, DECODER_WANTS_PACKET);
        bool end;
        assert_int_equal(rv_video_read_packet(opened->reader, opened->packet, &end, NULL), RV_OK);
        assert_int_equal(rv_decoder_send(opened->decoder, end ? NULL : opened->packet, NULL), RV_OK);
        av_packet_unref(opened->packet);
    }
}

static void receive_gives_all_frames_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        int ticks; // from frame to frame; 0: no time stamps
        const char *why;
    } cases[] = {
        {"plain.mp4", 512, "time stamps of the frames"},
        {"gop50_open.mp4", 512, "B-frames"},
        {"no_pts_h264.avi", 1, "decoding times, sorted"},
        {"no_pts_mpeg4.avi", 1, "the same"},
        {"raw.h264", 0, "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Opened opened;
        if (!open_clip(cases[i].clip, &opened))
            skip();
        DecodedFrame decoded;
        int64_t first = 0;
        int count = 0;
        for (; next_frame(&opened, &decoded); count++) {
            if (decoded.has_pts != (cases[i].ticks > 0))
                fail_msg("%s (%s): frame %d has time %d", cases[i].clip, cases[i].why, count,
                         decoded.has_pts);
            first = count == 0 ? decoded.pts : first;
            if (cases[i].ticks > 0 && decoded.pts - first != (int64_t)count * cases[i].ticks)
                fail_msg("%s (%s): frame %d at %lld", cases[i].clip, cases[i].why, count,
                         (long long)decoded.pts);
            Frame frame;
            assert_int_equal(rv_decoder_take(opened.reader, decoded.av, &frame, NULL), RV_OK);
            assert_int_equal(frame_number_shown(&frame), count);
            rv_frame_clear(&frame);
        }
        assert_true(count >= 100);
        close_clip(&opened);
    }
}

static void receive_marks_keyframes(void **state)
{
    (void)state;
    Opened opened;
    if (!open_clip("gop50_closed.mp4", &opened))
        skip();
    DecodedFrame decoded;
    for (int count = 0; next_frame(&opened, &decoded); count++)
        assert_int_equal(decoded.keyframe, count % 50 == 0);
    close_clip(&opened);
}

static void receive_tells_of_damage_and_goes_on(void **state)
{
    (void)state;
    Opened opened;
    if (!open_clip("prores.mov", &opened))
        skip();
    static uint8_t nonsense[64 + AV_INPUT_BUFFER_PADDING_SIZE] = {0, 0, 0, 60, 1, 2, 3, 4};
    AVPacket *bad = av_packet_alloc();
    assert_non_null(bad);
    bad->data = nonsense;
    bad->size = 64;
    int damaged = 0, frames = 0;
    bool end = false, drained = false;
    assert_int_equal(rv_decoder_send(opened.decoder, bad, NULL), RV_OK);
    while (!drained) {
        DecoderEvent event;
        DecodedFrame decoded;
        assert_int_equal(rv_decoder_receive(opened.decoder, &event, &decoded, NULL), RV_OK);
        damaged += event == DECODER_DAMAGED;
        frames += event == DECODER_FRAME;
        drained = event == DECODER_DRAINED;
        if (event == DECODER_WANTS_PACKET) {
            assert_int_equal(rv_video_read_packet(opened.reader, opened.packet, &end, NULL), RV_OK);
            assert_int_equal(rv_decoder_send(opened.decoder, end ? NULL : opened.packet, NULL), RV_OK);
            av_packet_unref(opened.packet);
        }
    }
    assert_int_equal(damaged, 1);
    assert_int_equal(frames, 50);
    bad->data = NULL;
    bad->size = 0;
    av_packet_free(&bad);
    close_clip(&opened);
}

static void take_reads_turn_and_shape(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        int quarter_turns;
        bool mirrored;
        int aspect_num, aspect_den;
    } cases[] = {
        {"shape.mp4", 0, false, 1, 1},      {"turn90.mp4", 1, false, 1, 1},
        {"turn180.mp4", 2, false, 1, 1},    {"turn270.mp4", 3, false, 1, 1},
        {"mirrored.mp4", 0, true, 1, 1},    {"mirrored90.mp4", 1, true, 1, 1},
        {"aspect_4_3.mp4", 0, false, 4, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Opened opened;
        if (!open_clip(cases[i].clip, &opened))
            skip();
        DecodedFrame decoded;
        assert_true(next_frame(&opened, &decoded));
        Frame frame;
        assert_int_equal(rv_decoder_take(opened.reader, decoded.av, &frame, NULL), RV_OK);
        if (frame.quarter_turns != cases[i].quarter_turns || frame.mirrored != cases[i].mirrored ||
            frame.sample_aspect_num != cases[i].aspect_num || frame.sample_aspect_den != cases[i].aspect_den)
            fail_msg("%s: %d turns, mirrored %d, pixels %d:%d", cases[i].clip, frame.quarter_turns,
                     frame.mirrored, frame.sample_aspect_num, frame.sample_aspect_den);
        rv_frame_clear(&frame);
        close_clip(&opened);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receive_gives_all_frames_in_order),
        cmocka_unit_test(receive_marks_keyframes),
        cmocka_unit_test(receive_tells_of_damage_and_goes_on),
        cmocka_unit_test(take_reads_turn_and_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
