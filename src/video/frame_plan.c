/* SPDX-License-Identifier: MIT */
/* From the time stamps of a stretch of packets: which frames are wanted, and which packets must be decoded
 * for them. */
#include "video/frame_plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "video/video_clock.h"

typedef struct Shown {
    int64_t pts_us;
    size_t packet;
} Shown;

static int by_time(const void *left, const void *right)
{
    const Shown *a = left, *b = right;
    return (a->pts_us > b->pts_us) - (a->pts_us < b->pts_us);
}

// Collect the frames of the stretch that are shown, sorted by time. Returns false if packet order and time
// stamps contradict each other.
static bool collect_shown(const PlanStretch *stretch, Shown *shown, size_t *shown_count)
{
    size_t count = 0;
    bool has_next = stretch->next < stretch->count;
    int64_t start_us = stretch->packets[0].pts_us;
    for (size_t i = 0; i < stretch->count; i++) {
        const PlanPacket *packet = &stretch->packets[i];
        if (packet->hidden || i == stretch->next || (i >= 1 && i <= stretch->own_leading))
            continue;
        if (packet->pts_us < start_us ||
            (has_next && packet->pts_us >= stretch->packets[stretch->next].pts_us))
            return false;
        shown[count++] = (Shown){.pts_us = packet->pts_us, .packet = i};
    }
    qsort(shown, count, sizeof *shown, by_time);
    for (size_t i = 1; i < count; i++) {
        int64_t step_us = shown[i].pts_us - shown[i - 1].pts_us;
        bool pause = step_us <= CLOCK_JUMP_US || shown[i].pts_us <= stretch->end_us;
        if (step_us <= 0 || !pause)
            return false;
    }
    *shown_count = count;
    return true;
}

int64_t rv_plan_end_of_last(int64_t last_us, int64_t length_us, int64_t interval_us, int64_t end_us)
{
    bool believable = length_us > 0 && (length_us <= CLOCK_JUMP_US || last_us + length_us <= end_us);
    if (!believable)
        length_us = interval_us;
    // FFmpeg also uses the average interval for a frame whose length is unknown.
    bool ends_before = end_us > last_us && end_us < last_us + length_us / 2;
    return ends_before ? end_us : last_us + length_us;
}

// Returns when the last frame of the stretch leaves the screen: at the next restart, or at the end of the
// video.
static int64_t end_of_stretch(const PlanStretch *stretch, const Shown *last)
{
    if (stretch->next < stretch->count)
        return stretch->packets[stretch->next].pts_us;
    return rv_plan_end_of_last(last->pts_us, stretch->packets[last->packet].duration_us, stretch->interval_us,
                               stretch->end_us);
}

// Ask for each shown frame whether it is wanted, and add those that must be decoded to the plan.
static void choose(const PlanStretch *stretch, const Shown *shown, size_t shown_count, FrameWanted wanted,
                   void *user, FramePlan *plan)
{
    for (size_t i = 0; i < shown_count; i++) {
        const PlanPacket *packet = &stretch->packets[shown[i].packet];
        bool is_first = stretch->is_first && i == 0;
        FrameTiming timing = {.from_us = is_first && shown[i].pts_us > 0 ? 0 : shown[i].pts_us,
                              .until_us = i + 1 < shown_count ? shown[i + 1].pts_us : plan->end_us,
                              .keyframe = packet->keyframe,
                              .keyframe_index = stretch->keyframes_before + plan->keyframe_count};
        plan->keyframe_count += packet->keyframe ? 1 : 0;
        bool is_wanted = wanted(user, &timing);
        // The first frame is always decoded because time zero depends on it.
        if (is_wanted || is_first)
            plan->frames[plan->count++] =
                (PlannedFrame){.packet = shown[i].packet, .timing = timing, .wanted = is_wanted};
    }
}

// Mark the packets that the decoder needs. Within a stretch any packet may refer to any earlier one, so
// everything up to the last planned frame is sent, except packets that no frame refers to (disposable ones of
// the highest layer) and leading pictures of the stretch before. If packets are not whole frames, the whole
// stretch is sent.
static void mark_sent(PlanStretch *stretch, FramePlan *plan)
{
    if (plan->count == 0)
        return;
    int top_layer = 0;
    for (size_t i = 0; i < stretch->count; i++) {
        stretch->packets[i].send = false;
        if (stretch->packets[i].layer > top_layer)
            top_layer = stretch->packets[i].layer;
    }
    plan->last_sent = stretch->whole_frames ? 0 : stretch->count - 1;
    for (size_t i = 0; i < plan->count; i++) {
        size_t packet = plan->frames[i].packet;
        stretch->packets[packet].send = true;
        if (packet > plan->last_sent)
            plan->last_sent = packet;
    }
    for (size_t i = 0; i <= plan->last_sent; i++) {
        PlanPacket *packet = &stretch->packets[i];
        bool foreign = i >= 1 && i <= stretch->own_leading;
        bool droppable = stretch->whole_frames && packet->disposable && packet->layer == top_layer;
        packet->send = !foreign && (packet->send || !droppable);
    }
}

RvStatus rv_plan_make(PlanStretch *stretch, FrameWanted wanted, void *user, FramePlan *out, RvError *err)
{
    *out = (FramePlan){0};
    Shown *shown = rv_mem_alloc(stretch->count, sizeof *shown, err);
    out->frames = rv_mem_alloc(stretch->count, sizeof *out->frames, err);
    if (shown == NULL || out->frames == NULL) {
        free(shown);
        rv_plan_clear(out);
        return RV_ERROR_MEMORY;
    }
    size_t shown_count = 0;
    out->sure = collect_shown(stretch, shown, &shown_count);
    out->shown_count = shown_count;
    if (out->sure && shown_count > 0) {
        out->last_us = shown[shown_count - 1].pts_us;
        out->end_us = end_of_stretch(stretch, &shown[shown_count - 1]);
        choose(stretch, shown, shown_count, wanted, user, out);
        mark_sent(stretch, out);
    }
    free(shown);
    return RV_OK;
}

void rv_plan_clear(FramePlan *plan)
{
    free(plan->frames);
    *plan = (FramePlan){0};
}
