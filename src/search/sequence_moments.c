/* SPDX-License-Identifier: MIT */
/* From when up to when chains are shown. */
#include "search/sequence_moments.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

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

static int compare_videos(const void *a, const void *b, void *user)
{
    const RankedChains *chains = user;
    uint32_t left = chains->items[*(const size_t *)a].video, right = chains->items[*(const size_t *)b].video;
    return (left > right) - (left < right);
}

static int compare_times(const void *a, const void *b)
{
    const RvFrameScore *left = a, *right = b;
    return (left->time_s > right->time_s) - (left->time_s < right->time_s);
}

/* The frames of a video by time, each with its end; without scores. */
static RvStatus read_frames(Store *store, const RvVideo *video, RvFrameScores *out, RvError *err)
{
    RvFrames frames = {0};
    RvStatus status = rv_store_frames(store, video->video_id, &frames, err);
    if (status == RV_ERROR_NOT_FOUND) // without a snapshot it may have been removed
        status = RV_OK;
    *out = (RvFrameScores){.items =
                               status == RV_OK ? rv_mem_alloc(frames.count, sizeof *out->items, err) : NULL};
    if (status == RV_OK && out->items == NULL)
        status = RV_ERROR_MEMORY;
    for (size_t i = 0; status == RV_OK && i < frames.count; i++)
        out->items[out->count++] = (RvFrameScore){.time_s = frames.items[i].time_s};
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_times);
    rv_frame_ends(out->items, out->count, rv_sampling_interval(video->sampling),
                  video->state == RV_VIDEO_COMPLETE ? video->duration_s : 0);
    rv_frames_clear(&frames);
    return status;
}

/* Each video's frames are read once. */
static RvStatus find_ends(const SequenceJob *job, const RvVideos *videos, const RankedChains *chains,
                          size_t *order, Moment *moments, RvError *err)
{
    RvFrameScores frames = {0};
    RvStatus status = RV_OK;
    for (size_t i = 0; i < chains->count; i++)
        order[i] = i;
    qsort_r(order, chains->count, sizeof *order, compare_videos, (void *)chains);
    for (size_t i = 0; i < chains->count; i++) {
        uint32_t video = chains->items[order[i]].video;
        if (i == 0 || video != chains->items[order[i - 1]].video) {
            rv_frame_scores_clear(&frames);
            status = read_frames(job->store, &videos->items[video], &frames, err);
        }
        if (status != RV_OK)
            break;
        RvFrameScore last = {.time_s = moments[order[i]].end_s};
        const RvFrameScore *found = bsearch(&last, frames.items, frames.count, sizeof last, compare_times);
        if (found != NULL)
            moments[order[i]].end_s = found->end_s;
    }
    rv_frame_scores_clear(&frames);
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
    if (!job->options->moments) {
        size_t *order = rv_mem_alloc(chains->count, sizeof *order, err);
        RvStatus status =
            order != NULL ? find_ends(job, videos, chains, order, moments, err) : RV_ERROR_MEMORY;
        free(order);
        return status;
    }
    RvStatus status = find_moments(job, 0, videos, chains, moments, frame_count, err);
    if (status == RV_OK)
        status = find_moments(job, job->part_count - 1, videos, chains, moments, frame_count, err);
    for (size_t i = 0; status == RV_OK && i < chains->count; i++)
        rv_moment_pad(&moments[i], &videos->items[moments[i].peak.video], job->options->pad_s);
    return status;
}
