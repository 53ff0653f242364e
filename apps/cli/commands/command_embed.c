/* SPDX-License-Identifier: MIT */
/* reelvec embed: vectors for other programs. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/message.h"
#include "cli/npy.h"
#include "cli/open.h"
#include "cli/out_file.h"
#include "cli/text.h"

typedef struct EmbedSettings {
    CliCommon common;
    int format;
    bool no_normalize, no_exif_rotation;
    const char *output;
} EmbedSettings;

#define FIELD(field) offsetof(EmbedSettings, field)

enum { FORMAT_JSON, FORMAT_NPY };

static const CliOption options[] = {
    {.name = "text", .letter = 't', .argument = "TEXT", .help = "embed a text", .kind = CLI_LIST},
    {.name = "image",
     .letter = 'i',
     .argument = "FILE|URL",
     .help = "embed a picture (-: standard input)",
     .kind = CLI_LIST},
    {.name = "no-normalize",
     .help = "as the model gives them, not of length 1",
     .kind = CLI_FLAG,
     .offset = FIELD(no_normalize)},
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "json (one object per line) or npy (float32)",
     .kind = CLI_CHOICE,
     .offset = FIELD(format),
     .choices = "json|npy"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "write there instead of standard output",
     .kind = CLI_TEXT,
     .offset = FIELD(output)},
    CLI_OPTION_NO_EXIF_ROTATION(EmbedSettings),
    CLI_OPTION_MODEL(EmbedSettings),
    CLI_OPTION_THREADS(EmbedSettings),
    CLI_OPTION_PRECISION(EmbedSettings),
    CLI_OPTION_DEVICE(EmbedSettings),
    CLI_OPTION_QUIET(EmbedSettings),
};

static RvStatus embed_one(const EmbedSettings *settings, RvEncoder *encoder, const CliValue *input,
                          float *embedding, RvError *err)
{
    RvLength length = settings->no_normalize ? RV_LENGTH_MODEL : RV_LENGTH_ONE;
    if (strcmp(input->option->name, "text") == 0)
        return rv_encoder_encode_text(encoder, input->value, strlen(input->value), length, embedding, err);
    RvPicture *picture = NULL;
    RvPictureOptions how = {.no_exif_rotation = settings->no_exif_rotation};
    RvStatus status = rv_picture_load(cli_text_picture(input->value), &how, &picture, err);
    if (status != RV_OK)
        return status;
    RvImage image = rv_picture_image(picture);
    status = rv_encoder_encode_images(encoder, &image, 1, length, embedding, err);
    rv_picture_destroy(picture);
    return status;
}

static bool write_json(FILE *file, const CliValue *input, const float *embedding, int dimensions)
{
    json_t *object = json_object(), *values = json_array();
    char *shown = strdup(input->value);
    if (shown != NULL && strcmp(input->option->name, "image") == 0)
        rv_source_show(input->value, shown, strlen(input->value) + 1);
    bool good = object != NULL && values != NULL && shown != NULL;
    for (int i = 0; i < dimensions && good; i++)
        good = json_array_append_new(values, json_real(embedding[i])) == 0;
    good = good && json_object_set_new(object, "input", cli_json_string(shown)) == 0 &&
           json_object_set_new(object, "dimensions", json_integer(dimensions)) == 0 &&
           json_object_set(object, "embedding", values) == 0 && cli_json_line(object, file);
    json_decref(values);
    json_decref(object);
    free(shown);
    return good;
}

static RvStatus embed_all(const EmbedSettings *settings, const CliValues *values, RvEncoder *encoder,
                          FILE *file, RvError *err)
{
    int dimensions = rv_encoder_info(encoder)->dimensions;
    float *embedding = calloc((size_t)dimensions, sizeof *embedding);
    RvStatus status = embedding != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (settings->format == FORMAT_NPY)
        cli_npy_header(file, values->count, (size_t)dimensions);
    for (size_t i = 0; i < values->count && status == RV_OK; i++) {
        status = embed_one(settings, encoder, &values->items[i], embedding, err);
        if (status == RV_OK && settings->format == FORMAT_NPY)
            cli_npy_values(file, embedding, (size_t)dimensions);
        else if (status == RV_OK && !write_json(file, &values->items[i], embedding, dimensions))
            status = cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    free(embedding);
    return status;
}

static RvStatus embed(const EmbedSettings *settings, const CliValues *values, RvError *err)
{
    RvEncoder *encoder = NULL;
    OutFile out = {.file = stdout};
    RvStatus status = cli_open_encoder(&settings->common, cli_log(&settings->common, NULL), &encoder, err);
    if (status != RV_OK)
        return status;
    if (settings->output != NULL)
        status = cli_out_open(&out, settings->output,
                              settings->format == FORMAT_NPY ? RV_FILE_NPY : RV_FILE_TEXT, err);
    if (status == RV_OK) {
        status = embed_all(settings, values, encoder, out.file, err);
        if (settings->output != NULL && status == RV_OK)
            status = cli_out_commit(&out, err);
        else if (settings->output != NULL)
            cli_out_abandon(&out);
    }
    rv_encoder_close(encoder);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    EmbedSettings *settings = user;
    int status = CLI_DONE;
    RvError err = {0};
    if (settings->output != NULL && cli_out_is_stdout(settings->output))
        settings->output = NULL;
    if (values->count == 0)
        status = cli_fail_usage("embed: needs --text TEXT or --image FILE, once or more often");
    else if (settings->format == FORMAT_NPY && settings->output == NULL && isatty(STDOUT_FILENO))
        status = cli_fail_usage("embed: .npy is not for terminals; add -o FILE");
    else
        status = embed(settings, values, &err) == RV_OK ? CLI_DONE : cli_fail(&err);
    return status;
}

const CliCommand cli_command_embed = {
    .name = "embed",
    .arguments = "",
    .summary = "embeddings of texts and pictures, for other programs",
    .description =
        "Prints the embedding of each --text and --image in their order: as JSON, one object per line with "
        "input, dimensions and embedding, or as one NumPy array with a row for each.",
    .examples = "  reelvec embed --text \"a photo of a cat\" --image cat.jpg\n"
                "  reelvec embed --image a.png --image b.png --format npy -o pictures.npy\n",
    CLI_OPTIONS(EmbedSettings, options),
    .run = run,
};
