/* SPDX-License-Identifier: MIT */
/* The pipeline of indexing: several videos are read and decoded at once, one thread embeds and stores.
 *
 * A video has one thread while its file is read for the content key, and another while it is opened, decoded
 * and converted. Those threads use neither store nor encoder. They send events to the caller's thread, which
 * does all the rest.
 *
 * The rows must be the same as if one video was indexed after the other. Therefore videos are decided on in
 * the order of the list, each after the rows of those before it have begun. A copy of a video that is in
 * flight waits for its end; only the copy waits, so the numbers of rows may differ if the first of two copies
 * fails.
 *
 * Worked example: b.mp4 has the same bytes as a.mp4; three slots, an empty library.
 *
 *                                           a.mp4       b.mp4              c.mp4
 *     all three are admitted                READING     READING            READING
 *     the files have been read              WAITING     WAITING            WAITING
 *     is_its_turn(a)                        DECODING    WAITING, parked    WAITING
 *     is_its_turn(c): b is parked           DECODING    WAITING, parked    DECODING
 *     a ends, its row is complete           -           WAITING            DECODING
 *     is_its_turn(b): a copy of a           -           ended: DUPLICATE   DECODING
 *
 * While a is in flight, content_is_taken(b) is true, so it is not b's turn. b is parked: it waits for a, and
 * c may overtake it. But if the library has a row for the path b.mp4 (the file held other bytes before), b is
 * not parked and c waits too. Deciding on b deletes that row, and c could be the file whose content the row
 * describes: its outcome must not depend on timing. */
#include "index/index_pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/threads.h"
#include "index/index_settings.h"
#include "index/index_video.h"
#include "reelvec/encoder.h"

/* Interval at which progress is reported and a request to stop is noticed while no batch is ready. */
#define TICK_S 0.2
#define EVENTS_PER_TASK (FRAME_BATCHES + 2)

typedef enum TaskStage {
    TASK_FREE,    // no video
    TASK_NEW,     // not looked up yet
    TASK_READING, // its thread reads the file for the content key
    TASK_WAITING, // waits for the decision
    TASK_OPENING, // its thread opens the video
    TASK_DECODING // its row has begun
} TaskStage;

typedef enum EventKind {
    EVENT_OPENED, // the video is open: its row may begin
    EVENT_BATCH,  // a batch is decoded
    EVENT_ENDED   // its thread ends
} EventKind;

typedef struct Task Task;

typedef struct Event {
    Task *task;
    EventKind kind;
    FrameBatch *batch;
} Event;

struct Task {
    Queue *events; // the queue of the run; borrowed
    int slot, decoder_threads;
    TaskStage stage;
    RvIndexItem item;
    IndexVideo video;
    double start_s, reported_s;
    bool dropping; // batches that still arrive are discarded
    RvStatus status;
    RvError error;
    // Written by its thread; read only after the thread has been joined.
    pthread_t thread;
    RvStatus thread_status;
    RvError thread_error;
    Event ring[EVENTS_PER_TASK]; // storage for the thread's events; no more are in flight at once
    size_t event_count;
    atomic_int waiting_batches; // decoded batches that the caller's thread has not taken yet
};

typedef struct PipelineRun {
    IndexContext context;
    const RvIndexList *list;
    IndexOrigin *origins; // [slot_count]; NULL: none
    int slot_count;
    Task *tasks;    // [slot_count]
    Task **running; // [slot_count], in the order of the list; the first running_count are in use
    int running_count;
    bool list_ended;
    Queue *events;
} PipelineRun;

/* ---- a video's threads -------------------------------------------------------------------------------- */

static void send_event(Task *task, EventKind kind, FrameBatch *batch)
{
    Event *event = &task->ring[task->event_count++ % EVENTS_PER_TASK];
    *event = (Event){task, kind, batch};
    rv_queue_push(task->events, event);
}

static void *read_file(void *argument)
{
    Task *task = argument;
    task->thread_status = rv_index_video_read(&task->video, &task->thread_error);
    send_event(task, EVENT_ENDED, NULL);
    return NULL;
}

static void *decode(void *argument)
{
    Task *task = argument;
    RvStatus status = rv_index_video_open(&task->video, task->decoder_threads, &task->thread_error);
    bool end = status != RV_OK;
    if (status == RV_OK)
        send_event(task, EVENT_OPENED, NULL); // its row begins when the caller's thread has time
    while (!end && status == RV_OK) {
        FrameBatch *batch = rv_batch_maker_next(task->video.batches, &end, &status, &task->thread_error);
        if (batch == NULL)
            break;
        // What was decoded before a failure is kept.
        if (batch->count > 0) {
            atomic_fetch_add(&task->waiting_batches, 1);
            send_event(task, EVENT_BATCH, batch);
        }
    }
    task->thread_status = status;
    send_event(task, EVENT_ENDED, NULL);
    return NULL;
}

/* ---- beginning and ending ----------------------------------------------------------------------------- */

static void hold_lease(const PipelineRun *run, const Task *task)
{
    if (task->item.job != NULL)
        rv_store_queue_hold(run->context.store, task->item.job);
}

static char *take_text(char **text)
{
    char *taken = *text;
    *text = NULL;
    return taken;
}

/* End a task and report its outcome. Its thread, if it had one, has been joined. */
static void end_task(PipelineRun *run, Task *task)
{
    int place = 0;
    while (run->running[place] != task)
        place++;
    run->running_count--;
    memmove(run->running + place, run->running + place + 1,
            (size_t)(run->running_count - place) * sizeof *run->running);
    RvIndexReport report = task->video.report;
    report.total_s = rv_clock_s() - task->start_s;
    char *same_as = NULL, *failure = NULL;
    if (report.outcome == RV_INDEX_DUPLICATE)
        same_as = take_text(&task->video.source.same_content.video.path);
    if (report.outcome == RV_INDEX_SKIPPED_FAILED) {
        VideoSource *source = &task->video.source;
        bool by_path = source->by_path && source->same_path.video.video_id == report.video_id;
        failure = take_text(by_path ? &source->same_path.video.error : &source->same_content.video.error);
    }
    report.same_as = same_as;
    report.failure = failure;
    rv_index_video_close(&task->video);
    task->stage = TASK_FREE;
    run->list->ended(run->list->user, task->slot, task->status, &report, &task->error);
    free(same_as);
    free(failure);
}

static bool start_thread(Task *task, TaskStage stage, void *(*body)(void *))
{
    task->stage = stage;
    task->thread_status = RV_OK;
    if (rv_thread_start(&task->thread, body, task) == 0)
        return true;
    task->status =
        rv_error_set(&task->error, RV_ERROR_MEMORY, "%s: cannot start a thread", task->video.source.path);
    return false;
}

/* Ask its thread to end; it then sends EVENT_ENDED. drop: discard the batches that still arrive. */
static void stop_task(Task *task, bool drop)
{
    task->dropping = task->dropping || drop;
    atomic_store(&task->video.stopping, true);
    if (task->stage == TASK_DECODING)
        rv_batch_maker_stop(task->video.batches);
}

static void fail_task(Task *task, RvStatus status, const RvError *err)
{
    task->status = status;
    task->error = *err;
    stop_task(task, true);
}

static Task *free_task(PipelineRun *run)
{
    for (int slot = 0; slot < run->slot_count; slot++) {
        if (run->tasks[slot].stage == TASK_FREE)
            return &run->tasks[slot];
    }
    return NULL;
}

/* Take a video from the list if a slot is free. Returns false if none was taken. */
static bool admit(PipelineRun *run)
{
    Task *task = run->list_ended ? NULL : free_task(run);
    RvIndexItem item = {0};
    if (task == NULL)
        return false;
    RvIndexNext next = run->list->next(run->list->user, task->slot, &item);
    run->list_ended = next == RV_NEXT_END;
    if (next != RV_NEXT_VIDEO)
        return false;
    *task = (Task){.events = run->events, .slot = task->slot, .stage = TASK_NEW, .item = item};
    task->start_s = task->reported_s = rv_clock_s();
    run->running[run->running_count++] = task;
    IndexOrigin *origin = run->origins != NULL ? &run->origins[task->slot] : NULL;
    task->status = rv_index_video_begin(&task->video, &run->context, item.path_or_url, origin, &task->error);
    if (task->status != RV_OK)
        end_task(run, task);
    return true;
}

/* ---- progress ----------------------------------------------------------------------------------------- */

/* after_batch: a batch of this task was just stored. */
static void report_progress(PipelineRun *run, Task *task, bool after_batch)
{
    const RvIndexOptions *options = run->context.options;
    const IndexVideo *video = &task->video;
    double now_s = rv_clock_s();
    RvIndexProgress progress = {.video = video->source.path,
                                .slot = task->slot,
                                .frames_done = video->decision.first_sample,
                                .video_s = video->taken_to_s - video->taken_from_s,
                                .elapsed_s = now_s - task->start_s};
    if (task->stage == TASK_DECODING) {
        progress.stage = RV_INDEX_DECODING;
        progress.frames_done = video->report.frame_count;
        progress.frames_expected = rv_batch_maker_expected(video->batches);
    } else if (task->stage == TASK_READING) {
        progress.stage = RV_INDEX_READING;
        progress.bytes_read = atomic_load(&video->read_bytes);
        progress.bytes_expected = video->source.size_bytes;
    }
    task->reported_s = now_s;
    if (options->progress == NULL || task->status != RV_OK ||
        options->progress(options->progress_user, &progress))
        return;
    task->status =
        rv_error_set(&task->error, RV_ERROR_CANCELLED, "%s: interrupted after %zu frames; run again to go on",
                     video->source.path, progress.frames_done);
    // If called while no batch is ready, the batch that its thread is filling still arrives and is kept.
    stop_task(task, after_batch || atomic_load(&task->waiting_batches) > 0);
    if (task->stage == TASK_NEW || task->stage == TASK_WAITING)
        end_task(run, task);
}

static void report_all(PipelineRun *run)
{
    double now_s = rv_clock_s();
    for (int place = run->running_count - 1; place >= 0; place--) {
        if (now_s - run->running[place]->reported_s >= TICK_S / 2)
            report_progress(run, run->running[place], false);
    }
}

/* ---- deciding, in the order of the list ---------------------------------------------------------------- */

static bool path_is_taken(const PipelineRun *run, int place)
{
    for (int i = 0; i < place; i++) {
        if (strcmp(run->running[i]->video.source.path, run->running[place]->video.source.path) == 0)
            return true;
    }
    return false;
}

static bool content_is_taken(const PipelineRun *run, int place)
{
    const char *key = run->running[place]->video.source.content_key;
    if (run->origins != NULL) // videos of a library are known by their paths
        return false;
    for (int i = 0; i < place; i++) {
        const Task *before = run->running[i];
        // While a file is read, its key belongs to the reading thread.
        if (before->stage != TASK_READING && strcmp(before->video.source.content_key, key) == 0)
            return true;
    }
    return false;
}

/* A parked task waits for an earlier one with the same path or content. It deletes no rows, so later tasks
 * may overtake it. */
static bool is_parked(const PipelineRun *run, int place)
{
    const Task *task = run->running[place];
    if (task->stage == TASK_NEW)
        return path_is_taken(run, place);
    return task->stage == TASK_WAITING && !task->video.source.by_path && content_is_taken(run, place);
}

/* True if all tasks before it have begun their rows or are parked, and no task before it has the same
 * content. */
static bool is_its_turn(const PipelineRun *run, int place)
{
    for (int i = 0; i < place; i++) {
        if (run->running[i]->stage != TASK_DECODING && !is_parked(run, i))
            return false;
    }
    return !content_is_taken(run, place);
}

/* The cores (or the threads that the caller asked for) are divided among the videos decoded at once. */
static int decoder_threads(const PipelineRun *run)
{
    int cores = rv_encoder_info(run->context.encoder)->thread_count;
    return (cores + run->running_count - 1) / run->running_count;
}

static void decide(PipelineRun *run, Task *task)
{
    task->status = rv_index_video_decide(&task->video, &task->error);
    if (task->status != RV_OK || task->video.decision.done) {
        end_task(run, task);
        return;
    }
    task->decoder_threads = decoder_threads(run);
    if (!start_thread(task, TASK_OPENING, decode)) {
        end_task(run, task);
        return;
    }
    report_progress(run, task, false);
    RvError err = {0};
    // Done while the video is opened and its first frames are decoded.
    RvStatus prepared = rv_encoder_prepare_images(run->context.encoder, &err);
    if (prepared != RV_OK)
        fail_task(task, prepared, &err);
}

/* Look up its row, and read the file if the row does not contain the content key. */
static void look(PipelineRun *run, Task *task)
{
    task->status = rv_index_video_look(&task->video, &task->error);
    if (task->status == RV_OK && task->video.source.content_key[0] != '\0')
        task->stage = TASK_WAITING;
    else if (task->status == RV_OK && start_thread(task, TASK_READING, read_file))
        report_progress(run, task, false);
    else
        end_task(run, task);
}

/* Advance the first task that can. Returns true if one did: others may be able to go on then. */
static bool advance(PipelineRun *run)
{
    for (int place = 0; place < run->running_count; place++) {
        Task *task = run->running[place];
        if (task->stage == TASK_NEW && !path_is_taken(run, place)) {
            hold_lease(run, task);
            look(run, task);
            // Decide at once, so that what it looked up is still true.
            if (task->stage == TASK_WAITING && is_its_turn(run, place))
                decide(run, task);
            return true;
        }
        if (task->stage == TASK_WAITING && is_its_turn(run, place)) {
            hold_lease(run, task);
            task->status = rv_index_video_look(&task->video, &task->error);
            if (task->status == RV_OK)
                decide(run, task);
            else
                end_task(run, task);
            return true;
        }
    }
    return false;
}

/* ---- what the threads tell ---------------------------------------------------------------------------- */

static void begin_row(PipelineRun *run, Task *task)
{
    hold_lease(run, task);
    task->stage = TASK_DECODING;
    if (task->status == RV_OK)
        task->status = rv_index_video_begin_row(&task->video, &task->error);
    if (task->status != RV_OK) {
        stop_task(task, true);
        return;
    }
    report_progress(run, task, false);
}

static void put_batch(PipelineRun *run, Task *task, FrameBatch *batch)
{
    atomic_fetch_sub(&task->waiting_batches, 1);
    if (task->dropping)
        return;
    hold_lease(run, task);
    RvError err = {0};
    RvStatus status = rv_index_video_put(&task->video, batch, &err);
    if (status != RV_OK) {
        fail_task(task, status, &err);
        return;
    }
    report_progress(run, task, true);
    rv_batch_maker_return(task->video.batches, batch);
}

static void join_thread(PipelineRun *run, Task *task)
{
    pthread_join(task->thread, NULL);
    // Only its thread reads the video. Any other failure is a fault of the library or the model.
    bool of_the_video = task->status == RV_OK && task->thread_status != RV_OK;
    if (of_the_video) {
        task->status = task->thread_status;
        task->error = task->thread_error;
    }
    if (task->stage == TASK_READING && task->status == RV_OK) {
        task->stage = TASK_WAITING;
        return;
    }
    bool decoded = task->stage != TASK_READING;
    hold_lease(run, task);
    if (decoded && task->video.batches != NULL)
        rv_batch_maker_report(task->video.batches, &task->video.report);
    if (task->status == RV_OK)
        task->status = rv_index_video_finish(&task->video, &task->error);
    if (task->video.elsewhere && task->item.job == NULL) { // if there is a lease, the queue decides
        task->status = RV_OK;
        task->video.report.outcome = RV_INDEX_ELSEWHERE;
    }
    if (decoded && task->status != RV_OK)
        rv_index_video_record(&task->video, &task->error, of_the_video);
    end_task(run, task);
}

static void handle(PipelineRun *run, const Event *event)
{
    switch (event->kind) {
    case EVENT_OPENED:
        begin_row(run, event->task);
        break;
    case EVENT_BATCH:
        put_batch(run, event->task, event->batch);
        break;
    case EVENT_ENDED:
        join_thread(run, event->task);
        break;
    }
}

/* ---- the run ------------------------------------------------------------------------------------------ */

static RvStatus open_run(PipelineRun *run, RvError *err)
{
    size_t count = (size_t)run->slot_count;
    run->tasks = rv_mem_alloc(count, sizeof *run->tasks, err);
    run->running = rv_mem_alloc(count, sizeof *run->running, err);
    if (run->tasks == NULL || run->running == NULL)
        return RV_ERROR_MEMORY;
    for (int slot = 0; slot < run->slot_count; slot++)
        run->tasks[slot] = (Task){.slot = slot};
    return rv_queue_create(count * EVENTS_PER_TASK, &run->events, err);
}

RvStatus rv_pipeline_run(Store *store, RvEncoder *encoder, const RvLog *log, const RvIndexList *list,
                         IndexOrigin *origins, const RvIndexOptions *options, RvError *err)
{
    if (list->jobs < 0 || list->jobs > RV_INDEX_JOBS_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%d videos at once; up to %d are possible", list->jobs,
                            RV_INDEX_JOBS_MAX);
    if (options->batch_size < 0 || options->batch_size > RV_INDEX_BATCH_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a batch of %d frames; 1 to %d are possible",
                            options->batch_size, RV_INDEX_BATCH_MAX);
    RvStatus status = rv_index_check_options(options, err);
    if (status == RV_OK)
        status = rv_encoder_open_device(encoder, err);
    if (status != RV_OK)
        return status;
    RvIndexOptions sized = *options;
    if (sized.batch_size <= 0)
        sized.batch_size = rv_encoder_info(encoder)->batch_size;
    if (sized.batch_size > RV_INDEX_BATCH_MAX) // the size that suits the device may exceed the limit
        sized.batch_size = RV_INDEX_BATCH_MAX;
    PipelineRun run = {.context = {store, encoder, log, &sized},
                       .list = list,
                       .origins = origins,
                       .slot_count = list->jobs > 0 ? list->jobs : rv_encoder_jobs(encoder)};
    status = open_run(&run, err);
    while (status == RV_OK) {
        bool moved = admit(&run);
        moved = advance(&run) || moved;
        if (run.running_count == 0 && run.list_ended)
            break;
        bool idle = false;
        const Event *event = rv_queue_pop_within(run.events, moved ? 0 : TICK_S, &idle);
        if (event != NULL)
            handle(&run, event);
        report_all(&run);
    }
    rv_queue_destroy(run.events);
    free(run.running);
    free(run.tasks);
    return status;
}
