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
#define POSTGRES_ARGUMENTS_MAX 12
#define POSTGRES_ANN_INDEX "frames_embedding_index"

typedef struct PostgresStore {
    Store base;
    PGconn *connection;
    bool in_transaction;
    bool is_given_up; // the connection: what still comes of it is not read
    bool is_patient;  // the running statement may take as long as it likes
    int answer_timeout_s;
    int64_t changed_rows; // of the last statement; -1: the server did not say
    char sqlstate[6];     // of the last statement that failed; "" if the server named none
    bool has_staging;     // the temporary table of put_frames is there; it goes with the connection
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

/* ---- postgres_client.c: one statement on the connection that there is ---- */

void rv_postgres_add_integer(PostgresArguments *arguments, int64_t value);
void rv_postgres_add_real(PostgresArguments *arguments, double value);
/* Any bytes up to a NUL, as rv_store_text_encode writes them; NULL: SQL's NULL. */
void rv_postgres_add_text(PostgresArguments *arguments, const char *text);
void rv_postgres_add_null(PostgresArguments *arguments);

void rv_postgres_clear_arguments(PostgresArguments *arguments);

/* One attempt. arguments NULL: there are none, and several statements may stand in sql. */
RvStatus rv_postgres_ask(PostgresStore *store, const char *sql, const PostgresArguments *arguments,
                         bool binary, ServerAnswer *out, RvError *err);
/* COPY ... FROM STDIN: until the server waits for data; the end of what was sent, or its abandoning for
 * `status`. */
RvStatus rv_postgres_begin_copy(PostgresStore *store, const char *sql, RvError *err);
RvStatus rv_postgres_end_copy(PostgresStore *store, RvStatus status, RvError *err);
/* The failure of a result (NULL: of the connection) as a status and a message that names the library. */
RvStatus rv_postgres_fail(PostgresStore *store, const PGresult *result, RvError *err);
/* Whether the last failure has this SQLSTATE. */
bool rv_postgres_is(const PostgresStore *store, const char *sqlstate);

/* ---- postgres_address.c: what the address means to libpq ---- */

#define POSTGRES_PARAMETERS_MAX 64

typedef struct PostgresParameters {
    PQconninfoOption *options; // owns the values
    const char *names[POSTGRES_PARAMETERS_MAX + 1], *values[POSTGRES_PARAMETERS_MAX + 1];
    int count;
    const char *database; // NULL: the user's name, as libpq does
    int answer_timeout_s;
} PostgresParameters;

/* base: for messages. On failure *out is empty. */
RvStatus rv_postgres_parse_address(const Store *base, const char *uri, PostgresParameters *out, RvError *err);
/* A later value of a name replaces an earlier one. */
void rv_postgres_add_parameter(PostgresParameters *parameters, const char *name, const char *value);
void rv_postgres_clear_parameters(PostgresParameters *parameters);

/* ---- postgres_connection.c: the connection ---- */

/* The first connection; with `create` to a database that is made if it is missing. */
RvStatus rv_postgres_connect(PostgresStore *store, const char *uri, bool create, RvError *err);
/* Connect again after the server went away. */
RvStatus rv_postgres_reconnect(PostgresStore *store, RvError *err);

/* ---- postgres_statement.c: statements and transactions, on a new connection if the old one is gone ---- */

/* Run one statement; clears the arguments (NULL: none), also on failure. Rows come in text, or as the types'
 * binary forms, into out, which rv_answer has made for as many columns and rows as there may be; NULL: no
 * rows are wanted. Outside a transaction a connection that is gone is made anew once. */
RvStatus rv_postgres_query(PostgresStore *store, const char *sql, PostgresArguments *arguments, bool binary,
                           ServerAnswer *out, RvError *err);
/* Statements without arguments and rows; several are allowed. */
RvStatus rv_postgres_run(PostgresStore *store, const char *sql, RvError *err);
/* sql: "BEGIN", with its options. */
RvStatus rv_postgres_begin(PostgresStore *store, const char *sql, RvError *err);
/* COMMIT if status is RV_OK, else roll back; returns the status of the whole. */
RvStatus rv_postgres_end(PostgresStore *store, RvStatus status, RvError *err);

/* ---- postgres_schema.c: making and recognising a library ---- */

extern const SchemaStep rv_postgres_schema[]; // schema.sql

/* RV_OK if the database has a library of a version that this reelvec knows; *empty if it has none of our tables. */
RvStatus rv_postgres_check_schema(PostgresStore *store, bool *empty, RvError *err);
RvStatus rv_postgres_create_schema(PostgresStore *store, RvError *err);
/* Bring a library that is open for writing to the newest version. */
RvStatus rv_postgres_upgrade_schema(PostgresStore *store, RvError *err);
/* As SqlLink has it. */
RvStatus rv_postgres_set_dimensions(Store *store, int before, const ModelIdentity *wanted, RvError *err);

/* ---- postgres_link.c: statements that are written once ---- */

extern const SqlLink rv_postgres_link;

/* ---- postgres_frame.c: rows of frames and pictures ---- */

RvStatus rv_postgres_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                                RvError *err);
RvStatus rv_postgres_visit_frames(Store *store, const FrameRange *range, FrameRowCallback callback,
                                  void *user, RvError *err);
/* A row in binary: video_id, frame_number, time, embedding_data; more columns may follow. values: room for
 * POSTGRES_MAX_DIMENSIONS floats, to which embedding then points. */
FrameRow rv_postgres_frame_row(const ServerAnswer *answer, size_t row, float *values);
/* All rows of such an answer. */
RvStatus rv_postgres_hand_rows(const ServerAnswer *answer, FrameRowCallback callback, void *user,
                               RvError *err);

/* ---- postgres_ann.c: rows near a vector ---- */

/* The places of the kinds in the backend's table. */
enum { HNSW, HNSW_HALFVEC, IVFFLAT, IVFFLAT_HALFVEC };

RvStatus rv_postgres_nearest(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                             bool *done, RvError *err);
RvStatus rv_postgres_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_postgres_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_postgres_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- postgres_queue.c: the list of videos to index ---- */

extern const StoreQueue rv_postgres_queue;

#endif
