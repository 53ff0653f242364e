/* SPDX-License-Identifier: MIT */
/* What export --to, import and reembed share: one library into another, with progress. */
#include "copy_run.h"

#include "cli.h"
#include "message.h"
#include "progress.h"
#include "signals.h"

typedef struct Copying {
    const CopyRun *run;
    const char *name; // of the source
    CliProgress progress;
} Copying;

static bool report_progress(void *user, const RvCopyProgress *report)
{
    Copying *copying = user;
    cli_progress_begin_once(&copying->progress, copying->run->common->quiet, "Copying frames", copying->name,
                            false);
    cli_progress_report(&copying->progress, report->frames_done, report->frames_expected, report->elapsed_s);
    return !cli_interrupted();
}

static int copy(const CopyRun *run, RvLibrary *from, RvLibrary *to, Copying *copying)
{
    RvCopyOptions options = {.video_glob = run->video_glob,
                             .replace = run->replace,
                             .progress = report_progress,
                             .progress_user = copying};
    RvCopyReport report = {0};
    RvError err = {0};
    const char *name = rv_library_uri(from);
    copying->name = name;
    RvStatus status = rv_library_copy(from, to, &options, &report, &err);
    cli_progress_end(&copying->progress);
    if (status == RV_ERROR_CANCELLED && cli_interrupted()) {
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (status != RV_OK)
        return cli_fail(&err);
    cli_print("%s: %zu video%s copied with %zu frame%s, %zu there already, %zu left out", name,
              report.videos_copied, report.videos_copied == 1 ? "" : "s", report.frames_copied,
              report.frames_copied == 1 ? "" : "s", report.videos_present, report.videos_refused);
    return report.videos_refused > 0 ? CLI_PARTLY : CLI_DONE;
}

RvStatus cli_copy_check_videos(RvLibrary *from, const char *video_glob, RvError *err)
{
    RvVideos videos = {0};
    RvStatus status = video_glob != NULL ? rv_library_list(from, video_glob, &videos, err) : RV_OK;
    if (status == RV_OK && video_glob != NULL && videos.count == 0)
        status =
            cli_error(err, RV_ERROR_NOT_FOUND, "%s: no video matches '%s'; `reelvec list` shows their paths",
                      rv_library_uri(from), video_glob);
    rv_videos_clear(&videos);
    return status;
}

int cli_copy_run(const CopyRun *run)
{
    Copying copying = {.run = run};
    RvLog log = cli_log(run->common, &copying.progress);
    RvLibrary *from = NULL, *to = NULL;
    RvError err = {0};
    RvLibraryOptions read = {.mode = RV_OPEN_READ, .log = log}, create = {.mode = RV_OPEN_CREATE, .log = log};
    int status;
    cli_catch_interrupts();
    if (rv_library_open(run->from, &read, &from, &err) != RV_OK ||
        cli_copy_check_videos(from, run->video_glob, &err) != RV_OK ||
        rv_library_open(run->to, &create, &to, &err) != RV_OK)
        status = cli_fail(&err);
    else
        status = copy(run, from, to, &copying);
    rv_library_close(to);
    rv_library_close(from);
    return status;
}
