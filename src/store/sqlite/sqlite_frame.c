/* SPDX-License-Identifier: MIT */
/* SQLite library: rows of frames, and the log of their changes. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_model.h"
#include "store/sqlite/sqlite_store.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "embeddings are stored little endian, as they lie in memory");

/* ---- writing ------------------------------------------------------------------------------------------ */

typedef struct FrameWriter {
    sqlite3_stmt *frame, *picture, *no_picture;
    size_t embedding_bytes;
} FrameWriter;

static RvStatus prepare_writer(SqliteStore *store, FrameWriter *writer, RvError *err)
{
    RvStatus status = rv_sqlite_prepare(
        store,
        "INSERT INTO frames (frame_id, video_id, frame_number, time, embedding_data) "
        "VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (frame_id) DO UPDATE SET time = excluded.time, embedding_data = excluded.embedding_data",
        &writer->frame, err);
    if (status == RV_OK)
        status = rv_sqlite_prepare(
            store,
            "INSERT INTO frame_pictures (video_id, frame_number, frame_data) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (video_id, frame_number) DO UPDATE SET frame_data = excluded.frame_data",
            &writer->picture, err);
    if (status == RV_OK)
        status =
            rv_sqlite_prepare(store, "DELETE FROM frame_pictures WHERE video_id = ?1 AND frame_number = ?2",
                              &writer->no_picture, err);
    return status;
}

static RvStatus write_frame(SqliteStore *store, const FrameWriter *writer, int64_t video_id,
                            const FrameRecord *frame, RvError *err)
{
    sqlite3_bind_int64(writer->frame, 1, rv_store_key(video_id, frame->frame_number));
    sqlite3_bind_int64(writer->frame, 2, video_id);
    sqlite3_bind_int64(writer->frame, 3, frame->frame_number);
    sqlite3_bind_double(writer->frame, 4, frame->time_s);
    sqlite3_bind_blob64(writer->frame, 5, frame->embedding, writer->embedding_bytes, SQLITE_STATIC);
    RvStatus status = rv_sqlite_step(store, writer->frame, NULL, err);
    sqlite3_reset(writer->frame);
    if (status != RV_OK)
        return status;
    sqlite3_stmt *picture = frame->jpeg != NULL ? writer->picture : writer->no_picture;
    sqlite3_bind_int64(picture, 1, video_id);
    sqlite3_bind_int64(picture, 2, frame->frame_number);
    if (frame->jpeg != NULL)
        sqlite3_bind_blob64(picture, 3, frame->jpeg, frame->jpeg_bytes, SQLITE_STATIC);
    status = rv_sqlite_step(store, picture, NULL, err);
    sqlite3_reset(picture);
    return status;
}

/* Log that the rows first_key .. last_key changed. If they follow the rows of the newest entry, that entry is
 * extended, so that a video of any length leaves one entry. The entry gets a new number, because a reader that
 * has read the old one would not read it again.
 *
 *     frame_changes          change_id  first_id  last_id
 *     before                         7       100      131
 *     log_change(132, 163)           7       100      131    step 1 inserts 8. It begins at 100, because
 *                                    8       100      163    entry 7 ends at 132 - 1.
 *                                    8       100      163    step 2 deletes 7: it begins at 100 too
 *     log_change(500, 531)           8       100      163    step 1 inserts 9. It begins at 500, because
 *                                    9       500      531    entry 8 does not end at 499. Step 2 deletes
 *                                                            nothing.
 *
 * Without a derived file (derived_data is empty) nothing is logged. */
RvStatus rv_sqlite_log_change(SqliteStore *store, int64_t first_key, int64_t last_key, RvError *err)
{
    RvStatus status = rv_sql_run(
        &store->base, err,
        "INSERT INTO frame_changes (first_id, last_id) SELECT coalesce((SELECT first_id FROM frame_changes "
        "WHERE change_id = (SELECT max(change_id) FROM frame_changes) AND last_id = %d - 1 AND first_id <= "
        "%d), "
        "%d), %d WHERE EXISTS (SELECT 1 FROM derived_data)",
        first_key, first_key, first_key, last_key);
    if (status != RV_OK || sqlite3_changes(store->db) == 0)
        return status;
    return rv_sql_run(
        &store->base, err,
        "DELETE FROM frame_changes WHERE last_id = %d - 1 AND change_id = "
        "(SELECT max(change_id) FROM frame_changes WHERE change_id < (SELECT max(change_id) FROM "
        "frame_changes)) "
        "AND first_id = (SELECT first_id FROM frame_changes ORDER BY change_id DESC LIMIT 1)",
        first_key);
}

/* Log one entry for every run of consecutive frames. */
static RvStatus log_frames(SqliteStore *store, int64_t video_id, const FrameRecord *frames, size_t count,
                           RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t first = 0, end = 0; status == RV_OK && first < count; first = end) {
        for (end = first + 1; end < count && frames[end].frame_number == frames[end - 1].frame_number + 1;
             end++)
            continue;
        status = rv_sqlite_log_change(store, rv_store_key(video_id, frames[first].frame_number),
                                      rv_store_key(video_id, frames[end - 1].frame_number), err);
    }
    return status;
}

RvStatus rv_sqlite_put_frames(Store *base, int64_t video_id, const FrameRecord *frames, size_t count,
                              RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    FrameWriter writer = {.embedding_bytes = (size_t)base->identity.dimensions * sizeof(float)};
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    status = rv_sql_check_target(base, video_id, err);
    if (status == RV_OK)
        status = prepare_writer(store, &writer, err);
    for (size_t i = 0; status == RV_OK && i < count; i++)
        status = write_frame(store, &writer, video_id, &frames[i], err);
    if (status == RV_OK)
        status = log_frames(store, video_id, frames, count, err);
    sqlite3_finalize(writer.frame);
    sqlite3_finalize(writer.picture);
    sqlite3_finalize(writer.no_picture);
    return rv_sqlite_end(store, status, err);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

/* Columns: frame_id, video_id, frame_number, time, embedding_data. The file may come from anywhere. */
static FrameRow read_row(sqlite3_stmt *statement)
{
    FrameRow row = {.video_id = sqlite3_column_int64(statement, 1),
                    .frame_number = sqlite3_column_int64(statement, 2),
                    .time_s = sqlite3_column_double(statement, 3)};
    if (sqlite3_column_type(statement, 1) != SQLITE_INTEGER ||
        sqlite3_column_type(statement, 2) != SQLITE_INTEGER)
        row.fault = "its numbers are not numbers";
    else if (!rv_store_has_key(row.video_id, row.frame_number))
        row.fault = "its numbers are out of range";
    else if (sqlite3_column_int64(statement, 0) != rv_store_key(row.video_id, row.frame_number))
        row.fault = "frame_id does not belong to it";
    else if (sqlite3_column_type(statement, 3) != SQLITE_FLOAT || !isfinite(row.time_s) || row.time_s < 0)
        row.fault = "time is not a time";
    else if (sqlite3_column_type(statement, 4) != SQLITE_BLOB)
        row.fault = "embedding_data is not a BLOB";
    if (row.fault == NULL) {
        row.embedding = sqlite3_column_blob(statement, 4);
        row.embedding_bytes = row.embedding != NULL ? (size_t)sqlite3_column_bytes(statement, 4) : 0;
    }
    return row;
}

RvStatus rv_sqlite_visit_frames(Store *base, const KeyRange *range, FrameRowCallback callback, void *user,
                                RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    // A range over all videos also shows rows whose keys are out of every range, so that they are reported.
    bool all = range->first <= rv_store_key(1, 1) && rv_store_key_video(range->last) >= STORE_MAX_VIDEO_ID;
    // Taken out while in use: a callback may visit other rows.
    sqlite3_stmt *statement = store->frames;
    store->frames = NULL;
    bool there = false;
    RvStatus status = RV_OK;
    if (statement == NULL)
        status =
            rv_sqlite_prepare(store,
                              "SELECT frame_id, video_id, frame_number, time, embedding_data FROM frames "
                              "WHERE frame_id BETWEEN ?1 AND ?2 ORDER BY frame_id",
                              &statement, err);
    if (status == RV_OK) {
        sqlite3_bind_int64(statement, 1, all ? INT64_MIN : range->first);
        sqlite3_bind_int64(statement, 2, all ? INT64_MAX : range->last);
    }
    while (status == RV_OK) {
        status = rv_sqlite_step(store, statement, &there, err);
        if (status != RV_OK || !there)
            break;
        FrameRow row = read_row(statement);
        status = callback(user, &row, err);
    }
    sqlite3_reset(statement);
    sqlite3_finalize(store->frames);
    store->frames = statement;
    return status;
}

static RvStatus take_count(void *user, const SqlRow *row, RvError *err)
{
    return rv_sql_integer(row, 0, "frames", 0, INT64_MAX, user, err);
}

RvStatus rv_sqlite_count_frames(Store *base, const KeyRange *range, int64_t *count, RvError *err)
{
    SqlReader reader = {"d", .max_rows = 1, .row = take_count, .user = count};
    if (range == NULL)
        return rv_sql_query(base, &reader, err, "SELECT count(*) FROM frames");
    return rv_sql_query(base, &reader, err, "SELECT count(*) FROM frames WHERE frame_id BETWEEN %d AND %d",
                        range->first, range->last);
}
