/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: rows of videos. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/store_postgres.h"

#define VIDEO_COLUMNS                                                                                        \
    "videos.video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, "     \
    "codec, sampling, state, error"

/* Columns: VIDEO_COLUMNS, count of frames. out owns what was read, also on failure. */
static RvStatus read_video(PostgresStore *store, const PGresult *result, int row, StoredVideo *out,
                           RvError *err)
{
    RvVideo *video = &out->video;
    char what[40];
    int64_t width = 0, height = 0;
    RvStatus status = rv_postgres_column_integer(store, result, row, 0, "videos", 1, STORE_MAX_VIDEO_ID,
                                                 &video->video_id, err);
    snprintf(what, sizeof what, "video %lld", (long long)video->video_id);
    const struct {
        int column;
        char **out;
    } texts[] = {{1, &video->path},      {2, &video->content_key}, {9, &video->codec},
                 {10, &video->sampling}, {11, &video->state},      {12, &video->error}};
    for (size_t i = 0; status == RV_OK && i < sizeof texts / sizeof texts[0]; i++)
        status = rv_postgres_column_text(store, result, row, texts[i].column, what, texts[i].out, err);
    const struct {
        int column;
        int64_t min, max, *out;
    } integers[] = {{3, 0, INT64_MAX, &out->size_bytes},
                    {4, INT64_MIN, INT64_MAX, &out->modified_ns},
                    {6, 0, INT32_MAX, &width},
                    {7, 0, INT32_MAX, &height},
                    {13, 0, INT64_MAX, &video->frame_count}};
    for (size_t i = 0; status == RV_OK && i < sizeof integers / sizeof integers[0]; i++)
        status = rv_postgres_column_integer(store, result, row, integers[i].column, what, integers[i].min,
                                            integers[i].max, integers[i].out, err);
    if (status == RV_OK)
        status = rv_postgres_column_quantity(store, result, row, 5, what, &video->duration_s, err);
    if (status == RV_OK)
        status = rv_postgres_column_quantity(store, result, row, 8, what, &video->frame_rate, err);
    video->width = (int)width;
    video->height = (int)height;
    return status;
}

RvStatus rv_postgres_find_video(Store *base, VideoColumn column, const char *value, StoredVideo *out,
                                bool *found, RvError *err)
{
    static const char *const statements[] = {
        [VIDEO_BY_PATH] =
            "SELECT " VIDEO_COLUMNS ", (SELECT count(*) FROM frames WHERE video_id = videos.video_id) "
            "FROM videos WHERE path = $1",
        [VIDEO_BY_CONTENT] =
            "SELECT " VIDEO_COLUMNS ", (SELECT count(*) FROM frames WHERE video_id = videos.video_id) "
            "FROM videos WHERE content_key = $1 ORDER BY state <> 'complete', video_id LIMIT 1"};
    PostgresStore *store = (PostgresStore *)base;
    PGresult *result = NULL;
    PostgresArguments arguments = {0};
    rv_postgres_add_text(&arguments, value);
    RvStatus status = rv_postgres_query(store, statements[column], &arguments, false, &result, err);
    *found = status == RV_OK && PQntuples(result) > 0;
    if (*found)
        status = read_video(store, result, 0, out, err);
    PQclear(result);
    return status;
}

RvStatus rv_postgres_has_video(Store *base, int64_t video_id, bool *found, RvError *err)
{
    PGresult *result = NULL;
    PostgresArguments arguments = {0};
    rv_postgres_add_integer(&arguments, video_id);
    RvStatus status = rv_postgres_query((PostgresStore *)base, "SELECT 1 FROM videos WHERE video_id = $1",
                                        &arguments, false, &result, err);
    *found = status == RV_OK && PQntuples(result) > 0;
    PQclear(result);
    return status;
}

/* ARGUMENT when a row other than own_id has the path. */
static RvStatus check_path_free(PostgresStore *store, const char *path, int64_t own_id, RvError *err)
{
    PGresult *result = NULL;
    PostgresArguments arguments = {0};
    int64_t other = 0;
    rv_postgres_add_text(&arguments, path);
    rv_postgres_add_integer(&arguments, own_id);
    RvStatus status =
        rv_postgres_query(store, "SELECT video_id FROM videos WHERE path = $1 AND video_id <> $2", &arguments,
                          false, &result, err);
    if (status == RV_OK && PQntuples(result) > 0) {
        status =
            rv_postgres_column_integer(store, result, 0, 0, "videos", 1, STORE_MAX_VIDEO_ID, &other, err);
        if (status == RV_OK)
            status = rv_store_path_taken(&store->base, path, other, err);
    }
    PQclear(result);
    return status;
}

/* Run a statement that changes one video's row; NOT_FOUND where there is no such row. */
static RvStatus change_row(PostgresStore *store, const char *sql, PostgresArguments *arguments,
                           int64_t video_id, RvError *err)
{
    PGresult *result = NULL;
    RvStatus status = rv_postgres_query(store, sql, arguments, false, &result, err);
    if (status == RV_OK && PQcmdTuples(result)[0] == '0')
        status = rv_store_no_video(&store->base, video_id, err);
    // 23P01: somebody else took the path between the check and now.
    if (status != RV_OK && rv_postgres_is(result, "23P01"))
        status = rv_store_video_busy(&store->base, err);
    PQclear(result);
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
    PGresult *result = NULL;
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
        &arguments, false, &result, err);
    if (status == RV_OK && PQntuples(result) == 0)
        status =
            rv_error_set(err, RV_ERROR_BUSY, "%s: another process has just begun %.600s; try again later",
                         store->base.uri, facts->path);
    if (status == RV_OK)
        status = rv_postgres_column_integer(store, result, 0, 0, "videos", 1, INT64_MAX, video_id, err);
    if (status == RV_OK)
        status = rv_store_check_video_id(&store->base, *video_id, err);
    PQclear(result);
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
    PGresult *result = NULL;
    RvStatus status = rv_postgres_query(store, sql, NULL, false, &result, err);
    if (status == RV_OK) {
        out->items = rv_mem_alloc((size_t)PQntuples(result), sizeof *out->items, err);
        status = out->items != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    for (int row = 0; status == RV_OK && row < PQntuples(result); row++) {
        StoredVideo stored = {0};
        status = read_video(store, result, row, &stored, err);
        out->items[out->count++] = stored.video;
    }
    PQclear(result);
    return status;
}

RvStatus rv_postgres_list_videos(Store *base, RvVideos *out, RvError *err)
{
    return list((PostgresStore *)base,
                "SELECT " VIDEO_COLUMNS ", coalesce(counts.count, 0) FROM videos LEFT JOIN "
                "(SELECT video_id, count(*) FROM frames GROUP BY video_id) AS counts USING (video_id)",
                out, err);
}

RvStatus rv_postgres_list_paths(Store *base, RvVideos *out, RvError *err)
{
    return list((PostgresStore *)base, "SELECT " VIDEO_COLUMNS ", 0 FROM videos", out, err);
}
