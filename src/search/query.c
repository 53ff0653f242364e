/* SPDX-License-Identifier: MIT */
/* A query from its vectors to its answer: hits, moments, sequences, or the scores of a video. */
#include "search/query.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/vector.h"
#include "search/query_hits.h"
#include "search/query_options.h"
#include "search/query_state.h"
#include "search/sequence_moments.h"
#include "search/sequence_query.h"

#define DEFAULT_TOP 5
#define DEFAULT_WITHIN_S 60

RvStatus rv_search_normalize(float *vector, int dimensions, RvError *err)
{
    double length = rv_vector_length(vector, (size_t)dimensions);
    if (!rv_vector_has_direction(length))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "a vector of length %g has no direction; give another term", length);
    rv_vector_normalize(vector, (size_t)dimensions, length);
    return RV_OK;
}

/* ---- sequences ---------------------------------------------------------------------------------------- */

static RvStatus search_sequence(Query *query, size_t part_count, RvHits *out, RvError *err)
{
    float *vectors = rv_mem_alloc_aligned(part_count * (size_t)query->dimensions, sizeof *vectors, err);
    RvStatus status = vectors != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t part = 0; status == RV_OK && part < part_count; part++)
        status = rv_fusion_part_vector(query->terms, query->term_count, part, query->dimensions,
                                       vectors + part * (size_t)query->dimensions, err);
    SequenceJob job = {.index = query->index,
                       .store = query->store,
                       .pool = query->pool,
                       .options = &query->options,
                       .vectors = vectors,
                       .part_count = part_count,
                       .dimensions = query->dimensions,
                       .places = query->places,
                       .video_ids = query->video_ids,
                       .place_count = query->place_count,
                       .has_filter = query->has_filter,
                       .some_videos = query->place_count < query->videos.count,
                       .stops = rv_query_stops,
                       .stops_user = query};
    RankedChains chains = {0};
    RvSearchReport *report = query->options.report;
    if (status == RV_OK)
        status = rv_sequence_search(&job, &chains, report, err);
    Moment *moments = status == RV_OK ? rv_mem_alloc(chains.count, sizeof *moments, err) : NULL;
    size_t frame_count = 0;
    if (status == RV_OK)
        status = moments != NULL
                     ? rv_sequence_moments(&job, &query->videos, &chains, moments, &frame_count, err)
                     : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_query_chain_hits(&query->videos, moments, &chains, out, err);
    if (status == RV_OK && report != NULL) {
        report->videos_unreachable = (int64_t)query->unreachable_count;
        report->frames_scored += (int64_t)frame_count;
    }
    free(moments);
    rv_ranked_chains_clear(&chains);
    free(vectors);
    return status;
}

/* ---- a query from start to end ------------------------------------------------------------------------ */

static void clear_query(Query *query)
{
    for (size_t t = 0; query->term_scores != NULL && t < query->term_count; t++)
        free(query->term_scores[t]);
    free(query->term_scores);
    free(query->scored.rows);
    rv_topk_clear(&query->top);
    free(query->places);
    free(query->video_ids);
    rv_videos_clear(&query->videos);
}

/* Called with the status of what was done in the snapshot. */
static RvStatus end(Query *query, RvStatus status, RvError *err)
{
    rv_store_end_snapshot(query->store);
    if (status == RV_ERROR_CANCELLED)
        status = rv_error_set(err, RV_ERROR_CANCELLED, "the search was cancelled");
    clear_query(query);
    return rv_query_status(&query->options, status, err);
}

/* options: NULL for the defaults, which are filled in. */
static void take_options(Query *query, const RvSearchOptions *options)
{
    if (options != NULL)
        query->options = *options;
    if (query->options.top == 0)
        query->options.top = DEFAULT_TOP;
    if (query->options.within_s == 0)
        query->options.within_s = DEFAULT_WITHIN_S;
}

static RvStatus find_hits(Query *query, RvHits *out, RvError *err)
{
    RvStatus status = rv_query_scan(query, err);
    return status == RV_OK ? rv_query_hits(&query->videos, &query->top, out, err) : status;
}

RvStatus rv_search_frames(SearchIndex *index, Store *store, ThreadPool *pool, const QueryVector *terms,
                          size_t term_count, int dimensions, const RvSearchOptions *options, RvHits *out,
                          RvError *err)
{
    *out = (RvHits){0};
    Query query = {.index = index,
                   .store = store,
                   .pool = pool,
                   .terms = terms,
                   .term_count = term_count,
                   .dimensions = dimensions};
    take_options(&query, options);
    if (query.options.report != NULL)
        *query.options.report = (RvSearchReport){
            .way = "", .reason = "the library is empty", .index_reason = "", .device_reason = ""};
    size_t part_count = rv_query_part_count(terms, term_count);
    rv_topk_init(&query.top, rv_query_frames_wanted(&query.options));
    RvStatus status = rv_query_check(terms, term_count, dimensions, &query.options, err);
    if (status == RV_OK && query.options.fusion == RV_FUSION_MEAN && index != NULL)
        rv_search_index_ensure(index, store, pool);
    if (status == RV_OK)
        status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    bool wanted = false;
    status = rv_query_begin(&query, &wanted, err);
    if (status == RV_OK && wanted && part_count > 1) {
        status = search_sequence(&query, part_count, out, err);
        return end(&query, status, err);
    }
    if (status == RV_OK && wanted && query.options.moments)
        status = rv_query_find_moments(&query, out, err);
    else if (status == RV_OK && wanted)
        status = find_hits(&query, out, err);
    return end(&query, status, err);
}

/* ---- every frame of one video ------------------------------------------------------------------------- */

/* The scores of rrf, which only the rows that were ranked have. */
static void take_ranked(const Query *query, uint32_t place, RvFrameScores *scores)
{
    size_t kept = 0;
    for (size_t i = 0; i < scores->count; i++)
        scores->items[i].score = NAN;
    for (size_t i = 0; i < query->scored.count; i++) {
        const Candidate *row = &query->scored.rows[i];
        size_t at = row->video == place ? rv_frame_scores_find(scores, row->time_s, row->frame_number)
                                        : scores->count;
        if (at < scores->count)
            scores->items[at].score = row->score;
    }
    for (size_t i = 0; i < scores->count; i++) {
        if (!isnan(scores->items[i].score))
            scores->items[kept++] = scores->items[i];
    }
    scores->count = kept;
}

static RvStatus score_video(Query *query, uint32_t place, RvFrameScores *out, RvError *err)
{
    bool mean = query->options.fusion == RV_FUSION_MEAN;
    VideoScorer scorer = {0};
    RvStatus status = mean ? RV_OK : rv_query_scan(query, err);
    if (status == RV_OK)
        status = rv_video_scorer_init(&scorer, query->store, query->pool, query->terms, query->term_count,
                                      query->dimensions, &query->options, mean ? NULL : &query->scored, err);
    if (status == RV_OK)
        status = rv_video_scorer_read(&scorer, &query->videos.items[place], out, err);
    if (status == RV_OK && query->options.fusion == RV_FUSION_RRF)
        take_ranked(query, place, out);
    rv_video_scorer_clear(&scorer);
    return status;
}

RvStatus rv_search_video_scores(Store *store, ThreadPool *pool, const QueryVector *terms, size_t term_count,
                                int dimensions, const RvSearchOptions *options, int64_t video_id,
                                RvFrameScores *out, RvError *err)
{
    *out = (RvFrameScores){.video_id = video_id};
    Query query = {
        .store = store, .pool = pool, .terms = terms, .term_count = term_count, .dimensions = dimensions};
    take_options(&query, options);
    query.options.after_s = query.options.before_s = query.options.min_score = NULL;
    query.options.moments = false;
    query.options.pad_s = 0;
    query.options.report = NULL;
    if (query.options.fusion == RV_FUSION_MEAN)
        query.options.partial = false; // no other video is read
    RvStatus status = rv_query_check(terms, term_count, dimensions, &query.options, err);
    if (status == RV_OK && rv_query_part_count(terms, term_count) > 1)
        status = rv_error_set(err, RV_ERROR_ARGUMENT,
                              "frames have no scores for a sequence; ask for its parts one by one");
    if (status == RV_OK)
        status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    bool wanted = false;
    status = rv_query_begin(&query, &wanted, err);
    size_t at = 0;
    uint32_t place = 0;
    if (status == RV_OK && rv_video_place_find(query.places, query.place_count, video_id, &at, &place))
        status = score_video(&query, place, out, err);
    else if (status == RV_OK && query.unreachable_count > 0)
        status = rv_error_set(err, RV_ERROR_NETWORK,
                              "%s: the video is not searched, or is on a machine that does not answer",
                              rv_store_uri(store));
    else if (status == RV_OK)
        status = rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: the video is not among those that are searched",
                              rv_store_uri(store));
    return end(&query, status, err);
}
