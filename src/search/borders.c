/* SPDX-License-Identifier: MIT */
/* Where a moment begins and ends: from the scores of all frames of a video. */
#include "search/borders.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define LEVEL_PART 0.1      // of the frames score no more than the level
#define LEVEL_SIGMAS 1.2816 // of a normal distribution: how far below the mean so many begin
#define STEP_PART 0.25      // of the steps from frame to frame at least are within a scene
#define STEP_SIGMAS                                                                                          \
    0.4506 // of a normal distribution: the difference of two values that so many do not exceed
#define THRESHOLD_PART 0.65 // of the way from the level to the peak
#define NOISE_FRAMES_MIN 4  // fewer say nothing about noise
#define NOISE_APART_S 2.0   // frames that are mostly further apart show another scene each
#define FADE_S 1.5          // what is shorter beside a better moment is a fade, or half of a cut

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Sorts the values. */
static double quantile(double *values, size_t count, double part)
{
    qsort(values, count, sizeof *values, compare_numbers);
    return values[(size_t)((double)(count - 1) * part)];
}

/* So far above the level the best of `count` frames lies by chance. The steps from frame to frame that are within a
 * scene tell the deviation. The largest of n values of normal noise lies about
 * sqrt(2 ln n) deviations above the mean (Donoho, Johnstone, "Ideal spatial adaptation by wavelet shrinkage",
 * Biometrika 81, 1994). values: room for [count]. */
static double noise_of(const RvFrameScore *frames, size_t count, double *values)
{
    if (count < NOISE_FRAMES_MIN)
        return INFINITY;
    for (size_t i = 1; i < count; i++)
        values[i - 1] = frames[i].time_s - frames[i - 1].time_s;
    if (quantile(values, count - 1, 0.5) > NOISE_APART_S)
        return 0;
    for (size_t i = 1; i < count; i++)
        values[i - 1] = fabs(frames[i].score - frames[i - 1].score);
    double deviation = quantile(values, count - 1, STEP_PART) / STEP_SIGMAS;
    return deviation * (sqrt(2 * log((double)count)) + LEVEL_SIGMAS);
}

RvStatus rv_borders_init(ScoreCurve *curve, const RvFrameScore *frames, size_t count, double gap_s,
                         RvError *err)
{
    double *values = rv_mem_alloc(count, sizeof *values, err);
    if (values == NULL)
        return RV_ERROR_MEMORY;
    double noise = noise_of(frames, count, values);
    for (size_t i = 0; i < count; i++)
        values[i] = frames[i].score;
    *curve = (ScoreCurve){.frames = frames,
                          .count = count,
                          .level = quantile(values, count, LEVEL_PART),
                          .noise = noise,
                          .gap_s = gap_s,
                          .allowed = {0, count - 1}};
    free(values);
    return RV_OK;
}

bool rv_borders_stands_out(const ScoreCurve *curve, double score)
{
    return score - curve->level > curve->noise;
}

/* Whether both are in one moment if both reach its threshold. before < after. */
static bool joined(const ScoreCurve *curve, size_t before, size_t after)
{
    const RvFrameScore *left = &curve->frames[before], *right = &curve->frames[after];
    return (after == before + 1 && right->time_s <= left->end_s) ||
           right->time_s - left->time_s <= curve->gap_s;
}

static bool is_taken(const ScoreCurve *curve, size_t at)
{
    return curve->taken != NULL && curve->taken[at];
}

static double threshold_of(const ScoreCurve *curve, size_t peak)
{
    double score = curve->frames[peak].score;
    return rv_borders_stands_out(curve, score) ? curve->level + THRESHOLD_PART * (score - curve->level)
                                               : -INFINITY;
}

FrameSpan rv_borders_around(const ScoreCurve *curve, size_t peak)
{
    double threshold = threshold_of(curve, peak);
    FrameSpan span = {peak, peak};
    for (size_t i = peak;
         i-- > curve->allowed.first && !is_taken(curve, i) && joined(curve, i, span.first);) {
        if (curve->frames[i].score >= threshold)
            span.first = i;
    }
    for (size_t i = peak; i++ < curve->allowed.last && !is_taken(curve, i) && joined(curve, span.last, i);) {
        if (curve->frames[i].score >= threshold)
            span.last = i;
    }
    return span;
}

/* Whether what begins at the frame `nearest`, beside the frame `edge` of a better moment, goes on from it. The step
 * of a cut is larger than what the scores differ by behind it. */
static bool goes_on(const ScoreCurve *curve, const FrameSpan *span, size_t peak, size_t edge, size_t nearest)
{
    const RvFrameScore *frames = curve->frames;
    double threshold = threshold_of(curve, peak), lowest = frames[peak].score;
    for (size_t i = span->first; i <= span->last; i++) {
        if (frames[i].score >= threshold)
            lowest = fmin(lowest, frames[i].score);
    }
    bool short_one = frames[span->last].end_s - frames[span->first].time_s < FADE_S;
    return short_one || frames[edge].score - frames[nearest].score <= frames[peak].score - lowest;
}

bool rv_borders_is_slope(const ScoreCurve *curve, const FrameSpan *span, size_t peak)
{
    for (size_t i = span->first; i-- > curve->allowed.first && joined(curve, i, span->first);) {
        if (is_taken(curve, i) && goes_on(curve, span, peak, i, span->first))
            return true;
        if (is_taken(curve, i))
            break;
    }
    for (size_t i = span->last; i++ < curve->allowed.last && joined(curve, span->last, i);) {
        if (is_taken(curve, i))
            return goes_on(curve, span, peak, i, span->last);
    }
    return false;
}
