/* SPDX-License-Identifier: MIT */
/* A sequence from the vectors of its parts to its best chains: by codes, or by all rows. */
#include "search/sequence_query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/scan_codes.h"
#include "search/sequence_codes.h"

/* ---- all rows, video after video ---------------------------------------------------------------------- */

typedef struct RowsScan {
    const SequenceJob *job;
    RankedChains *chains; // the best so far, and others; after `keep_best` in order
    bool full;            // chains->items[top - 1] was the last of the best at the last `keep_best`
    size_t scored_count;
    // The video under way.
    size_t at; // its place
    uint32_t video;
    TrackRow *rows;
    float *scores; // [row_capacity, part_count]
    size_t row_count, row_capacity, score_capacity;
} RowsScan;

static void keep_best(RowsScan *scan)
{
    RankedChains *chains = scan->chains;
    size_t top = scan->job->options->top;
    if (chains->count > 1)
        qsort(chains->items, chains->count, sizeof *chains->items, rv_ranked_chain_compare);
    scan->full = chains->count >= top;
    chains->count = scan->full ? top : chains->count;
}

/* *more is false if no chain of the video behind this one can be among the best. */
static RvStatus offer(RowsScan *scan, const RankedChain *chain, bool *more, RvError *err)
{
    RankedChains *chains = scan->chains;
    size_t top = scan->job->options->top;
    *more = !scan->full || rv_ranked_chain_compare(chain, &chains->items[top - 1]) < 0;
    RvStatus status = *more ? rv_ranked_chains_add(chains, chain, err) : RV_OK;
    if (status == RV_OK && chains->count / 2 >= top)
        keep_best(scan);
    return status;
}

/* Takes over the rows. */
static RvStatus rank_track(RowsScan *scan, SequenceTrack *track, RvError *err)
{
    const SequenceJob *job = scan->job;
    const double *min_score = job->options->min_score;
    for (size_t i = 0; i < track->count; i++) {
        const float *scores = scan->scores + track->rows[i].source * job->part_count;
        for (size_t part = 0; part < job->part_count; part++)
            track->scores[part][i] =
                min_score != NULL && scores[part] < *min_score ? -INFINITY : scores[part];
    }
    RvStatus status = rv_sequence_track_begin(track, job->options->within_s, err);
    Chain chain;
    size_t count = 0;
    for (bool more = true;
         status == RV_OK && more && count < job->options->top && rv_sequence_best(&track->sequence, &chain);
         count++) {
        RankedChain ranked = rv_sequence_track_ranked(track, &chain);
        status = offer(scan, &ranked, &more, err);
        if (status == RV_OK && more)
            status = rv_sequence_take(&track->sequence, &chain, err);
    }
    return status;
}

static RvStatus finish_video(RowsScan *scan, RvError *err)
{
    if (scan->row_count < scan->job->part_count) {
        scan->row_count = 0;
        return RV_OK;
    }
    SequenceTrack track = {0};
    RvStatus status =
        rv_sequence_track_init(&track, scan->video, scan->rows, scan->row_count, scan->job->part_count, err);
    scan->rows = NULL;
    scan->row_count = scan->row_capacity = 0;
    if (status == RV_OK)
        status = rank_track(scan, &track, err);
    rv_sequence_track_clear(&track);
    return status;
}

static RvStatus reserve_row(RowsScan *scan, RvError *err)
{
    size_t parts = scan->job->part_count;
    if (scan->row_count == scan->row_capacity) {
        TrackRow *rows = rv_mem_grow(scan->rows, &scan->row_capacity, scan->row_count + 1, sizeof *rows, err);
        if (rows == NULL)
            return RV_ERROR_MEMORY;
        scan->rows = rows;
    }
    if ((scan->row_count + 1) * parts > scan->score_capacity) {
        float *scores = rv_mem_grow(scan->scores, &scan->score_capacity, (scan->row_count + 1) * parts,
                                    sizeof *scores, err);
        if (scores == NULL)
            return RV_ERROR_MEMORY;
        scan->scores = scores;
    }
    return RV_OK;
}

static RvStatus take_block(void *user, const ScoredBlock *block, RvError *err)
{
    RowsScan *scan = user;
    const SequenceJob *job = scan->job;
    const FrameBlock *rows = block->rows;
    scan->scored_count += rows->count;
    if (job->stops(job->stops_user))
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < rows->count; i++) {
        uint32_t video = 0;
        if (!rv_video_place_find(job->places, job->place_count, rows->video_ids[i], &scan->at, &video))
            continue;
        if (scan->row_count > 0 && video != scan->video)
            status = finish_video(scan, err);
        if (status == RV_OK)
            status = reserve_row(scan, err);
        if (status != RV_OK)
            return status;
        scan->video = video;
        for (size_t part = 0; part < job->part_count; part++)
            scan->scores[scan->row_count * job->part_count + part] =
                block->scores[part * block->score_stride + i];
        scan->rows[scan->row_count] = (TrackRow){rows->times_s[i], rows->frame_numbers[i], scan->row_count};
        scan->row_count++;
    }
    return status;
}

static RvStatus search_rows(const SequenceJob *job, RankedChains *out, size_t *scored_count, RvError *err)
{
    RowsScan scan = {.job = job, .chains = out};
    FrameFilter filter = {.after_s = job->options->after_s, .before_s = job->options->before_s};
    if (job->has_filter) {
        filter.video_ids = job->video_ids;
        filter.video_count = job->place_count;
    }
    RvStatus status = rv_scan_exact(job->store, job->pool, job->vectors, job->part_count, job->dimensions,
                                    &filter, take_block, &scan, err);
    if (status == RV_OK)
        status = finish_video(&scan, err);
    if (status == RV_OK)
        keep_best(&scan);
    *scored_count += scan.scored_count;
    free(scan.rows);
    free(scan.scores);
    return status;
}

/* ---- the ways ----------------------------------------------------------------------------------------- */

static void fill_report(const ScanPlan *plan, const ScanFacts *facts, size_t scored_count,
                        RvSearchReport *report)
{
    report->way = rv_scan_way_name(plan->way);
    report->reason = plan->reason;
    report->index_reason = plan->lists_reason != NULL ? plan->lists_reason : "";
    report->device_reason = plan->device_reason != NULL ? plan->device_reason : "";
    report->frames_with_codes = (int64_t)facts->code_rows;
    report->frames_scored = (int64_t)scored_count;
}

RvStatus rv_sequence_search(const SequenceJob *job, RankedChains *out, RvSearchReport *report, RvError *err)
{
    const RvSearchOptions *options = job->options;
    bool all = options->top > SIZE_MAX / job->part_count;
    ScanFacts facts = {.scan = options->scan,
                       .fusion = options->fusion,
                       .is_sequence = true,
                       .limit = all ? SIZE_MAX : options->top * job->part_count};
    CodeScan scan = {.pool = job->pool,
                     .limit = facts.limit,
                     .video_ids = job->video_ids,
                     .video_count = job->place_count,
                     .some_videos = job->some_videos,
                     .after_s = options->after_s,
                     .before_s = options->before_s,
                     .stops = job->stops,
                     .stops_user = job->stops_user};
    CodeSearch codes = {0};
    ScanPlan plan = {0};
    size_t scored_count = 0;
    *out = (RankedChains){0};
    RvStatus status = rv_code_search_open(&codes, job->index, job->store, &scan, job->vectors,
                                          job->dimensions, &facts, err);
    for (bool done = false; status == RV_OK && !done;) {
        rv_scan_plan(&facts, &plan);
        if (plan.way == SCAN_CODES) {
            status = rv_sequence_by_codes(job, &codes, &facts, out, &scored_count, &done, err);
        } else {
            status = search_rows(job, out, &scored_count, err);
            done = true;
        }
    }
    if (status == RV_OK && report != NULL)
        fill_report(&plan, &facts, scored_count, report);
    rv_code_search_close(&codes);
    return status;
}
