/* SPDX-License-Identifier: MIT */
/* Ranked frames into moments: spans of videos, each around its best frame. */
#include "search/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GAP_INTERVALS 2.5
#define GAP_OTHER_S 5.0

struct VideoMoments {
    ScoredVideo scored;
    ScoreCurve curve;
};

double rv_moments_default_gap(const char *sampling)
{
    double interval_s = rv_sampling_interval(sampling);
    return interval_s > 0 ? GAP_INTERVALS * interval_s : GAP_OTHER_S;
}

/* ---- the scores of a video ---------------------------------------------------------------------------- */

static void close_video(VideoMoments *video)
{
    if (video == NULL)
        return;
    rv_scored_video_clear(&video->scored);
    free(video->curve.taken);
    free(video);
}

/* Narrow the curve to the times that the search is about. */
static void allow(ScoreCurve *curve, const RvSearchOptions *options)
{
    const RvFrameScore *frames = curve->frames;
    FrameSpan *allowed = &curve->allowed;
    while (options->after_s != NULL && allowed->first < allowed->last &&
           frames[allowed->first].time_s < *options->after_s)
        allowed->first++;
    while (options->before_s != NULL && allowed->last > allowed->first &&
           frames[allowed->last].time_s > *options->before_s)
        allowed->last--;
    for (size_t i = allowed->first; i <= allowed->last && !curve->stands_out; i++)
        curve->stands_out = rv_borders_surely_stands_out(curve, i);
    for (size_t i = allowed->first; i <= allowed->last && !curve->stands_out; i++)
        curve->stands_out =
            rv_borders_may_stand_out(curve, i) && rv_borders_stands_out(curve, rv_borders_score(curve, i));
}

static RvStatus read_scores(const MomentFinder *finder, const RvVideo *row, ScoredVideo *out, RvError *err)
{
    if (finder->coded != NULL)
        return rv_coded_scores_open(finder->coded, row, out, err);
    return rv_video_scorer_read(finder->scorer, row, &out->frames, err);
}

static RvStatus read_video(const MomentFinder *finder, uint32_t place, VideoMoments *video, RvError *err)
{
    const RvVideo *row = &finder->videos->items[place];
    const RvSearchOptions *options = finder->options;
    double gap_s = options->moment_gap_s > 0 ? options->moment_gap_s : rv_moments_default_gap(row->sampling);
    RvStatus status = read_scores(finder, row, &video->scored, err);
    const RvFrameScores *scores = &video->scored.frames;
    if (status != RV_OK || scores->count == 0)
        return status;
    status = rv_borders_init(&video->curve, scores->items, scores->count,
                             rv_scored_video_bounds(&video->scored), gap_s, err);
    video->curve.taken = rv_mem_alloc(scores->count, sizeof *video->curve.taken, err);
    if (status == RV_OK && video->curve.taken == NULL)
        status = RV_ERROR_MEMORY;
    if (status == RV_OK)
        allow(&video->curve, options);
    return status;
}

/* The scores of a video are read when they are asked for first. */
static RvStatus know_video(MomentFinder *finder, uint32_t place, VideoMoments **out, RvError *err)
{
    *out = finder->by_video[place];
    if (*out != NULL)
        return RV_OK;
    VideoMoments *video = rv_mem_alloc(1, sizeof *video, err);
    RvStatus status = video != NULL ? read_video(finder, place, video, err) : RV_ERROR_MEMORY;
    if (status != RV_OK) {
        close_video(video);
        return status;
    }
    *out = finder->by_video[place] = video;
    return RV_OK;
}

/* ---- moments ------------------------------------------------------------------------------------------ */

RvStatus rv_moments_init(MomentFinder *finder, VideoScorer *scorer, const RvVideos *videos,
                         const RvSearchOptions *options, RvError *err)
{
    *finder = (MomentFinder){.scorer = scorer, .videos = videos, .options = options};
    finder->by_video = rv_mem_alloc(videos->count, sizeof(VideoMoments *), err);
    return finder->by_video != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_moments_finder_clear(MomentFinder *finder)
{
    for (size_t i = 0; finder->by_video != NULL && i < finder->videos->count; i++)
        close_video(finder->by_video[i]);
    free(finder->by_video);
    free(finder->items);
    *finder = (MomentFinder){0};
}

static RvStatus push(MomentFinder *finder, const Moment *moment, RvError *err)
{
    if (finder->count == finder->capacity) {
        Moment *items = rv_mem_grow(finder->items, &finder->capacity, finder->count + 1, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        finder->items = items;
    }
    finder->items[finder->count++] = *moment;
    return RV_OK;
}

/* The span around `at`, which moves to the best frame there: an approximate search may have missed it. */
static FrameSpan climb(ScoreCurve *curve, bool moves, size_t *at)
{
    for (;;) {
        FrameSpan span = rv_borders_around(curve, *at);
        size_t best = *at;
        for (size_t i = span.first; moves && i <= span.last; i++) {
            if (curve->frames[i].score > curve->frames[best].score)
                best = i;
        }
        if (best == *at)
            return span;
        *at = best;
    }
}

RvStatus rv_moments_curve(MomentFinder *finder, uint32_t place, ScoreCurve **curve, RvError *err)
{
    VideoMoments *video = NULL;
    RvStatus status = know_video(finder, place, &video, err);
    *curve = status == RV_OK && video->curve.count > 0 ? &video->curve : NULL;
    return status;
}

RvStatus rv_moments_add(MomentFinder *finder, const Candidate *frame, RvError *err)
{
    VideoMoments *video = NULL;
    RvStatus status = know_video(finder, frame->video, &video, err);
    if (status != RV_OK)
        return status;
    ScoreCurve *curve = &video->curve;
    size_t at = rv_frame_scores_find(&video->scored.frames, frame->time_s, frame->frame_number);
    if (at == curve->count || curve->taken[at] ||
        (curve->stands_out && !rv_borders_stands_out(curve, rv_borders_score(curve, at))))
        return RV_OK;
    // Ranks of several terms are another order than that of the scores. Of frames with codes none is missed.
    bool moves = finder->options->fusion != RV_FUSION_RRF && finder->coded == NULL;
    FrameSpan span = climb(curve, moves, &at);
    bool slope = rv_borders_is_slope(curve, &span, at);
    memset(curve->taken + span.first, true, span.last - span.first + 1);
    if (slope)
        return RV_OK;
    const RvFrameScore *best = &curve->frames[at];
    Moment moment = {*frame, curve->frames[span.first].time_s, curve->frames[span.last].end_s};
    if (best->frame_number != frame->frame_number)
        moment.peak = (Candidate){best->score, frame->video, best->frame_number, best->time_s};
    return push(finder, &moment, err);
}

static RvStatus push_known(VideoMoments *video, uint32_t place, const double *min_score, TopK *top,
                           RvError *err)
{
    ScoreCurve *curve = &video->curve;
    RvStatus status = RV_OK;
    for (size_t i = curve->allowed.first; curve->count > 0 && status == RV_OK && i <= curve->allowed.last;
         i++) {
        const RvFrameScore *frame = &curve->frames[i];
        Candidate candidate = {frame->score, place, frame->frame_number, frame->time_s};
        bool may_begin = !curve->stands_out || rv_borders_stands_out(curve, frame->score);
        if (may_begin && !curve->taken[i] && (min_score == NULL || frame->score >= *min_score))
            status = rv_topk_push(top, &candidate, err);
    }
    return status;
}

RvStatus rv_moments_push_known(const MomentFinder *finder, TopK *top, RvError *err)
{
    RvStatus status = RV_OK;
    size_t limit = top->limit;
    if (finder->options->fusion != RV_FUSION_MEAN)
        return RV_OK;
    top->limit = SIZE_MAX;
    for (size_t v = 0; status == RV_OK && v < finder->videos->count; v++) {
        if (finder->by_video[v] != NULL)
            status = push_known(finder->by_video[v], (uint32_t)v, finder->options->min_score, top, err);
    }
    top->limit = limit;
    return status;
}

static int compare_peaks(const void *a, const void *b)
{
    return rv_candidate_compare(&((const Moment *)a)->peak, &((const Moment *)b)->peak);
}

void rv_moment_pad(Moment *moment, const RvVideo *video, double pad_s)
{
    double longest_s = video->duration_s > 0 ? video->duration_s : INFINITY;
    moment->start_s = fmax(0, moment->start_s - pad_s);
    moment->end_s = fmax(moment->end_s, fmin(moment->end_s + pad_s, longest_s));
}

void rv_moments_finish(MomentFinder *finder)
{
    if (finder->count > 1)
        qsort(finder->items, finder->count, sizeof *finder->items, compare_peaks);
    for (size_t i = 0; i < finder->count; i++) {
        Moment *moment = &finder->items[i];
        rv_moment_pad(moment, &finder->videos->items[moment->peak.video], finder->options->pad_s);
    }
}

RvStatus rv_moments_around(MomentFinder *finder, const Candidate *frame, Moment *moment, RvError *err)
{
    VideoMoments *video = NULL;
    RvStatus status = know_video(finder, frame->video, &video, err);
    *moment = (Moment){*frame, frame->time_s, frame->time_s};
    if (status != RV_OK)
        return status;
    size_t at = rv_frame_scores_find(&video->scored.frames, frame->time_s, frame->frame_number);
    if (at == video->scored.frames.count)
        return RV_OK;
    ScoreCurve curve = video->curve;
    curve.taken = NULL;
    FrameSpan span = rv_borders_around(&curve, at);
    moment->start_s = curve.frames[span.first].time_s;
    moment->end_s = curve.frames[span.last].end_s;
    return RV_OK;
}
