/* SPDX-License-Identifier: MIT */
/* Which lists to look into first for a query. */
#ifndef RV_IVF_ORDER_H
#define RV_IVF_ORDER_H

#include "search/codes/code_job.h"
#include "search/ivf/ivf_file.h"

typedef struct ListProbe {
    double best; // what the best row of the list may be expected to score
    uint32_t list;
} ListProbe;

/* The list of rows without usable codes, then all others by falling `best`. Their runs are cut into pieces,
 * which are counted in this order. */
typedef struct ListOrder {
    ListProbe *probes;   // [count]
    size_t *first_piece; // [count + 1]
    size_t count;
} ListOrder;

typedef struct ListPiece {
    size_t first_run, run_count;
} ListPiece;

/* Clear with rv_list_order_clear. Errors: MEMORY. */
RvStatus rv_list_order_init(ListOrder *order, const ListFile *lists, const RowQuery *query, RvError *err);
void rv_list_order_clear(ListOrder *order);

/* At most CODE_PIECE_RUNS runs. */
ListPiece rv_list_order_piece(const ListOrder *order, const ListFile *lists, size_t piece);

#endif
