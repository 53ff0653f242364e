/* SPDX-License-Identifier: MIT */
/* reelvec remove: videos out of the library. */
#include <inttypes.h>
#include <stdint.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"

typedef struct RemoveSettings {
    CliCommon common;
    bool glob;
} RemoveSettings;

static const CliOption options[] = {
    {.name = "glob",
     .help = "VIDEO may be a pattern like 'holiday*', or mean several videos; all of them are removed",
     .kind = CLI_FLAG,
     .offset = offsetof(RemoveSettings, glob)},
    CLI_OPTION_LIBRARY(RemoveSettings),
    CLI_OPTION_QUIET(RemoveSettings),
};

/* Removing cannot be undone. A name that happens to be a pattern, or is only a part of a path, therefore
 * removes nothing. */
static RvStatus check_names(const char *name, const RvVideos *videos, RvNaming naming, bool glob,
                            RvError *err)
{
    if (name[0] == '\0')
        return cli_error(err, RV_ERROR_ARGUMENT, "an empty name means no video");
    if (videos->count == 0)
        return cli_error(err, RV_ERROR_NOT_FOUND, "%s: no such video in the library; see `reelvec list`",
                         name);
    if (glob)
        return RV_OK;
    if (naming == RV_NAMED_PATTERN)
        return cli_error(err, RV_ERROR_ARGUMENT,
                         "%s: no such video in the library; as a pattern it means %zu video%s, the first is "
                         "%s; add --glob to remove %s",
                         name, videos->count, videos->count == 1 ? "" : "s", videos->items[0].path,
                         videos->count == 1 ? "it" : "them");
    if (videos->count > 1)
        return cli_error(
            err, RV_ERROR_ARGUMENT,
            "%s: means %zu videos, among them %s and %s; give more of the path, or add --glob to "
            "remove them all",
            name, videos->count, videos->items[0].path, videos->items[1].path);
    return RV_OK;
}

static RvStatus remove_named(RvLibrary *library, const char *name, bool glob, RvError *err)
{
    RvVideos videos = {0};
    RvNaming naming = RV_NAMED_NONE;
    RvStatus status = rv_library_find(library, name, &videos, &naming, err);
    if (status == RV_OK)
        status = check_names(name, &videos, naming, glob, err);
    for (size_t i = 0; i < videos.count && status == RV_OK; i++) {
        status = rv_library_remove(library, videos.items[i].video_id, err);
        if (status == RV_OK)
            cli_print("%s: removed, %" PRId64 " frames", videos.items[i].path, videos.items[i].frame_count);
    }
    rv_videos_clear(&videos);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    RemoveSettings *settings = user;
    RvLibrary *library = NULL;
    RvError err = {0};
    size_t failed = 0;
    int status = CLI_DONE;
    if (cli_open_library(&settings->common, RV_OPEN_WRITE, cli_log(&settings->common, NULL), &library,
                         &err) != RV_OK)
        status = cli_fail(&err);
    for (size_t i = 0; i < values->argument_count && status == CLI_DONE; i++) {
        if (remove_named(library, cli_values_argument(values, i), settings->glob, &err) != RV_OK) {
            cli_fail(&err);
            failed++;
        }
    }
    rv_library_close(library);
    if (status == CLI_DONE && failed > 0)
        status = failed < values->argument_count ? CLI_PARTLY : CLI_FAILED;
    return status;
}

const CliCommand cli_command_remove = {
    .name = "remove",
    .arguments = "VIDEO...",
    .summary = "remove videos from the library",
    .description =
        "Removes videos with all their frames and gives the space back. VIDEO is a path or URL as `reelvec "
        "list` shows it, or the last parts of one; with --glob also a pattern. Nothing is asked, and the "
        "video files themselves are not touched.",
    .examples = "  reelvec remove holiday.mp4\n"
                "  reelvec remove --glob '/mnt/old/*'\n",
    CLI_OPTIONS(RemoveSettings, options),
    .min_arguments = 1,
    .max_arguments = SIZE_MAX,
    .run = run,
};
