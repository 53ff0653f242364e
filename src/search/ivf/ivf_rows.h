/* SPDX-License-Identifier: MIT */
/* The rows that a search by inverted lists looks at, as a scan of the codes asks for them. */
#ifndef RV_IVF_ROWS_H
#define RV_IVF_ROWS_H

#include "search/codes/code_job.h"
#include "search/ivf/ivf_order.h"

/* One list after another, the most promising first, until enough rows are found and no list is expected to
 * hold a better one; with ListSettings.probes so many lists, and further ones only until enough are found. */
typedef struct ListRows {
    CodeRows rows;
    const ListFile *lists;
    ListOrder order;
    size_t from, to; // the round: places in the order. Before the first round 0, 0
} ListRows;

/* segment_count: as rv_list_segments returns it. Clear with rv_list_rows_clear. Errors: MEMORY. */
RvStatus rv_list_rows_init(ListRows *rows, const ListFile *lists, size_t segment_count, const RowQuery *query,
                           RvError *err);
void rv_list_rows_clear(ListRows *rows);
/* How many lists were looked into so far. */
size_t rv_list_rows_probed(const ListRows *rows);

#endif
