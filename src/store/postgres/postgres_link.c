/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: the link through which common statements reach the server. */
#include <string.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"

#define STATEMENT_MAX ((size_t)1 << 17)

static RvStatus link_begin(Store *base, SqlMode mode, RvError *err)
{
    return rv_postgres_begin((PostgresStore *)base,
                             mode == SQL_WRITE ? "BEGIN" : "BEGIN ISOLATION LEVEL READ COMMITTED", err);
}

/* On a cluster the snapshot of a transaction must not be older than what it has waited for. */
static RvStatus citus_begin(Store *base, SqlMode mode, RvError *err)
{
    (void)mode;
    return link_begin(base, SQL_WRITE_FAIR, err);
}

static RvStatus link_end(Store *base, RvStatus status, RvError *err)
{
    return rv_postgres_end((PostgresStore *)base, status, err);
}

/* Append the place of a value: $1, $2, ... */
static RvStatus place_number(void *user, Buffer *sql, size_t index, RvError *err)
{
    (void)user;
    return rv_buffer_append_format(sql, err, "$%zu", index + 1);
}

static void add_values(const SqlStatement *statement, PostgresArguments *arguments)
{
    for (size_t i = 0; i < statement->count; i++) {
        const SqlValue *value = &statement->values[i];
        if (value->type == SQL_INTEGER)
            rv_postgres_add_integer(arguments, value->integer);
        else if (value->type == SQL_REAL)
            rv_postgres_add_real(arguments, value->real);
        else
            rv_postgres_add_text(arguments, value->bytes);
    }
}

/* Convert a column from PostgreSQL's binary form, in which numbers are big endian. */
static void read_binary(char letter, SqlValue *value)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (value->type == SQL_NULL || letter == 't')
        return;
    if (letter == 'b') {
        value->type = SQL_BYTES;
    } else if (letter == 'd' && value->size_bytes == sizeof narrow) {
        memcpy(&narrow, value->bytes, sizeof narrow);
        *value = (SqlValue){.type = SQL_INTEGER, .integer = (int32_t)__builtin_bswap32(narrow)};
    } else if (letter == 'd' && value->size_bytes == sizeof wide) {
        memcpy(&wide, value->bytes, sizeof wide);
        *value = (SqlValue){.type = SQL_INTEGER, .integer = (int64_t)__builtin_bswap64(wide)};
    } else {
        value->type = SQL_FOREIGN;
    }
}

static void read_binary_row(const SqlReader *reader, SqlRow *row)
{
    for (size_t i = 0; reader->columns[i] != '\0'; i++)
        read_binary(reader->columns[i], &row->values[i]);
}

static RvStatus link_run(Store *base, const SqlStatement *statement, const SqlReader *reader, RvError *err)
{
    PostgresArguments arguments = {0};
    ServerAnswer answer = rv_answer_for(reader);
    bool binary = reader != NULL && reader->is_binary;
    Buffer sql;
    rv_buffer_init(&sql, STATEMENT_MAX);
    RvStatus status = rv_sql_write(statement, &sql, place_number, NULL, err);
    if (status == RV_OK) {
        add_values(statement, &arguments);
        status = rv_postgres_query((PostgresStore *)base, (const char *)sql.bytes, &arguments, binary,
                                   &answer, err);
    }
    if (status == RV_OK && reader != NULL)
        status = rv_answer_read(&answer, base, reader, binary ? read_binary_row : NULL, err);
    rv_answer_clear(&answer);
    rv_buffer_clear(&sql);
    return status;
}

static int64_t link_changed(const Store *base)
{
    return ((const PostgresStore *)base)->changed_rows;
}

/* True if the last failure was the constraint videos_path. */
static bool link_is_taken(const Store *base)
{
    return rv_postgres_is((const PostgresStore *)base, "23P01");
}

/* Deadlocks (40P01), and transactions of a stricter isolation that cannot be put into an order (40001). */
static bool link_is_deadlock(const Store *base)
{
    const PostgresStore *store = (const PostgresStore *)base;
    return rv_postgres_is(store, "40P01") || rv_postgres_is(store, "40001");
}

static RvStatus check_dimensions(const Store *base, const ModelIdentity *wanted, RvError *err)
{
    if (wanted->dimensions > POSTGRES_MAX_DIMENSIONS)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: pgvector holds up to %d dimensions, the model gives %d; use another kind of library",
            base->uri, POSTGRES_MAX_DIMENSIONS, wanted->dimensions);
    return RV_OK;
}

static RvStatus link_begin_claim(Store *base, const ModelIdentity *wanted, RvError *err)
{
    RvStatus status = check_dimensions(base, wanted, err);
    return status == RV_OK ? link_begin(base, SQL_WRITE, err) : status;
}

/* Tables are changed on one connection to each worker, which Citus demands after a look into all shards. */
static RvStatus citus_begin_claim(Store *base, const ModelIdentity *wanted, RvError *err)
{
    RvStatus status = check_dimensions(base, wanted, err);
    if (status == RV_OK)
        status = citus_begin(base, SQL_WRITE, err);
    if (status != RV_OK)
        return status;
    status = rv_sql_run(base, err, "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'");
    return status == RV_OK ? RV_OK : link_end(base, status, err);
}

/* ---- the tables --------------------------------------------------------------------------------------- */

#define COMMON_WORDS                                                                                         \
    .now = "now()", .cascades = true, .counts_by_join = true, .finds_id_first = true,                        \
    .byte_length = "octet_length", .note_head = "INSERT INTO library_notes (name, value) VALUES",            \
    .note_tail = " ON CONFLICT (name) DO UPDATE SET value = excluded.value",                                 \
    .normalized = "normalized::integer", .insert_tail = " ON CONFLICT DO NOTHING RETURNING video_id"

static const SqlWords words = {
    COMMON_WORDS,
    .lock_video = " FOR KEY SHARE",
    .lock_library = "FOR SHARE",
    .lock_claim = "FOR UPDATE",
};

// The first number is the same in all versions of reelvec. The second is the library's own, since a database
// may have one in each schema; a claim makes other tables anew, but not this one.
#define MODEL_LOCK "1685481037, 'library'::regclass::oid::int"

/* The lock of a row of a reference table is one of the whole table on a cluster, and writers of different
 * videos would wait for each other. That a video still exists is seen to by the foreign key. */
static const SqlWords citus_words = {
    COMMON_WORDS,
    .lock_video = "",
    .lock_library = "",
    .lock_claim = "",
    .hold_model = "SELECT pg_advisory_xact_lock_shared(" MODEL_LOCK ")",
    .hold_claim = "SELECT pg_advisory_xact_lock(" MODEL_LOCK ")",
};

#define COMMON_FUNCTIONS                                                                                     \
    .end = link_end, .run = link_run, .changed = link_changed, .is_taken = link_is_taken,                    \
    .is_deadlock = link_is_deadlock, .end_claim = link_end

const SqlLink rv_postgres_link = {
    COMMON_FUNCTIONS,
    .words = &words,
    .begin = link_begin,
    .begin_claim = link_begin_claim,
    .set_dimensions = rv_postgres_set_dimensions,
};
const SqlLink rv_citus_link = {
    COMMON_FUNCTIONS,
    .words = &citus_words,
    .begin = citus_begin,
    .begin_claim = citus_begin_claim,
    .set_dimensions = rv_citus_set_dimensions,
};
