/* SPDX-License-Identifier: MIT */
/* Index the videos of a command line, one after the other or several at once. */
#include "index_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "index_gone.h"
#include "message.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

#define AGAIN_S 1.0 // by then the other process has advanced or ended
#define OUTCOME_COUNT (RV_INDEX_ELSEWHERE + 1)

typedef struct SourceList {
    CliIndexing *indexing;
    CliSources *sources;
    size_t next; // index of the next source
    // clock time before which the videos left to another process are not tried again
    double again_s;
    CliSource **running;          // [jobs], by slot
    size_t counts[OUTCOME_COUNT]; // of videos that ended without an error
    size_t failed_count;          // failed in this run
    CliGone gone;
    bool cut;          // the run was interrupted
    bool library_lost; // the library's server was unreachable when the last video ended
} SourceList;

bool cli_index_is_general(RvStatus status)
{
    return status == RV_ERROR_ARGUMENT || status == RV_ERROR_MISMATCH || status == RV_ERROR_MEMORY;
}

bool cli_index_lost_library(const CliIndexing *indexing, RvStatus status, const RvError *err)
{
    const char *uri = rv_library_uri(indexing->library);
    return status == RV_ERROR_NETWORK && strncmp(err->message, uri, strlen(uri)) == 0;
}

bool cli_index_is_reported(const CliIndexing *indexing, RvIndexOutcome outcome, bool named)
{
    bool changed = outcome == RV_INDEXED || outcome == RV_INDEX_RENAMED;
    return changed || indexing->verbose || (named && !indexing->common->quiet);
}

static CliListed listed(const CliIndexing *indexing, const CliSource *source, size_t place)
{
    return (CliListed){.path = source->path,
                       .place = place,
                       .size_bytes = source->size_bytes,
                       .awaited = !source->settled || indexing->options.force};
}

/* Returns the next source. After the last, it returns those that were left to another process, which may have
 * ended since. Returns NULL if there is none now (*end: none at all). */
static CliSource *next_source(SourceList *list, bool *end)
{
    CliSources *sources = list->sources;
    *end = false;
    if (list->next < sources->count)
        return &sources->items[list->next++];
    // A running video may still be left to another process.
    bool waiting = list->indexing->show.video_count > 0;
    for (size_t i = 0; i < sources->count; i++) {
        CliSource *source = &sources->items[i];
        if (!source->left || source->again)
            continue;
        if (cli_clock_s() >= list->again_s) {
            source->again = true;
            return source;
        }
        waiting = true;
    }
    *end = !waiting;
    return NULL;
}

// RvIndexList.next: the next source of the command line for the slot.
static RvIndexNext next_video(void *user, int slot, RvIndexItem *item)
{
    SourceList *list = user;
    CliIndexing *indexing = list->indexing;
    list->cut = list->cut || cli_interrupted();
    if (indexing->stopped || list->cut)
        return RV_NEXT_END;
    bool end = false;
    CliSource *source = next_source(list, &end);
    if (source == NULL)
        return end ? RV_NEXT_END : RV_NEXT_LATER;
    CliListed video = listed(indexing, source, (size_t)(source - list->sources->items) + 1);
    item->path_or_url = source->path;
    list->running[slot] = source;
    if (cli_show_begin(&indexing->show, slot, &video))
        return RV_NEXT_VIDEO;
    indexing->stopped = true;
    indexing->stop_status = cli_fail_memory();
    return RV_NEXT_END;
}

static bool report_progress(void *user, const RvIndexProgress *report)
{
    const SourceList *list = user;
    cli_show_report(&list->indexing->show, report);
    return !cli_interrupted() && !list->indexing->stopped;
}

static void print_end(SourceList *list, int slot, const char *video, const RvIndexReport *report)
{
    CliSource *source = list->running[slot];
    if (report->outcome == RV_INDEX_ELSEWHERE && !source->again) {
        source->left = true;
        list->again_s = cli_clock_s() + AGAIN_S;
        return;
    }
    list->counts[report->outcome]++;
    if (!cli_index_is_reported(list->indexing, report->outcome, source->named)) {
        if (report->outcome == RV_INDEX_ELSEWHERE && !list->indexing->common->quiet)
            cli_message("%s: another process is indexing it; it is left to that one", video);
    } else if (report->outcome == RV_INDEX_SKIPPED_FAILED) {
        cli_message("%s: failed before and is left out; --retry-failed takes it up again", video);
    } else if (report->outcome == RV_INDEX_ELSEWHERE) {
        cli_message("%s: another process is indexing it; it is left to that one", video);
    } else {
        cli_show_result(video, report);
    }
}

static size_t count_good(const SourceList *list)
{
    size_t good = 0;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        good += list->counts[outcome];
    return good;
}

/* If the library's server becomes unreachable, the running videos fail. The next one reconnects, or ends the
 * run without repeating the message. */
static int note_failure(SourceList *list, RvStatus status, const RvError *err)
{
    CliIndexing *indexing = list->indexing;
    bool lost = cli_index_lost_library(indexing, status, err), said = lost && list->library_lost;
    list->library_lost = lost;
    list->failed_count++;
    if (!said)
        return cli_fail(err);
    if (!indexing->stopped)
        cli_message("%s: not reached again; the other videos are left to the next run",
                    rv_library_uri(indexing->library));
    indexing->stopped = true;
    indexing->stop_status = count_good(list) > 0 ? CLI_PARTLY : CLI_FAILED;
    return indexing->stop_status;
}

static void video_ended(void *user, int slot, RvStatus status, const RvIndexReport *report,
                        const RvError *err)
{
    SourceList *list = user;
    CliIndexing *indexing = list->indexing;
    const char *video = cli_show_end(&indexing->show, slot);
    if (status == RV_ERROR_CANCELLED && (cli_interrupted() || indexing->stopped)) {
        list->cut = true;
    } else if (status != RV_OK) {
        int exit_status = note_failure(list, status, err);
        if (cli_index_is_general(status) || status == RV_ERROR_BUSY) {
            indexing->stopped = true;
            indexing->stop_status = exit_status;
        }
    } else {
        list->library_lost = false;
        print_end(list, slot, video, report);
    }
}

/* ---- the summary -------------------------------------------------------------------------------------- */

typedef struct Words {
    char text[1024];
    size_t used;
} Words;

/* Append ", 4,998 unchanged"; nothing if the count is 0. */
static void add_count(Words *words, size_t count, const char *what)
{
    char number[32];
    cli_text_count(count, number, sizeof number);
    if (count > 0 && words->used < sizeof words->text)
        words->used += (size_t)snprintf(words->text + words->used, sizeof words->text - words->used,
                                        "%s%s %s", words->used > 0 ? ", " : "", number, what);
}

static void add_part(Words *words, const char *part)
{
    if (part[0] != '\0' && words->used < sizeof words->text)
        words->used += (size_t)snprintf(words->text + words->used, sizeof words->text - words->used, "%s%s",
                                        words->used > 0 ? "; " : "", part);
}

/* A single named video without anything new already has its own line. */
static bool is_worth_a_summary(const SourceList *list)
{
    const CliSources *sources = list->sources;
    return sources->count != 1 || sources->folders.count > 0 || list->counts[RV_INDEXED] > 0 ||
           list->gone.removed_count > 0 || sources->unlisted_count > 0;
}

static void print_summary(const SourceList *list)
{
    const CliSources *sources = list->sources;
    const size_t *counts = list->counts;
    Words words = {.text = ""};
    char part[256];
    if (list->indexing->common->quiet || !is_worth_a_summary(list))
        return;
    add_count(&words, counts[RV_INDEXED], "new");
    add_count(&words, counts[RV_INDEX_RENAMED], "renamed");
    add_count(&words, counts[RV_INDEX_DUPLICATE],
              counts[RV_INDEX_DUPLICATE] == 1 ? "duplicate" : "duplicates");
    add_count(&words, counts[RV_INDEX_UNCHANGED], "unchanged");
    add_count(&words, list->failed_count, "failed");
    add_count(&words, counts[RV_INDEX_SKIPPED_FAILED], "failed earlier");
    add_count(&words, counts[RV_INDEX_ELSEWHERE], "left to another process");
    add_count(&words, list->gone.removed_count, "removed");
    add_count(&words, list->gone.missing_count, "missing (--prune removes them)");
    add_count(&words, list->gone.kept_count, "missing and kept");
    cli_sources_left(sources, part, sizeof part);
    add_part(&words, part);
    if (sources->unlisted_count > 0) {
        snprintf(part, sizeof part, "%zu of %zu videos belong to this part", sources->count,
                 sources->count + sources->unlisted_count);
        add_part(&words, part);
    }
    cli_show_speed(&list->indexing->show, part, sizeof part);
    add_part(&words, part);
    if (words.used > 0)
        cli_message("%s", words.text);
}

/* ---- the run ------------------------------------------------------------------------------------------ */

static int exit_status(const SourceList *list)
{
    const CliSources *sources = list->sources;
    size_t failed = list->failed_count + list->gone.failed_count + sources->failed_count;
    size_t good = count_good(list) + list->gone.removed_count;
    if (failed == 0 && sources->left.unreadable_count == 0)
        return CLI_DONE;
    return good > 0 ? CLI_PARTLY : CLI_FAILED;
}

/* Estimate the amount of work, as far as it is known before the videos are opened. */
static bool await_sources(CliIndexing *indexing, CliSources *sources, int *status)
{
    RvVideos known = {0};
    RvError err = {0};
    *status = CLI_DONE;
    if (rv_library_paths(indexing->library, &known, &err) != RV_OK) {
        *status = cli_fail(&err);
        return false;
    }
    cli_gone_settle(&known, indexing->options.retry_failed, sources);
    rv_videos_clear(&known);
    for (size_t i = 0; i < sources->count; i++) {
        CliListed video = listed(indexing, &sources->items[i], i + 1);
        cli_show_await(&indexing->show, &video);
    }
    return true;
}

static int finish(SourceList *list, bool prune)
{
    CliIndexing *indexing = list->indexing;
    int status;
    cli_show_hide(&indexing->show);
    if (indexing->stopped)
        return indexing->stop_status;
    if (list->cut || list->sources->interrupted) {
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (!cli_gone_look(indexing->library, list->sources, prune, &list->gone, &status))
        return status;
    print_summary(list);
    return exit_status(list);
}

int cli_index_run(CliIndexing *indexing, CliSources *sources, bool prune)
{
    SourceList list = {.indexing = indexing, .sources = sources};
    RvIndexList videos = {.jobs = indexing->jobs, .next = next_video, .ended = video_ended, .user = &list};
    RvError err = {0};
    int status;
    indexing->options.progress = report_progress;
    indexing->options.progress_user = &list;
    list.running = calloc((size_t)indexing->jobs, sizeof *list.running);
    if (list.running == NULL)
        return cli_fail_memory();
    if (await_sources(indexing, sources, &status)) {
        RvStatus outcome =
            rv_library_index_list(indexing->library, indexing->encoder, &videos, &indexing->options, &err);
        if (outcome == RV_OK) {
            status = finish(&list, prune);
        } else {
            cli_show_hide(&indexing->show);
            status = cli_fail(&err);
        }
    }
    free(list.running);
    return status;
}
