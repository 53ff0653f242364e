/* SPDX-License-Identifier: MIT */
/* Chains in one video: rows that follow each other in time, one for each part of a sequence, by their scores alone. */
#ifndef RV_SEARCH_SEQUENCE_H
#define RV_SEARCH_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/search.h"

/* Rows of one video with their scores for each part, both borrowed. */
typedef struct SequenceRows {
    size_t count, part_count; // part_count: 1 to RV_SEQUENCE_PARTS_MAX
    const double *times_s;    // [count], never falling
    const float
        *scores[RV_SEQUENCE_PARTS_MAX]; // [part_count] of [count]; -INFINITY: the row cannot be this part
    double within_s;                    // the most seconds from one part to the next; inclusive
} SequenceRows;

/* One row for each part, with rising times and times_s[rows[p + 1]] - times_s[rows[p]] <= within_s. */
typedef struct Chain {
    double score; // (s0 + (s1 + (s2 + ...))) / part_count, in double
    size_t rows[RV_SEQUENCE_PARTS_MAX];
} Chain;

/* Rows from first up to but not including end. */
typedef struct RowSpan {
    size_t first, end;
} RowSpan;

typedef struct RowSpans {
    RowSpan *items;
    size_t count, capacity;
} RowSpans;

/* The chains of a video, best first: see sequence.c. */
typedef struct Sequence {
    SequenceRows rows;
    double *rest[RV_SEQUENCE_PARTS_MAX]; // [part][row]: the best sum of this part and those behind it
    uint32_t
        *next[RV_SEQUENCE_PARTS_MAX]; // [part][row]: the row of the next part in it; not of the last part
    uint32_t *best;                   // a tournament of the rows by rest[0]; best[1] is the best row
    size_t leaf_count;                // of the tournament, a power of two
    uint32_t *window;                 // [count]
    double *ahead;                    // [2, ahead_capacity]
    size_t ahead_capacity;
    RowSpans taken; // of the chains that were taken, rising, apart
    RowSpans stale; // rows whose rest may have to be computed again, in any order
    bool all_stale;
} Sequence;

/* Time and memory grow linearly with the rows. Clear it also after an error. Errors: MEMORY. */
RvStatus rv_sequence_init(Sequence *sequence, const SequenceRows *rows, RvError *err);
void rv_sequence_clear(Sequence *sequence);

/* The best of the chains whose span, from the time of the first part to that of the last, both inclusive, has no moment
 * in common with the span of a chain that was taken. Of equal scores the one whose first part has the lower row, then
 * the second part, and so on. Returns false if there is none. */
bool rv_sequence_best(const Sequence *sequence, Chain *out);

/* Take the chain that rv_sequence_best gave. Costs about as much as its surroundings have rows. Errors: MEMORY. */
RvStatus rv_sequence_take(Sequence *sequence, const Chain *chain, RvError *err);

/* Call `found` for every row and part of the chains that reach `score`, have a moment in common with the best chain and
 * none with those taken; rows of other chains around it may come too. A row comes once for each part that it may be.
 * chain: what rv_sequence_best gave, not taken yet. Errors: MEMORY. */
RvStatus rv_sequence_rivals(Sequence *sequence, const Chain *chain, double score,
                            void (*found)(void *user, size_t part, size_t row), void *user, RvError *err);

/* The caller has changed a score of this row: call rv_sequence_restart before anything else. */
void rv_sequence_changed(Sequence *sequence, size_t row);
/* Begin again with no chain taken and with the scores as they are now. */
void rv_sequence_restart(Sequence *sequence);

#endif
