/* SPDX-License-Identifier: MIT */
/* reelvec index: videos into the library. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "context.h"
#include "queue_run.h"

#define MAX_SHARDS 100000

typedef struct IndexSettings {
    CliCommon common;
    CliReal every, scenes, skip_similar;
    bool keyframes;
    const char *hwaccel;
    int compat; // 1: opencv-notebook
    bool retry_failed, force, no_normalize, exact_pixels;
    int batch, height, quality, jobs;
    const char *shard; // "I/N"
    bool queue;
    CliReal lease;
} IndexSettings;

#define FIELD(field) offsetof(IndexSettings, field)

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(IndexSettings),
    CLI_OPTION_MODEL(IndexSettings),
    {.name = "every",
     .letter = 'e',
     .argument = "S",
     .help = "a frame every S seconds (1)",
     .kind = CLI_REAL,
     .offset = FIELD(every),
     .min = 0.001,
     .max = 86400},
    {.name = "keyframes", .help = "every keyframe instead", .kind = CLI_FLAG, .offset = FIELD(keyframes)},
    {.name = "scenes",
     .argument = "[=T]",
     .help = "the first frame of every scene instead; T: how much the brightness changes, 0 to 1",
     .kind = CLI_REAL,
     .offset = FIELD(scenes),
     .min = 0.001,
     .max = 1},
    {.name = "compat",
     .argument = "opencv-notebook",
     .help = "frames and colours as OpenCV notebooks take them: counted by int(fps), red and blue swapped; "
             "wrong, for "
             "comparing with their tables only",
     .kind = CLI_CHOICE,
     .offset = FIELD(compat),
     .choices = "none|opencv-notebook"},
    {.name = "hwaccel",
     .argument = "HOW",
     .help = "decode by none (software), auto, or a kind of video hardware, such as vaapi or cuda; `doctor` "
             "lists them (none)",
     .kind = CLI_TEXT,
     .offset = FIELD(hwaccel)},
    {.name = "skip-similar",
     .argument = "X",
     .help =
         "a frame that differs from the last embedded one by less than X of 255 levels on average takes its "
         "embedding; 1 suits slides and still cameras",
     .kind = CLI_REAL,
     .offset = FIELD(skip_similar),
     .min = 0.01,
     .max = 255},
    {.name = "retry-failed",
     .help = "take up videos that failed before",
     .kind = CLI_FLAG,
     .offset = FIELD(retry_failed)},
    {.name = "force", .help = "index again what is complete", .kind = CLI_FLAG, .offset = FIELD(force)},
    {.name = "batch",
     .argument = "N",
     .help = "frames per batch and transaction (16)",
     .kind = CLI_WHOLE,
     .offset = FIELD(batch),
     .min = 1,
     .max = 1024},
    {.name = "height",
     .argument = "PX",
     .help = "height of the stored pictures, at most the video's (360)",
     .kind = CLI_WHOLE,
     .offset = FIELD(height),
     .min = 16,
     .max = 4320},
    {.name = "quality",
     .argument = "Q",
     .help = "JPEG quality of the stored pictures, 1 to 100 (85)",
     .kind = CLI_WHOLE,
     .offset = FIELD(quality),
     .min = 1,
     .max = 100},
    {.name = "no-normalize",
     .help = "store embeddings as the model gives them, not of length 1",
     .kind = CLI_FLAG,
     .offset = FIELD(no_normalize)},
    {.name = "exact-pixels",
     .help = "convert colours at full size before resizing: slower, as for still pictures",
     .kind = CLI_FLAG,
     .offset = FIELD(exact_pixels)},
    {.name = "shard",
     .argument = "I/N",
     .help = "only the I-th of N parts of the list, from 1; which videos, is decided by their content",
     .kind = CLI_TEXT,
     .offset = FIELD(shard)},
    {.name = "queue",
     .help =
         "put the videos into the library's list, and work that list together with other machines; without "
         "PATH only work it (PostgreSQL, MariaDB)",
     .kind = CLI_FLAG,
     .offset = FIELD(queue)},
    {.name = "lease",
     .argument = "S",
     .help = "with --queue: a worker that was silent for S seconds loses its video to another (60)",
     .kind = CLI_REAL,
     .offset = FIELD(lease),
     .min = 0.5,
     .max = 86400},
    {.name = "jobs",
     .argument = "N",
     .help = "accepted for scripts; one video at a time uses all --threads",
     .kind = CLI_WHOLE,
     .offset = FIELD(jobs),
     .min = 1,
     .max = 1024},
    CLI_OPTION_THREADS(IndexSettings),
    CLI_OPTION_PRECISION(IndexSettings),
    CLI_OPTION_QUIET(IndexSettings),
};

typedef struct Indexing {
    const IndexSettings *settings;
    RvLibrary *library;
    RvEncoder *encoder;
    RvIndexOptions options;
    CliProgress progress;
    int shard, shard_count; // shard from 0; shard_count 0: all videos
    CliQueue queue;
    size_t done_count, failed_count;
    bool stopped;
    int stop_status;
} Indexing;

static bool report_progress(void *user, const RvIndexProgress *report)
{
    Indexing *indexing = user;
    cli_progress_report(&indexing->progress, report->frames_done, report->frames_expected, report->elapsed_s);
    return !cli_interrupted() && !(indexing->settings->queue && cli_queue_lost(&indexing->queue));
}

static void print_report(const char *video, const RvIndexReport *report)
{
    static const char *const outcomes[] = {[RV_INDEXED] = "complete",
                                           [RV_INDEX_UNCHANGED] = "unchanged",
                                           [RV_INDEX_RENAMED] = "renamed",
                                           [RV_INDEX_DUPLICATE] = "duplicate"};
    char damage[64] = "", similar[96] = "";
    if (report->damaged_packets > 0)
        snprintf(damage, sizeof damage, ", %zu damaged packet%s skipped", report->damaged_packets,
                 report->damaged_packets == 1 ? "" : "s");
    if (report->frames_similar > 0)
        snprintf(similar, sizeof similar, ", %zu similar not embedded (%zu checked: cosine %.4f or more)",
                 report->frames_similar, report->similar_checked, floor(report->similar_cosine * 1e4) / 1e4);
    cli_print("%s: %zu frame%s, %zu new (%s)%s%s", video, report->frame_count,
              report->frame_count == 1 ? "" : "s", report->frames_embedded, outcomes[report->outcome],
              similar, damage);
}

static void stop(Indexing *indexing, int status)
{
    indexing->stopped = true;
    indexing->stop_status = status;
}

static void interrupt(Indexing *indexing)
{
    cli_message("interrupted; run the same command to go on");
    stop(indexing, CLI_INTERRUPTED);
}

static RvStatus index_shown(Indexing *indexing, const char *video, RvIndexReport *report, RvError *err)
{
    cli_progress_begin(&indexing->progress, indexing->settings->common.quiet, "Processing frames", video,
                       false);
    RvStatus status =
        rv_library_index(indexing->library, indexing->encoder, video, &indexing->options, report, err);
    cli_progress_end(&indexing->progress);
    return status;
}

static void index_one(Indexing *indexing, const char *video)
{
    RvIndexReport report = {0};
    RvError err = {0};
    RvStatus status = index_shown(indexing, video, &report, &err);
    if (status == RV_ERROR_CANCELLED && cli_interrupted()) {
        interrupt(indexing);
    } else if (status != RV_OK) {
        indexing->failed_count++;
        int exit_status = cli_fail(&err);
        // These would befall every other video too.
        if (status == RV_ERROR_ARGUMENT || status == RV_ERROR_MISMATCH || status == RV_ERROR_BUSY ||
            status == RV_ERROR_MEMORY)
            stop(indexing, exit_status);
    } else if (report.outcome == RV_INDEX_SKIPPED_FAILED) {
        indexing->failed_count++;
        cli_message("%s: failed before and is left out; --retry-failed takes it up again", video);
    } else {
        indexing->done_count++;
        print_report(video, &report);
    }
}

/* What cannot be read goes to the first shard, so that one of them reports it. */
static bool is_ours(const Indexing *indexing, const char *video)
{
    int shard = 0;
    if (indexing->shard_count == 0)
        return true;
    if (rv_source_shard(video, indexing->shard_count, &shard, NULL) != RV_OK)
        shard = 0;
    return shard == indexing->shard;
}

static void index_source(Indexing *indexing, const char *source)
{
    RvStrings videos = {0};
    RvError err = {0};
    if (rv_sources_expand(source, &videos, &err) != RV_OK) {
        indexing->failed_count++;
        cli_fail(&err);
        return;
    }
    for (size_t i = 0; i < videos.count && !indexing->stopped; i++) {
        if (cli_interrupted())
            interrupt(indexing);
        else if (is_ours(indexing, videos.items[i]))
            index_one(indexing, videos.items[i]);
    }
    rv_strings_clear(&videos);
}

/* ---- --queue ------------------------------------------------------------------------------------------ */

static RvStatus index_job(void *user, const char *video, RvError *err)
{
    Indexing *indexing = user;
    RvIndexReport report = {0};
    RvStatus status = index_shown(indexing, video, &report, err);
    if (status == RV_OK)
        print_report(video, &report);
    return status;
}

/* The list decides what is tried again: a worker takes up what failed before, whoever put it there. */
static int work_queue(Indexing *indexing, RvLog log, const RvStrings *videos)
{
    const CliCommon *common = &indexing->settings->common;
    RvIndexOptions listed = indexing->options; // what goes into the list
    RvError err = {0};
    CliQueue *queue = &indexing->queue;
    *queue = (CliQueue){.library = indexing->library,
                        .options = &listed,
                        .lease_s = indexing->settings->lease.value,
                        .quiet = common->quiet,
                        .index = index_job,
                        .user = indexing};
    indexing->options.retry_failed = true;
    if (cli_open_library(common, CLI_LIBRARY_CHANGE, log, &queue->heart_library, &err) != RV_OK)
        return cli_fail(&err);
    int status = cli_queue_run(queue, videos);
    rv_library_close(queue->heart_library);
    return status;
}

/* All videos of the arguments in one list. A source that cannot be read stops before anything is put in. */
static int queue_sources(Indexing *indexing, RvLog log, const CliValues *values)
{
    RvStrings all = {0};
    int status = CLI_DONE;
    for (size_t i = 0; i < values->argument_count && status == CLI_DONE; i++) {
        RvStrings videos = {0};
        RvError err = {0};
        if (rv_sources_expand(cli_values_argument(values, i), &videos, &err) != RV_OK)
            status = cli_fail(&err);
        char **items =
            videos.count > 0 ? realloc(all.items, (all.count + videos.count) * sizeof *items) : all.items;
        if (videos.count > 0 && items != NULL) {
            memcpy(items + all.count, videos.items, videos.count * sizeof *items);
            all = (RvStrings){items, all.count + videos.count};
            videos.count = 0; // now owned by `all`
        } else if (videos.count > 0) {
            status = cli_fail_memory();
        }
        rv_strings_clear(&videos);
    }
    if (status == CLI_DONE)
        status = work_queue(indexing, log, &all);
    rv_strings_clear(&all);
    return status;
}

/* ---- the command -------------------------------------------------------------------------------------- */

static int choose_sampling(const IndexSettings *settings, RvIndexOptions *out)
{
    int ways = settings->every.given + settings->keyframes + settings->scenes.given + (settings->compat != 0);
    if (ways > 1)
        return cli_fail_usage("index: --every, --keyframes, --scenes and --compat exclude each other");
    out->interval_s = settings->every.value;
    out->scene_threshold = settings->scenes.value;
    if (settings->keyframes)
        out->sampling = RV_SAMPLING_KEYFRAMES;
    else if (settings->scenes.given)
        out->sampling = RV_SAMPLING_SCENES;
    else if (settings->compat != 0)
        out->sampling = RV_SAMPLING_OPENCV_NOTEBOOK;
    return CLI_DONE;
}

/* "I/N", both plain numbers, 1 <= I <= N. */
static int choose_shard(const char *text, Indexing *indexing)
{
    if (text == NULL)
        return CLI_DONE;
    char *slash = NULL, *end = NULL;
    errno = 0;
    long part = isdigit((unsigned char)text[0]) ? strtol(text, &slash, 10) : 0, count = 0;
    if (part > 0 && *slash == '/' && isdigit((unsigned char)slash[1]))
        count = strtol(slash + 1, &end, 10);
    if (errno != 0 || end == NULL || *end != '\0' || count < part || count > MAX_SHARDS)
        return cli_fail_usage("index: --shard wants I/N with 1 <= I <= N <= %d, like 2/8; not '%s'",
                              MAX_SHARDS, text);
    indexing->shard = (int)part - 1;
    indexing->shard_count = (int)count;
    return CLI_DONE;
}

static int check_queue(const IndexSettings *settings, const CliValues *values)
{
    if (!settings->queue && values->argument_count == 0)
        return cli_fail_usage("index: needs PATH|URL...; see `reelvec index --help`");
    if (!settings->queue && settings->lease.given)
        return cli_fail_usage("index: --lease is for --queue");
    if (settings->queue && settings->shard != NULL)
        return cli_fail_usage(
            "index: --queue and --shard exclude each other: the list gives each video to one "
            "worker");
    return CLI_DONE;
}

static int index_all(Indexing *indexing, const CliValues *values)
{
    const CliCommon *common = &indexing->settings->common;
    RvLog log = cli_log(common, &indexing->progress);
    RvError err = {0};
    int status = CLI_DONE;
    cli_catch_interrupts();
    if (cli_open_encoder(common, log, &indexing->encoder, &err) != RV_OK ||
        cli_open_library(common, CLI_LIBRARY_CREATE, log, &indexing->library, &err) != RV_OK)
        status = cli_fail(&err);
    if (status == CLI_DONE && indexing->settings->queue) {
        status = queue_sources(indexing, log, values);
    } else {
        for (size_t i = 0; i < values->argument_count && status == CLI_DONE && !indexing->stopped; i++)
            index_source(indexing, cli_values_argument(values, i));
    }
    rv_library_close(indexing->library);
    rv_encoder_close(indexing->encoder);
    if (status != CLI_DONE || indexing->stopped)
        return status != CLI_DONE ? status : indexing->stop_status;
    if (indexing->failed_count > 0)
        return indexing->done_count > 0 ? CLI_PARTLY : CLI_FAILED;
    return CLI_DONE;
}

static int run(const CliCommand *command, int argc, char **argv)
{
    IndexSettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    Indexing indexing = {.settings = &settings,
                         .options = {.batch_size = settings.batch,
                                     .thumbnail_height = settings.height,
                                     .thumbnail_quality = settings.quality,
                                     .hwaccel = settings.hwaccel,
                                     .skip_similar = settings.skip_similar.value,
                                     .no_normalize = settings.no_normalize,
                                     .exact_pixels = settings.exact_pixels,
                                     .retry_failed = settings.retry_failed,
                                     .force = settings.force,
                                     .progress = report_progress}};
    indexing.options.progress_user = &indexing;
    status = check_queue(&settings, &values);
    if (status == CLI_DONE)
        status = choose_sampling(&settings, &indexing.options);
    if (status == CLI_DONE)
        status = choose_shard(settings.shard, &indexing);
    if (status == CLI_DONE)
        status = index_all(&indexing, &values);
    cli_values_clear(&values);
    return status;
}

const CliCommand cli_command_index = {
    .name = "index",
    .arguments = "PATH|URL...",
    .summary = "take videos into the library",
    .description = "Takes frames of each video, embeds them and keeps them in the library, with a small "
                   "picture of each. A folder "
                   "means all videos below it. What is complete already is left alone, what was interrupted "
                   "goes on where it "
                   "stopped, and a file that was only renamed or moved is recognised by its content.\n"
                   "By default it takes the frame on screen at every whole second; frame number N is the one "
                   "at second N - 1.\n"
                   "Ctrl-C ends the running batch and keeps what is done; a second Ctrl-C stops at once and "
                   "loses that batch only.",
    .examples = "  reelvec index holiday.mp4\n"
                "  reelvec index --every 0.5 ~/Videos https://example.org/talk.webm\n"
                "  reelvec index --library talks.db --model models/clip-vit-large-patch14 talks/\n"
                "  reelvec index --shard 2/8 --library part-2.db /archive     # docs/many_machines.md\n"
                "  reelvec index --queue --library postgresql://server/talks /archive   # on every machine\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .min_arguments = 0, // --queue can do without; check_queue
    .max_arguments = SIZE_MAX,
    .run = run,
};
