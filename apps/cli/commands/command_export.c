/* SPDX-License-Identifier: MIT */
/* reelvec export: the library into another library, or into files for other programs. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/copy_run.h"
#include "cli/export_file.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/out_file.h"

typedef struct ExportSettings {
    CliCommon common;
    const char *to, *video, *output;
    int format, dialect, embeddings; // 0 if not given
    bool replace, pictures;
} ExportSettings;

#define FIELD(field) offsetof(ExportSettings, field)

static const CliOption options[] = {
    {.name = "to",
     .argument = "URI",
     .help = "copy into this library, of any kind; made where there is none",
     .kind = CLI_TEXT,
     .offset = FIELD(to)},
    {.name = "replace",
     .help = "with --to: where a video of the same path has other content or sampling there, it gives way",
     .kind = CLI_FLAG,
     .offset = FIELD(replace)},
    {.name = "format",
     .letter = 'f',
     .argument = "FORMAT",
     .help = "write a file instead: csv, npy or sql",
     .kind = CLI_CHOICE,
     .offset = FIELD(format),
     .choices = "|csv|npy|sql"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "where to; csv and sql: standard output otherwise",
     .kind = CLI_TEXT,
     .offset = FIELD(output)},
    {.name = "embeddings",
     .argument = "json|base64",
     .help = "with csv: embeddings as JSON arrays, or as base64 of float32",
     .kind = CLI_CHOICE,
     .offset = FIELD(embeddings),
     .choices = "json|base64"},
    {.name = "dialect",
     .argument = "NAME",
     .help = "with sql: sqlite, mysql (MariaDB, SingleStore too) or postgres",
     .kind = CLI_CHOICE,
     .offset = FIELD(dialect),
     .choices = "sqlite|mysql|postgres"},
    {.name = "pictures",
     .help = "with sql: the frames' pictures too",
     .kind = CLI_FLAG,
     .offset = FIELD(pictures)},
    CLI_OPTION_VIDEOS(ExportSettings),
    CLI_OPTION_LIBRARY(ExportSettings),
    CLI_OPTION_QUIET(ExportSettings),
};

static int export_file(const ExportSettings *settings)
{
    bool to_stdout = settings->output == NULL || cli_out_is_stdout(settings->output);
    ExportFile export = {.common = &settings->common,
                         .format = (ExportFormat)(settings->format - 1),
                         .path = to_stdout ? NULL : settings->output,
                         .video_glob = settings->video,
                         .base64 = settings->embeddings == 1,
                         .dialect = (SqlDialect)settings->dialect,
                         .pictures = settings->pictures};
    if (export.format == EXPORT_NPY && to_stdout)
        return cli_fail_usage("export: npy writes two files; add -o FILE.npy");
    if (export.format == EXPORT_NPY && rv_file_in_place(settings->output))
        return cli_fail_usage("export: %s: npy writes two files, and goes back in the first; name a file",
                              settings->output);
    return cli_export_file(&export);
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    ExportSettings *settings = user;
    int status = CLI_DONE;
    CopyRun copy = {.common = &settings->common,
                    .from = cli_library(&settings->common),
                    .to = settings->to,
                    .video_glob = settings->video,
                    .replace = settings->replace};
    bool file = settings->format != 0;
    if ((settings->to != NULL) == file)
        status = cli_fail_usage("export: needs either --to LIBRARY or --format csv|npy|sql");
    else if (!file && settings->output != NULL)
        status = cli_fail_usage("export: -o goes with --format; --to names the library");
    else
        status = file ? export_file(settings) : cli_copy_run(&copy);
    return status;
}

const CliCommand cli_command_export = {
    .name = "export",
    .arguments = "--to URI | --format FORMAT",
    .summary = "the library into another one, or for other programs",
    .description =
        "With --to it copies videos with their states, frames and pictures into another library; both must "
        "hold "
        "embeddings of the same model. What is there already is left alone, and an interrupted export goes "
        "on "
        "where it stopped.\n"
        "With --format it writes frames by video and number. csv: path, frame_number, time, embedding. npy: "
        "float32 [frames, dimensions], and beside it a CSV file with path, frame_number, time of each row. "
        "sql: a script that makes and fills the tables videos and frames, vectors as little-endian float32.",
    .examples = "  reelvec export --to backup.db\n"
                "  reelvec export --format npy -o frames.npy      # and frames.csv\n"
                "  reelvec export --format csv --video '*.mkv' -o frames.csv\n"
                "  reelvec export --format sql --dialect postgres | psql videos\n",
    CLI_OPTIONS(ExportSettings, options),
    .run = run,
};
