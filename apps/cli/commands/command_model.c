/* SPDX-License-Identifier: MIT */
/* reelvec model: the known models, fetching them, looking into one, and deleting one. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/text.h"

typedef struct ModelSettings {
    CliCommon common;
    int format;
    const char *from;
    int timeout;
} ModelSettings;

#define FIELD(field) offsetof(ModelSettings, field)

static const CliOption list_options[] = {CLI_OPTION_FORMAT(ModelSettings)};

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

static const CliOption info_options[] = {
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "table or json",
     .kind = CLI_CHOICE,
     .offset = FIELD(format),
     .choices = "table|json"},
    CLI_OPTION_THREADS(ModelSettings),
    CLI_OPTION_PRECISION(ModelSettings),
    CLI_OPTION_DEVICE(ModelSettings),
    CLI_OPTION_QUIET(ModelSettings),
};

static const CliOption name_options[] = {CLI_OPTION_QUIET(ModelSettings)};

static const Column list_columns[] = {
    {"name", "name", COLUMN_TEXT},         {"dimensions", "dimensions", COLUMN_WHOLE},
    {"image_size", "image", COLUMN_WHOLE}, {"languages", "languages", COLUMN_TEXT},
    {"size", "size", COLUMN_TEXT},         {"checked", "checked", COLUMN_TEXT},
    {"fetched", "here", COLUMN_FLAG},      {"known", NULL, COLUMN_FLAG},
    {"repository", NULL, COLUMN_TEXT},     {"url", NULL, COLUMN_TEXT},
    {"sha256", NULL, COLUMN_TEXT},         {"size_bytes", NULL, COLUMN_WHOLE},
    {"path", "path", COLUMN_TEXT},
};
#define LIST_COLUMN_COUNT (sizeof list_columns / sizeof list_columns[0])

static bool list_known(Output *output, const RvKnownModel *model)
{
    char path[4096] = "", size[32] = "?";
    bool here = rv_model_find(model->name, path, sizeof path, NULL) == RV_OK;
    if (model->size_bytes > 0)
        cli_text_bytes((int64_t)model->size_bytes, size, sizeof size);
    const Cell cells[LIST_COLUMN_COUNT] = {
        {.text = model->name},
        {.whole = model->dimensions},
        {.whole = model->image_size},
        {.text = model->languages},
        {.text = size},
        {.text = model->weights_sha256 != NULL ? "SHA-256" : "not pinned"},
        {.whole = here},
        {.whole = true},
        {.text = model->repository},
        {.text = model->weights_url},
        {.text = model->weights_sha256 != NULL ? model->weights_sha256 : ""},
        {.whole = (int64_t)model->size_bytes},
        {.text = here ? path : ""},
    };
    return cli_output_row(output, cells);
}

/* A model that was added is opened for its facts. If it cannot be opened, it is listed without them. */
static bool list_added(void *user, const char *name, const char *path)
{
    Output *output = user;
    RvEncoder *encoder = NULL;
    RvEncoderOptions options = {.thread_count = 1, .device = "cpu"};
    bool opens = rv_encoder_open(path, &options, &encoder, NULL) == RV_OK;
    const RvModelInfo *info = opens ? rv_encoder_info(encoder) : NULL;
    const Cell cells[LIST_COLUMN_COUNT] = {
        {.text = name},
        {.whole = opens ? info->dimensions : 0},
        {.whole = opens ? info->image_size : 0},
        {.text = "?"},
        {.text = "?"},
        {.text = opens ? "added" : "broken"},
        {.whole = true},
        {.whole = false},
        {.text = ""},
        {.text = ""},
        {.text = ""},
        {.whole = 0},
        {.text = path},
    };
    bool good = cli_output_row(output, cells);
    rv_encoder_close(encoder);
    return good;
}

static int run_list(const CliCommand *command, void *user, const CliValues *values)
{
    ModelSettings *settings = user;
    const RvKnownModel *model;
    Output output;
    bool good = cli_output_begin(&output, settings->format, list_columns, LIST_COLUMN_COUNT, stdout);
    for (size_t i = 0; good && (model = rv_model_known(i)) != NULL; i++)
        good = list_known(&output, model);
    if (good)
        rv_model_each_added(list_added, &output, NULL);
    good = (settings->format != OUTPUT_TABLE || output.state != NULL) && cli_output_end(&output) && good;
    return good ? CLI_DONE : cli_fail_memory();
}

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
    cli_print("%s: %s", name, path);
    return CLI_DONE;
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
        cli_print("%s: no faults; of %zu file%s no SHA-256 is known", name, unknown_count,
                  unknown_count == 1 ? "" : "s");
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

static void print_info(const RvModelInfo *info, const char *sha256)
{
    cli_print("name               %s", info->name);
    cli_print("path               %s", info->path);
    printf("format             %s, %s\n", info->format, info->weight_type);
    printf("weights SHA-256    %s\n", sha256);
    printf("parameters         %zu\n", info->parameter_count);
    printf("family             %s\n", info->family);
    printf("dimensions         %d\n", info->dimensions);
    printf("image              %d pixels, patches of %d\n", info->image_size, info->patch_size);
    printf("resized            %s, %s\n", info->resize, info->resize_filter);
    printf("mean, deviation    %g %g %g, %g %g %g\n", (double)info->image_mean[0],
           (double)info->image_mean[1], (double)info->image_mean[2], (double)info->image_deviation[0],
           (double)info->image_deviation[1], (double)info->image_deviation[2]);
    printf("vision             width %d, %d layers, %d heads\n", info->vision_width, info->vision_layers,
           info->vision_heads);
    printf("text               width %d, %d layers, %d heads\n", info->text_width, info->text_layers,
           info->text_heads);
    printf("vocabulary         %d, up to %d tokens, tokenizer %s\n", info->vocabulary_size,
           info->context_length, info->tokenizer);
    printf("activation         %s, of texts %s\n", info->activation, info->text_activation);
    printf("runs on            %s, %d thread%s, pictures in %s precision\n", info->kernels,
           info->thread_count, info->thread_count == 1 ? "" : "s", info->precision);
    printf("pictures           %s (%s), %d at a time\n", info->device, info->device_name, info->batch_size);
}

static bool print_info_json(const RvModelInfo *info, const char *sha256)
{
    json_t *object = json_pack(
        "{so so so so so so sI si si si si si si si si si si si so so so so so so so so so si si "
        "s[fff] s[fff]}",
        "name", cli_json_string(info->name), "path", cli_json_string(info->path), "family",
        cli_json_string(info->family), "format", cli_json_string(info->format), "weight_type",
        cli_json_string(info->weight_type), "weights_sha256", cli_json_string(sha256), "parameters",
        (json_int_t)info->parameter_count, "dimensions", info->dimensions, "image_size", info->image_size,
        "patch_size", info->patch_size, "context_length", info->context_length, "vocabulary_size",
        info->vocabulary_size, "vision_width", info->vision_width, "vision_layers", info->vision_layers,
        "vision_heads", info->vision_heads, "text_width", info->text_width, "text_layers", info->text_layers,
        "text_heads", info->text_heads, "activation", cli_json_string(info->activation), "text_activation",
        cli_json_string(info->text_activation), "tokenizer", cli_json_string(info->tokenizer), "resize",
        cli_json_string(info->resize), "resize_filter", cli_json_string(info->resize_filter), "kernels",
        cli_json_string(info->kernels), "precision", cli_json_string(info->precision), "device",
        cli_json_string(info->device), "device_name", cli_json_string(info->device_name), "batch_size",
        info->batch_size, "threads", info->thread_count, "image_mean", (double)info->image_mean[0],
        (double)info->image_mean[1], (double)info->image_mean[2], "image_deviation",
        (double)info->image_deviation[0], (double)info->image_deviation[1], (double)info->image_deviation[2]);
    bool good = object != NULL && cli_json_line(object, stdout);
    json_decref(object);
    return good;
}

static int run_info(const CliCommand *command, void *user, const CliValues *values)
{
    ModelSettings *settings = user;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    const char *sha256 = NULL;
    if (values->argument_count > 0)
        settings->common.model = cli_values_argument(values, 0);
    int status = CLI_DONE;
    if (cli_open_encoder(&settings->common, cli_log(&settings->common, NULL), &encoder, &err) != RV_OK ||
        rv_encoder_weights_sha256(encoder, &sha256, &err) != RV_OK ||
        rv_encoder_open_device(encoder, &err) != RV_OK)
        status = cli_fail(&err);
    else if (settings->format == 0)
        print_info(rv_encoder_info(encoder), sha256);
    else if (!print_info_json(rv_encoder_info(encoder), sha256))
        status = cli_fail_memory();
    rv_encoder_close(encoder);
    return status;
}

const CliCommand cli_command_model_list = {
    .name = "model list",
    .arguments = "",
    .summary = "the known models, those that were added, and which of them are here",
    .description = "Lists the models that `reelvec model fetch` knows, those that `reelvec model add` put "
                   "beside them, and "
                   "where those that are here lie. Every one of them is a name for --model; the repository "
                   "at Hugging Face "
                   "(in --format json) is one too.\n"
                   "SHA-256: what comes is compared with a known digest. Not pinned: none is known, so it is "
                   "compared only "
                   "with what the server says. Languages: of the texts that a model understands.\n"
                   "Any other CLIP checkpoint works too: give its folder or weight file as --model.",
    .examples = "  reelvec model list\n",
    CLI_OPTIONS(ModelSettings, list_options),
    .run = run_list,
};

const CliCommand cli_command_model_fetch = {
    .name = "model fetch",
    .arguments = "NAME...",
    .summary = "download a known model",
    .description =
        "Downloads a model's files, checks their sizes and SHA-256, and installs them under "
        "$XDG_DATA_HOME/reelvec/models. What was interrupted goes on where it stopped. What comes from "
        "where, "
        "and how large it is, is said before.\n"
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

const CliCommand cli_command_model_info = {
    .name = "model info",
    .arguments = "[MODEL]",
    .summary = "what a model is made of",
    .description = "Opens a model, a known one's name or a checkpoint, and tells its shape, format, SHA-256, "
                   "and what it "
                   "runs on.",
    .examples = "  reelvec model info\n"
                "  reelvec model info models/clip-vit-large-patch14 --format json\n",
    CLI_OPTIONS(ModelSettings, info_options),
    .max_arguments = 1,
    .run = run_info,
};

const CliCommand cli_command_model_verify = {
    .name = "model verify",
    .arguments = "NAME...",
    .summary = "check a fetched model's SHA-256",
    .description = "Reads the files of fetched models again and compares their SHA-256.",
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
        "Deletes the model's files from the models folder; what was added with --link loses its links "
        "only. Libraries stay as they are, and find the model again once it is back.",
    .examples = "  reelvec model remove ViT-B/32\n",
    CLI_OPTIONS(ModelSettings, name_options),
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_remove,
};
