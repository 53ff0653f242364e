/* SPDX-License-Identifier: MIT */
/* Work on the library's queue of videos: take some, index them while their leases are renewed, until none is
 * open. */
#include "queue_run.h"

#include <stdlib.h>

#include "cli.h"
#include "message.h"
#include "progress.h"
#include "queue_heart.h"
#include "signals.h"

#define DEFAULT_LEASE_S 60.0
#define RENEWALS_PER_LEASE 3
#define LOOKS_PER_LEASE 6 // how often a worker looks that has nothing to take

typedef struct QueueList {
    CliIndexing *indexing;
    const RvIndexOptions *listed; // the options as they are stored in the queue
    CliQueueHeart *heart;
    double lease_s;
    RvQueueJob *jobs; // [indexing->jobs], by slot
    int job_count;    // number of jobs running here
    double look_s;    // clock time before which the queue is not asked again
    int64_t said;     // the number of videos of other workers that was printed last
    size_t done_count, failed_count;
    bool worked_off;
    bool library_lost; // the library's server was unreachable when the last video ended
    RvQueueCounts counts;
} QueueList;

static void stop(CliIndexing *indexing, int status)
{
    indexing->stopped = true;
    indexing->stop_status = status;
}

/* ---- how a video ended ----------------------------------------------------------------------------------
 */

/* lost: the library, or a part of it, was unreachable, which is no fault of the video. */
static RvQueueEnd how_it_ended(RvStatus outcome, bool lost)
{
    if (outcome == RV_OK)
        return RV_QUEUE_DONE;
    if (lost || cli_index_is_general(outcome) || outcome == RV_ERROR_CANCELLED)
        return RV_QUEUE_GIVE_BACK;
    return outcome == RV_ERROR_BUSY || outcome == RV_ERROR_NETWORK || outcome == RV_ERROR_IO
               ? RV_QUEUE_TRY_AGAIN
               : RV_QUEUE_FAILED;
}

/* Report to the queue how the attempt ended. */
static void end_job(QueueList *list, const RvQueueJob *job, RvStatus outcome, const RvError *cause)
{
    CliIndexing *indexing = list->indexing;
    RvError err = {0};
    bool lost = cli_index_lost_library(indexing, outcome, cause), said = lost && list->library_lost;
    RvQueueEnd how = how_it_ended(outcome, lost);
    RvStatus reported =
        rv_library_queue_end(indexing->library, job, how, outcome == RV_OK ? NULL : cause->message, &err);
    if (outcome == RV_ERROR_CANCELLED && cli_interrupted())
        return;
    if (reported == RV_ERROR_BUSY) { // the worker that has the video now is responsible for it
        cli_message("%s: %s", job->path, err.message);
        return;
    }
    list->library_lost = lost;
    int status = said                                                ? CLI_FAILED
                 : outcome != RV_OK && outcome != RV_ERROR_CANCELLED ? cli_fail(cause)
                                                                     : CLI_DONE;
    if (reported != RV_OK) // the same server is named only once
        stop(indexing, lost && cli_index_lost_library(indexing, reported, &err) ? status : cli_fail(&err));
    else if (cli_index_is_general(outcome)) // this worker stops; another may succeed
        stop(indexing, status);
    else if (said && !indexing->stopped) {
        cli_message("%s: not reached again; the list is left to the next run",
                    rv_library_uri(indexing->library));
        stop(indexing, list->done_count > 0 ? CLI_PARTLY : CLI_FAILED);
    }
    list->done_count += reported == RV_OK && how == RV_QUEUE_DONE;
    list->failed_count +=
        reported == RV_OK &&
        (how == RV_QUEUE_FAILED || (how == RV_QUEUE_TRY_AGAIN && job->attempts >= RV_QUEUE_ATTEMPTS_MAX));
}

static void video_ended(void *user, int slot, RvStatus status, const RvIndexReport *report,
                        const RvError *err)
{
    QueueList *list = user;
    const char *video = cli_show_end(&list->indexing->show, slot);
    RvQueueJob *job = &list->jobs[slot];
    if (status == RV_OK && cli_index_is_reported(list->indexing, report->outcome, false))
        cli_show_result(video, report);
    cli_heart_watch(list->heart, slot, NULL);
    end_job(list, job, status, err);
    rv_queue_job_clear(job);
    list->job_count--;
    list->look_s = 0;
}

static bool report_progress(void *user, const RvIndexProgress *report)
{
    const QueueList *list = user;
    cli_show_report(&list->indexing->show, report);
    return !cli_interrupted() && !list->indexing->stopped && !cli_heart_lost(list->heart, report->slot);
}

/* ---- taking ------------------------------------------------------------------------------------------- */

/* Nothing can be taken now: everything is done, or other workers have the rest. Their number is printed when
 * it changes. */
static RvIndexNext wait_for_others(QueueList *list)
{
    const CliIndexing *indexing = list->indexing;
    int64_t open_count = list->counts.waiting + list->counts.leased;
    list->look_s = cli_clock_s() + list->lease_s / LOOKS_PER_LEASE;
    if (list->job_count > 0)
        return RV_NEXT_LATER; // a running video may be returned to the queue
    if (open_count == 0) {
        list->worked_off = true;
        return RV_NEXT_END;
    }
    if (open_count != list->said && !indexing->common->quiet)
        cli_message("waiting: %lld video%s of the list %s with other workers", (long long)open_count,
                    open_count == 1 ? "" : "s", open_count == 1 ? "is" : "are");
    list->said = open_count;
    return RV_NEXT_LATER;
}

// RvIndexList.next: take a video from the library's queue for the slot and let its lease be renewed.
static RvIndexNext next_video(void *user, int slot, RvIndexItem *item)
{
    QueueList *list = user;
    CliIndexing *indexing = list->indexing;
    RvQueueJob *job = &list->jobs[slot];
    RvError err = {0};
    if (indexing->stopped || cli_interrupted())
        return RV_NEXT_END;
    if (cli_clock_s() < list->look_s)
        return RV_NEXT_LATER;
    if (rv_library_queue_take(indexing->library, list->listed, list->lease_s, job, &list->counts, &err) !=
        RV_OK) {
        cli_show_hide(&indexing->show);
        stop(indexing, cli_fail(&err));
        return RV_NEXT_END;
    }
    if (job->path == NULL)
        return wait_for_others(list);
    if (job->attempts > 1 && !indexing->common->quiet) {
        cli_show_hide(&indexing->show);
        cli_message("%s: taken over, attempt %d of %d", job->path, job->attempts, RV_QUEUE_ATTEMPTS_MAX);
    }
    const RvQueueCounts *counts = &list->counts;
    CliListed video = {.path = job->path, .place = (size_t)(counts->done + counts->failed + counts->leased)};
    indexing->show.open_end = true;
    indexing->show.list_count = (size_t)(counts->waiting + counts->leased + counts->done + counts->failed);
    if (!cli_show_begin(&indexing->show, slot, &video)) {
        rv_library_queue_end(indexing->library, job, RV_QUEUE_GIVE_BACK, NULL, NULL);
        rv_queue_job_clear(job);
        stop(indexing, cli_fail_memory());
        return RV_NEXT_END;
    }
    list->job_count++;
    cli_heart_watch(list->heart, slot, job);
    *item = (RvIndexItem){.path_or_url = job->path, .job = job};
    return RV_NEXT_VIDEO;
}

/* ---- the list ----------------------------------------------------------------------------------------- */

// Index videos of the queue until none is open. Returns the exit status.
static int work_list(QueueList *list)
{
    CliIndexing *indexing = list->indexing;
    RvIndexList videos = {.jobs = indexing->jobs, .next = next_video, .ended = video_ended, .user = list};
    RvError err = {0};
    indexing->options.progress = report_progress;
    indexing->options.progress_user = list;
    RvStatus status =
        rv_library_index_list(indexing->library, indexing->encoder, &videos, &indexing->options, &err);
    cli_show_hide(&indexing->show);
    if (status != RV_OK)
        return cli_fail(&err);
    if (indexing->stopped)
        return indexing->stop_status;
    if (!list->worked_off) {
        cli_message("interrupted; what was begun is given back, any worker goes on with it");
        return CLI_INTERRUPTED;
    }
    if (!indexing->common->quiet)
        cli_message("the list is worked off: %lld done, %lld failed", (long long)list->counts.done,
                    (long long)list->counts.failed);
    if (list->failed_count > 0)
        return list->done_count > 0 ? CLI_PARTLY : CLI_FAILED;
    return CLI_DONE;
}

int cli_queue_run(CliIndexing *indexing, RvLibrary *heart_library, double lease_s, const RvStrings *videos)
{
    RvIndexOptions listed = indexing->options;
    RvError err = {0};
    QueueList list = {
        .indexing = indexing, .listed = &listed, .lease_s = lease_s > 0 ? lease_s : DEFAULT_LEASE_S};
    if (rv_library_queue_add(indexing->library, videos, &listed, &err) != RV_OK)
        return cli_fail(&err);
    // The queue decides what is tried again. A worker takes up a video that failed before, whoever added it.
    indexing->options.retry_failed = true;
    list.jobs = calloc((size_t)indexing->jobs, sizeof *list.jobs);
    list.heart = cli_heart_start(heart_library, list.lease_s / RENEWALS_PER_LEASE);
    int status = list.jobs != NULL && list.heart != NULL ? work_list(&list) : cli_fail_memory();
    cli_heart_stop(list.heart);
    free(list.jobs);
    return status;
}
