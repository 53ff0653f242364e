/* SPDX-License-Identifier: MIT */
/* Where a moment begins and ends: from the scores of all frames of a video.
 *
 *     score
 *      peak      |             *                             the frame that was found
 *                |           *   * *
 *      threshold |- - - - -*- - - - -*- - - - - - - - - -    part of the way from the level to the peak
 *                |       *             *          *
 *                |                             *     *
 *      level     |- * - - - - - - - - - -* - * - - - -*-     few of the video's scores are lower
 *                |*   *                                 *
 *                +---------[===========]----------------> time
 *                          start       end                   where the frame after the last one begins
 */
#ifndef RV_SEARCH_BORDERS_H
#define RV_SEARCH_BORDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/search.h"

/* Frames of a video, both inclusive. */
typedef struct FrameSpan {
    size_t first, last;
} FrameSpan;

/* Scores of which only bounds are known at first. What is found is what the scores themselves give: where it depends on
 * one, that one is settled. */
typedef struct ScoreBounds {
    float *low, *high; // [count]: equal where the score is known
    double **room;     // of any curve, [count] at least: what it held is gone with the next call
    /* Make low, high and the frame's score the score. */
    void (*settle)(void *user, size_t frame);
    void *user;
} ScoreBounds;

/* The scores of a video, in which moments are found one after the other, best first. */
typedef struct ScoreCurve {
    const RvFrameScore *frames; // [count], by time; scores are finite; count > 0
    size_t count;
    const ScoreBounds *bounds; // NULL: the scores are known
    double level;              // what the video scores where it does not show what was asked for
    double noise_low, noise;   // so far above the level the best of as many frames lies by chance: from .. to
    double gap_s;      // frames that reach the threshold are in one moment if they are at most so far apart
    FrameSpan allowed; // frames that moments may have
    bool stands_out;   // one of them does
    bool *taken;       // [count]: frames of moments that were found; NULL: none
} ScoreCurve;

/* Find level and noise; all frames are allowed, none is taken, and stands_out is left to the caller. bounds: borrowed, or
 * NULL. Errors: MEMORY. */
RvStatus rv_borders_init(ScoreCurve *curve, const RvFrameScore *frames, size_t count,
                         const ScoreBounds *bounds, double gap_s, RvError *err);

/* What is known of a frame's score: that it is so high at most, and whether that is the score. */
double rv_borders_high(const ScoreCurve *curve, size_t frame);
bool rv_borders_is_score(const ScoreCurve *curve, size_t frame);
/* Returns the score of a frame, also where it was not known. */
double rv_borders_score(const ScoreCurve *curve, size_t frame);

/* True if this score says that a frame shows more of what was asked for than its video does anyway. */
bool rv_borders_stands_out(ScoreCurve *curve, double score);
/* What is known of a frame without settling its score: that it stands out, or that it may. */
bool rv_borders_surely_stands_out(const ScoreCurve *curve, size_t frame);
bool rv_borders_may_stand_out(const ScoreCurve *curve, size_t frame);

/* The frames of the moment around `peak`, which is allowed and not taken: both ways as far as allowed frames that are
 * not taken reach the threshold. If the peak does not stand out, they all do. */
FrameSpan rv_borders_around(ScoreCurve *curve, size_t peak);

/* True if the span around `peak` is no moment of its own: it goes on from a better one without a cut. */
bool rv_borders_is_slope(ScoreCurve *curve, const FrameSpan *span, size_t peak);

#endif
