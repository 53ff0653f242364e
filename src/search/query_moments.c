/* SPDX-License-Identifier: MIT */
/* The best moments of a query.
 *
 *     fusion, way of the plan       where the scores of a video's frames come from
 *     mean, ROWS                    all rows, kept while they are few (kept_scores.c); others are read again
 *     mean, CODES of all rows       bounds by codes, and the rows that decide (coded_scores.c)
 *     mean, NEAREST, lists, device  the best rows are found first; the videos that they are of are read
 *     zscore, rrf                   the same, after all rows were scored
 */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/moment_leads.h"
#include "search/query_hits.h"
#include "search/query_options.h"
#include "search/query_state.h"

#define MORE_ROWS 4 // times as many are looked for if those that were found make too few moments
#define LEADS_BETWEEN_STOPS 64
#define KEPT_ROWS_MAX ((size_t)4 << 20) // 64 MiB

/* What a search for moments holds. */
typedef struct MomentSearch {
    Query *query;
    float *vector; // of RV_FUSION_MEAN
    CodeSearch codes;
    VideoScorer scorer;
    MomentFinder finder;
    KeptScores kept;
    CodedScores coded;
    double *highs; // [videos.count]
    size_t lead_count;
} MomentSearch;

static RvStatus begin_finder(MomentSearch *search, const ScoredRows *scored, RvError *err)
{
    Query *query = search->query;
    rv_moments_finder_clear(&search->finder);
    rv_video_scorer_clear(&search->scorer);
    RvStatus status =
        rv_video_scorer_init(&search->scorer, query->store, query->pool, query->terms, query->term_count,
                             query->dimensions, &query->options, scored, err);
    return status == RV_OK
               ? rv_moments_init(&search->finder, &search->scorer, &query->videos, &query->options, err)
               : status;
}

static RvStatus begin_highs(MomentSearch *search, RvError *err)
{
    size_t count = search->query->videos.count;
    if (search->highs == NULL)
        search->highs = rv_mem_alloc(count, sizeof *search->highs, err);
    for (size_t i = 0; search->highs != NULL && i < count; i++)
        search->highs[i] = -INFINITY;
    return search->highs != NULL ? RV_OK : RV_ERROR_MEMORY;
}

/* As of rv_moment_leads_follow. */
static RvStatus goes_on(void *user, RvError *err)
{
    MomentSearch *search = user;
    const CodedScores *coded = &search->coded;
    if (coded->status != RV_OK)
        return coded->status;
    // Anything but OK: the caller looks what it was.
    if (coded->wrong || coded->damaged || coded->left_open)
        return RV_ERROR_INTERNAL;
    if (search->lead_count++ % LEADS_BETWEEN_STOPS == 0 && rv_query_stops(search->query))
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    return RV_OK;
}

static RvStatus follow_leads(MomentSearch *search, RvHits *out, RvError *err)
{
    RvStatus status = rv_moment_leads_follow(&search->finder, search->highs, goes_on, search, err);
    return status == RV_OK ? rv_query_moments(&search->finder, out, err) : status;
}

/* ---- all rows ----------------------------------------------------------------------------------------- */

static RvStatus keep_block(void *user, const ScoredBlock *block, RvError *err)
{
    MomentSearch *search = user;
    Query *query = search->query;
    const FrameBlock *rows = block->rows;
    RvStatus status = rv_query_count_rows(query, rows->count, err);
    size_t at = 0;
    uint32_t video = 0;
    for (size_t i = 0; status == RV_OK && i < rows->count; i++) {
        if (!rv_video_place_find(query->places, query->place_count, rows->video_ids[i], &at, &video))
            continue;
        KeptRow row = {rows->times_s[i], (uint32_t)rows->frame_numbers[i], block->scores[i]};
        if (rv_query_score_passes(&query->options, row.score))
            search->highs[video] = fmax(search->highs[video], row.score);
        status = rv_kept_scores_add(&search->kept, rows->video_ids[i], &row, err);
    }
    return status;
}

/* Borders depend on all frames of a video: with a bound of time the rows are not all of them. */
static RvStatus by_rows(MomentSearch *search, RvHits *out, RvError *err)
{
    Query *query = search->query;
    FrameFilter filter = rv_query_filter(query);
    search->kept =
        (KeptScores){.row_limit = KEPT_ROWS_MAX, .full = filter.after_s != NULL || filter.before_s != NULL};
    RvStatus status = begin_highs(search, err);
    if (status == RV_OK)
        status = rv_scan_exact(query->store, query->pool, search->vector, 1, query->dimensions, &filter,
                               keep_block, search, err);
    if (status == RV_OK)
        status = begin_finder(search, NULL, err);
    search->scorer.kept = &search->kept;
    return status == RV_OK ? follow_leads(search, out, err) : status;
}

/* ---- by codes ----------------------------------------------------------------------------------------- */

/* What the codes turned out to be, if they did not lead to an answer. Returns false if they did. */
static bool codes_failed(MomentSearch *search, CodeOutcome outcome)
{
    Query *query = search->query;
    const CodedScores *coded = &search->coded;
    bool damaged = coded->damaged || outcome == CODES_DAMAGED;
    if (damaged || coded->wrong) {
        query->facts.codes = CODES_WRONG;
        rv_codes_invalidate(&query->index->codes, query->store, search->codes.scan.file,
                            damaged ? "a checksum is wrong" : "they do not fit the rows");
    } else if (coded->left_open) {
        query->facts.codes = CODES_LEFT_OPEN;
    }
    return damaged || coded->wrong || coded->left_open;
}

/* *done is false if the codes do not lead to an answer; then facts.codes says so. */
static RvStatus by_codes(MomentSearch *search, RvHits *out, bool *done, RvError *err)
{
    Query *query = search->query;
    CodedScores *coded = &search->coded;
    CodeOutcome outcome = CODES_ANSWER;
    *done = false;
    RvStatus status = begin_highs(search, err);
    if (status == RV_OK)
        status = begin_finder(search, NULL, err);
    if (status == RV_OK)
        status = rv_coded_scores_init(coded, &search->codes, &search->scorer, err);
    if (status == RV_OK)
        status =
            rv_coded_scores_highs(coded, query->places, query->place_count, search->highs, &outcome, err);
    if (status == RV_OK && outcome == CODES_STOPPED)
        status = rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    search->finder.coded = coded;
    if (status == RV_OK && outcome == CODES_ANSWER)
        status = follow_leads(search, out, err);
    query->scored_count += search->scorer.frame_count;
    search->scorer.frame_count = 0;
    if ((status == RV_OK || status == RV_ERROR_INTERNAL) && codes_failed(search, outcome)) {
        rv_hits_clear(out);
        status = RV_OK;
    } else {
        *done = status == RV_OK;
    }
    rv_moments_finder_clear(&search->finder);
    rv_coded_scores_clear(coded);
    return status;
}

/* ---- the best rows first ------------------------------------------------------------------------------- */

/* The scores of these videos are known by now. */
static void leave_out_known(Query *query, const MomentFinder *finder)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->place_count; i++) {
        if (finder->by_video[query->places[i].video] != NULL)
            continue;
        query->video_ids[kept] = query->video_ids[i];
        query->places[kept++] = query->places[i];
    }
    query->has_filter = true;
    query->place_count = kept;
}

/* More of the best rows, in top. */
static RvStatus rank_more(MomentSearch *search, RvError *err)
{
    Query *query = search->query;
    size_t limit = query->top.limit;
    query->top.limit = limit > SIZE_MAX / MORE_ROWS ? SIZE_MAX : limit * MORE_ROWS;
    if (query->options.fusion != RV_FUSION_MEAN)
        return rv_query_rank_fused(query, err);
    // A database would have to look for a list of videos then, which its index cannot.
    if (query->plan.way != SCAN_NEAREST || query->top.limit > STORE_NEAREST_MAX)
        leave_out_known(query, &search->finder);
    return rv_query_scan_again(query, &search->codes, err);
}

/* The best rows are in top: more and more of them, until they make as many moments as are wanted. */
static RvStatus by_best_rows(MomentSearch *search, RvHits *out, RvError *err)
{
    Query *query = search->query;
    MomentFinder *finder = &search->finder;
    bool mean = query->options.fusion == RV_FUSION_MEAN, done = false;
    RvStatus status = begin_finder(search, mean ? NULL : &query->scored, err);
    if (status == RV_OK)
        status = rv_query_take_moments(finder, &query->top, &done, err);
    while (status == RV_OK && !done) {
        status = rank_more(search, err);
        if (status == RV_OK)
            status = rv_query_take_moments(finder, &query->top, &done, err);
    }
    return status == RV_OK ? rv_query_moments(finder, out, err) : status;
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

/* As rv_query_follow_plan. */
static RvStatus follow_plan(MomentSearch *search, RvHits *out, bool *done, RvError *err)
{
    Query *query = search->query;
    const ScanPlan *plan = &query->plan;
    *done = true;
    if (plan->way == SCAN_ROWS)
        return by_rows(search, out, err);
    if (plan->way == SCAN_CODES && !plan->by_lists && !plan->on_device)
        return by_codes(search, out, done, err);
    RvStatus status = rv_query_follow_plan(query, &search->codes, done, err);
    return status == RV_OK && *done ? by_best_rows(search, out, err) : status;
}

static RvStatus find_by_mean(MomentSearch *search, RvHits *out, RvError *err)
{
    Query *query = search->query;
    search->vector = rv_mem_alloc_aligned((size_t)query->dimensions, sizeof *search->vector, err);
    RvStatus status = search->vector != NULL ? rv_fusion_mean_vector(query->terms, query->term_count,
                                                                     query->dimensions, search->vector, err)
                                             : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_query_find_facts(query, &search->codes, search->vector, err);
    for (bool done = false; status == RV_OK && !done;) {
        rv_scan_plan(&query->facts, &query->plan);
        status = follow_plan(search, out, &done, err);
    }
    if (status == RV_OK && query->options.report != NULL)
        rv_query_report(query, &search->codes);
    return status;
}

static void clear_search(MomentSearch *search)
{
    rv_moments_finder_clear(&search->finder);
    rv_video_scorer_clear(&search->scorer);
    rv_coded_scores_clear(&search->coded);
    rv_kept_scores_clear(&search->kept);
    rv_code_search_close(&search->codes);
    free(search->highs);
    free(search->vector);
}

RvStatus rv_query_find_moments(Query *query, RvHits *out, RvError *err)
{
    MomentSearch search = {.query = query};
    bool mean = query->options.fusion == RV_FUSION_MEAN;
    RvStatus status = mean ? find_by_mean(&search, out, err) : rv_query_scan(query, err);
    if (status == RV_OK && !mean)
        status = by_best_rows(&search, out, err);
    if (status == RV_OK && query->options.report != NULL)
        query->options.report->frames_scored += (int64_t)search.scorer.frame_count;
    clear_search(&search);
    return status;
}
