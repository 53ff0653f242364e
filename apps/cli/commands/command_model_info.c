/* SPDX-License-Identifier: MIT */
/* reelvec model info: what a checkpoint is made of, and what it lacks. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/text.h"

typedef struct InfoSettings {
    CliCommon common;
    int format;
} InfoSettings;

#define FACT_COLUMN 19
#define FIELD(field) offsetof(InfoSettings, field)

static const CliOption options[] = {
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "table or json",
     .kind = CLI_CHOICE,
     .offset = FIELD(format),
     .choices = "table|json"},
    CLI_OPTION_THREADS(InfoSettings),
    CLI_OPTION_PRECISION(InfoSettings),
    CLI_OPTION_DEVICE(InfoSettings),
    CLI_OPTION_QUIET(InfoSettings),
};

/* What there is to say of a model. */
typedef struct Facts {
    const RvModelInfo *info;
    const RvKnownModel *known; // NULL if it is not a known one
    const char *sha256;
    const char *missing; // why texts cannot be embedded; NULL if they can
} Facts;

static const RvKnownModel *known_of(const char *name)
{
    const RvKnownModel *known = NULL;
    for (size_t i = 0; (known = rv_model_known(i)) != NULL; i++) {
        if (strcmp(known->name, name) == 0)
            return known;
    }
    return NULL;
}

static void print_known(const RvKnownModel *known)
{
    cli_print_fact(FACT_COLUMN, "texts              %s", known->languages);
    cli_print_fact(FACT_COLUMN, "licence            %s%s%s", known->licence,
                   known->licence_note != NULL ? "; " : "",
                   known->licence_note != NULL ? known->licence_note : "");
    static const char *const names[] = {"COCO", "COCO-CN", "MSR-VTT", "ImageNet"};
    const double figures[] = {known->coco_recall, known->coco_cn_recall, known->msrvtt_recall,
                              known->imagenet_accuracy};
    char text[128] = "";
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (figures[i] > 0)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %.1f", at > 0 ? ", " : "", names[i],
                                   figures[i]);
    }
    cli_print_fact(FACT_COLUMN, "accuracy           %s (%s%s%s)", text, known->accuracy_source,
                   known->msrvtt_source != NULL ? "; MSR-VTT: " : "",
                   known->msrvtt_source != NULL ? known->msrvtt_source : "");
}

static void print_info(const Facts *facts)
{
    const RvModelInfo *info = facts->info;
    cli_print_fact(FACT_COLUMN, "name               %s", info->name);
    cli_print_fact(FACT_COLUMN, "path               %s", info->path);
    cli_print_fact(FACT_COLUMN, "format             %s, %s", info->format, info->weight_type);
    cli_print_fact(FACT_COLUMN, "weights SHA-256    %s", facts->sha256);
    cli_print_fact(FACT_COLUMN, "parameters         %zu", info->parameter_count);
    cli_print_fact(FACT_COLUMN, "family             %s", info->family);
    cli_print_fact(FACT_COLUMN, "dimensions         %d", info->dimensions);
    cli_print_fact(FACT_COLUMN, "image              %d pixels, patches of %d", info->image_size,
                   info->patch_size);
    cli_print_fact(FACT_COLUMN, "resized            %s, %s", info->resize, info->resize_filter);
    cli_print_fact(FACT_COLUMN, "mean, deviation    %g %g %g, %g %g %g", (double)info->image_mean[0],
                   (double)info->image_mean[1], (double)info->image_mean[2], (double)info->image_deviation[0],
                   (double)info->image_deviation[1], (double)info->image_deviation[2]);
    cli_print_fact(FACT_COLUMN, "vision             width %d, %d layers, %d heads, MLP %d, %s-norm",
                   info->vision_width, info->vision_layers, info->vision_heads, info->vision_mlp_width,
                   info->vision_norm);
    cli_print_fact(FACT_COLUMN, "                   positions %s; pooled by %s; projection: %s",
                   info->positions, info->vision_pooling, info->vision_projection);
    cli_print_fact(FACT_COLUMN, "text               width %d, %d layers, %d heads, MLP %d, %s-norm",
                   info->text_width, info->text_layers, info->text_heads, info->text_mlp_width,
                   info->text_norm);
    cli_print_fact(FACT_COLUMN, "                   mask: %s; pooled by %s; projection: %s", info->text_mask,
                   info->text_pooling, info->text_projection);
    cli_print_fact(FACT_COLUMN, "vocabulary         %d, up to %d tokens, tokenizer %s, cleaning: %s",
                   info->vocabulary_size, info->context_length, info->tokenizer, info->cleaning);
    cli_print_fact(FACT_COLUMN, "activation         %s, of texts %s", info->activation,
                   info->text_activation);
    if (facts->known != NULL)
        print_known(facts->known);
    cli_print_fact(FACT_COLUMN, "missing            %s", facts->missing != NULL ? facts->missing : "nothing");
    cli_print_fact(FACT_COLUMN, "runs on            %s, %d thread%s, pictures in %s precision", info->kernels,
                   info->thread_count, info->thread_count == 1 ? "" : "s", info->precision);
    cli_print_fact(FACT_COLUMN, "pictures           %s (%s), %d at a time", info->device, info->device_name,
                   info->batch_size);
}

static bool put_text(json_t *object, const char *key, const char *text)
{
    return json_object_set_new(object, key, text != NULL ? cli_json_string(text) : json_null()) == 0;
}

static bool put_whole(json_t *object, const char *key, int64_t value)
{
    return json_object_set_new(object, key, json_integer((json_int_t)value)) == 0;
}

static bool put_texts(json_t *object, const Facts *facts)
{
    const RvModelInfo *info = facts->info;
    const struct {
        const char *key, *text;
    } texts[] = {
        {"name", info->name},
        {"path", info->path},
        {"family", info->family},
        {"format", info->format},
        {"weight_type", info->weight_type},
        {"weights_sha256", facts->sha256},
        {"activation", info->activation},
        {"text_activation", info->text_activation},
        {"tokenizer", info->tokenizer},
        {"cleaning", info->cleaning},
        {"resize", info->resize},
        {"resize_filter", info->resize_filter},
        {"vision_norm", info->vision_norm},
        {"vision_pooling", info->vision_pooling},
        {"vision_projection", info->vision_projection},
        {"positions", info->positions},
        {"text_norm", info->text_norm},
        {"text_mask", info->text_mask},
        {"text_pooling", info->text_pooling},
        {"text_projection", info->text_projection},
        {"licence", facts->known != NULL ? facts->known->licence : NULL},
        {"missing", facts->missing},
        {"kernels", info->kernels},
        {"precision", info->precision},
        {"device", info->device},
        {"device_name", info->device_name},
    };
    bool good = true;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        good = put_text(object, texts[i].key, texts[i].text) && good;
    return good;
}

static bool put_numbers(json_t *object, const RvModelInfo *info)
{
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"parameters", (int64_t)info->parameter_count},
        {"dimensions", info->dimensions},
        {"image_size", info->image_size},
        {"patch_size", info->patch_size},
        {"context_length", info->context_length},
        {"vocabulary_size", info->vocabulary_size},
        {"vision_width", info->vision_width},
        {"vision_layers", info->vision_layers},
        {"vision_heads", info->vision_heads},
        {"vision_mlp_width", info->vision_mlp_width},
        {"text_width", info->text_width},
        {"text_layers", info->text_layers},
        {"text_heads", info->text_heads},
        {"text_mlp_width", info->text_mlp_width},
        {"batch_size", info->batch_size},
        {"threads", info->thread_count},
    };
    bool good = true;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        good = put_whole(object, numbers[i].key, numbers[i].value) && good;
    return good;
}

static json_t *three(const float values[3])
{
    return json_pack("[fff]", (double)values[0], (double)values[1], (double)values[2]);
}

static bool print_info_json(const Facts *facts)
{
    json_t *object = json_object();
    bool good = object != NULL && put_texts(object, facts) && put_numbers(object, facts->info) &&
                json_object_set_new(object, "image_mean", three(facts->info->image_mean)) == 0 &&
                json_object_set_new(object, "image_deviation", three(facts->info->image_deviation)) == 0 &&
                cli_json_line(object, stdout);
    json_decref(object);
    return good;
}

/* ---- a checkpoint that cannot be opened --------------------------------------------------------------- */

/* Returns 0 for weights, 1 for settings, 2 for a vocabulary, -1 for anything else. */
static int part_of(const char *name)
{
    static const struct {
        const char *ending;
        int part;
    } parts[] = {
        {".safetensors", 0},   {".bin", 0},        {".pt", 0},        {".pth", 0},
        {".index.json", 0},    {"config.json", 1}, {"vocab.json", 2}, {"merges.txt", 2},
        {"tokenizer.json", 2}, {"vocab.txt", 2},   {".model", 2},     {"vocab_16e6.txt.gz", 2},
    };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t ending = strlen(parts[i].ending);
        if (length >= ending && strcmp(name + length - ending, parts[i].ending) == 0)
            return parts[i].part;
    }
    return -1;
}

/* Print which parts of a checkpoint lie in the folder. What is wrong with them the error says. */
static void print_parts(const char *folder)
{
    static const char *const titles[] = {"weights", "settings", "vocabulary"};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return;
    cli_print_fact(FACT_COLUMN, "folder             %s", folder);
    for (int part = 0; part < 3; part++) {
        bool any = false;
        for (int i = 0; i < count; i++) {
            char path[4096], size[32];
            struct stat facts;
            int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            if (part_of(entries[i]->d_name) != part || length < 0 || (size_t)length >= sizeof path ||
                stat(path, &facts) != 0 || !S_ISREG(facts.st_mode))
                continue;
            cli_text_bytes(facts.st_size, size, sizeof size);
            cli_print_fact(FACT_COLUMN, "%-18s %s (%s)", any ? "" : titles[part], entries[i]->d_name, size);
            any = true;
        }
        if (!any)
            cli_print_fact(FACT_COLUMN, "%-18s none", titles[part]);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static void explain(const char *model)
{
    char path[4096];
    struct stat facts;
    if (rv_model_find(model, path, sizeof path, NULL) != RV_OK || stat(path, &facts) != 0)
        return;
    char *slash = strrchr(path, '/');
    if (S_ISDIR(facts.st_mode) || slash != NULL) {
        if (!S_ISDIR(facts.st_mode))
            slash[slash == path] = '\0';
        print_parts(path);
    }
}

/* ---- the command -------------------------------------------------------------------------------------- */

/* Tell what an open model is. Texts are tried, since the vocabulary is opened with the first one only. */
static int tell(const InfoSettings *settings, RvEncoder *encoder, const char *sha256)
{
    RvError why = {0};
    int32_t *tokens = NULL;
    size_t token_count = 0;
    bool texts = rv_encoder_tokenize(encoder, "a", 1, &tokens, &token_count, &why) == RV_OK;
    rv_free(tokens);
    const RvModelInfo *info = rv_encoder_info(encoder);
    Facts facts = {
        .info = info, .known = known_of(info->name), .sha256 = sha256, .missing = texts ? NULL : why.message};
    if (settings->format == 0)
        print_info(&facts);
    else if (!print_info_json(&facts))
        return cli_fail_memory();
    return CLI_DONE;
}

static int run_info(const CliCommand *command, void *user, const CliValues *values)
{
    InfoSettings *settings = user;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    const char *sha256 = NULL;
    if (values->argument_count > 0)
        settings->common.model = cli_values_argument(values, 0);
    if (cli_open_encoder(&settings->common, cli_log(&settings->common, NULL), &encoder, &err) != RV_OK) {
        if (settings->format == 0)
            explain(cli_model(&settings->common));
        return cli_fail(&err);
    }
    int status = CLI_DONE;
    if (rv_encoder_weights_sha256(encoder, &sha256, &err) != RV_OK ||
        rv_encoder_open_device(encoder, &err) != RV_OK)
        status = cli_fail(&err);
    else
        status = tell(settings, encoder, sha256);
    rv_encoder_close(encoder);
    return status;
}

const CliCommand cli_command_model_info = {
    .name = "model info",
    .arguments = "[MODEL]",
    .summary = "what a model is made of",
    .description =
        "Opens a model, a known one's name or a checkpoint, and tells its family, how its files are laid out, "
        "its two towers, how pictures and texts are prepared, its SHA-256, what is missing, and what it runs "
        "on. Of a known model also languages, licence and published accuracy.\n"
        "Where a checkpoint cannot be opened, it says which of its parts lie there, and what is wrong.",
    .examples = "  reelvec model info\n"
                "  reelvec model info models/clip-vit-large-patch14 --format json\n",
    CLI_OPTIONS(InfoSettings, options),
    .max_arguments = 1,
    .run = run_info,
};
