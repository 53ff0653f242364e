/* SPDX-License-Identifier: MIT */
/* Cutting a stream of packets into stretches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clips.h"
#include "video/packet_queue.h"
#include "video/video_reader.h"

static void find_stretch_cuts_at_restarts(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        size_t stretches, packets; // packets: from one restart to the next
        bool has_leading;
        const char *why;
    } cases[] = {
        {"gop50_closed.mp4", 6, 50, false, "IDR pictures"},
        {"gop50_open.mp4", 1, 300, false, "only the first keyframe is an IDR picture"},
        {"hevc_open.mp4", 6, 0, true, "CRA pictures with leading pictures"},
        {"mpeg2_open.ts", 0, 0, true, "open groups"},
        {"vp9.webm", 8, 40, false, "keyframes"},
        {"prores.mov", 50, 1, false, "every packet"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        VideoReader *reader;
        assert_int_equal(rv_video_open(path, NULL, &reader, NULL), RV_OK);
        PacketQueue queue;
        rv_packet_queue_init(&queue, reader);
        size_t stretches = 0, leading = 0, total = 0;
        for (;;) {
            QueueState state_found;
            assert_int_equal(rv_packet_queue_find_stretch(&queue, &state_found, NULL), RV_OK);
            if (state_found == QUEUE_EMPTY)
                break;
            assert_int_equal(state_found, QUEUE_STRETCH);
            assert_true(queue.packets[0].facts.restart);
            assert_false(queue.damaged);
            stretches++;
            leading += queue.own_leading;
            total += queue.next;
            if (cases[i].packets > 0 && queue.next < queue.count)
                assert_int_equal(queue.next, cases[i].packets);
            rv_packet_queue_pop_stretch(&queue);
        }
        if ((cases[i].stretches > 0 && stretches != cases[i].stretches) ||
            (leading > 0) != cases[i].has_leading)
            fail_msg("%s (%s): %zu stretches, %zu leading pictures", cases[i].clip, cases[i].why, stretches,
                     leading);
        assert_int_equal(total, queue.packets_read);
        assert_int_equal(queue.size_bytes, 0);
        rv_packet_queue_clear(&queue);
        rv_video_close(reader);
    }
}

static void find_stretch_gives_up_where_nothing_is_sure(void **state)
{
    (void)state;
    static const char *const clips[] = {"no_pts_h264.avi", "raw.h264"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        VideoReader *reader;
        assert_int_equal(rv_video_open(path, NULL, &reader, NULL), RV_OK);
        PacketQueue queue;
        rv_packet_queue_init(&queue, reader);
        QueueState found;
        assert_int_equal(rv_packet_queue_find_stretch(&queue, &found, NULL), RV_OK);
        assert_int_equal(found, QUEUE_UNSURE);
        assert_true(queue.count > 0); // what was read is still there to be decoded
        rv_packet_queue_clear(&queue);
        rv_video_close(reader);
    }
}

static void find_stretch_stops_at_its_limit(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("plain.mp4", path, sizeof path))
        skip();
    VideoReader *reader;
    assert_int_equal(rv_video_open(path, NULL, &reader, NULL), RV_OK);
    PacketQueue queue;
    rv_packet_queue_init(&queue, reader);
    bool got;
    assert_int_equal(rv_packet_queue_read(&queue, &got, NULL), RV_OK);
    assert_true(got);
    size_t size_bytes = queue.size_bytes;
    queue.size_bytes = QUEUE_MAX_BYTES; // as if the packet were a large one
    QueueState found;
    assert_int_equal(rv_packet_queue_find_stretch(&queue, &found, NULL), RV_OK);
    assert_int_equal(found, QUEUE_UNSURE);
    assert_int_equal(queue.count, 1);
    queue.size_bytes = size_bytes;
    rv_packet_queue_clear(&queue);
    rv_video_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_stretch_cuts_at_restarts),
        cmocka_unit_test(find_stretch_gives_up_where_nothing_is_sure),
        cmocka_unit_test(find_stretch_stops_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
