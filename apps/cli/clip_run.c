/* SPDX-License-Identifier: MIT */
/* What `clip` and `search --clips` share: their options, clips cut with progress, a line for each. */
#include "clip_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "hints.h"
#include "message.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

typedef struct Cutting {
    CliProgress progress;
    const ClipRun *run;
    bool failed_at_work; // a clip failed by other causes than what was asked for
} Cutting;

static bool report_progress(void *user, const RvCutProgress *report)
{
    Cutting *cutting = user;
    // Several frames of a second: the bar counts hundredths.
    cli_progress_report(&cutting->progress, (uint64_t)(report->done_s * 100 + 0.5),
                        (uint64_t)(report->expected_s * 100 + 0.5), report->elapsed_s);
    return !cli_interrupted();
}

/* "dog.mp4: 81.520 to 90.000 s, 212 frames, 3.1 MB; starts 1.48 s earlier, at a keyframe" */
static void print_clip(const ClipRun *run, const RvCut *cut)
{
    char bytes[32], frames[48] = "", early[64] = "", text[256];
    cli_text_bytes(cut->size_bytes, bytes, sizeof bytes);
    if (cut->frame_count > 0)
        snprintf(frames, sizeof frames, "%lld frame%s, ", (long long)cut->frame_count,
                 cut->frame_count == 1 ? "" : "s");
    if (cut->early_s > 0)
        snprintf(early, sizeof early, "; starts %.2f s earlier, at a keyframe", cut->early_s);
    if (cut->outcome == RV_CUT_PRESENT)
        snprintf(text, sizeof text, "is there already (%s)", bytes);
    else
        snprintf(text, sizeof text, "%.3f to %.3f s, %s%s%s%s%s", cut->start_s, cut->end_s, frames, bytes,
                 cut->timecode[0] != '\0' ? ", from " : "", cut->timecode, early);
    if (!run->beside)
        cli_print("%s: %s", cut->path, text);
    else if (!run->common->quiet)
        cli_message("%s: %s", cut->path, text);
}

static void clip_ended(void *user, size_t index, RvStatus status, const RvCut *cut, const RvError *err)
{
    Cutting *cutting = user;
    (void)index;
    cli_progress_hide(&cutting->progress);
    if (status == RV_OK)
        print_clip(cutting->run, cut);
    else if (cli_fail(err) == CLI_FAILED)
        cutting->failed_at_work = true;
}

static int interrupted(const ClipRun *run)
{
    if (!run->common->quiet)
        cli_message(run->path != NULL ? "interrupted; nothing was left behind"
                                      : "interrupted; run the same command to go on");
    return CLI_INTERRUPTED;
}

static int cut_one(const ClipRun *run, const RvCutOptions *options, Cutting *cutting)
{
    RvCut cut = {0};
    RvError err = {0};
    RvStatus status = run->preview ? rv_cut_preview(&run->moments[0], run->path, options, &cut, &err)
                                   : rv_cut(&run->moments[0], run->path, options, &cut, &err);
    cli_progress_hide(&cutting->progress);
    if (status == RV_ERROR_CANCELLED && cli_interrupted())
        return interrupted(run);
    if (status != RV_OK)
        return cli_fail(&err);
    print_clip(run, &cut);
    rv_cut_clear(&cut);
    return CLI_DONE;
}

static int cut_many(const ClipRun *run, const RvCutOptions *options, Cutting *cutting)
{
    RvCutReport report = {0};
    RvError err = {0};
    RvStatus status =
        rv_cut_list(run->moments, run->count, run->folder, options, clip_ended, cutting, &report, &err);
    cli_progress_hide(&cutting->progress);
    if (status == RV_ERROR_CANCELLED && cli_interrupted())
        return interrupted(run);
    if (status != RV_OK)
        return cli_fail(&err);
    if (report.failed == 0)
        return CLI_DONE;
    if (report.made + report.present > 0)
        return CLI_PARTLY;
    return cutting->failed_at_work ? CLI_FAILED : CLI_WRONG_USAGE; // as of a single clip
}

int cli_clip_run(const ClipRun *run)
{
    Cutting cutting = {.run = run};
    const ClipSettings *settings = run->settings;
    RvCutOptions options = {.ffmpeg = settings->ffmpeg,
                            .exact = settings->exact,
                            .force = settings->force,
                            .handles_s = settings->handles.given ? settings->handles.value : 0,
                            .name = settings->name,
                            .thread_count = run->common->thread_count,
                            .width = run->width,
                            .frame_rate = run->frame_rate,
                            .progress = report_progress,
                            .user = &cutting,
                            .log = cli_log(run->common, &cutting.progress)};
    cli_catch_interrupts();
    cli_progress_begin(&cutting.progress, run->common->quiet, "Cutting", NULL, false);
    cutting.progress.seconds = true;
    return run->path != NULL ? cut_one(run, &options, &cutting) : cut_many(run, &options, &cutting);
}

/* Returns how long a video is by the library; infinity if it does not say. */
static double length_of(const RvVideos *videos, int64_t video_id)
{
    for (size_t i = 0; i < videos->count; i++) {
        if (videos->items[i].video_id == video_id && videos->items[i].duration_s > 0)
            return videos->items[i].duration_s;
    }
    return INFINITY;
}

int cli_clip_hits(const CliCommon *common, const ClipSettings *settings, RvLibrary *library,
                  const RvHits *hits, const char *folder)
{
    RvVideos videos = {0};
    RvError err = {0};
    RvMoment *list = calloc(hits->count + 1, sizeof *list);
    if (list == NULL)
        return cli_fail_memory();
    if (rv_library_paths(library, &videos, &err) != RV_OK) {
        free(list);
        return cli_fail(&err);
    }
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        bool moment = hit->end_s > hit->start_s;
        double end_s = fmin(hit->time_s + CLIP_BEHIND_S, length_of(&videos, hit->video_id));
        list[i] = (RvMoment){.video = hit->video,
                             .start_s = moment ? hit->start_s : fmax(0, hit->time_s - CLIP_BEFORE_S),
                             .end_s = moment ? hit->end_s : fmax(end_s, hit->time_s + 0.001),
                             .time_s = hit->time_s,
                             .score = hit->score};
    }
    ClipRun run = {.common = common,
                   .settings = settings,
                   .moments = list,
                   .count = hits->count,
                   .folder = folder,
                   .beside = true};
    int status = cli_clip_run(&run);
    rv_videos_clear(&videos);
    free(list);
    return status;
}
