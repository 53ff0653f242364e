/* SPDX-License-Identifier: MIT */
/* reelvec verify: check everything that the library holds. */
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"

typedef struct VerifySettings {
    CliCommon common;
} VerifySettings;

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(VerifySettings),
    CLI_OPTION_THREADS(VerifySettings),
    CLI_OPTION_QUIET(VerifySettings),
};

static void print_fault(void *user, const char *line)
{
    (void)user;
    cli_print("%s", line);
}

/* Print videos whose files are missing. That is a remark, not a fault of the library. */
static void remark_missing(RvLibrary *library)
{
    RvVideos videos = {0};
    size_t missing_count = 0;
    if (strstr(rv_library_uri(library), "://") != NULL || rv_library_paths(library, &videos, NULL) != RV_OK)
        return; // a server's videos may be on other machines
    for (size_t i = 0; i < videos.count; i++)
        missing_count += rv_video_is_missing(&videos.items[i]);
    if (missing_count > 0)
        cli_message("the file%s of %zu video%s missing; `reelvec list` shows which, `reelvec index --prune` "
                    "removes such "
                    "videos",
                    missing_count == 1 ? "" : "s", missing_count, missing_count == 1 ? " is" : "s are");
    rv_videos_clear(&videos);
}

/* Print videos whose files were damaged when they were indexed, or whose stored pictures were embedded. That is no fault of the library either. */
static void remark_damaged(RvLibrary *library)
{
    RvVideos videos = {0};
    if (rv_library_list(library, NULL, &videos, NULL) != RV_OK)
        return;
    for (size_t i = 0; i < videos.count; i++) {
        const RvVideo *video = &videos.items[i];
        if (video->state == RV_VIDEO_COMPLETE && video->error[0] != '\0')
            cli_message("remark: %s: %s", video->path, video->error);
    }
    rv_videos_clear(&videos);
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    VerifySettings *settings = user;
    RvLibrary *library = NULL;
    RvError err = {0};
    size_t fault_count = 0;
    int status = CLI_DONE;
    if (cli_open_library(&settings->common, RV_OPEN_READ, cli_log(&settings->common, NULL), &library, &err) !=
            RV_OK ||
        rv_library_verify(library, print_fault, NULL, &fault_count, &err) != RV_OK)
        status = cli_fail(&err);
    else if (fault_count > 0)
        status = CLI_FAILED;
    if (err.status == RV_OK && !settings->common.quiet)
        cli_message(fault_count == 0   ? "no faults"
                    : fault_count == 1 ? "%zu fault"
                                       : "%zu faults",
                    fault_count);
    if (err.status == RV_OK && !settings->common.quiet) {
        remark_missing(library);
        remark_damaged(library);
    }
    rv_library_close(library);
    return status;
}

const CliCommand cli_command_verify = {
    .name = "verify",
    .arguments = "",
    .summary = "check everything that the library holds",
    .description =
        "Checks the database's own integrity, lengths and values of embeddings, frame numbers, "
        "and that every "
        "picture decodes. Prints each fault as one line; the exit status is 1 when there are any. "
        "Videos whose files were damaged when they were indexed, or whose stored pictures `reembed` embedded, "
        "are named beside that, as remarks.",
    .examples = "  reelvec verify\n"
                "  reelvec verify --library talks.db --quiet\n",
    CLI_OPTIONS(VerifySettings, options),
    .run = run,
};
