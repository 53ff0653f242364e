/* SPDX-License-Identifier: MIT */
/* The parts for SingleStore only: columnstore tables, <*>, its vector indexes, rows loaded as text. No server
 * was available for the tests: the statements follow its documentation (8.5 to 9.1) and are listed in
 * tests/store/singlestore.golden. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/mysql/mysql_store.h"

#define OLDEST_VERSION 805 // the VECTOR type and its index
#define FRAMES_COLUMNS                                                                                       \
    "video_id BIGINT NOT NULL, frame_number BIGINT NOT NULL, time DOUBLE NOT NULL, "                         \
    "embedding_data VECTOR(%d, F32) NOT NULL, SORT KEY (video_id, frame_number), "                           \
    "SHARD KEY (video_id, frame_number), UNIQUE KEY (video_id, frame_number) USING HASH"

static RvStatus check_server(MysqlStore *store, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    int major = 0, minor = 0;
    // A server that does not know this variable is of another kind.
    RvStatus status = rv_mysql_query(store, &answer, err, "SELECT @@memsql_version");
    const char *version = status == RV_OK ? rv_answer_value(&answer, 0, 0, NULL) : NULL;
    bool known = version != NULL && sscanf(version, "%4d.%4d", &major, &minor) == 2;
    rv_answer_clear(&answer);
    if (status == RV_ERROR_NETWORK)
        return status;
    if (!known)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the server is not SingleStore; a MariaDB server's address begins with mariadb://",
            store->base.uri);
    if (major * 100 + minor < OLDEST_VERSION)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: the server is SingleStore %d.%d; vectors came with SingleStore 8.5",
                            store->base.uri, major, minor);
    answer = rv_answer(2, 1);
    status = rv_mysql_query(store, &answer, err, "SHOW VARIABLES LIKE 'is_shared_tier'");
    const char *shared = status == RV_OK ? rv_answer_value(&answer, 0, 1, NULL) : NULL;
    store->is_shared_tier = shared != NULL && strcmp(shared, "ON") == 0;
    rv_answer_clear(&answer);
    return status;
}

/* A columnstore's column cannot change its type. The table is empty, so it is dropped and made again. */
static RvStatus set_dimensions(MysqlStore *store, int dimensions, RvError *err)
{
    RvStatus status = rv_mysql_query(store, NULL, err, "DROP TABLE frames");
    return status == RV_OK ? rv_mysql_query(store, NULL, err, "CREATE TABLE frames (" FRAMES_COLUMNS ")",
                                            (int64_t)dimensions)
                           : status;
}

/* ---- loading ------------------------------------------------------------------------------------------ */

static const struct TableText {
    const char *head, *tail;
} tables[] = {{"INSERT INTO frames (video_id, frame_number, time, embedding_data) VALUES ",
               " ON DUPLICATE KEY UPDATE time = VALUES(time), embedding_data = VALUES(embedding_data)"},
              {"INSERT INTO frame_pictures (video_id, frame_number, frame_data) VALUES ",
               " ON DUPLICATE KEY UPDATE frame_data = VALUES(frame_data)"}};

static RvStatus append_row(MysqlStore *store, Buffer *sql, int64_t video_id, const FrameRecord *frame,
                           bool picture, RvError *err)
{
    rv_buffer_append_format(sql, err, "(%lld,%lld,", (long long)video_id, (long long)frame->frame_number);
    if (picture) {
        rv_mysql_append_bytes(sql, frame->jpeg, frame->jpeg_bytes, err);
    } else {
        rv_mysql_append_real(sql, frame->time_s, err);
        rv_buffer_append(sql, ",", 1, err);
        rv_mysql_append_bytes(sql, frame->embedding, (size_t)store->base.identity.dimensions * sizeof(float),
                              err);
    }
    return rv_buffer_append(sql, ")", 1, err);
}

static RvStatus send_rows(MysqlStore *store, Buffer *sql, bool pictures, RvError *err)
{
    RvStatus status = rv_buffer_append(sql, tables[pictures].tail, strlen(tables[pictures].tail), err);
    if (status == RV_OK)
        status = rv_mysql_run(store, (const char *)sql->bytes, sql->size_bytes, NULL, err);
    rv_buffer_reset(sql);
    return status;
}

/* Write all frames, or all existing pictures, in statements that fit into a packet. */
static RvStatus put_table(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames, size_t count,
                          bool pictures, RvError *err)
{
    Buffer sql;
    rv_buffer_init(&sql, 3 * STORE_MAX_PICTURE_BYTES + store->max_packet_bytes);
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < count; i++) {
        if (pictures && frames[i]->jpeg == NULL)
            continue;
        size_t bytes =
            pictures ? frames[i]->jpeg_bytes : (size_t)store->base.identity.dimensions * sizeof(float);
        if (sql.size_bytes > 0 && sql.size_bytes + 2 * bytes + 512 > store->max_packet_bytes)
            status = send_rows(store, &sql, pictures, err);
        if (status != RV_OK)
            break;
        rv_buffer_append_format(&sql, err, "%s", sql.size_bytes > 0 ? "," : tables[pictures].head);
        status = append_row(store, &sql, video_id, frames[i], pictures, err);
    }
    if (status == RV_OK && sql.size_bytes > 0)
        status = send_rows(store, &sql, pictures, err);
    rv_buffer_clear(&sql);
    return status;
}

static RvStatus put_rows(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames, size_t count,
                         RvError *err)
{
    RvStatus status = put_table(store, video_id, frames, count, false, err);
    return status == RV_OK ? put_table(store, video_id, frames, count, true, err) : status;
}

/* ---- queries ------------------------------------------------------------------------------------------ */

static RvStatus write_nearest(MysqlStore *store, const NearestQuery *query, const char *condition,
                              size_t limit, bool by_index, Buffer *sql, RvError *err)
{
    char index[80] = "USE INDEX ()"; // exact
    // The index finds k candidates before the filter is applied, so k is larger than the number wanted.
    if (by_index)
        snprintf(index, sizeof index, "USE INDEX (" MYSQL_ANN_INDEX ") SEARCH_OPTIONS '{\"k\":%zu}'",
                 2 * query->count < 100 ? (size_t)100 : 2 * query->count);
    (void)store;
    rv_buffer_append_format(sql, err,
                            "SELECT video_id, frame_number, time, embedding, similarity "
                            "FROM (SELECT video_id, frame_number, time, "
                            "(embedding_data :> BLOB) AS embedding, embedding_data <*> (");
    rv_mysql_append_bytes(sql, query->vector, (size_t)query->dimensions * sizeof(float), err);
    return rv_buffer_append_format(sql, err,
                                   " :> BLOB) AS similarity FROM frames WHERE %s ORDER BY similarity %s DESC "
                                   "LIMIT %zu) AS nearest ORDER BY video_id, frame_number",
                                   condition, index, limit);
}

/* ---- the index ---------------------------------------------------------------------------------------- */

#define TYPE_BYTES 40

/* The server's name of a kind of index, between quotes: ivf-pqfs is "IVF_PQFS". */
static void write_type(const AnnKind *kind, char type[TYPE_BYTES])
{
    snprintf(type, TYPE_BYTES, "\"%s\"", kind->name);
    for (char *at = type + 1; *at != '"'; at++)
        *at = (char)(*at == '-' ? '_' : *at & ~0x20);
}

static RvStatus ann_build(Store *base, const AnnRequest *request, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    bool dropped = false;
    char type[TYPE_BYTES], sql[600];
    write_type(request->kind, type);
    RvStatus status = rv_mysql_ann_drop(base, &dropped, err);
    int length =
        snprintf(sql, sizeof sql,
                 "ALTER TABLE frames ADD VECTOR INDEX " MYSQL_ANN_INDEX " (embedding_data) INDEX_OPTIONS "
                 "'{\"index_type\":%s,\"metric_type\":\"DOT_PRODUCT\"",
                 type);
    for (size_t i = 0; i < request->setting_count; i++)
        length += snprintf(sql + length, sizeof sql - (size_t)length, ",\"%s\":%lld",
                           request->settings[i].name, (long long)request->settings[i].value);
    length += snprintf(sql + length, sizeof sql - (size_t)length, "}'");
    store->is_patient = true; // hours, if the library is large
    if (status == RV_OK)
        status = rv_mysql_run(store, sql, (size_t)length, NULL, err);
    // Write the rows that are only in memory into segments, because the index is made from segments.
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err, "OPTIMIZE TABLE frames FLUSH");
    store->is_patient = false;
    return status;
}

static void describe_index(const Store *store, const char *index, RvAnnInfo *out)
{
    const char *options = strchr(index, '{');
    const char *end = options != NULL ? strchr(options, '}') : NULL;
    const AnnKind *kinds = store->backend->ann_kinds;
    snprintf(out->kind, sizeof out->kind, "vector");
    for (size_t i = 0; end != NULL && kinds[i].name != NULL; i++) {
        char type[TYPE_BYTES];
        write_type(&kinds[i], type);
        const char *found = strstr(options, type);
        if (found != NULL && found < end)
            snprintf(out->kind, sizeof out->kind, "%s", kinds[i].name);
    }
    if (end != NULL)
        snprintf(out->settings, sizeof out->settings, "%.*s", (int)(end - options - 1), options + 1);
}

const MysqlDialect rv_mysql_singlestore = {
    .name = "SingleStore",
    .schema = rv_singlestore_schema,
    .max_dimensions = STORE_MAX_DIMENSIONS,
    .check_server = check_server,
    .set_dimensions = set_dimensions,
    .put_rows = put_rows,
    .write_nearest = write_nearest,
    .ann_build = ann_build,
    .describe_index = describe_index,
    .index_head = "`" MYSQL_ANN_INDEX "`",
    .embedding_column = "(embedding_data :> BLOB)",
};
