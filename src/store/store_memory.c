/* SPDX-License-Identifier: MIT */
/* A library in memory ("memory:"): the same contract as a database, nothing is kept. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/store_backend.h"

typedef struct MemoryFrame {
    int64_t frame_number;
    double time_s;
    float *embedding;
    uint8_t *jpeg; // NULL: no picture
    size_t jpeg_bytes;
} MemoryFrame;

typedef struct MemoryVideo {
    StoredVideo stored;  // frame_count is filled when the row is handed out
    MemoryFrame *frames; // by number
    size_t frame_count, frame_capacity;
} MemoryVideo;

#define MEMORY_NOTES_MAX 16

typedef struct MemoryNote {
    char *name, *value; // NULL: none
} MemoryNote;

typedef struct MemoryStore {
    Store base;
    MemoryVideo *videos; // by id
    size_t video_count, video_capacity;
    int64_t next_id;
    bool claimed;
    ModelIdentity model;
    MemoryNote notes[MEMORY_NOTES_MAX];
} MemoryStore;

static void clear_frame(MemoryFrame *frame)
{
    free(frame->embedding);
    free(frame->jpeg);
    *frame = (MemoryFrame){0};
}

static void clear_memory_video(MemoryVideo *video)
{
    for (size_t i = 0; i < video->frame_count; i++)
        clear_frame(&video->frames[i]);
    free(video->frames);
    rv_stored_video_clear(&video->stored);
    *video = (MemoryVideo){0};
}

static void memory_close(Store *base)
{
    MemoryStore *store = (MemoryStore *)base;
    for (size_t i = 0; i < store->video_count; i++)
        clear_memory_video(&store->videos[i]);
    free(store->videos);
    for (size_t i = 0; i < MEMORY_NOTES_MAX; i++) {
        free(store->notes[i].name);
        free(store->notes[i].value);
    }
    free(base->uri);
    free(store);
}

static RvStatus memory_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    if (strcmp(uri, "memory:") != 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: the library in memory has no name; write memory:", uri);
    MemoryStore *store = rv_mem_alloc(1, sizeof *store, err);
    if (store == NULL)
        return RV_ERROR_MEMORY;
    store->base =
        (Store){.backend = &store_memory_backend, .read_only = options->read_only, .log = options->log};
    store->next_id = 1;
    store->base.uri = rv_mem_copy_string(uri, err);
    if (store->base.uri == NULL) {
        memory_close(&store->base);
        return RV_ERROR_MEMORY;
    }
    *out = &store->base;
    return RV_OK;
}

/* One handle, one call at a time: nobody can write between two reads. */
static RvStatus memory_begin_snapshot(Store *base, RvError *err)
{
    (void)base;
    (void)err;
    return RV_OK;
}

static void memory_end_snapshot(Store *base)
{
    (void)base;
}

static RvStatus memory_get_identity(Store *base, ModelIdentity *out, bool *present, RvError *err)
{
    (void)err;
    const MemoryStore *store = (MemoryStore *)base;
    *present = store->claimed;
    if (store->claimed)
        *out = store->model;
    return RV_OK;
}

static RvStatus memory_claim_identity(Store *base, const ModelIdentity *wanted, ModelIdentity *out,
                                      RvError *err)
{
    (void)err;
    MemoryStore *store = (MemoryStore *)base;
    size_t frame_count = 0;
    for (size_t i = 0; i < store->video_count; i++)
        frame_count += store->videos[i].frame_count;
    if (!store->claimed || frame_count == 0)
        store->model = *wanted;
    store->claimed = true;
    *out = store->model;
    return RV_OK;
}

static RvStatus memory_get_note(Store *base, const char *name, char **value, RvError *err)
{
    const MemoryStore *store = (const MemoryStore *)base;
    for (size_t i = 0; i < MEMORY_NOTES_MAX && store->notes[i].name != NULL; i++) {
        if (strcmp(store->notes[i].name, name) != 0)
            continue;
        *value = rv_mem_copy_string(store->notes[i].value, err);
        return *value != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    return RV_OK;
}

static RvStatus memory_put_note(Store *base, const char *name, const char *value, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    size_t i = 0;
    while (i < MEMORY_NOTES_MAX && store->notes[i].name != NULL && strcmp(store->notes[i].name, name) != 0)
        i++;
    char *new_name = rv_mem_copy_string(name, err), *new_value = rv_mem_copy_string(value, err);
    if (i == MEMORY_NOTES_MAX || new_name == NULL || new_value == NULL) {
        free(new_name);
        free(new_value);
        return i < MEMORY_NOTES_MAX ? RV_ERROR_MEMORY
                                    : rv_error_set(err, RV_ERROR_MEMORY, "%s: more than %d notes", base->uri,
                                                   MEMORY_NOTES_MAX);
    }
    free(store->notes[i].name);
    free(store->notes[i].value);
    store->notes[i] = (MemoryNote){new_name, new_value};
    return RV_OK;
}

/* ---- videos ------------------------------------------------------------------------------------------- */

static MemoryVideo *find_id(MemoryStore *store, int64_t video_id)
{
    for (size_t i = 0; i < store->video_count; i++) {
        if (store->videos[i].stored.video.video_id == video_id)
            return &store->videos[i];
    }
    return NULL;
}

static MemoryVideo *find_path(MemoryStore *store, const char *path)
{
    for (size_t i = 0; i < store->video_count; i++) {
        if (strcmp(store->videos[i].stored.video.path, path) == 0)
            return &store->videos[i];
    }
    return NULL;
}

static MemoryVideo *find_content(MemoryStore *store, const char *content_key)
{
    MemoryVideo *found = NULL;
    for (size_t i = 0; i < store->video_count; i++) {
        MemoryVideo *video = &store->videos[i];
        if (strcmp(video->stored.video.content_key, content_key) != 0)
            continue;
        if (strcmp(video->stored.video.state, "complete") == 0)
            return video;
        if (found == NULL)
            found = video;
    }
    return found;
}

static RvStatus memory_find_video(Store *base, VideoColumn column, const char *value, StoredVideo *out,
                                  bool *found, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    MemoryVideo *video = column == VIDEO_BY_PATH ? find_path(store, value) : find_content(store, value);
    if (video == NULL)
        return RV_OK;
    *found = true;
    video->stored.video.frame_count = (int64_t)video->frame_count;
    return rv_store_copy_video(&video->stored, out, err);
}

static RvStatus memory_has_video(Store *base, int64_t video_id, bool *found, RvError *err)
{
    (void)err;
    *found = find_id((MemoryStore *)base, video_id) != NULL;
    return RV_OK;
}

static void take_out(MemoryStore *store, MemoryVideo *video)
{
    clear_memory_video(video);
    size_t after = (size_t)(store->videos + store->video_count - (video + 1));
    memmove(video, video + 1, after * sizeof *video);
    store->video_count--;
}

static RvStatus reserve_video(MemoryStore *store, RvError *err)
{
    if (store->video_count < store->video_capacity)
        return RV_OK;
    size_t capacity = store->video_capacity > 0 ? 2 * store->video_capacity : 16, size_bytes = SIZE_MAX;
    MemoryVideo *videos = NULL;
    if (rv_mem_multiply(capacity, sizeof *videos, &size_bytes))
        videos = realloc(store->videos, size_bytes);
    if (videos == NULL)
        return rv_error_memory(err, size_bytes);
    store->videos = videos;
    store->video_capacity = capacity;
    return RV_OK;
}

static RvStatus memory_begin_video(Store *base, const VideoFacts *facts, int64_t replace_id,
                                   int64_t *video_id, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    RvStatus status = reserve_video(store, err);
    if (status != RV_OK)
        return status;
    MemoryVideo *same_path = find_path(store, facts->path);
    if (same_path != NULL && same_path->stored.video.video_id != replace_id)
        return rv_store_path_taken(base, facts->path, same_path->stored.video.video_id, err);
    MemoryVideo *replaced = replace_id > 0 ? find_id(store, replace_id) : NULL;
    if (replace_id > 0 && replaced == NULL)
        return rv_store_no_video(base, replace_id, err);
    // The texts are borrowed from the caller here, and copied below.
    StoredVideo row = {.size_bytes = facts->size_bytes, .modified_ns = facts->modified_ns};
    row.video = (RvVideo){.video_id = store->next_id,
                          .path = (char *)facts->path,
                          .content_key = (char *)facts->content_key,
                          .codec = (char *)facts->codec,
                          .sampling = (char *)facts->sampling,
                          .state = (char *)"indexing",
                          .error = (char *)"",
                          .duration_s = facts->duration_s,
                          .frame_rate = facts->frame_rate,
                          .width = facts->width,
                          .height = facts->height};
    MemoryVideo video = {0};
    status = rv_store_copy_video(&row, &video.stored, err);
    if (status != RV_OK)
        return status;
    if (replaced != NULL)
        take_out(store, replaced);
    store->videos[store->video_count++] = video;
    *video_id = store->next_id++;
    return RV_OK;
}

static RvStatus replace_text(char **text, const char *value, RvError *err)
{
    if (value == NULL)
        return RV_OK;
    char *copy = rv_mem_copy_string(value, err);
    if (copy == NULL)
        return RV_ERROR_MEMORY;
    free(*text);
    *text = copy;
    return RV_OK;
}

static RvStatus memory_change_video(Store *base, int64_t video_id, const VideoChange *change, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    MemoryVideo *video = find_id(store, video_id);
    if (video == NULL)
        return rv_store_no_video(base, video_id, err);
    MemoryVideo *same_path = change->path != NULL ? find_path(store, change->path) : NULL;
    if (same_path != NULL && same_path != video)
        return rv_store_path_taken(base, change->path, same_path->stored.video.video_id, err);
    StoredVideo *stored = &video->stored;
    RvStatus status = replace_text(&stored->video.path, change->path, err);
    if (status == RV_OK)
        status = replace_text(&stored->video.state, change->state, err);
    if (status == RV_OK)
        status = replace_text(&stored->video.error, change->error, err);
    if (status != RV_OK)
        return status;
    if (change->duration_s != NULL)
        stored->video.duration_s = *change->duration_s;
    if (change->size_bytes != NULL)
        stored->size_bytes = *change->size_bytes;
    if (change->modified_ns != NULL)
        stored->modified_ns = *change->modified_ns;
    return RV_OK;
}

static RvStatus memory_remove_video(Store *base, int64_t video_id, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    MemoryVideo *video = find_id(store, video_id);
    if (video == NULL)
        return rv_store_no_video(base, video_id, err);
    take_out(store, video);
    return RV_OK;
}

static RvStatus memory_list_videos(Store *base, RvVideos *out, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    out->items = rv_mem_alloc(store->video_count, sizeof *out->items, err);
    if (out->items == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < store->video_count; i++) {
        StoredVideo copy = {0};
        store->videos[i].stored.video.frame_count = (int64_t)store->videos[i].frame_count;
        RvStatus status = rv_store_copy_video(&store->videos[i].stored, &copy, err);
        if (status != RV_OK)
            return status;
        out->items[out->count++] = copy.video;
    }
    return RV_OK;
}

/* ---- frames ------------------------------------------------------------------------------------------- */

/* Index of the first frame whose number is not below frame_number. */
static size_t lower_bound(const MemoryVideo *video, int64_t frame_number)
{
    size_t low = 0, high = video->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (video->frames[middle].frame_number < frame_number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static MemoryFrame *find_frame(const MemoryVideo *video, int64_t frame_number)
{
    size_t at = lower_bound(video, frame_number);
    bool found = at < video->frame_count && video->frames[at].frame_number == frame_number;
    return found ? &video->frames[at] : NULL;
}

static RvStatus copy_frame(const FrameRecord *record, size_t embedding_bytes, MemoryFrame *out, RvError *err)
{
    *out = (MemoryFrame){.frame_number = record->frame_number, .time_s = record->time_s};
    out->embedding = rv_mem_alloc(embedding_bytes, 1, err);
    if (out->embedding == NULL)
        return RV_ERROR_MEMORY;
    memcpy(out->embedding, record->embedding, embedding_bytes);
    if (record->jpeg == NULL)
        return RV_OK;
    out->jpeg = rv_mem_alloc(record->jpeg_bytes, 1, err);
    if (out->jpeg == NULL)
        return RV_ERROR_MEMORY;
    memcpy(out->jpeg, record->jpeg, record->jpeg_bytes);
    out->jpeg_bytes = record->jpeg_bytes;
    return RV_OK;
}

static RvStatus reserve_frames(MemoryVideo *video, size_t count, RvError *err)
{
    size_t needed = video->frame_count + count, size_bytes = SIZE_MAX;
    if (needed <= video->frame_capacity)
        return RV_OK;
    size_t capacity = needed > 2 * video->frame_capacity ? needed : 2 * video->frame_capacity;
    MemoryFrame *frames = NULL;
    if (rv_mem_multiply(capacity, sizeof *frames, &size_bytes))
        frames = realloc(video->frames, size_bytes);
    if (frames == NULL)
        return rv_error_memory(err, size_bytes);
    video->frames = frames;
    video->frame_capacity = capacity;
    return RV_OK;
}

/* Takes the frame's memory over; room was reserved. */
static void insert_frame(MemoryVideo *video, MemoryFrame frame)
{
    size_t at = lower_bound(video, frame.frame_number);
    if (at < video->frame_count && video->frames[at].frame_number == frame.frame_number) {
        clear_frame(&video->frames[at]);
    } else {
        memmove(&video->frames[at + 1], &video->frames[at], (video->frame_count - at) * sizeof frame);
        video->frame_count++;
    }
    video->frames[at] = frame;
}

static RvStatus memory_put_frames(Store *base, int64_t video_id, const FrameRecord *frames, size_t count,
                                  RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    MemoryVideo *video = find_id(store, video_id);
    if (video == NULL)
        return rv_store_no_video(base, video_id, err);
    if (!rv_store_same_model(&store->model, &base->identity))
        return rv_store_model_changed(base, err);
    // Everything that can fail comes before the first change: all of the batch or nothing.
    MemoryFrame *copies = rv_mem_alloc(count, sizeof *copies, err);
    RvStatus status = copies != NULL ? reserve_frames(video, count, err) : RV_ERROR_MEMORY;
    size_t embedding_bytes = (size_t)store->model.dimensions * sizeof(float);
    for (size_t i = 0; status == RV_OK && i < count; i++)
        status = copy_frame(&frames[i], embedding_bytes, &copies[i], err);
    for (size_t i = 0; copies != NULL && i < count; i++) {
        if (status == RV_OK)
            insert_frame(video, copies[i]);
        else
            clear_frame(&copies[i]);
    }
    free(copies);
    return status;
}

static RvStatus memory_visit_frames(Store *base, const FrameRange *range, FrameRowCallback callback,
                                    void *user, RvError *err)
{
    MemoryStore *store = (MemoryStore *)base;
    size_t embedding_bytes = (size_t)store->model.dimensions * sizeof(float);
    for (size_t v = 0; v < store->video_count; v++) {
        const MemoryVideo *video = &store->videos[v];
        int64_t id = video->stored.video.video_id;
        if (id < range->first_video || id > range->last_video)
            continue;
        for (size_t f = id == range->first_video ? lower_bound(video, range->first_number) : 0;
             f < video->frame_count; f++) {
            const MemoryFrame *frame = &video->frames[f];
            if (id == range->last_video && frame->frame_number > range->last_number)
                break;
            FrameRow row = {id, frame->frame_number, frame->time_s, frame->embedding, embedding_bytes, NULL};
            RvStatus status = callback(user, &row, err);
            if (status != RV_OK)
                return status;
        }
    }
    return RV_OK;
}

static RvStatus memory_picture(Store *base, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                               size_t *size_bytes, RvError *err)
{
    const MemoryVideo *video = find_id((MemoryStore *)base, video_id);
    const MemoryFrame *frame = video != NULL ? find_frame(video, frame_number) : NULL;
    if (frame == NULL || frame->jpeg == NULL)
        return rv_store_no_picture(base, video_id, frame_number, err);
    *jpeg = rv_mem_alloc(frame->jpeg_bytes, 1, err);
    if (*jpeg == NULL)
        return RV_ERROR_MEMORY;
    memcpy(*jpeg, frame->jpeg, frame->jpeg_bytes);
    *size_bytes = frame->jpeg_bytes;
    return RV_OK;
}

static RvStatus memory_size_bytes(Store *base, int64_t *out, RvError *err)
{
    (void)err;
    const MemoryStore *store = (MemoryStore *)base;
    size_t total = sizeof *store;
    for (size_t v = 0; v < store->video_count; v++) {
        const MemoryVideo *video = &store->videos[v];
        total += sizeof *video;
        for (size_t f = 0; f < video->frame_count; f++)
            total += sizeof(MemoryFrame) + (size_t)store->model.dimensions * sizeof(float) +
                     video->frames[f].jpeg_bytes;
    }
    *out = (int64_t)total;
    return RV_OK;
}

static RvStatus memory_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                             RvError *err)
{
    (void)base;
    (void)fault;
    (void)user;
    (void)err;
    return RV_OK;
}

const StoreBackend store_memory_backend = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin_snapshot = memory_begin_snapshot,
    .end_snapshot = memory_end_snapshot,
    .get_identity = memory_get_identity,
    .claim_identity = memory_claim_identity,
    .get_note = memory_get_note,
    .put_note = memory_put_note,
    .find_video = memory_find_video,
    .has_video = memory_has_video,
    .begin_video = memory_begin_video,
    .put_frames = memory_put_frames,
    .change_video = memory_change_video,
    .remove_video = memory_remove_video,
    .list_videos = memory_list_videos,
    .visit_frames = memory_visit_frames,
    .picture = memory_picture,
    .size_bytes = memory_size_bytes,
    .check = memory_check,
};
