/* SPDX-License-Identifier: MIT */
/* Parts of the PostgreSQL backend that its files share. */
#ifndef RV_STORE_POSTGRES_H
#define RV_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "base/buffer.h"
#include "store/store_backend.h"

#define POSTGRES_MAX_DIMENSIONS 16000 // of pgvector's vector type
#define POSTGRES_ARGUMENTS_MAX 12
#define POSTGRES_ANN_INDEX "frames_embedding_index"

typedef struct PostgresStore {
    Store base;
    PGconn *connection;
    bool in_transaction;
    bool has_staging; // the temporary table of put_frames is there; it goes with the connection
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

/* ---- store_postgres_statement.c: statements, values, errors ---- */

void rv_postgres_add_integer(PostgresArguments *arguments, int64_t value);
void rv_postgres_add_real(PostgresArguments *arguments, double value);
/* Any bytes up to a NUL, as rv_store_text_encode writes them; NULL: SQL's NULL. */
void rv_postgres_add_text(PostgresArguments *arguments, const char *text);
void rv_postgres_add_null(PostgresArguments *arguments);

/* Run one statement; clears the arguments (NULL: none), also on failure. Rows come in text, or as the types'
 * binary forms. *out (NULL: not wanted) is to be cleared with PQclear. Outside a transaction a connection
 * that is gone is made anew once. */
RvStatus rv_postgres_query(PostgresStore *store, const char *sql, PostgresArguments *arguments, bool binary,
                           PGresult **out, RvError *err);
/* Statements without arguments and rows; several are allowed. */
RvStatus rv_postgres_run(PostgresStore *store, const char *sql, RvError *err);
/* The failure of a result (NULL: of the connection) as a status and a message that names the library. */
RvStatus rv_postgres_fail(PostgresStore *store, const PGresult *result, RvError *err);
/* Whether the failure has this SQLSTATE. */
bool rv_postgres_is(const PGresult *result, const char *sqlstate);

/* sql: "BEGIN", with its options. */
RvStatus rv_postgres_begin(PostgresStore *store, const char *sql, RvError *err);
/* For changing a video: also rv_store_queue_fence. On failure no transaction is open. */
RvStatus rv_postgres_begin_writing(PostgresStore *store, RvError *err);
/* COMMIT when status is RV_OK, else roll back; gives the status of the whole. */
RvStatus rv_postgres_end(PostgresStore *store, RvStatus status, RvError *err);

/* Columns of results in text, read strictly. what: the row for the message. Errors: FORMAT, MEMORY. */
RvStatus rv_postgres_column_text(PostgresStore *store, const PGresult *result, int row, int column,
                                 const char *what, char **out, RvError *err);
RvStatus rv_postgres_column_integer(PostgresStore *store, const PGresult *result, int row, int column,
                                    const char *what, int64_t min, int64_t max, int64_t *out, RvError *err);
RvStatus rv_postgres_column_quantity(PostgresStore *store, const PGresult *result, int row, int column,
                                     const char *what, double *out, RvError *err);

/* ---- store_postgres.c: the connection ---- */

/* Connect, or connect again after the server went away. */
RvStatus rv_postgres_reconnect(PostgresStore *store, RvError *err);

/* ---- store_postgres_schema.c: making and recognising a library ---- */

RvStatus rv_postgres_check_schema(PostgresStore *store, bool *empty, RvError *err);
RvStatus rv_postgres_create_schema(PostgresStore *store, RvError *err);
RvStatus rv_postgres_get_identity(Store *store, ModelIdentity *out, bool *present, RvError *err);
RvStatus rv_postgres_claim_identity(Store *store, const ModelIdentity *wanted, ModelIdentity *out,
                                    RvError *err);
/* The library's model as it stands, locked against change until the transaction ends. */
RvStatus rv_postgres_lock_identity(PostgresStore *store, const char *lock, ModelIdentity *out, bool *present,
                                   RvError *err);

/* ---- store_postgres_video.c: rows of videos ---- */

RvStatus rv_postgres_find_video(Store *store, VideoColumn column, const char *value, StoredVideo *out,
                                bool *found, RvError *err);
RvStatus rv_postgres_has_video(Store *store, int64_t video_id, bool *found, RvError *err);
RvStatus rv_postgres_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                                 RvError *err);
RvStatus rv_postgres_change_video(Store *store, int64_t video_id, const VideoChange *change, RvError *err);
RvStatus rv_postgres_remove_video(Store *store, int64_t video_id, RvError *err);
RvStatus rv_postgres_list_videos(Store *store, RvVideos *out, RvError *err);
RvStatus rv_postgres_list_paths(Store *store, RvVideos *out, RvError *err);

/* ---- store_postgres_frame.c: rows of frames and pictures ---- */

RvStatus rv_postgres_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                                RvError *err);
RvStatus rv_postgres_visit_frames(Store *store, const FrameRange *range, FrameRowCallback callback,
                                  void *user, RvError *err);
RvStatus rv_postgres_pictures(Store *store, int64_t video_id, int64_t first_number, int64_t *covered_to,
                              PictureRowCallback callback, void *user, RvError *err);
RvStatus rv_postgres_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                             size_t *size_bytes, RvError *err);
/* Rows of a result in binary: video_id, frame_number, time, embedding_data; more columns may follow. */
RvStatus rv_postgres_hand_rows(PostgresStore *store, const PGresult *result, FrameRowCallback callback,
                               void *user, RvError *err);

/* ---- store_postgres_ann.c: rows near a vector ---- */

extern const AnnKind rv_postgres_ann_kinds[];

RvStatus rv_postgres_nearest(Store *store, const NearestQuery *query, FrameRowCallback callback, void *user,
                             bool *done, RvError *err);
RvStatus rv_postgres_ann_build(Store *store, const AnnRequest *request, RvError *err);
RvStatus rv_postgres_ann_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_postgres_ann_info(Store *store, RvAnnInfo *out, RvError *err);

/* ---- store_postgres_queue.c: the list of videos to index ---- */

extern const StoreQueue rv_postgres_queue;

#endif
