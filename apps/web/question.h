/* SPDX-License-Identifier: MIT */
/* What a request asks the library: terms and options, from the parameters of an address or from a JSON body. Both have
 * the same members; page/openapi.json describes them. */
#ifndef RV_WEB_QUESTION_H
#define RV_WEB_QUESTION_H

#include "asking.h"
#include "cursor.h"

#define QUESTION_TERMS_MAX 32
#define QUESTION_TOP_MAX 100000
#define QUESTION_LIMIT_MAX 5000

typedef struct Question {
    json_t *json; // as it was asked; texts point into it
    RvTerm terms[QUESTION_TERMS_MAX];
    size_t term_count;
    float *vectors; // float32[QUESTION_TERMS_MAX, dimensions] of texts and pictures; NULL: none
    RvSearchOptions options;
    double min_score, after_s, before_s;
    const char *video_path; // of the member "video"; points into asking->videos
    int64_t limit, per_video, part;
    bool by_video;    // hits are grouped by video
    bool raw_lengths; // the library's embeddings are as long as the model makes them
    bool has_cursor;
    Cursor cursor;
    uint64_t digest; // of all but limit and cursor
} Question;

/* Read and check it; terms are embedded. asking has the videos. paged: the members about pages are looked at.
 * Returns false with an error in the reply: 400, 404 (a picture, a video), 409 and others of embedding.
 * question_clear follows in any case. */
bool question_read(Question *question, const Asking *asking, bool paged);
/* Of a sequence keep the terms of the part that was asked for, as a query of their own. Returns false with an error in
 * the reply if it has none. */
bool question_keep_part(Question *question, const Asking *asking);
void question_clear(Question *question);

/* What a score of the answers means: "cosine", "weighted_cosine" (of a library whose embeddings have other lengths than
 * 1 "dot", "weighted_dot"), "zscore", "rrf", "sequence" (the mean of its parts' scores). */
const char *question_score_kind(const Question *question);

#endif
