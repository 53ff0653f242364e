/* SPDX-License-Identifier: MIT */
/* One video into the store: is it there already, is it another's copy, where to go on, what failed. */
#include "index_video.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "encoder_identity.h"
#include "pipeline.h"
#include "sampling/sampler.h"

/* What this call knows of the source and of the rows that may already be about it. */
typedef struct Source {
    char *path; // absolute, or a URL
    bool url;
    int64_t size_bytes, modified_ns;
    char content_key[80];
    char sampling[64];
    bool by_path, by_content; // which of the rows below were found
    StoredVideo same_path, same_content;
} Source;

/* What is to be done with the source. */
typedef struct Decision {
    bool done;           // nothing to decode; outcome and video_id are in the report
    int64_t resume_id;   // > 0: go on with this row
    size_t first_sample; // of the resumed row
    int64_t replace_id;  // > 0: this row goes when the new one begins
} Decision;

/* Whether the caller wants to stop: his own callback says so while the video is being opened on his thread,
 * the pipeline's flag once another thread reads. */
typedef struct Stop {
    const RvIndexOptions *options;
    const char *source;
    double start_s;
    bool pipeline_runs;
    atomic_bool stopping;
} Stop;

static bool wants_to_stop(void *user)
{
    Stop *stop = user;
    if (stop->pipeline_runs || stop->options->progress == NULL)
        return atomic_load(&stop->stopping);
    RvIndexProgress progress = {.video = stop->source, .elapsed_s = rv_pipeline_clock_s() - stop->start_s};
    return !stop->options->progress(stop->options->progress_user, &progress);
}

static RvStatus look_at_file(const char *path, Source *source, RvError *err)
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

static bool same_file(const Source *source)
{
    return source->by_path && source->same_path.size_bytes == source->size_bytes &&
           source->same_path.modified_ns == source->modified_ns;
}

/* The key that stays with the content when the file is renamed or moved. A file whose path, size and time are
 * those of its row is not read again. */
static RvStatus identify_content(Source *source, Stop *stop, RvError *err)
{
    if (source->url) {
        Sha256 *sha = NULL;
        char hex[65];
        RvStatus status = rv_sha256_create(&sha, err);
        if (status != RV_OK)
            return status;
        rv_sha256_update(sha, source->path, strlen(source->path));
        rv_sha256_finish(sha, hex);
        snprintf(source->content_key, sizeof source->content_key, "url:%s", hex);
        return RV_OK;
    }
    if (same_file(source) && source->same_path.video.content_key[0] != '\0') {
        snprintf(source->content_key, sizeof source->content_key, "%s", source->same_path.video.content_key);
        return RV_OK;
    }
    char hex[65];
    RvStatus status = rv_file_sha256_unless(source->path, wants_to_stop, stop, hex, err);
    if (status == RV_OK)
        snprintf(source->content_key, sizeof source->content_key, "sha256:%s", hex);
    return status;
}

static RvStatus open_source(Store *store, const char *path_or_url, const RvIndexOptions *options,
                            Source *source, Stop *stop, RvError *err)
{
    source->url = rv_file_is_url(path_or_url);
    RvStatus status = RV_OK;
    if (!source->url)
        status = look_at_file(path_or_url, source, err);
    else if ((source->path = rv_mem_copy_string(path_or_url, err)) == NULL)
        status = RV_ERROR_MEMORY;
    if (status != RV_OK)
        return status;
    SamplerOptions sampler_options = {.sampling = options->sampling,
                                      .interval_s = options->interval_s,
                                      .scene_threshold = options->scene_threshold};
    stop->source = source->path;
    rv_sampler_describe(&sampler_options, source->sampling, sizeof source->sampling);
    status = rv_store_find_path(store, source->path, &source->same_path, &source->by_path, err);
    if (status == RV_OK)
        status = identify_content(source, stop, err);
    if (status == RV_OK && !source->by_path)
        status = rv_store_find_content(store, source->content_key, &source->same_content, &source->by_content,
                                       err);
    return status;
}

static void close_source(Source *source)
{
    free(source->path);
    if (source->by_path)
        rv_stored_video_clear(&source->same_path);
    if (source->by_content)
        rv_stored_video_clear(&source->same_content);
}

static bool in_state(const StoredVideo *row, const char *state)
{
    return strcmp(row->video.state, state) == 0;
}

/* The row is about the same content: keep it, go on with it, or replace it. */
static RvStatus decide_on_row(Store *store, const Source *source, const StoredVideo *row,
                              const RvIndexOptions *options, RvIndexReport *report, Decision *decision,
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
    } else if (in_state(row, "complete")) {
        decision->done = true;
        report->outcome = moved ? RV_INDEX_RENAMED : RV_INDEX_UNCHANGED;
    } else if (in_state(row, "failed") && !options->retry_failed) {
        decision->done = true;
        report->outcome = RV_INDEX_SKIPPED_FAILED;
    } else {
        decision->resume_id = row->video.video_id;
        decision->first_sample = (size_t)row->video.frame_count;
    }
    return RV_OK;
}

static RvStatus decide(Store *store, const Source *source, const RvIndexOptions *options,
                       RvIndexReport *report, Decision *decision, RvError *err)
{
    if (source->by_path) {
        if (strcmp(source->same_path.video.content_key, source->content_key) == 0)
            return decide_on_row(store, source, &source->same_path, options, report, decision, err);
        decision->replace_id = source->same_path.video.video_id; // the file's content has changed
        return RV_OK;
    }
    if (!source->by_content || source->url)
        return RV_OK;
    if (access(source->same_content.video.path, F_OK) != 0)
        return decide_on_row(store, source, &source->same_content, options, report, decision, err);
    if (in_state(&source->same_content, "complete") && !options->force &&
        strcmp(source->same_content.video.sampling, source->sampling) == 0) {
        decision->done = true;
        report->outcome = RV_INDEX_DUPLICATE;
        report->video_id = source->same_content.video.video_id;
        report->frame_count = (size_t)source->same_content.video.frame_count;
    }
    return RV_OK;
}

static VideoFacts facts_of(const Source *source, const VideoInfo *info)
{
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
    }
    return facts;
}

/* Faults of the video itself are kept in its row; those of the moment (network, disk, memory) are not. */
static bool worth_recording(RvStatus status)
{
    return status == RV_ERROR_FORMAT || status == RV_ERROR_UNSUPPORTED;
}

static void record_failure(Store *store, const Source *source, int64_t video_id, const RvLog *log,
                           const RvError *cause)
{
    RvError second = {0};
    RvStatus status = RV_OK;
    if (video_id <= 0) {
        VideoFacts facts = facts_of(source, NULL);
        status = rv_store_begin_video(store, &facts, 0, &video_id, &second);
    }
    if (status == RV_OK)
        status = rv_store_fail_video(store, video_id, cause->message, &second);
    if (status != RV_OK)
        rv_log_line(log, RV_LOG_WARNING, "the failure could not be recorded: %s", second.message);
}

static RvStatus run(Store *store, RvEncoder *encoder, const RvLog *log, const Source *source,
                    const Decision *decision, const RvIndexOptions *options, Stop *stop,
                    RvIndexReport *report, RvError *err)
{
    VideoOptions video_options = {
        .log = *log, .hwaccel = options->hwaccel, .cancelled = wants_to_stop, .cancelled_user = stop};
    VideoReader *reader = NULL;
    int64_t video_id = decision->resume_id > 0 ? decision->resume_id : decision->replace_id;
    RvStatus status = rv_video_open(source->path, &video_options, &reader, err);
    if (status == RV_OK && decision->resume_id == 0) {
        VideoFacts facts = facts_of(source, rv_video_info(reader));
        status = rv_store_begin_video(store, &facts, decision->replace_id, &video_id, err);
    }
    if (status == RV_OK) {
        PipelineJob job = {.store = store,
                           .encoder = encoder,
                           .reader = reader,
                           .source = source->path,
                           .video_id = video_id,
                           .first_sample = decision->first_sample,
                           .options = options,
                           .stopping = &stop->stopping};
        stop->pipeline_runs = true;
        report->video_id = video_id;
        report->frames_resumed = decision->first_sample;
        status = rv_pipeline_run(&job, report, err);
    }
    if (status == RV_OK)
        status = rv_store_finish_video(store, video_id, rv_video_info(reader)->duration_s, err);
    if (worth_recording(status))
        record_failure(store, source, video_id, log, err);
    rv_video_close(reader);
    return status;
}

RvStatus rv_index_video(Store *store, RvEncoder *encoder, const RvLog *log, const char *path_or_url,
                        const RvIndexOptions *options, RvIndexReport *report, RvError *err)
{
    Stop stop = {.options = options, .source = path_or_url, .start_s = rv_pipeline_clock_s()};
    Source source = {0};
    Decision decision = {0};
    ModelIdentity identity;
    RvError local = {0};
    *report = (RvIndexReport){.outcome = RV_INDEXED, .similar_cosine = 1};
    RvStatus status = rv_video_check_hwaccel(options->hwaccel, &local);
    if (status == RV_OK)
        status = rv_encoder_identity(encoder, !options->no_normalize, &identity, &local);
    if (status == RV_OK)
        status = open_source(store, path_or_url, options, &source, &stop, &local);
    if (status == RV_OK)
        status = rv_store_require_identity(store, &identity, &local);
    if (status == RV_OK)
        status = decide(store, &source, options, report, &decision, &local);
    if (status == RV_OK && !decision.done)
        status = run(store, encoder, log, &source, &decision, options, &stop, report, &local);
    close_source(&source);
    report->total_s = rv_pipeline_clock_s() - stop.start_s;
    if (status != RV_OK && err != NULL)
        *err = local;
    return status;
}
