/* SPDX-License-Identifier: MIT */
/* reelvec ann build, drop, info: the library's approximate index. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/text.h"

typedef struct AnnSettings {
    CliCommon common;
    const char *kind, *settings;
    int format;
} AnnSettings;

#define FACT_COLUMN 11
#define FIELD(field) offsetof(AnnSettings, field)

static const CliOption build_options[] = {
    {.name = "kind",
     .argument = "KIND",
     .help = "ivf, hnsw, ... (the best that the library's kind has)",
     .kind = CLI_TEXT,
     .offset = FIELD(kind)},
    {.name = "set",
     .argument = "NAME=N,...",
     .help = "numbers of the index, as in lists=1000 or m=16,ef_construction=64",
     .kind = CLI_TEXT,
     .offset = FIELD(settings)},
    CLI_OPTION_LIBRARY(AnnSettings),
    CLI_OPTION_THREADS(AnnSettings),
    CLI_OPTION_QUIET(AnnSettings),
};

static const CliOption drop_options[] = {
    CLI_OPTION_LIBRARY(AnnSettings),
    CLI_OPTION_QUIET(AnnSettings),
};

static const CliOption info_options[] = {
    CLI_OPTION_FORMAT(AnnSettings),
    CLI_OPTION_LIBRARY(AnnSettings),
    CLI_OPTION_QUIET(AnnSettings),
};

static int print_info(const RvAnnInfo *info, int format)
{
    if (format == 0 && !info->present) {
        cli_print_fact(FACT_COLUMN, "index      none");
    } else if (format == 0) {
        cli_print_fact(FACT_COLUMN, "index      %s", info->kind);
        cli_print_fact(FACT_COLUMN, "settings   %s",
                       info->settings[0] != '\0' ? info->settings : "the database's own");
        char size[32];
        cli_text_bytes(info->size_bytes, size, sizeof size);
        if (info->size_bytes > 0)
            cli_print_fact(FACT_COLUMN, "size       %s", size);
        if (info->row_count > 0)
            cli_print_fact(FACT_COLUMN,
                           "frames     %" PRId64 ", and %" PRId64 " newer ones that are looked at one by one",
                           info->row_count, info->newer_count);
        cli_print_fact(FACT_COLUMN, "used       %s%s",
                       info->fault[0] != '\0' ? "no: "
                       : info->automatic
                           ? "by every search but --exact"
                           : "by --ann alone: looking at every frame is fast in a library of this size",
                       info->fault);
    } else {
        json_t *object = json_pack("{sb so so sI sI sI sb so}", "present", (int)info->present, "kind",
                                   cli_json_string(info->kind), "settings", cli_json_string(info->settings),
                                   "size_bytes", (json_int_t)info->size_bytes, "frames",
                                   (json_int_t)info->row_count, "newer_frames", (json_int_t)info->newer_count,
                                   "automatic", (int)info->automatic, "fault", cli_json_string(info->fault));
        bool good = object != NULL && cli_json_line(object, stdout);
        json_decref(object);
        if (!good)
            return cli_fail_memory();
    }
    return CLI_DONE;
}

static RvStatus build(RvLibrary *library, const AnnSettings *settings, RvError *err)
{
    RvAnnOptions options = {.kind = settings->kind, .settings = settings->settings};
    RvAnnInfo info = {0};
    RvStatus status = rv_library_ann_build(library, &options, err);
    if (status == RV_OK)
        status = rv_library_ann_info(library, &info, err);
    if (status == RV_OK && !settings->common.quiet)
        cli_message("built an index of kind %s%s%s", info.kind, info.settings[0] != '\0' ? ", " : "",
                    info.settings);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    AnnSettings *settings = user;
    int status = CLI_DONE;
    bool reads = command == &cli_command_ann_info, dropped = false;
    RvLibrary *library = NULL;
    RvAnnInfo info = {0};
    RvError err = {0};
    RvStatus result = cli_open_library(&settings->common, reads ? RV_OPEN_READ : RV_OPEN_WRITE,
                                       cli_log(&settings->common, NULL), &library, &err);
    if (result == RV_OK && command == &cli_command_ann_build)
        result = build(library, settings, &err);
    if (result == RV_OK && command == &cli_command_ann_drop)
        result = rv_library_ann_drop(library, &dropped, &err);
    if (result == RV_OK && reads)
        result = rv_library_ann_info(library, &info, &err);
    if (result != RV_OK)
        status = cli_fail(&err);
    else if (reads)
        status = print_info(&info, settings->format);
    else if (command == &cli_command_ann_drop && !settings->common.quiet)
        cli_message(dropped ? "the index is gone; search looks at every frame" : "there was no index");
    rv_library_close(library);
    return status;
}

const CliCommand cli_command_ann_build = {
    .name = "ann build",
    .arguments = "",
    .summary = "build the library's approximate index",
    .description =
        "With an index, search looks at a small part of a large library and may miss some of the best "
        "frames; "
        "`search --exact` looks at all. What is indexed later is in it too. An index that is there is "
        "replaced.\n"
        "A library file has inverted lists (ivf) in LIBRARY-lists beside it, with the numbers lists (the "
        "root of "
        "the number of frames), probes (lists that a search looks into; by default as many as may hold "
        "better "
        "frames than those found) and seed. Searches use them from 1,000,000 frames on, with --ann always.\n"
        "Servers have hnsw, hnsw-halfvec, ivfflat, ivfflat-halfvec (PostgreSQL); hnsw (MariaDB); auto, "
        "hnsw-flat, hnsw-pq, ivf-flat, ivf-pq, ivf-pqfs (SingleStore).",
    .examples = "  reelvec ann build\n"
                "  reelvec ann build --set lists=2000,probes=40\n"
                "  reelvec ann build --library postgresql://user@host/videos \\\n"
                "      --kind ivfflat --set lists=500\n",
    CLI_OPTIONS(AnnSettings, build_options),
    .run = run,
};

const CliCommand cli_command_ann_drop = {
    .name = "ann drop",
    .arguments = "",
    .summary = "remove the approximate index",
    .description = "Removes the index; the frames stay, and search looks at every one of them again.",
    .examples = "  reelvec ann drop\n",
    CLI_OPTIONS(AnnSettings, drop_options),
    .run = run,
};

const CliCommand cli_command_ann_info = {
    .name = "ann info",
    .arguments = "",
    .summary = "whether there is an approximate index, and which",
    .description =
        "Tells the index's kind, settings, size and frames, and whether searches use it; if not, why.",
    .examples = "  reelvec ann info --format json\n",
    CLI_OPTIONS(AnnSettings, info_options),
    .run = run,
};
