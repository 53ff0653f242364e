/* SPDX-License-Identifier: MIT */
/* The videos of a command line into the library, one after the other or several at once. */
#include "index_run.h"

#include <string.h>

#include "cli.h"

typedef struct PathList {
    CliIndexing *indexing;
    const CliValues *paths;
    size_t path_count;  // expanded so far
    RvStrings videos;   // of the last one
    size_t video_count; // of those handed out
    int shard, shard_count;
    size_t done_count, failed_count;
    bool cut; // by an interruption
} PathList;

bool cli_index_is_general(RvStatus status)
{
    return status == RV_ERROR_ARGUMENT || status == RV_ERROR_MISMATCH || status == RV_ERROR_MEMORY;
}

/* What cannot be read goes to the first shard, so that one of them reports it. */
static bool is_ours(const PathList *list, const char *video)
{
    int shard = 0;
    if (list->shard_count == 0)
        return true;
    if (rv_source_shard(video, list->shard_count, &shard, NULL) != RV_OK)
        shard = 0;
    return shard == list->shard;
}

static int fail_shown(CliIndexing *indexing, const RvError *err)
{
    cli_show_hide(&indexing->show);
    return cli_fail(err);
}

/* The next video, or NULL behind the last. */
static const char *next_path(PathList *list)
{
    for (;;) {
        RvError err = {0};
        if (list->video_count < list->videos.count)
            return list->videos.items[list->video_count++];
        if (list->path_count == list->paths->argument_count)
            return NULL;
        rv_strings_clear(&list->videos);
        list->video_count = 0;
        if (rv_sources_expand(cli_values_argument(list->paths, list->path_count++), &list->videos, &err) !=
            RV_OK) {
            list->failed_count++;
            fail_shown(list->indexing, &err);
        }
    }
}

static RvIndexNext next_video(void *user, int slot, RvIndexItem *item)
{
    PathList *list = user;
    CliIndexing *indexing = list->indexing;
    while (!indexing->stopped && !list->cut) {
        const char *video = next_path(list);
        if (video == NULL)
            return RV_INDEX_END;
        list->cut = cli_interrupted();
        if (list->cut || !is_ours(list, video))
            continue;
        item->path_or_url = video;
        if (cli_show_begin(&indexing->show, slot, video))
            return RV_INDEX_VIDEO;
        indexing->stopped = true;
        indexing->stop_status = cli_fail_memory();
    }
    return RV_INDEX_END;
}

static bool report_progress(void *user, const RvIndexProgress *report)
{
    const PathList *list = user;
    cli_show_report(&list->indexing->show, report);
    return !cli_interrupted() && !list->indexing->stopped;
}

static void video_ended(void *user, int slot, RvStatus status, const RvIndexReport *report,
                        const RvError *err)
{
    PathList *list = user;
    CliIndexing *indexing = list->indexing;
    const char *video = cli_show_end(&indexing->show, slot);
    if (status == RV_ERROR_CANCELLED && (cli_interrupted() || indexing->stopped)) {
        list->cut = true;
    } else if (status != RV_OK) {
        list->failed_count++;
        int exit_status = cli_fail(err);
        if (cli_index_is_general(status) || status == RV_ERROR_BUSY) {
            indexing->stopped = true;
            indexing->stop_status = exit_status;
        }
    } else if (report->outcome == RV_INDEX_SKIPPED_FAILED) {
        list->failed_count++;
        cli_message("%s: failed before and is left out; --retry-failed takes it up again", video);
    } else {
        list->done_count++;
        cli_show_result(video, report);
    }
}

int cli_index_run(CliIndexing *indexing, const CliValues *paths, int shard, int shard_count)
{
    PathList list = {.indexing = indexing, .paths = paths, .shard = shard, .shard_count = shard_count};
    RvIndexList videos = {.jobs = indexing->jobs, .next = next_video, .ended = video_ended, .user = &list};
    RvError err = {0};
    indexing->options.progress = report_progress;
    indexing->options.progress_user = &list;
    RvStatus status =
        rv_library_index_list(indexing->library, indexing->encoder, &videos, &indexing->options, &err);
    rv_strings_clear(&list.videos);
    if (status != RV_OK)
        return fail_shown(indexing, &err);
    if (indexing->stopped)
        return indexing->stop_status;
    if (list.cut) {
        cli_show_hide(&indexing->show);
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (list.failed_count > 0)
        return list.done_count > 0 ? CLI_PARTLY : CLI_FAILED;
    return CLI_DONE;
}
