/* SPDX-License-Identifier: MIT */
/* Reading frames: rows of a backend checked one by one and gathered into aligned blocks. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/store_backend.h"

// A block is large enough that passing it to threads costs little compared with its work, and small enough
// for the second-level cache.
#define BLOCK_BYTES ((size_t)1 << 20)
#define BLOCK_MIN_ROWS 16
#define BLOCK_MAX_ROWS 4096
#define USUAL_DIMENSIONS 512

size_t rv_store_block_rows(int dimensions)
{
    size_t row_bytes = (size_t)(dimensions > 0 ? dimensions : USUAL_DIMENSIONS) * sizeof(float);
    size_t rows = BLOCK_BYTES / row_bytes;
    return rows < BLOCK_MIN_ROWS ? BLOCK_MIN_ROWS : rows > BLOCK_MAX_ROWS ? BLOCK_MAX_ROWS : rows;
}

typedef struct Scan {
    Store *store;
    const FrameFilter *filter;
    FrameBlockCallback callback;
    void *user;
    size_t row_bytes, capacity;
    int64_t *video_ids, *frame_numbers;
    double *times_s;
    float *embeddings;
    FrameBlock block;
} Scan;

static RvStatus check_row(const Store *store, const FrameRow *row, size_t embedding_bytes, RvError *err)
{
    long long video = row->video_id, frame = row->frame_number;
    if (row->fault != NULL)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL, "%s: video %lld, frame %lld: %s",
                                 store->uri, video, frame, row->fault);
    if (row->embedding_bytes != embedding_bytes)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                                 "%s: video %lld, frame %lld: embedding_data has %zu bytes instead of %zu",
                                 store->uri, video, frame, row->embedding_bytes, embedding_bytes);
    return RV_OK;
}

static RvStatus flush_block(Scan *scan, RvError *err)
{
    if (scan->block.count == 0)
        return RV_OK;
    RvStatus status = scan->callback(scan->user, &scan->block, err);
    scan->block.count = 0;
    return status;
}

static RvStatus gather_row(void *user, const FrameRow *row, RvError *err)
{
    Scan *scan = user;
    RvStatus status = check_row(scan->store, row, scan->row_bytes, err);
    if (status != RV_OK)
        return status;
    const FrameFilter *filter = scan->filter;
    if (filter->after_s != NULL && !(row->time_s >= *filter->after_s))
        return RV_OK;
    if (filter->before_s != NULL && !(row->time_s <= *filter->before_s))
        return RV_OK;
    size_t at = scan->block.count++;
    scan->video_ids[at] = row->video_id;
    scan->frame_numbers[at] = row->frame_number;
    scan->times_s[at] = row->time_s;
    memcpy((char *)scan->embeddings + at * scan->row_bytes, row->embedding, scan->row_bytes);
    return scan->block.count == scan->capacity ? flush_block(scan, err) : RV_OK;
}

static RvStatus allocate_block(Scan *scan, int dimensions, RvError *err)
{
    size_t rows = rv_store_block_rows(dimensions);
    scan->capacity = rows;
    scan->video_ids = rv_mem_alloc(rows, sizeof *scan->video_ids, err);
    scan->frame_numbers = rv_mem_alloc(rows, sizeof *scan->frame_numbers, err);
    scan->times_s = rv_mem_alloc(rows, sizeof *scan->times_s, err);
    scan->embeddings = rv_mem_alloc_aligned(rows, scan->row_bytes, err);
    if (scan->video_ids == NULL || scan->frame_numbers == NULL || scan->times_s == NULL ||
        scan->embeddings == NULL)
        return RV_ERROR_MEMORY;
    scan->block = (FrameBlock){.dimensions = dimensions,
                               .video_ids = scan->video_ids,
                               .frame_numbers = scan->frame_numbers,
                               .times_s = scan->times_s,
                               .embeddings = scan->embeddings};
    return RV_OK;
}

static void free_block(Scan *scan)
{
    free(scan->video_ids);
    free(scan->frame_numbers);
    free(scan->times_s);
    free(scan->embeddings);
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static RvStatus visit_video(Store *store, int64_t video_id, FrameRowCallback callback, void *user,
                            RvError *err)
{
    if (video_id < 1 || video_id > STORE_MAX_VIDEO_ID)
        return RV_OK;
    KeyRange range = rv_store_video_keys(video_id);
    return store->backend->visit_frames(store, &range, callback, user, err);
}

static RvStatus visit_ranges(Scan *scan, const KeyRange *ranges, size_t range_count, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < range_count; i++)
        status = scan->store->backend->visit_frames(scan->store, &ranges[i], gather_row, scan, err);
    return status;
}

/* Visit the filter's videos, each once and in rising order, as rv_store_scan requires. */
static RvStatus visit_filtered(Scan *scan, RvError *err)
{
    const FrameFilter *filter = scan->filter;
    const KeyRange all = rv_store_all_keys();
    if (filter->ranges != NULL)
        return visit_ranges(scan, filter->ranges, filter->range_count, err);
    if (filter->video_ids == NULL)
        return visit_ranges(scan, &all, 1, err);
    int64_t *ids = rv_mem_alloc(filter->video_count, sizeof *ids, err);
    if (ids == NULL)
        return RV_ERROR_MEMORY;
    if (filter->video_count > 0) {
        memcpy(ids, filter->video_ids, filter->video_count * sizeof *ids);
        qsort(ids, filter->video_count, sizeof *ids, compare_ids);
    }
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < filter->video_count; i++) {
        if (i == 0 || ids[i] != ids[i - 1])
            status = visit_video(scan->store, ids[i], gather_row, scan, err);
    }
    free(ids);
    return status;
}

RvStatus rv_store_scan(Store *store, const FrameFilter *filter, FrameBlockCallback callback, void *user,
                       RvError *err)
{
    static const FrameFilter everything = {0};
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    Scan scan = {
        .store = store, .filter = filter != NULL ? filter : &everything, .callback = callback, .user = user};
    ModelIdentity identity = {0};
    bool present = false;
    status = rv_store_identity(store, &identity, &present, err);
    if (status == RV_OK && present) {
        scan.row_bytes = (size_t)identity.dimensions * sizeof(float);
        status = allocate_block(&scan, identity.dimensions, err);
        if (status == RV_OK)
            status = visit_filtered(&scan, err);
        if (status == RV_OK)
            status = flush_block(&scan, err);
    }
    rv_store_end_snapshot(store);
    free_block(&scan);
    return status;
}

bool rv_store_can_find_nearest(const Store *store)
{
    return store->backend->nearest != NULL;
}

RvStatus rv_store_nearest(Store *store, const NearestQuery *query, FrameBlockCallback callback, void *user,
                          bool *done, RvError *err)
{
    static const FrameFilter everything = {0};
    *done = false;
    if (store->backend->nearest == NULL)
        return RV_OK;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    NearestQuery effective = *query;
    if (effective.filter == NULL)
        effective.filter = &everything;
    Scan scan = {.store = store,
                 .filter = effective.filter,
                 .callback = callback,
                 .user = user,
                 .row_bytes = (size_t)query->dimensions * sizeof(float)};
    status = allocate_block(&scan, query->dimensions, err);
    if (status == RV_OK)
        status = store->backend->nearest(store, &effective, gather_row, &scan, done, err);
    if (status == RV_OK)
        status = flush_block(&scan, err);
    rv_store_end_snapshot(store);
    free_block(&scan);
    return status;
}

static RvStatus count_row(void *user, const FrameRow *row, RvError *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)user;
    return RV_OK;
}

RvStatus rv_store_count_frames(Store *store, const KeyRange *range, int64_t *count, RvError *err)
{
    *count = 0;
    if (store->backend->count_frames != NULL)
        return store->backend->count_frames(store, range, count, err);
    const KeyRange all = rv_store_all_keys();
    return store->backend->visit_frames(store, range != NULL ? range : &all, count_row, count, err);
}

RvStatus rv_store_limit_wait(Store *store, double timeout_s, RvError *err)
{
    return store->backend->limit_wait != NULL ? store->backend->limit_wait(store, timeout_s, err) : RV_OK;
}

RvStatus rv_store_unreachable(Store *store, const int64_t *asked, size_t asked_count, int64_t **ids,
                              size_t *count, RvError *err)
{
    *ids = NULL;
    *count = 0;
    return store->backend->unreachable != NULL && asked_count > 0
               ? store->backend->unreachable(store, asked, asked_count, ids, count, err)
               : RV_OK;
}

/* ---- single videos and frames ------------------------------------------------------------------------- */

typedef struct FrameList {
    Store *store;
    RvFrames *frames;
    size_t capacity;
} FrameList;

static RvStatus list_row(void *user, const FrameRow *row, RvError *err)
{
    FrameList *list = user;
    RvStatus status = check_row(list->store, row, row->embedding_bytes, err);
    if (status != RV_OK)
        return status;
    if (list->frames->count == list->capacity) {
        RvFrameInfo *items =
            rv_mem_grow(list->frames->items, &list->capacity, list->frames->count + 1, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        list->frames->items = items;
    }
    list->frames->items[list->frames->count++] = (RvFrameInfo){row->frame_number, row->time_s};
    return RV_OK;
}

RvStatus rv_store_frames(Store *store, int64_t video_id, RvFrames *out, RvError *err)
{
    *out = (RvFrames){0};
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    bool found = false;
    status = store->backend->has_video(store, video_id, &found, err);
    if (status == RV_OK && !found)
        status = rv_store_no_video(store, video_id, err);
    FrameList list = {.store = store, .frames = out};
    if (status == RV_OK)
        status = visit_video(store, video_id, list_row, &list, err);
    rv_store_end_snapshot(store);
    if (status != RV_OK)
        rv_frames_clear(out);
    return status;
}

/* The wanted frames of one video, in rising order, and how many of them have been read. */
typedef struct EmbeddingRead {
    Store *store;
    const int64_t *frame_numbers;
    size_t count, found;
    float *embeddings;
    size_t embedding_bytes;
} EmbeddingRead;

static RvStatus copy_embedding(void *user, const FrameRow *row, RvError *err)
{
    EmbeddingRead *reading = user;
    if (reading->found == reading->count || row->frame_number != reading->frame_numbers[reading->found])
        return RV_OK;
    RvStatus status = check_row(reading->store, row, reading->embedding_bytes, err);
    if (status != RV_OK)
        return status;
    memcpy((char *)reading->embeddings + reading->found * reading->embedding_bytes, row->embedding,
           reading->embedding_bytes);
    reading->found++;
    return RV_OK;
}

RvStatus rv_store_embeddings(Store *store, int64_t video_id, const int64_t *frame_numbers, size_t count,
                             float *embeddings, int dimensions, RvError *err)
{
    ModelIdentity identity = {0};
    bool present = false;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    if (status != RV_OK || count == 0)
        return status;
    if (present && identity.dimensions != dimensions)
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: holds %d-dimension embeddings of %s, not %d-dimension ones", store->uri,
                            identity.dimensions, identity.name, dimensions);
    EmbeddingRead reading = {store, frame_numbers, count, 0, embeddings, (size_t)dimensions * sizeof(float)};
    if (present && rv_store_has_key(video_id, frame_numbers[0]) &&
        rv_store_has_key(video_id, frame_numbers[count - 1])) {
        KeyRange range = {rv_store_key(video_id, frame_numbers[0]),
                          rv_store_key(video_id, frame_numbers[count - 1])};
        status = store->backend->visit_frames(store, &range, copy_embedding, &reading, err);
    }
    if (status == RV_OK && reading.found < count)
        status = rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no frame %lld of video %lld", store->uri,
                              (long long)frame_numbers[reading.found], (long long)video_id);
    return status;
}

RvStatus rv_store_embedding(Store *store, int64_t video_id, int64_t frame_number, float *embedding,
                            int dimensions, RvError *err)
{
    return rv_store_embeddings(store, video_id, &frame_number, 1, embedding, dimensions, err);
}

typedef struct RowRead {
    const Store *store;
    float *embedding;
    size_t embedding_bytes;
    double *time_s;
    bool *found;
} RowRead;

static RvStatus copy_row(void *user, const FrameRow *row, RvError *err)
{
    RowRead *reading = user;
    RvStatus status = check_row(reading->store, row, reading->embedding_bytes, err);
    if (status != RV_OK)
        return status;
    memcpy(reading->embedding, row->embedding, reading->embedding_bytes);
    *reading->time_s = row->time_s;
    *reading->found = true;
    return RV_OK;
}

RvStatus rv_store_row(Store *store, int64_t key, float *embedding, int dimensions, double *time_s,
                      bool *found, RvError *err)
{
    RowRead reading = {store, embedding, (size_t)dimensions * sizeof(float), time_s, found};
    const KeyRange range = {key, key};
    *found = false;
    return store->backend->visit_frames(store, &range, copy_row, &reading, err);
}
