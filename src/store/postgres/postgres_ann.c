/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: rows near a vector, found by the server, exactly or by an index of pgvector. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/sql_model.h"
#include "store/sql/sql_nearest.h"

#define VECTOR_TEXT_MAX ((size_t)POSTGRES_MAX_DIMENSIONS * 20 + 16)
#define SQL_MAX ((size_t)1 << 26)
// Measured in docs/stores.md: from 100 to 400, recall@10 of text-like queries rises from 0.23 to 0.56 and the
// time by half.
#define EF_SEARCH_MIN 400
#define PROBES_PER_ROOT 3
#define EF_SEARCH_MAX 1000 // pgvector's limit

/* ---- the index ---------------------------------------------------------------------------------------- */

/* Returns the kind's index in the table; -1: there is no index, or one that reelvec did not make. */
static int kind_of(const char *definition)
{
    bool half = strstr(definition, "halfvec") != NULL;
    if (strstr(definition, "USING hnsw") != NULL)
        return half ? HNSW_HALFVEC : HNSW;
    if (strstr(definition, "USING ivfflat") != NULL)
        return half ? IVFFLAT_HALFVEC : IVFFLAT;
    return -1;
}

/* *kind is -1 if there is no index that can be used. */
static RvStatus find_index(PostgresStore *store, int *kind, RvAnnInfo *info, int64_t *lists, RvError *err)
{
    ServerAnswer answer = rv_answer(4, 1);
    *kind = -1;
    *lists = 0;
    RvStatus status = rv_postgres_query(
        store,
        "SELECT pg_get_indexdef(c.oid), coalesce(array_to_string(c.reloptions, ','), ''), "
        "pg_relation_size(c.oid), "
        "coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'lists'), "
        "'100') "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = 'frames'::regclass AND i.indisvalid AND c.relname = '" POSTGRES_ANN_INDEX "'",
        NULL, false, &answer, err);
    if (status == RV_OK && answer.rows > 0) {
        const char *definition = rv_answer_value(&answer, 0, 0, NULL),
                   *settings = rv_answer_value(&answer, 0, 1, NULL);
        *kind = definition != NULL ? kind_of(definition) : -1;
        snprintf(info->settings, sizeof info->settings, "%s", settings != NULL ? settings : "");
        status =
            rv_answer_integer(&answer, &store->base, 0, 2, "index", 0, INT64_MAX, &info->size_bytes, err);
        if (status == RV_OK)
            status = rv_answer_integer(&answer, &store->base, 0, 3, "index", 1, INT32_MAX, lists, err);
    }
    rv_answer_clear(&answer);
    if (*kind >= 0) {
        info->present = true;
        snprintf(info->kind, sizeof info->kind, "%s", store->base.backend->ann_kinds[*kind].name);
    }
    return status;
}

RvStatus rv_postgres_ann_info(Store *base, RvAnnInfo *out, RvError *err)
{
    int kind = -1;
    int64_t lists = 0;
    return find_index((PostgresStore *)base, &kind, out, &lists, err);
}

#define QUOTED_NAME_MAX (2 * POSTGRES_NAME_MAX + 2)

/* pgvector has iterative scans since 0.8. Without them a filter leaves fewer rows than wanted. schema: gets
 * that of the extension, as statements have it. */
static RvStatus need_pgvector(PostgresStore *store, char schema[QUOTED_NAME_MAX], RvError *err)
{
    ServerAnswer answer = rv_answer(3, 1);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT string_to_array(extversion, '.')::int[] >= '{0,8}', extversion, "
                          "(SELECT quote_ident(nspname) FROM pg_namespace n WHERE n.oid = extnamespace) "
                          "FROM pg_extension WHERE extname = 'vector'",
                          NULL, false, &answer, err);
    const char *enough = rv_answer_value(&answer, 0, 0, NULL),
               *version = rv_answer_value(&answer, 0, 1, NULL), *place = rv_answer_value(&answer, 0, 2, NULL);
    snprintf(schema, QUOTED_NAME_MAX, "%s", place != NULL ? place : "public");
    if (status == RV_OK && (enough == NULL || enough[0] != 't'))
        status = rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: an index needs pgvector 0.8 or later, the server has %.40s; update it there and "
            "run ALTER EXTENSION vector UPDATE",
            store->base.uri, version != NULL ? version : "none");
    rv_answer_clear(&answer);
    return status;
}

/* As pgvector recommends: rows / 1000; from a million rows on, the square root of the number of rows. */
static RvStatus default_lists(PostgresStore *store, int64_t *lists, RvError *err)
{
    int64_t rows = 0;
    RvStatus status = rv_postgres_integer(store, "SELECT count(*) FROM frames", "frames", &rows, err);
    *lists = rows > 1000000 ? (int64_t)sqrt((double)rows) : rows / 1000;
    *lists = *lists < 10 ? 10 : *lists > 32768 ? 32768 : *lists;
    return status;
}

/* schema: of pgvector. Citus hands the operator class on to its workers as it is written here, where the
 * search_path does not hold. */
static void describe_index(const AnnRequest *request, int dimensions, const char *schema, char *sql,
                           size_t size_bytes)
{
    bool half = strstr(request->kind->name, "halfvec") != NULL;
    char column[QUOTED_NAME_MAX + 80];
    if (half)
        snprintf(column, sizeof column, "(embedding_data::halfvec(%d)) %s.halfvec_ip_ops", dimensions,
                 schema);
    else
        snprintf(column, sizeof column, "embedding_data %s.vector_ip_ops", schema);
    snprintf(sql, size_bytes, "CREATE INDEX " POSTGRES_ANN_INDEX " ON frames USING %s (%s)",
             strncmp(request->kind->name, "hnsw", 4) == 0 ? "hnsw" : "ivfflat", column);
    for (size_t i = 0; i < request->setting_count; i++) {
        size_t length = strlen(sql);
        snprintf(sql + length, size_bytes - length, "%s%s = %lld", i == 0 ? " WITH (" : ", ",
                 request->settings[i].name, (long long)request->settings[i].value);
    }
    if (request->setting_count > 0)
        snprintf(sql + strlen(sql), size_bytes - strlen(sql), ")");
}

/* With its schema: else it could be the index of another library, in a later schema of the search_path. */
RvStatus rv_postgres_drop_index(PostgresStore *store, RvError *err)
{
    char sql[2 * POSTGRES_NAME_MAX + 80];
    char *schema = PQescapeIdentifier(store->connection, store->schema, strlen(store->schema));
    if (schema == NULL)
        return rv_postgres_fail(store, NULL, err);
    snprintf(sql, sizeof sql, "DROP INDEX IF EXISTS %s." POSTGRES_ANN_INDEX, schema);
    PQfreemem(schema);
    return rv_postgres_query(store, sql, NULL, false, NULL, err);
}

RvStatus rv_postgres_ann_build(Store *base, const AnnRequest *request, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    AnnRequest effective = *request;
    ModelIdentity identity = {0};
    bool present = false;
    char sql[600], schema[QUOTED_NAME_MAX];
    RvStatus status = need_pgvector(store, schema, err);
    if (status == RV_OK)
        status = rv_postgres_begin(store, "BEGIN", err);
    if (status != RV_OK)
        return status;
    // No other process can claim the library or build an index meanwhile.
    status = rv_sql_lock_claim(base, &identity, &present, err);
    if (status == RV_OK && request->setting_count == 0 && strncmp(request->kind->name, "ivfflat", 7) == 0) {
        effective.settings[0].name = "lists";
        effective.setting_count = 1;
        status = default_lists(store, &effective.settings[0].value, err);
    }
    describe_index(&effective, identity.dimensions, schema, sql, sizeof sql);
    store->is_patient = true; // hours, if the library is large
    if (status == RV_OK)
        status = rv_postgres_drop_index(store, err);
    if (status == RV_OK)
        status = rv_postgres_query(store, sql, NULL, false, NULL, err);
    status = rv_postgres_end(store, status, err);
    // The planner needs statistics of the table before the first query.
    if (status == RV_OK)
        status = rv_postgres_query(store, "ANALYZE frames", NULL, false, NULL, err);
    store->is_patient = false;
    return status;
}

RvStatus rv_postgres_ann_drop(Store *base, bool *dropped, RvError *err)
{
    RvAnnInfo info = {0};
    RvStatus status = rv_postgres_ann_info(base, &info, err);
    if (status == RV_OK && info.present)
        status = rv_postgres_drop_index((PostgresStore *)base, err);
    *dropped = status == RV_OK && info.present;
    return status;
}

/* ---- queries ------------------------------------------------------------------------------------------ */

static RvStatus write_vector(const NearestQuery *query, Buffer *out, RvError *err)
{
    for (int i = 0; i < query->dimensions; i++)
        rv_buffer_append_format(out, err, "%c%.9g", i == 0 ? '[' : ';', (double)query->vector[i]);
    RvStatus status = rv_buffer_append_format(out, err, "]");
    // The caller's locale may write a comma in numbers, so another sign is used as separator at first.
    for (size_t i = 0; status == RV_OK && i < out->size_bytes; i++) {
        uint8_t *at = &out->bytes[i];
        *at = *at == ',' ? '.' : *at == ';' ? ',' : *at;
    }
    return status;
}

/* Append the filter's condition. Its numbers are written into the statement, since none comes from
 * outside. */
static RvStatus write_condition(const FrameFilter *filter, Buffer *out, RvError *err)
{
    if (filter->video_ids == NULL)
        return rv_buffer_append_format(out, err, "true");
    rv_buffer_append_format(out, err, "true AND video_id = ANY ('{");
    for (size_t i = 0; i < filter->video_count; i++)
        rv_buffer_append_format(out, err, "%s%lld", i > 0 ? "," : "", (long long)filter->video_ids[i]);
    return rv_buffer_append_format(out, err, "}'::bigint[])");
}

static void add_bound(PostgresArguments *arguments, const double *bound)
{
    if (bound != NULL)
        rv_postgres_add_real(arguments, *bound);
    else
        rv_postgres_add_null(arguments);
}

/* A column or expression of vectors, and its type. */
typedef struct VectorColumn {
    char name[60], type[40];
} VectorColumn;

/* Run a query for the nearest rows, with the distance as the fifth column, in the order of keys. Times are
 * filtered here too, so that the limit counts only rows that pass. order: appended to the distance; "" is the
 * form that an index of the column can answer. Both places have it, so that it is computed once for each row.
 * */
static RvStatus run_query(PostgresStore *store, const NearestQuery *query, const VectorColumn *column,
                          const char *order, size_t limit, ServerAnswer *out, RvError *err)
{
    Buffer sql, vector, condition;
    rv_buffer_init(&sql, SQL_MAX);
    rv_buffer_init(&vector, VECTOR_TEXT_MAX);
    rv_buffer_init(&condition, SQL_MAX);
    PostgresArguments arguments = {0};
    *out = rv_answer(NEAREST_COLUMNS, limit);
    out->max_bytes += limit * ((size_t)query->dimensions * sizeof(float) + NEAREST_ROW_BYTES);
    RvStatus status = write_vector(query, &vector, err);
    if (status == RV_OK)
        status = write_condition(query->filter, &condition, err);
    if (status == RV_OK)
        status = rv_buffer_append_format(
            &sql, err,
            "SELECT * FROM (SELECT video_id, frame_number, time, embedding_data, (%s <#> $1::%s)%s AS distance "
            "FROM frames WHERE %s AND ($2::double precision IS NULL OR time >= $2) "
            "AND ($3::double precision IS NULL OR time <= $3) "
            "ORDER BY (%s <#> $1::%s)%s LIMIT %zu) AS nearest ORDER BY video_id, frame_number",
            column->name, column->type, order, (const char *)condition.bytes, column->name, column->type,
            order, limit);
    if (status == RV_OK) {
        rv_postgres_add_text(&arguments, (const char *)vector.bytes);
        add_bound(&arguments, query->filter->after_s);
        add_bound(&arguments, query->filter->before_s);
        status = rv_postgres_query(store, (const char *)sql.bytes, &arguments, true, out, err);
    }
    rv_buffer_clear(&sql);
    rv_buffer_clear(&vector);
    rv_buffer_clear(&condition);
    return status;
}

/* Exact on every server and on every node of a cluster, whatever its settings: an approximate index answers
 * an order by the distance itself, but never one by a sum. */
static RvStatus find(Store *base, const NearestQuery *query, size_t limit, ServerAnswer *out, RvError *err)
{
    static const VectorColumn column = {"embedding_data", "vector"};
    return run_query((PostgresStore *)base, query, &column, " + 0", limit, out, err);
}

/* The distance is the negative dot product. */
static bool read_score(const ServerAnswer *answer, size_t row, double *out)
{
    uint64_t bits = 0;
    if (!rv_postgres_read_u64(answer, row, 4, &bits))
        return false;
    memcpy(out, &bits, sizeof *out);
    *out = -*out;
    return true;
}

/* Set how much of the index a search visits. With pgvector's default a search would end after 40 rows. */
static RvStatus set_effort(PostgresStore *store, const NearestQuery *query, int kind, int64_t lists,
                           RvError *err)
{
    char sql[300];
    // The nodes of a cluster do not get the settings of a transaction by themselves.
    const char *head = store->base.backend == &store_citus_backend
                           ? "SET LOCAL citus.propagate_set_commands TO 'local'; "
                           : "";
    size_t effort = 2 * query->count;
    effort = effort < EF_SEARCH_MIN ? EF_SEARCH_MIN : effort > EF_SEARCH_MAX ? EF_SEARCH_MAX : effort;
    int64_t probes = (int64_t)ceil(PROBES_PER_ROOT * sqrt((double)lists));
    if (kind == HNSW || kind == HNSW_HALFVEC)
        snprintf(sql, sizeof sql,
                 "%sSET LOCAL hnsw.ef_search = %zu; SET LOCAL hnsw.iterative_scan = strict_order", head,
                 effort);
    else
        snprintf(sql, sizeof sql,
                 "%sSET LOCAL ivfflat.probes = %lld; SET LOCAL ivfflat.iterative_scan = relaxed_order", head,
                 (long long)(probes < 10 ? 10 : probes));
    return rv_postgres_run(store, sql, err);
}

static RvStatus find_by_index(Store *base, const NearestQuery *query, ServerAnswer *out, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    RvAnnInfo info = {0};
    int kind = -1;
    int64_t lists = 0;
    RvStatus status = find_index(store, &kind, &info, &lists, err);
    if (status != RV_OK || kind < 0)
        return status;
    bool half = kind == HNSW_HALFVEC || kind == IVFFLAT_HALFVEC;
    VectorColumn column;
    snprintf(column.name, sizeof column.name, half ? "(embedding_data::halfvec(%d))" : "embedding_data",
             query->dimensions);
    snprintf(column.type, sizeof column.type, half ? "halfvec(%d)" : "vector", query->dimensions);
    status = set_effort(store, query, kind, lists, err);
    // With half precision, twice as many rows are found and then ranked by the full vectors.
    return status == RV_OK
               ? run_query(store, query, &column, "", half ? 2 * query->count : query->count, out, err)
               : status;
}

static const SqlNearest server = {
    .find = find,
    .find_by_index = find_by_index,
    .score = read_score,
    .hand_rows = rv_postgres_hand_rows,
};

RvStatus rv_postgres_nearest(Store *base, const NearestQuery *query, FrameRowCallback callback, void *user,
                             bool *done, RvError *err)
{
    return rv_sql_nearest(base, &server, query, callback, user, done, err);
}
