/* SPDX-License-Identifier: MIT */
/* How high the scores of rows and videos may be for the parts of a sequence, by codes; and videos opened with that. */
#ifndef RV_SEARCH_SEQUENCE_BOUNDS_H
#define RV_SEARCH_SEQUENCE_BOUNDS_H

#include "search/codes/code_bounds.h"
#include "search/scan_exact.h"
#include "search/sequence_job.h"
#include "search/sequence_track.h"

/* The highest score that a chain of a video may have. */
typedef struct VideoBound {
    double high;
    size_t place;
} VideoBound;

typedef struct ChangedRow {
    int64_t key;
    double time_s;
} ChangedRow;

typedef struct SequenceBounds {
    const SequenceJob *job;
    const CodeScan *scan;
    RowQuery queries[RV_SEQUENCE_PARTS_MAX];
    CodeBounds codes;
    ChangedRow *changed; // rows without codes, by key, and their scores [changed_count, part_count]
    float *changed_scores;
    size_t changed_count, changed_capacity, changed_score_capacity;
    float *highs; // [place_count, part_count]: at least the scores of each video's rows
    float *
        least; // [blocks of the codes, part_count]: below it a row of the video that is opened does not matter
    VideoBound *videos; // [video_count] that may have a chain, the highest first
    size_t video_count;
    size_t scored_count; // rows that were read
} SequenceBounds;

/* scan: the job's codes. *usable is false if codes prove nothing for one of the parts. *outcome: as from
 * rv_code_bounds_find; if it is another than CODES_ANSWER, nothing else is filled in. Clear it also after an error.
 * Errors: CANCELLED, FORMAT, MEMORY, those of reading. */
RvStatus rv_sequence_bounds_find(SequenceBounds *bounds, const SequenceJob *job, const CodeScan *scan,
                                 bool *usable, CodeOutcome *outcome, RvError *err);
void rv_sequence_bounds_clear(SequenceBounds *bounds);

/* What a number of OpenVideo.track.scores is: a bound by coarse or by both codes, or the score. */
typedef enum BoundLevel { LEVEL_COARSE, LEVEL_FINE, LEVEL_SCORE } BoundLevel;

/* Rows of a video. */
typedef struct OpenVideo {
    SequenceTrack track;
    uint8_t *levels; // BoundLevel [part_count, count]
    Chain best;      // for the caller
} OpenVideo;

/* The rows that count; thin: those of them that reach bounds->least for a part. Close it also after an error. Errors:
 * MEMORY. */
RvStatus rv_open_video_open(const SequenceBounds *bounds, size_t place, bool thin, OpenVideo **out,
                            RvError *err);
void rv_open_video_close(OpenVideo *video); // NULL is accepted

static inline uint8_t *rv_open_video_level(const OpenVideo *video, size_t part, size_t row)
{
    return &video->levels[part * video->track.count + row];
}

/* The rows that the video has at most. */
size_t rv_sequence_bounds_rows(const SequenceBounds *bounds, size_t place);
/* Set bounds->least for a video: every row of a chain of the score or a higher one reaches it, and perhaps others. */
void rv_sequence_bounds_least(SequenceBounds *bounds, size_t place, double score);
/* The same so that few rows of the video are left, its highest for each part. Errors: MEMORY. */
RvStatus rv_sequence_bounds_peaks(SequenceBounds *bounds, size_t place, RvError *err);

/* The row's segment in the codes, and its place there. Not for rows without codes. */
const CodeSegment *rv_sequence_bounds_row(const SequenceBounds *bounds, const OpenVideo *video, size_t row,
                                          size_t *in_segment);
/* The bounds of the row's score by the coarse codes, or by both. Returns false if a checksum is wrong. */
bool rv_sequence_bounds_of(const SequenceBounds *bounds, const OpenVideo *video, size_t part, size_t row,
                           bool fine, ScoreBound *out);
/* From now on the row scores so much at most; below min_score it cannot be that part. */
void rv_sequence_bounds_set(const SequenceBounds *bounds, OpenVideo *video, size_t part, size_t row,
                            float high);

/* Read these rows, with the job's times. */
RvStatus rv_sequence_bounds_read(const SequenceBounds *bounds, const KeyRange *ranges, size_t count,
                                 ScoredBlockCallback callback, void *user, RvError *err);

#endif
