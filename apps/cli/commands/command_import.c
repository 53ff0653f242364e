/* SPDX-License-Identifier: MIT */
/* reelvec import: other libraries into this one. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/copy_run.h"
#include "cli/open.h"

typedef struct ImportSettings {
    CliCommon common;
    const char *video;
    bool replace;
} ImportSettings;

#define FIELD(field) offsetof(ImportSettings, field)

static const CliOption options[] = {
    CLI_OPTION_VIDEOS(ImportSettings),
    {.name = "replace",
     .help = "where a video of the same path has other content or sampling here, take the imported one",
     .kind = CLI_FLAG,
     .offset = FIELD(replace)},
    CLI_OPTION_LIBRARY(ImportSettings),
    CLI_OPTION_QUIET(ImportSettings),
};

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    ImportSettings *settings = user;
    int status = CLI_DONE;
    CopyRun copy = {.common = &settings->common,
                    .to = cli_library(&settings->common),
                    .video_glob = settings->video,
                    .replace = settings->replace};
    size_t done_count = 0, failed_count = 0;
    for (size_t i = 0; i < values->argument_count && status != CLI_INTERRUPTED; i++) {
        copy.from = cli_values_argument(values, i);
        status = cli_copy_run(&copy);
        done_count += status == CLI_DONE || status == CLI_PARTLY;
        failed_count += status != CLI_DONE;
    }
    if (status != CLI_INTERRUPTED && values->argument_count > 1)
        status = failed_count == 0 ? CLI_DONE : done_count > 0 ? CLI_PARTLY : CLI_FAILED;
    return status;
}

const CliCommand cli_command_import = {
    .name = "import",
    .arguments = "LIBRARY...",
    .summary = "take in the videos of other libraries",
    .description =
        "Copies videos with their states, frames and pictures out of other libraries into this one, which is "
        "made "
        "where there is none. Both must hold embeddings of the same model. What is here already is left "
        "alone, also under another path, and an interrupted import goes on where it stopped.",
    .examples = "  reelvec import part-1.db part-2.db part-3.db --library all.db\n"
                "  reelvec import old.db --video 'talks/*'\n",
    CLI_OPTIONS(ImportSettings, options),
    .min_arguments = 1,
    .max_arguments = SIZE_MAX,
    .run = run,
};
