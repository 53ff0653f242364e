/* SPDX-License-Identifier: MIT */
/* The scores of every frame of single videos. */
#include "search/video_scores.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/frame_spans.h"
#include "search/scan_exact.h"

void rv_frame_scores_clear(RvFrameScores *scores)
{
    if (scores == NULL)
        return;
    free(scores->items);
    *scores = (RvFrameScores){0};
}

RvStatus rv_video_scorer_init(VideoScorer *scorer, Store *store, ThreadPool *pool, const QueryVector *terms,
                              size_t term_count, int dimensions, const RvSearchOptions *options,
                              const ScoredRows *scored, RvError *err)
{
    *scorer = (VideoScorer){.store = store,
                            .pool = pool,
                            .options = options,
                            .dimensions = dimensions,
                            .vector_count = rv_fusion_vector_count(options->fusion, term_count)};
    size_t value_count = 0;
    if (!rv_mem_multiply(scorer->vector_count, (size_t)dimensions, &value_count))
        return rv_error_memory(err, SIZE_MAX);
    scorer->vectors = rv_mem_alloc_aligned(value_count, sizeof *scorer->vectors, err);
    if (scored != NULL)
        scorer->scales = rv_mem_alloc(term_count, sizeof *scorer->scales, err);
    if (scorer->vectors == NULL || (scored != NULL && scorer->scales == NULL))
        return RV_ERROR_MEMORY;
    for (size_t t = 0; scored != NULL && t < term_count; t++)
        scorer->scales[t] = rv_fusion_scale(terms, term_count, scored, t);
    return rv_fusion_vectors(options->fusion, terms, term_count, dimensions, scorer->vectors, err);
}

void rv_video_scorer_clear(VideoScorer *scorer)
{
    free(scorer->vectors);
    free(scorer->scales);
    *scorer = (VideoScorer){0};
}

typedef struct VideoRead {
    VideoScorer *scorer;
    RvFrameScores *out;
    size_t capacity;
} VideoRead;

static double score_of(const VideoScorer *scorer, const ScoredBlock *block, size_t row)
{
    if (scorer->scales == NULL)
        return block->scores[row];
    double score = 0;
    for (size_t t = 0; t < scorer->vector_count; t++)
        score += rv_fusion_part(&scorer->scales[t], block->scores[t * block->score_stride + row]);
    return score;
}

static RvStatus take_block(void *user, const ScoredBlock *block, RvError *err)
{
    VideoRead *read = user;
    const RvSearchOptions *options = read->scorer->options;
    RvFrameScores *out = read->out;
    const FrameBlock *rows = block->rows;
    if (options->cancelled != NULL && options->cancelled(options->cancelled_user))
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    if (read->capacity - out->count < rows->count) {
        RvFrameScore *items =
            rv_mem_grow(out->items, &read->capacity, out->count + rows->count, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        out->items = items;
    }
    for (size_t i = 0; i < rows->count; i++)
        out->items[out->count++] = (RvFrameScore){.frame_number = rows->frame_numbers[i],
                                                  .time_s = rows->times_s[i],
                                                  .score = score_of(read->scorer, block, i)};
    read->scorer->frame_count += rows->count;
    return RV_OK;
}

RvStatus rv_video_scorer_read(VideoScorer *scorer, const RvVideo *video, RvFrameScores *out, RvError *err)
{
    *out = (RvFrameScores){.video_id = video->video_id};
    VideoRead read = {.scorer = scorer, .out = out};
    FrameFilter filter = {.video_ids = &video->video_id, .video_count = 1};
    bool kept = false;
    RvStatus status =
        scorer->kept != NULL ? rv_kept_scores_of(scorer->kept, video->video_id, out, &kept, err) : RV_OK;
    if (status == RV_OK && !kept)
        status = rv_scan_exact(scorer->store, scorer->pool, scorer->vectors, scorer->vector_count,
                               scorer->dimensions, &filter, take_block, &read, err);
    if (status == RV_OK)
        rv_frame_spans_order(video, out);
    else
        rv_frame_scores_clear(out);
    return status;
}
