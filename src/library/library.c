/* SPDX-License-Identifier: MIT */
/* The public library handle: opening it, and the calls that join the parts: indexing, searching, copying. */
#include "reelvec/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/engine_parts.h"
#include "index/index_pipeline.h"
#include "index/index_settings.h"
#include "library/library_copy.h"
#include "library/library_handle.h"
#include "library/library_model.h"
#include "library/library_search.h"

static void write_line(void *user, RvLogLevel level, const char *message)
{
    RvLibrary *library = user;
    pthread_mutex_lock(&library->log_mutex);
    library->user_log.write(library->user_log.user, level, message);
    pthread_mutex_unlock(&library->log_mutex);
}

RvStatus rv_library_default_path(char *path, size_t size_bytes, RvError *err)
{
    return rv_store_default_path(path, size_bytes, err);
}

static void init_locks(RvLibrary *library)
{
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&library->mutex, &recursive);
    pthread_mutex_init(&library->log_mutex, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

static RvStatus open_parts(RvLibrary *library, const char *uri, const RvLibraryOptions *options, RvError *err)
{
    StoreOptions store_options = {.read_only = options->mode == RV_OPEN_READ,
                                  .create = options->mode == RV_OPEN_CREATE,
                                  .log = library->log};
    RvStatus status = rv_engine_hold(options->engine, options->thread_count, &library->engine, err);
    if (status == RV_OK)
        status = rv_store_open(uri, &store_options, &library->store, err);
    if (status != RV_OK)
        return status;
    library->has_readers = true;
    status = rv_readers_init(&library->readers, uri, library->store, library->log, err);
    if (status != RV_OK)
        return status;
    const char *device = options->device != NULL ? options->device : rv_engine_device(library->engine);
    return rv_search_index_create(rv_engine_searches(library->engine), library->store, device, library->log,
                                  &library->index, err);
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
    init_locks(library);
    library->user_log = options->log;
    if (options->log.write != NULL)
        library->log = (RvLog){write_line, library};
    RvStatus status = open_parts(library, uri, options, err);
    if (status == RV_OK)
        *out = library;
    else
        rv_library_close(library);
    return status;
}

void rv_library_close(RvLibrary *library)
{
    if (library == NULL)
        return;
    rv_search_index_destroy(library->index);
    if (library->has_readers)
        rv_readers_clear(&library->readers);
    rv_store_close(library->store);
    rv_engine_release(library->engine);
    pthread_mutex_destroy(&library->mutex);
    pthread_mutex_destroy(&library->log_mutex);
    free(library);
}

const char *rv_library_uri(const RvLibrary *library)
{
    return rv_store_uri(library->store);
}

RvStatus rv_library_open_encoder(RvLibrary *library, const RvEncoderOptions *options, RvEncoder **out,
                                 RvError *err)
{
    return leave(library, rv_store_open_encoder(enter(library), options, out, err));
}

RvStatus rv_library_check_encoder(RvLibrary *library, RvEncoder *encoder, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    return leave(library, rv_store_check_encoder(enter(library), encoder, &identity, &present, err));
}

void rv_library_update_derived(RvLibrary *library)
{
    RvError cause = {0};
    SearchIndex *index = library->index;
    ThreadPool *pool = NULL;
    Store *store = enter(library);
    RvStatus status = rv_engine_pool(library->engine, &pool, &cause);
    if (status == RV_OK)
        status = rv_codes_update(&index->codes, store, pool, 0, &cause);
    if (status != RV_OK)
        rv_log_line(&library->log, RV_LOG_WARNING, "%s: no codes for fast search: %s", rv_store_uri(store),
                    cause.message);
    else if (rv_lists_update(&index->lists, &index->codes, store, pool, &cause) != RV_OK)
        rv_log_line(&library->log, RV_LOG_WARNING, "%s: the approximate index stays as it was: %s",
                    rv_store_uri(store), cause.message);
    leave(library, status);
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
        rv_library_update_derived(listing->library);
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
    return leave(library, rv_pipeline_run(enter(library), encoder, &library->log, &inner, NULL,
                                          options != NULL ? options : &defaults, err));
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
    one->report.same_as = one->report.failure = NULL; // they end with this call
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
    return leave(library,
                 rv_index_queue_add(enter(library), paths, options != NULL ? options : &defaults, err));
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
    Store *store = enter(library);
    status = rv_store_queue_take(store, settings, lease_s, job, err);
    // After taking: if there was nothing to take, what is open is others'.
    if (status == RV_OK && counts != NULL)
        status = rv_store_queue_count(store, settings, counts, err);
    if (status != RV_OK && job->path != NULL) {
        rv_store_queue_end(store, job, RV_QUEUE_GIVE_BACK, NULL, NULL);
        rv_queue_job_clear(job);
    }
    return leave(library, status);
}

RvStatus rv_library_queue_renew(RvLibrary *library, const RvQueueJob *job, RvError *err)
{
    return leave(library, rv_store_queue_renew(enter(library), job, err));
}

RvStatus rv_library_queue_end(RvLibrary *library, const RvQueueJob *job, RvQueueEnd how, const char *message,
                              RvError *err)
{
    return leave(library, rv_store_queue_end(enter(library), job, how, message, err));
}

/* A store for a search: the library's own if it is free, as it may also write codes that are missing. *reader is NULL
 * then. */
static Store *take_store(RvLibrary *library, Store **reader)
{
    *reader = NULL;
    if (pthread_mutex_trylock(&library->mutex) == 0)
        return library->store;
    *reader = rv_readers_take(&library->readers);
    return *reader != NULL ? *reader : enter(library);
}

static RvStatus give_store_back(RvLibrary *library, Store *reader, RvStatus status)
{
    if (reader == NULL)
        return leave(library, status);
    rv_readers_give_back(&library->readers, reader);
    return status;
}

/* Checks the options, NULL for the defaults, and gives the threads. */
static RvStatus begin_search(RvLibrary *library, const RvSearchOptions **options, ThreadPool **pool,
                             RvError *err)
{
    static const RvSearchOptions defaults;
    if (*options == NULL)
        *options = &defaults;
    RvStatus status = RV_CHECK_RESERVED(RvSearchOptions, *options, err);
    return status == RV_OK ? rv_engine_pool(library->engine, pool, err) : status;
}

RvStatus rv_library_search(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms, size_t term_count,
                           const RvSearchOptions *options, RvHits *out, RvError *err)
{
    ThreadPool *pool = NULL;
    Store *reader = NULL;
    *out = (RvHits){0};
    RvStatus status = begin_search(library, &options, &pool, err);
    if (status != RV_OK)
        return status;
    Store *store = take_store(library, &reader);
    status = rv_query_search(library->index, store, pool, encoder, terms, term_count, options, out, err);
    return give_store_back(library, reader, status);
}

RvStatus rv_library_video_scores(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms,
                                 size_t term_count, const RvSearchOptions *options, const char *video,
                                 RvFrameScores *out, RvError *err)
{
    ThreadPool *pool = NULL;
    Store *reader = NULL;
    *out = (RvFrameScores){0};
    RvStatus status = begin_search(library, &options, &pool, err);
    if (status != RV_OK)
        return status;
    Store *store = take_store(library, &reader);
    status = rv_query_video_scores(store, pool, encoder, terms, term_count, options, video, out, err);
    return give_store_back(library, reader, status);
}

RvStatus rv_library_ann_build(RvLibrary *library, const RvAnnOptions *options, RvError *err)
{
    static const RvAnnOptions defaults;
    ThreadPool *pool = NULL;
    if (options == NULL)
        options = &defaults;
    RvStatus status = RV_CHECK_RESERVED(RvAnnOptions, options, err);
    if (status == RV_OK)
        status = rv_engine_pool(library->engine, &pool, err);
    if (status != RV_OK)
        return status;
    return leave(library, rv_search_index_build(library->index, enter(library), pool, options, err));
}

RvStatus rv_library_ann_drop(RvLibrary *library, bool *dropped, RvError *err)
{
    bool ignored;
    return leave(library, rv_search_index_drop(enter(library), dropped != NULL ? dropped : &ignored, err));
}

RvStatus rv_library_ann_info(RvLibrary *library, RvAnnInfo *out, RvError *err)
{
    return leave(library, rv_search_index_info(library->index, enter(library), out, err));
}

RvStatus rv_library_copy(RvLibrary *from, RvLibrary *to, const RvCopyOptions *options, RvCopyReport *report,
                         RvError *err)
{
    static const RvCopyOptions defaults;
    RvCopyReport ignored;
    if (options == NULL)
        options = &defaults;
    if (RV_CHECK_RESERVED(RvCopyOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    // Two copies in opposite directions must not wait for each other.
    RvLibrary *first = from < to ? from : to, *second = from < to ? to : from;
    enter(first);
    enter(second);
    RvStatus status =
        rv_copy_library(from->store, to->store, &to->log, options, report != NULL ? report : &ignored, err);
    if (status == RV_OK)
        rv_library_update_derived(to);
    leave(second, status);
    return leave(first, status);
}
