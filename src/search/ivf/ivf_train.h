/* SPDX-License-Identifier: MIT */
/* Spherical k-means over codes of rows: whole numbers decide, so that every processor and any number of
 * threads gives the same lists. */
#ifndef RV_IVF_TRAIN_H
#define RV_IVF_TRAIN_H

#include "base/threads.h"
#include "search/codes/row_code.h"

/* What rows are compared with: the directions of the lists' means. */
typedef struct ListCentres {
    size_t count, width;
    RowQuery *directions; // [count]
} ListCentres;

/* means: float32[count, width], finite. Clear with rv_list_centres_clear. */
RvStatus rv_list_centres_init(ListCentres *centres, const float *means, size_t count, size_t width,
                              RvError *err);
void rv_list_centres_clear(ListCentres *centres);

/* lists [row_count]: for each row the centre with the largest cosine, of equal ones the first. codes:
 * [row_count, width]. pool NULL: the caller's thread alone. */
void rv_list_assign(const ListCentres *centres, ThreadPool *pool, const uint8_t *codes, size_t row_count,
                    uint32_t *lists);

/* Rows to learn from: row = scale * (code - 128). */
typedef struct ListSample {
    size_t width, row_count;
    const uint8_t *codes; // [row_count, width]
    const float *scales;  // [row_count], finite
} ListSample;

/* *count: in, how many lists are wanted, 1 to the number of rows; out, how many have rows. means:
 * float32[*count, width]; spreads [*count]: root of the mean square distance of a row from its mean. The same
 * sample, count and seed give the same means, to the bit. Errors: MEMORY. */
RvStatus rv_list_train(const ListSample *sample, ThreadPool *pool, uint64_t seed, size_t *count, float *means,
                       float *spreads, RvError *err);

#endif
