/* SPDX-License-Identifier: MIT */
/* reelvec info: what the library holds. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/text.h"

#define FACT_COLUMN 19

typedef struct InfoSettings {
    CliCommon common;
    int format;
} InfoSettings;

static const CliOption options[] = {
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "table or json",
     .kind = CLI_CHOICE,
     .offset = offsetof(InfoSettings, format),
     .choices = "table|json"},
    CLI_OPTION_LIBRARY(InfoSettings),
    CLI_OPTION_QUIET(InfoSettings),
};

/* A line of details, for one to change. */
typedef struct Details {
    char line[RV_MODEL_DETAILS_SIZE];
} Details;

/* Take the next KEY=VALUE off the line. */
static bool next_detail(char **at, const char **key, const char **value)
{
    char *equals = strchr(*at, '='), *end = strstr(*at, "; ");
    *key = *at;
    if (equals == NULL || (end != NULL && end < equals))
        return false;
    *equals = '\0';
    *value = equals + 1;
    *at = end != NULL ? end + 2 : equals + 1 + strlen(equals + 1);
    if (end != NULL)
        *end = '\0';
    return true;
}

static void print_details(Details details)
{
    const char *key, *value;
    for (char *at = details.line; next_detail(&at, &key, &value);)
        cli_print_fact(FACT_COLUMN, "%-18s %s",
                       strcmp(key, "tokenizer_sha256") == 0 ? "tokenizer SHA-256" : key, value);
}

/* Returns {"family": "clip", ...}, or NULL. */
static json_t *details_json(Details details)
{
    const char *key, *value;
    json_t *object = json_object();
    for (char *at = details.line; object != NULL && next_detail(&at, &key, &value);)
        json_object_set_new(object, key, cli_json_string(value));
    return object;
}

static void print_videos(const RvLibraryInfo *info)
{
    char damaged[64] = "", pictures[80] = "";
    if (info->damaged_count > 0)
        snprintf(damaged, sizeof damaged, ", %" PRId64 " of them damaged", info->damaged_count);
    if (info->from_pictures_count > 0)
        snprintf(pictures, sizeof pictures, ", %" PRId64 " embedded from stored pictures",
                 info->from_pictures_count);
    cli_print_fact(FACT_COLUMN,
                   "videos             %" PRId64 " (%" PRId64 " complete%s%s, %" PRId64 " failed)",
                   info->video_count, info->complete_count, damaged, pictures, info->failed_count);
}

static void print_table(const RvLibraryInfo *info, const Details *details)
{
    char size[32], pictures[32], embeddings[32];
    cli_text_bytes(info->size_bytes, size, sizeof size);
    cli_text_bytes(info->picture_bytes, pictures, sizeof pictures);
    cli_text_bytes(info->embedding_bytes, embeddings, sizeof embeddings);
    cli_print_fact(FACT_COLUMN, "library            %s", info->uri);
    if (info->schema[0] != '\0' && strcmp(info->schema, "public") != 0)
        cli_print_fact(FACT_COLUMN, "schema             %s", info->schema);
    if (info->shard_count > 0 && info->worker_count > 0)
        cli_print_fact(FACT_COLUMN, "cluster            %d shards on %d worker%s", info->shard_count,
                       info->worker_count, info->worker_count == 1 ? "" : "s");
    else if (info->shard_count > 0)
        cli_print_fact(FACT_COLUMN, "cluster            %d shards on the coordinator, which has no workers",
                       info->shard_count);
    cli_print_fact(FACT_COLUMN, "schema version     %d", info->schema_version);
    cli_print_fact(FACT_COLUMN, "size               %s (pictures %s, embeddings %s)", size, pictures,
                   embeddings);
    if (info->code_count > 0) {
        char codes[32];
        cli_text_bytes(info->code_bytes, codes, sizeof codes);
        cli_print_fact(FACT_COLUMN,
                       "fast search        %s of codes for %" PRId64 " frames, beside the library", codes,
                       info->code_count);
    }
    print_videos(info);
    cli_print_fact(FACT_COLUMN, "frames             %" PRId64 "", info->frame_count);
    if (info->model_name[0] == '\0') {
        cli_print_fact(FACT_COLUMN, "model              none yet");
        return;
    }
    cli_print_fact(FACT_COLUMN, "model              %s", info->model_name);
    cli_print_fact(FACT_COLUMN, "weights SHA-256    %s", info->weights_sha256);
    print_details(*details);
    if (info->model_path[0] != '\0')
        cli_print_fact(FACT_COLUMN, "model from         %s", info->model_path);
    cli_print_fact(FACT_COLUMN, "dimensions         %d", info->dimensions);
    cli_print_fact(FACT_COLUMN, "normalized         %s", info->normalized ? "yes" : "no");
    if (info->frame_count == 0)
        return;
    cli_print_fact(FACT_COLUMN, "embedding lengths  %.6f to %.6f", info->min_embedding_length,
                   info->max_embedding_length);
    cli_print_fact(FACT_COLUMN, "picture heights    %d to %d", info->min_picture_height,
                   info->max_picture_height);
}

static bool print_json(const RvLibraryInfo *info, const Details *details)
{
    json_t *object = json_pack(
        "{so si so so so so si sb sI sI sI sI sI sI sI sI sI sI sI sf sf si si so si si}", "library",
        cli_json_string(info->uri), "schema_version", info->schema_version, "model",
        cli_json_string(info->model_name), "weights_sha256", cli_json_string(info->weights_sha256),
        "model_details", details_json(*details), "model_path", cli_json_string(info->model_path),
        "dimensions", info->dimensions, "normalized", (int)info->normalized, "videos",
        (json_int_t)info->video_count, "complete", (json_int_t)info->complete_count, "failed",
        (json_int_t)info->failed_count, "damaged", (json_int_t)info->damaged_count, "from_pictures",
        (json_int_t)info->from_pictures_count, "frames", (json_int_t)info->frame_count, "size_bytes",
        (json_int_t)info->size_bytes, "picture_bytes", (json_int_t)info->picture_bytes, "embedding_bytes",
        (json_int_t)info->embedding_bytes, "code_bytes", (json_int_t)info->code_bytes, "codes",
        (json_int_t)info->code_count, "min_embedding_length", info->min_embedding_length,
        "max_embedding_length", info->max_embedding_length, "min_picture_height", info->min_picture_height,
        "max_picture_height", info->max_picture_height, "schema", cli_json_string(info->schema), "workers",
        info->worker_count, "shards", info->shard_count);
    bool good = object != NULL && cli_json_line(object, stdout);
    json_decref(object);
    return good;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    InfoSettings *settings = user;
    int status = CLI_DONE;
    RvLibrary *library = NULL;
    RvLibraryInfo info = {0};
    Details details = {""};
    RvError err = {0};
    if (cli_open_library(&settings->common, RV_OPEN_READ, cli_log(&settings->common, NULL), &library, &err) !=
            RV_OK ||
        rv_library_info(library, &info, &err) != RV_OK ||
        rv_library_model_details(library, details.line, sizeof details.line, &err) != RV_OK)
        status = cli_fail(&err);
    else if (settings->format == 0)
        print_table(&info, &details);
    else if (!print_json(&info, &details))
        status = cli_fail_memory();
    rv_library_close(library);
    return status;
}

const CliCommand cli_command_info = {
    .name = "info",
    .arguments = "",
    .summary = "what the library holds: model, counts, sizes",
    .description =
        "Tells the library's model, the numbers of videos and frames, sizes, the shortest and the longest "
        "embedding, the heights of the stored pictures. Reads every row.",
    .examples = "  reelvec info\n"
                "  reelvec info --library talks.db --format json\n",
    CLI_OPTIONS(InfoSettings, options),
    .run = run,
};
