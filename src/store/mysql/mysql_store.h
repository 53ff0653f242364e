/* SPDX-License-Identifier: MIT */
/* Parts of the MariaDB and SingleStore backends that their files share: one client, two dialects. */
#ifndef RV_MYSQL_STORE_H
#define RV_MYSQL_STORE_H

#include <mysql.h>
#include <stdarg.h>

#include "base/buffer.h"
#include "store/sql/server_address.h"
#include "store/sql/server_answer.h"
#include "store/sql/server_wire.h"
#include "store/sql/sql_link.h"
#include "store/sql/sql_migrate.h"
#include "store/store_backend.h"

#define MYSQL_ANN_INDEX "frames_embedding_index"
#define MYSQL_ARGUMENTS_MAX 16

typedef struct MysqlStore MysqlStore;

/* The differences between the two kinds of server. */
typedef struct MysqlDialect {
    const char *name;
    const SchemaStep *schema;   // each step can be repeated, also by two processes at once
    const char *begin_snapshot; // NULL: the server has no snapshots over several statements
    int max_dimensions;
    bool only_normalized; // scores are cosines
    /* Called after connecting: check that this is the right kind of server, and new enough. */
    RvStatus (*check_server)(MysqlStore *store, RvError *err);
    /* Set the dimensions of frames.embedding_data. The table is empty and, with MariaDB, locked. */
    RvStatus (*set_dimensions)(MysqlStore *store, int dimensions, RvError *err);
    RvStatus (*put_rows)(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames, size_t count,
                         RvError *err);
    /* Write a query as a SELECT of video_id, frame_number, time, embedding_data, score (larger is nearer). */
    RvStatus (*write_nearest)(MysqlStore *store, const NearestQuery *query, const char *condition,
                              size_t limit, bool by_index, Buffer *sql, RvError *err);
    RvStatus (*ann_build)(Store *store, const AnnRequest *request, RvError *err);
    /* Kind and settings of the index out of the statement that made the table, from where the index is named. */
    void (*describe_index)(const Store *store, const char *index, RvAnnInfo *out);
    const char *index_head;       // of the index in that statement
    const char *embedding_column; // as scans select it: binary, little endian
} MysqlDialect;

struct MysqlStore {
    Store base;
    const MysqlDialect *dialect;
    MYSQL *connection;
    ServerAddress address;
    bool in_transaction;
    bool is_connecting;  // if the connection is lost now, it is not made again
    bool is_restricted;  // to ways of authentication that do not send the password
    bool is_shared_tier; // SingleStore: databases are neither made nor dropped
    bool is_given_up;    // nothing more is read from the connection
    bool is_patient;     // the running statement has no time limit
    int answer_timeout_s;
    unsigned error_number;        // of the last statement that failed
    int64_t changed_rows, new_id; // of the last statement without rows
    size_t max_packet_bytes;      // of one statement
};

/* ---- mysql_client.c: one statement on the current connection ---- */

/* Run a statement, without a second attempt. *began: the server has begun to answer. */
RvStatus rv_mysql_ask(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *answer,
                      bool *began, RvError *err);
/* End the connection without reading anything more from it. */
void rv_mysql_give_up(MysqlStore *store);
/* The connection's last failure as a status and a message that names the library. */
RvStatus rv_mysql_fail(MysqlStore *store, RvError *err);
RvStatus rv_mysql_fail_statement(MysqlStore *store, MYSQL_STMT *statement, RvError *err);

/* ---- mysql_connection.c: the connection ---- */

/* Make the first connection. create: make the database if it is missing. */
RvStatus rv_mysql_connect(MysqlStore *store, const char *uri, bool create, RvError *err);
/* Connect again after the server went away. */
RvStatus rv_mysql_reconnect(MysqlStore *store, RvError *err);

/* ---- mysql_statement.c: statements and transactions, on a new connection if the old one is lost ---- */

/* Append a value to a statement under construction: text quoted and escaped, bytes as X'..'. Errors:
 * MEMORY. */
RvStatus rv_mysql_append_text(MysqlStore *store, Buffer *sql, const char *text, RvError *err);
RvStatus rv_mysql_append_bytes(Buffer *sql, const void *bytes, size_t size_bytes, RvError *err);
RvStatus rv_mysql_append_real(Buffer *sql, double value, RvError *err);

/* Run a statement. format: as for rv_sql_add. out: made by rv_answer with the limits of columns and rows;
 * NULL: no rows are wanted. If the connection is lost outside a transaction, it is made again once. */
RvStatus rv_mysql_query(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format, ...);
RvStatus rv_mysql_execute(MysqlStore *store, const SqlStatement *statement, ServerAnswer *out, RvError *err);
/* The same for a finished statement. */
RvStatus rv_mysql_run(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *out, RvError *err);
RvStatus rv_mysql_begin(MysqlStore *store, const char *sql, RvError *err);
/* Commit if status is RV_OK, else roll back. Returns the status of the whole. */
RvStatus rv_mysql_end(MysqlStore *store, RvStatus status, RvError *err);

/* Run a statement of one row of one integer. *out is `fallback` if there is no row, or NULL in it. */
RvStatus rv_mysql_integer(MysqlStore *store, const char *sql, int64_t fallback, int64_t *out, RvError *err);

/* ---- mysql_schema.c: making and recognising a library ---- */

extern const SchemaStep rv_mariadb_schema[], rv_singlestore_schema[]; // mariadb.sql, singlestore.sql

/* RV_OK if the database has a library of a version that this reelvec knows. *empty: it has none, or one that
 * was not completely made. */
RvStatus rv_mysql_check_schema(MysqlStore *store, bool *empty, RvError *err);
/* Make a library, or continue making one. */
RvStatus rv_mysql_create_schema(MysqlStore *store, RvError *err);
/* Bring a library that is open for writing to the newest version. */
RvStatus rv_mysql_upgrade_schema(MysqlStore *store, RvError *err);

/* ---- mysql_link.c: statements that are written once ---- */

extern const SqlLink rv_mysql_mariadb_link, rv_mysql_singlestore_link;

/* ---- mysql_frame.c: rows of frames and pictures ---- */

RvStatus rv_mysql_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                             RvError *err);
RvStatus rv_mysql_visit_frames(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                               RvError *err);
/* Returns a row of the columns video_id, frame_number, time, embedding_data. Its bytes are valid until the
 * answer is cleared. */
FrameRow rv_mysql_frame_row(const ServerAnswer *answer, size_t row);

/* ---- mysql_ann.c: rows near a vector ---- */

RvStatus rv_mysql_nearest(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                          bool *done, RvError *err);
RvStatus rv_mysql_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_mysql_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_mysql_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- mariadb.c and singlestore.c: the dialects ---- */

extern const MysqlDialect rv_mysql_mariadb, rv_mysql_singlestore;

/* ---- mysql_queue.c: the list of videos to index ---- */

extern const StoreQueue rv_mysql_mariadb_queue;

#endif
