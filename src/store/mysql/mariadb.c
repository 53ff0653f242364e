/* SPDX-License-Identifier: MIT */
/* The parts for MariaDB only: its VECTOR type and index, and rows loaded by array binding. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/mysql/mysql_store.h"

#define OLDEST_VERSION 110700 // the VECTOR type
#define DEFAULT_M 16
#define EF_SEARCH_MIN 400   // as for PostgreSQL
#define EF_SEARCH_MAX 10000 // MariaDB's limit

static RvStatus check_server(MysqlStore *store, RvError *err)
{
    const char *version = mysql_get_server_info(store->connection);
    unsigned long number = mysql_get_server_version(store->connection);
    if (strstr(version, "MariaDB") == NULL)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the server is %.60s and not MariaDB; a SingleStore server's address begins with "
            "singlestore://",
            store->base.uri, version);
    if (number < OLDEST_VERSION)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: the server is %.60s; vectors came with MariaDB 11.7", store->base.uri,
                            version);
    // A value that does not fit is an error and never cut, and quotes have the meaning that this code
    // assumes.
    return rv_mysql_query(store, NULL, err,
                          "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'");
}

static RvStatus set_dimensions(MysqlStore *store, int dimensions, RvError *err)
{
    // An index is for vectors of one length. ann build makes a new one.
    RvStatus status =
        rv_mysql_query(store, NULL, err, "ALTER TABLE frames DROP INDEX IF EXISTS " MYSQL_ANN_INDEX);
    if (status == RV_OK)
        status =
            rv_mysql_query(store, NULL, err, "ALTER TABLE frames MODIFY embedding_data VECTOR(%d) NOT NULL",
                           (int64_t)dimensions);
    return status;
}

/* ---- loading ------------------------------------------------------------------------------------------ */

/* Columns of a batch as array binding wants them. */
typedef struct BoundRows {
    int64_t *videos, *numbers;
    double *times;
    const void **data; // embedding or picture
    unsigned long *lengths;
    size_t count;
} BoundRows;

static RvStatus allocate_rows(BoundRows *rows, size_t capacity, RvError *err)
{
    rows->videos = rv_mem_alloc(capacity, sizeof *rows->videos, err);
    rows->numbers = rv_mem_alloc(capacity, sizeof *rows->numbers, err);
    rows->times = rv_mem_alloc(capacity, sizeof *rows->times, err);
    rows->data = rv_mem_alloc(capacity, sizeof *rows->data, err);
    rows->lengths = rv_mem_alloc(capacity, sizeof *rows->lengths, err);
    bool good = rows->videos != NULL && rows->numbers != NULL && rows->times != NULL && rows->data != NULL &&
                rows->lengths != NULL;
    return good ? RV_OK : RV_ERROR_MEMORY;
}

static void free_rows(BoundRows *rows)
{
    free(rows->videos);
    free(rows->numbers);
    free(rows->times);
    free(rows->data);
    free(rows->lengths);
}

/* One statement over all bound rows. with_time: frames; else pictures. */
static RvStatus execute_rows(MysqlStore *store, const char *sql, const BoundRows *rows, bool with_time,
                             RvError *err)
{
    if (store->is_given_up)
        return rv_wire_given_up(store->base.uri, err);
    MYSQL_STMT *statement = mysql_stmt_init(store->connection);
    if (statement == NULL)
        return rv_mysql_fail(store, err);
    unsigned count = (unsigned)rows->count;
    MYSQL_BIND bind[4] = {{.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = rows->videos},
                          {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = rows->numbers}};
    size_t columns = 2;
    if (with_time)
        bind[columns++] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = rows->times};
    bind[columns] =
        (MYSQL_BIND){.buffer_type = MYSQL_TYPE_BLOB, .buffer = rows->data, .length = rows->lengths};
    bool good = mysql_stmt_prepare(statement, sql, strlen(sql)) == 0;
    // The client would read as many values as the server claims there are.
    if (good &&
        (mysql_stmt_param_count(statement) != columns + 1 || mysql_stmt_field_count(statement) != 0)) {
        mysql_stmt_close(statement);
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: the server wants other values than the statement has",
                            store->base.uri);
    }
    good = good && mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) == 0 &&
           mysql_stmt_bind_param(statement, bind) == 0 && mysql_stmt_execute(statement) == 0;
    RvStatus status = good ? RV_OK : rv_mysql_fail_statement(store, statement, err);
    mysql_stmt_close(statement);
    return status;
}

/* Write all frames, or all existing pictures, in statements that fit into a packet. */
static RvStatus put_column(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames,
                           size_t count, bool pictures, BoundRows *rows, RvError *err)
{
    static const char *const statements[] = {
        "INSERT INTO frames (video_id, frame_number, time, embedding_data) VALUES (?, ?, ?, ?) "
        "ON DUPLICATE KEY UPDATE time = VALUES(time), embedding_data = VALUES(embedding_data)",
        "INSERT INTO frame_pictures (video_id, frame_number, frame_data) VALUES (?, ?, ?) "
        "ON DUPLICATE KEY UPDATE frame_data = VALUES(frame_data)"};
    size_t embedding_bytes = (size_t)store->base.identity.dimensions * sizeof(float), bytes = 0;
    RvStatus status = RV_OK;
    rows->count = 0;
    for (size_t i = 0; status == RV_OK && i < count; i++) {
        const FrameRecord *frame = frames[i];
        size_t size = pictures ? frame->jpeg_bytes : embedding_bytes;
        if (pictures && frame->jpeg == NULL)
            continue;
        if (rows->count > 0 && bytes + size + 64 > store->max_packet_bytes / 2) {
            status = execute_rows(store, statements[pictures], rows, !pictures, err);
            rows->count = bytes = 0;
        }
        size_t at = rows->count++;
        rows->videos[at] = video_id;
        rows->numbers[at] = frame->frame_number;
        rows->times[at] = frame->time_s;
        rows->data[at] = pictures ? (const void *)frame->jpeg : frame->embedding;
        rows->lengths[at] = size;
        bytes += size + 64;
    }
    if (status == RV_OK && rows->count > 0)
        status = execute_rows(store, statements[pictures], rows, !pictures, err);
    return status;
}

static RvStatus put_rows(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames, size_t count,
                         RvError *err)
{
    BoundRows rows = {0};
    RvStatus status = allocate_rows(&rows, count, err);
    if (status == RV_OK)
        status = put_column(store, video_id, frames, count, false, &rows, err);
    if (status == RV_OK)
        status = put_column(store, video_id, frames, count, true, &rows, err);
    free_rows(&rows);
    return status;
}

/* ---- queries ------------------------------------------------------------------------------------------ */

static RvStatus write_nearest(MysqlStore *store, const NearestQuery *query, const char *condition,
                              size_t limit, bool by_index, Buffer *sql, RvError *err)
{
    size_t effort = 2 * query->count, bytes = (size_t)query->dimensions * sizeof(float);
    effort = effort < EF_SEARCH_MIN ? EF_SEARCH_MIN : effort > EF_SEARCH_MAX ? EF_SEARCH_MAX : effort;
    double sum = 0;
    for (int i = 0; i < query->dimensions; i++)
        sum += (double)query->vector[i] * query->vector[i];
    (void)store;
    if (by_index)
        rv_buffer_append_format(sql, err, "SET STATEMENT mhnsw_ef_search = %zu FOR ", effort);
    // A cosine is divided by the query's length; the score is not.
    rv_buffer_append_format(sql, err,
                            "SELECT video_id, frame_number, time, embedding_data, (1e0 - distance) * ");
    rv_mysql_append_real(sql, sqrt(sum), err);
    rv_buffer_append_format(sql, err,
                            " AS score FROM (SELECT video_id, frame_number, time, embedding_data, "
                            "VEC_DISTANCE_COSINE(embedding_data, ");
    rv_mysql_append_bytes(sql, query->vector, bytes, err);
    // An exact search reads in the order of keys, without the vector index.
    return rv_buffer_append_format(
        sql, err,
        ") AS distance FROM frames%s WHERE %s ORDER BY distance LIMIT %zu) AS nearest "
        "ORDER BY video_id, frame_number",
        by_index ? "" : " USE INDEX (PRIMARY)", condition, limit);
}

/* ---- the index ---------------------------------------------------------------------------------------- */

static RvStatus ann_build(Store *base, const AnnRequest *request, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    // MariaDB's own default of 6 loses static scenes, because many equal frames link only to each other.
    long long m = request->setting_count > 0 ? (long long)request->settings[0].value : DEFAULT_M;
    char sql[300];
    snprintf(sql, sizeof sql,
             "ALTER TABLE frames DROP INDEX IF EXISTS " MYSQL_ANN_INDEX ", ADD VECTOR INDEX " MYSQL_ANN_INDEX
             " (embedding_data) M=%lld DISTANCE=cosine",
             m);
    store->is_patient = true; // hours, if the library is large
    RvStatus status = rv_mysql_query(store, NULL, err, sql);
    store->is_patient = false;
    return status;
}

static void describe_index(const Store *store, const char *index, RvAnnInfo *out)
{
    (void)store;
    const char *m = strstr(index, "`M`=");
    const char *end = strchr(index, '\n');
    if (m != NULL && (end == NULL || m < end))
        snprintf(out->settings, sizeof out->settings, "m=%d", atoi(m + 4));
    snprintf(out->kind, sizeof out->kind, "hnsw");
}

const MysqlDialect rv_mysql_mariadb = {
    .name = "MariaDB",
    .schema = rv_mariadb_schema,
    .begin_snapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    .max_dimensions = 16383,
    .only_normalized = true,
    .check_server = check_server,
    .set_dimensions = set_dimensions,
    .put_rows = put_rows,
    .write_nearest = write_nearest,
    .ann_build = ann_build,
    .describe_index = describe_index,
    .index_head = "VECTOR KEY `" MYSQL_ANN_INDEX "`",
    .embedding_column = "embedding_data",
};
