/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: rows of frames and pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/sql_model.h"

// The size of one piece of a load.
#define COPY_BYTES ((size_t)1 << 20)

/* ---- numbers of PostgreSQL's binary forms: big endian ------------------------------------------------- */

static RvStatus append_u16(Buffer *out, uint16_t value, RvError *err)
{
    value = __builtin_bswap16(value);
    return rv_buffer_append(out, &value, sizeof value, err);
}

static RvStatus append_u32(Buffer *out, uint32_t value, RvError *err)
{
    value = __builtin_bswap32(value);
    return rv_buffer_append(out, &value, sizeof value, err);
}

static RvStatus append_u64(Buffer *out, uint64_t value, RvError *err)
{
    value = __builtin_bswap64(value);
    return rv_buffer_append(out, &value, sizeof value, err);
}

static void swap_floats(void *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t value;
        memcpy(&value, (const char *)from + i * sizeof value, sizeof value);
        value = __builtin_bswap32(value);
        memcpy((char *)to + i * sizeof value, &value, sizeof value);
    }
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* Append a row of the staging table: place in the batch, frame_number, time, embedding_data, frame_data. */
static RvStatus append_row(Buffer *out, size_t place, const FrameRecord *frame, size_t dimensions,
                           RvError *err)
{
    uint64_t time_bits;
    memcpy(&time_bits, &frame->time_s, sizeof time_bits);
    append_u16(out, 5, err);
    const uint64_t numbers[] = {place, (uint64_t)frame->frame_number, time_bits};
    for (size_t i = 0; i < 3; i++) {
        append_u32(out, 8, err);
        append_u64(out, numbers[i], err);
    }
    size_t embedding_bytes = dimensions * sizeof(float);
    append_u32(out, (uint32_t)(embedding_bytes + 4), err);
    // A vector in pgvector's binary form: dimensions, two zero bytes, the values.
    append_u32(out, (uint32_t)dimensions << 16, err);
    RvStatus status = rv_buffer_reserve(out, embedding_bytes, err);
    if (status != RV_OK)
        return status;
    swap_floats(out->bytes + out->size_bytes, frame->embedding, dimensions);
    out->size_bytes += embedding_bytes;
    if (frame->jpeg == NULL)
        return append_u32(out, UINT32_MAX, err);
    append_u32(out, (uint32_t)frame->jpeg_bytes, err);
    return rv_buffer_append(out, frame->jpeg, frame->jpeg_bytes, err);
}

static RvStatus send_copy(PostgresStore *store, Buffer *piece, RvError *err)
{
    int sent = PQputCopyData(store->connection, (const char *)piece->bytes, (int)piece->size_bytes);
    rv_buffer_reset(piece);
    return sent == 1 ? RV_OK : rv_postgres_fail(store, NULL, err);
}

static RvStatus send_rows(PostgresStore *store, const FrameRecord *frames, size_t count, RvError *err)
{
    static const unsigned char header[19] = "PGCOPY\n\377\r\n";
    Buffer piece;
    rv_buffer_init(&piece, COPY_BYTES + STORE_MAX_PICTURE_BYTES + (1 << 20));
    RvStatus status = rv_buffer_append(&piece, header, sizeof header, err);
    for (size_t i = 0; status == RV_OK && i < count; i++) {
        status = append_row(&piece, i, &frames[i], (size_t)store->base.identity.dimensions, err);
        if (status == RV_OK && piece.size_bytes >= COPY_BYTES)
            status = send_copy(store, &piece, err);
    }
    if (status == RV_OK)
        status = append_u16(&piece, UINT16_MAX, err);
    if (status == RV_OK)
        status = send_copy(store, &piece, err);
    rv_buffer_clear(&piece);
    return status;
}

static RvStatus copy_to_staging(PostgresStore *store, const FrameRecord *frames, size_t count, RvError *err)
{
    RvStatus status = RV_OK;
    if (!store->has_staging)
        status =
            rv_postgres_run(store,
                            "CREATE TEMPORARY TABLE reelvec_staging (place bigint, frame_number bigint, "
                            "time double precision, embedding_data vector, frame_data bytea) "
                            "ON COMMIT DELETE ROWS; "
                            "ALTER TABLE reelvec_staging ALTER COLUMN embedding_data SET STORAGE EXTERNAL, "
                            "ALTER COLUMN frame_data SET STORAGE EXTERNAL",
                            err);
    if (status != RV_OK)
        return status;
    status = rv_postgres_begin_copy(store, "COPY reelvec_staging FROM STDIN (FORMAT binary)", err);
    if (status != RV_OK)
        return status;
    status = send_rows(store, frames, count, err);
    return rv_postgres_end_copy(store, status, err);
}

/* Move the staged rows into the tables. Of several rows with the same number the last is kept. */
static RvStatus merge_staging(PostgresStore *store, int64_t video_id, RvError *err)
{
#define LAST_ROWS                                                                                            \
    "(SELECT DISTINCT ON (frame_number) * FROM reelvec_staging ORDER BY frame_number, place DESC) AS rows"
    static const char *const statements[] = {
        "INSERT INTO frames (video_id, frame_number, time, embedding_data) "
        "SELECT $1::bigint, frame_number, time, embedding_data FROM " LAST_ROWS
        " ON CONFLICT (video_id, frame_number) DO UPDATE SET time = excluded.time, "
        "embedding_data = excluded.embedding_data",
        "INSERT INTO frame_pictures (video_id, frame_number, frame_data) "
        "SELECT $1::bigint, frame_number, frame_data FROM " LAST_ROWS " WHERE frame_data IS NOT NULL "
        "ON CONFLICT (video_id, frame_number) DO UPDATE SET frame_data = excluded.frame_data",
        "DELETE FROM frame_pictures WHERE video_id = $1 AND frame_number IN "
        "(SELECT frame_number FROM " LAST_ROWS " WHERE frame_data IS NULL)",
    };
#undef LAST_ROWS
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < sizeof statements / sizeof statements[0]; i++) {
        PostgresArguments arguments = {0};
        rv_postgres_add_integer(&arguments, video_id);
        status = rv_postgres_query(store, statements[i], &arguments, false, NULL, err);
    }
    return status;
}

static RvStatus put_frames(Store *base, int64_t video_id, const FrameRecord *frames, size_t count,
                           RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    RvStatus status = rv_sql_begin_writing(base, err);
    if (status != RV_OK)
        return status;
    bool had_staging = store->has_staging;
    status = rv_sql_check_target(base, video_id, err);
    if (status == RV_OK)
        status = copy_to_staging(store, frames, count, err);
    if (status == RV_OK)
        status = merge_staging(store, video_id, err);
    status = rv_postgres_end(store, status, err);
    // The foreign key: the video was removed after it was looked for, which a cluster cannot prevent.
    if (status != RV_OK && rv_postgres_is(store, "23503"))
        status = rv_store_no_video(base, video_id, err);
    store->has_staging = had_staging || status == RV_OK;
    return status;
}

RvStatus rv_postgres_put_frames(Store *base, int64_t video_id, const FrameRecord *frames, size_t count,
                                RvError *err)
{
    int tries = 0;
    RvStatus status;
    do
        status = put_frames(base, video_id, frames, count, err);
    while (rv_sql_try_again(base, status, &tries));
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

bool rv_postgres_read_u64(const ServerAnswer *answer, size_t row, size_t column, uint64_t *out)
{
    size_t length = 0;
    const char *bytes = rv_answer_value(answer, row, column, &length);
    if (bytes == NULL || length != sizeof *out)
        return false;
    memcpy(out, bytes, sizeof *out);
    *out = __builtin_bswap64(*out);
    return true;
}

FrameRow rv_postgres_frame_row(const ServerAnswer *answer, size_t row, float *values)
{
    FrameRow frame = {0};
    uint64_t video = 0, number = 0, time_bits = 0;
    size_t size_bytes = 0;
    const char *vector = rv_answer_value(answer, row, 3, &size_bytes);
    if (!rv_postgres_read_u64(answer, row, 0, &video) || !rv_postgres_read_u64(answer, row, 1, &number) ||
        !rv_postgres_read_u64(answer, row, 2, &time_bits) || vector == NULL) {
        frame.fault = "a column is not of reelvec's type";
        return frame;
    }
    frame.video_id = (int64_t)video;
    frame.frame_number = (int64_t)number;
    memcpy(&frame.time_s, &time_bits, sizeof frame.time_s);
    if (!rv_store_has_key(frame.video_id, frame.frame_number))
        frame.fault = "its numbers are out of range";
    else if (!isfinite(frame.time_s) || frame.time_s < 0)
        frame.fault = "time is not a time";
    else if (size_bytes < 4 || (size_bytes - 4) % sizeof(float) != 0 ||
             size_bytes - 4 > POSTGRES_MAX_DIMENSIONS * sizeof(float))
        frame.fault = "embedding_data is not a vector";
    if (frame.fault != NULL)
        return frame;
    frame.embedding_bytes = size_bytes - 4;
    frame.embedding = values;
    swap_floats(values, vector + 4, frame.embedding_bytes / sizeof(float));
    return frame;
}

RvStatus rv_postgres_hand_rows(const ServerAnswer *answer, FrameRowCallback callback, void *user,
                               RvError *err)
{
    float *values = rv_mem_alloc(POSTGRES_MAX_DIMENSIONS, sizeof *values, err);
    RvStatus status = values != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t row = 0; status == RV_OK && row < answer->rows; row++) {
        FrameRow frame = rv_postgres_frame_row(answer, row, values);
        status = callback(user, &frame, err);
    }
    free(values);
    return status;
}

/* Rows are fetched with a cursor and not as one long answer, because callbacks read other tables between the
 * fetches. */
static RvStatus fetch_rows(PostgresStore *store, FrameRowCallback callback, void *user, RvError *err)
{
    char sql[80];
    ModelIdentity identity = {0};
    bool present = false;
    RvStatus status = rv_sql_get_identity(&store->base, &identity, &present, err);
    size_t per_fetch = rv_store_block_rows(identity.dimensions);
    snprintf(sql, sizeof sql, "FETCH FORWARD %zu FROM reelvec_frames", per_fetch);
    bool more = true;
    while (status == RV_OK && more) {
        ServerAnswer answer = rv_answer(4, per_fetch);
        status = rv_postgres_query(store, sql, NULL, true, &answer, err);
        more = answer.rows > 0;
        if (status == RV_OK)
            status = rv_postgres_hand_rows(&answer, callback, user, err);
        rv_answer_clear(&answer);
    }
    return status;
}

RvStatus rv_postgres_visit_frames(Store *base, const KeyRange *range, FrameRowCallback callback, void *user,
                                  RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    bool own_transaction = !store->in_transaction;
    RvStatus status = RV_OK;
    if (own_transaction)
        status = rv_postgres_begin(store, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    if (status != RV_OK)
        return status;
    // The numbers are written into the statement, because that of a cursor takes no arguments here.
    char sql[400];
    snprintf(
        sql, sizeof sql,
        "DECLARE reelvec_frames NO SCROLL CURSOR FOR SELECT video_id, frame_number, time, embedding_data "
        "FROM frames WHERE (video_id, frame_number) >= (%lld, %lld) AND (video_id, frame_number) <= (%lld, "
        "%lld) "
        "ORDER BY video_id, frame_number",
        (long long)rv_store_key_video(range->first), (long long)rv_store_key_frame(range->first),
        (long long)rv_store_key_video(range->last), (long long)rv_store_key_frame(range->last));
    status = rv_postgres_run(store, sql, err);
    if (status == RV_OK) {
        status = fetch_rows(store, callback, user, err);
        if (!own_transaction)
            rv_postgres_run(store, "CLOSE reelvec_frames", NULL);
    }
    return own_transaction ? rv_postgres_end(store, status, err) : status;
}
