/* SPDX-License-Identifier: MIT */
/* The scores of rows that a query was compared with: of whole videos, as many as are kept. */
#ifndef RV_SEARCH_KEPT_SCORES_H
#define RV_SEARCH_KEPT_SCORES_H

#include "reelvec/search.h"

typedef struct KeptRow {
    double time_s;
    uint32_t frame_number;
    float score;
} KeptRow;

/* The rows of a video: those before `end`, from the end of the video before it on. */
typedef struct KeptVideo {
    int64_t video_id;
    size_t end;
} KeptVideo;

typedef struct KeptScores {
    size_t row_limit; // more are not kept
    bool full;        // no further videos are
    KeptRow *rows;
    size_t row_count, row_capacity;
    KeptVideo *videos; // [video_count], by id
    size_t video_count, video_capacity;
} KeptScores;

/* Rows come by video, and videos by id. Of a video that passes the limit, and of those behind it, none are kept. Errors:
 * MEMORY. */
RvStatus rv_kept_scores_add(KeptScores *kept, int64_t video_id, const KeptRow *row, RvError *err);
void rv_kept_scores_clear(KeptScores *kept);

/* A copy of a video's rows, for the caller to clear. *found is false if none are kept. Errors: MEMORY. */
RvStatus rv_kept_scores_of(const KeptScores *kept, int64_t video_id, RvFrameScores *out, bool *found,
                           RvError *err);

#endif
