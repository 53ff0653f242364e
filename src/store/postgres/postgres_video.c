/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: rows of videos. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/postgres/postgres_store.h"

RvStatus rv_postgres_find_video(Store *base, VideoColumn column, const char *value, StoredVideo *out,
                                bool *found, RvError *err)
{
    static const char *const statements[] = {
        [VIDEO_BY_PATH] =
            "SELECT " ANSWER_VIDEO_COLUMNS ", (SELECT count(*) FROM frames WHERE video_id = videos.video_id) "
            "FROM videos WHERE path = $1",
        [VIDEO_BY_CONTENT] =
            "SELECT " ANSWER_VIDEO_COLUMNS ", (SELECT count(*) FROM frames WHERE video_id = videos.video_id) "
            "FROM videos WHERE content_key = $1 ORDER BY state <> 'complete', video_id LIMIT 1"};
    PostgresStore *store = (PostgresStore *)base;
    ServerAnswer answer = rv_answer(ANSWER_VIDEO_COUNT, 1);
    PostgresArguments arguments = {0};
    rv_postgres_add_text(&arguments, value);
    RvStatus status = rv_postgres_query(store, statements[column], &arguments, false, &answer, err);
    *found = status == RV_OK && answer.rows > 0;
    if (*found)
        status = rv_answer_video(&answer, base, 0, out, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_postgres_has_video(Store *base, int64_t video_id, bool *found, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    PostgresArguments arguments = {0};
    rv_postgres_add_integer(&arguments, video_id);
    RvStatus status = rv_postgres_query((PostgresStore *)base, "SELECT 1 FROM videos WHERE video_id = $1",
                                        &arguments, false, &answer, err);
    *found = status == RV_OK && answer.rows > 0;
    rv_answer_clear(&answer);
    return status;
}

/* ARGUMENT when a row other than own_id has the path. */
static RvStatus check_path_free(PostgresStore *store, const char *path, int64_t own_id, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    PostgresArguments arguments = {0};
    int64_t other = 0;
    rv_postgres_add_text(&arguments, path);
    rv_postgres_add_integer(&arguments, own_id);
    RvStatus status =
        rv_postgres_query(store, "SELECT video_id FROM videos WHERE path = $1 AND video_id <> $2", &arguments,
                          false, &answer, err);
    if (status == RV_OK && answer.rows > 0) {
        status = rv_answer_integer(&answer, &store->base, 0, 0, "videos", 1, STORE_MAX_VIDEO_ID, &other, err);
        if (status == RV_OK)
            status = rv_store_path_taken(&store->base, path, other, err);
    }
    rv_answer_clear(&answer);
    return status;
}

/* Run a statement that changes one video's row; NOT_FOUND where there is no such row. */
static RvStatus change_row(PostgresStore *store, const char *sql, PostgresArguments *arguments,
                           int64_t video_id, RvError *err)
{
    RvStatus status = rv_postgres_query(store, sql, arguments, false, NULL, err);
    if (status == RV_OK && store->changed_rows == 0)
        status = rv_store_no_video(&store->base, video_id, err);
    // 23P01: somebody else took the path between the check and now.
    if (status != RV_OK && rv_postgres_is(store, "23P01"))
        status = rv_store_video_busy(&store->base, err);
    return status;
}

/* Frames and pictures go with the row, by the foreign keys. */
static RvStatus delete_video(PostgresStore *store, int64_t video_id, RvError *err)
{
    PostgresArguments arguments = {0};
    rv_postgres_add_integer(&arguments, video_id);
    return change_row(store, "DELETE FROM videos WHERE video_id = $1", &arguments, video_id, err);
}

static RvStatus insert_video(PostgresStore *store, const VideoFacts *facts, int64_t *video_id, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    PostgresArguments arguments = {0};
    rv_postgres_add_text(&arguments, facts->path);
    rv_postgres_add_text(&arguments, facts->content_key);
    rv_postgres_add_integer(&arguments, facts->size_bytes);
    rv_postgres_add_integer(&arguments, facts->modified_ns);
    rv_postgres_add_real(&arguments, facts->duration_s);
    rv_postgres_add_integer(&arguments, facts->width);
    rv_postgres_add_integer(&arguments, facts->height);
    rv_postgres_add_real(&arguments, facts->frame_rate);
    rv_postgres_add_text(&arguments, facts->codec);
    rv_postgres_add_text(&arguments, facts->sampling);
    RvStatus status = rv_postgres_query(
        store,
        "INSERT INTO videos (path, content_key, size_bytes, modified_ns, duration, width, height, "
        "frame_rate, codec, "
        "sampling, state, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'indexing', '') "
        "ON CONFLICT DO NOTHING RETURNING video_id",
        &arguments, false, &answer, err);
    if (status == RV_OK && answer.rows == 0)
        status =
            rv_error_set(err, RV_ERROR_BUSY, "%s: another process has just begun %.600s; try again later",
                         store->base.uri, facts->path);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, &store->base, 0, 0, "videos", 1, INT64_MAX, video_id, err);
    if (status == RV_OK)
        status = rv_store_check_video_id(&store->base, *video_id, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_postgres_begin_video(Store *base, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                                 RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    int64_t new_id = 0;
    RvStatus status = rv_postgres_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    status = check_path_free(store, facts->path, replace_id, err);
    if (status == RV_OK && replace_id > 0)
        status = delete_video(store, replace_id, err);
    if (status == RV_OK)
        status = insert_video(store, facts, &new_id, err);
    status = rv_postgres_end(store, status, err);
    if (status == RV_OK)
        *video_id = new_id;
    return status;
}

RvStatus rv_postgres_change_video(Store *base, int64_t video_id, const VideoChange *change, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    PostgresArguments arguments = {0};
    RvStatus status = rv_postgres_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    if (change->path != NULL)
        status = check_path_free(store, change->path, video_id, err);
    if (status != RV_OK)
        return rv_postgres_end(store, status, err);
    rv_postgres_add_integer(&arguments, video_id);
    rv_postgres_add_text(&arguments, change->path);
    rv_postgres_add_text(&arguments, change->state);
    rv_postgres_add_text(&arguments, change->error);
    if (change->duration_s != NULL)
        rv_postgres_add_real(&arguments, *change->duration_s);
    else
        rv_postgres_add_null(&arguments);
    const int64_t *integers[] = {change->size_bytes, change->modified_ns};
    for (size_t i = 0; i < 2; i++) {
        if (integers[i] != NULL)
            rv_postgres_add_integer(&arguments, *integers[i]);
        else
            rv_postgres_add_null(&arguments);
    }
    status = change_row(store,
                        "UPDATE videos SET path = coalesce($2, path), state = coalesce($3, state), "
                        "error = coalesce($4, error), duration = coalesce($5, duration), "
                        "size_bytes = coalesce($6, size_bytes), modified_ns = coalesce($7, modified_ns), "
                        "updated = now() WHERE video_id = $1",
                        &arguments, video_id, err);
    return rv_postgres_end(store, status, err);
}

RvStatus rv_postgres_remove_video(Store *base, int64_t video_id, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    RvStatus status = rv_postgres_begin_writing(store, err);
    return status == RV_OK ? rv_postgres_end(store, delete_video(store, video_id, err), err) : status;
}

static RvStatus list(PostgresStore *store, const char *sql, RvVideos *out, RvError *err)
{
    ServerAnswer answer = rv_answer(ANSWER_VIDEO_COUNT, ANSWER_LIST_MAX_ROWS);
    answer.max_bytes = ANSWER_LIST_MAX_BYTES;
    RvStatus status = rv_postgres_query(store, sql, NULL, false, &answer, err);
    if (status == RV_OK)
        status = rv_answer_videos(&answer, &store->base, out, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_postgres_list_videos(Store *base, RvVideos *out, RvError *err)
{
    return list((PostgresStore *)base,
                "SELECT " ANSWER_VIDEO_COLUMNS ", coalesce(counts.count, 0) FROM videos LEFT JOIN "
                "(SELECT video_id, count(*) FROM frames GROUP BY video_id) AS counts USING (video_id)",
                out, err);
}

RvStatus rv_postgres_list_paths(Store *base, RvVideos *out, RvError *err)
{
    return list((PostgresStore *)base, "SELECT " ANSWER_VIDEO_COLUMNS ", 0 FROM videos", out, err);
}
