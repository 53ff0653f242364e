/* SPDX-License-Identifier: MIT */
/* One index job: the videos of its folder into the library. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jobs_inside.h"
#include "web_clock.h"

#define TELL_S 0.25
#define CPU_BATCH 4 // frames; a search waits until the batch that is being embedded is done

typedef struct Run {
    Jobs *jobs;
    Job *job;
    RvStrings videos; // of the source
    size_t next;
    double told_s;
} Run;

static bool goes_on(const Run *run)
{
    pthread_mutex_lock(&run->jobs->mutex);
    bool on = !run->job->cancelled && !run->jobs->stops;
    pthread_mutex_unlock(&run->jobs->mutex);
    return on;
}

/* The path below the root. */
static const char *below(const Job *job, const char *path)
{
    size_t length = strlen(job->place);
    if (strncmp(path, job->place, length) != 0)
        return path;
    path += length;
    return path + strspn(path, "/");
}

/* A link in the folder may lead out of the root. */
static bool is_inside(const Job *job, const char *path)
{
    char real[PATH_MAX];
    size_t length = strlen(job->place);
    return realpath(path, real) != NULL && strncmp(real, job->place, length) == 0 &&
           (real[length] == '/' || (length > 0 && job->place[length - 1] == '/'));
}

/* With the mutex held. before: it was left out for that. */
static void note_failure(Job *job, const char *video, const char *why, bool before)
{
    job->failed++;
    if (job->failure_count == JOB_FAILURES_MAX)
        return;
    // The message begins with the video's path, which is said by its name.
    const char *shown = below(job, video), *rest = below(job, why);
    size_t length = strlen(shown);
    if (length > 0 && strncmp(rest, shown, length) == 0 && strncmp(rest + length, ": ", 2) == 0)
        why = rest + length + 2;
    char *name = strdup(shown), *text = NULL;
    if (asprintf(&text, "%s%s", before ? "failed before: " : "", why) < 0)
        text = NULL;
    if (name == NULL || text == NULL) {
        free(name);
        free(text);
        return; // it is counted
    }
    job->failed_videos[job->failure_count] = name;
    job->failed_why[job->failure_count++] = text;
}

/* ---- callbacks of indexing ---------------------------------------------------------------------------- */

static RvIndexNext give_next(void *user, int slot, RvIndexItem *item)
{
    Run *run = user;
    Job *job = run->job;
    while (run->next < run->videos.count && goes_on(run)) {
        const char *path = run->videos.items[run->next++];
        bool inside = is_inside(job, path);
        pthread_mutex_lock(&run->jobs->mutex);
        if (inside && slot >= 0 && slot < JOB_SLOTS)
            job->slots[slot] = (JobSlot){.video = strdup(below(job, path))};
        if (!inside) {
            job->done++;
            note_failure(job, path, "it leads out of the media root", false);
            jobs_changed(run->jobs, job);
        }
        pthread_mutex_unlock(&run->jobs->mutex);
        if (!inside)
            continue;
        item->path_or_url = path;
        return RV_NEXT_VIDEO;
    }
    return RV_NEXT_END;
}

static void note_end(void *user, int slot, RvStatus status, const RvIndexReport *report, const RvError *err)
{
    Run *run = user;
    Job *job = run->job;
    pthread_mutex_lock(&run->jobs->mutex);
    char *video = NULL;
    if (slot >= 0 && slot < JOB_SLOTS) {
        video = job->slots[slot].video;
        job->slots[slot] = (JobSlot){0};
    }
    job->done += status != RV_ERROR_CANCELLED;
    if (status == RV_OK) {
        bool fresh = report->outcome == RV_INDEXED;
        job->indexed += fresh;
        job->unchanged += !fresh && report->outcome != RV_INDEX_SKIPPED_FAILED;
        job->frames += (int64_t)report->frames_embedded;
        if (report->outcome == RV_INDEX_SKIPPED_FAILED)
            note_failure(job, video != NULL ? video : "", report->failure != NULL ? report->failure : "",
                         true);
    } else if (status != RV_ERROR_CANCELLED) {
        note_failure(job, video != NULL ? video : "", err->message, false);
    }
    jobs_changed(run->jobs, job);
    pthread_mutex_unlock(&run->jobs->mutex);
    free(video);
}

static bool note_progress(void *user, const RvIndexProgress *progress)
{
    Run *run = user;
    double now_s = web_clock_s();
    if (now_s - run->told_s >= TELL_S) {
        run->told_s = now_s;
        pthread_mutex_lock(&run->jobs->mutex);
        if (progress->slot >= 0 && progress->slot < JOB_SLOTS) {
            JobSlot *slot = &run->job->slots[progress->slot];
            slot->stage = progress->stage;
            slot->frames_done = (int64_t)progress->frames_done;
            slot->frames_expected = (int64_t)progress->frames_expected;
        }
        jobs_changed(run->jobs, run->job);
        pthread_mutex_unlock(&run->jobs->mutex);
    }
    return goes_on(run);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static RvStatus index_all(Run *run, RvError *err)
{
    Job *job = run->job;
    RvLibrary *library = NULL;
    RvSources sources = {0};
    const RvLibraryOptions opening = {.mode = RV_OPEN_CREATE};
    RvIndexOptions options = {
        .retry_failed = job->retry_failed, .progress = note_progress, .progress_user = run};
    options.sampling.interval_s = job->every_s;
    if (strcmp(rv_encoder_info(run->jobs->encoder)->device, "cpu") == 0)
        options.batch_size = CPU_BATCH;
    RvStatus status = rv_sources_find(job->path, NULL, &sources, err);
    if (status == RV_OK)
        status = rv_library_open(run->jobs->library, &opening, &library, err);
    if (status == RV_OK) {
        run->videos = sources.videos;
        pthread_mutex_lock(&run->jobs->mutex);
        job->total = (int64_t)sources.videos.count;
        jobs_changed(run->jobs, job);
        pthread_mutex_unlock(&run->jobs->mutex);
        int wanted = rv_encoder_jobs(run->jobs->encoder);
        const RvIndexList list = {.jobs = wanted < 1           ? 1
                                          : wanted > JOB_SLOTS ? JOB_SLOTS
                                                               : wanted,
                                  .next = give_next,
                                  .ended = note_end,
                                  .user = run};
        status = rv_library_index_list(library, run->jobs->encoder, &list, &options, err);
    }
    rv_library_close(library);
    rv_sources_clear(&sources);
    return status;
}

void job_run(Jobs *jobs, Job *job)
{
    Run run = {.jobs = jobs, .job = job};
    RvError err = {0};
    RvStatus status = rv_encoder_open_device(jobs->encoder, &err);
    if (status == RV_OK)
        status = index_all(&run, &err);
    pthread_mutex_lock(&jobs->mutex);
    bool cut = job->cancelled || jobs->stops;
    job->state = status == RV_OK && !cut ? JOB_DONE : cut ? JOB_CANCELLED : JOB_FAILED;
    if (job->state == JOB_FAILED)
        job->error = strdup(err.message);
    job->ended_s = time(NULL);
    jobs_changed(jobs, job);
    pthread_mutex_unlock(&jobs->mutex);
}
