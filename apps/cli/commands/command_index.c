/* SPDX-License-Identifier: MIT */
/* reelvec index: videos into the library. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/queue_run.h"
#include "cli/signals.h"

#define MAX_SHARDS 100000

typedef struct IndexSettings {
    CliCommon common;
    CliReal every, scenes, skip_similar;
    bool keyframes;
    const char *hwaccel;
    int compat; // 1 for opencv-notebook
    bool retry_failed, force, no_normalize, exact_pixels;
    int batch, height, quality, jobs;
    const char *shard; // "I/N"
    bool queue;
    CliReal lease;
    bool follow, prune, verbose;
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
             "lists them. cuda:1, vaapi:/dev/dri/renderD129: that one of them (none)",
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
    {.name = "exclude",
     .argument = "GLOB",
     .help = "leave out files and folders of that name below a folder, or of that path if there is a / in "
             "it; may be given "
             "again and again",
     .kind = CLI_LIST},
    {.name = "follow",
     .help = "go into symbolic links to folders",
     .kind = CLI_FLAG,
     .offset = FIELD(follow)},
    {.name = "prune",
     .help = "then remove videos of these paths whose files are gone",
     .kind = CLI_FLAG,
     .offset = FIELD(prune)},
    {.name = "retry-failed",
     .help = "take up videos that failed before",
     .kind = CLI_FLAG,
     .offset = FIELD(retry_failed)},
    {.name = "force", .help = "index again what is complete", .kind = CLI_FLAG, .offset = FIELD(force)},
    CLI_OPTION_BATCH(IndexSettings),
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
    CLI_OPTION_EXACT_PIXELS(IndexSettings),
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
     .help = "decode N videos at once, for many cores or a fast device; 0: as many as the device wants, on a "
             "processor one (0)",
     .kind = CLI_WHOLE,
     .offset = FIELD(jobs),
     .min = 0,
     .max = RV_INDEX_JOBS_MAX},
    CLI_OPTION_THREADS(IndexSettings),
    CLI_OPTION_PRECISION(IndexSettings),
    CLI_OPTION_DEVICE(IndexSettings),
    {.name = "verbose",
     .letter = 'v',
     .help = "a line for every video, also for those that are unchanged or failed before",
     .kind = CLI_FLAG,
     .offset = FIELD(verbose)},
    CLI_OPTION_QUIET(IndexSettings),
};

/* ---- the videos --------------------------------------------------------------------------------------- */

/* Add the videos to the library's queue and work on it. */
static int queue_sources(CliIndexing *indexing, const IndexSettings *settings, RvLog log,
                         const CliSources *sources)
{
    RvStrings all = {.items = calloc(sources->count + 1, sizeof *all.items), .count = sources->count};
    RvLibrary *heart_library = NULL;
    RvError err = {0};
    int status = CLI_DONE;
    if (all.items == NULL)
        return cli_fail_memory();
    for (size_t i = 0; i < sources->count; i++)
        all.items[i] = sources->items[i].path;
    if (cli_open_library(indexing->common, RV_OPEN_WRITE, log, &heart_library, &err) != RV_OK)
        status = cli_fail(&err);
    else
        status = cli_queue_run(indexing, heart_library, settings->lease.value, &all);
    rv_library_close(heart_library);
    free(all.items);
    return status == CLI_DONE && sources->left.unreadable_count > 0 ? CLI_PARTLY : status;
}

/* Returns false if the command cannot go on. */
static bool find_sources(const IndexSettings *settings, const CliValues *values, CliSourceRules *rules,
                         CliSources *sources, int *status)
{
    rules->exclude = calloc(values->count + 1, sizeof *rules->exclude);
    if (rules->exclude == NULL) {
        *status = cli_fail_memory();
        return false;
    }
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].option != NULL)
            rules->exclude[rules->exclude_count++] = values->items[i].value;
    }
    rules->follow = settings->follow;
    return cli_sources_find(values, rules, &settings->common, settings->prune, sources, status);
}

/* With --queue, a source that cannot be read stops the command before anything is added to the queue. */
static int index_sources(CliIndexing *indexing, const IndexSettings *settings, RvLog log, CliSources *sources)
{
    if (!settings->queue)
        return cli_index_run(indexing, sources, settings->prune);
    return sources->failed_count > 0 ? CLI_FAILED : queue_sources(indexing, settings, log, sources);
}

/* True if every argument failed and there is no library: none is made for that. */
static bool makes_nothing(const IndexSettings *settings, const CliSources *sources)
{
    RvLibrary *library = NULL;
    char left[256];
    if (sources->count > 0 || sources->failed_count == 0 || sources->interrupted ||
        cli_open_library(&settings->common, RV_OPEN_READ, (RvLog){0}, &library, NULL) != RV_ERROR_NOT_FOUND) {
        rv_library_close(library);
        return false;
    }
    cli_sources_left(sources, left, sizeof left);
    if (left[0] != '\0')
        cli_message("%s", left);
    return true;
}

/* ---- the command -------------------------------------------------------------------------------------- */

static int choose_sampling(const IndexSettings *settings, RvIndexOptions *out)
{
    int ways = settings->every.given + settings->keyframes + settings->scenes.given + (settings->compat != 0);
    if (ways > 1)
        return cli_fail_usage("index: --every, --keyframes, --scenes and --compat exclude each other");
    out->sampling.interval_s = settings->every.value;
    out->sampling.scene_threshold = settings->scenes.value;
    if (settings->keyframes)
        out->sampling.kind = RV_SAMPLING_KEYFRAMES;
    else if (settings->scenes.given)
        out->sampling.kind = RV_SAMPLING_SCENES;
    else if (settings->compat != 0)
        out->sampling.compat = "opencv-notebook";
    return CLI_DONE;
}

/* Parse "I/N", both plain numbers, 1 <= I <= N. *shard counts from 0. *shard_count 0 means all videos. */
static int choose_shard(const char *text, int *shard, int *shard_count)
{
    *shard = *shard_count = 0;
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
    *shard = (int)part - 1;
    *shard_count = (int)count;
    return CLI_DONE;
}

static int check_options(const IndexSettings *settings, const CliValues *values)
{
    if (!settings->queue && values->argument_count == 0)
        return cli_fail_usage("index: needs PATH|URL...; see `reelvec index --help`");
    if (!settings->queue && settings->lease.given)
        return cli_fail_usage("index: --lease is for --queue");
    if (settings->queue && settings->shard != NULL)
        return cli_fail_usage(
            "index: --queue and --shard exclude each other: the list gives each video to one "
            "worker");
    if (settings->queue && settings->prune)
        return cli_fail_usage(
            "index: --queue and --prune exclude each other: a machine that lacks a folder would remove "
            "what is in it");
    if (settings->verbose && settings->common.quiet)
        return cli_fail_usage("index: --verbose and --quiet exclude each other");
    return CLI_DONE;
}

/* Called with model and library open. */
static int index_videos(CliIndexing *indexing, const IndexSettings *settings, RvLog log, CliSources *sources)
{
    RvError err = {0};
    if (rv_encoder_open_device(indexing->encoder, &err) != RV_OK)
        return cli_fail(&err);
    indexing->jobs = settings->jobs > 0 ? settings->jobs : rv_encoder_jobs(indexing->encoder);
    int status = CLI_DONE;
    if (!cli_show_open(&indexing->show, indexing->jobs, indexing->common->quiet))
        status = cli_fail_memory();
    else
        status = index_sources(indexing, settings, log, sources);
    cli_show_close(&indexing->show);
    return status;
}

/* Print which model is used if the command names none: it is the one that the library was begun with. */
static void print_model(const CliIndexing *indexing)
{
    const char *usual = cli_model(&(CliCommon){0});
    if (indexing->common->quiet || indexing->encoder == NULL || !cli_model_is_open(indexing->common))
        return;
    const RvModelInfo *info = rv_encoder_info(indexing->encoder);
    if (strcmp(info->name, usual) != 0)
        cli_message("the library's own model: %s (%s)", info->name, info->path);
}

/* Pictures need no tokenizer, and whoever searches later would find out then. */
static void warn_of_texts(const CliIndexing *indexing)
{
    RvError why = {0};
    int32_t *tokens = NULL;
    size_t token_count = 0;
    if (!indexing->common->quiet &&
        rv_encoder_tokenize(indexing->encoder, "a", 1, &tokens, &token_count, &why) != RV_OK)
        cli_message("warning: the model cannot read texts, so only pictures will search these videos: %s",
                    why.message);
    rv_free(tokens);
}

static int index_all(CliIndexing *indexing, const IndexSettings *settings, const CliValues *values,
                     CliSourceRules *rules)
{
    const CliCommon *common = &settings->common;
    RvLog log = cli_log(common, &indexing->show.bar);
    RvError err = {0};
    int status = CLI_DONE;
    cli_catch_interrupts();
    // Checked before anything is loaded or created.
    if (settings->queue && rv_library_queue_possible(cli_library(common), &err) != RV_OK)
        return cli_fail(&err);
    if (cli_open_library_encoder(common, NULL, log, &indexing->encoder, &err) != RV_OK)
        return cli_fail(&err);
    CliSources sources = {0};
    print_model(indexing);
    warn_of_texts(indexing);
    if (find_sources(settings, values, rules, &sources, &status)) {
        if (makes_nothing(settings, &sources))
            status = CLI_FAILED;
        else if (cli_open_library(common, RV_OPEN_CREATE, log, &indexing->library, &err) != RV_OK)
            status = cli_fail(&err);
        else
            status = index_videos(indexing, settings, log, &sources);
    }
    cli_sources_clear(&sources);
    free(rules->exclude);
    rv_library_close(indexing->library);
    rv_encoder_close(indexing->encoder);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    IndexSettings *settings = user;
    CliSourceRules rules = {0};
    CliIndexing indexing = {
        .common = &settings->common,
        .verbose = settings->verbose,
        .options = {.batch_size = settings->batch,
                    .thumbnail_height = settings->height,
                    .thumbnail_quality = settings->quality,
                    .hwaccel = settings->hwaccel,
                    .skip_similar = settings->skip_similar.value,
                    .embedding_length = settings->no_normalize ? RV_LENGTH_MODEL : RV_LENGTH_ONE,
                    .sampling.exact_pixels = settings->exact_pixels,
                    .retry_failed = settings->retry_failed,
                    .force = settings->force}};
    int status = check_options(settings, values);
    if (status == CLI_DONE)
        status = choose_sampling(settings, &indexing.options);
    if (status == CLI_DONE)
        status = choose_shard(settings->shard, &rules.shard, &rules.shard_count);
    if (status == CLI_DONE)
        status = index_all(&indexing, settings, values, &rules);
    return status;
}

const CliCommand cli_command_index = {
    .name = "index",
    .arguments = "PATH|URL...",
    .summary = "take videos into the library",
    .description =
        "Takes frames of each video, embeds them and keeps them in the library, with a small "
        "picture of each. A folder "
        "means all videos below it. What is complete already is left alone, what was interrupted "
        "goes on where it "
        "stopped, and a file that was only renamed or moved is recognised by its content.\n"
        "By default it takes the frame on screen at every whole second; frame number N is the one "
        "at second N - 1. At most 200,000 frames are taken of a video, or 100 for each of its packets, so "
        "that "
        "no small file asks for millions.\n"
        "Below a folder, hidden files, folders of systems and what the files .reelvecignore name are left "
        "out, and "
        "folders that cannot be read gone past (exit status 3). Only new failures count as such; videos that "
        "failed before are left alone.\n"
        "Where the disk or the connection fails, the video stays unfinished and the next run goes on; a "
        "damaged file is complete, and `list` says what is damaged.\n"
        "Ctrl-C ends the running batch and keeps what is done; a second Ctrl-C stops at once and "
        "loses that batch only.",
    .examples = "  reelvec index holiday.mp4\n"
                "  reelvec index --every 0.5 ~/Videos https://example.org/talk.webm\n"
                "  reelvec index --library talks.db --model models/clip-vit-large-patch14 talks/\n"
                "  reelvec index --quiet --prune --exclude '*.part.mp4' ~/Videos\n"
                "  reelvec index --shard 2/8 --library part-2.db /archive\n"
                "  reelvec index --queue --library postgresql://server/talks /archive\n",
    CLI_OPTIONS(IndexSettings, options),
    .min_arguments = 0, // --queue works without arguments; see check_options
    .max_arguments = SIZE_MAX,
    .run = run,
};
