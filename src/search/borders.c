/* SPDX-License-Identifier: MIT */
/* Where a moment begins and ends: from the scores of all frames of a video. */
#include "search/borders.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "search/select.h"

#define LEVEL_PART 0.1      // of the frames score no more than the level
#define LEVEL_SIGMAS 1.2816 // of a normal distribution: how far below the mean so many begin
#define STEP_PART 0.25      // of the steps from frame to frame at least are within a scene
#define STEP_SIGMAS                                                                                          \
    0.4506 // of a normal distribution: the difference of two values that so many do not exceed
#define THRESHOLD_PART 0.65 // of the way from the level to the peak
#define NOISE_FRAMES_MIN 4  // fewer say nothing about noise
#define NOISE_APART_S 2.0   // frames that are mostly further apart show another scene each
#define FADE_S 1.5          // what is shorter beside a better moment is a fade, or half of a cut

/* ---- the scores ---------------------------------------------------------------------------------------- */

bool rv_borders_is_score(const ScoreCurve *curve, size_t frame)
{
    return curve->bounds == NULL || curve->bounds->low[frame] == curve->bounds->high[frame];
}

static double low_of(const ScoreCurve *curve, size_t frame)
{
    return curve->bounds != NULL ? curve->bounds->low[frame] : curve->frames[frame].score;
}

double rv_borders_high(const ScoreCurve *curve, size_t frame)
{
    return curve->bounds != NULL ? curve->bounds->high[frame] : curve->frames[frame].score;
}

double rv_borders_score(const ScoreCurve *curve, size_t frame)
{
    if (!rv_borders_is_score(curve, frame))
        curve->bounds->settle(curve->bounds->user, frame);
    return curve->frames[frame].score;
}

static bool reaches(const ScoreCurve *curve, size_t frame, double threshold)
{
    if (low_of(curve, frame) >= threshold || rv_borders_high(curve, frame) < threshold)
        return low_of(curve, frame) >= threshold;
    return rv_borders_score(curve, frame) >= threshold;
}

/* ---- level and noise ----------------------------------------------------------------------------------- */

/* Returns the place of the value so far from the lowest to the highest of `count`. */
static size_t place_of(size_t count, double part)
{
    return (size_t)((double)(count - 1) * part);
}

/* The level is a score that is reached by so many. Bounds say which frames may have it. */
static double level_of(const ScoreCurve *curve, double *values)
{
    size_t count = curve->count, place = place_of(count, LEVEL_PART);
    for (size_t i = 0; i < count; i++)
        values[i] = low_of(curve, i);
    double low = rv_select(values, count, place);
    if (curve->bounds == NULL)
        return low;
    for (size_t i = 0; i < count; i++)
        values[i] = rv_borders_high(curve, i);
    double high = rv_select(values, count, place);
    for (size_t i = 0; i < count; i++) {
        if (low_of(curve, i) <= high && rv_borders_high(curve, i) >= low)
            rv_borders_score(curve, i);
    }
    // Every other frame lies wholly below or above those.
    for (size_t i = 0; i < count; i++)
        values[i] = low_of(curve, i);
    return rv_select(values, count, place);
}

static double median_step(const ScoreCurve *curve, double *values)
{
    for (size_t i = 1; i < curve->count; i++)
        values[i - 1] = curve->frames[i].time_s - curve->frames[i - 1].time_s;
    return rv_select(values, curve->count - 1, place_of(curve->count - 1, 0.5));
}

/* By how much the scores of two frames differ, at least and at most. */
static double least_step(const ScoreCurve *curve, size_t left, size_t right)
{
    double up = low_of(curve, right) - rv_borders_high(curve, left),
           down = low_of(curve, left) - rv_borders_high(curve, right);
    return fmax(0, fmax(up, down));
}

static double largest_step(const ScoreCurve *curve, size_t left, size_t right)
{
    return fmax(rv_borders_high(curve, right) - low_of(curve, left),
                rv_borders_high(curve, left) - low_of(curve, right));
}

/* So far above the level the best of `count` frames lies by chance. The steps from frame to frame that are within a
 * scene tell the deviation. The largest of n values of normal noise lies about
 * sqrt(2 ln n) deviations above the mean (Donoho, Johnstone, "Ideal spatial adaptation by wavelet shrinkage",
 * Biometrika 81, 1994). values: room for [count]. */
static double noise_of(const ScoreCurve *curve,
                       double (*step)(const ScoreCurve *curve, size_t left, size_t right), double *values)
{
    size_t count = curve->count;
    for (size_t i = 1; i < count; i++)
        values[i - 1] = step(curve, i - 1, i);
    double deviation = rv_select(values, count - 1, place_of(count - 1, STEP_PART)) / STEP_SIGMAS;
    return deviation * (sqrt(2 * log((double)count)) + LEVEL_SIGMAS);
}

static void find_noise(ScoreCurve *curve, double *values)
{
    if (curve->count < NOISE_FRAMES_MIN)
        curve->noise = curve->noise_low = INFINITY;
    else if (median_step(curve, values) > NOISE_APART_S)
        curve->noise = curve->noise_low = 0;
    else {
        curve->noise = noise_of(curve, largest_step, values);
        curve->noise_low = curve->bounds != NULL ? noise_of(curve, least_step, values) : curve->noise;
    }
}

/* Of the steps that may be the one that counts both scores are needed. */
static void settle_noise(ScoreCurve *curve)
{
    double *values = *curve->bounds->room;
    size_t count = curve->count, place = place_of(count - 1, STEP_PART);
    for (size_t i = 1; i < count; i++)
        values[i - 1] = least_step(curve, i - 1, i);
    double low = rv_select(values, count - 1, place);
    for (size_t i = 1; i < count; i++)
        values[i - 1] = largest_step(curve, i - 1, i);
    double high = rv_select(values, count - 1, place);
    for (size_t i = 1; i < count; i++) {
        if (least_step(curve, i - 1, i) <= high && largest_step(curve, i - 1, i) >= low) {
            rv_borders_score(curve, i - 1);
            rv_borders_score(curve, i);
        }
    }
    curve->noise = curve->noise_low = noise_of(curve, least_step, values);
}

RvStatus rv_borders_init(ScoreCurve *curve, const RvFrameScore *frames, size_t count,
                         const ScoreBounds *bounds, double gap_s, RvError *err)
{
    double *values = bounds != NULL ? *bounds->room : rv_mem_alloc(count, sizeof *values, err);
    if (values == NULL)
        return RV_ERROR_MEMORY;
    *curve = (ScoreCurve){
        .frames = frames, .count = count, .bounds = bounds, .gap_s = gap_s, .allowed = {0, count - 1}};
    curve->level = level_of(curve, values);
    find_noise(curve, values);
    if (bounds == NULL)
        free(values);
    return RV_OK;
}

bool rv_borders_stands_out(ScoreCurve *curve, double score)
{
    double above = score - curve->level;
    if (above > curve->noise_low && !(above > curve->noise))
        settle_noise(curve);
    return above > curve->noise;
}

bool rv_borders_surely_stands_out(const ScoreCurve *curve, size_t frame)
{
    return low_of(curve, frame) - curve->level > curve->noise;
}

bool rv_borders_may_stand_out(const ScoreCurve *curve, size_t frame)
{
    return rv_borders_high(curve, frame) - curve->level > curve->noise_low;
}

/* ---- borders ------------------------------------------------------------------------------------------- */

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

static double threshold_of(ScoreCurve *curve, size_t peak)
{
    double score = rv_borders_score(curve, peak);
    return rv_borders_stands_out(curve, score) ? curve->level + THRESHOLD_PART * (score - curve->level)
                                               : -INFINITY;
}

FrameSpan rv_borders_around(ScoreCurve *curve, size_t peak)
{
    double threshold = threshold_of(curve, peak);
    FrameSpan span = {peak, peak};
    for (size_t i = peak;
         i-- > curve->allowed.first && !is_taken(curve, i) && joined(curve, i, span.first);) {
        if (reaches(curve, i, threshold))
            span.first = i;
    }
    for (size_t i = peak; i++ < curve->allowed.last && !is_taken(curve, i) && joined(curve, span.last, i);) {
        if (reaches(curve, i, threshold))
            span.last = i;
    }
    return span;
}

/* Returns the lowest score in the span that reaches the threshold. */
static double lowest_of(const ScoreCurve *curve, const FrameSpan *span, size_t peak, double threshold)
{
    double lowest = rv_borders_score(curve, peak);
    for (size_t i = span->first; i <= span->last; i++) {
        if (low_of(curve, i) < lowest && reaches(curve, i, threshold))
            lowest = fmin(lowest, rv_borders_score(curve, i));
    }
    return lowest;
}

/* Whether what begins at the frame `nearest`, beside the frame `edge` of a better moment, goes on from it. The step
 * of a cut is larger than what the scores differ by behind it. */
static bool goes_on(ScoreCurve *curve, const FrameSpan *span, size_t peak, size_t edge, size_t nearest)
{
    const RvFrameScore *frames = curve->frames;
    if (frames[span->last].end_s - frames[span->first].time_s < FADE_S)
        return true;
    double step = rv_borders_score(curve, edge) - rv_borders_score(curve, nearest);
    return step <= rv_borders_score(curve, peak) - lowest_of(curve, span, peak, threshold_of(curve, peak));
}

bool rv_borders_is_slope(ScoreCurve *curve, const FrameSpan *span, size_t peak)
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
