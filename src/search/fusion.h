/* SPDX-License-Identifier: MIT */
/* Several terms into one ranking. */
#ifndef RV_SEARCH_FUSION_H
#define RV_SEARCH_FUSION_H

#include "reelvec/search.h"
#include "search/candidate.h"

/* One term as a vector: float32[dimensions], of length 1, with its weight (not 0). */
typedef struct QueryVector {
    const float *vector;
    double weight;
    size_t part; // of a sequence, from 0
} QueryVector;

/* All rows that a search looks at, with their scores per term. */
typedef struct ScoredRows {
    Candidate *rows; // score is the fused one
    size_t count;
    float *const *term_scores; // [term_count] of [count]
} ScoredRows;

/* mean float32[dimensions] = sum(weight x vector) / sum(|weight|): its dot product with a row is the weighted
 * mean of the terms' scores. For one term of positive weight it is the vector itself, to the bit. Errors:
 * ARGUMENT if the sum of the absolute weights is 0 or not finite. */
RvStatus rv_fusion_mean_vector(const QueryVector *terms, size_t term_count, int dimensions, float *mean,
                               RvError *err);

/* The same of the terms of one part of a sequence. Errors: also MEMORY. */
RvStatus rv_fusion_part_vector(const QueryVector *terms, size_t term_count, size_t part, int dimensions,
                               float *mean, RvError *err);

/* The vectors that rows are scored with, float32[count, dimensions]: the mean vector alone, or each term's. */
size_t rv_fusion_vector_count(RvFusion fusion, size_t term_count);
RvStatus rv_fusion_vectors(RvFusion fusion, const QueryVector *terms, size_t term_count, int dimensions,
                           float *vectors, RvError *err);

/* How a score of a term becomes its part of a standardised score. */
typedef struct TermScale {
    double weight; // / sum(|weight|)
    double mean, deviation;
} TermScale;

/* Over all rows: z = (score - mean) / population deviation; z = 0 if all rows have the same score. */
TermScale rv_fusion_scale(const QueryVector *terms, size_t term_count, const ScoredRows *scored, size_t term);

/* Returns weight x z / sum(|weight|). */
static inline double rv_fusion_part(const TermScale *scale, float score)
{
    return scale->deviation > 0 ? scale->weight * ((score - scale->mean) / scale->deviation) : 0;
}

/* score = the sum of the terms' parts, in their order. */
void rv_fusion_zscore(const QueryVector *terms, size_t term_count, ScoredRows *scored);

/* score = sum(weight / (60 + rank)), rank from 1 by the term's score, ties as everywhere (Cormack, Clarke,
 * Buettcher, "Reciprocal Rank Fusion", SIGIR 2009, section 2). */
RvStatus rv_fusion_rrf(const QueryVector *terms, size_t term_count, ScoredRows *scored, RvError *err);

#endif
