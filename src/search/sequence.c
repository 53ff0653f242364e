/* SPDX-License-Identifier: MIT */
/* Chains in one video, best first, in time linear in the rows.
 *
 * rest[p][r] is the best sum of the scores of parts p, p + 1, ... whose part p is row r. It needs the highest rest[p + 1]
 * of the rows up to within_s behind r, which a window that slides over the rows from the last to the first keeps:
 *
 *     row        0    1    2    3    4    5         within_s: the time of two rows
 *     score of A 0.1  0.5  0.2  0.4  0.1  0.3
 *     score of B 0.2  0.1  0.3  0.1  0.4  0.6
 *     rest[1]    0.2  0.1  0.3  0.1  0.4  0.6       of the last part: its own score
 *     rest[0]    0.4  0.8  0.6  1.0  0.7  none      row 3 is the best start: A at 3, B at 5
 *
 * When a chain is taken, its span is cut out of the video. Behind the span nothing changes, because rest looks ahead only;
 * before it, rest changes for the rows from which chains reach the span. So each further chain costs its surroundings
 * alone. A tournament over the rows has the best start of all. */
#include "search/sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NONE UINT32_MAX
// Rows of one leaf of the tournament.
#define LEAF_ROWS ((size_t)16)

/* ---- times -------------------------------------------------------------------------------------------- */

/* Rows whose time is below time_s; with `equal` those that have it as well. */
static size_t rows_below(const Sequence *sequence, double time_s, bool equal)
{
    const double *times_s = sequence->rows.times_s;
    size_t low = 0, high = sequence->rows.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times_s[middle] < time_s || (equal && times_s[middle] == time_s))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* More seconds than the span of a chain can have, whatever rounding does. */
static double reach_of(const Sequence *sequence, double time_s)
{
    double span_s = sequence->rows.within_s * (double)(sequence->rows.part_count - 1);
    return span_s + (fabs(time_s) + span_s) * 1e-9;
}

/* The first row from which a chain may reach the time. */
static size_t first_reaching(const Sequence *sequence, double time_s)
{
    return rows_below(sequence, time_s - reach_of(sequence, time_s), false);
}

/* ---- the best start of all ---------------------------------------------------------------------------- */

/* Of two rows the one with the better chain; of equal ones `left`, which is the lower one. */
static uint32_t better(const Sequence *sequence, uint32_t left, uint32_t right)
{
    const double *rest = sequence->rest[0];
    if (left == NONE || right == NONE)
        return left == NONE ? right : left;
    return rest[right] > rest[left] ? right : left;
}

static void play(Sequence *sequence, size_t first, size_t end)
{
    if (first >= end)
        return;
    size_t low = first / LEAF_ROWS, high = (end - 1) / LEAF_ROWS;
    for (size_t leaf = low; leaf <= high; leaf++) {
        size_t row = leaf * LEAF_ROWS, last = row + LEAF_ROWS;
        uint32_t best = (uint32_t)row;
        last = last < sequence->rows.count ? last : sequence->rows.count;
        for (row++; row < last; row++)
            best = better(sequence, best, (uint32_t)row);
        sequence->best[sequence->leaf_count + leaf] = best;
    }
    low += sequence->leaf_count;
    high += sequence->leaf_count;
    for (low /= 2, high /= 2; low > 0; low /= 2, high /= 2) {
        for (size_t node = low; node <= high; node++)
            sequence->best[node] = better(sequence, sequence->best[2 * node], sequence->best[2 * node + 1]);
    }
}

/* ---- rest --------------------------------------------------------------------------------------------- */

/* rest and next of one part for the rows from first to end - 1. Of the rows behind them, those below `wall` may follow. */
static void fill_part(Sequence *sequence, size_t part, size_t first, size_t end, size_t wall)
{
    const double *times_s = sequence->rows.times_s, *follow = sequence->rest[part + 1];
    const float *scores = sequence->rows.scores[part];
    double *rest = sequence->rest[part], within_s = sequence->rows.within_s;
    uint32_t *next = sequence->next[part], *window = sequence->window;
    size_t head = 0, tail = 0, seen = end;
    while (seen < wall && times_s[seen] - times_s[end - 1] <= within_s)
        seen++;
    // window[head..tail): falling rows, each with a lower `follow` than the one before it.
    for (size_t row = end; row-- > first;) {
        double time_s = times_s[row];
        while (times_s[seen - 1] > time_s) {
            double value = follow[--seen];
            if (value == -INFINITY)
                continue;
            while (tail > head && follow[window[tail - 1]] <= value)
                tail--;
            window[tail++] = (uint32_t)seen;
        }
        while (head < tail && times_s[window[head]] - time_s > within_s)
            head++;
        bool possible = head < tail && scores[row] > -INFINITY;
        rest[row] = possible ? scores[row] + follow[window[head]] : -INFINITY;
        next[row] = possible ? window[head] : NONE;
    }
}

static void fill(Sequence *sequence, size_t first, size_t end, size_t wall)
{
    size_t last = sequence->rows.part_count - 1;
    if (first >= end)
        return;
    for (size_t row = first; row < end; row++)
        sequence->rest[last][row] = sequence->rows.scores[last][row];
    for (size_t part = last; part-- > 0;)
        fill_part(sequence, part, first, end, wall);
}

/* ---- a video ------------------------------------------------------------------------------------------ */

RvStatus rv_sequence_init(Sequence *sequence, const SequenceRows *rows, RvError *err)
{
    *sequence = (Sequence){.rows = *rows, .leaf_count = 1};
    size_t leaves = rows->count / LEAF_ROWS + 1;
    while (sequence->leaf_count < leaves)
        sequence->leaf_count *= 2;
    sequence->best = rv_mem_alloc_aligned(2 * sequence->leaf_count, sizeof *sequence->best, err);
    sequence->window = rv_mem_alloc_aligned(rows->count + 1, sizeof *sequence->window, err);
    bool good = sequence->best != NULL && sequence->window != NULL;
    for (size_t part = 0; part < rows->part_count && good; part++) {
        sequence->rest[part] = rv_mem_alloc_aligned(rows->count + 1, sizeof(double), err);
        sequence->next[part] = rv_mem_alloc_aligned(rows->count + 1, sizeof(uint32_t), err);
        good = sequence->rest[part] != NULL && sequence->next[part] != NULL;
    }
    if (!good)
        return RV_ERROR_MEMORY;
    memset(sequence->best, 0xff, 2 * sequence->leaf_count * sizeof *sequence->best);
    sequence->all_stale = true;
    rv_sequence_restart(sequence);
    return RV_OK;
}

void rv_sequence_clear(Sequence *sequence)
{
    for (size_t part = 0; part < RV_SEQUENCE_PARTS_MAX; part++) {
        free(sequence->rest[part]);
        free(sequence->next[part]);
    }
    free(sequence->best);
    free(sequence->window);
    free(sequence->ahead);
    free(sequence->taken.items);
    free(sequence->stale.items);
    *sequence = (Sequence){0};
}

bool rv_sequence_best(const Sequence *sequence, Chain *out)
{
    uint32_t row = sequence->best[1];
    if (row == NONE || sequence->rest[0][row] == -INFINITY)
        return false;
    out->score = sequence->rest[0][row] / (double)sequence->rows.part_count;
    for (size_t part = 0; part < sequence->rows.part_count; part++) {
        out->rows[part] = row;
        if (part + 1 < sequence->rows.part_count)
            row = sequence->next[part][row];
    }
    return true;
}

/* ---- taking chains ------------------------------------------------------------------------------------ */

static void add_stale(Sequence *sequence, size_t first, size_t end)
{
    RowSpans *stale = &sequence->stale;
    if (stale->count == stale->capacity) {
        RowSpan *items = rv_mem_grow(stale->items, &stale->capacity, stale->count + 1, sizeof *items, NULL);
        if (items == NULL) {
            sequence->all_stale = true;
            return;
        }
        stale->items = items;
    }
    stale->items[stale->count++] = (RowSpan){first, end};
}

/* Spans that were taken before the row. */
static size_t taken_before(const Sequence *sequence, size_t row)
{
    size_t low = 0, high = sequence->taken.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sequence->taken.items[middle].first < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The rows whose time is within the chain's span. */
static RowSpan span_of(const Sequence *sequence, const Chain *chain)
{
    const double *times_s = sequence->rows.times_s;
    return (RowSpan){rows_below(sequence, times_s[chain->rows[0]], false),
                     rows_below(sequence, times_s[chain->rows[sequence->rows.part_count - 1]], true)};
}

RvStatus rv_sequence_take(Sequence *sequence, const Chain *chain, RvError *err)
{
    RowSpans *taken = &sequence->taken;
    RowSpan span = span_of(sequence, chain);
    size_t at = taken_before(sequence, span.first);
    size_t first = first_reaching(sequence, sequence->rows.times_s[span.first]);
    size_t free_from = at > 0 ? taken->items[at - 1].end : 0;
    first = first > free_from ? first : free_from;
    if (taken->count == taken->capacity) {
        RowSpan *items = rv_mem_grow(taken->items, &taken->capacity, taken->count + 1, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        taken->items = items;
    }
    memmove(taken->items + at + 1, taken->items + at, (taken->count - at) * sizeof *taken->items);
    taken->items[at] = span;
    taken->count++;
    for (size_t row = span.first; row < span.end; row++)
        sequence->rest[0][row] = -INFINITY;
    fill(sequence, first, span.first, span.first);
    play(sequence, first, span.end);
    add_stale(sequence, first, span.end);
    return RV_OK;
}

/* ---- beginning again ---------------------------------------------------------------------------------- */

void rv_sequence_changed(Sequence *sequence, size_t row)
{
    add_stale(sequence, first_reaching(sequence, sequence->rows.times_s[row]), row + 1);
}

static int compare_spans(const void *a, const void *b)
{
    size_t left = ((const RowSpan *)a)->first, right = ((const RowSpan *)b)->first;
    return (left > right) - (left < right);
}

/* rest looks ahead, so the last rows come first. */
void rv_sequence_restart(Sequence *sequence)
{
    RowSpans *stale = &sequence->stale;
    size_t count = sequence->rows.count;
    if (sequence->all_stale) {
        fill(sequence, 0, count, count);
        play(sequence, 0, count);
    } else if (stale->count > 0) {
        qsort(stale->items, stale->count, sizeof *stale->items, compare_spans);
        size_t joined = 0;
        for (size_t i = 1; i < stale->count; i++) {
            RowSpan *last = &stale->items[joined], next = stale->items[i];
            if (next.first > last->end)
                stale->items[++joined] = next;
            else if (next.end > last->end)
                last->end = next.end;
        }
        for (size_t i = joined + 1; i-- > 0;) {
            fill(sequence, stale->items[i].first, stale->items[i].end, count);
            play(sequence, stale->items[i].first, stale->items[i].end);
        }
    }
    sequence->all_stale = false;
    stale->count = sequence->taken.count = 0;
}

/* ---- rivals ------------------------------------------------------------------------------------------- */

/* The mirror image of fill_part, for the rows of the span: after[row] = scores[row] + the highest `before` of the rows
 * up to within_s before it. Both arrays begin at span.first. */
static void pass_on(Sequence *sequence, size_t part, RowSpan span, const double *before, double *after)
{
    const double *times_s = sequence->rows.times_s;
    uint32_t *window = sequence->window;
    size_t head = 0, tail = 0, seen = span.first;
    for (size_t row = span.first; row < span.end; row++) {
        for (; times_s[seen] < times_s[row]; seen++) {
            double value = before[seen - span.first];
            if (value == -INFINITY)
                continue;
            while (tail > head && before[window[tail - 1] - span.first] <= value)
                tail--;
            window[tail++] = (uint32_t)seen;
        }
        while (head < tail && times_s[row] - times_s[window[head]] > sequence->rows.within_s)
            head++;
        after[row - span.first] =
            head < tail ? sequence->rows.scores[part][row] + before[window[head] - span.first] : -INFINITY;
    }
}

/* Every chain that has a moment in common with this one lies in these rows. */
static RowSpan surroundings(const Sequence *sequence, const Chain *chain)
{
    const RowSpans *taken = &sequence->taken;
    const double *times_s = sequence->rows.times_s;
    double end_s = times_s[chain->rows[sequence->rows.part_count - 1]];
    RowSpan span = {first_reaching(sequence, times_s[chain->rows[0]]),
                    rows_below(sequence, end_s + reach_of(sequence, end_s), true)};
    size_t at = taken_before(sequence, chain->rows[0]);
    if (at > 0 && taken->items[at - 1].end > span.first)
        span.first = taken->items[at - 1].end;
    if (at < taken->count && taken->items[at].first < span.end)
        span.end = taken->items[at].first;
    return span;
}

RvStatus rv_sequence_rivals(Sequence *sequence, const Chain *chain, double score,
                            void (*found)(void *user, size_t part, size_t row), void *user, RvError *err)
{
    RowSpan span = surroundings(sequence, chain);
    size_t count = span.end - span.first, part_count = sequence->rows.part_count;
    double sum = score * (double)part_count;
    if (count > sequence->ahead_capacity) {
        free(sequence->ahead);
        sequence->ahead_capacity = 0;
        sequence->ahead = rv_mem_alloc_aligned(count, 2 * sizeof(double), err);
        if (sequence->ahead == NULL)
            return RV_ERROR_MEMORY;
        sequence->ahead_capacity = count;
    }
    double *before = sequence->ahead, *after = sequence->ahead + count;
    for (size_t row = span.first; row < span.end; row++)
        before[row - span.first] = sequence->rows.scores[0][row];
    for (size_t part = 0; part < part_count; part++) {
        if (part > 0) {
            pass_on(sequence, part, span, before, after);
            double *passed = after;
            after = before;
            before = passed;
        }
        // before: the best sum of the parts up to this one, which rest[part] has as well.
        for (size_t row = span.first; row < span.end; row++) {
            double through = before[row - span.first] + sequence->rest[part][row];
            if (through - sequence->rows.scores[part][row] >= sum)
                found(user, part, row);
        }
    }
    return RV_OK;
}
