/* SPDX-License-Identifier: MIT */
/* How high the scores of rows and videos may be for the parts of a sequence, by codes; and videos opened with that. */
#include "search/sequence_bounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/codes/kth_highest.h"
#include "search/scan_codes.h"

#define CHANGED                                                                                              \
    ((size_t)1 << (sizeof(size_t) * 8 - 1)) // TrackRow.source: a row of `changed`, not of the codes
// The part of a video's blocks that have a peak.
#define PEAK_SHARE 2
// Beyond so many blocks in reach of one the highest of the whole video are as good.
#define LOCAL_BLOCKS ((size_t)64)

/* ---- bounds of single rows ---------------------------------------------------------------------------- */

const CodeSegment *rv_sequence_bounds_row(const SequenceBounds *bounds, const OpenVideo *video, size_t row,
                                          size_t *in_segment)
{
    const CodeFile *file = bounds->scan->file;
    size_t source = video->track.rows[row].source;
    size_t segment = rv_find_part(bounds->codes.first_row, file->segment_count, source);
    *in_segment = source - bounds->codes.first_row[segment];
    return &file->segments[segment];
}

bool rv_sequence_bounds_of(const SequenceBounds *bounds, const OpenVideo *video, size_t part, size_t row,
                           bool fine, ScoreBound *out)
{
    size_t in_segment = 0;
    const CodeSegment *segment = rv_sequence_bounds_row(bounds, video, row, &in_segment);
    if (fine)
        return rv_code_row_fine_bound(segment, in_segment, &bounds->queries[part], out);
    *out = rv_code_row_coarse_bound(segment, in_segment, &bounds->queries[part]);
    return true;
}

void rv_sequence_bounds_set(const SequenceBounds *bounds, OpenVideo *video, size_t part, size_t row,
                            float high)
{
    const double *min_score = bounds->job->options->min_score;
    video->track.scores[part][row] = min_score != NULL && high < *min_score ? -INFINITY : high;
}

/* ---- the rows without codes --------------------------------------------------------------------------- */

static RvStatus keep_changed(void *user, const ScoredBlock *block, RvError *err)
{
    SequenceBounds *bounds = user;
    size_t parts = bounds->job->part_count, needed = bounds->changed_count + block->rows->count;
    bounds->scored_count += block->rows->count;
    if (bounds->job->stops(bounds->job->stops_user))
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    if (needed > bounds->changed_capacity) {
        ChangedRow *rows = rv_mem_grow(bounds->changed, &bounds->changed_capacity, needed, sizeof *rows, err);
        if (rows == NULL)
            return RV_ERROR_MEMORY;
        bounds->changed = rows;
    }
    if (needed * parts > bounds->changed_score_capacity) {
        float *scores = rv_mem_grow(bounds->changed_scores, &bounds->changed_score_capacity, needed * parts,
                                    sizeof *scores, err);
        if (scores == NULL)
            return RV_ERROR_MEMORY;
        bounds->changed_scores = scores;
    }
    for (size_t i = 0; i < block->rows->count; i++) {
        size_t to = bounds->changed_count++;
        bounds->changed[to] = (ChangedRow){
            rv_store_key(block->rows->video_ids[i], block->rows->frame_numbers[i]), block->rows->times_s[i]};
        for (size_t part = 0; part < parts; part++)
            bounds->changed_scores[to * parts + part] = block->scores[part * block->score_stride + i];
    }
    return RV_OK;
}

RvStatus rv_sequence_bounds_read(const SequenceBounds *bounds, const KeyRange *ranges, size_t count,
                                 ScoredBlockCallback callback, void *user, RvError *err)
{
    const SequenceJob *job = bounds->job;
    FrameFilter filter = {.after_s = job->options->after_s,
                          .before_s = job->options->before_s,
                          .ranges = ranges,
                          .range_count = count};
    return rv_scan_exact(job->store, job->pool, job->vectors, job->part_count, job->dimensions, &filter,
                         callback, user, err);
}

static RvStatus read_changed(SequenceBounds *bounds, RvError *err)
{
    KeyRange *ranges = NULL;
    size_t count = 0;
    if (bounds->scan->changed_count == 0)
        return RV_OK;
    RvStatus status = rv_code_search_ranges(bounds->scan, NULL, 0, &ranges, &count, err);
    if (status == RV_OK && count > 0)
        status = rv_sequence_bounds_read(bounds, ranges, count, keep_changed, bounds, err);
    free(ranges);
    return status;
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static int compare_bounds(const void *a, const void *b)
{
    const VideoBound *left = a, *right = b;
    if (left->high != right->high)
        return left->high > right->high ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

static void raise(float *highs, size_t parts, const float *by)
{
    for (size_t part = 0; part < parts; part++)
        highs[part] = by[part] > highs[part] ? by[part] : highs[part];
}

/* highs [place_count, parts]: what blocks have, all their videos may have. */
static void raise_by_blocks(const SequenceBounds *bounds, float *highs)
{
    const SequenceJob *job = bounds->job;
    size_t parts = job->part_count;
    for (size_t s = 0; s < bounds->scan->file->segment_count; s++) {
        const CodeSegment *segment = &bounds->scan->file->segments[s];
        size_t blocks = bounds->codes.first_block[s + 1] - bounds->codes.first_block[s], place = 0;
        for (size_t block = 0; block < blocks; block++) {
            size_t first = block * CODE_BLOCK_ROWS, last = first + CODE_BLOCK_ROWS - 1;
            last = last < segment->row_count ? last : segment->row_count - 1;
            int64_t last_video = rv_store_key_video(segment->rows[last].key);
            while (place < job->place_count &&
                   job->video_ids[place] < rv_store_key_video(segment->rows[first].key))
                place++;
            for (size_t at = place; at < job->place_count && job->video_ids[at] <= last_video; at++)
                raise(highs + at * parts, parts,
                      bounds->codes.block_high + (bounds->codes.first_block[s] + block) * parts);
        }
    }
}

static void raise_by_changed(const SequenceBounds *bounds, float *highs)
{
    const SequenceJob *job = bounds->job;
    size_t place = 0;
    for (size_t i = 0; i < bounds->changed_count; i++) {
        int64_t video_id = rv_store_key_video(bounds->changed[i].key);
        while (place < job->place_count && job->video_ids[place] < video_id)
            place++;
        if (place < job->place_count && job->video_ids[place] == video_id)
            raise(highs + place * job->part_count, job->part_count,
                  bounds->changed_scores + i * job->part_count);
    }
}

static RvStatus bound_videos(SequenceBounds *bounds, RvError *err)
{
    const SequenceJob *job = bounds->job;
    size_t parts = job->part_count;
    const double *min_score = job->options->min_score;
    float *highs = rv_mem_alloc_aligned(job->place_count * parts + 1, sizeof *highs, err);
    bounds->highs = highs;
    size_t block_count = bounds->codes.first_block[bounds->scan->file->segment_count];
    bounds->least = rv_mem_alloc_aligned(block_count * parts + 1, sizeof *bounds->least, err);
    bounds->videos = rv_mem_alloc(job->place_count + 1, sizeof *bounds->videos, err);
    if (highs == NULL || bounds->least == NULL || bounds->videos == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < job->place_count * parts; i++)
        highs[i] = -INFINITY;
    raise_by_blocks(bounds, highs);
    raise_by_changed(bounds, highs);
    for (size_t place = 0; place < job->place_count; place++) {
        // Summed in the order of Chain.score, so that rounding keeps it at or above every chain's.
        const float *high = highs + place * parts;
        double sum = high[parts - 1];
        bool possible = true;
        for (size_t part = parts; part-- > 0;) {
            possible = possible && high[part] > -INFINITY && (min_score == NULL || high[part] >= *min_score);
            sum = part + 1 < parts ? high[part] + sum : sum;
        }
        if (possible)
            bounds->videos[bounds->video_count++] = (VideoBound){sum / (double)parts, place};
    }
    if (bounds->video_count > 1)
        qsort(bounds->videos, bounds->video_count, sizeof *bounds->videos, compare_bounds);
    return RV_OK;
}

/* ---- opening a video ---------------------------------------------------------------------------------- */

/* Rows, and blocks that hold them, of a video in one segment, counted within it. */
typedef struct CodedSpan {
    const CodeSegment *segment;
    size_t first_row, end_row, first_block, end_block;
} CodedSpan;

static CodedSpan coded_span(const SequenceBounds *bounds, size_t segment_index, KeyRange keys)
{
    CodedSpan span = {.segment = &bounds->scan->file->segments[segment_index]};
    span.first_row = rv_code_rows_below(span.segment, keys.first);
    span.end_row = rv_code_rows_below(span.segment, keys.last + 1);
    span.first_block = span.first_row / CODE_BLOCK_ROWS;
    span.end_block =
        span.end_row > span.first_row ? (span.end_row - 1) / CODE_BLOCK_ROWS + 1 : span.first_block;
    return span;
}

static bool reaches(const float *least, size_t parts, const float *scores, size_t stride)
{
    for (size_t part = 0; part < parts; part++) {
        if (scores[part * stride] >= least[part])
            return true;
    }
    return false;
}

/* Of one segment; rows is large enough. Returns their number. */
static size_t collect_coded(const SequenceBounds *bounds, size_t segment_index, KeyRange keys, bool thin,
                            TrackRow *rows)
{
    CodedSpan span = coded_span(bounds, segment_index, keys);
    size_t parts = bounds->job->part_count,
           code_rows = bounds->codes.first_row[bounds->scan->file->segment_count];
    size_t count = 0, first_row = bounds->codes.first_row[segment_index];
    CodeScan any_video = *bounds->scan;
    any_video.video_ids = NULL;
    for (size_t block = span.first_block; block < span.end_block; block++) {
        size_t at = (bounds->codes.first_block[segment_index] + block) * parts;
        const float *least = bounds->least + at;
        if (thin && !reaches(least, parts, bounds->codes.block_high + at, 1))
            continue;
        size_t row = block * CODE_BLOCK_ROWS, end = row + CODE_BLOCK_ROWS;
        row = row > span.first_row ? row : span.first_row;
        end = end < span.end_row ? end : span.end_row;
        for (; row < end; row++) {
            const CodeRow *found = &span.segment->rows[row];
            if ((!thin || reaches(least, parts, bounds->codes.high + first_row + row, code_rows)) &&
                rv_code_row_counts(&any_video, span.segment, found))
                rows[count++] = (TrackRow){found->time_s, rv_store_key_frame(found->key), first_row + row};
        }
    }
    return count;
}

static size_t changed_below(const SequenceBounds *bounds, int64_t key)
{
    return rv_find_first(bounds->changed, bounds->changed_count, sizeof *bounds->changed,
                         offsetof(ChangedRow, key), key);
}

static size_t collect_rows(const SequenceBounds *bounds, KeyRange keys, bool thin, TrackRow *rows)
{
    size_t count = 0, end = changed_below(bounds, keys.last + 1);
    for (size_t s = 0; s < bounds->scan->file->segment_count; s++)
        count += collect_coded(bounds, s, keys, thin, rows + count);
    for (size_t i = changed_below(bounds, keys.first); i < end; i++)
        rows[count++] =
            (TrackRow){bounds->changed[i].time_s, rv_store_key_frame(bounds->changed[i].key), i | CHANGED};
    return count;
}

static size_t count_rows(const SequenceBounds *bounds, KeyRange keys)
{
    size_t count = changed_below(bounds, keys.last + 1) - changed_below(bounds, keys.first);
    for (size_t s = 0; s < bounds->scan->file->segment_count; s++) {
        CodedSpan span = coded_span(bounds, s, keys);
        count += span.end_row - span.first_row;
    }
    return count;
}

static void fill_bounds(const SequenceBounds *bounds, OpenVideo *video)
{
    SequenceTrack *track = &video->track;
    size_t parts = track->part_count, code_rows = bounds->codes.first_row[bounds->scan->file->segment_count];
    for (size_t part = 0; part < parts; part++) {
        const float *high = bounds->codes.high + part * code_rows;
        for (size_t row = 0; row < track->count; row++) {
            size_t source = track->rows[row].source;
            bool changed = (source & CHANGED) != 0;
            *rv_open_video_level(video, part, row) = changed ? LEVEL_SCORE : LEVEL_COARSE;
            rv_sequence_bounds_set(bounds, video, part, row,
                                   changed ? bounds->changed_scores[(source & ~CHANGED) * parts + part]
                                           : high[source]);
        }
    }
}

RvStatus rv_open_video_open(const SequenceBounds *bounds, size_t place, bool thin, OpenVideo **out,
                            RvError *err)
{
    const SequenceJob *job = bounds->job;
    KeyRange keys = rv_store_video_keys(job->places[place].video_id);
    size_t count = count_rows(bounds, keys);
    TrackRow *rows = rv_mem_alloc_aligned(count + 1, sizeof *rows, err);
    OpenVideo *video = rv_mem_alloc(1, sizeof *video, err);
    *out = video;
    if (rows == NULL || video == NULL) {
        free(rows);
        return RV_ERROR_MEMORY;
    }
    count = collect_rows(bounds, keys, thin, rows);
    RvStatus status =
        rv_sequence_track_init(&video->track, job->places[place].video, rows, count, job->part_count, err);
    video->levels = rv_mem_alloc_aligned(count * job->part_count + 1, 1, err);
    if (status != RV_OK || video->levels == NULL)
        return RV_ERROR_MEMORY;
    fill_bounds(bounds, video);
    return rv_sequence_track_begin(&video->track, job->options->within_s, err);
}

void rv_open_video_close(OpenVideo *video)
{
    if (video == NULL)
        return;
    rv_sequence_track_clear(&video->track);
    free(video->levels);
    free(video);
}

/* ---- which rows of a video matter --------------------------------------------------------------------- */

size_t rv_sequence_bounds_rows(const SequenceBounds *bounds, size_t place)
{
    return count_rows(bounds, rv_store_video_keys(bounds->job->places[place].video_id));
}

/* Of the first and the last block of a video, which may hold rows of others, the times become those of its own. */
static void own_times(SequenceBounds *bounds, CodedSpan span, size_t first)
{
    size_t last = span.end_block - 1, second_row = (span.first_block + 1) * CODE_BLOCK_ROWS;
    size_t end_row = second_row < span.end_row ? second_row : span.end_row;
    size_t last_row = last * CODE_BLOCK_ROWS > span.first_row ? last * CODE_BLOCK_ROWS : span.first_row;
    bounds->codes.block_times[first] =
        rv_code_block_times(span.segment->rows + span.first_row, end_row - span.first_row);
    bounds->codes.block_times[first + last - span.first_block] =
        rv_code_block_times(span.segment->rows + last_row, span.end_row - last_row);
}

/* The blocks of a video if they are all in one segment, with times that rise from block to block; else false. */
static bool find_rising(SequenceBounds *bounds, KeyRange keys, size_t *first, size_t *end)
{
    *first = *end = 0;
    for (size_t s = 0; s < bounds->scan->file->segment_count; s++) {
        CodedSpan span = coded_span(bounds, s, keys);
        if (span.first_block == span.end_block)
            continue;
        if (*first < *end)
            return false;
        *first = bounds->codes.first_block[s] + span.first_block;
        *end = bounds->codes.first_block[s] + span.end_block;
        own_times(bounds, span, *first);
    }
    const BlockTimes *times = bounds->codes.block_times;
    for (size_t block = *first + 1; block < *end; block++) {
        if (!(times[block].first_s >= times[block - 1].first_s &&
              times[block].last_s >= times[block - 1].last_s))
            return false;
    }
    return true;
}

/* highs [parts]: of the blocks from which a chain may reach this one, or which it may reach. Returns false if they are too
 * many, after looking at so many. */
static bool local_highs(const SequenceBounds *bounds, size_t first, size_t end, size_t block, float *highs)
{
    const BlockTimes *times = bounds->codes.block_times;
    size_t parts = bounds->job->part_count, low = block, high = block + 1;
    double span_s = bounds->job->options->within_s * (double)(parts - 1);
    // More than rounding adds.
    span_s += (fabs(times[block].last_s) + span_s) * 1e-9;
    while (low > first && high - low <= LOCAL_BLOCKS &&
           times[low - 1].last_s >= times[block].first_s - span_s)
        low--;
    while (high < end && high - low <= LOCAL_BLOCKS && times[high].first_s <= times[block].last_s + span_s)
        high++;
    if (high - low > LOCAL_BLOCKS)
        return false;
    for (; low < high; low++)
        raise(highs, parts, bounds->codes.block_high + low * parts);
    return true;
}

/* least [parts] if the rows around score at most `highs`. */
static void set_least(size_t parts, const float *highs, double score, float *least)
{
    for (size_t part = 0; part < parts; part++) {
        double rest = score * (double)parts;
        for (size_t other = 0; other < parts; other++)
            rest -= other != part ? highs[other] : 0;
        // More than rounding takes away.
        least[part] = (float)(rest - fabs(rest) * 1e-6 - 1e-6);
    }
}

void rv_sequence_bounds_least(SequenceBounds *bounds, size_t place, double score)
{
    KeyRange keys = rv_store_video_keys(bounds->job->places[place].video_id);
    size_t parts = bounds->job->part_count, first = 0, end = 0;
    float changed[RV_SEQUENCE_PARTS_MAX], local[RV_SEQUENCE_PARTS_MAX];
    bool rising = find_rising(bounds, keys, &first, &end);
    for (size_t part = 0; part < parts; part++)
        changed[part] = -INFINITY;
    for (size_t i = changed_below(bounds, keys.first); i < changed_below(bounds, keys.last + 1); i++)
        raise(changed, parts, bounds->changed_scores + i * parts);
    for (size_t s = 0; s < bounds->scan->file->segment_count; s++) {
        CodedSpan span = coded_span(bounds, s, keys);
        for (size_t block = span.first_block; block < span.end_block; block++) {
            size_t at = bounds->codes.first_block[s] + block;
            memcpy(local, changed, sizeof local);
            bool is_local = rising && local_highs(bounds, first, end, at, local);
            set_least(parts, is_local ? local : bounds->highs + place * parts, score,
                      bounds->least + at * parts);
        }
    }
}

/* A share of the blocks of the video have such a row. */
static RvStatus find_peak(SequenceBounds *bounds, KeyRange keys, size_t part, RvError *err)
{
    size_t parts = bounds->job->part_count,
           limit = count_rows(bounds, keys) / CODE_BLOCK_ROWS / PEAK_SHARE + 1;
    KthHighest highest = {.heap = rv_mem_alloc(limit, sizeof(double), err), .limit = limit};
    if (highest.heap == NULL)
        return RV_ERROR_MEMORY;
    // Twice over the blocks: to find the bound, and to set it.
    for (int set = 0; set < 2; set++) {
        for (size_t s = 0; s < bounds->scan->file->segment_count; s++) {
            CodedSpan span = coded_span(bounds, s, keys);
            for (size_t block = span.first_block; block < span.end_block; block++) {
                size_t at = (bounds->codes.first_block[s] + block) * parts + part;
                if (set)
                    bounds->least[at] = (float)highest.heap[0];
                else
                    rv_kth_highest_offer(&highest, bounds->codes.block_high[at]);
            }
        }
    }
    free(highest.heap);
    return RV_OK;
}

RvStatus rv_sequence_bounds_peaks(SequenceBounds *bounds, size_t place, RvError *err)
{
    KeyRange keys = rv_store_video_keys(bounds->job->places[place].video_id);
    RvStatus status = RV_OK;
    for (size_t part = 0; status == RV_OK && part < bounds->job->part_count; part++)
        status = find_peak(bounds, keys, part, err);
    return status;
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static RvStatus make_queries(SequenceBounds *bounds, bool *usable, RvError *err)
{
    const SequenceJob *job = bounds->job;
    RvStatus status = RV_OK;
    *usable = true;
    for (size_t part = 0; status == RV_OK && *usable && part < job->part_count; part++)
        status = rv_row_query_init(&bounds->queries[part], job->vectors + part * (size_t)job->dimensions,
                                   job->dimensions, usable, err);
    return status;
}

RvStatus rv_sequence_bounds_find(SequenceBounds *bounds, const SequenceJob *job, const CodeScan *scan,
                                 bool *usable, CodeOutcome *outcome, RvError *err)
{
    *bounds = (SequenceBounds){.job = job, .scan = scan};
    RvStatus status = make_queries(bounds, usable, err);
    if (status != RV_OK || !*usable)
        return status;
    status = rv_code_bounds_find(&bounds->codes, scan, bounds->queries, job->part_count, outcome, err);
    if (status == RV_OK && *outcome == CODES_STOPPED)
        status = rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    if (status != RV_OK || *outcome != CODES_ANSWER)
        return status;
    status = read_changed(bounds, err);
    return status == RV_OK ? bound_videos(bounds, err) : status;
}

void rv_sequence_bounds_clear(SequenceBounds *bounds)
{
    for (size_t part = 0; part < RV_SEQUENCE_PARTS_MAX; part++)
        rv_row_query_clear(&bounds->queries[part]);
    rv_code_bounds_clear(&bounds->codes);
    free(bounds->changed);
    free(bounds->changed_scores);
    free(bounds->highs);
    free(bounds->least);
    free(bounds->videos);
    *bounds = (SequenceBounds){0};
}
