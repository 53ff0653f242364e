/* SPDX-License-Identifier: MIT */
/* reelvec model add: checkpoints that were downloaded by hand, into the models folder. */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/message.h"

typedef struct AddSettings {
    CliCommon common;
    const char *name;
    bool link;
} AddSettings;

static const CliOption add_options[] = {
    {.name = "name",
     .argument = "NAME",
     .help = "what it is called from now on (its known name, else that of the folder or file)",
     .kind = CLI_TEXT,
     .offset = offsetof(AddSettings, name)},
    {.name = "link",
     .help = "keep the files where they are, and only link them",
     .kind = CLI_FLAG,
     .offset = offsetof(AddSettings, link)},
    CLI_OPTION_QUIET(AddSettings),
};

static int add(const AddSettings *settings, const CliValues *values)
{
    RvAddOptions options = {
        .name = settings->name, .link = settings->link, .log = cli_log(&settings->common, NULL)};
    RvError err = {0};
    char name[256], path[4096];
    const char **paths = calloc(values->argument_count, sizeof *paths);
    if (paths == NULL)
        return cli_fail_memory();
    for (size_t i = 0; i < values->argument_count; i++)
        paths[i] = cli_values_argument(values, i);
    RvStatus status = rv_model_add(paths, values->argument_count, &options, name, sizeof name, &err);
    free(paths);
    if (status == RV_OK)
        status = rv_model_find(name, path, sizeof path, &err);
    if (status != RV_OK)
        return cli_fail(&err);
    cli_print("%s: %s", name, path);
    return CLI_DONE;
}

static int run_add(const CliCommand *command, void *user, const CliValues *values)
{
    AddSettings *settings = user;
    int status = add(settings, values);
    return status;
}

const CliCommand cli_command_model_add = {
    .name = "model add",
    .arguments = "FOLDER|FILE...",
    .summary = "take a model that was downloaded by hand",
    .description =
        "Takes a checkpoint that you have: opens it, embeds a text and a picture, computes its SHA-256, and "
        "copies it into "
        "the "
        "models folder, where --model finds it by name. Weights that are known get their known name, so that "
        "what you downloaded takes the place of `reelvec model fetch`.\n"
        "Give the folder, or the files one by one. What belongs to a checkpoint and lies beside the weights "
        "comes along, unless a file of that name is named itself: a CLIP of Hugging Face is config.json, "
        "vocab.json, merges.txt and pytorch_model.bin or "
        "model.safetensors; one of open_clip has open_clip_config.json and open_clip_model.safetensors "
        "instead; "
        "one of OpenAI is a .pt file with bpe_simple_vocab_16e6.txt.gz beside it.\n"
        "For ViT-B/32 they are at https://huggingface.co/openai/clip-vit-base-patch32/tree/main",
    .examples =
        "  reelvec model add ~/Downloads/clip-vit-base-patch32\n"
        "  reelvec model add ~/Downloads/pytorch_model.bin      # with config.json and the like beside it\n"
        "  reelvec model add /models/my-clip --name my-clip --link\n",
    CLI_OPTIONS(AddSettings, add_options),
    .min_arguments = 1,
    .max_arguments = 64,
    .run = run_add,
};
