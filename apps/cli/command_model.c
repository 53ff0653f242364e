/* SPDX-License-Identifier: MIT */
/* reelvec model: known models, fetching them, looking into one. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "context.h"
#include "json_text.h"
#include "output.h"
#include "text.h"

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
     .help = "a mirror that has the files under their names",
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

static const CliOption verify_options[] = {CLI_OPTION_QUIET(ModelSettings)};

static const Column list_columns[] = {
    {"name", "name", COLUMN_TEXT},
    {"dimensions", "dimensions", COLUMN_WHOLE},
    {"image_size", "image", COLUMN_WHOLE},
    {"fetched", "fetched", COLUMN_FLAG},
    {"url", NULL, COLUMN_TEXT},
    {"sha256", NULL, COLUMN_TEXT},
    {"path", "path", COLUMN_TEXT},
};
#define LIST_COLUMN_COUNT (sizeof list_columns / sizeof list_columns[0])

static int run_list(const CliCommand *command, int argc, char **argv)
{
    ModelSettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    size_t count = 0;
    const RvKnownModel *models = rv_model_known(&count);
    Output output;
    bool good = cli_output_begin(&output, settings.format, list_columns, LIST_COLUMN_COUNT, stdout);
    for (size_t i = 0; i < count && good; i++) {
        char path[4096] = "";
        bool fetched = rv_model_find(models[i].name, path, sizeof path, NULL) == RV_OK;
        const Cell cells[LIST_COLUMN_COUNT] = {
            {.text = models[i].name},        {.whole = models[i].dimensions},
            {.whole = models[i].image_size}, {.whole = fetched},
            {.text = models[i].weights_url}, {.text = models[i].weights_sha256},
            {.text = fetched ? path : ""},
        };
        good = cli_output_row(&output, cells);
    }
    good = (settings.format != OUTPUT_TABLE || output.state != NULL) && cli_output_end(&output) && good;
    cli_values_clear(&values);
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

static int fetch_one(const ModelSettings *settings, const char *name)
{
    Fetching fetching = {.quiet = settings->common.quiet};
    RvFetchOptions fetch = {.base_url = settings->from,
                            .progress = report_progress,
                            .progress_user = &fetching,
                            .stall_timeout_s = settings->timeout};
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

/* The same step for every named model; each failure is told. */
static int for_each_name(const CliCommand *command, int argc, char **argv,
                         int (*step)(const ModelSettings *settings, const char *name))
{
    ModelSettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    size_t failed = 0;
    int last = CLI_DONE;
    cli_catch_interrupts();
    for (size_t i = 0; i < values.argument_count && last != CLI_INTERRUPTED; i++) {
        int result = step(&settings, cli_values_argument(&values, i));
        failed += result != CLI_DONE;
        last = result != CLI_DONE ? result : last;
    }
    if (last != CLI_INTERRUPTED && failed > 0 && failed < values.argument_count)
        last = CLI_PARTLY;
    cli_values_clear(&values);
    return last;
}

static int run_fetch(const CliCommand *command, int argc, char **argv)
{
    return for_each_name(command, argc, argv, fetch_one);
}

static int verify_one(const ModelSettings *settings, const char *name)
{
    (void)settings;
    RvError err = {0};
    if (rv_model_verify(name, NULL, &err) != RV_OK)
        return cli_fail(&err);
    cli_print("%s: no faults", name);
    return CLI_DONE;
}

static int run_verify(const CliCommand *command, int argc, char **argv)
{
    return for_each_name(command, argc, argv, verify_one);
}

static void print_info(const RvModelInfo *info, const char *sha256)
{
    printf("name               %s\n", info->name);
    printf("path               %s\n", info->path);
    printf("format             %s, %s\n", info->format, info->weight_type);
    printf("weights SHA-256    %s\n", sha256);
    printf("parameters         %zu\n", info->parameter_count);
    printf("dimensions         %d\n", info->dimensions);
    printf("image              %d pixels, patches of %d\n", info->image_size, info->patch_size);
    printf("vision             width %d, %d layers, %d heads\n", info->vision_width, info->vision_layers,
           info->vision_heads);
    printf("text               width %d, %d layers, %d heads\n", info->text_width, info->text_layers,
           info->text_heads);
    printf("vocabulary         %d, up to %d tokens\n", info->vocabulary_size, info->context_length);
    printf("activation         %s\n", info->activation);
    printf("runs on            %s, %d thread%s, pictures in %s precision\n", info->kernels,
           info->thread_count, info->thread_count == 1 ? "" : "s", info->precision);
    printf("pictures           %s (%s), %d at a time\n", info->device, info->device_name, info->batch_size);
}

static bool print_info_json(const RvModelInfo *info, const char *sha256)
{
    json_t *object = json_pack(
        "{so so so so so sI si si si si si si si si si si si so so so so so si si}", "name",
        cli_json_string(info->name), "path", cli_json_string(info->path), "format",
        cli_json_string(info->format), "weight_type", cli_json_string(info->weight_type), "weights_sha256",
        cli_json_string(sha256), "parameters", (json_int_t)info->parameter_count, "dimensions",
        info->dimensions, "image_size", info->image_size, "patch_size", info->patch_size, "context_length",
        info->context_length, "vocabulary_size", info->vocabulary_size, "vision_width", info->vision_width,
        "vision_layers", info->vision_layers, "vision_heads", info->vision_heads, "text_width",
        info->text_width, "text_layers", info->text_layers, "text_heads", info->text_heads, "activation",
        cli_json_string(info->activation), "kernels", cli_json_string(info->kernels), "precision",
        cli_json_string(info->precision), "device", cli_json_string(info->device), "device_name",
        cli_json_string(info->device_name), "batch_size", info->batch_size, "threads", info->thread_count);
    bool good = object != NULL && cli_json_line(object, stdout);
    json_decref(object);
    return good;
}

static int run_info(const CliCommand *command, int argc, char **argv)
{
    ModelSettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    const char *sha256 = NULL;
    if (values.argument_count > 0)
        settings.common.model = cli_values_argument(&values, 0);
    status = CLI_DONE;
    if (cli_open_encoder(&settings.common, cli_log(&settings.common, NULL), &encoder, &err) != RV_OK ||
        rv_encoder_weights_sha256(encoder, &sha256, &err) != RV_OK ||
        rv_encoder_open_device(encoder, &err) != RV_OK)
        status = cli_fail(&err);
    else if (settings.format == 0)
        print_info(rv_encoder_info(encoder), sha256);
    else if (!print_info_json(rv_encoder_info(encoder), sha256))
        status = cli_fail_memory();
    rv_encoder_close(encoder);
    cli_values_clear(&values);
    return status;
}

const CliCommand cli_command_model_list = {
    .name = "model list",
    .arguments = "",
    .summary = "the known models, and which of them are here",
    .description =
        "Lists the models that `reelvec model fetch` knows, and where those that were fetched are. Any other "
        "CLIP checkpoint works too: give its folder or .pt file as --model.",
    .examples = "  reelvec model list\n",
    .options = list_options,
    .option_count = sizeof list_options / sizeof list_options[0],
    .run = run_list,
};

const CliCommand cli_command_model_fetch = {
    .name = "model fetch",
    .arguments = "NAME...",
    .summary = "download a known model",
    .description = "Downloads weights and vocabulary from their public addresses, checks their SHA-256, and "
                   "installs them "
                   "under $XDG_DATA_HOME/reelvec/models. What was interrupted goes on where it stopped.",
    .examples = "  reelvec model fetch ViT-B/32\n"
                "  reelvec model fetch vit-l-14 --from https://mirror.example.org/clip\n",
    .options = fetch_options,
    .option_count = sizeof fetch_options / sizeof fetch_options[0],
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
    .options = info_options,
    .option_count = sizeof info_options / sizeof info_options[0],
    .max_arguments = 1,
    .run = run_info,
};

const CliCommand cli_command_model_verify = {
    .name = "model verify",
    .arguments = "NAME...",
    .summary = "check a fetched model's SHA-256",
    .description = "Reads the files of fetched models again and compares their SHA-256.",
    .examples = "  reelvec model verify ViT-B/32\n",
    .options = verify_options,
    .option_count = sizeof verify_options / sizeof verify_options[0],
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_verify,
};
