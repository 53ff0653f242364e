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
#include "store/sql/sql_migrate.h"
#include "store/store_backend.h"

#define MYSQL_ANN_INDEX "frames_embedding_index"
#define MYSQL_ARGUMENTS_MAX 16

typedef struct MysqlStore MysqlStore;

/* Where the two kinds of server differ. */
typedef struct MysqlDialect {
    const char *name;
    const SchemaStep *schema;   // each step may be run again, also by two processes at once
    const char *begin_snapshot; // NULL: the server has no snapshots over several statements
    int max_dimensions;
    /* After connecting: is this the kind of server, and new enough? */
    RvStatus (*check_server)(MysqlStore *store, RvError *err);
    /* Give frames.embedding_data its dimensions; the table is empty and, with MariaDB, locked. */
    RvStatus (*set_dimensions)(MysqlStore *store, int dimensions, RvError *err);
    RvStatus (*put_rows)(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames, size_t count,
                         RvError *err);
    /* NearestQuery as a SELECT of video_id, frame_number, time, embedding_data, score (larger is nearer). */
    RvStatus (*write_nearest)(MysqlStore *store, const NearestQuery *query, const char *condition,
                              size_t limit, bool by_index, Buffer *sql, RvError *err);
    const char *embedding_column; // as scans select it: binary, little endian
} MysqlDialect;

struct MysqlStore {
    Store base;
    const MysqlDialect *dialect;
    MYSQL *connection;
    ServerAddress address;
    bool in_transaction;
    bool is_connecting;  // a connection that breaks off now is not made anew
    bool is_restricted;  // to ways of authentication that do not send the password
    bool is_shared_tier; // SingleStore: databases are neither made nor dropped
    bool is_given_up;    // the connection: what still comes of it is not read
    bool is_patient;     // the running statement may take as long as it likes
    int answer_timeout_s;
    unsigned error_number;        // of the last statement that failed
    int64_t changed_rows, new_id; // of the last statement without rows
    size_t max_packet_bytes;      // of one statement
};

/* ---- mysql_statement.c: statements, values, errors ---- */

/* A statement under construction: values are written where they stand, text quoted and escaped, bytes as
 * X'..'. */
RvStatus rv_mysql_append_text(MysqlStore *store, Buffer *sql, const char *text, RvError *err);
RvStatus rv_mysql_append_bytes(Buffer *sql, const void *bytes, size_t size_bytes, RvError *err);
RvStatus rv_mysql_append_real(Buffer *sql, double value, RvError *err);

/* format: SQL with %s for text (any bytes up to a NUL; NULL is SQL's NULL), %d for int64_t, %f for double, %%
 * for a percent sign. out: made by rv_answer, for as many columns and rows as there may be; NULL: no rows are
 * wanted. Outside a transaction a connection that is gone is made anew once. */
RvStatus rv_mysql_query(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format, ...);
RvStatus rv_mysql_query_list(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format,
                             va_list arguments);
/* A finished statement. */
RvStatus rv_mysql_run(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *out, RvError *err);
/* Nothing more is read from the connection. */
void rv_mysql_give_up(MysqlStore *store);
/* The connection's last failure as a status and a message that names the library. */
RvStatus rv_mysql_fail(MysqlStore *store, RvError *err);
RvStatus rv_mysql_fail_statement(MysqlStore *store, MYSQL_STMT *statement, RvError *err);

RvStatus rv_mysql_begin(MysqlStore *store, const char *sql, RvError *err);
/* For changing a video: also rv_store_queue_fence. On failure no transaction is open. */
RvStatus rv_mysql_begin_writing(MysqlStore *store, RvError *err);
/* COMMIT when status is RV_OK, else roll back; gives the status of the whole. */
RvStatus rv_mysql_end(MysqlStore *store, RvStatus status, RvError *err);

/* One row of one integer; fallback where there is no row or NULL. */
RvStatus rv_mysql_integer(MysqlStore *store, const char *sql, int64_t fallback, int64_t *out, RvError *err);

/* ---- mysql_store.c: the connection ---- */

RvStatus rv_mysql_reconnect(MysqlStore *store, RvError *err);

/* ---- mysql_schema.c: making and recognising a library ---- */

extern const SchemaStep rv_mariadb_schema[], rv_singlestore_schema[]; // mariadb.sql, singlestore.sql

/* RV_OK if the database has a library of a version that this reelvec knows; *empty if it has none, or one that was not
 * made to its end. */
RvStatus rv_mysql_check_schema(MysqlStore *store, bool *empty, RvError *err);
/* Make a library, or go on making one. */
RvStatus rv_mysql_create_schema(MysqlStore *store, RvError *err);
/* Bring a library that is open for writing to the newest version. */
RvStatus rv_mysql_upgrade_schema(MysqlStore *store, RvError *err);
RvStatus rv_mysql_get_identity(Store *store, ModelIdentity *out, bool *present, RvError *err);
RvStatus rv_mysql_claim_identity(Store *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err);
RvStatus rv_mysql_read_identity(MysqlStore *store, const char *lock, ModelIdentity *out, bool *present,
                                RvError *err);

/* ---- mysql_video.c: rows of videos ---- */

RvStatus rv_mysql_find_video(Store *store, VideoColumn column, const char *value, StoredVideo *out,
                             bool *found, RvError *err);
RvStatus rv_mysql_has_video(Store *store, int64_t video_id, bool *found, RvError *err);
RvStatus rv_mysql_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                              RvError *err);
RvStatus rv_mysql_change_video(Store *store, int64_t video_id, const VideoChange *change, RvError *err);
RvStatus rv_mysql_remove_video(Store *store, int64_t video_id, RvError *err);
RvStatus rv_mysql_list_videos(Store *store, RvVideos *out, RvError *err);
RvStatus rv_mysql_list_paths(Store *store, RvVideos *out, RvError *err);

/* ---- mysql_frame.c: rows of frames and pictures ---- */

RvStatus rv_mysql_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                             RvError *err);
RvStatus rv_mysql_visit_frames(Store *store, const FrameRange *range, FrameRowCallback callback, void *user,
                               RvError *err);
RvStatus rv_mysql_pictures(Store *store, int64_t video_id, int64_t first_number, int64_t *covered_to,
                           PictureRowCallback callback, void *user, RvError *err);
RvStatus rv_mysql_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                          size_t *size_bytes, RvError *err);
/* Columns: video_id, frame_number, time, embedding_data. The row's bytes live as long as the answer. */
FrameRow rv_mysql_frame_row(const ServerAnswer *answer, size_t row);

/* ---- mysql_ann.c: rows near a vector ---- */

RvStatus rv_mysql_nearest(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                          bool *done, RvError *err);

/* ---- mariadb.c and singlestore.c: the dialects ---- */

extern const MysqlDialect rv_mysql_mariadb, rv_mysql_singlestore;
extern const AnnKind rv_mysql_mariadb_kinds[], rv_mysql_singlestore_kinds[];
RvStatus rv_mysql_mariadb_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_mysql_singlestore_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_mysql_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_mysql_mariadb_ann_info(Store *store, RvAnnInfo *out, RvError *err);
RvStatus rv_mysql_singlestore_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- mysql_queue.c: the list of videos to index ---- */

extern const StoreQueue rv_mysql_mariadb_queue;

#endif
