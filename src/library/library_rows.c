/* SPDX-License-Identifier: MIT */
/* Looking into a library: its videos, frames, pictures and embeddings; counts, checks, removal. */
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "library/frame_at.h"
#include "library/library_handle.h"
#include "library/library_model.h"
#include "pixels/thumbnail.h"
#include "store/video_name.h"

RvStatus rv_library_find(RvLibrary *library, const char *name, RvVideos *out, RvNaming *naming, RvError *err)
{
    RvNaming ignored;
    if (naming == NULL)
        naming = &ignored;
    *naming = RV_NAMED_NONE;
    RvStatus status = leave(library, rv_store_list_videos(enter(library), out, err));
    if (status == RV_OK)
        status = rv_video_name_filter(name, out, naming, err);
    if (status != RV_OK)
        rv_videos_clear(out);
    return status;
}

RvStatus rv_library_list(RvLibrary *library, const char *name, RvVideos *out, RvError *err)
{
    return rv_library_find(library, name, out, NULL, err);
}

RvStatus rv_library_paths(RvLibrary *library, RvVideos *out, RvError *err)
{
    return leave(library, rv_store_list_paths(enter(library), out, err));
}

bool rv_video_is_missing(const RvVideo *video)
{
    return !rv_file_is_url(video->path) && rv_file_is_gone(video->path);
}

RvStatus rv_library_frames(RvLibrary *library, int64_t video_id, RvFrames *out, RvError *err)
{
    return leave(library, rv_store_frames(enter(library), video_id, out, err));
}

RvStatus rv_library_frame_at(RvLibrary *library, const char *name, double time_s, int64_t *video_id,
                             RvFrameInfo *out, RvError *err)
{
    return leave(library, rv_frame_at(enter(library), name, time_s, video_id, out, err));
}

RvStatus rv_library_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                            size_t *size_bytes, RvError *err)
{
    return leave(library, rv_store_picture(enter(library), video_id, frame_number, jpeg, size_bytes, err));
}

/* Fully decoded, so that a picture that passes can be shown. */
static bool picture_decodes(const uint8_t *jpeg, size_t size_bytes, int *width, int *height)
{
    RvPicture *picture = NULL;
    if (rv_thumbnail_decode(jpeg, size_bytes, &picture, NULL) != RV_OK)
        return false;
    RvImage image = rv_picture_image(picture);
    *width = image.width;
    *height = image.height;
    rv_picture_destroy(picture);
    return true;
}

static bool picture_size(const uint8_t *jpeg, size_t size_bytes, int *width, int *height)
{
    return rv_thumbnail_size(jpeg, size_bytes, width, height, NULL) == RV_OK;
}

RvStatus rv_library_model_details(RvLibrary *library, char *details, size_t size_bytes, RvError *err)
{
    return leave(library, rv_store_model_details(enter(library), details, size_bytes, err));
}

RvStatus rv_library_id(RvLibrary *library, char id[RV_LIBRARY_ID_SIZE], RvError *err)
{
    return leave(library, rv_store_id(enter(library), id, err));
}

RvStatus rv_library_length(RvLibrary *library, RvLength *out, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    RvStatus status = rv_store_identity(enter(library), &identity, &present, err);
    *out = status == RV_OK && present && !identity.normalized ? RV_LENGTH_MODEL : RV_LENGTH_ONE;
    return leave(library, status);
}

RvStatus rv_library_info(RvLibrary *library, RvLibraryInfo *out, RvError *err)
{
    Store *store = enter(library);
    RvStatus status = rv_store_info(store, picture_size, out, err);
    if (status == RV_OK)
        status = rv_codes_size(&library->index->codes, store, &out->code_bytes, &out->code_count, err);
    return leave(library, status);
}

RvStatus rv_library_verify(RvLibrary *library, void (*fault)(void *user, const char *line), void *user,
                           size_t *fault_count, RvError *err)
{
    size_t ignored = 0;
    if (fault_count == NULL)
        fault_count = &ignored;
    SearchIndex *index = library->index;
    ThreadPool *pool = NULL;
    Store *store = enter(library);
    RvStatus status = rv_store_verify(store, picture_decodes, fault, user, fault_count, err);
    // Codes of rows that are faulty themselves say nothing.
    if (status == RV_OK && *fault_count == 0)
        status = rv_codes_verify(&index->codes, store, fault, user, fault_count, err);
    if (status == RV_OK && *fault_count == 0 && rv_store_ann_is_derived(store))
        status = rv_engine_pool(library->engine, &pool, err);
    if (status == RV_OK && *fault_count == 0 && rv_store_ann_is_derived(store))
        status = rv_lists_verify(&index->lists, &index->codes, store, pool, fault, user, fault_count, err);
    return leave(library, status);
}

RvStatus rv_library_remove(RvLibrary *library, int64_t video_id, RvError *err)
{
    return leave(library, rv_store_remove_video(enter(library), video_id, err));
}

/* ---- all embeddings ----------------------------------------------------------------------------------- */

typedef struct RowsReader {
    bool (*rows)(void *user, const RvFrameRows *rows);
    void *user;
} RowsReader;

static RvStatus hand_rows(void *user, const FrameBlock *block, RvError *err)
{
    const RowsReader *reader = user;
    if (reader->rows(reader->user, block))
        return RV_OK;
    return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
}

static RvStatus scan_videos(Store *store, const char *video_glob, RowsReader *reader, RvError *err)
{
    RvVideos videos = {0};
    RvStatus status = rv_store_list_paths(store, &videos, err);
    if (status != RV_OK)
        return status;
    RvNaming naming;
    status = rv_video_name_filter(video_glob, &videos, &naming, err);
    int64_t *ids = status == RV_OK ? rv_mem_alloc(videos.count + 1, sizeof *ids, err) : NULL;
    FrameFilter filter = {.video_ids = ids, .video_count = videos.count};
    if (ids == NULL && status == RV_OK)
        status = RV_ERROR_MEMORY;
    for (size_t i = 0; i < videos.count && status == RV_OK; i++)
        ids[i] = videos.items[i].video_id;
    if (status == RV_OK)
        status = rv_store_scan(store, &filter, hand_rows, reader, err);
    free(ids);
    rv_videos_clear(&videos);
    return status;
}

RvStatus rv_library_embeddings(RvLibrary *library, const char *video_glob,
                               bool (*rows)(void *user, const RvFrameRows *rows), void *user, RvError *err)
{
    RowsReader reader = {rows, user};
    Store *store = enter(library);
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status == RV_OK) {
        status = scan_videos(store, video_glob, &reader, err);
        rv_store_end_snapshot(store);
    }
    return leave(library, status);
}
