/* SPDX-License-Identifier: MIT */
/* Passes over a whole library: counts and extremes, and the search for faults. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/store_backend.h"

// The length of a normalised float32 vector differs from 1 by no more than this, whatever its dimensions.
#define UNIT_LENGTH_TOLERANCE 1e-4

static double embedding_length(const FrameRow *row)
{
    double sum = 0;
    for (size_t i = 0; i < row->embedding_bytes / sizeof(float); i++) {
        float value;
        memcpy(&value, (const char *)row->embedding + i * sizeof value, sizeof value);
        sum += (double)value * value;
    }
    return sqrt(sum);
}

/* ---- info --------------------------------------------------------------------------------------------- */

typedef struct InfoScan {
    Store *store;
    PictureReader *pictures;
    PictureCheck check_picture;
    RvLibraryInfo *info;
    size_t embedding_bytes;
} InfoScan;

static RvStatus measure_picture(InfoScan *scan, const FrameRow *row, RvError *err)
{
    const uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    RvStatus status =
        rv_pictures_get(scan->pictures, row->video_id, row->frame_number, &jpeg, &size_bytes, err);
    if (status == RV_ERROR_NOT_FOUND)
        return RV_OK;
    if (status != RV_OK)
        return status;
    RvLibraryInfo *info = scan->info;
    info->picture_bytes += (int64_t)size_bytes;
    int width = 0, height = 0;
    if (scan->check_picture != NULL && scan->check_picture(jpeg, size_bytes, &width, &height)) {
        if (info->max_picture_height == 0 || height < info->min_picture_height)
            info->min_picture_height = height;
        if (height > info->max_picture_height)
            info->max_picture_height = height;
    }
    return RV_OK;
}

static RvStatus measure_row(void *user, const FrameRow *row, RvError *err)
{
    InfoScan *scan = user;
    if (row->fault != NULL || row->embedding_bytes != scan->embedding_bytes)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL, "%s: video %lld, frame %lld: %s",
                                 scan->store->uri, (long long)row->video_id, (long long)row->frame_number,
                                 row->fault != NULL ? row->fault : "embedding_data has the wrong size");
    RvLibraryInfo *info = scan->info;
    double length = embedding_length(row);
    if (info->frame_count == 0 || length < info->min_embedding_length)
        info->min_embedding_length = length;
    if (info->frame_count == 0 || length > info->max_embedding_length)
        info->max_embedding_length = length;
    info->frame_count++;
    info->embedding_bytes += (int64_t)row->embedding_bytes;
    return measure_picture(scan, row, err);
}

static void count_videos(const RvVideos *videos, RvLibraryInfo *info)
{
    info->video_count = (int64_t)videos->count;
    for (size_t i = 0; i < videos->count; i++) {
        bool complete = videos->items[i].state == RV_VIDEO_COMPLETE;
        info->complete_count += complete;
        info->damaged_count += complete && rv_video_damage(&videos->items[i])[0] != '\0';
        info->from_pictures_count += complete && rv_video_is_from_pictures(&videos->items[i]);
        info->failed_count += videos->items[i].state == RV_VIDEO_FAILED;
    }
}

RvStatus rv_store_info(Store *store, PictureCheck check_picture, RvLibraryInfo *out, RvError *err)
{
    *out = (RvLibraryInfo){.schema_version = store->schema_version};
    snprintf(out->uri, sizeof out->uri, "%s", store->uri);
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    ModelIdentity identity = {0};
    RvVideos videos = {0};
    const KeyRange all = rv_store_all_keys();
    bool present = false;
    char *place = NULL;
    status = rv_store_identity(store, &identity, &present, err);
    if (status == RV_OK)
        status = rv_store_get_note(store, STORE_NOTE_MODEL_PATH, &place, err);
    if (status == RV_OK)
        status = rv_store_list_videos(store, &videos, err);
    if (status == RV_OK)
        status = store->backend->size_bytes(store, &out->size_bytes, err);
    if (status == RV_OK && store->backend->describe != NULL)
        status = store->backend->describe(store, out, err);
    count_videos(&videos, out);
    snprintf(out->model_name, sizeof out->model_name, "%s", identity.name);
    snprintf(out->weights_sha256, sizeof out->weights_sha256, "%s", identity.weights_sha256);
    snprintf(out->model_path, sizeof out->model_path, "%s", place != NULL ? place : "");
    free(place);
    out->dimensions = identity.dimensions;
    out->normalized = identity.normalized;
    InfoScan scan = {store, NULL, check_picture, out, (size_t)identity.dimensions * sizeof(float)};
    if (status == RV_OK)
        status = rv_pictures_open(store, &scan.pictures, err);
    if (status == RV_OK)
        status = store->backend->visit_frames(store, &all, measure_row, &scan, err);
    rv_pictures_close(scan.pictures);
    rv_store_end_snapshot(store);
    rv_videos_clear(&videos);
    return status;
}

/* ---- verify ------------------------------------------------------------------------------------------- */

typedef struct VerifyScan {
    Store *store;
    PictureReader *pictures;
    PictureCheck check_picture;
    void (*fault)(void *user, const char *line);
    void *user;
    size_t *fault_count;
    ModelIdentity identity;
    bool has_identity;
    RvVideos videos;    // by id
    size_t video_at;    // the video of the last row, or the first after it
    int64_t last_video; // 0: no row yet
    int64_t last_number;
    double last_time_s;
} VerifyScan;

static void take_fault(void *user, const char *line)
{
    VerifyScan *scan = user;
    (*scan->fault_count)++;
    if (scan->fault != NULL)
        scan->fault(scan->user, line);
}

static void report(VerifyScan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void report(VerifyScan *scan, const char *format, ...)
{
    char text[RV_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    // Written through an error, which replaces control characters.
    RvError line = {0};
    rv_error_set(&line, RV_ERROR_FORMAT, "%s", text);
    take_fault(scan, line.message);
}

static void report_frame(VerifyScan *scan, const FrameRow *row, const char *fault)
{
    report(scan, "video %lld, frame %lld: %s", (long long)row->video_id, (long long)row->frame_number, fault);
}

static void verify_embedding(VerifyScan *scan, const FrameRow *row)
{
    char text[96];
    size_t expected = (size_t)scan->identity.dimensions * sizeof(float);
    if (scan->has_identity && row->embedding_bytes != expected) {
        snprintf(text, sizeof text, "embedding_data has %zu bytes instead of %zu", row->embedding_bytes,
                 expected);
        report_frame(scan, row, text);
        return;
    }
    double length = embedding_length(row);
    if (!isfinite(length)) {
        report_frame(scan, row, "the embedding holds a value that is not finite");
    } else if (scan->identity.normalized && fabs(length - 1) > UNIT_LENGTH_TOLERANCE) {
        snprintf(text, sizeof text, "the embedding has length %.6g instead of 1", length);
        report_frame(scan, row, text);
    }
}

static RvStatus verify_picture(VerifyScan *scan, const FrameRow *row, RvError *err)
{
    const uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    int width = 0, height = 0;
    RvStatus status =
        rv_pictures_get(scan->pictures, row->video_id, row->frame_number, &jpeg, &size_bytes, err);
    if (status == RV_ERROR_NOT_FOUND)
        report_frame(scan, row, "the picture is missing");
    else if (status == RV_ERROR_FORMAT)
        report_frame(scan, row, "the picture cannot be read from the database");
    else if (status != RV_OK)
        return status;
    else if (scan->check_picture != NULL && !scan->check_picture(jpeg, size_bytes, &width, &height))
        report_frame(scan, row, "the picture does not decode");
    return RV_OK;
}

/* Returns the row's video, or NULL if there is none. Rows come by video_id, so video_at only moves
 * forward. */
static const RvVideo *video_of(VerifyScan *scan, int64_t video_id)
{
    while (scan->video_at < scan->videos.count && scan->videos.items[scan->video_at].video_id < video_id)
        scan->video_at++;
    bool found =
        scan->video_at < scan->videos.count && scan->videos.items[scan->video_at].video_id == video_id;
    return found ? &scan->videos.items[scan->video_at] : NULL;
}

static void verify_order(VerifyScan *scan, const FrameRow *row)
{
    if (row->video_id != scan->last_video) {
        scan->last_number = 0;
        scan->last_time_s = -1;
    }
    const RvVideo *video = video_of(scan, row->video_id);
    if (video == NULL && row->video_id != scan->last_video)
        report_frame(scan, row, "its video is not in the library");
    if (video != NULL && video->state == RV_VIDEO_COMPLETE && row->frame_number != scan->last_number + 1)
        report_frame(scan, row, "frames before it are missing");
    if (row->time_s < scan->last_time_s)
        report_frame(scan, row, "it lies before the frame before it");
    scan->last_video = row->video_id;
    scan->last_number = row->frame_number;
    scan->last_time_s = row->time_s;
}

static RvStatus verify_row(void *user, const FrameRow *row, RvError *err)
{
    VerifyScan *scan = user;
    if (row->fault != NULL) {
        report_frame(scan, row, row->fault);
        return RV_OK;
    }
    verify_order(scan, row);
    verify_embedding(scan, row);
    return verify_picture(scan, row, err);
}

static void verify_videos(VerifyScan *scan)
{
    for (size_t i = 0; i < scan->videos.count; i++) {
        const RvVideo *video = &scan->videos.items[i];
        if (video->state == RV_VIDEO_UNKNOWN)
            report(scan, "video %lld: unknown state %.100s", (long long)video->video_id, video->state_name);
        if (video->state == RV_VIDEO_COMPLETE && video->frame_count == 0)
            report(scan, "video %lld: complete, but without frames", (long long)video->video_id);
    }
}

static int compare_video_ids(const void *a, const void *b)
{
    int64_t left = ((const RvVideo *)a)->video_id, right = ((const RvVideo *)b)->video_id;
    return (left > right) - (left < right);
}

static bool has_frames(const VerifyScan *scan)
{
    for (size_t i = 0; i < scan->videos.count; i++) {
        if (scan->videos.items[i].frame_count > 0)
            return true;
    }
    return false;
}

/* Damage is what verify looks for. It is reported as a fault, and the search continues with the next part. */
static RvStatus absorb_damage(VerifyScan *scan, RvStatus status, const RvError *cause, RvError *err)
{
    if (status == RV_ERROR_FORMAT) {
        report(scan, "%s", cause->message);
        return RV_OK;
    }
    if (status != RV_OK && err != NULL)
        *err = *cause;
    return status;
}

static RvStatus verify_parts(VerifyScan *scan, RvError *err)
{
    Store *store = scan->store;
    const KeyRange all = rv_store_all_keys();
    RvError cause = {0};
    RvStatus status =
        absorb_damage(scan, store->backend->check(store, take_fault, scan, &cause), &cause, err);
    if (status == RV_OK)
        status = absorb_damage(scan, rv_store_identity(store, &scan->identity, &scan->has_identity, &cause),
                               &cause, err);
    if (status == RV_OK)
        status = absorb_damage(scan, rv_store_list_videos(store, &scan->videos, &cause), &cause, err);
    if (status != RV_OK)
        return status;
    if (scan->videos.count > 1)
        qsort(scan->videos.items, scan->videos.count, sizeof *scan->videos.items, compare_video_ids);
    verify_videos(scan);
    // Without a model no length can be checked. That the model is missing is one fault, not one for every
    // frame.
    if (!scan->has_identity && has_frames(scan))
        report(scan, "there are frames, but no model that they belong to");
    return absorb_damage(scan, store->backend->visit_frames(store, &all, verify_row, scan, &cause), &cause,
                         err);
}

RvStatus rv_store_verify(Store *store, PictureCheck check_picture,
                         void (*fault)(void *user, const char *line), void *user, size_t *fault_count,
                         RvError *err)
{
    size_t ignored = 0;
    VerifyScan scan = {.store = store,
                       .check_picture = check_picture,
                       .fault = fault,
                       .user = user,
                       .fault_count = fault_count != NULL ? fault_count : &ignored};
    *scan.fault_count = 0;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = rv_pictures_open(store, &scan.pictures, err);
    if (status == RV_OK)
        status = verify_parts(&scan, err);
    rv_pictures_close(scan.pictures);
    rv_store_end_snapshot(store);
    rv_videos_clear(&scan.videos);
    return status;
}
