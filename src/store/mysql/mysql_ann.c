/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: rows near a vector, found by the server. */
#include <string.h>

#include "base/parse.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/sql_nearest.h"

#define SQL_MAX ((size_t)1 << 26)

static RvStatus write_condition(const FrameFilter *filter, Buffer *out, RvError *err)
{
    RvStatus status = rv_buffer_append_format(out, err, "1");
    if (filter->video_ids != NULL) {
        rv_buffer_append_format(out, err, " AND video_id IN (-1");
        for (size_t i = 0; i < filter->video_count; i++)
            rv_buffer_append_format(out, err, ",%lld", (long long)filter->video_ids[i]);
        status = rv_buffer_append_format(out, err, ")");
    }
    const struct {
        const char *sign;
        const double *bound;
    } bounds[] = {{" AND time >= ", filter->after_s}, {" AND time <= ", filter->before_s}};
    for (size_t i = 0; i < 2; i++) {
        if (bounds[i].bound == NULL)
            continue;
        rv_buffer_append_format(out, err, "%s", bounds[i].sign);
        status = rv_mysql_append_real(out, *bounds[i].bound, err);
    }
    return status;
}

static RvStatus run_query(MysqlStore *store, const NearestQuery *query, size_t limit, bool by_index,
                          ServerAnswer *out, RvError *err)
{
    Buffer condition, sql;
    rv_buffer_init(&condition, SQL_MAX);
    rv_buffer_init(&sql, SQL_MAX);
    *out = rv_answer(NEAREST_COLUMNS, limit);
    out->max_bytes += limit * ((size_t)query->dimensions * sizeof(float) + NEAREST_ROW_BYTES);
    RvStatus status = write_condition(query->filter, &condition, err);
    if (status == RV_OK)
        status = store->dialect->write_nearest(store, query, (const char *)condition.bytes, limit, by_index,
                                               &sql, err);
    if (status == RV_OK)
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, out, err);
    rv_buffer_clear(&condition);
    rv_buffer_clear(&sql);
    return status;
}

static RvStatus find(Store *base, const NearestQuery *query, size_t limit, ServerAnswer *out, RvError *err)
{
    return run_query((MysqlStore *)base, query, limit, false, out, err);
}

static RvStatus find_by_index(Store *base, const NearestQuery *query, ServerAnswer *out, RvError *err)
{
    return run_query((MysqlStore *)base, query, query->count, true, out, err);
}

static bool read_score(const ServerAnswer *answer, size_t row, double *out)
{
    const char *score = rv_answer_value(answer, row, 4, NULL);
    return score != NULL && rv_parse_double(score, -1e30, 1e30, out);
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

// SingleStore's <*> is a dot product. The bound of a cosine is wider, so it holds for both.
static const SqlNearest server = {
    .is_cosine = true,
    .find = find,
    .find_by_index = find_by_index,
    .score = read_score,
    .hand_rows = hand_rows,
};

RvStatus rv_mysql_nearest(Store *base, const NearestQuery *query, FrameRowCallback callback, void *user,
                          bool *done, RvError *err)
{
    return rv_sql_nearest(base, &server, query, callback, user, done, err);
}

/* ---- the index ---------------------------------------------------------------------------------------- */

RvStatus rv_mysql_ann_build(Store *base, const AnnRequest *request, RvError *err)
{
    return ((MysqlStore *)base)->dialect->ann_build(base, request, err);
}

RvStatus rv_mysql_ann_info(Store *base, RvAnnInfo *out, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    ServerAnswer answer = rv_answer(2, 1);
    RvStatus status = rv_mysql_query(store, &answer, err, "SHOW CREATE TABLE frames");
    const char *table = status == RV_OK ? rv_answer_value(&answer, 0, 1, NULL) : NULL;
    const char *index = table != NULL ? strstr(table, store->dialect->index_head) : NULL;
    out->present = index != NULL;
    if (out->present)
        store->dialect->describe_index(base, index, out);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_mysql_ann_drop(Store *base, bool *dropped, RvError *err)
{
    RvAnnInfo info = {0};
    RvStatus status = rv_mysql_ann_info(base, &info, err);
    if (status == RV_OK && info.present)
        status =
            rv_mysql_query((MysqlStore *)base, NULL, err, "ALTER TABLE frames DROP INDEX " MYSQL_ANN_INDEX);
    *dropped = status == RV_OK && info.present;
    return status;
}
