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

#define VECTOR_TEXT_MAX ((size_t)POSTGRES_MAX_DIMENSIONS * 20 + 16)
#define SQL_MAX ((size_t)1 << 26)
// Measured in docs/stores.md: from 100 to 400, recall@10 of text-like queries rises from 0.23 to 0.56 and the
// time by half.
#define EF_SEARCH_MIN 400
#define PROBES_PER_ROOT 3
#define EF_SEARCH_MAX 1000 // pgvector's limit
// Rows fetched beyond those wanted, because the server rounds otherwise than we do; eight times as many where
// ties make that too few, and the whole table after that.
#define SPARE_ROWS 32
#define EXACT_TRIES 3
#define ROW_BYTES 256 // of an answer, beside the vector

enum { HNSW, HNSW_HALFVEC, IVFFLAT, IVFFLAT_HALFVEC };

#define HNSW_SETTINGS                                                                                        \
    {                                                                                                        \
        {"m", 2, 100},                                                                                       \
        {                                                                                                    \
            "ef_construction", 4, 1000                                                                       \
        }                                                                                                    \
    }
#define IVFFLAT_SETTINGS                                                                                     \
    {                                                                                                        \
        {                                                                                                    \
            "lists", 1, 32768                                                                                \
        }                                                                                                    \
    }

const AnnKind rv_postgres_ann_kinds[] = {
    [HNSW] = {"hnsw", 2000, HNSW_SETTINGS},
    [HNSW_HALFVEC] = {"hnsw-halfvec", 4000, HNSW_SETTINGS},
    [IVFFLAT] = {"ivfflat", 2000, IVFFLAT_SETTINGS},
    [IVFFLAT_HALFVEC] = {"ivfflat-halfvec", 4000, IVFFLAT_SETTINGS},
    {0},
};

/* ---- the index ---------------------------------------------------------------------------------------- */

/* The kind by its place in the table; -1: there is none, or one that reelvec did not make. */
static int kind_of(const char *definition)
{
    bool half = strstr(definition, "halfvec") != NULL;
    if (strstr(definition, "USING hnsw") != NULL)
        return half ? HNSW_HALFVEC : HNSW;
    if (strstr(definition, "USING ivfflat") != NULL)
        return half ? IVFFLAT_HALFVEC : IVFFLAT;
    return -1;
}

/* *kind -1 where there is no index that can be used. */
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
        snprintf(info->kind, sizeof info->kind, "%s", rv_postgres_ann_kinds[*kind].name);
    }
    return status;
}

RvStatus rv_postgres_ann_info(Store *base, RvAnnInfo *out, RvError *err)
{
    int kind = -1;
    int64_t lists = 0;
    return find_index((PostgresStore *)base, &kind, out, &lists, err);
}

/* Iterative scans, without which a filter leaves fewer rows than wanted, came with pgvector 0.8. */
static RvStatus need_version(PostgresStore *store, RvError *err)
{
    ServerAnswer answer = rv_answer(2, 1);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT string_to_array(extversion, '.')::int[] >= '{0,8}', extversion "
                          "FROM pg_extension WHERE extname = 'vector'",
                          NULL, false, &answer, err);
    const char *enough = rv_answer_value(&answer, 0, 0, NULL),
               *version = rv_answer_value(&answer, 0, 1, NULL);
    if (status == RV_OK && (enough == NULL || enough[0] != 't'))
        status = rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: an index needs pgvector 0.8 or later, the server has %.40s; update it there and "
            "run ALTER EXTENSION vector UPDATE",
            store->base.uri, version != NULL ? version : "none");
    rv_answer_clear(&answer);
    return status;
}

/* pgvector's advice: rows / 1000, and the root of the rows from a million on. */
static RvStatus default_lists(PostgresStore *store, int64_t *lists, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    int64_t rows = 0;
    RvStatus status = rv_postgres_query(store, "SELECT count(*) FROM frames", NULL, false, &answer, err);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, &store->base, 0, 0, "frames", 0, INT64_MAX, &rows, err);
    rv_answer_clear(&answer);
    *lists = rows > 1000000 ? (int64_t)sqrt((double)rows) : rows / 1000;
    *lists = *lists < 10 ? 10 : *lists > 32768 ? 32768 : *lists;
    return status;
}

static void describe_index(const AnnRequest *request, int dimensions, char *sql, size_t size_bytes)
{
    bool half = strstr(request->kind->name, "halfvec") != NULL;
    char column[80];
    if (half)
        snprintf(column, sizeof column, "(embedding_data::halfvec(%d)) halfvec_ip_ops", dimensions);
    else
        snprintf(column, sizeof column, "embedding_data vector_ip_ops");
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

RvStatus rv_postgres_ann_build(Store *base, const AnnRequest *request, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    AnnRequest effective = *request;
    ModelIdentity identity = {0};
    bool present = false;
    char sql[600];
    RvStatus status = need_version(store, err);
    if (status == RV_OK)
        status = rv_postgres_begin(store, "BEGIN", err);
    if (status != RV_OK)
        return status;
    // Nobody else claims the library meanwhile, nor builds an index.
    status = rv_postgres_lock_identity(store, "FOR UPDATE", &identity, &present, err);
    if (status == RV_OK && request->setting_count == 0 && strncmp(request->kind->name, "ivfflat", 7) == 0) {
        effective.settings[0].name = "lists";
        effective.setting_count = 1;
        status = default_lists(store, &effective.settings[0].value, err);
    }
    describe_index(&effective, identity.dimensions, sql, sizeof sql);
    const char *const steps[] = {"DROP INDEX IF EXISTS " POSTGRES_ANN_INDEX, sql};
    store->is_patient = true; // hours, where the library is large
    for (size_t i = 0; status == RV_OK && i < 2; i++)
        status = rv_postgres_query(store, steps[i], NULL, false, NULL, err);
    status = rv_postgres_end(store, status, err);
    // The planner should know the table before the first query.
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
        status = rv_postgres_query((PostgresStore *)base, "DROP INDEX " POSTGRES_ANN_INDEX, NULL, false, NULL,
                                   err);
    *dropped = status == RV_OK && info.present;
    return status;
}

/* ---- queries ------------------------------------------------------------------------------------------ */

typedef struct Nearest {
    PostgresStore *store;
    const NearestQuery *query;
    Buffer vector, condition; // as SQL
    double slack;             // how far apart the server's and our scores of two rows can be
} Nearest;

static RvStatus write_vector(Nearest *nearest, RvError *err)
{
    RvStatus status = RV_OK;
    for (int i = 0; status == RV_OK && i < nearest->query->dimensions; i++)
        status = rv_buffer_append_format(&nearest->vector, err, "%c%.9g", i == 0 ? '[' : ';',
                                         (double)nearest->query->vector[i]);
    if (status == RV_OK)
        status = rv_buffer_append_format(&nearest->vector, err, "]");
    // The caller's locale may write a comma into numbers; so the separator was another sign first.
    for (size_t i = 0; status == RV_OK && i < nearest->vector.size_bytes; i++) {
        uint8_t *at = &nearest->vector.bytes[i];
        *at = *at == ',' ? '.' : *at == ';' ? ',' : *at;
    }
    return status;
}

/* The filter's numbers stand in the statement: all of them are ours. */
static RvStatus write_condition(Nearest *nearest, RvError *err)
{
    const FrameFilter *filter = nearest->query->filter;
    RvStatus status = rv_buffer_append_format(&nearest->condition, err, "true");
    if (status == RV_OK && filter->video_ids != NULL) {
        status = rv_buffer_append_format(&nearest->condition, err, " AND video_id = ANY ('{");
        for (size_t i = 0; status == RV_OK && i < filter->video_count; i++)
            status = rv_buffer_append_format(&nearest->condition, err, "%s%lld", i > 0 ? "," : "",
                                             (long long)filter->video_ids[i]);
        if (status == RV_OK)
            status = rv_buffer_append_format(&nearest->condition, err, "}'::bigint[])");
    }
    return status;
}

/* Rows by distance, with it as the fifth column; in the order of keys. Times are filtered here too, so that
 * the limit counts rows that pass. */
static RvStatus run_query(Nearest *nearest, const char *column, const char *type, size_t limit,
                          ServerAnswer *out, RvError *err)
{
    const FrameFilter *filter = nearest->query->filter;
    Buffer sql;
    rv_buffer_init(&sql, SQL_MAX);
    PostgresArguments arguments = {0};
    rv_answer_clear(out);
    *out = rv_answer(5, limit);
    out->max_bytes += limit * ((size_t)nearest->query->dimensions * sizeof(float) + ROW_BYTES);
    RvStatus status = rv_buffer_append_format(
        &sql, err,
        "SELECT * FROM (SELECT video_id, frame_number, time, embedding_data, %s <#> $1::%s AS distance FROM "
        "frames "
        "WHERE %s AND ($2::double precision IS NULL OR time >= $2) AND ($3::double precision IS NULL OR time "
        "<= $3) "
        "ORDER BY %s <#> $1::%s LIMIT %zu) AS nearest ORDER BY video_id, frame_number",
        column, type, (const char *)nearest->condition.bytes, column, type, limit);
    if (status == RV_OK) {
        rv_postgres_add_text(&arguments, (const char *)nearest->vector.bytes);
        if (filter->after_s != NULL)
            rv_postgres_add_real(&arguments, *filter->after_s);
        else
            rv_postgres_add_null(&arguments);
        if (filter->before_s != NULL)
            rv_postgres_add_real(&arguments, *filter->before_s);
        else
            rv_postgres_add_null(&arguments);
        status = rv_postgres_query(nearest->store, (const char *)sql.bytes, &arguments, true, out, err);
    }
    rv_buffer_clear(&sql);
    return status;
}

static double distance_of(const ServerAnswer *answer, size_t row)
{
    uint64_t bits = 0;
    double distance;
    size_t length = 0;
    const char *bytes = rv_answer_value(answer, row, 4, &length);
    if (length == sizeof bits)
        memcpy(&bits, bytes, sizeof bits);
    bits = __builtin_bswap64(bits);
    memcpy(&distance, &bits, sizeof distance);
    return distance;
}

static int compare_distances(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Whether no row that was left out can be among the wanted ones by our rounding. */
static RvStatus is_complete(const Nearest *nearest, const ServerAnswer *answer, size_t limit, bool *complete,
                            RvError *err)
{
    size_t count = answer->rows, wanted = nearest->query->count;
    *complete = count < limit;
    if (*complete)
        return RV_OK;
    double *distances = rv_mem_alloc(count, sizeof *distances, err);
    if (distances == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        distances[i] = distance_of(answer, i);
    qsort(distances, count, sizeof *distances, compare_distances);
    *complete = distances[count - 1] > distances[wanted - 1] + nearest->slack;
    free(distances);
    return RV_OK;
}

static RvStatus find_exactly(Nearest *nearest, ServerAnswer *out, bool *done, RvError *err)
{
    size_t limit = nearest->query->count + SPARE_ROWS;
    // Without index scans the order by distance is exact; keys are still found by bitmap scans.
    RvStatus status =
        rv_postgres_query(nearest->store, "SET LOCAL enable_indexscan = off", NULL, false, NULL, err);
    for (int i = 0; status == RV_OK && !*done && i < EXACT_TRIES; i++, limit *= 8) {
        status = run_query(nearest, "embedding_data", "vector", limit, out, err);
        if (status == RV_OK)
            status = is_complete(nearest, out, limit, done, err);
    }
    if (status == RV_OK)
        status = rv_postgres_query(nearest->store, "SET LOCAL enable_indexscan TO DEFAULT", NULL, false, NULL,
                                   err);
    return status;
}

/* Searches in the index look at enough of it: LIMIT alone would end at the 40 rows of pgvector's default. */
static RvStatus set_effort(Nearest *nearest, int kind, int64_t lists, RvError *err)
{
    char sql[300];
    size_t effort = 2 * nearest->query->count;
    effort = effort < EF_SEARCH_MIN ? EF_SEARCH_MIN : effort > EF_SEARCH_MAX ? EF_SEARCH_MAX : effort;
    int64_t probes = (int64_t)ceil(PROBES_PER_ROOT * sqrt((double)lists));
    if (kind == HNSW || kind == HNSW_HALFVEC)
        snprintf(sql, sizeof sql,
                 "SELECT set_config('hnsw.ef_search', '%zu', true), "
                 "set_config('hnsw.iterative_scan', 'strict_order', true)",
                 effort);
    else
        snprintf(sql, sizeof sql,
                 "SELECT set_config('ivfflat.probes', '%lld', true), "
                 "set_config('ivfflat.iterative_scan', 'relaxed_order', true)",
                 (long long)(probes < 10 ? 10 : probes));
    return rv_postgres_query(nearest->store, sql, NULL, false, NULL, err);
}

static RvStatus find_by_index(Nearest *nearest, ServerAnswer *out, bool *done, RvError *err)
{
    RvAnnInfo info = {0};
    int kind = -1;
    int64_t lists = 0;
    RvStatus status = find_index(nearest->store, &kind, &info, &lists, err);
    if (status != RV_OK || kind < 0)
        return status;
    bool half = kind == HNSW_HALFVEC || kind == IVFFLAT_HALFVEC;
    char column[60], type[40];
    snprintf(column, sizeof column, half ? "(embedding_data::halfvec(%d))" : "embedding_data",
             nearest->query->dimensions);
    snprintf(type, sizeof type, half ? "halfvec(%d)" : "vector", nearest->query->dimensions);
    status = set_effort(nearest, kind, lists, err);
    // Half precision: twice as many, which are then ranked by the full vectors.
    if (status == RV_OK)
        status = run_query(nearest, column, type, half ? 2 * nearest->query->count : nearest->query->count,
                           out, err);
    // Fewer than wanted: the library has no more, or the index gave up behind a narrow filter.
    *done = status == RV_OK && out->rows >= nearest->query->count;
    return status;
}

RvStatus rv_postgres_nearest(Store *base, const NearestQuery *query, FrameRowCallback callback, void *user,
                             bool *done, RvError *err)
{
    Nearest nearest = {.store = (PostgresStore *)base, .query = query};
    ModelIdentity identity = {0};
    bool present = false;
    double sum = 0;
    ServerAnswer answer = rv_answer(5, 0);
    RvStatus status = rv_postgres_get_identity(base, &identity, &present, err);
    // Only of vectors of length 1 it is known how far roundings go.
    if (status != RV_OK || !present || !identity.normalized || query->count == 0)
        return status;
    for (int i = 0; i < query->dimensions; i++)
        sum += (double)query->vector[i] * query->vector[i];
    // Higham, "Accuracy and Stability of Numerical Algorithms" (3.5): n * 2^-24 * |a| |b| for one float32 dot
    // product of n terms; two rows, scored by the server and by us.
    nearest.slack = 4.0 * query->dimensions * ldexp(1, -24) * sqrt(sum) * 1.01;
    rv_buffer_init(&nearest.vector, VECTOR_TEXT_MAX);
    rv_buffer_init(&nearest.condition, SQL_MAX);
    status = write_vector(&nearest, err);
    if (status == RV_OK)
        status = write_condition(&nearest, err);
    if (status == RV_OK && query->approximate)
        status = find_by_index(&nearest, &answer, done, err);
    if (status == RV_OK && !*done)
        status = find_exactly(&nearest, &answer, done, err);
    if (status == RV_OK && *done)
        status = rv_postgres_hand_rows(&answer, callback, user, err);
    rv_answer_clear(&answer);
    rv_buffer_clear(&nearest.vector);
    rv_buffer_clear(&nearest.condition);
    return status;
}
