/* SPDX-License-Identifier: MIT */
/* What a server answered to one statement, copied and held to what was asked for. Every answer of every
 * server goes through here: a server may be another program than it says, and an answer that has other
 * columns, more rows or more bytes than it may have is refused before anything of it is read. */
#ifndef RV_SERVER_ANSWER_H
#define RV_SERVER_ANSWER_H

#include "base/buffer.h"
#include "store/store_backend.h"

#define ANSWER_MAX_BYTES ((size_t)64 << 20)     // of most answers, bookkeeping included
#define ANSWER_LIST_MAX_BYTES ((size_t)1 << 30) // of lists of all videos: some three million
#define ANSWER_LIST_MAX_ROWS ((size_t)INT32_MAX)
// Encoded text is up to three times as long as what the front lets through.
#define ANSWER_TEXT_MAX (3 * STORE_MAX_TEXT_BYTES)

typedef struct AnswerValue {
    size_t at, length; // in bytes; at SIZE_MAX: NULL
} AnswerValue;

typedef struct ServerAnswer {
    size_t columns, max_rows, max_bytes; // what it may have; columns 0: any, and no row is kept
    size_t rows;                         // complete ones
    int64_t changed;                     // rows that the statement changed
    AnswerValue *values;                 // the columns' names, then row after row
    size_t value_count, value_capacity;
    Buffer bytes;
} ServerAnswer;

/* An empty one for answers of so many columns and at most so many rows. Nothing is allocated yet. */
ServerAnswer rv_answer(size_t columns, size_t max_rows);
/* For statements whose rows, if any, nobody reads. */
ServerAnswer rv_answer_unread(void);
void rv_answer_clear(ServerAnswer *answer);

/* ---- filling, by the clients ---- */

/* Forgets what is there, for an answer with so many columns. FORMAT: it has others than it may have. */
RvStatus rv_answer_begin(ServerAnswer *answer, const Store *store, size_t columns, RvError *err);
/* First the names of the columns, then their values, row by row; value NULL: SQL's NULL. FORMAT: more than
 * there may be. */
RvStatus rv_answer_add(ServerAnswer *answer, const Store *store, const void *value, size_t length,
                       RvError *err);
/* The row that the last values were. */
RvStatus rv_answer_end_row(ServerAnswer *answer, const Store *store, RvError *err);

/* ---- reading: nothing outside of what is there, whatever row and column ---- */

/* Borrowed, with a NUL behind it; NULL where it is SQL's NULL, or there is no such row or column. length may
 * be NULL. */
const char *rv_answer_value(const ServerAnswer *answer, size_t row, size_t column, size_t *length);

/* Read strictly. what: the row for the message. Errors: FORMAT, MEMORY. */
RvStatus rv_answer_text(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                        const char *what, char **out, RvError *err);
RvStatus rv_answer_integer(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, int64_t min, int64_t max, int64_t *out, RvError *err);
RvStatus rv_answer_quantity(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                            const char *what, double *out, RvError *err);

/* ---- rows that are the same in all servers ---- */

#define ANSWER_VIDEO_COLUMNS                                                                                 \
    "videos.video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, "     \
    "codec, "                                                                                                \
    "sampling, state, error"
#define ANSWER_VIDEO_COUNT 14 // those, and the number of frames
/* out owns what was read, also on failure. */
RvStatus rv_answer_video(const ServerAnswer *answer, const Store *store, size_t row, StoredVideo *out,
                         RvError *err);
/* All rows. */
RvStatus rv_answer_videos(const ServerAnswer *answer, const Store *store, RvVideos *out, RvError *err);

#define ANSWER_IDENTITY_COUNT                                                                                \
    5 // model_name, weights_sha256, dimensions, preprocess_version, normalized as a number
/* *present false where no model has claimed the library. */
RvStatus rv_answer_identity(const ServerAnswer *answer, const Store *store, ModelIdentity *out, bool *present,
                            RvError *err);

/* Rows of a query about jobs, of up to QUEUE_MAX_COLUMNS columns. */
RvStatus rv_answer_queue_rows(const ServerAnswer *answer, QueueRowCallback callback, void *user,
                              RvError *err);

#define ANSWER_LIBRARY_COUNT 2 // kind, schema_version
/* Whether the first row is that of a library that this reelvec can use, up to version `newest`; sets
 * store->schema_version. */
RvStatus rv_answer_library(const ServerAnswer *answer, Store *store, int newest, RvError *err);

#endif
