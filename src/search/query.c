/* SPDX-License-Identifier: MIT */
/* A query from its vectors to its hits: choose the videos, scan by a plan, fuse, rank. */
#include "search/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "base/vector.h"
#include "search/query_hits.h"
#include "search/query_options.h"
#include "search/scan_codes.h"
#include "search/sequence_moments.h"
#include "search/sequence_query.h"
#include "search/topk.h"
#include "store/video_name.h"

#define DEFAULT_TOP 5
#define DEFAULT_WITHIN_S 60
#define MOMENT_ROWS_KEPT ((size_t)1 << 16)
#define MORE_ROWS 4 // times as many are looked for if those that were found make too few moments

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

RvStatus rv_search_normalize(float *vector, int dimensions, RvError *err)
{
    double length = rv_vector_length(vector, (size_t)dimensions);
    if (!rv_vector_has_direction(length))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "a vector of length %g has no direction; give another term", length);
    rv_vector_normalize(vector, (size_t)dimensions, length);
    return RV_OK;
}

/* ---- checks ------------------------------------------------------------------------------------------- */

static RvStatus check_model(const Query *query, bool *present, RvError *err)
{
    ModelIdentity identity = {0};
    RvStatus status = rv_store_identity(query->store, &identity, present, err);
    if (status == RV_OK && *present && identity.dimensions != query->dimensions)
        status = rv_error_set_hint(err, RV_ERROR_MISMATCH, RV_HINT_MODEL_OR_LIBRARY, identity.name,
                                   "%s: holds %d-dimension embeddings of %s, the query has %d",
                                   rv_store_uri(query->store), identity.dimensions, identity.name,
                                   query->dimensions);
    return status;
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static int compare_place_ids(const void *a, const void *b)
{
    int64_t left = ((const VideoPlace *)a)->video_id, right = ((const VideoPlace *)b)->video_id;
    return (left > right) - (left < right);
}

/* Take away the videos that cannot be read now. Those that remain are named to the database: a list of the
 * others would have it ask all machines. */
static RvStatus leave_out_unreachable(Query *query, RvError *err)
{
    int64_t *ids = NULL;
    size_t count = 0, kept = 0;
    RvStatus status =
        rv_store_unreachable(query->store, query->video_ids, query->place_count, &ids, &count, err);
    for (size_t i = 0; status == RV_OK && i < query->place_count; i++) {
        size_t at = rv_find_first(ids, count, sizeof *ids, 0, query->video_ids[i]);
        if (at < count && ids[at] == query->video_ids[i])
            continue;
        query->video_ids[kept] = query->video_ids[i];
        query->places[kept++] = query->places[i];
    }
    query->place_count = kept;
    query->unreachable_count = count;
    free(ids);
    return status;
}

static RvStatus choose_videos(Query *query, RvError *err)
{
    RvStatus status = rv_store_list_paths(query->store, &query->videos, err);
    if (status != RV_OK)
        return status;
    query->places = rv_mem_alloc(query->videos.count, sizeof *query->places, err);
    query->video_ids = rv_mem_alloc(query->videos.count, sizeof *query->video_ids, err);
    bool *chosen = rv_mem_alloc(query->videos.count + 1, sizeof *chosen, err);
    if (query->places == NULL || query->video_ids == NULL || chosen == NULL) {
        free(chosen);
        return RV_ERROR_MEMORY;
    }
    RvNaming naming = RV_NAMED_NONE;
    query->matched_count = rv_video_name_choose(query->options.video_glob, &query->videos, chosen, &naming);
    for (size_t i = 0; i < query->videos.count; i++) {
        if (chosen[i])
            query->places[query->place_count++] = (VideoPlace){query->videos.items[i].video_id, (uint32_t)i};
    }
    free(chosen);
    if (query->place_count > 1)
        qsort(query->places, query->place_count, sizeof *query->places, compare_place_ids);
    for (size_t i = 0; i < query->place_count; i++)
        query->video_ids[i] = query->places[i].video_id;
    if (query->options.partial)
        status = leave_out_unreachable(query, err);
    query->has_filter = query->options.video_glob != NULL || query->unreachable_count > 0;
    return status;
}

/* ---- scanning ----------------------------------------------------------------------------------------- */

/* As CodeScan.stops. */
static bool stops(void *user)
{
    const Query *query = user;
    const RvSearchOptions *options = &query->options;
    return options->cancelled != NULL && options->cancelled(options->cancelled_user);
}

static RvStatus count_block(Query *query, const ScoredBlock *block, RvError *err)
{
    query->scored_count += block->rows->count;
    return stops(query) ? rv_error_set(err, RV_ERROR_CANCELLED, "cancelled") : RV_OK;
}

static bool passes(const Query *query, double score)
{
    return query->options.min_score == NULL || score >= *query->options.min_score;
}

/* Mean: the row's only score is the final one. */
static RvStatus rank_block(void *user, const ScoredBlock *block, RvError *err)
{
    Query *query = user;
    const FrameBlock *rows = block->rows;
    RvStatus status = count_block(query, block, err);
    size_t at = 0;
    uint32_t video = 0;
    for (size_t i = 0; status == RV_OK && i < rows->count; i++) {
        double score = block->scores[i];
        if (!passes(query, score) ||
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
    RvStatus status = count_block(query, block, err);
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

static RvStatus rank_fused(Query *query, RvError *err)
{
    RvStatus status = RV_OK;
    rv_topk_clear(&query->top);
    for (size_t i = 0; status == RV_OK && i < query->scored.count; i++) {
        if (passes(query, query->scored.rows[i].score))
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

static FrameFilter filter_of(const Query *query)
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
    FrameFilter filter = filter_of(query);
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
    FrameFilter filter = filter_of(query);
    bool mean = query->options.fusion == RV_FUSION_MEAN;
    // Every row is scored anyway, and moments may need many of them.
    if (query->options.moments && query->top.limit < MOMENT_ROWS_KEPT)
        query->top.limit = MOMENT_ROWS_KEPT;
    return rv_scan_exact(query->store, query->pool, vectors, count, query->dimensions, &filter,
                         mean ? rank_block : collect_block, query, err);
}

/* Plan after plan, until one leads to an answer. */
static RvStatus follow_plans(Query *query, CodeSearch *codes, const float *vectors, size_t count,
                             RvError *err)
{
    RvStatus status = RV_OK;
    for (bool done = false; status == RV_OK && !done;) {
        rv_topk_clear(&query->top);
        rv_scan_plan(&query->facts, &query->plan);
        if (query->plan.way == SCAN_NEAREST) {
            status = scan_nearest(query, vectors, &done, err);
        } else if (query->plan.way == SCAN_CODES) {
            status = rv_code_search_scan(codes, &query->plan, &query->facts, rank_block, query, &done, err);
        } else {
            status = scan_rows(query, vectors, count, err);
            done = true;
        }
    }
    return status;
}

/* Everything that decides about the way. */
static RvStatus find_facts(Query *query, CodeSearch *codes, const float *vector, RvError *err)
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
                     .stops = stops,
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

static void fill_report(const Query *query, const CodeSearch *codes)
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

/* Leaves the rows ranked in top; those of zscore and rrf are in scored too. */
static RvStatus scan(Query *query, RvError *err)
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
        status = find_facts(query, &codes, vectors, err);
    if (status == RV_OK)
        status = follow_plans(query, &codes, vectors, count, err);
    if (status == RV_OK && query->options.report != NULL)
        fill_report(query, &codes);
    rv_code_search_close(&codes);
    free(vectors);
    if (status == RV_OK && !mean)
        status = fuse(query, err);
    return status == RV_OK && !mean ? rank_fused(query, err) : status;
}

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

/* More and more of the best rows, until they make as many moments as are wanted. */
static RvStatus find_moments(Query *query, RvHits *out, RvError *err)
{
    bool mean = query->options.fusion == RV_FUSION_MEAN, done = false;
    VideoScorer scorer = {0};
    MomentFinder finder = {0};
    RvStatus status =
        rv_video_scorer_init(&scorer, query->store, query->pool, query->terms, query->term_count,
                             query->dimensions, &query->options, mean ? NULL : &query->scored, err);
    if (status == RV_OK)
        status = rv_moments_init(&finder, &scorer, &query->videos, &query->options, err);
    if (status == RV_OK)
        status = rv_query_find_moments(&finder, &query->top, &done, err);
    while (status == RV_OK && !done) {
        size_t limit = query->top.limit;
        query->top.limit = limit > SIZE_MAX / MORE_ROWS ? SIZE_MAX : limit * MORE_ROWS;
        // A database would have to look for a list of videos then, which its index cannot.
        if (mean && (query->plan.way != SCAN_NEAREST || query->top.limit > STORE_NEAREST_MAX))
            leave_out_known(query, &finder);
        status = mean ? scan(query, err) : rank_fused(query, err);
        if (status == RV_OK)
            status = rv_query_find_moments(&finder, &query->top, &done, err);
    }
    if (status == RV_OK)
        status = rv_query_moments(&finder, out, err);
    if (status == RV_OK && query->options.report != NULL)
        query->options.report->frames_scored += (int64_t)scorer.frame_count;
    rv_moments_finder_clear(&finder);
    rv_video_scorer_clear(&scorer);
    return status;
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
                       .stops = stops,
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

/* *wanted: whether there is something to scan. Errors: NETWORK if the videos that were left out are all that
 * the glob lets through. */
static RvStatus check_rest(const Query *query, bool *wanted, RvError *err)
{
    *wanted = query->unreachable_count == 0 || query->place_count > 0;
    if (*wanted || query->matched_count == 0)
        return RV_OK;
    if (query->matched_count == 1)
        return rv_error_set(
            err, RV_ERROR_NETWORK,
            "%s: the video that matches is on a machine that does not answer; run the command again when it does",
            rv_store_uri(query->store));
    return rv_error_set(
        err, RV_ERROR_NETWORK,
        "%s: all %zu videos that match are on machines that do not answer; run the command again "
        "when they do",
        rv_store_uri(query->store), query->matched_count);
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

/* Between begin and the end of the snapshot; *wanted: whether there is something to scan. */
static RvStatus begin(Query *query, bool *wanted, RvError *err)
{
    bool present = false;
    *wanted = false;
    RvStatus status = check_model(query, &present, err);
    if (status == RV_OK && present)
        status = choose_videos(query, err);
    if (status == RV_OK && present)
        status = check_rest(query, wanted, err);
    return status;
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
    status = begin(&query, &wanted, err);
    if (status == RV_OK && wanted && part_count > 1) {
        status = search_sequence(&query, part_count, out, err);
        return end(&query, status, err);
    }
    if (status == RV_OK && wanted)
        status = scan(&query, err);
    if (status == RV_OK && wanted)
        status = query.options.moments ? find_moments(&query, out, err)
                                       : rv_query_hits(&query.videos, &query.top, out, err);
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
    RvStatus status = mean ? RV_OK : scan(query, err);
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
    status = begin(&query, &wanted, err);
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
