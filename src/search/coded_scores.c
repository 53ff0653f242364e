/* SPDX-License-Identifier: MIT */
/* The scores of every frame of single videos by their codes: within proven bounds, and read where more is asked for. */
#include "search/coded_scores.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/codes/code_bounds.h"
#include "search/frame_spans.h"

// Of a video from which so many rows were read one by one all are read: one takes as long as so many in order.
#define SINGLE_SHARE 8
#define SINGLE_MIN ((size_t)64)
// More reading than a scan of this share of the rows says that codes leave too much open.
#define OPEN_SHARE 2
#define OPEN_MIN ((size_t)16384)
#define SETTLED_BETWEEN_STOPS 64
#define BOUND_TASK CODE_BLOCK_ROWS
// Fewer bounds than this are found before other threads are awake.
#define BOUND_THREADED ((size_t)512)

RvStatus rv_coded_scores_init(CodedScores *scores, CodeSearch *codes, VideoScorer *scorer, RvError *err)
{
    *scores = (CodedScores){.codes = codes, .scorer = scorer, .kernels = rv_scan_kernels(), .err = err};
    scores->row = rv_mem_alloc_aligned((size_t)codes->dimensions, sizeof *scores->row, err);
    return scores->row != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_coded_scores_clear(CodedScores *scores)
{
    free(scores->row);
    free(scores->room);
    *scores = (CodedScores){0};
}

/* Whether one of the video's rows may have other codes than the file says. */
static bool has_changed(const CodeScan *scan, KeyRange keys)
{
    size_t at = rv_find_first(scan->changed, scan->changed_count, sizeof *scan->changed,
                              offsetof(KeyRange, last), keys.first);
    return at < scan->changed_count && scan->changed[at].first <= keys.last;
}

/* ---- what videos score at most -------------------------------------------------------------------------- */

/* Counts the video's rows besides. */
static double high_of(const CodeScan *scan, const CodeBounds *bounds, KeyRange keys, size_t *row_count)
{
    double high = has_changed(scan, keys) ? INFINITY : -INFINITY;
    for (size_t s = 0; s < scan->file->segment_count; s++) {
        const CodeSegment *segment = &scan->file->segments[s];
        size_t first = rv_code_rows_below(segment, keys.first),
               end = rv_code_rows_below(segment, keys.last + 1);
        *row_count += end - first;
        for (size_t block = first / CODE_BLOCK_ROWS; block * CODE_BLOCK_ROWS < end; block++) {
            // As fmax, on which gcc 12 for ARM breaks down here.
            double block_high = bounds->block_high[bounds->first_block[s] + block];
            high = block_high > high ? block_high : high;
        }
    }
    return high;
}

RvStatus rv_coded_scores_highs(CodedScores *scores, const VideoPlace *places, size_t place_count,
                               double *highs, CodeOutcome *outcome, RvError *err)
{
    const CodeSearch *codes = scores->codes;
    CodeBounds bounds = {0};
    RvStatus status = rv_code_bounds_find(&bounds, &codes->scan, &codes->row_query, 1, outcome, err);
    for (size_t i = 0; status == RV_OK && *outcome == CODES_ANSWER && i < place_count; i++)
        highs[places[i].video] =
            high_of(&codes->scan, &bounds, rv_store_video_keys(places[i].video_id), &scores->row_count);
    rv_code_bounds_clear(&bounds);
    return status;
}

/* ---- the scores themselves ------------------------------------------------------------------------------ */

/* float32 are exact in float64, so a bound that is not below the score is equal to it at least. */
static void know(ScoredVideo *video, size_t frame, double time_s, float score)
{
    ScoreBounds *bounds = &video->bounds;
    RvFrameScore *known = &video->frames.items[frame];
    if (time_s != known->time_s || !(score >= bounds->low[frame] && score <= bounds->high[frame]))
        video->scores->wrong = true;
    bounds->low[frame] = bounds->high[frame] = score;
    known->score = score;
}

static RvStatus read_one(ScoredVideo *video, size_t frame, RvError *err)
{
    CodedScores *scores = video->scores;
    int64_t key = rv_store_key(video->frames.video_id, video->frames.items[frame].frame_number);
    int dimensions = scores->codes->dimensions;
    double time_s = 0;
    bool found = false;
    RvStatus status = rv_store_row(scores->codes->store, key, scores->row, dimensions, &time_s, &found, err);
    scores->scorer->frame_count++;
    if (status != RV_OK)
        return status;
    if (!found) {
        scores->wrong = true;
        return RV_OK;
    }
    float score = scores->kernels->dot_f32(scores->row, scores->codes->vector, (size_t)dimensions);
    status = rv_scan_check_score(scores->codes->store, video->frames.video_id,
                                 video->frames.items[frame].frame_number, score, err);
    if (status == RV_OK)
        know(video, frame, time_s, score);
    return status;
}

/* Errors: CANCELLED. */
static RvStatus look_for_stop(const CodedScores *scores, RvError *err)
{
    const CodeScan *scan = &scores->codes->scan;
    bool stops = scan->stops != NULL && scan->stops(scan->stops_user);
    return stops ? rv_error_set(err, RV_ERROR_CANCELLED, "cancelled") : RV_OK;
}

typedef struct WholeRead {
    ScoredVideo *video;
    size_t at; // frames before it are known
} WholeRead;

static RvStatus take_block(void *user, const ScoredBlock *block, RvError *err)
{
    WholeRead *read = user;
    ScoredVideo *video = read->video;
    RvStatus status = look_for_stop(video->scores, err);
    if (status != RV_OK)
        return status;
    video->scores->scorer->frame_count += block->rows->count;
    for (size_t i = 0; i < block->rows->count; i++, read->at++) {
        if (read->at == video->frames.count ||
            video->frames.items[read->at].frame_number != block->rows->frame_numbers[i]) {
            video->scores->wrong = true;
            return RV_OK;
        }
        know(video, read->at, block->rows->times_s[i], block->scores[i]);
    }
    return RV_OK;
}

static RvStatus read_all(ScoredVideo *video, RvError *err)
{
    const CodedScores *scores = video->scores;
    const CodeSearch *codes = scores->codes;
    WholeRead read = {.video = video};
    FrameFilter filter = {.video_ids = &video->frames.video_id, .video_count = 1};
    RvStatus status = rv_scan_exact(codes->store, scores->scorer->pool, codes->vector, 1, codes->dimensions,
                                    &filter, take_block, &read, err);
    if (status == RV_OK && read.at != video->frames.count)
        video->scores->wrong = true;
    return status;
}

static RvStatus read_some(ScoredVideo *video, size_t frame, RvError *err)
{
    CodedScores *scores = video->scores;
    bool whole = ++video->settled_count > SINGLE_MIN + video->frames.count / SINGLE_SHARE;
    size_t limit = scores->row_count / OPEN_SHARE > OPEN_MIN ? scores->row_count / OPEN_SHARE : OPEN_MIN;
    scores->read_cost += whole ? video->frames.count : SINGLE_SHARE;
    scores->left_open = scores->read_cost > limit;
    if (scores->left_open)
        return RV_OK;
    RvStatus status =
        scores->settled_count++ % SETTLED_BETWEEN_STOPS == 0 ? look_for_stop(scores, err) : RV_OK;
    if (status != RV_OK)
        return status;
    return whole ? read_all(video, err) : read_one(video, frame, err);
}

/* As ScoreBounds.settle. */
static void settle(void *user, size_t frame)
{
    ScoredVideo *video = user;
    CodedScores *scores = video->scores;
    if (scores->status == RV_OK && !scores->wrong && !scores->left_open)
        scores->status = read_some(video, frame, scores->err);
    // Otherwise the answer is thrown away.
    video->bounds.low[frame] = video->bounds.high[frame] = (float)video->frames.items[frame].score;
}

/* ---- opening a video ------------------------------------------------------------------------------------ */

/* Where a frame has its codes. */
typedef struct CodedFrame {
    const CodeSegment *segment;
    size_t row;
} CodedFrame;

typedef struct BoundJob {
    const RowQuery *query;
    const CodeKernels *kernels;
    const CodedFrame *frames;
    size_t count;
    ScoreBounds *bounds;
    atomic_bool damaged;
} BoundJob;

/* Returns how many frames from this one on have codes that follow each other. */
static size_t run_of(const CodedFrame *frames, size_t count)
{
    size_t run = 1;
    while (run < count && frames[run].segment == frames->segment && frames[run].row == frames->row + run)
        run++;
    return run;
}

static void bound_task(void *context, size_t index, int worker)
{
    (void)worker;
    BoundJob *job = context;
    ScoreBound found[BOUND_TASK];
    size_t at = index * BOUND_TASK, end = at + BOUND_TASK < job->count ? at + BOUND_TASK : job->count;
    while (at < end) {
        size_t run = run_of(&job->frames[at], end - at);
        if (!rv_code_rows_fine_bounds(job->frames[at].segment, job->frames[at].row, run, job->query,
                                      job->kernels, found)) {
            atomic_store(&job->damaged, true);
            return;
        }
        for (size_t i = 0; i < run; i++, at++) {
            ScoreBound mirrored = {-found[i].score, found[i].error};
            job->bounds->low[at] = -rv_score_bound_high(mirrored);
            job->bounds->high[at] = rv_score_bound_high(found[i]);
        }
    }
}

static size_t count_rows(const CodeFile *file, KeyRange keys)
{
    size_t count = 0;
    for (size_t s = 0; s < file->segment_count; s++)
        count += rv_code_rows_below(&file->segments[s], keys.last + 1) -
                 rv_code_rows_below(&file->segments[s], keys.first);
    return count;
}

/* frames, places: large enough. Returns their number. */
static size_t collect(const CodeScan *scan, KeyRange keys, RvFrameScore *frames, CodedFrame *places)
{
    size_t count = 0;
    CodeScan all = *scan;
    all.video_ids = NULL;
    all.after_s = all.before_s = NULL;
    for (size_t s = 0; s < scan->file->segment_count; s++) {
        const CodeSegment *segment = &scan->file->segments[s];
        size_t end = rv_code_rows_below(segment, keys.last + 1);
        for (size_t row = rv_code_rows_below(segment, keys.first); row < end; row++) {
            const CodeRow *found = &segment->rows[row];
            if (!rv_code_row_counts(&all, segment, found))
                continue;
            frames[count] =
                (RvFrameScore){.frame_number = rv_store_key_frame(found->key), .time_s = found->time_s};
            places[count++] = (CodedFrame){segment, row};
        }
    }
    return count;
}

/* Whether numbers and times rise together, as in all libraries that reelvec has made from videos. */
static bool is_plain(const RvFrameScores *frames)
{
    for (size_t i = 1; i < frames->count; i++) {
        if (frames->items[i].frame_number <= frames->items[i - 1].frame_number ||
            !(frames->items[i].time_s >= frames->items[i - 1].time_s))
            return false;
    }
    return true;
}

static RvStatus reserve_room(CodedScores *scores, size_t count, RvError *err)
{
    if (count <= scores->room_count && scores->room != NULL)
        return RV_OK;
    free(scores->room);
    scores->room = rv_mem_alloc(count, sizeof *scores->room, err);
    scores->room_count = count;
    return scores->room != NULL ? RV_OK : RV_ERROR_MEMORY;
}

static RvStatus reserve(ScoredVideo *video, size_t count, CodedFrame **places, RvError *err)
{
    ScoreBounds *bounds = &video->bounds;
    video->frames.items = rv_mem_alloc(count, sizeof *video->frames.items, err);
    bounds->low = rv_mem_alloc(count, sizeof *bounds->low, err);
    bounds->high = rv_mem_alloc(count, sizeof *bounds->high, err);
    *places = rv_mem_alloc(count, sizeof **places, err);
    bool good = video->frames.items != NULL && bounds->low != NULL && bounds->high != NULL && *places != NULL;
    return good ? reserve_room(video->scores, count, err) : RV_ERROR_MEMORY;
}

static RvStatus open_coded(CodedScores *scores, const RvVideo *video, ScoredVideo *out, bool *plain,
                           RvError *err)
{
    const CodeScan *scan = &scores->codes->scan;
    KeyRange keys = rv_store_video_keys(video->video_id);
    CodedFrame *places = NULL;
    out->scores = scores;
    RvStatus status = reserve(out, count_rows(scan->file, keys), &places, err);
    out->bounds.room = &scores->room;
    out->bounds.settle = settle;
    out->bounds.user = out;
    if (status == RV_OK) {
        out->frames.count = collect(scan, keys, out->frames.items, places);
        *plain = is_plain(&out->frames);
    }
    if (status == RV_OK && *plain) {
        BoundJob job = {.query = &scores->codes->row_query,
                        .kernels = rv_code_kernels(),
                        .frames = places,
                        .count = out->frames.count,
                        .bounds = &out->bounds};
        rv_threads_run(job.count >= BOUND_THREADED ? scan->pool : NULL, rv_divide_up(job.count, BOUND_TASK),
                       bound_task, &job);
        scores->damaged = scores->damaged || atomic_load(&job.damaged);
        rv_frame_spans_order(video, &out->frames);
    }
    free(places);
    return status;
}

RvStatus rv_coded_scores_open(CodedScores *scores, const RvVideo *video, ScoredVideo *out, RvError *err)
{
    bool plain = false;
    *out = (ScoredVideo){.frames.video_id = video->video_id};
    RvStatus status = RV_OK;
    if (!has_changed(&scores->codes->scan, rv_store_video_keys(video->video_id)))
        status = open_coded(scores, video, out, &plain, err);
    if (status != RV_OK || plain)
        return status;
    rv_scored_video_clear(out);
    return rv_video_scorer_read(scores->scorer, video, &out->frames, err);
}

void rv_scored_video_clear(ScoredVideo *video)
{
    rv_frame_scores_clear(&video->frames);
    free(video->bounds.low);
    free(video->bounds.high);
    *video = (ScoredVideo){0};
}
