/* SPDX-License-Identifier: MIT */
/* The best moments of all videos, where no video is read, and no score is asked for, that cannot be among them.
 *
 * A lead is a video, or a frame of one that is open, with the highest score that it may have. The highest lead is taken
 * from the heap: a video is opened, and its frames become leads; a frame gets its score, and goes back; a frame with its
 * score is the best of all that are left, so the next moment is around it. */
#include "search/moment_leads.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "search/query_options.h"

typedef struct Lead {
    double high;
    int64_t frame_number; // 0: the video is not open
    size_t frame;         // its place in the curve
    uint32_t video;
    bool is_score;
} Lead;

typedef struct Leads {
    MomentFinder *finder;
    Lead *heap;
    size_t count, capacity;
} Leads;

/* What is no score yet may be as high as it, and then be of an earlier video. */
static bool comes_first(const Lead *one, const Lead *other)
{
    if (one->high != other->high)
        return one->high > other->high;
    if (one->is_score != other->is_score)
        return !one->is_score;
    if (one->video != other->video)
        return one->video < other->video;
    return one->frame_number < other->frame_number;
}

static RvStatus push(Leads *leads, const Lead *lead, RvError *err)
{
    if (leads->count == leads->capacity) {
        Lead *heap = rv_mem_grow(leads->heap, &leads->capacity, leads->count + 1, sizeof *heap, err);
        if (heap == NULL)
            return RV_ERROR_MEMORY;
        leads->heap = heap;
    }
    size_t at = leads->count++;
    for (; at > 0 && comes_first(lead, &leads->heap[(at - 1) / 2]); at = (at - 1) / 2)
        leads->heap[at] = leads->heap[(at - 1) / 2];
    leads->heap[at] = *lead;
    return RV_OK;
}

static Lead take_first(Leads *leads)
{
    Lead first = leads->heap[0], last = leads->heap[--leads->count];
    size_t at = 0;
    for (size_t child = 1; child < leads->count; child = 2 * at + 1) {
        if (child + 1 < leads->count && comes_first(&leads->heap[child + 1], &leads->heap[child]))
            child++;
        if (!comes_first(&leads->heap[child], &last))
            break;
        leads->heap[at] = leads->heap[child];
        at = child;
    }
    if (leads->count > 0)
        leads->heap[at] = last;
    return first;
}

/* Only frames that may begin a moment become leads. */
static RvStatus open_video(Leads *leads, uint32_t video, RvError *err)
{
    const RvSearchOptions *options = leads->finder->options;
    ScoreCurve *curve = NULL;
    RvStatus status = rv_moments_curve(leads->finder, video, &curve, err);
    if (status != RV_OK || curve == NULL)
        return status;
    for (size_t i = curve->allowed.first; status == RV_OK && i <= curve->allowed.last; i++) {
        const RvFrameScore *frame = &curve->frames[i];
        Lead lead = {rv_borders_high(curve, i), frame->frame_number, i, video, rv_borders_is_score(curve, i)};
        if (rv_query_time_passes(options, frame->time_s) && rv_query_score_passes(options, lead.high) &&
            (!curve->stands_out || rv_borders_may_stand_out(curve, i)))
            status = push(leads, &lead, err);
    }
    return status;
}

static RvStatus follow(Leads *leads, Lead *lead, RvError *err)
{
    ScoreCurve *curve = NULL;
    RvStatus status = rv_moments_curve(leads->finder, lead->video, &curve, err);
    if (status != RV_OK || curve->taken[lead->frame])
        return status;
    double score = rv_borders_score(curve, lead->frame);
    if (lead->is_score) {
        Candidate frame = {score, lead->video, lead->frame_number, curve->frames[lead->frame].time_s};
        return rv_moments_add(leads->finder, &frame, err);
    }
    lead->high = score;
    lead->is_score = true;
    return rv_query_score_passes(leads->finder->options, score) ? push(leads, lead, err) : RV_OK;
}

RvStatus rv_moment_leads_follow(MomentFinder *finder, const double *highs,
                                RvStatus (*goes_on)(void *user, RvError *err), void *user, RvError *err)
{
    Leads leads = {.finder = finder};
    RvStatus status = RV_OK;
    for (size_t video = 0; status == RV_OK && video < finder->videos->count; video++) {
        Lead lead = {.high = highs[video], .video = (uint32_t)video};
        if (highs[video] > -INFINITY && rv_query_score_passes(finder->options, highs[video]))
            status = push(&leads, &lead, err);
    }
    while (status == RV_OK && leads.count > 0 && finder->count < finder->options->top) {
        Lead lead = take_first(&leads);
        status = lead.frame_number == 0 ? open_video(&leads, lead.video, err) : follow(&leads, &lead, err);
        if (status == RV_OK)
            status = goes_on(user, err);
    }
    free(leads.heap);
    return status;
}
