/* SPDX-License-Identifier: MIT */
/* Which lists to look into first for a query. */
#include "search/ivf/ivf_order.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "compute/kernels/kernels.h"

// Standard deviations from a list's mean score within which its best row is expected: 3 miss much of what
// texts ask for, 5 look at twice as many rows (docs/stores.md).
#define REACH 4

static int compare_probes(const void *a, const void *b)
{
    const ListProbe *left = a, *right = b;
    if (left->best != right->best)
        return left->best < right->best ? 1 : -1;
    return (left->list > right->list) - (left->list < right->list);
}

/* How far scores of rows lie from that of their list's mean, for a list of spread 1. Directions in which the
 * means of lists differ much are taken to be those in which rows do: the share of the query's direction in
 * the distances between means is its share in the distances from a mean. */
static double reach_of(const float *scores, const ListFile *lists)
{
    double sum = 0, squares = 0, count = (double)lists->list_count;
    for (size_t list = 0; list < lists->list_count; list++)
        sum += scores[list];
    for (size_t list = 0; list < lists->list_count; list++)
        squares += (scores[list] - sum / count) * (scores[list] - sum / count);
    return REACH * sqrt(squares / count) / lists->distance;
}

/* best of every list: the score of the mean, and what the distance of its rows from the mean may add. */
static RvStatus expect_best(ListProbe *probes, const ListFile *lists, const RowQuery *query, RvError *err)
{
    float *vector = rv_mem_alloc_aligned(lists->width, sizeof *vector, err);
    float *scores = rv_mem_alloc_aligned(lists->list_count, sizeof *scores, err);
    RvStatus status = vector != NULL && scores != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        for (size_t i = 0; i < lists->width; i++)
            vector[i] = (float)(query->step * query->code.values[i]);
        rv_scan_kernels()->dot_block_f32(lists->means, lists->width, lists->list_count, vector, lists->width,
                                         1, lists->width, scores, lists->list_count);
        double reach = reach_of(scores, lists);
        for (size_t list = 0; list < lists->list_count; list++) {
            double best = scores[list] + reach * lists->spreads[list];
            // Nothing is known, so the list is not left out.
            probes[list] = (ListProbe){isfinite(best) ? best : INFINITY, (uint32_t)list};
        }
    }
    free(vector);
    free(scores);
    return status;
}

RvStatus rv_list_order_init(ListOrder *order, const ListFile *lists, const RowQuery *query, RvError *err)
{
    *order = (ListOrder){.count = lists->list_count + 1};
    order->probes = rv_mem_alloc(order->count, sizeof *order->probes, err);
    order->first_piece = rv_mem_alloc(order->count + 1, sizeof *order->first_piece, err);
    RvStatus status = order->probes != NULL && order->first_piece != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = expect_best(order->probes + 1, lists, query, err);
    if (status != RV_OK) {
        rv_list_order_clear(order);
        return status;
    }
    order->probes[0] = (ListProbe){INFINITY, (uint32_t)lists->list_count};
    qsort(order->probes + 1, lists->list_count, sizeof *order->probes, compare_probes);
    for (size_t i = 0; i < order->count; i++) {
        uint32_t list = order->probes[i].list;
        size_t runs = lists->starts[list + 1] - lists->starts[list];
        order->first_piece[i + 1] = order->first_piece[i] + (runs + CODE_PIECE_RUNS - 1) / CODE_PIECE_RUNS;
    }
    return RV_OK;
}

void rv_list_order_clear(ListOrder *order)
{
    free(order->probes);
    free(order->first_piece);
    *order = (ListOrder){0};
}

ListPiece rv_list_order_piece(const ListOrder *order, const ListFile *lists, size_t piece)
{
    size_t at = rv_find_part(order->first_piece, order->count, piece);
    uint32_t list = order->probes[at].list;
    size_t first = lists->starts[list] + (piece - order->first_piece[at]) * CODE_PIECE_RUNS;
    size_t left = lists->starts[list + 1] - first;
    return (ListPiece){first, left < CODE_PIECE_RUNS ? left : CODE_PIECE_RUNS};
}
