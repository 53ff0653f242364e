/* SPDX-License-Identifier: MIT */
/* The public library handle: a store, a thread pool for searching, and the calls that join the parts. */
#include "reelvec/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/threads.h"
#include "index/index_pipeline.h"
#include "index/index_settings.h"
#include "library/library_copy.h"
#include "library/library_model.h"
#include "library/library_search.h"
#include "pixels/thumbnail.h"
#include "search/search_index.h"
#include "store/store.h"
#include "store/video_name.h"

struct RvLibrary {
    Store *store;
    SearchIndex *index;
    int thread_count;
    ThreadPool *pool; // made when it is first needed
    RvLog log;
};

RvStatus rv_library_default_path(char *path, size_t size_bytes, RvError *err)
{
    return rv_store_default_path(path, size_bytes, err);
}

RvStatus rv_library_open(const char *uri, const RvLibraryOptions *options, RvLibrary **out, RvError *err)
{
    static const RvLibraryOptions defaults;
    *out = NULL;
    if (options == NULL)
        options = &defaults;
    if (RV_CHECK_RESERVED(RvLibraryOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    if ((unsigned)options->mode > RV_OPEN_READ)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "mode %d of opening a library is not known",
                            (int)options->mode);
    RvLibrary *library = rv_mem_alloc(1, sizeof *library, err);
    if (library == NULL)
        return RV_ERROR_MEMORY;
    library->log = options->log;
    library->thread_count = options->thread_count;
    StoreOptions store_options = {
        .read_only = options->mode == RV_OPEN_READ,
                                  .create = options->mode == RV_OPEN_CREATE,
                                  .log = options->log};
    RvStatus status = rv_threads_check(options->thread_count, err);
    if (status == RV_OK)
        status = rv_store_open(uri, &store_options, &library->store, err);
    if (status == RV_OK)
        status = rv_search_index_create(options->device, options->log, &library->index, err);
    if (status != RV_OK) {
        rv_library_close(library);
        return status;
    }
    *out = library;
    return RV_OK;
}

void rv_library_close(RvLibrary *library)
{
    if (library == NULL)
        return;
    rv_search_index_destroy(library->index);
    rv_store_close(library->store);
    rv_threads_destroy(library->pool);
    free(library);
}

const char *rv_library_uri(const RvLibrary *library)
{
    return rv_store_uri(library->store);
}

RvStatus rv_library_open_encoder(RvLibrary *library, const RvEncoderOptions *options, RvEncoder **out,
                                 RvError *err)
{
    return rv_store_open_encoder(library->store, options, out, err);
}

static RvStatus start_pool(RvLibrary *library, RvError *err)
{
    return library->pool == NULL ? rv_threads_create(library->thread_count, &library->pool, err) : RV_OK;
}

/* If building the codes or the lists fails, searches are slower but nothing is lost. */
static void update_derived(RvLibrary *library)
{
    RvError cause = {0};
    SearchIndex *index = library->index;
    RvStatus status = start_pool(library, &cause);
    if (status == RV_OK)
        status = rv_codes_update(&index->codes, library->store, library->pool, 0, &cause);
    if (status != RV_OK)
        rv_log_line(&library->log, RV_LOG_WARNING, "%s: no codes for fast search: %s",
                    rv_store_uri(library->store), cause.message);
    else if (rv_lists_update(&index->lists, &index->codes, library->store, library->pool, &cause) != RV_OK)
        rv_log_line(&library->log, RV_LOG_WARNING, "%s: the approximate index stays as it was: %s",
                    rv_store_uri(library->store), cause.message);
}

/* ---- indexing ----------------------------------------------------------------------------------------- */

typedef struct IndexListing {
    RvLibrary *library;
    const RvIndexList *list;
} IndexListing;

static RvIndexNext next_of_list(void *user, int slot, RvIndexItem *item)
{
    const IndexListing *listing = user;
    return listing->list->next(listing->list->user, slot, item);
}

static void ended_in_list(void *user, int slot, RvStatus status, const RvIndexReport *report,
                          const RvError *err)
{
    const IndexListing *listing = user;
    if (status == RV_OK)
        update_derived(listing->library);
    listing->list->ended(listing->list->user, slot, status, report, err);
}

RvStatus rv_library_index_list(RvLibrary *library, RvEncoder *encoder, const RvIndexList *list,
                               const RvIndexOptions *options, RvError *err)
{
    static const RvIndexOptions defaults;
    if (RV_CHECK_RESERVED(RvIndexList, list, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    IndexListing listing = {library, list};
    RvIndexList inner = {.jobs = list->jobs, .next = next_of_list, .ended = ended_in_list, .user = &listing};
    return rv_pipeline_run(library->store, encoder, &library->log, &inner,
                           options != NULL ? options : &defaults, err);
}

/* A list of one video. */
typedef struct OneVideo {
    const char *path_or_url;
    RvStatus status;
    RvIndexReport report;
    RvError error;
} OneVideo;

static RvIndexNext next_once(void *user, int slot, RvIndexItem *item)
{
    OneVideo *one = user;
    (void)slot;
    item->path_or_url = one->path_or_url;
    one->path_or_url = NULL;
    return item->path_or_url != NULL ? RV_NEXT_VIDEO : RV_NEXT_END;
}

static void note_end(void *user, int slot, RvStatus status, const RvIndexReport *report, const RvError *err)
{
    OneVideo *one = user;
    (void)slot;
    one->status = status;
    one->report = *report;
    one->report.same_as = NULL; // it ends with this call
    one->error = *err;
}

RvStatus rv_library_index(RvLibrary *library, RvEncoder *encoder, const char *path_or_url,
                          const RvIndexOptions *options, RvIndexReport *report, RvError *err)
{
    OneVideo one = {.path_or_url = path_or_url};
    RvIndexList list = {.jobs = 1, .next = next_once, .ended = note_end, .user = &one};
    RvStatus status = rv_library_index_list(library, encoder, &list, options, &one.error);
    if (status == RV_OK)
        status = one.status;
    if (report != NULL)
        *report = one.report;
    if (status != RV_OK && err != NULL)
        *err = one.error;
    return status;
}

/* ---- a list of several machines ----------------------------------------------------------------------- */

RvStatus rv_library_queue_possible(const char *uri, RvError *err)
{
    return rv_store_queue_possible(uri, err);
}

RvStatus rv_library_queue_add(RvLibrary *library, const RvStrings *paths, const RvIndexOptions *options,
                              RvError *err)
{
    static const RvIndexOptions defaults;
    return rv_index_queue_add(library->store, paths, options != NULL ? options : &defaults, err);
}

RvStatus rv_library_queue_take(RvLibrary *library, const RvIndexOptions *options, double lease_s,
                               RvQueueJob *job, RvQueueCounts *counts, RvError *err)
{
    static const RvIndexOptions defaults;
    char settings[256];
    if (options == NULL)
        options = &defaults;
    RvStatus status = rv_index_check_options(options, err);
    if (status != RV_OK)
        return status;
    rv_index_settings(options, settings, sizeof settings);
    status = rv_store_queue_take(library->store, settings, lease_s, job, err);
    // After taking: where there was nothing to take, what is open is others'.
    if (status == RV_OK && counts != NULL)
        status = rv_store_queue_count(library->store, settings, counts, err);
    if (status != RV_OK && job->path != NULL) {
        rv_store_queue_end(library->store, job, RV_QUEUE_GIVE_BACK, NULL, NULL);
        rv_queue_job_clear(job);
    }
    return status;
}

RvStatus rv_library_queue_renew(RvLibrary *library, const RvQueueJob *job, RvError *err)
{
    return rv_store_queue_renew(library->store, job, err);
}

RvStatus rv_library_queue_end(RvLibrary *library, const RvQueueJob *job, RvQueueEnd how, const char *message,
                              RvError *err)
{
    return rv_store_queue_end(library->store, job, how, message, err);
}

RvStatus rv_library_search(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms, size_t term_count,
                           const RvSearchOptions *options, RvHits *out, RvError *err)
{
    static const RvSearchOptions defaults;
    if (options == NULL)
        options = &defaults;
    RvStatus status = RV_CHECK_RESERVED(RvSearchOptions, options, err);
    if (status == RV_OK)
        status = start_pool(library, err);
    return status == RV_OK ? rv_query_search(library->index, library->store, library->pool, encoder, terms,
                                             term_count, options, out, err)
                           : status;
}

RvStatus rv_library_ann_build(RvLibrary *library, const RvAnnOptions *options, RvError *err)
{
    static const RvAnnOptions defaults;
    if (options == NULL)
        options = &defaults;
    RvStatus status = RV_CHECK_RESERVED(RvAnnOptions, options, err);
    if (status == RV_OK)
        status = start_pool(library, err);
    return status == RV_OK ? rv_search_index_build(library->index, library->store, library->pool, options, err)
                           : status;
}

RvStatus rv_library_ann_drop(RvLibrary *library, bool *dropped, RvError *err)
{
    bool ignored;
    return rv_search_index_drop(library->store, dropped != NULL ? dropped : &ignored, err);
}

RvStatus rv_library_ann_info(RvLibrary *library, RvAnnInfo *out, RvError *err)
{
    return rv_search_index_info(library->index, library->store, out, err);
}

RvStatus rv_library_find(RvLibrary *library, const char *name, RvVideos *out, RvNaming *naming, RvError *err)
{
    RvNaming ignored;
    if (naming == NULL)
        naming = &ignored;
    *naming = RV_NAMED_NONE;
    RvStatus status = rv_store_list_videos(library->store, out, err);
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
    return rv_store_list_paths(library->store, out, err);
}

bool rv_video_is_missing(const RvVideo *video)
{
    return !rv_file_is_url(video->path) && rv_file_is_gone(video->path);
}

RvStatus rv_library_frames(RvLibrary *library, int64_t video_id, RvFrames *out, RvError *err)
{
    return rv_store_frames(library->store, video_id, out, err);
}

RvStatus rv_library_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                            size_t *size_bytes, RvError *err)
{
    return rv_store_picture(library->store, video_id, frame_number, jpeg, size_bytes, err);
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

RvStatus rv_library_info(RvLibrary *library, RvLibraryInfo *out, RvError *err)
{
    RvStatus status = rv_store_info(library->store, picture_size, out, err);
    return status == RV_OK ? rv_codes_size(&library->index->codes, library->store, &out->code_bytes,
                                           &out->code_count, err)
                           : status;
}

RvStatus rv_library_verify(RvLibrary *library, void (*fault)(void *user, const char *line), void *user,
                           size_t *fault_count, RvError *err)
{
    size_t ignored = 0;
    if (fault_count == NULL)
        fault_count = &ignored;
    SearchIndex *index = library->index;
    Store *store = library->store;
    RvStatus status = rv_store_verify(store, picture_decodes, fault, user, fault_count, err);
    // Codes of rows that are faulty themselves say nothing.
    if (status == RV_OK && *fault_count == 0)
        status = rv_codes_verify(&index->codes, store, fault, user, fault_count, err);
    if (status == RV_OK && *fault_count == 0 && rv_store_ann_is_derived(store))
        status = start_pool(library, err);
    if (status == RV_OK && *fault_count == 0 && rv_store_ann_is_derived(store))
        status = rv_lists_verify(&index->lists, &index->codes, store, library->pool, fault, user, fault_count,
                                 err);
    return status;
}

RvStatus rv_library_remove(RvLibrary *library, int64_t video_id, RvError *err)
{
    return rv_store_remove_video(library->store, video_id, err);
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

static RvStatus scan_videos(RvLibrary *library, const char *video_glob, RowsReader *reader, RvError *err)
{
    RvVideos videos = {0};
    RvStatus status = rv_store_list_paths(library->store, &videos, err);
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
        status = rv_store_scan(library->store, &filter, hand_rows, reader, err);
    free(ids);
    rv_videos_clear(&videos);
    return status;
}

RvStatus rv_library_embeddings(RvLibrary *library, const char *video_glob,
                               bool (*rows)(void *user, const RvFrameRows *rows), void *user, RvError *err)
{
    RowsReader reader = {rows, user};
    RvStatus status = rv_store_begin_snapshot(library->store, err);
    if (status != RV_OK)
        return status;
    status = scan_videos(library, video_glob, &reader, err);
    rv_store_end_snapshot(library->store);
    return status;
}

RvStatus rv_library_copy(RvLibrary *from, RvLibrary *to, const RvCopyOptions *options, RvCopyReport *report,
                         RvError *err)
{
    static const RvCopyOptions defaults;
    RvCopyReport ignored;
    if (options == NULL)
        options = &defaults;
    RvStatus status = RV_CHECK_RESERVED(RvCopyOptions, options, err);
    if (status == RV_OK)
        status = rv_copy_library(from->store, to->store, &to->log, options,
                                 report != NULL ? report : &ignored, err);
    if (status == RV_OK)
        update_derived(to);
    return status;
}
