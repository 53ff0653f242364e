/* SPDX-License-Identifier: MIT */
/* A query under way: what is asked, which videos it looks at, and the rows that were found so far. */
#ifndef RV_SEARCH_QUERY_STATE_H
#define RV_SEARCH_QUERY_STATE_H

#include "search/fusion.h"
#include "search/scan_codes.h"
#include "search/scan_plan.h"
#include "search/search_index.h"
#include "search/topk.h"
#include "search/video_place.h"
#include "store/store.h"

typedef struct Query {
    SearchIndex *index; // NULL: rows alone
    Store *store;
    ThreadPool *pool;
    const QueryVector *terms;
    size_t term_count;
    int dimensions;
    RvSearchOptions options; // top is filled in
    RvVideos videos;         // by path
    VideoPlace *places;      // by id: the videos that are searched
    int64_t *video_ids;      // the same ids
    size_t place_count;
    bool has_filter;      // there may be videos that are not among them
    size_t matched_count; // that the glob lets through, also those that cannot be read now
    size_t unreachable_count;
    ScanFacts facts;
    ScanPlan plan; // the last one, which led to the answer
    size_t scored_count;
    TopK top;
    ScoredRows scored; // of zscore and rrf: all rows, with their fused scores
    float **term_scores;
    size_t scored_capacity;
} Query;

/* ---- query_videos.c ----------------------------------------------------------------------------------- */

/* After the beginning of the snapshot: check that the vectors are of the library's model, and choose the videos. *wanted:
 * whether there is something to scan. Errors: MISMATCH; NETWORK if the videos that were left out are all that the glob lets
 * through; those of reading. */
RvStatus rv_query_begin(Query *query, bool *wanted, RvError *err);

/* ---- query_scan.c ------------------------------------------------------------------------------------- */

/* As CodeScan.stops, with the query as its user. */
bool rv_query_stops(void *query);

/* Which rows the query is about, but for its least score. */
FrameFilter rv_query_filter(const Query *query);

/* Count rows that were scored. Errors: CANCELLED. */
RvStatus rv_query_count_rows(Query *query, size_t count, RvError *err);

/* Everything that decides about the way, in query->facts. vector: the only one of RV_FUSION_MEAN. Close *codes also after an
 * error. Errors: NOT_FOUND (no approximate index), those of reading. */
RvStatus rv_query_find_facts(Query *query, CodeSearch *codes, const float *vector, RvError *err);

/* With RV_FUSION_MEAN, after rv_query_find_facts: rank the rows in top as query->plan says. *done is false if that led to no
 * answer: then a fact has changed, so plan again. Errors: as rv_query_scan. */
RvStatus rv_query_follow_plan(Query *query, CodeSearch *codes, bool *done, RvError *err);

/* Behind that: rank the rows anew, for another limit of top, or fewer videos. */
RvStatus rv_query_scan_again(Query *query, CodeSearch *codes, RvError *err);

/* Fill in options.report by the plan. */
void rv_query_report(const Query *query, const CodeSearch *codes);

/* Rank the rows in top; those of zscore and rrf are in scored too. Fills options.report. Errors: NOT_FOUND (no approximate
 * index), FORMAT (damaged row), CANCELLED, those of reading. */
RvStatus rv_query_scan(Query *query, RvError *err);

/* With zscore and rrf after rv_query_scan: rank the rows in scored anew, for another limit of top. */
RvStatus rv_query_rank_fused(Query *query, RvError *err);

/* ---- query_moments.c ---------------------------------------------------------------------------------- */

/* After rv_query_begin: the best moments. Fills options.report. Errors: as rv_query_scan. */
RvStatus rv_query_find_moments(Query *query, RvHits *out, RvError *err);

#endif
