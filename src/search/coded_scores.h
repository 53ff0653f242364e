/* SPDX-License-Identifier: MIT */
/* The scores of every frame of single videos by their codes: within proven bounds, and read where more is asked for. */
#ifndef RV_SEARCH_CODED_SCORES_H
#define RV_SEARCH_CODED_SCORES_H

#include "compute/kernels/kernels.h"
#include "search/borders.h"
#include "search/scan_codes.h"
#include "search/video_place.h"
#include "search/video_scores.h"

/* For one query of RV_FUSION_MEAN, within the caller's snapshot. */
typedef struct CodedScores {
    CodeSearch *codes;   // borrowed: open, and CODES_READY
    VideoScorer *scorer; // borrowed: reads videos whose codes are out of date, and counts what is read
    float *row;          // float32[dimensions]
    double *room;        // of the borders of all videos
    size_t room_count;
    const ScanKernels *kernels;
    size_t row_count; // of the videos that are searched
    size_t read_cost, settled_count;
    bool damaged;    // a checksum is wrong
    bool wrong;      // the codes are not the library's: a score is not within its bounds, or a row is missing
    bool left_open;  // reading all rows is faster
    RvStatus status; // of settling
    RvError *err;
} CodedScores;

/* err: of settling, valid as long as the scores are asked for. Clear it also after an error. Errors: MEMORY. */
RvStatus rv_coded_scores_init(CodedScores *scores, CodeSearch *codes, VideoScorer *scorer, RvError *err);
void rv_coded_scores_clear(CodedScores *scores);

/* What the videos at these places score at most, into highs[place.video]: -INFINITY if no frame counts. They are those that
 * are searched. *outcome: as from rv_code_bounds_find. Errors: MEMORY. */
RvStatus rv_coded_scores_highs(CodedScores *scores, const VideoPlace *places, size_t place_count,
                               double *highs, CodeOutcome *outcome, RvError *err);

/* The frames of a video by time, all of them, with their ends. */
typedef struct ScoredVideo {
    RvFrameScores frames;
    ScoreBounds bounds; // low NULL: all scores are known
    CodedScores *scores;
    size_t settled_count;
} ScoredVideo;

/* *out must not be moved. The caller clears it, also after an error. Errors: those of rv_video_scorer_read. */
RvStatus rv_coded_scores_open(CodedScores *scores, const RvVideo *video, ScoredVideo *out, RvError *err);
void rv_scored_video_clear(ScoredVideo *video);

/* NULL if all scores are known. */
static inline const ScoreBounds *rv_scored_video_bounds(const ScoredVideo *video)
{
    return video->bounds.low != NULL ? &video->bounds : NULL;
}

#endif
