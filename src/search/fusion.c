/* SPDX-License-Identifier: MIT */
/* Several terms into one ranking. */
#include "search/fusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define RRF_OFFSET 60.0

static double weight_sum(const QueryVector *terms, size_t term_count)
{
    double sum = 0;
    for (size_t t = 0; t < term_count; t++)
        sum += fabs(terms[t].weight);
    return sum;
}

RvStatus rv_fusion_part_vector(const QueryVector *terms, size_t term_count, size_t part, int dimensions,
                               float *mean, RvError *err)
{
    QueryVector *of_part = rv_mem_alloc(term_count, sizeof *of_part, err);
    size_t count = 0;
    if (of_part == NULL)
        return RV_ERROR_MEMORY;
    for (size_t t = 0; t < term_count; t++) {
        if (terms[t].part == part)
            of_part[count++] = terms[t];
    }
    RvStatus status = rv_fusion_mean_vector(of_part, count, dimensions, mean, err);
    free(of_part);
    return status;
}

RvStatus rv_fusion_mean_vector(const QueryVector *terms, size_t term_count, int dimensions, float *mean,
                               RvError *err)
{
    double sum = weight_sum(terms, term_count);
    if (!isfinite(sum) || sum <= 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "the weights of the query add up to %g; give smaller ones", sum);
    for (int i = 0; i < dimensions; i++) {
        double value = 0;
        for (size_t t = 0; t < term_count; t++)
            value += terms[t].weight / sum * terms[t].vector[i];
        mean[i] = (float)value;
    }
    return RV_OK;
}

size_t rv_fusion_vector_count(RvFusion fusion, size_t term_count)
{
    return fusion == RV_FUSION_MEAN ? 1 : term_count;
}

RvStatus rv_fusion_vectors(RvFusion fusion, const QueryVector *terms, size_t term_count, int dimensions,
                           float *vectors, RvError *err)
{
    // Also checks the sum of the weights for the other fusions, which overwrite it.
    RvStatus status = rv_fusion_mean_vector(terms, term_count, dimensions, vectors, err);
    for (size_t t = 0; status == RV_OK && fusion != RV_FUSION_MEAN && t < term_count; t++)
        memcpy(vectors + t * (size_t)dimensions, terms[t].vector, (size_t)dimensions * sizeof *vectors);
    return status;
}

TermScale rv_fusion_scale(const QueryVector *terms, size_t term_count, const ScoredRows *scored, size_t term)
{
    const float *scores = scored->term_scores[term];
    TermScale scale = {.weight = terms[term].weight / weight_sum(terms, term_count)};
    if (scored->count == 0)
        return scale;
    double sum = 0, squares = 0;
    float lowest = scores[0], highest = scores[0];
    for (size_t i = 0; i < scored->count; i++) {
        sum += scores[i];
        lowest = scores[i] < lowest ? scores[i] : lowest;
        highest = scores[i] > highest ? scores[i] : highest;
    }
    scale.mean = sum / (double)scored->count;
    for (size_t i = 0; i < scored->count; i++)
        squares += (scores[i] - scale.mean) * (scores[i] - scale.mean);
    // Rounding of the mean would give equal scores a deviation of their own.
    scale.deviation = lowest == highest ? 0 : sqrt(squares / (double)scored->count);
    return scale;
}

void rv_fusion_zscore(const QueryVector *terms, size_t term_count, ScoredRows *scored)
{
    for (size_t i = 0; i < scored->count; i++)
        scored->rows[i].score = 0;
    for (size_t t = 0; scored->count > 0 && t < term_count; t++) {
        TermScale scale = rv_fusion_scale(terms, term_count, scored, t);
        for (size_t i = 0; i < scored->count; i++)
            scored->rows[i].score += rv_fusion_part(&scale, scored->term_scores[t][i]);
    }
}

typedef struct RankedRow {
    Candidate row; // score of one term
    size_t index;
} RankedRow;

static int compare_ranked(const void *a, const void *b)
{
    return rv_candidate_compare(&((const RankedRow *)a)->row, &((const RankedRow *)b)->row);
}

RvStatus rv_fusion_rrf(const QueryVector *terms, size_t term_count, ScoredRows *scored, RvError *err)
{
    RankedRow *ranked = rv_mem_alloc(scored->count, sizeof *ranked, err);
    if (ranked == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < scored->count; i++)
        scored->rows[i].score = 0;
    for (size_t t = 0; t < term_count; t++) {
        for (size_t i = 0; i < scored->count; i++) {
            ranked[i] = (RankedRow){scored->rows[i], i};
            ranked[i].row.score = scored->term_scores[t][i];
        }
        if (scored->count > 1)
            qsort(ranked, scored->count, sizeof *ranked, compare_ranked);
        for (size_t rank = 0; rank < scored->count; rank++)
            scored->rows[ranked[rank].index].score += terms[t].weight / (RRF_OFFSET + 1 + (double)rank);
    }
    free(ranked);
    return RV_OK;
}
