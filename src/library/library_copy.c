/* SPDX-License-Identifier: MIT */
/* Videos with their frames from one store into another: what is there already, where to go on, batch by
 * batch.
 */
#include "library/library_copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/video_name.h"

#define DEFAULT_BATCH 64
#define MAX_BATCH 4096

typedef struct Copy {
    Store *from, *to;
    const RvCopyOptions *options;
    RvCopyReport *report;
    int dimensions;
    size_t batch_size;
    FrameRecord *records;   // [batch_size]
    int64_t *frame_numbers; // [batch_size]
    float *embeddings;      // float32[batch_size, dimensions]
    uint8_t **pictures;     // [batch_size]; owned while a batch is under way
    PictureReader *reader;  // of `from`
    RvCopyProgress progress;
    double start_s;
} Copy;

/* What is to be done with a video. */
typedef struct Target {
    bool present, refused;
    int64_t resume_id, replace_id; // 0: none
} Target;

static RvStatus report_progress(Copy *copy, RvError *err)
{
    copy->progress.elapsed_s = rv_clock_s() - copy->start_s;
    if (copy->options->progress == NULL ||
        copy->options->progress(copy->options->progress_user, &copy->progress))
        return RV_OK;
    return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled; run the same again to go on");
}

static bool same_recording(const RvVideo *a, const RvVideo *b)
{
    return strcmp(a->content_key, b->content_key) == 0 && strcmp(a->sampling, b->sampling) == 0;
}

/* The target has a row of this path. */
static void decide_on_row(const Copy *copy, const RvVideo *source, const RvVideo *row, Target *target)
{
    if (!same_recording(source, row)) {
        target->refused = !copy->options->replace;
        target->replace_id = row->video_id;
    } else if (row->state == RV_VIDEO_COMPLETE ||
               (row->state == RV_VIDEO_FAILED && source->state == RV_VIDEO_FAILED)) {
        target->present = true;
    } else if (row->state == RV_VIDEO_FAILED) {
        target->replace_id = row->video_id;
    } else {
        target->resume_id = row->video_id;
    }
}

static RvStatus decide(const Copy *copy, const RvVideo *source, Target *target, RvError *err)
{
    StoredVideo row;
    bool found = false;
    *target = (Target){0};
    RvStatus status = rv_store_find_path(copy->to, source->path, &row, &found, err);
    if (status != RV_OK)
        return status;
    if (found) {
        decide_on_row(copy, source, &row.video, target);
    } else {
        status = rv_store_find_content(copy->to, source->content_key, &row, &found, err);
        if (status == RV_OK && found)
            target->present = row.video.state == RV_VIDEO_COMPLETE && same_recording(source, &row.video);
    }
    if (found)
        rv_stored_video_clear(&row);
    return status;
}

/* The source's row becomes one of the target, whose number is its own. */
static RvStatus begin_video(const Copy *copy, const RvVideo *source, int64_t replace_id, int64_t *video_id,
                            RvError *err)
{
    StoredVideo stored;
    bool found = false;
    RvStatus status = rv_store_find_path(copy->from, source->path, &stored, &found, err);
    if (status != RV_OK)
        return status;
    if (!found)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: removed meanwhile", source->path);
    VideoFacts facts = {.path = source->path,
                        .content_key = source->content_key,
                        .size_bytes = stored.size_bytes,
                        .modified_ns = stored.modified_ns,
                        .codec = source->codec,
                        .sampling = source->sampling,
                        .duration_s = source->duration_s,
                        .frame_rate = source->frame_rate,
                        .width = source->width,
                        .height = source->height};
    status = rv_store_begin_video(copy->to, &facts, replace_id, video_id, err);
    rv_stored_video_clear(&stored);
    return status;
}

/* The frame's picture, *kept, for as long as the batch needs it. */
static RvStatus keep_picture(Copy *copy, int64_t from_id, FrameRecord *record, uint8_t **kept, RvError *err)
{
    const uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    RvStatus status = rv_pictures_get(copy->reader, from_id, record->frame_number, &jpeg, &size_bytes, err);
    if (status == RV_ERROR_NOT_FOUND) // a frame may be without
        return RV_OK;
    if (status != RV_OK)
        return status;
    *kept = rv_mem_alloc(size_bytes, 1, err);
    if (*kept == NULL)
        return RV_ERROR_MEMORY;
    memcpy(*kept, jpeg, size_bytes);
    record->jpeg = *kept;
    record->jpeg_bytes = size_bytes;
    return RV_OK;
}

/* Read `count` frames of the source and write them as one transaction. */
static RvStatus copy_batch(Copy *copy, int64_t from_id, int64_t to_id, size_t count, RvError *err)
{
    RvStatus status = rv_store_embeddings(copy->from, from_id, copy->frame_numbers, count, copy->embeddings,
                                          copy->dimensions, err);
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        FrameRecord *record = &copy->records[i];
        record->embedding = copy->embeddings + i * (size_t)copy->dimensions;
        status = keep_picture(copy, from_id, record, &copy->pictures[i], err);
    }
    if (status == RV_OK)
        status = rv_store_put_frames(copy->to, to_id, copy->records, count, copy->dimensions, err);
    for (size_t i = 0; i < count; i++) {
        free(copy->pictures[i]);
        copy->pictures[i] = NULL;
    }
    return status;
}

/* Frames of the source that the target lacks. Both lists are in rising order. */
static RvStatus copy_missing(Copy *copy, int64_t from_id, int64_t to_id, const RvFrames *source,
                             const RvFrames *there, RvError *err)
{
    size_t at_there = 0, count = 0;
    RvStatus status = RV_OK;
    for (size_t i = 0; i < source->count && status == RV_OK; i++) {
        int64_t number = source->items[i].frame_number;
        while (at_there < there->count && there->items[at_there].frame_number < number)
            at_there++;
        copy->progress.frames_done++;
        if (at_there == there->count || there->items[at_there].frame_number != number) {
            copy->frame_numbers[count] = number;
            copy->records[count++] = (FrameRecord){.frame_number = number, .time_s = source->items[i].time_s};
        }
        if (count == copy->batch_size || (count > 0 && i + 1 == source->count)) {
            status = copy_batch(copy, from_id, to_id, count, err);
            copy->report->frames_copied += status == RV_OK ? count : 0;
            count = 0;
            if (status == RV_OK)
                status = report_progress(copy, err);
        }
    }
    return status;
}

static RvStatus copy_frames(Copy *copy, const RvVideo *source, int64_t to_id, RvError *err)
{
    RvFrames frames = {0}, there = {0};
    RvStatus status = rv_store_frames(copy->from, source->video_id, &frames, err);
    if (status == RV_OK)
        status = rv_store_frames(copy->to, to_id, &there, err);
    if (status == RV_OK)
        status = copy_missing(copy, source->video_id, to_id, &frames, &there, err);
    rv_frames_clear(&there);
    rv_frames_clear(&frames);
    return status;
}

static RvStatus copy_video(Copy *copy, const RvVideo *source, const Target *target, RvError *err)
{
    int64_t to_id = target->resume_id;
    RvStatus status = RV_OK;
    if (to_id == 0)
        status = begin_video(copy, source, target->replace_id, &to_id, err);
    if (status == RV_OK)
        status = copy_frames(copy, source, to_id, err);
    if (status == RV_OK && source->state == RV_VIDEO_COMPLETE)
        status = rv_store_finish_damaged(copy->to, to_id, source->duration_s, source->error, err);
    else if (status == RV_OK && source->state == RV_VIDEO_FAILED)
        status = rv_store_fail_video(copy->to, to_id, source->error, err);
    return status;
}

/* A fault of this video's own rows; anything else would befall the others too. */
static bool is_of_the_video(RvStatus status)
{
    return status == RV_ERROR_FORMAT || status == RV_ERROR_NOT_FOUND || status == RV_ERROR_ARGUMENT;
}

/* True if the target had all that the source has of a video that is not complete itself. Else its row there
 * has become complete, or failed, at least. */
static bool is_unchanged(const RvVideo *source, const Target *target, size_t frames_copied)
{
    return target->resume_id != 0 && frames_copied == 0 && source->state == RV_VIDEO_INDEXING;
}

static RvStatus handle_video(Copy *copy, const RvVideo *source, const RvLog *log, RvError *err)
{
    Target target;
    RvError local = {0};
    size_t done_before = copy->progress.frames_done, copied_before = copy->report->frames_copied;
    copy->progress.video = source->path;
    RvStatus status = decide(copy, source, &target, err);
    if (status != RV_OK)
        return status;
    if (target.refused) {
        copy->report->videos_refused++;
        rv_log_line(
            log, RV_LOG_WARNING,
            "%s: %.600s has other content or sampling there; left as it is, replacing must be asked for",
            rv_store_uri(copy->to), source->path);
    } else if (target.present) {
        copy->report->videos_present++;
    } else {
        // One state of the video's rows, also where others write to the source.
        status = rv_store_begin_snapshot(copy->from, &local);
        if (status == RV_OK) {
            status = copy_video(copy, source, &target, &local);
            rv_store_end_snapshot(copy->from);
        }
        if (status == RV_OK && is_unchanged(source, &target, copy->report->frames_copied - copied_before)) {
            copy->report->videos_present++;
        } else if (status == RV_OK) {
            copy->report->videos_copied++;
        } else if (is_of_the_video(status)) {
            copy->report->videos_refused++;
            rv_log_line(log, RV_LOG_WARNING, "%s: not copied: %s", source->path, local.message);
        } else {
            if (err != NULL)
                *err = local;
            return status;
        }
    }
    copy->progress.videos_done++;
    copy->progress.frames_done = done_before + (size_t)source->frame_count;
    return report_progress(copy, err);
}

RvStatus rv_copy_onto_itself(const Store *from, const char *verb, RvError *err)
{
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: a library cannot be %s itself", rv_store_uri(from),
                        verb);
}

RvStatus rv_copy_no_video(Store *from, const char *name, RvError *err)
{
    char *shown = rv_file_copy_shown(name, err);
    RvStatus status = shown != NULL ? rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no video matches '%s'",
                                                   rv_store_uri(from), shown)
                                    : RV_ERROR_MEMORY;
    free(shown);
    return status;
}

static RvStatus copy_videos(Copy *copy, const RvLog *log, RvError *err)
{
    RvVideos videos = {0};
    RvStatus status = rv_store_list_videos(copy->from, &videos, err);
    if (status != RV_OK)
        return status;
    RvNaming naming;
    status = rv_video_name_filter(copy->options->video_glob, &videos, &naming, err);
    if (status == RV_OK && videos.count == 0 && copy->options->video_glob != NULL)
        status = rv_copy_no_video(copy->from, copy->options->video_glob, err);
    copy->progress.videos_expected = videos.count;
    for (size_t i = 0; i < videos.count; i++)
        copy->progress.frames_expected += (size_t)videos.items[i].frame_count;
    for (size_t i = 0; i < videos.count && status == RV_OK; i++)
        status = handle_video(copy, &videos.items[i], log, err);
    rv_videos_clear(&videos);
    return status;
}

/* The copy remembers where the model lay, unless it knows that already. */
static void copy_model_path(Store *from, Store *to)
{
    char *place = NULL, *known = NULL;
    if (rv_store_get_note(from, STORE_NOTE_MODEL_PATH, &place, NULL) == RV_OK && place != NULL &&
        rv_store_get_note(to, STORE_NOTE_MODEL_PATH, &known, NULL) == RV_OK && known == NULL)
        rv_store_put_note(to, STORE_NOTE_MODEL_PATH, place, NULL);
    free(place);
    free(known);
}

/* The hint names the target's model by its place, if that is known and fits. */
static void name_place(Store *to, RvError *err)
{
    char *place = NULL;
    if (err->hint == RV_HINT_REEMBED && rv_store_get_note(to, STORE_NOTE_MODEL_PATH, &place, NULL) == RV_OK &&
        place != NULL && strlen(place) < sizeof err->hint_subject)
        strcpy(err->hint_subject, place);
    free(place);
}

/* The target's rows are of the source's model, or it has none yet. */
static RvStatus claim_target(Store *from, Store *to, const ModelIdentity *identity, RvError *err)
{
    ModelIdentity stored;
    bool present = false;
    RvStatus status = rv_store_require_identity(to, identity, err);
    if (status == RV_ERROR_MISMATCH && rv_store_identity(to, &stored, &present, NULL) == RV_OK && present &&
        !rv_identity_same_model(identity, &stored))
        status = rv_identity_refuse_copy(rv_store_uri(from), identity, rv_store_uri(to), &stored, err);
    if (status == RV_ERROR_MISMATCH && err != NULL)
        name_place(to, err);
    return status;
}

RvStatus rv_copy_library(Store *from, Store *to, const RvLog *log, const RvCopyOptions *options,
                         RvCopyReport *report, RvError *err)
{
    *report = (RvCopyReport){0};
    ModelIdentity identity;
    bool present = false;
    if (options->batch_size < 0 || options->batch_size > MAX_BATCH)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a batch of %d frames; 1 to %d make sense",
                            options->batch_size, MAX_BATCH);
    if (rv_store_same_library(from, to))
        return rv_copy_onto_itself(from, "copied onto", err);
    RvStatus status = rv_store_identity(from, &identity, &present, err);
    if (status == RV_OK && present)
        status = claim_target(from, to, &identity, err);
    if (status != RV_OK)
        return status;
    if (present)
        copy_model_path(from, to);
    Copy copy = {.from = from,
                 .to = to,
                 .options = options,
                 .report = report,
                 .dimensions = present ? identity.dimensions : 1,
                 .batch_size = options->batch_size > 0 ? (size_t)options->batch_size : DEFAULT_BATCH,
                 .start_s = rv_clock_s()};
    copy.records = rv_mem_alloc(copy.batch_size, sizeof *copy.records, err);
    copy.frame_numbers = rv_mem_alloc(copy.batch_size, sizeof *copy.frame_numbers, err);
    copy.pictures = rv_mem_alloc(copy.batch_size, sizeof *copy.pictures, err);
    copy.embeddings = rv_mem_alloc_aligned(copy.batch_size, (size_t)copy.dimensions * sizeof(float), err);
    if (copy.records == NULL || copy.frame_numbers == NULL || copy.pictures == NULL ||
        copy.embeddings == NULL)
        status = RV_ERROR_MEMORY;
    else
        status = rv_pictures_open(from, &copy.reader, err);
    if (status == RV_OK)
        status = copy_videos(&copy, log, err);
    rv_pictures_close(copy.reader);
    free(copy.embeddings);
    free(copy.pictures);
    free(copy.frame_numbers);
    free(copy.records);
    return status;
}
