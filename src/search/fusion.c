/* SPDX-License-Identifier: MIT */
/* Several terms into one ranking. */
#include "search/fusion.h"

#include <math.h>
#include <stdlib.h>

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

typedef struct Distribution {
    double mean, deviation; // deviation 0: all the same
} Distribution;

static Distribution measure(const float *scores, size_t count)
{
    double sum = 0, squares = 0;
    float lowest = scores[0], highest = scores[0];
    for (size_t i = 0; i < count; i++) {
        sum += scores[i];
        lowest = scores[i] < lowest ? scores[i] : lowest;
        highest = scores[i] > highest ? scores[i] : highest;
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (scores[i] - mean) * (scores[i] - mean);
    // Rounding of the mean would give equal scores a deviation of their own.
    return (Distribution){mean, lowest == highest ? 0 : sqrt(squares / (double)count)};
}

void rv_fusion_zscore(const QueryVector *terms, size_t term_count, ScoredRows *scored)
{
    double sum = weight_sum(terms, term_count);
    for (size_t i = 0; i < scored->count; i++)
        scored->rows[i].score = 0;
    for (size_t t = 0; scored->count > 0 && t < term_count; t++) {
        const float *scores = scored->term_scores[t];
        Distribution over = measure(scores, scored->count);
        if (over.deviation <= 0)
            continue;
        for (size_t i = 0; i < scored->count; i++)
            scored->rows[i].score += terms[t].weight / sum * ((scores[i] - over.mean) / over.deviation);
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
