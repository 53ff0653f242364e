/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: rows of frames and pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/sql_model.h"

/* ---- writing ------------------------------------------------------------------------------------------ */

static int compare_frames(const void *a, const void *b)
{
    const FrameRecord *left = *(const FrameRecord *const *)a, *right = *(const FrameRecord *const *)b;
    if (left->frame_number != right->frame_number)
        return left->frame_number < right->frame_number ? -1 : 1;
    return (left > right) - (left < right); // places in the caller's array
}

/* Keep the last of several frames with the same number. */
static size_t keep_last(const FrameRecord **frames, size_t count)
{
    size_t kept = 0;
    qsort(frames, count, sizeof *frames, compare_frames);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == count || frames[i + 1]->frame_number != frames[i]->frame_number)
            frames[kept++] = frames[i];
    }
    return kept;
}

/* Delete pictures that the frames had before and no longer have. */
static RvStatus drop_pictures(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames,
                              size_t count, RvError *err)
{
    Buffer sql;
    rv_buffer_init(&sql, (size_t)16 << 20);
    size_t listed = 0;
    rv_buffer_append_format(&sql, err,
                            "DELETE FROM frame_pictures WHERE video_id = %lld AND frame_number IN (",
                            (long long)video_id);
    for (size_t i = 0; i < count; i++) {
        if (frames[i]->jpeg == NULL)
            rv_buffer_append_format(&sql, err, "%s%lld", listed++ > 0 ? "," : "",
                                    (long long)frames[i]->frame_number);
    }
    RvStatus status = rv_buffer_append_format(&sql, err, ")");
    if (status == RV_OK && listed > 0)
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, NULL, err);
    rv_buffer_clear(&sql);
    return status;
}

static RvStatus put_frames(MysqlStore *store, int64_t video_id, const FrameRecord *const *frames,
                           size_t count, RvError *err)
{
    RvStatus status = rv_sql_begin_writing(&store->base, err);
    if (status != RV_OK)
        return status;
    status = rv_sql_check_target(&store->base, video_id, err);
    if (status == RV_OK && count > 0)
        status = store->dialect->put_rows(store, video_id, frames, count, err);
    if (status == RV_OK)
        status = drop_pictures(store, video_id, frames, count, err);
    return rv_mysql_end(store, status, err);
}

RvStatus rv_mysql_put_frames(Store *base, int64_t video_id, const FrameRecord *frames, size_t count,
                             RvError *err)
{
    const FrameRecord **chosen = rv_mem_alloc(count, sizeof *chosen, err);
    if (chosen == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        chosen[i] = &frames[i];
    size_t kept = count > 0 ? keep_last(chosen, count) : 0;
    int tries = 0;
    RvStatus status;
    do
        status = put_frames((MysqlStore *)base, video_id, chosen, kept, err);
    while (rv_sql_try_again(base, status, &tries));
    free(chosen);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

FrameRow rv_mysql_frame_row(const ServerAnswer *answer, size_t row)
{
    FrameRow frame = {0};
    const char *video = rv_answer_value(answer, row, 0, NULL),
               *number = rv_answer_value(answer, row, 1, NULL);
    const char *time = rv_answer_value(answer, row, 2, NULL);
    if (video == NULL || number == NULL || !rv_parse_int64(video, INT64_MIN, INT64_MAX, &frame.video_id) ||
        !rv_parse_int64(number, INT64_MIN, INT64_MAX, &frame.frame_number))
        frame.fault = "its numbers are not numbers";
    else if (!rv_store_has_key(frame.video_id, frame.frame_number))
        frame.fault = "its numbers are out of range";
    else if (time == NULL || !rv_parse_double(time, 0, 1.7976931348623157e308, &frame.time_s))
        frame.fault = "time is not a time";
    else {
        frame.embedding = rv_answer_value(answer, row, 3, &frame.embedding_bytes);
        frame.fault = frame.embedding == NULL ? "embedding_data is missing" : NULL;
    }
    return frame;
}

/* Rows are read in pages by key, because callbacks read other tables between them. */
RvStatus rv_mysql_visit_frames(Store *base, const KeyRange *range, FrameRowCallback callback, void *user,
                               RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    ModelIdentity identity = {0};
    bool present = false, more = true;
    RvStatus status = rv_sql_get_identity(base, &identity, &present, err);
    size_t rows = rv_store_block_rows(identity.dimensions);
    // of the next row, at least
    int64_t video = rv_store_key_video(range->first), number = rv_store_key_frame(range->first);
    const int64_t last_video = rv_store_key_video(range->last);
    while (status == RV_OK && more) {
        ServerAnswer answer = rv_answer(4, rows);
        char format[600];
        // Written as ranges, which both servers find by the key. A comparison of pairs would scan the table.
        snprintf(format, sizeof format,
                 "SELECT video_id, frame_number, time, %s FROM frames WHERE ((video_id = %%d AND "
                 "frame_number >= %%d) "
                 "OR video_id > %%d) AND ((video_id = %%d AND frame_number <= %%d) OR video_id < %%d) "
                 "ORDER BY video_id, frame_number LIMIT %%d",
                 store->dialect->embedding_column);
        status = rv_mysql_query(store, &answer, err, format, video, number, video, last_video,
                                rv_store_key_frame(range->last), last_video, (int64_t)rows);
        more = status == RV_OK && answer.rows == rows;
        for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
            FrameRow frame = rv_mysql_frame_row(&answer, row);
            video = frame.video_id;
            number = frame.frame_number < INT64_MAX ? frame.frame_number + 1 : INT64_MAX;
            more = more && frame.frame_number < INT64_MAX;
            status = callback(user, &frame, err);
        }
        rv_answer_clear(&answer);
    }
    return status;
}
