/* SPDX-License-Identifier: MIT */
/* reelvec remove: videos out of the library. */
#include <inttypes.h>
#include <stdint.h>

#include "cli.h"
#include "context.h"

typedef struct RemoveSettings {
    CliCommon common;
} RemoveSettings;

static const CliOption options[] = {
    CLI_OPTION_LIBRARY(RemoveSettings),
    CLI_OPTION_QUIET(RemoveSettings),
};

static RvStatus remove_named(RvLibrary *library, const char *name, RvError *err)
{
    RvVideos videos = {0};
    size_t found = 0;
    RvStatus status = cli_find_videos(library, name, &videos, &found, err);
    for (size_t i = 0; i < found && status == RV_OK; i++) {
        status = rv_library_remove(library, videos.items[i].video_id, err);
        if (status == RV_OK)
            cli_print("%s: removed, %" PRId64 " frames", videos.items[i].path, videos.items[i].frame_count);
    }
    rv_videos_clear(&videos);
    return status;
}

static int run(const CliCommand *command, int argc, char **argv)
{
    RemoveSettings settings = {0};
    CliValues values;
    int status;
    if (!cli_begin(command, argc, argv, &settings, &values, &status))
        return status;
    RvLibrary *library = NULL;
    RvError err = {0};
    size_t failed = 0;
    status = CLI_DONE;
    if (cli_open_library(&settings.common, CLI_LIBRARY_CHANGE, cli_log(&settings.common, NULL), &library,
                         &err) != RV_OK)
        status = cli_fail(&err);
    for (size_t i = 0; i < values.argument_count && status == CLI_DONE; i++) {
        if (remove_named(library, cli_values_argument(&values, i), &err) != RV_OK) {
            cli_fail(&err);
            failed++;
        }
    }
    rv_library_close(library);
    if (status == CLI_DONE && failed > 0)
        status = failed < values.argument_count ? CLI_PARTLY : CLI_FAILED;
    cli_values_clear(&values);
    return status;
}

const CliCommand cli_command_remove = {
    .name = "remove",
    .arguments = "VIDEO...",
    .summary = "remove videos from the library",
    .description =
        "Removes videos with all their frames and gives the space back. VIDEO is a path or URL as `reelvec "
        "list` shows it, else a file name, else a pattern like 'holiday*'. Nothing is asked, and the video "
        "files themselves are not touched.",
    .examples = "  reelvec remove holiday.mp4\n"
                "  reelvec remove '/mnt/old/*'\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .min_arguments = 1,
    .max_arguments = SIZE_MAX,
    .run = run,
};
