/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: rows near a vector, found by the server. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/mysql/mysql_store.h"

#define SQL_MAX ((size_t)1 << 26)
// Rows fetched beyond those wanted, because the server rounds otherwise than we do; eight times as many where
// ties make that too few, and the whole table after that.
#define SPARE_ROWS 32
#define EXACT_TRIES 3
#define ROW_BYTES 256 // of an answer, beside the vector
// Stored vectors have length 1 up to the rounding of float32, which a cosine takes out and a dot product does
// not.
#define LENGTH_ERROR 1e-6

static RvStatus write_condition(const FrameFilter *filter, Buffer *out, RvError *err)
{
    RvStatus status = rv_buffer_append_format(out, err, "1");
    if (status == RV_OK && filter->video_ids != NULL) {
        status = rv_buffer_append_format(out, err, " AND video_id IN (-1");
        for (size_t i = 0; status == RV_OK && i < filter->video_count; i++)
            status = rv_buffer_append_format(out, err, ",%lld", (long long)filter->video_ids[i]);
        if (status == RV_OK)
            status = rv_buffer_append_format(out, err, ")");
    }
    const struct {
        const char *sign;
        const double *bound;
    } bounds[] = {{" AND time >= ", filter->after_s}, {" AND time <= ", filter->before_s}};
    for (size_t i = 0; i < 2; i++) {
        if (status == RV_OK && bounds[i].bound != NULL)
            status = rv_buffer_append_format(out, err, "%s", bounds[i].sign);
        if (status == RV_OK && bounds[i].bound != NULL)
            status = rv_mysql_append_real(out, *bounds[i].bound, err);
    }
    return status;
}

static RvStatus run_query(MysqlStore *store, const NearestQuery *query, const char *condition, size_t limit,
                          bool by_index, ServerAnswer *out, RvError *err)
{
    Buffer sql;
    rv_buffer_init(&sql, SQL_MAX);
    rv_answer_clear(out);
    *out = rv_answer(5, limit);
    out->max_bytes += limit * ((size_t)query->dimensions * sizeof(float) + ROW_BYTES);
    RvStatus status = store->dialect->write_nearest(store, query, condition, limit, by_index, &sql, err);
    if (status == RV_OK)
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, out, err);
    rv_buffer_clear(&sql);
    return status;
}

static int compare_scores(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left < right) - (left > right);
}

/* Whether no row that was left out can be among the wanted ones by our rounding. */
static RvStatus is_complete(const ServerAnswer *answer, const NearestQuery *query, size_t limit, double slack,
                            bool *complete, RvError *err)
{
    size_t count = answer->rows;
    *complete = count < limit;
    if (*complete)
        return RV_OK;
    double *scores = rv_mem_alloc(count, sizeof *scores, err);
    if (scores == NULL)
        return RV_ERROR_MEMORY;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const char *score = rv_answer_value(answer, i, 4, NULL);
        good = good && score != NULL && rv_parse_double(score, -1e30, 1e30, &scores[i]);
    }
    qsort(scores, count, sizeof *scores, compare_scores);
    *complete = good && scores[count - 1] < scores[query->count - 1] - slack;
    free(scores);
    return RV_OK;
}

static RvStatus hand_rows(const ServerAnswer *answer, FrameRowCallback callback, void *user, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t row = 0; status == RV_OK && row < answer->rows; row++) {
        FrameRow frame = rv_mysql_frame_row(answer, row);
        status = callback(user, &frame, err);
    }
    return status;
}

RvStatus rv_mysql_nearest(Store *base, const NearestQuery *query, FrameRowCallback callback, void *user,
                          bool *done, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    ModelIdentity identity = {0};
    bool present = false;
    double sum = 0;
    ServerAnswer answer = rv_answer(5, 0);
    RvStatus status = rv_mysql_get_identity(base, &identity, &present, err);
    // Only of vectors of length 1 it is known how far roundings go.
    if (status != RV_OK || !present || !identity.normalized || query->count == 0)
        return status;
    for (int i = 0; i < query->dimensions; i++)
        sum += (double)query->vector[i] * query->vector[i];
    if (!(sum > 0))
        return RV_OK;
    // As for PostgreSQL: two rows, scored by the server and by us.
    double slack = (4.0 * query->dimensions * ldexp(1, -24) * 1.01 + 2 * LENGTH_ERROR) * sqrt(sum);
    Buffer condition;
    rv_buffer_init(&condition, SQL_MAX);
    status = write_condition(query->filter, &condition, err);
    if (status == RV_OK && query->approximate) {
        status = run_query(store, query, (const char *)condition.bytes, query->count, true, &answer, err);
        // Fewer than wanted: the library has no more, or the index gave up behind a narrow filter.
        *done = status == RV_OK && answer.rows >= query->count;
    }
    size_t limit = query->count + SPARE_ROWS;
    for (int i = 0; status == RV_OK && !*done && i < EXACT_TRIES; i++, limit *= 8) {
        status = run_query(store, query, (const char *)condition.bytes, limit, false, &answer, err);
        if (status == RV_OK)
            status = is_complete(&answer, query, limit, slack, done, err);
    }
    if (status == RV_OK && *done)
        status = hand_rows(&answer, callback, user, err);
    rv_answer_clear(&answer);
    rv_buffer_clear(&condition);
    return status;
}

RvStatus rv_mysql_ann_drop(Store *base, bool *dropped, RvError *err)
{
    RvAnnInfo info = {0};
    RvStatus status = base->backend->ann_info(base, &info, err);
    if (status == RV_OK && info.present)
        status =
            rv_mysql_query((MysqlStore *)base, NULL, err, "ALTER TABLE frames DROP INDEX " MYSQL_ANN_INDEX);
    *dropped = status == RV_OK && info.present;
    return status;
}
