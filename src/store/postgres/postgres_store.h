/* SPDX-License-Identifier: MIT */
/* Parts of the PostgreSQL backend that its files share. */
#ifndef RV_POSTGRES_STORE_H
#define RV_POSTGRES_STORE_H

#include <libpq-fe.h>

#include "base/buffer.h"
#include "store/sql/server_answer.h"
#include "store/sql/server_wire.h"
#include "store/sql/sql_link.h"
#include "store/sql/sql_migrate.h"
#include "store/store_backend.h"

#define POSTGRES_MAX_DIMENSIONS 16000 // of pgvector's vector type
#define POSTGRES_ARGUMENTS_MAX SQL_VALUES_MAX
#define POSTGRES_ANN_INDEX "frames_embedding_index"
#define POSTGRES_NAME_MAX 64 // bytes of a name, with its end

typedef struct PostgresStore {
    Store base;
    PGconn *connection;
    bool in_transaction;
    bool is_given_up; // nothing more is read from the connection
    bool is_patient;  // the running statement has no time limit
    int answer_timeout_s;
    int64_t changed_rows; // of the last statement; -1: the server did not say
    char sqlstate[6];     // of the last statement that failed; "" if the server named none
    bool has_staging;     // the temporary table of put_frames exists; it ends with the connection
    bool has_workers;     // a cluster has any
    int worker_wait_ms;   // how long a cluster tries to reach a worker; 0: as its administrator has set it
    char schema[POSTGRES_NAME_MAX]; // the first of the search_path: that of the library, if there is one
    char later[POSTGRES_NAME_MAX];  // a later one of the path that has a library, or ""
} PostgresStore;

/* Values of a statement's $1, $2, ... Text and bytes are borrowed until the statement has run. */
typedef struct PostgresArguments {
    const char *values[POSTGRES_ARGUMENTS_MAX];
    Oid types[POSTGRES_ARGUMENTS_MAX];
    int lengths[POSTGRES_ARGUMENTS_MAX], formats[POSTGRES_ARGUMENTS_MAX];
    char numbers[POSTGRES_ARGUMENTS_MAX][32];
    Buffer texts[POSTGRES_ARGUMENTS_MAX];
    int count;
    RvStatus status; // of adding them
} PostgresArguments;

/* ---- postgres_client.c: one statement on the current connection ---- */

void rv_postgres_add_integer(PostgresArguments *arguments, int64_t value);
void rv_postgres_add_real(PostgresArguments *arguments, double value);
/* Any bytes up to a NUL, as rv_store_text_encode writes them; NULL: SQL's NULL. */
void rv_postgres_add_text(PostgresArguments *arguments, const char *text);
void rv_postgres_add_null(PostgresArguments *arguments);

void rv_postgres_clear_arguments(PostgresArguments *arguments);

/* Run a statement, without a second attempt. arguments NULL: there are none, and sql may contain several
 * statements. */
RvStatus rv_postgres_ask(PostgresStore *store, const char *sql, const PostgresArguments *arguments,
                         bool binary, ServerAnswer *out, RvError *err);
/* COPY ... FROM STDIN. begin returns when the server waits for data. end completes the copy; if status is not
 * RV_OK, it cancels the copy and returns that status. */
RvStatus rv_postgres_begin_copy(PostgresStore *store, const char *sql, RvError *err);
RvStatus rv_postgres_end_copy(PostgresStore *store, RvStatus status, RvError *err);
/* Returns the failure of a result (NULL: of the connection) as a status, with a message that names the
 * library. */
RvStatus rv_postgres_fail(PostgresStore *store, const PGresult *result, RvError *err);
/* Write a message of libpq as one line. If it could not connect, libpq adds the reasons of all addresses that
 * it tried, and, after a tab, the question whether the server is running, which our own advice contains
 * already. */
void rv_postgres_reason(const char *message, char *reason, size_t size_bytes);
/* True if the last failure has this SQLSTATE. */
bool rv_postgres_is(const PostgresStore *store, const char *sqlstate);

/* ---- postgres_address.c: the address in libpq's form ---- */

#define POSTGRES_PARAMETERS_MAX 64

typedef struct PostgresParameters {
    PQconninfoOption *options; // owns the values
    const char *names[POSTGRES_PARAMETERS_MAX + 1], *values[POSTGRES_PARAMETERS_MAX + 1];
    int count;
    const char *database; // NULL: the user's name is used, as libpq does
    int answer_timeout_s;
} PostgresParameters;

/* Parse an address. base: for messages. On failure *out is empty. Errors: ARGUMENT, MEMORY. */
RvStatus rv_postgres_parse_address(const Store *base, const char *uri, PostgresParameters *out, RvError *err);
/* A later value of a name replaces an earlier one. */
void rv_postgres_add_parameter(PostgresParameters *parameters, const char *name, const char *value);
void rv_postgres_clear_parameters(PostgresParameters *parameters);

/* ---- postgres_connection.c: the connection ---- */

/* Make the first connection. create: make the database if it is missing. */
RvStatus rv_postgres_connect(PostgresStore *store, const char *uri, bool create, RvError *err);
/* Connect again after the server went away. */
RvStatus rv_postgres_reconnect(PostgresStore *store, RvError *err);

/* ---- postgres_statement.c: statements and transactions, on a new connection if the old one is lost ---- */

/* Run one statement. Clears the arguments (NULL: none), also on failure. binary: values come in the binary
 * forms of their types, else as text. out: made by rv_answer with the limits of columns and rows; NULL: no
 * rows are wanted. If the connection is lost outside a transaction, it is made again once. */
RvStatus rv_postgres_query(PostgresStore *store, const char *sql, PostgresArguments *arguments, bool binary,
                           ServerAnswer *out, RvError *err);
/* Run a statement of one row of one integer, 0 or more. what: for the message if it is none. */
RvStatus rv_postgres_integer(PostgresStore *store, const char *sql, const char *what, int64_t *out,
                             RvError *err);
/* Run statements without arguments and rows; several are allowed. */
RvStatus rv_postgres_run(PostgresStore *store, const char *sql, RvError *err);
/* Begin a transaction. sql: "BEGIN", with its options. */
RvStatus rv_postgres_begin(PostgresStore *store, const char *sql, RvError *err);
/* Commit if status is RV_OK, else roll back. Returns the status of the whole. */
RvStatus rv_postgres_end(PostgresStore *store, RvStatus status, RvError *err);

/* ---- postgres_schema.c: making and recognising a library ---- */

extern const SchemaStep rv_postgres_schema[]; // schema.sql

/* RV_OK if the first schema of the search_path has a library of a version that this reelvec knows. *empty: it
 * has none of our tables. Later schemas of the path do not count: whoever names one of his own must not get
 * the library of another, nor change it. Errors: NOT_FOUND if there is no such schema; UNSUPPORTED if pgvector
 * is in none of the path. */
RvStatus rv_postgres_check_schema(PostgresStore *store, bool *empty, RvError *err);
/* NOT_FOUND, with the schema. Called after check_schema has found none. */
RvStatus rv_postgres_no_library(const PostgresStore *store, RvError *err);
RvStatus rv_postgres_create_schema(PostgresStore *store, RvError *err);
/* Bring a library that is open for writing to the newest version. */
RvStatus rv_postgres_upgrade_schema(PostgresStore *store, RvError *err);
/* As SqlLink.set_dimensions. */
RvStatus rv_postgres_set_dimensions(Store *store, int before, const ModelIdentity *wanted, RvError *err);
#define POSTGRES_COLUMN_SQL_MAX 256
/* Write the statement that makes the column of vectors, which is empty, fit the dimensions. */
void rv_postgres_describe_column(int dimensions, char sql[POSTGRES_COLUMN_SQL_MAX]);

/* ---- postgres_link.c: statements that are written once ---- */

extern const SqlLink rv_postgres_link, rv_citus_link;

/* ---- postgres_frame.c: rows of frames and pictures ---- */

RvStatus rv_postgres_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                                RvError *err);
RvStatus rv_postgres_visit_frames(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                                  RvError *err);
/* Returns a row in binary form: video_id, frame_number, time, embedding_data; more columns may follow.
 * values: float32[POSTGRES_MAX_DIMENSIONS], to which the row's embedding then points. */
FrameRow rv_postgres_frame_row(const ServerAnswer *answer, size_t row, float *values);
/* Read a column of eight bytes in binary form. Returns false if it is NULL or has another length. */
bool rv_postgres_read_u64(const ServerAnswer *answer, size_t row, size_t column, uint64_t *out);
/* Pass all rows of such an answer to the callback. */
RvStatus rv_postgres_hand_rows(const ServerAnswer *answer, FrameRowCallback callback, void *user,
                               RvError *err);

/* ---- postgres_ann.c: rows near a vector ---- */

/* Indices of the kinds in the backend's table. */
enum { HNSW, HNSW_HALFVEC, IVFFLAT, IVFFLAT_HALFVEC };

RvStatus rv_postgres_nearest(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                             bool *done, RvError *err);
/* Drop the index of the library's table, if there is one. */
RvStatus rv_postgres_drop_index(PostgresStore *store, RvError *err);
RvStatus rv_postgres_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_postgres_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_postgres_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- citus.c: what differs on a cluster; functions of StoreBackend and SqlLink ---- */

// Of frames, if the administrator has not set citus.shard_count. A string, for statements.
#define CITUS_SHARDS_PER_WORKER "4"

/* Called if the database has the extension. Makes the store's backend that of a cluster if the library is
 * distributed, or empty, else that of a single server. Errors: UNSUPPORTED if the server is a worker, or if
 * the library is empty and the coordinator has not been told its address. */
RvStatus rv_citus_look(PostgresStore *store, bool empty, RvError *err);
/* Called when the tables were made. */
RvStatus rv_citus_spread_tables(PostgresStore *store, RvError *err);
RvStatus rv_citus_set_dimensions(Store *store, int before, const ModelIdentity *wanted, RvError *err);
RvStatus rv_citus_visit_frames(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                               RvError *err);
RvStatus rv_citus_size_bytes(Store *store, int64_t *out, RvError *err);
RvStatus rv_citus_ann_size_bytes(Store *store, int64_t *out, RvError *err);
RvStatus rv_citus_describe(Store *store, RvLibraryInfo *out, RvError *err);
RvStatus rv_citus_limit_wait(Store *store, double timeout_s, RvError *err);
RvStatus rv_citus_unreachable(Store *store, const int64_t *asked, size_t asked_count, int64_t **ids,
                              size_t *count, RvError *err);
RvStatus rv_citus_check(Store *store, void (*fault)(void *user, const char *line), void *user, RvError *err);

/* ---- postgres_queue.c: the list of videos to index ---- */

extern const StoreQueue rv_postgres_queue;

#endif
