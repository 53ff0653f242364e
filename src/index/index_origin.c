/* SPDX-License-Identifier: MIT */
/* Re-embedding: the steps of a video that another library has with another model's embeddings. */
#include "index/index_origin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "sampling/sampler.h"

static const RvVideo *old_video(const IndexVideo *video)
{
    return &video->origin->row->video;
}

static void take_key(IndexVideo *video)
{
    snprintf(video->source.content_key, sizeof video->source.content_key, "%s",
             old_video(video)->content_key);
}

RvStatus rv_origin_begin(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    const RvVideo *old = old_video(video);
    source->path = rv_mem_copy_string(old->path, err);
    if (source->path == NULL)
        return RV_ERROR_MEMORY;
    if (rv_file_is_url(old->path)) {
        source->address = rv_mem_copy_string(old->path, err);
        if (source->address == NULL)
            return RV_ERROR_MEMORY;
    }
    if (strlen(old->content_key) >= sizeof source->content_key ||
        strlen(old->sampling) >= sizeof source->sampling)
        return rv_error_set(err, RV_ERROR_FORMAT, "%.600s: its row in %s is damaged", old->path,
                            rv_store_uri(video->origin->store));
    snprintf(source->sampling, sizeof source->sampling, "%s", old->sampling);
    return RV_OK;
}

static bool same_recording(const RvVideo *a, const RvVideo *b)
{
    return strcmp(a->content_key, b->content_key) == 0 && strcmp(a->sampling, b->sampling) == 0;
}

/* True if the target's row is as far as the old one. */
static bool is_settled(const RvVideo *row, const RvVideo *old)
{
    return same_recording(row, old) && (row->state == RV_VIDEO_COMPLETE ||
                                        (row->state == old->state && row->frame_count >= old->frame_count));
}

static RvStatus look_at_file(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    const StoredVideo *row = video->origin->row;
    struct stat facts;
    if (rv_file_is_gone(source->path)) {
        video->no_file = "its file is gone";
        take_key(video);
        return RV_OK;
    }
    if (stat(source->path, &facts) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", source->path, strerror(errno));
    source->size_bytes = (int64_t)facts.st_size;
    source->modified_ns = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    if (!S_ISREG(facts.st_mode) || (row->size_bytes > 0 && row->size_bytes != source->size_bytes)) {
        video->no_file = "its file has changed";
        take_key(video);
    } else if (row->modified_ns == source->modified_ns) {
        take_key(video);
    }
    return RV_OK;
}

RvStatus rv_origin_look(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    const RvVideo *old = old_video(video);
    RvSamplingOptions ignored;
    bool settled = source->by_path && is_settled(&source->same_path.video, old);
    if (source->content_key[0] != '\0')
        return RV_OK;
    if (settled || old->frame_count == 0 || source->address != NULL) {
        take_key(video);
    } else {
        RvStatus status = look_at_file(video, err);
        if (status != RV_OK)
            return status;
    }
    if (!settled && old->frame_count > 0 && !rv_sampler_parse(old->sampling, &ignored)) {
        video->no_file = "this version does not know its sampling";
        take_key(video);
    }
    return RV_OK;
}

/* The target has a row of this path, of the same content and sampling, that is not settled. */
static void decide_on_row(IndexVideo *video, const RvVideo *row)
{
    IndexDecision *decision = &video->decision;
    bool goes_on =
        row->state == RV_VIDEO_INDEXING && rv_video_is_from_pictures(row) == (video->no_file != NULL);
    if (!goes_on) {
        decision->replace_id = row->video_id;
        return;
    }
    decision->resume_id = row->video_id;
    decision->first_sample = (size_t)row->frame_count;
    snprintf(decision->damage, sizeof decision->damage, "%s", row->error);
}

RvStatus rv_origin_decide(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    const RvVideo *old = old_video(video), *row = source->by_path ? &source->same_path.video : NULL;
    if (strcmp(source->content_key, old->content_key) != 0) {
        video->no_file = "its file has changed";
        take_key(video);
    }
    if (row != NULL && is_settled(row, old)) {
        video->decision.done = true;
        video->report.outcome = RV_INDEX_UNCHANGED;
        video->report.video_id = row->video_id;
        video->report.frame_count = (size_t)row->frame_count;
        return RV_OK;
    }
    if (row != NULL && !same_recording(row, old) && !video->origin->replace)
        return rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_REPLACE, NULL,
                                 "%.600s: has other content or sampling in %s; left as it is there",
                                 old->path, rv_store_uri(video->context->store));
    if (video->no_file != NULL && !video->origin->from_pictures)
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_FROM_PICTURES, NULL, "%.900s: %s",
                                 old->path, video->no_file);
    if (row != NULL && same_recording(row, old))
        decide_on_row(video, row);
    else if (row != NULL)
        video->decision.replace_id = row->video_id;
    video->decision.empty = old->frame_count == 0;
    return RV_OK;
}

RvStatus rv_origin_open(IndexVideo *video, RvError *err)
{
    video->options = *video->context->options;
    rv_sampler_parse(old_video(video)->sampling, &video->options.sampling);
    video->options.sampling.exact_pixels = video->context->options->sampling.exact_pixels;
    RvStatus status = rv_old_frames_open(video->origin, video->context->encoder, &video->old, err);
    if (status == RV_OK)
        rv_old_frames_refine(video->old, &video->options.sampling);
    return status;
}

/* Frames that were decoded before are not mixed with pictures. */
bool rv_origin_falls_back(IndexVideo *video, RvStatus opened, RvError *err)
{
    bool is_url = video->origin != NULL && video->source.address != NULL;
    if (!is_url || opened != RV_ERROR_NETWORK || video->decision.resume_id != 0)
        return false;
    if (!video->origin->from_pictures) {
        err->hint = RV_HINT_FROM_PICTURES;
        return false;
    }
    video->no_file = "its address does not answer";
    return true;
}

/* What the row says of embedded pictures, and of damage that the old row tells of. */
static RvStatus describe_pictures(IndexVideo *video, char *text, size_t size_bytes, RvError *err)
{
    const RvVideo *old = old_video(video);
    const char *damage = rv_video_damage(old);
    int width, height;
    RvStatus status = rv_old_frames_picture_size(video->old, &width, &height, err);
    if (status == RV_OK)
        snprintf(text, size_bytes,
                 STORE_FROM_PICTURES " (JPEGs of %dx%d for frames of %dx%d), because %s%s%s", width, height,
                 old->width, old->height, video->no_file, damage[0] != '\0' ? "; " : "", damage);
    return status;
}

RvStatus rv_origin_note(IndexVideo *video, RvError *err)
{
    char *text = video->decision.damage;
    RvStatus status = RV_OK;
    if (video->no_file == NULL || video->old == NULL)
        return RV_OK;
    video->origin->took_pictures = true;
    if (video->decision.resume_id == 0) {
        status = describe_pictures(video, text, sizeof video->decision.damage, err);
        if (status == RV_OK)
            status = rv_store_note_damage(video->context->store, video->video_id, text, err);
    }
    if (status == RV_OK)
        rv_log_line(video->context->log, RV_LOG_WARNING, "%s: %s", video->source.path, text);
    return status;
}

RvStatus rv_origin_finish(IndexVideo *video, const char *damage, RvError *err)
{
    Store *store = video->context->store;
    const RvVideo *old = old_video(video);
    size_t expected = video->old != NULL ? rv_old_frames_count(video->old) : 0;
    if (video->report.frame_count < expected)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_FROM_PICTURES, NULL,
                                 "%.600s: gives %zu frames now, the old library has %zu", old->path,
                                 video->report.frame_count, expected);
    if (old->state == RV_VIDEO_FAILED)
        return rv_store_fail_video(store, video->video_id, video->no_file != NULL ? damage : old->error, err);
    if (old->state != RV_VIDEO_COMPLETE)
        return RV_OK;
    double duration_s = video->reader != NULL ? rv_video_info(video->reader)->duration_s : old->duration_s;
    return rv_store_finish_damaged(store, video->video_id, duration_s, damage, err);
}
