/* SPDX-License-Identifier: MIT */
/* From when up to when chains are shown. */
#include "search/sequence_moments.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "search/frame_spans.h"

/* The moments of the chains' frames of one part: the first one moves the start of the chain, the last one its end. */
static RvStatus find_moments(const SequenceJob *job, size_t part, const RvVideos *videos,
                             const RankedChains *chains, Moment *moments, size_t *frame_count, RvError *err)
{
    const QueryVector term = {.vector = job->vectors + part * (size_t)job->dimensions, .weight = 1};
    VideoScorer scorer = {0};
    MomentFinder finder = {0};
    RvStatus status = rv_video_scorer_init(&scorer, job->store, job->pool, &term, 1, job->dimensions,
                                           job->options, NULL, err);
    if (status == RV_OK)
        status = rv_moments_init(&finder, &scorer, videos, job->options, err);
    for (size_t i = 0; status == RV_OK && i < chains->count; i++) {
        const RankedChain *chain = &chains->items[i];
        const ChainPart *found = &chain->parts[part];
        Candidate frame = {found->score, chain->video, found->frame_number, found->time_s};
        Moment around;
        status = rv_moments_around(&finder, &frame, &around, err);
        if (status != RV_OK)
            break;
        if (part == 0)
            moments[i].start_s = fmin(moments[i].start_s, around.start_s);
        else
            moments[i].end_s = fmax(moments[i].end_s, around.end_s);
    }
    *frame_count += scorer.frame_count;
    rv_moments_finder_clear(&finder);
    rv_video_scorer_clear(&scorer);
    return status;
}

/* ---- without moments: up to when the last frame stands --------------------------------------------------- */

static RvStatus find_ends(const SequenceJob *job, const RvVideos *videos, const RankedChains *chains,
                          Moment *moments, RvError *err)
{
    FrameEnd *last = rv_mem_alloc(chains->count, sizeof *last, err);
    if (last == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < chains->count; i++)
        last[i] = (FrameEnd){.video = &videos->items[chains->items[i].video], .time_s = moments[i].end_s};
    RvStatus status = rv_frame_ends_read(job->store, last, chains->count, err);
    for (size_t i = 0; status == RV_OK && i < chains->count; i++)
        moments[i].end_s = last[i].end_s;
    free(last);
    return status;
}

/* ---------------------------------------------------------------------------------------------------------- */

RvStatus rv_sequence_moments(const SequenceJob *job, const RvVideos *videos, const RankedChains *chains,
                             Moment *moments, size_t *frame_count, RvError *err)
{
    *frame_count = 0;
    for (size_t i = 0; i < chains->count; i++) {
        const RankedChain *chain = &chains->items[i];
        const ChainPart *first = &chain->parts[0], *last = &chain->parts[chain->part_count - 1];
        moments[i] = (Moment){
            {chain->score, chain->video, first->frame_number, first->time_s}, first->time_s, last->time_s};
    }
    if (chains->count == 0)
        return RV_OK;
    if (!job->options->moments)
        return find_ends(job, videos, chains, moments, err);
    RvStatus status = find_moments(job, 0, videos, chains, moments, frame_count, err);
    if (status == RV_OK)
        status = find_moments(job, job->part_count - 1, videos, chains, moments, frame_count, err);
    for (size_t i = 0; status == RV_OK && i < chains->count; i++)
        rv_moment_pad(&moments[i], &videos->items[moments[i].peak.video], job->options->pad_s);
    return status;
}
