/* SPDX-License-Identifier: MIT */
/* Ranked frames into moments: spans of videos, each around its best frame. */
#ifndef RV_SEARCH_MOMENTS_H
#define RV_SEARCH_MOMENTS_H

#include "search/borders.h"
#include "search/coded_scores.h"
#include "search/frame_spans.h"
#include "search/topk.h"
#include "search/video_scores.h"

/* A span of a video. */
typedef struct Moment {
    Candidate peak; // the best of its frames
    double start_s, end_s;
} Moment;

/* Returns the largest gap inside a moment of a video that was sampled so: 2.5 intervals, or 5 s if frames have
 * no fixed distance. sampling: as in the library ("interval:1"). */
double rv_moments_default_gap(const char *sampling);

typedef struct VideoMoments VideoMoments; // of one video: its scores, and the frames that moments have

/* Finds moments one after the other. The scores of a video are read when its first frame comes. */
typedef struct MomentFinder {
    VideoScorer *scorer;
    const RvVideos *videos; // that the candidates' places are of, with sampling, state and duration
    const RvSearchOptions *options;
    CodedScores *coded;      // NULL, or where the scorer need not read whole videos
    VideoMoments **by_video; // [videos->count]
    Moment *items;           // [count], in the order in which they were found
    size_t count, capacity;
} MomentFinder;

/* All is borrowed. options: moment_gap_s, after_s and before_s count. Errors: MEMORY. Clear also after an error. */
RvStatus rv_moments_init(MomentFinder *finder, VideoScorer *scorer, const RvVideos *videos,
                         const RvSearchOptions *options, RvError *err);
void rv_moments_finder_clear(MomentFinder *finder);

/* Add the moment around this frame, unless the frame is in a moment that was found, or on the slope of one, or shows
 * no more than its video does anyway. Frames must come best first. Errors: those of rv_video_scorer_read. */
RvStatus rv_moments_add(MomentFinder *finder, const Candidate *frame, RvError *err);

/* The scores of a video, as they are read for its first frame. *curve is NULL if it has no frames. Errors: those of
 * rv_video_scorer_read. */
RvStatus rv_moments_curve(MomentFinder *finder, uint32_t video, ScoreCurve **curve, RvError *err);

/* With RV_FUSION_MEAN: push the frames of the videos whose scores are known that may give further moments. With the
 * others their scores are not those by which frames are ranked. Errors: MEMORY. */
RvStatus rv_moments_push_known(const MomentFinder *finder, TopK *top, RvError *err);

/* Make a moment longer on both sides, within its video. */
void rv_moment_pad(Moment *moment, const RvVideo *video, double pad_s);

/* Best peak first, and every moment padded by options->pad_s. */
void rv_moments_finish(MomentFinder *finder);

/* The borders around any frame, whatever moments were found, and without padding. *moment is filled in, with `frame` as
 * its peak; both times are the frame's if it is gone. Errors: as rv_moments_add. */
RvStatus rv_moments_around(MomentFinder *finder, const Candidate *frame, Moment *moment, RvError *err);

#endif
