/* SPDX-License-Identifier: MIT */
/* reelvec model: fetching known models, checking and deleting them. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "cli/signals.h"

typedef struct ModelSettings {
    CliCommon common;
    const char *from;
    int timeout;
} ModelSettings;

#define FIELD(field) offsetof(ModelSettings, field)

static const CliOption fetch_options[] = {
    {.name = "from",
     .argument = "URL",
     .help =
         "a mirror that has the model's files under their names; it takes the place of all other addresses",
     .kind = CLI_TEXT,
     .offset = FIELD(from)},
    {.name = "timeout",
     .argument = "S",
     .help = "give up when nothing arrives for so many seconds (30)",
     .kind = CLI_WHOLE,
     .offset = FIELD(timeout),
     .min = 1,
     .max = 86400},
    CLI_OPTION_QUIET(ModelSettings),
};

static const CliOption name_options[] = {CLI_OPTION_QUIET(ModelSettings)};

typedef struct Fetching {
    CliProgress progress;
    bool quiet, begun;
    char file[256];
} Fetching;

static bool report_progress(void *user, const RvFetchProgress *report)
{
    Fetching *fetching = user;
    if (report->bytes_done == 0 && !fetching->begun) // the request is sent; the answer may still be an error
        return !cli_interrupted();
    if (!fetching->begun || strcmp(fetching->file, report->file) != 0) {
        if (fetching->begun)
            cli_progress_end(&fetching->progress);
        snprintf(fetching->file, sizeof fetching->file, "%s", report->file);
        cli_progress_begin(&fetching->progress, fetching->quiet, "Fetching", fetching->file, true);
        fetching->begun = true;
    }
    cli_progress_report(&fetching->progress, report->bytes_done, report->bytes_expected, report->elapsed_s);
    return !cli_interrupted();
}

/* Print where files come from, and what failed on the way, above the progress bar. */
static void write_notice(void *user, RvLogLevel level, const char *message)
{
    Fetching *fetching = user;
    if (fetching->quiet || level > RV_LOG_INFO)
        return;
    if (fetching->begun)
        cli_progress_end(&fetching->progress);
    fetching->begun = false;
    cli_message("%s%s", level == RV_LOG_WARNING ? "warning: " : "", message);
}

/* What came may be no model, where nobody stated a digest: the page of a proxy, a folder of another name. */
static RvStatus open_fetched(const char *path, RvError *err)
{
    const RvKnownModel *known = NULL;
    const RvEncoderOptions options = {.device = "cpu"};
    RvEncoder *encoder = NULL;
    int32_t *tokens = NULL;
    size_t token_count = 0;
    RvStatus status = rv_encoder_open(path, &options, &encoder, err);
    if (status == RV_OK)
        status = rv_encoder_tokenize(encoder, "a", 1, &tokens, &token_count, err);
    rv_free(tokens);
    const RvModelInfo *info = status == RV_OK ? rv_encoder_info(encoder) : NULL;
    for (size_t i = 0; info != NULL && (known = rv_model_known(i)) != NULL; i++) {
        if (strcmp(known->name, info->name) == 0)
            break;
    }
    if (info != NULL && known != NULL &&
        (info->dimensions != known->dimensions || info->image_size != known->image_size)) {
        snprintf(err->message, sizeof err->message,
                 "%.800s: embeddings of %d dimensions, pictures of %d pixels; the list says %d and %d", path,
                 info->dimensions, info->image_size, known->dimensions, known->image_size);
        status = RV_ERROR_MISMATCH;
    }
    rv_encoder_close(encoder);
    return status;
}

static int check_fetched(const char *name, const char *path)
{
    RvError err = {0};
    if (open_fetched(path, &err) == RV_OK)
        return CLI_DONE;
    if (cli_interrupted()) {
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (err.status == RV_ERROR_MEMORY) // says nothing about the model
        return cli_fail(&err);
    cli_message("%s: what came is not this model: %s; `reelvec model remove %s`, then fetch it again", name,
                err.message, name);
    return CLI_FAILED;
}

static int fetch_one(const ModelSettings *settings, const char *name)
{
    Fetching fetching = {.quiet = settings->common.quiet};
    RvFetchOptions fetch = {.base_url = settings->from,
                            .progress = report_progress,
                            .progress_user = &fetching,
                            .stall_timeout_s = settings->timeout,
                            .log = {.write = write_notice, .user = &fetching}};
    RvError err = {0};
    char path[4096];
    RvStatus status = rv_model_fetch(name, &fetch, &err);
    if (fetching.begun)
        cli_progress_end(&fetching.progress);
    if (status == RV_ERROR_CANCELLED && cli_interrupted()) {
        cli_message("interrupted; run the same command to go on");
        return CLI_INTERRUPTED;
    }
    if (status == RV_OK)
        status = rv_model_find(name, path, sizeof path, &err);
    if (status != RV_OK)
        return cli_fail(&err);
    int checked = check_fetched(name, path);
    if (checked == CLI_DONE)
        cli_print("%s: %s", name, path);
    return checked;
}

/* Do the step for every named model; each failure is printed. */
static int for_each_name(const ModelSettings *settings, const CliValues *values,
                         int (*step)(const ModelSettings *settings, const char *name))
{
    size_t failed = 0;
    int last = CLI_DONE;
    for (size_t i = 0; i < values->argument_count && last != CLI_INTERRUPTED; i++) {
        int result = step(settings, cli_values_argument(values, i));
        failed += result != CLI_DONE;
        last = result != CLI_DONE ? result : last;
    }
    if (last != CLI_INTERRUPTED && failed > 0 && failed < values->argument_count)
        last = CLI_PARTLY;
    return last;
}

static int run_fetch(const CliCommand *command, void *settings, const CliValues *values)
{
    cli_catch_interrupts();
    return for_each_name(settings, values, fetch_one);
}

static int verify_one(const ModelSettings *settings, const char *name)
{
    (void)settings;
    RvError err = {0};
    size_t unknown_count = 0;
    if (rv_model_verify(name, NULL, &unknown_count, &err) != RV_OK)
        return cli_fail(&err);
    if (unknown_count > 0)
        cli_print(
            "%s: no faults; of %zu file%s nobody stated a digest, so they are what came first or was added",
            name, unknown_count, unknown_count == 1 ? "" : "s");
    else
        cli_print("%s: no faults", name);
    return CLI_DONE;
}

static int run_verify(const CliCommand *command, void *settings, const CliValues *values)
{
    cli_catch_interrupts();
    return for_each_name(settings, values, verify_one);
}

static int remove_one(const ModelSettings *settings, const char *name)
{
    (void)settings;
    RvError err = {0};
    if (rv_model_remove(name, NULL, &err) != RV_OK)
        return cli_fail(&err);
    cli_print("%s: removed", name);
    return CLI_DONE;
}

static int run_remove(const CliCommand *command, void *settings, const CliValues *values)
{
    return for_each_name(settings, values, remove_one);
}

const CliCommand cli_command_model_fetch = {
    .name = "model fetch",
    .arguments = "NAME...",
    .summary = "download a known model",
    .description =
        "Downloads a model's files, checks their sizes and SHA-256, and installs them under "
        "$XDG_DATA_HOME/reelvec/models. What was interrupted goes on where it stopped. What comes from "
        "where, "
        "and how large it is, is said before.\n"
        "Where no SHA-256 is known, the one that the server states is taken; where no revision is known, the "
        "current commit is asked for. Both are kept in fetched.txt beside the files and hold from then on; remove "
        "the model to fetch it as it is by then.\n"
        "Each file is tried at all of its public addresses: Hugging Face first, then OpenAI's old ones where "
        "there are such. HF_ENDPOINT names another endpoint that is laid out like https://huggingface.co, "
        "HF_TOKEN is sent to the endpoint, if that is https:// or on this machine, and to nobody else. "
        "Proxies are "
        "taken from http_proxy, https_proxy, all_proxy and no_proxy, as the curl command takes them.\n"
        "Where none of it works, get the files in any other way and give them to `reelvec model add`.",
    .examples = "  reelvec model fetch ViT-B/32\n"
                "  HF_ENDPOINT=https://mirror.example.org reelvec model fetch ViT-B/32-laion2B\n"
                "  reelvec model fetch vit-l-14 --from https://files.example.org/clip\n",
    CLI_OPTIONS(ModelSettings, fetch_options),
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_fetch,
};

const CliCommand cli_command_model_verify = {
    .name = "model verify",
    .arguments = "NAME...",
    .summary = "check a fetched or added model's SHA-256",
    .description =
        "Reads the files of fetched and added models again and compares their SHA-256 with the known one, "
        "or with the one that was kept when they came or were added.",
    .examples = "  reelvec model verify ViT-B/32\n",
    CLI_OPTIONS(ModelSettings, name_options),
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_verify,
};

const CliCommand cli_command_model_remove = {
    .name = "model remove",
    .arguments = "NAME...",
    .summary = "delete a fetched or added model",
    .description =
        "Deletes the model's files from the models folder; what was added with --link, or is itself a link there, "
        "loses its links only, and a folder that holds anything else is left as it is. Libraries stay as they "
        "are, and find the model again once it is back.",
    .examples = "  reelvec model remove ViT-B/32\n",
    CLI_OPTIONS(ModelSettings, name_options),
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_remove,
};
