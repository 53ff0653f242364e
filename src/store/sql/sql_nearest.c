/* SPDX-License-Identifier: MIT */
/* Rows near a vector, found by a server, with a proof that none is missing.
 *
 * The server's score of a row and ours differ by rounding, by no more than a known bound. So a few rows more
 * than are wanted are asked for. If the last of them is worse than the last wanted one by more than the bound
 * (slack), no row that was left out can be among the wanted ones by our scores. Example: 10 rows are wanted,
 * 42 are asked for, the 10th has the score 0.8100 and the 42nd 0.8000; with a slack of 0.0001 these 42 hold
 * the 10 best. If all 42 have the score 0.8100, more are asked for. */
#include "store/sql/sql_nearest.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

// The number of rows asked for beyond those wanted. If ties make that too few, eight times as many are asked
// for; if that is too few again, the front reads the whole table.
#define SPARE_ROWS 32
#define EXACT_TRIES 3
// Stored vectors have length 1 up to the rounding of float32. A cosine removes that difference, a dot product
// does not.
#define LENGTH_ERROR 1e-6

static int compare_scores(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left < right) - (left > right);
}

/* *complete: true if no row that was left out can be among the wanted ones by our rounding. */
static RvStatus is_complete(const SqlNearest *server, const ServerAnswer *answer, size_t wanted, size_t limit,
                            double slack, bool *complete, RvError *err)
{
    size_t count = answer->rows;
    bool good = true;
    *complete = count < limit;
    if (*complete)
        return RV_OK;
    double *scores = rv_mem_alloc(count, sizeof *scores, err);
    if (scores == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        good = server->score(answer, i, &scores[i]) && good;
    qsort(scores, count, sizeof *scores, compare_scores);
    *complete = good && scores[count - 1] < scores[wanted - 1] - slack;
    free(scores);
    return RV_OK;
}

static RvStatus find_exactly(Store *store, const SqlNearest *server, const NearestQuery *query, double slack,
                             ServerAnswer *out, bool *done, RvError *err)
{
    size_t limit = query->count + SPARE_ROWS;
    RvStatus status = RV_OK;
    for (int i = 0; status == RV_OK && !*done && i < EXACT_TRIES; i++, limit *= 8) {
        rv_answer_clear(out);
        status = server->find(store, query, limit, out, err);
        if (status == RV_OK)
            status = is_complete(server, out, query->count, limit, slack, done, err);
    }
    return status;
}

RvStatus rv_sql_nearest(Store *store, const SqlNearest *server, const NearestQuery *query,
                        FrameRowCallback callback, void *user, bool *done, RvError *err)
{
    ModelIdentity identity = {0};
    bool present = false;
    double sum = 0;
    ServerAnswer answer = rv_answer(NEAREST_COLUMNS, 0);
    RvStatus status = store->backend->get_identity(store, &identity, &present, err);
    // The bound of the rounding is known only for vectors of length 1.
    if (status != RV_OK || !present || !identity.normalized || query->count == 0)
        return status;
    for (int i = 0; i < query->dimensions; i++)
        sum += (double)query->vector[i] * query->vector[i];
    if (server->is_cosine && !(sum > 0))
        return RV_OK;
    // Higham, "Accuracy and Stability of Numerical Algorithms" (3.5): n * 2^-24 * |a| |b| for one float32 dot
    // product of n terms; two rows, scored by the server and by us.
    double slack =
        (4.0 * query->dimensions * ldexp(1, -24) * 1.01 + (server->is_cosine ? 2 * LENGTH_ERROR : 0)) *
        sqrt(sum);
    if (query->approximate) {
        status = server->find_by_index(store, query, &answer, err);
        // Fewer than wanted: the library has no more, or the index stopped because of a narrow filter.
        *done = status == RV_OK && answer.rows >= query->count;
    }
    if (status == RV_OK && !*done)
        status = find_exactly(store, server, query, slack, &answer, done, err);
    if (status == RV_OK && *done)
        status = server->hand_rows(&answer, callback, user, err);
    rv_answer_clear(&answer);
    return status;
}
