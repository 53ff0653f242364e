/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: rows of videos. */
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/mysql/mysql_store.h"

#define COUNT "coalesce(counts.frame_count, 0)"
#define COUNTED_VIDEOS(condition)                                                                            \
    "videos LEFT JOIN (SELECT video_id, count(*) AS frame_count FROM frames " condition                      \
    " GROUP BY video_id) AS counts ON counts.video_id = videos.video_id"

RvStatus rv_mysql_find_video(Store *base, VideoColumn column, const char *value, StoredVideo *out,
                             bool *found, RvError *err)
{
    static const char *const conditions[] = {
        [VIDEO_BY_PATH] = "path_key = SHA2(%s, 256)",
        [VIDEO_BY_CONTENT] = "content_hash = SHA2(%s, 256) ORDER BY state <> 'complete', video_id LIMIT 1"};
    MysqlStore *store = (MysqlStore *)base;
    ServerAnswer answer = rv_answer(1, 1);
    char format[600];
    int64_t id = 0;
    // The video first, so that only its own frames are counted.
    snprintf(format, sizeof format, "SELECT video_id FROM videos WHERE %s", conditions[column]);
    RvStatus status = rv_mysql_query(store, &answer, err, format, value);
    *found = status == RV_OK && answer.rows > 0;
    if (*found)
        status = rv_answer_integer(&answer, base, 0, 0, "videos", 1, STORE_MAX_VIDEO_ID, &id, err);
    rv_answer_clear(&answer);
    if (status != RV_OK || !*found)
        return status;
    answer = rv_answer(ANSWER_VIDEO_COUNT, 1);
    status = rv_mysql_query(store, &answer, err,
                            "SELECT " ANSWER_VIDEO_COLUMNS ", " COUNT
                            " FROM " COUNTED_VIDEOS("WHERE video_id = %d") " WHERE videos.video_id = %d",
                            id, id);
    *found = status == RV_OK && answer.rows > 0;
    if (*found)
        status = rv_answer_video(&answer, base, 0, out, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_mysql_has_video(Store *base, int64_t video_id, bool *found, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    RvStatus status = rv_mysql_query((MysqlStore *)base, &answer, err,
                                     "SELECT 1 FROM videos WHERE video_id = %d", video_id);
    *found = status == RV_OK && answer.rows > 0;
    rv_answer_clear(&answer);
    return status;
}

/* ARGUMENT when a row other than own_id has the path. */
static RvStatus check_path_free(MysqlStore *store, const char *path, int64_t own_id, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    int64_t other = 0;
    RvStatus status = rv_mysql_query(
        store, &answer, err, "SELECT video_id FROM videos WHERE path_key = SHA2(%s, 256) AND video_id <> %d",
        path, own_id);
    if (status == RV_OK && answer.rows > 0) {
        status = rv_answer_integer(&answer, &store->base, 0, 0, "videos", 1, STORE_MAX_VIDEO_ID, &other, err);
        if (status == RV_OK)
            status = rv_store_path_taken(&store->base, path, other, err);
    }
    rv_answer_clear(&answer);
    return status;
}

/* What a statement on one video's row did; NOT_FOUND where there is no such row. */
static RvStatus check_changed(MysqlStore *store, RvStatus status, int64_t video_id, RvError *err)
{
    // Somebody else took the path between the check and now.
    if (status != RV_OK && store->error_number == ER_DUP_ENTRY)
        return rv_store_video_busy(&store->base, err);
    if (status == RV_OK && store->changed_rows == 0)
        return rv_store_no_video(&store->base, video_id, err);
    return status;
}

/* No foreign keys here: MariaDB's cascades pass by its vector index, SingleStore has none. */
static RvStatus delete_video(MysqlStore *store, int64_t video_id, RvError *err)
{
    RvStatus status = rv_mysql_query(store, NULL, err, "DELETE FROM videos WHERE video_id = %d", video_id);
    status = check_changed(store, status, video_id, err);
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err, "DELETE FROM frame_pictures WHERE video_id = %d", video_id);
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err, "DELETE FROM frames WHERE video_id = %d", video_id);
    return status;
}

static RvStatus insert_video(MysqlStore *store, const VideoFacts *facts, int64_t *video_id, RvError *err)
{
    RvStatus status = rv_mysql_query(
        store, NULL, err,
        "INSERT INTO videos (path, path_key, content_key, content_hash, size_bytes, modified_ns, duration, "
        "width, "
        "height, frame_rate, codec, sampling, state, error, created, updated) VALUES (%s, SHA2(%s, 256), %s, "
        "SHA2(%s, 256), %d, %d, %f, %d, %d, %f, %s, %s, 'indexing', '', now(), now())",
        facts->path, facts->path, facts->content_key, facts->content_key, facts->size_bytes,
        facts->modified_ns, facts->duration_s, (int64_t)facts->width, (int64_t)facts->height,
        facts->frame_rate, facts->codec, facts->sampling);
    *video_id = status == RV_OK ? store->new_id : 0;
    status = check_changed(store, status, 0, err);
    return status == RV_OK ? rv_store_check_video_id(&store->base, *video_id, err) : status;
}

RvStatus rv_mysql_begin_video(Store *base, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                              RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    int64_t new_id = 0;
    RvStatus status = rv_mysql_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    status = check_path_free(store, facts->path, replace_id, err);
    if (status == RV_OK && replace_id > 0)
        status = delete_video(store, replace_id, err);
    if (status == RV_OK)
        status = insert_video(store, facts, &new_id, err);
    status = rv_mysql_end(store, status, err);
    if (status == RV_OK)
        *video_id = new_id;
    return status;
}

static RvStatus append_change(MysqlStore *store, Buffer *sql, const VideoChange *change, RvError *err)
{
    const struct {
        const char *column, *value;
    } texts[] = {{"path", change->path}, {"state", change->state}, {"error", change->error}};
    RvStatus status = rv_buffer_append_format(sql, err, "UPDATE videos SET updated = now()");
    for (size_t i = 0; status == RV_OK && i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value == NULL)
            continue;
        status = rv_buffer_append_format(sql, err, ", %s = ", texts[i].column);
        if (status == RV_OK)
            status = rv_mysql_append_text(store, sql, texts[i].value, err);
    }
    if (status == RV_OK && change->path != NULL) {
        status = rv_buffer_append_format(sql, err, ", path_key = SHA2(");
        if (status == RV_OK)
            status = rv_mysql_append_text(store, sql, change->path, err);
        if (status == RV_OK)
            status = rv_buffer_append_format(sql, err, ", 256)");
    }
    if (status == RV_OK && change->duration_s != NULL) {
        status = rv_buffer_append_format(sql, err, ", duration = ");
        if (status == RV_OK)
            status = rv_mysql_append_real(sql, *change->duration_s, err);
    }
    if (status == RV_OK && change->size_bytes != NULL)
        status = rv_buffer_append_format(sql, err, ", size_bytes = %lld", (long long)*change->size_bytes);
    if (status == RV_OK && change->modified_ns != NULL)
        status = rv_buffer_append_format(sql, err, ", modified_ns = %lld", (long long)*change->modified_ns);
    return status;
}

RvStatus rv_mysql_change_video(Store *base, int64_t video_id, const VideoChange *change, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    Buffer sql;
    rv_buffer_init(&sql, (size_t)16 << 20);
    RvStatus status = rv_mysql_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    if (change->path != NULL)
        status = check_path_free(store, change->path, video_id, err);
    if (status == RV_OK)
        status = append_change(store, &sql, change, err);
    if (status == RV_OK)
        status = rv_buffer_append_format(&sql, err, " WHERE video_id = %lld", (long long)video_id);
    if (status == RV_OK) {
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, NULL, err);
        status = check_changed(store, status, video_id, err);
    }
    rv_buffer_clear(&sql);
    return rv_mysql_end(store, status, err);
}

RvStatus rv_mysql_remove_video(Store *base, int64_t video_id, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    RvStatus status = rv_mysql_begin_writing(store, err);
    return status == RV_OK ? rv_mysql_end(store, delete_video(store, video_id, err), err) : status;
}

static RvStatus list(MysqlStore *store, const char *sql, RvVideos *out, RvError *err)
{
    ServerAnswer answer = rv_answer(ANSWER_VIDEO_COUNT, ANSWER_LIST_MAX_ROWS);
    answer.max_bytes = ANSWER_LIST_MAX_BYTES;
    RvStatus status = rv_mysql_query(store, &answer, err, sql);
    if (status == RV_OK)
        status = rv_answer_videos(&answer, &store->base, out, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_mysql_list_videos(Store *base, RvVideos *out, RvError *err)
{
    return list((MysqlStore *)base, "SELECT " ANSWER_VIDEO_COLUMNS ", " COUNT " FROM " COUNTED_VIDEOS(""),
                out, err);
}

RvStatus rv_mysql_list_paths(Store *base, RvVideos *out, RvError *err)
{
    return list((MysqlStore *)base, "SELECT " ANSWER_VIDEO_COLUMNS ", 0 FROM videos", out, err);
}
