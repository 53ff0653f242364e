/* SPDX-License-Identifier: MIT */
/* A query over the rows of its videos: scanned by a plan, fused, ranked. */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/query_options.h"
#include "search/query_state.h"
#include "search/scan_codes.h"

#define MOMENT_ROWS_KEPT ((size_t)1 << 16)

bool rv_query_stops(void *user)
{
    const Query *query = user;
    const RvSearchOptions *options = &query->options;
    return options->cancelled != NULL && options->cancelled(options->cancelled_user);
}

RvStatus rv_query_count_rows(Query *query, size_t count, RvError *err)
{
    query->scored_count += count;
    return rv_query_stops(query) ? rv_error_set(err, RV_ERROR_CANCELLED, "cancelled") : RV_OK;
}

/* Mean: the row's only score is the final one. */
static RvStatus rank_block(void *user, const ScoredBlock *block, RvError *err)
{
    Query *query = user;
    const FrameBlock *rows = block->rows;
    RvStatus status = rv_query_count_rows(query, rows->count, err);
    size_t at = 0;
    uint32_t video = 0;
    for (size_t i = 0; status == RV_OK && i < rows->count; i++) {
        double score = block->scores[i];
        if (!rv_query_score_passes(&query->options, score) ||
            !rv_video_place_find(query->places, query->place_count, rows->video_ids[i], &at, &video))
            continue;
        Candidate candidate = {score, video, rows->frame_numbers[i], rows->times_s[i]};
        status = rv_topk_push(&query->top, &candidate, err);
    }
    return status;
}

static RvStatus reserve_scored(Query *query, size_t row_count, RvError *err)
{
    size_t needed = query->scored.count + row_count, capacity = query->scored_capacity;
    if (needed <= capacity)
        return RV_OK;
    Candidate *rows = rv_mem_grow(query->scored.rows, &capacity, needed, sizeof *rows, err);
    if (rows == NULL)
        return RV_ERROR_MEMORY;
    query->scored.rows = rows;
    for (size_t t = 0; t < query->term_count; t++) {
        capacity = query->scored_capacity;
        float *scores = rv_mem_grow(query->term_scores[t], &capacity, needed, sizeof *scores, err);
        if (scores == NULL)
            return RV_ERROR_MEMORY;
        query->term_scores[t] = scores;
    }
    query->scored_capacity = capacity;
    return RV_OK;
}

/* Zscore and rrf: the final score of a row needs those of all others. */
static RvStatus collect_block(void *user, const ScoredBlock *block, RvError *err)
{
    Query *query = user;
    const FrameBlock *rows = block->rows;
    RvStatus status = rv_query_count_rows(query, rows->count, err);
    if (status == RV_OK)
        status = reserve_scored(query, rows->count, err);
    size_t at = 0;
    uint32_t video = 0;
    for (size_t i = 0; status == RV_OK && i < rows->count; i++) {
        if (!rv_video_place_find(query->places, query->place_count, rows->video_ids[i], &at, &video))
            continue;
        size_t to = query->scored.count++;
        query->scored.rows[to] = (Candidate){0, video, rows->frame_numbers[i], rows->times_s[i]};
        for (size_t t = 0; t < query->term_count; t++)
            query->term_scores[t][to] = block->scores[t * block->score_stride + i];
    }
    return status;
}

static RvStatus fuse(Query *query, RvError *err)
{
    if (query->options.fusion != RV_FUSION_ZSCORE)
        return rv_fusion_rrf(query->terms, query->term_count, &query->scored, err);
    rv_fusion_zscore(query->terms, query->term_count, &query->scored);
    return RV_OK;
}

RvStatus rv_query_rank_fused(Query *query, RvError *err)
{
    RvStatus status = RV_OK;
    rv_topk_clear(&query->top);
    for (size_t i = 0; status == RV_OK && i < query->scored.count; i++) {
        if (rv_query_score_passes(&query->options, query->scored.rows[i].score))
            status = rv_topk_push(&query->top, &query->scored.rows[i], err);
    }
    return status;
}

/* ---- the ways ----------------------------------------------------------------------------------------- */

/* NOT_FOUND if the approximate index was asked for and there is none. */
static RvStatus find_index(const Query *query, bool *present, RvError *err)
{
    *present = false;
    if (query->options.scan == RV_SCAN_EXACT)
        return RV_OK;
    RvStatus status = rv_store_ann_is_derived(query->store)
                          ? rv_lists_present(query->store, present, err)
                          : rv_store_ann_present(query->store, present, err);
    if (status == RV_OK && !*present && query->options.scan == RV_SCAN_APPROXIMATE)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_BUILD_INDEX, NULL,
                                   "%s: the library has no approximate index", rv_store_uri(query->store));
    return status;
}

FrameFilter rv_query_filter(const Query *query)
{
    FrameFilter filter = {.after_s = query->options.after_s, .before_s = query->options.before_s};
    if (query->has_filter) {
        filter.video_ids = query->video_ids;
        filter.video_count = query->place_count;
    }
    return filter;
}

static RvStatus scan_nearest(Query *query, const float *vector, bool *done, RvError *err)
{
    FrameFilter filter = rv_query_filter(query);
    NearestQuery nearest = {.vector = vector,
                            .dimensions = query->dimensions,
                            .count = query->top.limit,
                            .filter = &filter,
                            .approximate = query->plan.by_index};
    RvStatus status = rv_scan_nearest(query->store, query->pool, &nearest, rank_block, query, done, err);
    if (status == RV_OK && !*done)
        query->facts.nearest = NEAREST_DECLINED;
    return status;
}

/* vectors: float32[count, dimensions]. */
static RvStatus scan_rows(Query *query, const float *vectors, size_t count, RvError *err)
{
    FrameFilter filter = rv_query_filter(query);
    bool mean = query->options.fusion == RV_FUSION_MEAN;
    // Every row is scored anyway, and moments may need many of them.
    if (query->options.moments && query->top.limit < MOMENT_ROWS_KEPT)
        query->top.limit = MOMENT_ROWS_KEPT;
    return rv_scan_exact(query->store, query->pool, vectors, count, query->dimensions, &filter,
                         mean ? rank_block : collect_block, query, err);
}

/* As rv_query_follow_plan. vectors: float32[count, dimensions]. */
static RvStatus follow_plan(Query *query, CodeSearch *codes, const float *vectors, size_t count, bool *done,
                            RvError *err)
{
    rv_topk_clear(&query->top);
    if (query->plan.way == SCAN_NEAREST)
        return scan_nearest(query, vectors, done, err);
    if (query->plan.way == SCAN_CODES)
        return rv_code_search_scan(codes, &query->plan, &query->facts, rank_block, query, done, err);
    *done = true;
    return scan_rows(query, vectors, count, err);
}

RvStatus rv_query_follow_plan(Query *query, CodeSearch *codes, bool *done, RvError *err)
{
    return follow_plan(query, codes, codes->vector, 1, done, err);
}

/* Plan after plan, until one leads to an answer. */
static RvStatus follow_plans(Query *query, CodeSearch *codes, const float *vectors, size_t count,
                             RvError *err)
{
    RvStatus status = RV_OK;
    for (bool done = false; status == RV_OK && !done;) {
        rv_scan_plan(&query->facts, &query->plan);
        status = follow_plan(query, codes, vectors, count, &done, err);
    }
    return status;
}

RvStatus rv_query_scan_again(Query *query, CodeSearch *codes, RvError *err)
{
    query->facts.limit = codes->scan.limit = query->top.limit;
    codes->scan.video_count = query->place_count;
    codes->scan.some_videos = query->place_count < query->videos.count;
    return follow_plans(query, codes, codes->vector, 1, err);
}

RvStatus rv_query_find_facts(Query *query, CodeSearch *codes, const float *vector, RvError *err)
{
    ScanFacts *facts = &query->facts;
    RvStatus status = RV_OK;
    *facts = (ScanFacts){.scan = query->options.scan,
                         .fusion = query->options.fusion,
                         .limit = query->top.limit,
                         .has_bound = query->options.min_score != NULL,
                         .nearest = rv_store_can_find_nearest(query->store) ? NEAREST_OFFERED : NEAREST_NONE};
    if (facts->fusion != RV_FUSION_MEAN)
        return RV_OK;
    CodeScan scan = {.pool = query->pool,
                     .limit = query->top.limit,
                     .min_score = query->options.min_score,
                     .video_ids = query->video_ids,
                     .video_count = query->place_count,
                     .some_videos = query->place_count < query->videos.count,
                     .after_s = query->options.after_s,
                     .before_s = query->options.before_s,
                     .stops = rv_query_stops,
                     .stops_user = query};
    status = find_index(query, &facts->has_index, err);
    return status == RV_OK ? rv_code_search_open(codes, query->index, query->store, &scan, vector,
                                                 query->dimensions, facts, err)
                           : status;
}

static const char *text_of(const char *reason)
{
    return reason != NULL ? reason : "";
}

void rv_query_report(const Query *query, const CodeSearch *codes)
{
    const ScanPlan *plan = &query->plan;
    *query->options.report = (RvSearchReport){.way = rv_scan_way_name(plan->way),
                                              .reason = text_of(plan->reason),
                                              .by_index = plan->by_index || plan->by_lists,
                                              .on_device = plan->on_device && codes->device_answered,
                                              .index_reason = text_of(plan->lists_reason),
                                              .device_reason = text_of(plan->device_reason),
                                              .frames_with_codes = (int64_t)query->facts.code_rows,
                                              .frames_scored = (int64_t)query->scored_count,
                                              .videos_unreachable = (int64_t)query->unreachable_count};
    if (plan->on_device && !codes->device_answered)
        query->options.report->device_reason = "the device failed, or too many frames were left open";
    if (plan->by_lists) {
        query->options.report->lists_probed = (int64_t)codes->lists_probed;
        query->options.report->list_count = (int64_t)codes->list_count;
    }
}

RvStatus rv_query_scan(Query *query, RvError *err)
{
    bool mean = query->options.fusion == RV_FUSION_MEAN;
    size_t count = rv_fusion_vector_count(query->options.fusion, query->term_count), value_count = 0;
    CodeSearch codes = {0};
    if (!rv_mem_multiply(count, (size_t)query->dimensions, &value_count))
        return rv_error_memory(err, SIZE_MAX);
    float *vectors = rv_mem_alloc_aligned(value_count, sizeof *vectors, err);
    if (query->term_scores == NULL)
        query->term_scores = rv_mem_alloc(query->term_count, sizeof *query->term_scores, err);
    RvStatus status = vectors != NULL && query->term_scores != NULL ? RV_OK : RV_ERROR_MEMORY;
    query->scored.term_scores = query->term_scores;
    if (status == RV_OK)
        status = rv_fusion_vectors(query->options.fusion, query->terms, query->term_count, query->dimensions,
                                   vectors, err);
    if (status == RV_OK)
        status = rv_query_find_facts(query, &codes, vectors, err);
    if (status == RV_OK)
        status = follow_plans(query, &codes, vectors, count, err);
    if (status == RV_OK && query->options.report != NULL)
        rv_query_report(query, &codes);
    rv_code_search_close(&codes);
    free(vectors);
    if (status == RV_OK && !mean)
        status = fuse(query, err);
    return status == RV_OK && !mean ? rv_query_rank_fused(query, err) : status;
}
