/* SPDX-License-Identifier: MIT */
/* Rows of servers that all kinds of server give alike: videos, the library, its model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/server_answer.h"

RvStatus rv_answer_video(const ServerAnswer *answer, const Store *store, size_t row, StoredVideo *out,
                         RvError *err)
{
    RvVideo *video = &out->video;
    char what[40];
    int64_t width = 0, height = 0;
    RvStatus status =
        rv_answer_integer(answer, store, row, 0, "videos", 1, STORE_MAX_VIDEO_ID, &video->video_id, err);
    snprintf(what, sizeof what, "video %lld", (long long)video->video_id);
    const struct {
        size_t column;
        char **out;
    } texts[] = {{1, &video->path},      {2, &video->content_key}, {9, &video->codec},
                 {10, &video->sampling}, {11, &video->state_name}, {12, &video->error}};
    for (size_t i = 0; status == RV_OK && i < sizeof texts / sizeof texts[0]; i++)
        status = rv_answer_text(answer, store, row, texts[i].column, what, texts[i].out, err);
    const struct {
        size_t column;
        int64_t min, max, *out;
    } integers[] = {{3, 0, INT64_MAX, &out->size_bytes},
                    {4, INT64_MIN, INT64_MAX, &out->modified_ns},
                    {6, 0, INT32_MAX, &width},
                    {7, 0, INT32_MAX, &height},
                    {13, 0, INT64_MAX, &video->frame_count}};
    for (size_t i = 0; status == RV_OK && i < sizeof integers / sizeof integers[0]; i++)
        status = rv_answer_integer(answer, store, row, integers[i].column, what, integers[i].min,
                                   integers[i].max, integers[i].out, err);
    if (status == RV_OK)
        status = rv_answer_quantity(answer, store, row, 5, what, &video->duration_s, err);
    if (status == RV_OK)
        status = rv_answer_quantity(answer, store, row, 8, what, &video->frame_rate, err);
    video->width = (int)width;
    video->height = (int)height;
    return status;
}

RvStatus rv_answer_videos(const ServerAnswer *answer, const Store *store, RvVideos *out, RvError *err)
{
    out->items = rv_mem_alloc(answer->rows, sizeof *out->items, err);
    RvStatus status = out->items != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t row = 0; status == RV_OK && row < answer->rows; row++) {
        StoredVideo stored = {0};
        status = rv_answer_video(answer, store, row, &stored, err);
        out->items[out->count++] = stored.video;
    }
    return status;
}

static RvStatus read_name(const ServerAnswer *answer, const Store *store, size_t column, char *out,
                          size_t size_bytes, RvError *err)
{
    char *text = NULL;
    RvStatus status = rv_answer_text(answer, store, 0, column, "library", &text, err);
    if (status == RV_OK)
        status = rv_store_take_model_text(store, text, out, size_bytes, err);
    free(text);
    return status;
}

RvStatus rv_answer_identity(const ServerAnswer *answer, const Store *store, ModelIdentity *out, bool *present,
                            RvError *err)
{
    int64_t dimensions = 0, version = 0, normalized = 0;
    *present = false;
    if (rv_answer_value(answer, 0, 2, NULL) == NULL)
        return RV_OK;
    RvStatus status = read_name(answer, store, 0, out->name, sizeof out->name, err);
    if (status == RV_OK)
        status = read_name(answer, store, 1, out->weights_sha256, sizeof out->weights_sha256, err);
    if (status == RV_OK)
        status = rv_answer_integer(answer, store, 0, 2, "library", 1, STORE_MAX_DIMENSIONS, &dimensions, err);
    if (status == RV_OK)
        status = rv_answer_integer(answer, store, 0, 3, "library", 0, INT32_MAX, &version, err);
    if (status == RV_OK)
        status = rv_answer_integer(answer, store, 0, 4, "library", 0, 1, &normalized, err);
    out->dimensions = (int)dimensions;
    out->preprocess_version = (int)version;
    out->normalized = normalized != 0;
    *present = status == RV_OK;
    return status;
}

RvStatus rv_answer_library(const ServerAnswer *answer, Store *store, int newest, RvError *err)
{
    int64_t version = 0;
    const char *kind = rv_answer_value(answer, 0, 0, NULL);
    if (answer->rows > 0 && (kind == NULL || strcmp(kind, STORE_LIBRARY_KIND) != 0))
        return rv_store_unknown_kind(store, kind != NULL ? kind : "unknown", err);
    RvStatus status = rv_answer_integer(answer, store, 0, 1, "library", 1, INT32_MAX, &version, err);
    if (status == RV_OK && version > newest)
        return rv_store_newer_schema(store, version, newest, err);
    store->schema_version = (int)version;
    return status;
}

RvStatus rv_answer_queue_rows(const ServerAnswer *answer, QueueRowCallback callback, void *user, RvError *err)
{
    const char *values[QUEUE_MAX_COLUMNS] = {0};
    RvStatus status = RV_OK;
    for (size_t row = 0; status == RV_OK && row < answer->rows; row++) {
        for (size_t column = 0; column < QUEUE_MAX_COLUMNS; column++)
            values[column] = rv_answer_value(answer, row, column, NULL);
        status = callback(user, values, err);
    }
    return status;
}
