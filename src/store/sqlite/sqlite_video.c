/* SPDX-License-Identifier: MIT */
/* SQLite library: rows of videos. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sqlite/sqlite_store.h"

#define NOW "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
#define VIDEO_COLUMNS                                                                                        \
    "video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, "     \
    "sampling, "                                                                                             \
    "state, error, (SELECT count(*) FROM frames WHERE frames.video_id = videos.video_id)"

// Waiting longer for readers at a checkpoint gains nothing: the next writer's takes it up.
#define CHECKPOINT_WAIT_MS 100
#define BUSY_WAIT_MS 5000

/* Columns in the order of VIDEO_COLUMNS. On failure what was read stays in *out for the caller to clear. */
static RvStatus read_video(SqliteStore *store, sqlite3_stmt *statement, StoredVideo *out, RvError *err)
{
    RvVideo *video = &out->video;
    int64_t width = 0, height = 0;
    char what[48] = "videos";
    RvStatus status =
        rv_sqlite_column_integer(store, statement, 0, what, 1, STORE_MAX_VIDEO_ID, &video->video_id, err);
    snprintf(what, sizeof what, "video %lld", (long long)video->video_id);
    const struct {
        int column;
        char **out;
    } texts[] = {{1, &video->path},      {2, &video->content_key}, {9, &video->codec},
                 {10, &video->sampling}, {11, &video->state_name}, {12, &video->error}};
    for (size_t i = 0; status == RV_OK && i < sizeof texts / sizeof texts[0]; i++)
        status = rv_sqlite_column_bytes(store, statement, texts[i].column, what, texts[i].out, err);
    if (status == RV_OK)
        status = rv_sqlite_column_integer(store, statement, 3, what, 0, INT64_MAX, &out->size_bytes, err);
    if (status == RV_OK)
        status =
            rv_sqlite_column_integer(store, statement, 4, what, INT64_MIN, INT64_MAX, &out->modified_ns, err);
    if (status == RV_OK)
        status = rv_sqlite_column_quantity(store, statement, 5, what, &video->duration_s, err);
    if (status == RV_OK)
        status = rv_sqlite_column_integer(store, statement, 6, what, 0, INT32_MAX, &width, err);
    if (status == RV_OK)
        status = rv_sqlite_column_integer(store, statement, 7, what, 0, INT32_MAX, &height, err);
    if (status == RV_OK)
        status = rv_sqlite_column_quantity(store, statement, 8, what, &video->frame_rate, err);
    video->width = (int)width;
    video->height = (int)height;
    video->frame_count = sqlite3_column_int64(statement, 13);
    return status;
}

RvStatus rv_sqlite_find_video(Store *base, VideoColumn column, const char *value, StoredVideo *out,
                              bool *found, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_stmt *statement = NULL;
    const char *sql = column == VIDEO_BY_PATH ? "SELECT " VIDEO_COLUMNS " FROM videos WHERE path = ?1"
                                              : "SELECT " VIDEO_COLUMNS " FROM videos WHERE content_key = ?1 "
                                                "ORDER BY state <> 'complete', video_id LIMIT 1";
    RvStatus status = rv_sqlite_prepare(store, sql, &statement, err);
    if (status == RV_OK) {
        rv_sqlite_bind_bytes(statement, 1, value);
        status = rv_sqlite_step(store, statement, found, err);
    }
    if (status == RV_OK && *found)
        status = read_video(store, statement, out, err);
    sqlite3_finalize(statement);
    return status;
}

RvStatus rv_sqlite_has_video(Store *base, int64_t video_id, bool *found, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_stmt *statement = NULL;
    RvStatus status = rv_sqlite_prepare(store, "SELECT 1 FROM videos WHERE video_id = ?1", &statement, err);
    if (status == RV_OK) {
        sqlite3_bind_int64(statement, 1, video_id);
        status = rv_sqlite_step(store, statement, found, err);
    }
    sqlite3_finalize(statement);
    return status;
}

/* ARGUMENT when a row other than own_id has the path. */
static RvStatus check_path_free(SqliteStore *store, const char *path, int64_t own_id, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    bool taken = false;
    RvStatus status = rv_sqlite_prepare(
        store, "SELECT video_id FROM videos WHERE path = ?1 AND video_id <> ?2", &statement, err);
    if (status == RV_OK) {
        rv_sqlite_bind_bytes(statement, 1, path);
        sqlite3_bind_int64(statement, 2, own_id);
        status = rv_sqlite_step(store, statement, &taken, err);
    }
    if (status == RV_OK && taken)
        status = rv_store_path_taken(&store->base, path, sqlite3_column_int64(statement, 0), err);
    sqlite3_finalize(statement);
    return status;
}

/* Frames and pictures go with the row, by the foreign keys. */
static RvStatus delete_video(SqliteStore *store, int64_t video_id, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    RvStatus status = rv_sqlite_prepare(store, "DELETE FROM videos WHERE video_id = ?1", &statement, err);
    if (status == RV_OK) {
        sqlite3_bind_int64(statement, 1, video_id);
        status = rv_sqlite_step(store, statement, NULL, err);
    }
    if (status == RV_OK && sqlite3_changes(store->db) == 0)
        status = rv_store_no_video(&store->base, video_id, err);
    sqlite3_finalize(statement);
    KeyRange keys = rv_store_video_keys(video_id);
    if (status == RV_OK)
        status = rv_sqlite_log_change(store, keys.first, keys.last, err);
    return status;
}

static RvStatus insert_video(SqliteStore *store, const VideoFacts *facts, int64_t *video_id, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    RvStatus status = rv_sqlite_prepare(
        store,
        "INSERT INTO videos (path, content_key, size_bytes, modified_ns, duration, "
        "width, height, frame_rate, codec, sampling, state, error, created, updated) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'indexing', '', " NOW ", " NOW ")",
        &statement, err);
    if (status != RV_OK)
        return status;
    rv_sqlite_bind_bytes(statement, 1, facts->path);
    rv_sqlite_bind_bytes(statement, 2, facts->content_key);
    sqlite3_bind_int64(statement, 3, facts->size_bytes);
    sqlite3_bind_int64(statement, 4, facts->modified_ns);
    sqlite3_bind_double(statement, 5, facts->duration_s);
    sqlite3_bind_int(statement, 6, facts->width);
    sqlite3_bind_int(statement, 7, facts->height);
    sqlite3_bind_double(statement, 8, facts->frame_rate);
    rv_sqlite_bind_bytes(statement, 9, facts->codec);
    rv_sqlite_bind_bytes(statement, 10, facts->sampling);
    status = rv_sqlite_step(store, statement, NULL, err);
    sqlite3_finalize(statement);
    *video_id = sqlite3_last_insert_rowid(store->db);
    return status == RV_OK ? rv_store_check_video_id(&store->base, *video_id, err) : status;
}

RvStatus rv_sqlite_begin_video(Store *base, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                               RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    int64_t new_id = 0;
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    status = check_path_free(store, facts->path, replace_id, err);
    if (status == RV_OK && replace_id > 0)
        status = delete_video(store, replace_id, err);
    if (status == RV_OK)
        status = insert_video(store, facts, &new_id, err);
    status = rv_sqlite_end(store, status, err);
    if (status == RV_OK)
        *video_id = new_id;
    return status;
}

RvStatus rv_sqlite_change_video(Store *base, int64_t video_id, const VideoChange *change, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_stmt *statement = NULL;
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    if (change->path != NULL)
        status = check_path_free(store, change->path, video_id, err);
    if (status == RV_OK)
        status =
            rv_sqlite_prepare(store,
                              "UPDATE videos SET path = ifnull(?2, path), state = ifnull(?3, state), "
                              "error = ifnull(?4, error), duration = ifnull(?5, duration), "
                              "size_bytes = ifnull(?6, size_bytes), modified_ns = ifnull(?7, modified_ns), "
                              "updated = " NOW " WHERE video_id = ?1",
                              &statement, err);
    if (status == RV_OK) {
        sqlite3_bind_int64(statement, 1, video_id);
        if (change->path != NULL)
            rv_sqlite_bind_bytes(statement, 2, change->path);
        if (change->state != NULL)
            rv_sqlite_bind_bytes(statement, 3, change->state);
        if (change->error != NULL)
            rv_sqlite_bind_bytes(statement, 4, change->error);
        if (change->duration_s != NULL)
            sqlite3_bind_double(statement, 5, *change->duration_s);
        if (change->size_bytes != NULL)
            sqlite3_bind_int64(statement, 6, *change->size_bytes);
        if (change->modified_ns != NULL)
            sqlite3_bind_int64(statement, 7, *change->modified_ns);
        status = rv_sqlite_step(store, statement, NULL, err);
    }
    if (status == RV_OK && sqlite3_changes(store->db) == 0)
        status = rv_store_no_video(base, video_id, err);
    sqlite3_finalize(statement);
    return rv_sqlite_end(store, status, err);
}

/* Move the last pages into the free ones, cut the file, empty the log. The video is gone already: what fails
 * here only leaves free pages for later rows, so it is told to the log. */
static void give_space_back(SqliteStore *store)
{
    RvError err = {0};
    RvStatus status = rv_sqlite_run(store, "PRAGMA incremental_vacuum", &err);
    sqlite3_busy_timeout(store->db, CHECKPOINT_WAIT_MS);
    if (status == RV_OK)
        status = rv_sqlite_run(store, "PRAGMA wal_checkpoint(TRUNCATE)", &err);
    sqlite3_busy_timeout(store->db, BUSY_WAIT_MS);
    if (status != RV_OK)
        rv_log_line(&store->base.log, RV_LOG_WARNING, "%s: the freed space stays in the file for now: %s",
                    store->base.uri, err.message);
}

RvStatus rv_sqlite_remove_video(Store *base, int64_t video_id, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    status = rv_sqlite_end(store, delete_video(store, video_id, err), err);
    if (status == RV_OK)
        give_space_back(store);
    return status;
}

static RvStatus append_video(RvVideos *videos, size_t *capacity, const RvVideo *video, RvError *err)
{
    if (videos->count == *capacity) {
        size_t larger = *capacity > 0 ? 2 * *capacity : 16, size_bytes = SIZE_MAX;
        RvVideo *items = NULL;
        if (rv_mem_multiply(larger, sizeof *items, &size_bytes))
            items = realloc(videos->items, size_bytes);
        if (items == NULL)
            return rv_error_memory(err, size_bytes);
        videos->items = items;
        *capacity = larger;
    }
    videos->items[videos->count++] = *video;
    return RV_OK;
}

/* Every row of `sql` through `read`. */
static RvStatus list_rows(SqliteStore *store, const char *sql,
                          RvStatus (*read)(SqliteStore *store, sqlite3_stmt *statement, StoredVideo *out,
                                           RvError *err),
                          RvVideos *out, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    size_t capacity = 0;
    bool row = false;
    RvStatus status = rv_sqlite_prepare(store, sql, &statement, err);
    while (status == RV_OK) {
        status = rv_sqlite_step(store, statement, &row, err);
        if (status != RV_OK || !row)
            break;
        StoredVideo stored = {0};
        status = read(store, statement, &stored, err);
        if (status == RV_OK)
            status = append_video(out, &capacity, &stored.video, err);
        if (status != RV_OK)
            rv_stored_video_clear(&stored);
    }
    sqlite3_finalize(statement);
    return status;
}

RvStatus rv_sqlite_list_videos(Store *base, RvVideos *out, RvError *err)
{
    return list_rows((SqliteStore *)base, "SELECT " VIDEO_COLUMNS " FROM videos", read_video, out, err);
}

static RvStatus read_path(SqliteStore *store, sqlite3_stmt *statement, StoredVideo *out, RvError *err)
{
    RvVideo *video = &out->video;
    RvStatus status =
        rv_sqlite_column_integer(store, statement, 0, "videos", 1, STORE_MAX_VIDEO_ID, &video->video_id, err);
    if (status == RV_OK)
        status = rv_sqlite_column_bytes(store, statement, 1, "videos", &video->path, err);
    if (status == RV_OK)
        status = rv_sqlite_column_bytes(store, statement, 2, "videos", &video->sampling, err);
    if (status == RV_OK)
        status = rv_sqlite_column_quantity(store, statement, 3, "videos", &video->duration_s, err);
    if (status == RV_OK)
        status = rv_sqlite_column_bytes(store, statement, 4, "videos", &video->state_name, err);
    return status;
}

RvStatus rv_sqlite_list_paths(Store *base, RvVideos *out, RvError *err)
{
    return list_rows((SqliteStore *)base, "SELECT video_id, path, sampling, duration, state FROM videos",
                     read_path, out, err);
}
