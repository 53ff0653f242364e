/* SPDX-License-Identifier: MIT */
/* reelvec reembed: a library of another model from the videos of this one. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/copy_run.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/signals.h"

typedef struct ReembedSettings {
    CliCommon common;
    const char *to, *video, *hwaccel;
    bool from_pictures, replace, exact_pixels;
    CliReal skip_similar;
    int batch, jobs;
} ReembedSettings;

#define FIELD(field) offsetof(ReembedSettings, field)

static const CliOption options[] = {
    {.name = "to",
     .argument = "URI",
     .help = "the new library, of any kind; made where there is none",
     .kind = CLI_TEXT,
     .offset = FIELD(to)},
    {.name = "model",
     .letter = 'm',
     .argument = "MODEL",
     .help = "the new library's model: a name, or a checkpoint (REELVEC_MODEL)",
     .kind = CLI_TEXT,
     .offset = FIELD(common.model)},
    {.name = "library",
     .letter = 'l',
     .argument = "URI",
     .help = "the old library, which is only read (REELVEC_LIBRARY, else the user's data folder)",
     .kind = CLI_TEXT,
     .offset = FIELD(common.library)},
    {.name = "from-pictures",
     .help = "where a video is gone or has changed, embed its stored pictures, which are smaller JPEGs",
     .kind = CLI_FLAG,
     .offset = FIELD(from_pictures)},
    CLI_OPTION_VIDEOS(ReembedSettings),
    {.name = "replace",
     .help = "where a video of the same path has other content or sampling there, it gives way",
     .kind = CLI_FLAG,
     .offset = FIELD(replace)},
    CLI_OPTION_BATCH(ReembedSettings),
    {.name = "jobs",
     .argument = "N",
     .help = "decode N videos at once; 0: as many as the device wants, on a processor one (0)",
     .kind = CLI_WHOLE,
     .offset = FIELD(jobs),
     .min = 0,
     .max = RV_INDEX_JOBS_MAX},
    {.name = "hwaccel",
     .argument = "HOW",
     .help = "decode by none (software), auto, or a kind of video hardware, as `index` does (none)",
     .kind = CLI_TEXT,
     .offset = FIELD(hwaccel)},
    {.name = "skip-similar",
     .argument = "X",
     .help =
         "a frame that differs from the last embedded one by less than X of 255 levels on average takes its "
         "embedding",
     .kind = CLI_REAL,
     .offset = FIELD(skip_similar),
     .min = 0.01,
     .max = 255},
    CLI_OPTION_EXACT_PIXELS(ReembedSettings),
    CLI_OPTION_THREADS(ReembedSettings),
    CLI_OPTION_PRECISION(ReembedSettings),
    CLI_OPTION_DEVICE(ReembedSettings),
    CLI_OPTION_QUIET(ReembedSettings),
};

typedef struct Reembedding {
    const ReembedSettings *settings;
    RvLibrary *from, *to;
    RvEncoder *encoder;
    CliProgress progress;
} Reembedding;

static bool report_progress(void *user, const RvCopyProgress *report)
{
    Reembedding *run = user;
    cli_progress_begin_once(&run->progress, run->settings->common.quiet, "Embedding frames",
                            rv_library_uri(run->from), false);
    cli_progress_report(&run->progress, report->frames_done, report->frames_expected, report->elapsed_s);
    return !cli_interrupted();
}

static void print_left_out(void *user, const char *video, const RvError *why)
{
    Reembedding *run = user;
    (void)video; // it is in the message
    cli_progress_hide(&run->progress);
    cli_fail(why);
}

static void print_report(const Reembedding *run, const RvReembedReport *report)
{
    char pictures[80] = "", elsewhere[80] = "";
    if (report->videos_from_pictures > 0)
        snprintf(pictures, sizeof pictures, " (%zu from stored pictures)", report->videos_from_pictures);
    if (report->videos_elsewhere > 0)
        snprintf(elsewhere, sizeof elsewhere, ", %zu left to another process", report->videos_elsewhere);
    cli_print("%s: %zu video%s embedded anew%s with %zu frame%s, %zu there already, %zu left out%s",
              rv_library_uri(run->from), report->videos_embedded, report->videos_embedded == 1 ? "" : "s",
              pictures, report->frames_embedded, report->frames_embedded == 1 ? "" : "s",
              report->videos_present, report->videos_left_out, elsewhere);
}

static int embed(Reembedding *run)
{
    const ReembedSettings *settings = run->settings;
    RvReembedOptions how = {.video_glob = settings->video,
                            .from_pictures = settings->from_pictures,
                            .replace = settings->replace,
                            .exact_pixels = settings->exact_pixels,
                            .batch_size = settings->batch,
                            .jobs = settings->jobs,
                            .hwaccel = settings->hwaccel,
                            .skip_similar = settings->skip_similar.value,
                            .progress = report_progress,
                            .left_out = print_left_out,
                            .user = run};
    RvReembedReport report = {0};
    RvError err = {0};
    RvStatus status = rv_library_reembed(run->from, run->to, run->encoder, &how, &report, &err);
    cli_progress_end(&run->progress);
    if (status == RV_ERROR_CANCELLED && cli_interrupted()) {
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (status != RV_OK)
        return cli_fail(&err);
    print_report(run, &report);
    return report.videos_left_out > 0 ? CLI_PARTLY : CLI_DONE;
}

/* The new library is made last, so that nothing is left of a command that cannot do its work. */
static int open_and_embed(Reembedding *run)
{
    const ReembedSettings *settings = run->settings;
    RvLog log = cli_log(&settings->common, &run->progress);
    RvLibraryOptions create = {
        .mode = RV_OPEN_CREATE, .thread_count = settings->common.thread_count, .log = log};
    RvError err = {0};
    if (cli_open_library(&settings->common, RV_OPEN_READ, log, &run->from, &err) != RV_OK ||
        rv_library_reembed_possible(run->from, settings->to, &err) != RV_OK ||
        cli_copy_check_videos(run->from, settings->video, &err) != RV_OK ||
        cli_open_encoder(&settings->common, log, &run->encoder, &err) != RV_OK ||
        rv_encoder_open_device(run->encoder, &err) != RV_OK ||
        rv_library_open(settings->to, &create, &run->to, &err) != RV_OK)
        return cli_fail(&err);
    return embed(run);
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    const ReembedSettings *settings = user;
    Reembedding run = {.settings = settings};
    if (settings->to == NULL)
        return cli_fail_usage("reembed: needs --to LIBRARY, the new library");
    if (cli_model_is_open(&settings->common))
        return cli_fail_usage("reembed: needs --model MODEL, the new library's model");
    cli_catch_interrupts();
    int status = open_and_embed(&run);
    rv_library_close(run.to);
    rv_encoder_close(run.encoder);
    rv_library_close(run.from);
    return status;
}

const CliCommand cli_command_reembed = {
    .name = "reembed",
    .arguments = "--model MODEL --to URI",
    .summary = "the library anew with another model, into another library",
    .description =
        "Makes a library of another model from the videos of this one, which is only read and answers searches "
        "meanwhile. Each video is decoded again with its own sampling; paths, order, frame numbers, times and "
        "pictures stay the same, only the embeddings are new. What is there already is left alone, and an "
        "interrupted run goes on where it stopped.\n"
        "Videos whose files are gone or have changed are named and left out (exit status 3). With "
        "--from-pictures "
        "the pictures that the library keeps of their frames are embedded instead. These are smaller than the "
        "frames (360 pixels high unless `index --height` said otherwise) and compressed as JPEG, so their "
        "embeddings differ somewhat; `list`, `info` and `verify` say which videos they are.",
    .examples = "  reelvec reembed --model models/clip-vit-large-patch14 --to large.db\n"
                "  reelvec reembed --model ViT-L/14 --library old.db --to new.db --from-pictures\n"
                "  reelvec reembed --model ViT-L/14 --to postgresql://server/talks --video 'talks/*'\n",
    CLI_OPTIONS(ReembedSettings, options),
    .run = run,
};
