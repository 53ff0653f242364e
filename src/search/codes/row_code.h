/* SPDX-License-Identifier: MIT */
/* A row as two planes of 8-bit codes with proven bounds on the scores that they give. */
#ifndef RV_ROW_CODE_H
#define RV_ROW_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compute/kernels/code_kernels.h"
#include "reelvec/status.h"

/* What the first pass reads of a row beside its coarse code. */
typedef struct RowBound {
    float scale; // of the coarse code; the fine one's is scale / ROW_CODE_FINE_STEPS
    float error; // see row_code.c; INFINITY: the row has no usable code, its score may be anything
} RowBound;

/* What the second pass reads beside the fine code. */
typedef struct RowFineBound {
    float error;
    float norm;
} RowFineBound;

#define ROW_CODE_FINE_STEPS 254

/* Bytes of a code: the dimensions rounded up to CODE_ALIGNMENT. */
size_t rv_row_code_width(int dimensions);

/* row: float32[dimensions], any values. workspace: double[width]; coarse, fine: [width]. The result
 * depends on the row alone, to the bit. */
void rv_row_code_encode(const float *row, int dimensions, double *workspace, uint8_t *coarse, uint8_t *fine,
                        RowBound *bound, RowFineBound *fine_bound);

/* A query in the codes' terms. */
typedef struct RowQuery {
    CodeQuery code;
    double step;      // the query is about step * code.values
    double norm;      // at least its length
    double rounding;  // at least the length of what the values leave out
    double inflation; // of the coarse errors, 1 but for odd queries
    double slack;     // underflow of float32 products
    void *memory;
} RowQuery;

/* vector: float32[dimensions]. *usable is false where its values are out of the range of the proof: score
 * rows instead. Clear with rv_row_query_clear. */
RvStatus rv_row_query_init(RowQuery *query, const float *vector, int dimensions, bool *usable, RvError *err);
/* The same for a vector in the space of the codes, where rows are scale * codes: float32[width]. */
RvStatus rv_row_query_init_rotated(RowQuery *query, const float *rotated, size_t width, bool *usable,
                                   RvError *err);
void rv_row_query_clear(RowQuery *query);

/* The float32 score of the row lies in [score - error, score + error]. dot, fine_dot: the kernels' products
 * of the codes. error may be infinite or not a number: then nothing is known. */
typedef struct ScoreBound {
    double score, error;
} ScoreBound;

static inline ScoreBound rv_row_code_coarse_score(const RowQuery *query, const RowBound *bound, int32_t dot)
{
    return (ScoreBound){query->step * bound->scale * dot,
                        bound->error * query->norm * query->inflation + query->slack};
}

static inline ScoreBound rv_row_code_fine_score(const RowQuery *query, const RowBound *bound,
                                                const RowFineBound *fine, int32_t dot, int32_t fine_dot)
{
    double sum = dot + (double)fine_dot / ROW_CODE_FINE_STEPS;
    return (ScoreBound){query->step * bound->scale * sum,
                        fine->error * query->norm + fine->norm * query->rounding + query->slack};
}

#endif
