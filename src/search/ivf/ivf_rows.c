/* SPDX-License-Identifier: MIT */
/* The rows that a search by inverted lists looks at, as a scan of the codes asks for them. */
#include "search/ivf/ivf_rows.h"

// Lists of the first round, behind the list of rows without usable codes.
#define FIRST_LISTS ((size_t)8)

_Static_assert(LIST_RUN_ROWS == CODE_BLOCK_ROWS, "a run is scored at once, as a block is");

/* Each round looks into as many lists as all rounds before it. */
static bool next_round(CodeRows *base, bool enough, double threshold, size_t *piece_count)
{
    ListRows *rows = (ListRows *)base;
    const ListOrder *order = &rows->order;
    size_t probes = rows->lists->settings.probes, from = rows->to, to = from;
    size_t more = from > 1 ? from : probes > 0 ? probes : FIRST_LISTS;
    if (from == 0)
        to = 1; // the rows without usable codes
    else if (from < order->count && !(enough && probes > 0 && from > probes))
        while (to < order->count && to - from < more &&
               (!enough || probes > 0 || order->probes[to].best >= threshold))
            to++;
    if (to == from)
        return false;
    rows->from = from;
    rows->to = to;
    *piece_count = order->first_piece[to] - order->first_piece[from];
    return true;
}

static size_t runs_of_piece(const CodeRows *base, size_t piece, CodeRun *runs)
{
    const ListRows *rows = (const ListRows *)base;
    const ListFile *lists = rows->lists;
    ListPiece part = rv_list_order_piece(&rows->order, lists, rows->order.first_piece[rows->from] + piece);
    for (size_t i = 0; i < part.run_count; i++) {
        const ListRun *run = &lists->runs[part.first_run + i];
        runs[i] = (CodeRun){run->first, run->count, run->checksum, &lists->checked[part.first_run + i]};
    }
    return part.run_count;
}

RvStatus rv_list_rows_init(ListRows *rows, const ListFile *lists, size_t segment_count, const RowQuery *query,
                           RvError *err)
{
    *rows = (ListRows){.rows = {segment_count, next_round, runs_of_piece}, .lists = lists};
    return rv_list_order_init(&rows->order, lists, query, err);
}

void rv_list_rows_clear(ListRows *rows)
{
    rv_list_order_clear(&rows->order);
}

size_t rv_list_rows_probed(const ListRows *rows)
{
    return rows->to > 0 ? rows->to - 1 : 0;
}
