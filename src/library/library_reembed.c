/* SPDX-License-Identifier: MIT */
/* Re-embedding: the videos of one library through the pipeline of indexing into another one. */
#include "reelvec/reembed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "encoder/encoder_identity.h"
#include "index/index_pipeline.h"
#include "library/library_copy.h"
#include "library/library_handle.h"
#include "store/video_name.h"

/* A video under way. */
typedef struct Slot {
    const RvVideo *video; // of the list
    StoredVideo row;
    size_t frames_done;
} Slot;

/* A video that the target had begun before this run came to it: by another process, which may be at work or dead. It
 * is looked at again after the others. */
typedef struct Begun {
    const RvVideo *video; // of the list
    int64_t frame_count;  // in the target, when it was first seen
    double seen_s;
} Begun;

// Frames that do not come for so long since they were first looked at come no more.
#define DEAD_AFTER_S 2

typedef struct Reembedding {
    RvLibrary *from, *to;
    const RvReembedOptions *options;
    RvReembedReport *report;
    RvVideos videos; // by id: new ones get their ids in the same order
    size_t next;
    Begun *begun; // [videos.count]; those that were put off
    size_t begun_count, begun_next;
    int jobs;
    Slot *slots;           // [jobs]
    IndexOrigin *origins;  // [jobs]
    pthread_mutex_t mutex; // guards the old store
    size_t frames_ended;   // of the videos that have ended
    RvCopyProgress progress;
    double start_s;
    RvStatus status; // what stops all videos
    RvError error;
} Reembedding;

static void stop_all(Reembedding *run, RvStatus status, const RvError *err)
{
    if (run->status != RV_OK)
        return;
    run->status = status;
    run->error = *err;
}

static bool report_progress(Reembedding *run, const char *video)
{
    const RvReembedOptions *options = run->options;
    RvError err = {0};
    run->progress.video = video;
    run->progress.elapsed_s = rv_clock_s() - run->start_s;
    run->progress.frames_done = run->frames_ended;
    for (int slot = 0; slot < run->jobs; slot++)
        run->progress.frames_done += run->slots[slot].frames_done;
    if (run->status == RV_OK && options->progress != NULL &&
        !options->progress(options->user, &run->progress))
        stop_all(run, rv_error_set(&err, RV_ERROR_CANCELLED, "cancelled; run the same again to go on"), &err);
    return run->status == RV_OK;
}

static bool note_progress(void *user, const RvIndexProgress *progress)
{
    Reembedding *run = user;
    run->slots[progress->slot].frames_done = progress->frames_done;
    return report_progress(run, progress->video);
}

static void leave_out(Reembedding *run, const char *path, const RvError *why)
{
    run->report->videos_left_out++;
    if (run->options->left_out != NULL)
        run->options->left_out(run->options->user, path, why);
    else
        rv_log_line(&run->to->log, RV_LOG_WARNING, "%s", why->message);
}

/* ---- the list of the pipeline -------------------------------------------------------------------------- */

/* Look up the video's row in the old library. False: it is left out. */
static bool begin_video(Reembedding *run, int index, const RvVideo *video)
{
    Slot *slot = &run->slots[index];
    bool found = false;
    RvError err = {0};
    pthread_mutex_lock(&run->mutex);
    RvStatus status = rv_store_find_path(run->from->store, video->path, &slot->row, &found, &err);
    pthread_mutex_unlock(&run->mutex);
    if (status != RV_OK) {
        stop_all(run, status, &err);
        return false;
    }
    if (!found) {
        rv_error_set(&err, RV_ERROR_NOT_FOUND, "%.600s: removed from %s meanwhile", video->path,
                     rv_store_uri(run->from->store));
        leave_out(run, video->path, &err);
        run->progress.videos_done++;
        run->frames_ended += (size_t)video->frame_count;
        return false;
    }
    slot->video = video;
    slot->frames_done = 0;
    run->origins[index] = (IndexOrigin){.store = run->from->store,
                                        .mutex = &run->mutex,
                                        .row = &slot->row,
                                        .from_pictures = run->options->from_pictures,
                                        .replace = run->options->replace};
    return true;
}

/* Returns how many frames the target has of a video that was begun there and not ended; -1 if it was not. */
static int64_t count_begun(Reembedding *run, const RvVideo *video)
{
    StoredVideo row;
    bool found = false;
    RvError err = {0};
    RvStatus status = rv_store_find_path(run->to->store, video->path, &row, &found, &err);
    if (status != RV_OK)
        stop_all(run, status, &err);
    if (status != RV_OK || !found)
        return -1;
    int64_t count = row.video.state == RV_VIDEO_INDEXING ? row.video.frame_count : -1;
    rv_stored_video_clear(&row);
    return count;
}

/* The next of the list that nobody has begun, or NULL. */
static const RvVideo *next_of_list(Reembedding *run)
{
    while (run->status == RV_OK && run->next < run->videos.count) {
        const RvVideo *video = &run->videos.items[run->next++];
        int64_t count = video->state == RV_VIDEO_INDEXING ? -1 : count_begun(run, video);
        if (count < 0)
            return video;
        run->begun[run->begun_count++] = (Begun){video, count, rv_clock_s()};
    }
    return NULL;
}

/* The next of those that were put off, if nobody is at work on it; else NULL. *wait: it is not known yet. */
static const RvVideo *next_of_begun(Reembedding *run, bool *wait)
{
    while (run->status == RV_OK && !*wait && run->begun_next < run->begun_count) {
        const Begun *begun = &run->begun[run->begun_next];
        int64_t count = count_begun(run, begun->video);
        *wait = count == begun->frame_count && rv_clock_s() - begun->seen_s < DEAD_AFTER_S;
        if (*wait)
            break;
        run->begun_next++;
        if (count == -1 || count == begun->frame_count)
            return begun->video;
        run->report->videos_elsewhere++;
        run->progress.videos_done++;
        run->frames_ended += (size_t)begun->video->frame_count;
    }
    return NULL;
}

static RvIndexNext next_video(void *user, int slot, RvIndexItem *item)
{
    Reembedding *run = user;
    bool wait = false;
    const RvVideo *video = NULL;
    while ((video = next_of_list(run)) != NULL || (video = next_of_begun(run, &wait)) != NULL) {
        if (begin_video(run, slot, video)) {
            item->path_or_url = video->path;
            return RV_NEXT_VIDEO;
        }
    }
    if (wait)
        return report_progress(run, run->begun[run->begun_next].video->path) ? RV_NEXT_LATER : RV_NEXT_END;
    return RV_NEXT_END;
}

/* A failure of a library would befall the other videos too: its message begins with the library's address. */
static bool is_of_a_library(const Reembedding *run, RvStatus status, const RvError *err)
{
    const char *from = rv_store_uri(run->from->store), *to = rv_store_uri(run->to->store);
    if (status == RV_ERROR_MEMORY || status == RV_ERROR_BUSY || status == RV_ERROR_MISMATCH ||
        status == RV_ERROR_INTERNAL)
        return true;
    return (status == RV_ERROR_IO || status == RV_ERROR_NETWORK) &&
           (strncmp(err->message, from, strlen(from)) == 0 || strncmp(err->message, to, strlen(to)) == 0);
}

static void count_end(Reembedding *run, bool pictures, const RvIndexReport *report)
{
    if (report->outcome == RV_INDEX_UNCHANGED) {
        run->report->videos_present++;
    } else if (report->outcome == RV_INDEX_ELSEWHERE) {
        run->report->videos_elsewhere++;
    } else {
        run->report->videos_embedded++;
        run->report->videos_from_pictures += pictures;
        rv_library_update_derived(run->to);
    }
}

static void video_ended(void *user, int index, RvStatus status, const RvIndexReport *report,
                        const RvError *err)
{
    Reembedding *run = user;
    Slot *slot = &run->slots[index];
    run->report->frames_embedded += report->frames_embedded;
    run->frames_ended += (size_t)slot->video->frame_count;
    run->progress.videos_done++;
    slot->frames_done = 0;
    if (status == RV_OK)
        count_end(run, run->origins[index].took_pictures, report);
    else if (is_of_a_library(run, status, err))
        stop_all(run, status, err);
    else if (status != RV_ERROR_CANCELLED)
        leave_out(run, slot->video->path, err);
    rv_stored_video_clear(&slot->row);
    report_progress(run, slot->video->path);
}

/* ---- the run ------------------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    int64_t left = ((const RvVideo *)a)->video_id, right = ((const RvVideo *)b)->video_id;
    return (left > right) - (left < right);
}

static RvStatus list_videos(Reembedding *run, RvError *err)
{
    Store *store = run->from->store;
    const char *name = run->options->video_glob;
    RvNaming naming;
    RvStatus status = rv_store_list_videos(store, &run->videos, err);
    if (status == RV_OK)
        status = rv_video_name_filter(name, &run->videos, &naming, err);
    if (status == RV_OK && run->videos.count == 0 && name != NULL)
        status = rv_copy_no_video(store, name, err);
    if (status == RV_OK && run->videos.count > 1)
        qsort(run->videos.items, run->videos.count, sizeof *run->videos.items, compare_ids);
    run->progress.videos_expected = run->videos.count;
    for (size_t i = 0; i < run->videos.count; i++)
        run->progress.frames_expected += (size_t)run->videos.items[i].frame_count;
    return status;
}

static RvStatus run_list(Reembedding *run, RvEncoder *encoder, bool normalized, RvError *err)
{
    const RvReembedOptions *options = run->options;
    RvIndexOptions index = {.batch_size = options->batch_size,
                            .sampling.exact_pixels = options->exact_pixels,
                            .hwaccel = options->hwaccel,
                            .skip_similar = options->skip_similar,
                            .embedding_length = normalized ? RV_LENGTH_ONE : RV_LENGTH_MODEL,
                            .progress = note_progress,
                            .progress_user = run};
    RvIndexList list = {.jobs = run->jobs, .next = next_video, .ended = video_ended, .user = run};
    RvStatus status =
        rv_pipeline_run(run->to->store, encoder, &run->to->log, &list, run->origins, &index, err);
    if (status != RV_OK || run->status == RV_OK)
        return status;
    if (err != NULL)
        *err = run->error;
    return run->status;
}

static RvStatus open_run(Reembedding *run, RvEncoder *encoder, RvError *err)
{
    RvStatus status = rv_encoder_open_device(encoder, err);
    if (status != RV_OK)
        return status;
    run->jobs = run->options->jobs > 0 ? run->options->jobs : rv_encoder_jobs(encoder);
    run->slots = rv_mem_alloc((size_t)run->jobs, sizeof *run->slots, err);
    run->origins = rv_mem_alloc((size_t)run->jobs, sizeof *run->origins, err);
    if (run->slots == NULL || run->origins == NULL)
        return RV_ERROR_MEMORY;
    status = list_videos(run, err);
    if (status == RV_OK)
        run->begun = rv_mem_alloc(run->videos.count + 1, sizeof *run->begun, err);
    return status == RV_OK && run->begun == NULL ? RV_ERROR_MEMORY : status;
}

/* NOT_FOUND if the library has no embeddings. */
static RvStatus require_embeddings(Store *from, ModelIdentity *old, RvError *err)
{
    bool present = false;
    RvStatus status = rv_store_identity(from, old, &present, err);
    if (status == RV_OK && !present)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_INDEX, NULL,
                                   "%s: has no embeddings of any model yet", rv_store_uri(from));
    return status;
}

/* What is done about a library of another model elsewhere, is what is being done here. */
static void advise_another_target(RvError *err)
{
    size_t used = strlen(err->message);
    err->hint = RV_HINT_NONE;
    snprintf(err->message + used, sizeof err->message - used,
             "; the new library must be empty or of the new model: give another one");
}

/* Claims the target for the model. */
static RvStatus check_models(Reembedding *run, RvEncoder *encoder, bool *normalized, RvError *err)
{
    ModelIdentity old, new;
    RvStatus status = require_embeddings(run->from->store, &old, err);
    *normalized = old.normalized;
    if (status == RV_OK && rv_store_same_library(run->from->store, run->to->store))
        status = rv_copy_onto_itself(run->from->store, "re-embedded into", err);
    if (status == RV_OK)
        status = rv_encoder_identity(encoder, old.normalized, &new, err);
    if (status == RV_OK)
        status = rv_encoder_claim(encoder, run->to->store, old.normalized, err);
    if (status == RV_ERROR_MISMATCH && err != NULL && err->hint == RV_HINT_MODEL)
        advise_another_target(err);
    if (status == RV_OK && strcmp(old.weights_sha256, new.weights_sha256) == 0)
        rv_log_line(&run->to->log, RV_LOG_WARNING,
                    "%s: has embeddings of this model, %s, already; copying it would need no videos",
                    rv_store_uri(run->from->store), new.name);
    return status;
}

static RvStatus reembed(Reembedding *run, RvEncoder *encoder, RvError *err)
{
    bool normalized = true;
    if (run->options->jobs < 0 || run->options->jobs > RV_INDEX_JOBS_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%d videos at once; up to %d are possible",
                            run->options->jobs, RV_INDEX_JOBS_MAX);
    RvStatus status = check_models(run, encoder, &normalized, err);
    if (status != RV_OK)
        return status;
    run->start_s = rv_clock_s();
    pthread_mutex_init(&run->mutex, NULL);
    status = open_run(run, encoder, err);
    if (status == RV_OK)
        status = run_list(run, encoder, normalized, err);
    pthread_mutex_destroy(&run->mutex);
    rv_videos_clear(&run->videos);
    free(run->begun);
    free(run->origins);
    free(run->slots);
    return status;
}

RvStatus rv_library_reembed_possible(RvLibrary *from, const char *to_uri, RvError *err)
{
    Store *store = enter(from);
    ModelIdentity old;
    bool same = false;
    RvStatus status = rv_store_is_at(store, to_uri, &same, err);
    if (status == RV_OK && same)
        status = rv_copy_onto_itself(store, "re-embedded into", err);
    if (status == RV_OK)
        status = require_embeddings(store, &old, err);
    return leave(from, status);
}

RvStatus rv_library_reembed(RvLibrary *from, RvLibrary *to, RvEncoder *encoder,
                            const RvReembedOptions *options, RvReembedReport *report, RvError *err)
{
    static const RvReembedOptions defaults;
    RvReembedReport ignored;
    Reembedding run = {.from = from,
                       .to = to,
                       .options = options != NULL ? options : &defaults,
                       .report = report != NULL ? report : &ignored};
    *run.report = (RvReembedReport){0};
    if (RV_CHECK_RESERVED(RvReembedOptions, run.options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    // As in rv_library_copy: two calls in opposite directions must not wait for each other.
    RvLibrary *first = from < to ? from : to, *second = from < to ? to : from;
    enter(first);
    enter(second);
    return leave(first, leave(second, reembed(&run, encoder, err)));
}
