/* SPDX-License-Identifier: MIT */
/* One moment of a list that a person or a program wrote: which words name which facts, and when they make a
 * moment. */
#ifndef RV_TIMELINE_MOMENTS_READ_H
#define RV_TIMELINE_MOMENTS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"
#include "reelvec/timeline.h"

/* A list of this size is refused: no search prints so much, and no editor takes it. */
#define MOMENTS_MAX_BYTES ((size_t)16 << 20)
#define MOMENTS_MAX 1000000

typedef enum MomentField {
    MOMENT_VIDEO,
    MOMENT_NAME,
    MOMENT_START,
    MOMENT_END,
    MOMENT_LENGTH,
    MOMENT_TIME,
    MOMENT_SCORE,
    MOMENT_FIELDS
} MomentField;

/* A word for a fact, as it stands in the first line of a table or as a key. Of several words for one fact the
 * one with the lowest rank counts. */
typedef struct MomentWord {
    MomentField field;
    int rank;
} MomentWord;

/* Returns false if the word, in any case of letters, names nothing of a moment. */
bool rv_moment_word(const char *text, MomentWord *word);

/* The facts that are given of a moment. Texts are borrowed. */
typedef struct MomentFacts {
    bool given[MOMENT_FIELDS];
    int ranks[MOMENT_FIELDS];
    const char *texts[MOMENT_FIELDS]; // of MOMENT_VIDEO and MOMENT_NAME
    double numbers[MOMENT_FIELDS];    // of the others
} MomentFacts;

/* Note a fact, unless a word of a lower rank gave it. An empty text gives nothing. where: "line 3", for
 * messages. Errors: FORMAT (no time, no number). */
RvStatus rv_moment_text(MomentFacts *facts, MomentWord word, const char *text, const char *where,
                        RvError *err);
RvStatus rv_moment_number(MomentFacts *facts, MomentWord word, double number, const char *where,
                          RvError *err);

typedef struct MomentList {
    RvMoments moments;
    size_t capacity;
} MomentList;

/* Append a moment with copies of its texts. Errors: FORMAT (no start, an end before it), MEMORY (too many). */
RvStatus rv_moment_add(MomentList *list, const MomentFacts *facts, const char *where, RvError *err);

/* The two forms. The text has no NUL and no byte order mark. */
RvStatus rv_moments_read_json(const char *text, size_t size_bytes, MomentList *list, RvError *err);
RvStatus rv_moments_read_csv(const char *text, size_t size_bytes, MomentList *list, RvError *err);

#endif
