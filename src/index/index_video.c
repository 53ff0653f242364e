/* SPDX-License-Identifier: MIT */
/* One video into the store, step by step: is it already there, is it a copy of another, where to go on, what
 * failed. */
#include "index/index_video.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "encoder/encoder_identity.h"
#include "encoder/encoder_input.h"
#include "index/index_origin.h"
#include "index/source_names.h"

static RvStatus look_at_file(const char *path, VideoSource *source, RvError *err)
{
    char *absolute = realpath(path, NULL);
    struct stat facts;
    if (absolute == NULL || stat(absolute, &facts) != 0) {
        int reason = errno;
        free(absolute);
        return rv_error_set(err, reason == ENOENT || reason == ENOTDIR ? RV_ERROR_NOT_FOUND : RV_ERROR_IO,
                            "%s: %s", path, strerror(reason));
    }
    source->path = absolute;
    if (!S_ISREG(facts.st_mode))
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a file; give a video file or a folder of them",
                            path);
    source->size_bytes = (int64_t)facts.st_size;
    source->modified_ns = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    return RV_OK;
}

static bool same_file(const VideoSource *source)
{
    return source->by_path && source->same_path.size_bytes == source->size_bytes &&
           source->same_path.modified_ns == source->modified_ns;
}

static RvStatus identify_url(VideoSource *source, RvError *err)
{
    char hex[65] = "";
    RvStatus status = rv_sha256_text(source->path, hex, err);
    snprintf(source->content_key, sizeof source->content_key, "url:%s", hex);
    return status;
}

/* The library neither stores nor shows user and password. The video is the same for every user. */
static RvStatus look_at_url(const char *url, VideoSource *source, RvError *err)
{
    source->address = rv_mem_copy_string(url, err);
    source->path = rv_file_copy_shown(url, err);
    if (source->address == NULL || source->path == NULL)
        return RV_ERROR_MEMORY;
    return identify_url(source, err);
}

RvStatus rv_index_video_begin(IndexVideo *video, const IndexContext *context, const char *path_or_url,
                              IndexOrigin *origin, RvError *err)
{
    const RvIndexOptions *options = context->options;
    SamplerOptions sampler_options;
    VideoSource *source = &video->source;
    *video = (IndexVideo){
        .context = context, .origin = origin, .report = {.outcome = RV_INDEXED, .similar_cosine = 1}};
    RvStatus status = rv_video_check_hwaccel(options->hwaccel, err);
    if (status != RV_OK)
        return status;
    if (origin != NULL)
        return rv_origin_begin(video, err);
    status = rv_sampler_options(&options->sampling, &sampler_options, err);
    if (status != RV_OK)
        return status;
    rv_sampler_describe(&sampler_options, source->sampling, sizeof source->sampling);
    return rv_file_is_url(path_or_url) ? look_at_url(path_or_url, source, err)
                                       : look_at_file(path_or_url, source, err);
}

static void forget_rows(VideoSource *source)
{
    if (source->by_path)
        rv_stored_video_clear(&source->same_path);
    if (source->by_content)
        rv_stored_video_clear(&source->same_content);
    source->by_path = source->by_content = false;
}

/* The key belongs to the content and stays the same if the file is renamed or moved. A file whose path, size
 * and time equal those of its row is not read again. */
RvStatus rv_index_video_look(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    forget_rows(source);
    RvStatus status =
        rv_store_find_path(video->context->store, source->path, &source->same_path, &source->by_path, err);
    if (status == RV_OK && video->origin != NULL)
        return rv_origin_look(video, err);
    if (status == RV_OK && source->content_key[0] == '\0' && same_file(source))
        snprintf(source->content_key, sizeof source->content_key, "%s", source->same_path.video.content_key);
    return status;
}

static bool note_read(void *user, int64_t done_bytes)
{
    IndexVideo *video = user;
    atomic_store(&video->read_bytes, done_bytes);
    return atomic_load(&video->stopping);
}

RvStatus rv_index_video_read(IndexVideo *video, RvError *err)
{
    VideoSource *source = &video->source;
    char hex[65];
    RvStatus status = rv_file_sha256_unless(source->path, note_read, video, hex, err);
    if (status == RV_OK)
        snprintf(source->content_key, sizeof source->content_key, "sha256:%s", hex);
    return status;
}

/* The row has the same content: keep it, continue it, or replace it. */
static RvStatus decide_on_row(Store *store, const VideoSource *source, const StoredVideo *row,
                              const RvIndexOptions *options, RvIndexReport *report, IndexDecision *decision,
                              RvError *err)
{
    bool moved = strcmp(row->video.path, source->path) != 0;
    report->video_id = row->video.video_id;
    report->frame_count = (size_t)row->video.frame_count;
    if (moved || row->modified_ns != source->modified_ns) {
        RvStatus status = rv_store_move_video(store, row->video.video_id, source->path, source->size_bytes,
                                              source->modified_ns, err);
        if (status != RV_OK)
            return status;
    }
    if (options->force || strcmp(row->video.sampling, source->sampling) != 0) {
        decision->replace_id = row->video.video_id;
    } else if (row->video.state == RV_VIDEO_COMPLETE) {
        decision->done = true;
        report->outcome = moved ? RV_INDEX_RENAMED : RV_INDEX_UNCHANGED;
    } else if (row->video.state == RV_VIDEO_FAILED && !options->retry_failed) {
        decision->done = true;
        report->outcome = RV_INDEX_SKIPPED_FAILED;
    } else {
        decision->resume_id = row->video.video_id;
        decision->first_sample = (size_t)row->video.frame_count;
        if (row->video.state == RV_VIDEO_INDEXING)
            snprintf(decision->damage, sizeof decision->damage, "%s", row->video.error);
    }
    return RV_OK;
}

/* Decide by the rows that were found:
 *
 *     row with this path      row with this content             what is done
 *     same content            -                                 decide_on_row: keep, continue or replace it
 *     other content           -                                 the file has changed: a new row replaces it
 *     none                    none                              a new row
 *     none                    its file is gone, or this one     decide_on_row: the file was renamed
 *     none                    complete, same sampling           nothing; the outcome is DUPLICATE
 *     none                    any other                         a new row beside it
 *
 * For a URL only the path counts. */
static RvStatus choose(Store *store, const VideoSource *source, const RvIndexOptions *options,
                       RvIndexReport *report, IndexDecision *decision, RvError *err)
{
    if (source->by_path) {
        if (strcmp(source->same_path.video.content_key, source->content_key) == 0)
            return decide_on_row(store, source, &source->same_path, options, report, decision, err);
        decision->replace_id = source->same_path.video.video_id;
        decision->changed = true;
        return RV_OK;
    }
    if (!source->by_content || source->address != NULL)
        return RV_OK;
    const char *path = source->same_content.video.path;
    if (rv_file_is_gone(path) || strcmp(path, source->path) == 0)
        return decide_on_row(store, source, &source->same_content, options, report, decision, err);
    if (source->same_content.video.state == RV_VIDEO_COMPLETE && !options->force &&
        strcmp(source->same_content.video.sampling, source->sampling) == 0) {
        decision->done = true;
        report->outcome = RV_INDEX_DUPLICATE;
        report->video_id = source->same_content.video.video_id;
        report->frame_count = (size_t)source->same_content.video.frame_count;
    }
    return RV_OK;
}

/* Complete frames of another sampling are replaced, which may be what hours went into. */
static void warn_of_other_sampling(const IndexVideo *video)
{
    const VideoSource *source = &video->source;
    const RvVideo *row = source->by_path ? &source->same_path.video : &source->same_content.video;
    if (video->decision.replace_id == row->video_id && !video->decision.changed && row->frame_count > 0 &&
        row->state == RV_VIDEO_COMPLETE && strcmp(row->sampling, source->sampling) != 0)
        rv_log_line(video->context->log, RV_LOG_WARNING,
                    "%s: its %lld frames (%s) are replaced by those of another choice (%s)", source->path,
                    (long long)row->frame_count, row->sampling, source->sampling);
}

/* The row of an old row without frames is complete with this. */
static RvStatus decide_on_origin(IndexVideo *video, RvError *err)
{
    RvStatus status = rv_origin_decide(video, err);
    if (status != RV_OK || !video->decision.empty)
        return status;
    video->decision.done = true;
    status = rv_index_video_begin_row(video, err);
    return status == RV_OK ? rv_origin_finish(video, video->origin->row->video.error, err) : status;
}

RvStatus rv_index_video_decide(IndexVideo *video, RvError *err)
{
    const IndexContext *context = video->context;
    VideoSource *source = &video->source;
    RvStatus status = rv_encoder_claim(context->encoder, context->store,
                                       context->options->embedding_length == RV_LENGTH_ONE, err);
    if (status == RV_OK && video->origin != NULL)
        return decide_on_origin(video, err);
    if (status == RV_OK && !source->by_path)
        status = rv_store_find_content(context->store, source->content_key, &source->same_content,
                                       &source->by_content, err);
    if (status != RV_OK)
        return status;
    status = choose(context->store, source, context->options, &video->report, &video->decision, err);
    if (status == RV_OK)
        warn_of_other_sampling(video);
    return status;
}

static VideoFacts facts_of(const IndexVideo *video, const VideoInfo *info)
{
    const VideoSource *source = &video->source;
    VideoFacts facts = {.path = source->path,
                        .content_key = source->content_key,
                        .size_bytes = source->size_bytes,
                        .modified_ns = source->modified_ns,
                        .codec = "",
                        .sampling = source->sampling};
    if (info != NULL) {
        facts.codec = info->codec;
        facts.duration_s = info->duration_s;
        facts.frame_rate = info->frame_rate;
        facts.width = info->width;
        facts.height = info->height;
    } else if (video->origin != NULL) {
        const StoredVideo *row = video->origin->row;
        facts.size_bytes = row->size_bytes;
        facts.modified_ns = row->modified_ns;
        facts.codec = row->video.codec;
        facts.duration_s = row->video.duration_s;
        facts.frame_rate = row->video.frame_rate;
        facts.width = row->video.width;
        facts.height = row->video.height;
    }
    return facts;
}

static bool wants_to_stop(void *user)
{
    IndexVideo *video = user;
    return atomic_load(&video->stopping);
}

RvStatus rv_index_video_open(IndexVideo *video, int thread_count, RvError *err)
{
    const IndexContext *context = video->context;
    VideoOptions video_options = {.log = *context->log,
                                  .thread_count = thread_count,
                                  .hwaccel = context->options->hwaccel,
                                  .cancelled = wants_to_stop,
                                  .cancelled_user = video};
    const char *address = video->source.address;
    RvStatus status = video->origin != NULL ? rv_origin_open(video, err) : RV_OK;
    if (status == RV_OK && video->no_file == NULL)
        status = rv_video_open(address != NULL ? address : video->source.path, &video_options, &video->reader,
                               err);
    if (status != RV_OK && !rv_origin_falls_back(video, status, err))
        return status;
    if (video->reader != NULL)
        video->opened = *rv_video_info(video->reader);
    BatchSource source = {
        .reader = video->reader, .old = video->old, .first_sample = video->decision.first_sample};
    return rv_batch_maker_open(&source, video->origin != NULL ? &video->options : context->options,
                               rv_encoder_input(context->encoder), &video->stopping, &video->batches, err);
}

static RvStatus report_elsewhere(IndexVideo *video, RvError *err)
{
    video->elsewhere = true;
    return rv_error_set(err, RV_ERROR_BUSY,
                        "%.900s: another process is indexing it now; it is left to that one",
                        video->source.path);
}

/* The store refused an operation on the row own_id (0: it should not exist). Look up the row again: the cause
 * may be that another process has begun, replaced or removed it since. */
static RvStatus explain_refusal(IndexVideo *video, int64_t own_id, RvStatus status, RvError *err)
{
    StoredVideo now;
    bool found = false;
    if ((status != RV_ERROR_ARGUMENT && status != RV_ERROR_NOT_FOUND) ||
        rv_store_find_path(video->context->store, video->source.path, &now, &found, NULL) != RV_OK)
        return status;
    bool changed = (found ? now.video.video_id : 0) != own_id;
    if (found)
        rv_stored_video_clear(&now);
    return changed ? report_elsewhere(video, err) : status;
}

RvStatus rv_index_video_begin_row(IndexVideo *video, RvError *err)
{
    const IndexContext *context = video->context;
    const IndexDecision *decision = &video->decision;
    RvStatus status = RV_OK;
    video->video_id = decision->resume_id;
    if (decision->resume_id == 0) {
        VideoFacts facts = facts_of(video, video->reader != NULL ? &video->opened : NULL);
        status = rv_store_begin_video(context->store, &facts, decision->replace_id, &video->video_id, err);
    }
    if (status != RV_OK)
        return explain_refusal(video, decision->replace_id, status, err);
    video->report.video_id = video->video_id;
    video->report.frames_resumed = video->report.frame_count = decision->first_sample;
    status = video->origin != NULL ? rv_origin_note(video, err) : RV_OK;
    if (status != RV_OK || video->batches == NULL)
        return status;
    return rv_batch_writer_create(context->encoder, rv_batch_maker_size(video->batches),
                                  context->options->embedding_length, &video->writer, err);
}

/* True if another process has stored this frame already. Frames are stored in order, so that process is
 * ahead. */
static bool is_put_already(const IndexVideo *video, const BatchFrame *frame)
{
    uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    bool put = rv_store_picture(video->context->store, video->video_id, frame->frame_number, &jpeg,
                                &size_bytes, NULL) == RV_OK;
    free(jpeg);
    return put;
}

RvStatus rv_index_video_put(IndexVideo *video, const FrameBatch *batch, RvError *err)
{
    if (is_put_already(video, &batch->frames[0]))
        return report_elsewhere(video, err);
    bool first = video->report.frames_embedded == 0;
    RvStatus status = rv_batch_writer_put(video->writer, batch, video->context->store, video->video_id,
                                          &video->report, err);
    if (status != RV_OK)
        return explain_refusal(video, video->video_id, status, err);
    if (first)
        video->taken_from_s = batch->frames[0].time_s;
    video->taken_to_s = batch->frames[batch->count - 1].time_s;
    return RV_OK;
}

// Describe the damage: what an earlier, interrupted run found in its samples, and what this run found.
static void describe_damage(const IndexVideo *video, char *text, size_t size_bytes)
{
    char found[512] = "";
    const char *before = video->decision.damage;
    if (video->batches != NULL)
        rv_batch_maker_describe_damage(video->batches, found, sizeof found);
    bool both = before[0] != '\0' && found[0] != '\0' && strcmp(before, found) != 0;
    snprintf(text, size_bytes, "%s%s%s", before, both ? "; " : "", both || before[0] == '\0' ? found : "");
}

RvStatus rv_index_video_finish(IndexVideo *video, RvError *err)
{
    char damage[1024];
    describe_damage(video, damage, sizeof damage);
    if (video->origin != NULL)
        return rv_origin_finish(video, damage, err);
    RvStatus status = rv_store_finish_damaged(video->context->store, video->video_id,
                                              rv_video_info(video->reader)->duration_s, damage, err);
    return explain_refusal(video, video->video_id, status, err);
}

/* A run that is interrupted stores the damage found so far, because the next run does not decode that part
 * again. */
static void note_damage(const IndexVideo *video, RvStatus cause)
{
    char damage[1024];
    RvError err = {0};
    bool ours = cause == RV_ERROR_IO || cause == RV_ERROR_NETWORK || cause == RV_ERROR_CANCELLED;
    describe_damage(video, damage, sizeof damage);
    if (ours && video->video_id > 0 && damage[0] != '\0' &&
        rv_store_note_damage(video->context->store, video->video_id, damage, &err) != RV_OK)
        rv_log_line(video->context->log, RV_LOG_WARNING, "the damage could not be recorded: %s", err.message);
}

static bool meant_as_video(const VideoSource *source)
{
    return rv_source_named_like_video(source->path) &&
           (source->address != NULL || !rv_source_holds_text(source->path, source->size_bytes));
}

/* Begin a row without frames for the failure, replacing the row of what the file held before. *video_id is 0
 * if no row is to be made. */
static RvStatus begin_failed_row(IndexVideo *video, int64_t *video_id, RvError *err)
{
    VideoFacts facts = facts_of(video, NULL);
    int64_t replace_id = video->decision.replace_id;
    if (replace_id == 0 && video->origin == NULL && !meant_as_video(&video->source))
        return RV_OK;
    return rv_store_begin_video(video->context->store, &facts, replace_id, video_id, err);
}

/* True if the library has all frames of this very content. They stay, even if they cannot be made again by
 * force or with other sampling. */
static bool keeps_frames(const IndexVideo *video)
{
    const VideoSource *source = &video->source;
    const StoredVideo *row = source->by_path ? &source->same_path : &source->same_content;
    return video->decision.replace_id > 0 && !video->decision.changed &&
           row->video.state == RV_VIDEO_COMPLETE;
}

void rv_index_video_record(IndexVideo *video, const RvError *cause, bool of_the_video)
{
    const IndexDecision *decision = &video->decision;
    int64_t video_id = video->video_id > 0 ? video->video_id : decision->resume_id;
    RvError second = {0};
    RvStatus status = RV_OK;
    if (!of_the_video || (cause->status != RV_ERROR_FORMAT && cause->status != RV_ERROR_UNSUPPORTED)) {
        note_damage(video, cause->status);
        return;
    }
    if (video_id <= 0 && keeps_frames(video))
        return;
    if (video_id <= 0 && !decision->changed)
        video_id = decision->replace_id;
    if (video_id <= 0)
        status = begin_failed_row(video, &video_id, &second);
    if (status == RV_OK && video_id > 0)
        status = rv_store_fail_video(video->context->store, video_id, cause->message, &second);
    // If the refusal is BUSY, another process has failed in the same way and recorded it.
    if (status != RV_OK && explain_refusal(video, video_id, status, &second) != RV_ERROR_BUSY)
        rv_log_line(video->context->log, RV_LOG_WARNING, "the failure could not be recorded: %s",
                    second.message);
}

void rv_index_video_close(IndexVideo *video)
{
    rv_batch_writer_destroy(video->writer);
    rv_batch_maker_close(video->batches);
    rv_video_close(video->reader);
    rv_old_frames_close(video->old);
    free(video->source.path);
    free(video->source.address);
    forget_rows(&video->source);
    *video = (IndexVideo){0};
}
