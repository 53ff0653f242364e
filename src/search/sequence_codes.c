/* SPDX-License-Identifier: MIT */
/* The best chains by way of the codes.
 *
 * One pass over the coarse codes gives every row an upper bound of its score for each part. The same search for chains as
 * on scores runs on these bounds. If the best chain by bounds consists of scores alone, no other chain can be better, so it
 * is a hit, and likewise the next one behind it. Where a chain on the list has a bound that is not a score, that bound and
 * those of its rivals are tightened: first by the fine codes, then by reading the rows. Then the list is made again:
 *
 *     list by coarse bounds     0.34~  0.33~  0.31~  0.31~     ~ a bound
 *     fine bounds               0.330~ 0.312~ 0.300~ ...
 *     scores                    0.3299 0.3119 0.2998           three hits are wanted: done
 *
 * Videos whose highest bounds together do not reach the list are not opened. Of a long video only those rows are opened
 * that may be in a chain as good as some that its highest rows have; if the answer turns out to need others, all are
 * opened. Which rows are tightened is a matter of speed alone: what ends the search is that every chain of the answer has
 * its scores. */
#include "search/sequence_codes.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/codes/kth_highest.h"
#include "search/sequence_bounds.h"

// Tightening and reading beyond these shares of the rows cost more than reading every row.
#define ASK_SHARE 4
#define READ_SHARE 8
#define SHARE_MIN ((size_t)16384)
#define TIGHTEN_TASK ((size_t)32)
// Fewer bounds than this are tightened before other threads are awake.
#define TIGHTEN_THREADED ((size_t)256)
// Rows x parts of the videos that are open, some 40 bytes each: beyond this it is rather memory that is spared.
#define OPEN_CELLS_MAX ((size_t)8 << 20)
// Of videos with more rows not all are opened.
#define LONG_VIDEO ((size_t)4096)
// A guess by coarse codes is seldom wrong by more than this part of what is proven: they err at random in each dimension.
#define GUESS_SLACK 8

// Of OpenVideo.levels: the bound is to be tightened.
#define ASKED 4
#define LEVEL_MASK 3

/* A bound that is to be tightened. */
typedef struct Asked {
    OpenVideo *video;
    size_t part, row;
} Asked;

typedef struct ChainSearch {
    const SequenceJob *job;
    SequenceBounds bounds;
    CodeOutcome outcome;
    size_t next_video; // bounds.videos before it are open
    bool opens_all;    // of long videos too every row
    double floor;      // chains below it may be missing, because rows of long videos are
    OpenVideo **open;  // [open_count]
    OpenVideo **heap;  // those of them that have a chain which is not taken, the one with the best first
    size_t open_count, heap_count, open_capacity, heap_capacity;
    size_t open_cells;
    Asked *asked;
    size_t asked_count, asked_capacity;
    OpenVideo *asking;  // the video whose rivals are being looked for
    bool no_memory;     // for what is asked
    KthHighest guesses; // what the best chains of the list may score
    size_t read_count;
    atomic_bool damaged;
    bool wrong; // a score is not within its bounds, or a row is missing
} ChainSearch;

/* ---- opening what matters ------------------------------------------------------------------------------ */

/* About what the video's best chain scores; -INFINITY if that is not known. */
static double guess(const ChainSearch *search, const OpenVideo *video)
{
    const double *min_score = search->job->options->min_score;
    double sum = 0;
    for (size_t part = 0; part < video->track.part_count; part++) {
        size_t row = video->best.rows[part];
        int level = *rv_open_video_level(video, part, row) & LEVEL_MASK;
        ScoreBound bound = {video->track.scores[part][row], 0};
        if (level != LEVEL_SCORE &&
            !rv_sequence_bounds_of(&search->bounds, video, part, row, level == LEVEL_FINE, &bound))
            return -INFINITY;
        if (!isfinite(bound.error) || (min_score != NULL && bound.score < *min_score))
            return -INFINITY;
        sum += bound.score;
    }
    return sum / (double)video->track.part_count;
}

/* About what the last of some chains of the video's highest rows scores; -INFINITY if it has not so many. They are more
 * than are wanted, as they may overlap better ones. */
static RvStatus find_floor(ChainSearch *search, size_t place, double *floor, RvError *err)
{
    OpenVideo *peaks = NULL;
    size_t count = 0, wanted = 2 * search->job->options->top + 2;
    RvStatus status = rv_sequence_bounds_peaks(&search->bounds, place, err);
    if (status == RV_OK)
        status = rv_open_video_open(&search->bounds, place, true, &peaks, err);
    double lowest = INFINITY;
    for (; status == RV_OK && count < wanted && rv_sequence_best(&peaks->track.sequence, &peaks->best);
         count++) {
        double guessed = guess(search, peaks);
        lowest = fmin(lowest, guessed - (peaks->best.score - guessed) / GUESS_SLACK);
        status = rv_sequence_take(&peaks->track.sequence, &peaks->best, err);
    }
    *floor = count == wanted ? lowest : -INFINITY;
    rv_open_video_close(peaks);
    return status;
}

/* The rows of the next video that matter. */
static RvStatus open_rows(ChainSearch *search, size_t place, OpenVideo **out, RvError *err)
{
    bool thin = !search->opens_all && rv_sequence_bounds_rows(&search->bounds, place) > LONG_VIDEO;
    RvStatus status =
        thin && search->floor == -INFINITY ? find_floor(search, place, &search->floor, err) : RV_OK;
    if (status != RV_OK)
        return status;
    thin = thin && search->floor > -INFINITY;
    if (thin)
        rv_sequence_bounds_least(&search->bounds, place, search->floor);
    return rv_open_video_open(&search->bounds, place, thin, out, err);
}

/* ---- the list of chains, best first ------------------------------------------------------------------- */

/* Whether the best chain of one video comes before that of the other. */
static bool leads(const OpenVideo *one, const OpenVideo *other)
{
    return one->best.score != other->best.score ? one->best.score > other->best.score
                                                : one->track.video < other->track.video;
}

static void sift_down(ChainSearch *search, size_t at)
{
    OpenVideo **heap = search->heap, *video = heap[at];
    for (size_t child = 2 * at + 1; child < search->heap_count; child = 2 * at + 1) {
        if (child + 1 < search->heap_count && leads(heap[child + 1], heap[child]))
            child++;
        if (!leads(heap[child], video))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = video;
}

static void sift_up(ChainSearch *search, OpenVideo *video)
{
    size_t at = search->heap_count++;
    for (; at > 0 && leads(video, search->heap[(at - 1) / 2]); at = (at - 1) / 2)
        search->heap[at] = search->heap[(at - 1) / 2];
    search->heap[at] = video;
}

/* The chain of heap[0] was taken, or the video has none. */
static void put_next(ChainSearch *search)
{
    OpenVideo *video = search->heap[0];
    if (!rv_sequence_best(&video->track.sequence, &video->best))
        search->heap[0] = search->heap[--search->heap_count];
    if (search->heap_count > 0)
        sift_down(search, 0);
}

static RvStatus open_next(ChainSearch *search, RvError *err)
{
    OpenVideo *video = NULL;
    if (search->open_count == search->open_capacity) {
        OpenVideo **open = rv_mem_grow(search->open, &search->open_capacity, search->open_count + 1,
                                       sizeof(OpenVideo *), err);
        if (open == NULL)
            return RV_ERROR_MEMORY;
        search->open = open;
        OpenVideo **heap = rv_mem_grow(search->heap, &search->heap_capacity, search->open_count + 1,
                                       sizeof(OpenVideo *), err);
        if (heap == NULL)
            return RV_ERROR_MEMORY;
        search->heap = heap;
    }
    RvStatus status = open_rows(search, search->bounds.videos[search->next_video++].place, &video, err);
    if (status != RV_OK) {
        rv_open_video_close(video);
        return status;
    }
    search->open_cells += video->track.count * video->track.part_count;
    if (search->open_cells > OPEN_CELLS_MAX)
        search->outcome = CODES_TOO_MANY;
    search->open[search->open_count++] = video;
    if (rv_sequence_best(&video->track.sequence, &video->best))
        sift_up(search, video);
    return RV_OK;
}

/* The first of the list is heap[0]: no video that is not open may be before it. Chains below `least` do not matter. */
static RvStatus open_what_leads(ChainSearch *search, double least, RvError *err)
{
    RvStatus status = RV_OK;
    while (status == RV_OK && search->next_video < search->bounds.video_count &&
           search->outcome == CODES_ANSWER) {
        double high = search->bounds.videos[search->next_video].high;
        if (high < least || (search->heap_count > 0 && high < search->heap[0]->best.score))
            break;
        status = open_next(search, err);
    }
    return status;
}

static void begin_list(ChainSearch *search)
{
    search->heap_count = 0;
    search->guesses.count = 0;
    for (size_t i = 0; i < search->open_count; i++) {
        OpenVideo *video = search->open[i];
        rv_sequence_restart(&video->track.sequence);
        if (rv_sequence_best(&video->track.sequence, &video->best))
            sift_up(search, video);
    }
}

/* ---- what is to be tightened -------------------------------------------------------------------------- */

static size_t share_of_rows(const ChainSearch *search, size_t share)
{
    size_t count = search->bounds.scan->file->row_count / share;
    return count > SHARE_MIN ? count : SHARE_MIN;
}

static void ask(void *user, size_t part, size_t row)
{
    ChainSearch *search = user;
    uint8_t *level = rv_open_video_level(search->asking, part, row);
    if (*level >= LEVEL_SCORE || search->no_memory) // also if it was asked already
        return;
    if (search->asked_count >= share_of_rows(search, ASK_SHARE)) {
        search->outcome = CODES_TOO_MANY;
        return;
    }
    if (search->asked_count == search->asked_capacity) {
        Asked *asked =
            rv_mem_grow(search->asked, &search->asked_capacity, search->asked_count + 1, sizeof *asked, NULL);
        if (asked == NULL) {
            search->no_memory = true;
            return;
        }
        search->asked = asked;
    }
    *level |= ASKED;
    search->asked[search->asked_count++] = (Asked){search->asking, part, row};
}

static bool is_scored(const OpenVideo *video)
{
    for (size_t part = 0; part < video->track.part_count; part++) {
        if (*rv_open_video_level(video, part, video->best.rows[part]) != LEVEL_SCORE)
            return false;
    }
    return true;
}

/* The score below which chains do not matter as far as is known. */
static double least_guess(const ChainSearch *search)
{
    return search->guesses.count == search->guesses.limit ? search->guesses.heap[0] : -INFINITY;
}

static RvStatus ask_for_chain(ChainSearch *search, double score, RvError *err)
{
    OpenVideo *video = search->heap[0];
    search->asking = video;
    for (size_t part = 0; part < video->track.part_count; part++)
        ask(search, part, video->best.rows[part]);
    RvStatus status = rv_sequence_rivals(&video->track.sequence, &video->best, score, ask, search, err);
    return search->no_memory ? rv_error_memory(err, search->asked_capacity * sizeof *search->asked) : status;
}

/* Make the list by the bounds as they are. *done: the chains in out are the answer. If not, `asked` has what stands in
 * the way. */
static RvStatus make_list(ChainSearch *search, RankedChains *out, bool *done, RvError *err)
{
    size_t top = search->job->options->top, count = 0;
    bool all_scored = true;
    RvStatus status = RV_OK;
    begin_list(search);
    out->count = 0;
    for (; status == RV_OK && (count < top || !all_scored); count++) {
        double least = count < top ? -INFINITY : least_guess(search);
        status = open_what_leads(search, least, err);
        if (status != RV_OK || search->outcome != CODES_ANSWER || search->heap_count == 0 ||
            search->heap[0]->best.score < least)
            break;
        OpenVideo *video = search->heap[0];
        bool scored = is_scored(video);
        double guessed = guess(search, video);
        rv_kth_highest_offer(&search->guesses, guessed);
        if (!scored)
            status = ask_for_chain(search, fmax(guessed, least_guess(search)), err);
        all_scored = all_scored && (scored || count >= top);
        if (status == RV_OK && count < top) {
            RankedChain ranked = rv_sequence_track_ranked(&video->track, &video->best);
            status = rv_ranked_chains_add(out, &ranked, err);
        }
        if (status == RV_OK)
            status = rv_sequence_take(&video->track.sequence, &video->best, err);
        put_next(search);
    }
    *done = status == RV_OK && all_scored && search->outcome == CODES_ANSWER;
    return status;
}

/* ---- tightening --------------------------------------------------------------------------------------- */

static void tighten_task(void *context, size_t index, int worker)
{
    (void)worker;
    ChainSearch *search = context;
    size_t end = (index + 1) * TIGHTEN_TASK;
    end = end < search->asked_count ? end : search->asked_count;
    for (size_t i = index * TIGHTEN_TASK; i < end; i++) {
        const Asked *asked = &search->asked[i];
        uint8_t *level = rv_open_video_level(asked->video, asked->part, asked->row);
        ScoreBound bound = {0};
        bool coarse = (*level & LEVEL_MASK) == LEVEL_COARSE;
        *level &= LEVEL_MASK;
        if (!coarse)
            continue;
        if (!rv_sequence_bounds_of(&search->bounds, asked->video, asked->part, asked->row, true, &bound)) {
            atomic_store(&search->damaged, true);
            return;
        }
        float known = asked->video->track.scores[asked->part][asked->row], high = rv_score_bound_high(bound);
        rv_sequence_bounds_set(&search->bounds, asked->video, asked->part, asked->row,
                               high < known ? high : known);
        *level = LEVEL_FINE;
    }
}

/* The coarse bounds that were asked for become fine ones. Returns false if there are none. */
static bool tighten_coarse(ChainSearch *search)
{
    bool any = false;
    for (size_t i = 0; i < search->asked_count && !any; i++) {
        const Asked *asked = &search->asked[i];
        any = (*rv_open_video_level(asked->video, asked->part, asked->row) & LEVEL_MASK) == LEVEL_COARSE;
    }
    if (!any)
        return false;
    rv_threads_run(search->asked_count >= TIGHTEN_THREADED ? search->job->pool : NULL,
                   rv_divide_up(search->asked_count, TIGHTEN_TASK), tighten_task, search);
    for (size_t i = 0; i < search->asked_count; i++)
        rv_sequence_changed(&search->asked[i].video->track.sequence, search->asked[i].row);
    return true;
}

/* A row that is read. */
typedef struct Wanted {
    int64_t key;
    OpenVideo *video;
    size_t row;
} Wanted;

typedef struct Reading {
    ChainSearch *search;
    Wanted *wanted; // [count], by key
    size_t count, found;
} Reading;

static int compare_wanted(const void *a, const void *b)
{
    int64_t left = ((const Wanted *)a)->key, right = ((const Wanted *)b)->key;
    return (left > right) - (left < right);
}

static void take_scores(ChainSearch *search, const Wanted *wanted, const ScoredBlock *block, size_t at)
{
    OpenVideo *video = wanted->video;
    if (video->track.rows[wanted->row].time_s != block->rows->times_s[at])
        search->wrong = true;
    for (size_t part = 0; part < video->track.part_count; part++) {
        float score = block->scores[part * block->score_stride + at];
        uint8_t *level = rv_open_video_level(video, part, wanted->row);
        ScoreBound bound = {0};
        // Both planes are right by now, or the search is given up.
        if (!rv_sequence_bounds_of(&search->bounds, video, part, wanted->row, true, &bound) ||
            score < bound.score - bound.error || score > bound.score + bound.error)
            search->wrong = true;
        rv_sequence_bounds_set(&search->bounds, video, part, wanted->row, score);
        *level = LEVEL_SCORE;
    }
    rv_sequence_changed(&video->track.sequence, wanted->row);
}

static RvStatus take_block(void *user, const ScoredBlock *block, RvError *err)
{
    Reading *reading = user;
    ChainSearch *search = reading->search;
    search->bounds.scored_count += block->rows->count;
    if (search->job->stops(search->job->stops_user))
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    for (size_t i = 0; i < block->rows->count; i++) {
        int64_t key = rv_store_key(block->rows->video_ids[i], block->rows->frame_numbers[i]);
        size_t at = rv_find_first(reading->wanted, reading->count, sizeof *reading->wanted,
                                  offsetof(Wanted, key), key);
        if (at == reading->count || reading->wanted[at].key != key)
            continue;
        reading->found++;
        take_scores(search, &reading->wanted[at], block, i);
    }
    return RV_OK;
}

/* The rows that were asked for, each once. */
static size_t collect_wanted(const ChainSearch *search, Wanted *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < search->asked_count; i++) {
        const Asked *asked = &search->asked[i];
        size_t in_segment = 0;
        const CodeSegment *segment =
            rv_sequence_bounds_row(&search->bounds, asked->video, asked->row, &in_segment);
        wanted[i] = (Wanted){segment->rows[in_segment].key, asked->video, asked->row};
    }
    qsort(wanted, search->asked_count, sizeof *wanted, compare_wanted);
    for (size_t i = 0; i < search->asked_count; i++) {
        if (count == 0 || wanted[i].key != wanted[count - 1].key)
            wanted[count++] = wanted[i];
    }
    return count;
}

static RvStatus read_asked(ChainSearch *search, RvError *err)
{
    Reading reading = {.search = search};
    KeyRange *ranges = rv_mem_alloc(search->asked_count, sizeof *ranges, err);
    reading.wanted = rv_mem_alloc(search->asked_count, sizeof *reading.wanted, err);
    RvStatus status = ranges != NULL && reading.wanted != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        reading.count = collect_wanted(search, reading.wanted);
        search->read_count += reading.count;
    }
    if (status == RV_OK && search->read_count > share_of_rows(search, READ_SHARE)) {
        search->outcome = CODES_TOO_MANY;
        reading.count = 0;
    } else if (status == RV_OK) {
        for (size_t i = 0; i < reading.count; i++)
            ranges[i] = (KeyRange){reading.wanted[i].key, reading.wanted[i].key};
        size_t range_count = rv_store_join_ranges(ranges, reading.count);
        status = rv_sequence_bounds_read(&search->bounds, ranges, range_count, take_block, &reading, err);
    }
    if (status == RV_OK && reading.found != reading.count)
        search->wrong = true;
    free(ranges);
    free(reading.wanted);
    return status;
}

/* ---- a search ----------------------------------------------------------------------------------------- */

static void close_videos(ChainSearch *search)
{
    for (size_t i = 0; i < search->open_count; i++)
        rv_open_video_close(search->open[i]);
    search->open_count = search->heap_count = search->next_video = search->open_cells = 0;
}

/* Whether rows that were not opened may change the answer. If so, all are opened from now on. */
static bool lacks_rows(ChainSearch *search, const RankedChains *out)
{
    size_t top = search->job->options->top;
    if (out->count == top && out->items[top - 1].score >= search->floor)
        return false;
    bool lacks = search->floor > -INFINITY;
    search->opens_all = true;
    search->floor = -INFINITY;
    if (lacks)
        close_videos(search);
    return lacks;
}

/* List after list, until one has scores alone. */
static RvStatus make_lists(ChainSearch *search, RankedChains *out, bool *done, RvError *err)
{
    RvStatus status = RV_OK;
    while (status == RV_OK && !*done) {
        search->asked_count = 0;
        status = make_list(search, out, done, err);
        if (status != RV_OK || search->outcome != CODES_ANSWER)
            return status;
        if (*done) {
            *done = !lacks_rows(search, out);
            continue;
        }
        if (search->job->stops(search->job->stops_user))
            return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
        if (!tighten_coarse(search))
            status = read_asked(search, err);
        if (atomic_load(&search->damaged))
            search->outcome = CODES_DAMAGED;
        if (search->wrong || search->outcome != CODES_ANSWER)
            return status;
    }
    return status;
}

static RvStatus search_chains(ChainSearch *search, const CodeScan *scan, bool *usable, RankedChains *out,
                              bool *done, RvError *err)
{
    size_t top = search->job->options->top;
    RvStatus status =
        rv_sequence_bounds_find(&search->bounds, search->job, scan, usable, &search->outcome, err);
    if (status != RV_OK || !*usable || search->outcome != CODES_ANSWER)
        return status;
    search->guesses = (KthHighest){.heap = rv_mem_alloc(top, sizeof(double), err), .limit = top};
    return search->guesses.heap != NULL ? make_lists(search, out, done, err) : RV_ERROR_MEMORY;
}

static void clear_search(ChainSearch *search)
{
    close_videos(search);
    rv_sequence_bounds_clear(&search->bounds);
    free(search->open);
    free(search->heap);
    free(search->asked);
    free(search->guesses.heap);
}

RvStatus rv_sequence_by_codes(const SequenceJob *job, CodeSearch *codes, ScanFacts *facts, RankedChains *out,
                              size_t *scored_count, bool *done, RvError *err)
{
    ChainSearch search = {.job = job, .outcome = CODES_ANSWER, .floor = -INFINITY};
    bool usable = true;
    *done = false;
    RvStatus status = search_chains(&search, &codes->scan, &usable, out, done, err);
    if (status == RV_OK && !*done) {
        out->count = 0;
        facts->codes = !usable                            ? CODES_ODD_QUERY
                       : search.outcome == CODES_TOO_MANY ? CODES_LEFT_OPEN
                                                          : CODES_WRONG;
        if (facts->codes == CODES_WRONG)
            rv_codes_invalidate(&codes->index->codes, job->store, codes->scan.file,
                                search.outcome == CODES_DAMAGED ? "a checksum is wrong"
                                                                : "they do not fit the rows");
    }
    *scored_count += search.bounds.scored_count;
    clear_search(&search);
    return status;
}
