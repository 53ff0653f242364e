/* SPDX-License-Identifier: MIT */
/* Which packets of a stretch are decoded for which frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "video/frame_plan.h"
#include "video/video_clock.h"

#define PACKETS_MAX 12

// One letter per packet in decoding order: I restart, P referred to, b not, h hidden and referred to; its
// time in frames.
typedef struct PlanCase {
    const char *kinds;
    int times[PACKETS_MAX];
    size_t own_leading, next;
    bool whole_frames;
    unsigned wanted;  // bit t: the frame at time t
    const char *sent; // one letter per packet: x sent
    bool sure;
    const char *why;
} PlanCase;

static bool is_wanted(void *user, const FrameTiming *timing)
{
    unsigned wanted = *(const unsigned *)user;
    return (wanted >> (timing->from_us / 1000 % 32) & 1) != 0;
}

static void fill(const PlanCase *entry, PlanPacket *packets, PlanStretch *stretch)
{
    size_t count = strlen(entry->kinds);
    for (size_t i = 0; i < count; i++) {
        char kind = entry->kinds[i];
        packets[i] = (PlanPacket){.pts_us = entry->times[i] * INT64_C(1000),
                                  .duration_us = 1000,
                                  .keyframe = kind == 'I',
                                  .disposable = kind == 'b',
                                  .hidden = kind == 'h'};
    }
    *stretch = (PlanStretch){.packets = packets,
                             .count = count,
                             .own_leading = entry->own_leading,
                             .next = entry->next,
                             .whole_frames = entry->whole_frames,
                             .interval_us = 1000};
}

static void make_sends_what_the_wanted_frames_need(void **state)
{
    (void)state;
    static const PlanCase cases[] = {
        {"IPPP", {0, 1, 2, 3}, 0, 4, true, 1 << 0, "x---", true, "the first only"},
        {"IPPP", {0, 1, 2, 3}, 0, 4, true, 1 << 2, "xxx-", true, "up to the wanted one"},
        {"IPPP", {0, 1, 2, 3}, 0, 4, true, 0, "----", true, "none"},
        {"IPPPI",
         {0, 1, 2, 3, 4},
         0,
         4,
         true,
         1 << 4,
         "-----",
         true,
         "the next restart belongs to the next stretch"},
        {"IPbPb", {0, 2, 1, 4, 3}, 0, 5, true, 1 << 4, "xx-x-", true, "frames nobody refers to are left out"},
        {"IPbPb", {0, 2, 1, 4, 3}, 0, 5, true, 1 << 1, "xxx--", true, "a wanted one is not"},
        {"IPbPb", {0, 2, 1, 4, 3}, 0, 5, false, 1 << 1, "xxxxx", true, "fields: all or nothing"},
        {"IPbPb", {0, 2, 1, 4, 3}, 0, 5, false, 0, "-----", true, "fields: nothing"},
        {"IPIbb",
         {0, 1, 4, 2, 3},
         0,
         2,
         true,
         1 << 3,
         "xxx-x",
         true,
         "a leading picture of the next restart"},
        {"IPIbb", {0, 1, 4, 2, 3}, 0, 2, true, 1 << 1, "xx---", true, "not needed"},
        {"IbbPP",
         {3, 1, 2, 4, 5},
         2,
         5,
         true,
         1 << 5,
         "x--xx",
         true,
         "its own leading pictures are done with"},
        {"IhPPP", {0, 3, 1, 2, 4}, 0, 5, true, 1 << 3, "-----", true, "a hidden frame is never on screen"},
        {"IhPPP", {0, 3, 1, 2, 4}, 0, 5, true, 1 << 2, "xxxx-", true, "but others refer to it"},
        {"IPP", {0, 1, 1}, 0, 3, true, 1, "---", false, "the same time twice"},
        {"IPP", {0, 4000000, 4000001}, 0, 3, true, 1, "---", false, "more than an hour between frames"},
        {"IPPI", {0, 1, 5, 3}, 0, 3, true, 1, "----", false, "shown after the next restart"},
        {"IPP", {2, 1, 3}, 0, 3, true, 1 << 2, "---", false, "shown before its own restart"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const PlanCase *entry = &cases[i];
        PlanPacket packets[PACKETS_MAX];
        PlanStretch stretch;
        fill(entry, packets, &stretch);
        unsigned wanted = entry->wanted;
        FramePlan plan;
        RvError err;
        assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, &err), RV_OK);
        if (plan.sure != entry->sure)
            fail_msg("%s: sure %d", entry->why, plan.sure);
        for (size_t k = 0; k < stretch.count && plan.count > 0; k++) {
            bool sent = k <= plan.last_sent && packets[k].send;
            if (sent != (entry->sent[k] == 'x'))
                fail_msg("%s: packet %zu is %ssent", entry->why, k, sent ? "" : "not ");
        }
        if (plan.count == 0 && strchr(entry->sent, 'x') != NULL)
            fail_msg("%s: nothing is sent", entry->why);
        rv_plan_clear(&plan);
    }
}

static void end_of_last_is_where_players_stop(void **state)
{
    (void)state;
    static const struct {
        int64_t length_us, interval_us, end_us, expected_us;
        const char *why;
    } cases[] = {
        {40000, 50000, 0, 1040000, "its own length"},
        {0, 50000, 0, 1050000, "the average interval"},
        {40000, 40000, 1039500, 1040000, "a header's rounding is not believed"},
        {40000, 40000, 9000000, 1040000, "what goes on is the sound"},
        {22000000, 22000000, 1040000, 1040000, "an average where the header ends"},
        {0, 22000000, 1040000, 1040000, "the same, not even guessed"},
        {0, 22000000, 900000, 23000000, "a header that ends before the frame says nothing"},
        {7200000000, 40000, 0, 1040000, "two hours: not believed"},
        {7200000000, 40000, 7201000000, 7201000000, "but where the header says so"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t found =
            rv_plan_end_of_last(1000000, cases[i].length_us, cases[i].interval_us, cases[i].end_us);
        if (found != cases[i].expected_us)
            fail_msg("%s: %lld", cases[i].why, (long long)found);
    }
}

static void make_gives_times_on_screen(void **state)
{
    (void)state;
    static const PlanCase entry = {"IPbPbI", {10, 12, 11, 14, 13, 20}, 0, 5, true, ~0u, "", true, ""};
    PlanPacket packets[PACKETS_MAX];
    PlanStretch stretch;
    fill(&entry, packets, &stretch);
    stretch.is_first = true;
    stretch.keyframes_before = 7;
    unsigned wanted = ~0u;
    FramePlan plan;
    assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, NULL), RV_OK);
    assert_int_equal(plan.count, 5);
    assert_int_equal(plan.frames[0].timing.from_us, 0); // the video's first frame counts from zero
    assert_int_equal(plan.frames[0].timing.until_us, 11000);
    assert_int_equal(plan.frames[0].timing.keyframe_index, 7);
    assert_int_equal(plan.frames[4].timing.from_us, 14000);
    assert_int_equal(plan.frames[4].timing.until_us, 20000); // until the next restart
    assert_int_equal(plan.frames[4].timing.keyframe_index, 8);
    assert_int_equal(plan.last_us, 14000);
    assert_int_equal(plan.end_us, 20000);
    rv_plan_clear(&plan);
    stretch.next = stretch.count; // the video ends here: I at 20 is its last frame
    assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, NULL), RV_OK);
    assert_int_equal(plan.end_us, 21000);
    rv_plan_clear(&plan);
    packets[5].duration_us = 2 * CLOCK_JUMP_US; // not believed
    assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, NULL), RV_OK);
    assert_int_equal(plan.end_us, 21000);
    rv_plan_clear(&plan);
}

static void make_keeps_lower_layers(void **state)
{
    (void)state;
    // A picture that its own layer does not refer to may be referred to from the layers above.
    static const PlanCase entry = {"IPbbb", {0, 4, 2, 1, 3}, 0, 5, true, 1 << 4, "", true, ""};
    static const int layers[] = {0, 0, 1, 2, 2};
    PlanPacket packets[PACKETS_MAX];
    PlanStretch stretch;
    fill(&entry, packets, &stretch);
    for (size_t i = 0; i < 5; i++)
        packets[i].layer = layers[i];
    unsigned wanted = 1 << 3;
    FramePlan plan;
    assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, NULL), RV_OK);
    assert_true(packets[2].send);
    assert_false(packets[3].send);
    assert_true(packets[4].send);
    rv_plan_clear(&plan);
}

static void make_always_decodes_the_first_frame_of_the_video(void **state)
{
    (void)state;
    static const PlanCase entry = {"IPP", {0, 1, 2}, 0, 3, true, 0, "", true, ""};
    PlanPacket packets[PACKETS_MAX];
    PlanStretch stretch;
    fill(&entry, packets, &stretch);
    stretch.is_first = true;
    unsigned wanted = 0;
    FramePlan plan;
    assert_int_equal(rv_plan_make(&stretch, is_wanted, &wanted, &plan, NULL), RV_OK);
    assert_int_equal(plan.count, 1);
    assert_false(plan.frames[0].wanted);
    assert_int_equal(plan.last_sent, 0);
    rv_plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(make_sends_what_the_wanted_frames_need),
        cmocka_unit_test(end_of_last_is_where_players_stop),
        cmocka_unit_test(make_gives_times_on_screen),
        cmocka_unit_test(make_keeps_lower_layers),
        cmocka_unit_test(make_always_decodes_the_first_frame_of_the_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
