/* SPDX-License-Identifier: MIT */
/* reelvec inspect: what the model receives of a text or an image. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/output.h"
#include "cli/picture_surface.h"
#include "cli/text.h"

typedef struct InspectSettings {
    CliCommon common;
    int format;
    const char *output;
    bool no_exif_rotation, force;
} InspectSettings;

enum { TOKENS_LIST }; // the formats after it are those of output.h, in its order

static const CliOption token_options[] = {
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "list: the numbers; table, json or csv: each number with its text",
     .kind = CLI_CHOICE,
     .offset = offsetof(InspectSettings, format),
     .choices = "list|table|json|csv"},
    CLI_OPTION_MODEL(InspectSettings),
    CLI_OPTION_QUIET(InspectSettings),
};

static const CliOption pixel_options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "OUT.png",
     .help = "the picture to write",
     .kind = CLI_TEXT,
     .offset = offsetof(InspectSettings, output)},
    {.name = "force",
     .help = "replace a picture that is there and was not written by reelvec",
     .kind = CLI_FLAG,
     .offset = offsetof(InspectSettings, force)},
    CLI_OPTION_NO_EXIF_ROTATION(InspectSettings),
    CLI_OPTION_MODEL(InspectSettings),
    CLI_OPTION_QUIET(InspectSettings),
};

static void print_list(const int32_t *tokens, size_t count)
{
    putchar('[');
    for (size_t i = 0; i < count; i++)
        printf("%s%" PRId32, i > 0 ? ", " : "", tokens[i]);
    puts("]");
}

/* One row for each token. */
static RvStatus print_pieces(RvEncoder *encoder, const int32_t *tokens, size_t count, int format,
                             RvError *err)
{
    static const Column columns[] = {{"token", "token", COLUMN_WHOLE}, {"text", "text", COLUMN_TEXT}};
    Output output;
    RvStatus status = RV_OK;
    bool good = cli_output_begin(&output, format, columns, 2, stdout);
    for (size_t i = 0; i < count && good && status == RV_OK; i++) {
        char *text = NULL;
        status = rv_encoder_token_text(encoder, tokens[i], &text, err);
        if (status == RV_OK)
            good = cli_output_row(&output, (const Cell[]){{.whole = tokens[i]}, {.text = text}});
        rv_free(text);
    }
    good = (format != OUTPUT_TABLE || output.state != NULL) && cli_output_end(&output) && good;
    return status == RV_OK && !good ? cli_error(err, RV_ERROR_MEMORY, "out of memory") : status;
}

static RvStatus print_tokens(RvEncoder *encoder, const char *text, int format, RvError *err)
{
    int32_t *tokens = NULL;
    size_t count = 0;
    RvStatus status = rv_encoder_tokenize(encoder, text, strlen(text), &tokens, &count, err);
    if (status != RV_OK)
        return status;
    if (format == TOKENS_LIST)
        print_list(tokens, count);
    else
        status = print_pieces(encoder, tokens, count, format - TOKENS_LIST - 1, err);
    rv_free(tokens);
    return status;
}

static int run_tokens(const CliCommand *command, void *user, const CliValues *values)
{
    InspectSettings *settings = user;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    int status = CLI_DONE;
    if (cli_open_encoder(&settings->common, cli_log(&settings->common, NULL), &encoder, &err) != RV_OK ||
        print_tokens(encoder, cli_values_argument(values, 0), settings->format, &err) != RV_OK)
        status = cli_fail(&err);
    rv_encoder_close(encoder);
    return status;
}

static RvStatus write_pixels(RvEncoder *encoder, const char *source, const InspectSettings *settings,
                             RvError *err)
{
    RvPictureOptions options = {.no_exif_rotation = settings->no_exif_rotation};
    RvPicture *picture = NULL;
    cairo_surface_t *surface = NULL;
    int side = rv_encoder_info(encoder)->image_size;
    uint8_t *input = calloc((size_t)side * (size_t)side, 3);
    RvStatus status = input != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (status == RV_OK)
        status = rv_picture_load(cli_text_picture(source), &options, &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_encoder_preprocess(encoder, &image, input, err);
    }
    if (status == RV_OK) {
        RvImage image = {.pixels_u8 = input,
                         .width = side,
                         .height = side,
                         .channel_count = 3,
                         .row_stride = (size_t)side * 3};
        surface = cli_surface_create(&image, 0, 0);
        status = surface != NULL ? cli_surface_write(surface, settings->output, settings->force, err)
                                 : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    if (surface != NULL)
        cairo_surface_destroy(surface);
    rv_picture_destroy(picture);
    free(input);
    return status;
}

static int run_pixels(const CliCommand *command, void *user, const CliValues *values)
{
    InspectSettings *settings = user;
    RvEncoder *encoder = NULL;
    RvError err = {0};
    int status = CLI_DONE;
    if (settings->output == NULL)
        status = cli_fail_usage("inspect pixels: needs -o OUT.png");
    else if (cli_surface_check_path(settings->output, false, &err) != RV_OK ||
             cli_surface_check_free(settings->output, settings->force, &err) != RV_OK)
        status = cli_fail(&err);
    else if (cli_open_encoder(&settings->common, cli_log(&settings->common, NULL), &encoder, &err) != RV_OK ||
             write_pixels(encoder, cli_values_argument(values, 0), settings, &err) != RV_OK)
        status = cli_fail(&err);
    rv_encoder_close(encoder);
    return status;
}

const CliCommand cli_command_inspect_tokens = {
    .name = "inspect tokens",
    .arguments = "TEXT",
    .summary = "how a text is cut into tokens",
    .description =
        "Prints the token numbers of a text as a JSON list, start and end included. The list is whole, also "
        "where the model would cut it. The other formats show the text of each token, as the model's "
        "vocabulary spells it: \"</w>\" ends a word (CLIP), \"\u2581\" is a space (SentencePiece), \"##\" goes on "
        "with a word (WordPiece), and <0xE4> is a byte of a character that has no token of its own.",
    .examples = "  reelvec inspect tokens \"a photo of a cat\"\n"
                "  reelvec inspect tokens \"a photo of a cat\" --format table --model ViT-B/32\n",
    CLI_OPTIONS(InspectSettings, token_options),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_tokens,
};

const CliCommand cli_command_inspect_pixels = {
    .name = "inspect pixels",
    .arguments = "IMAGE",
    .summary = "a picture as the model gets it",
    .description = "Writes a picture as the model gets it, resized and cropped, as an RGB PNG.",
    .examples = "  reelvec inspect pixels photo.jpg -o input.png\n",
    CLI_OPTIONS(InspectSettings, pixel_options),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_pixels,
};
