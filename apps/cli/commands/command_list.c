/* SPDX-License-Identifier: MIT */
/* reelvec list: the videos of the library. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/output.h"

typedef struct ListSettings {
    CliCommon common;
    int format;
} ListSettings;

static const CliOption options[] = {
    CLI_OPTION_FORMAT(ListSettings),
    CLI_OPTION_LIBRARY(ListSettings),
    CLI_OPTION_QUIET(ListSettings),
};

static const Column columns[] = {
    {"video", NULL, COLUMN_TEXT},          {"frames", "frames", COLUMN_WHOLE},
    {"duration", "duration", COLUMN_TIME}, {"state", "state", COLUMN_TEXT},
    {"sampling", "sampling", COLUMN_TEXT}, {"width", NULL, COLUMN_WHOLE},
    {"height", NULL, COLUMN_WHOLE},        {"frame_rate", NULL, COLUMN_SCORE},
    {"codec", NULL, COLUMN_TEXT},          {"error", NULL, COLUMN_TEXT},
    {"content_key", NULL, COLUMN_TEXT},    {"path", "path", COLUMN_NAME},
};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* Only for libraries in files: a server's videos may be on other machines. */
static const char *state_of(const RvVideo *video, bool local, int format)
{
    if (local && rv_video_is_missing(video))
        return "missing";
    if (video->state == RV_VIDEO_COMPLETE && rv_video_is_from_pictures(video) && format == OUTPUT_TABLE)
        return "pictures";
    bool damaged = video->state == RV_VIDEO_COMPLETE && video->error[0] != '\0';
    return damaged && format == OUTPUT_TABLE ? "damaged" : video->state_name;
}

static bool print_videos(const RvVideos *videos, int format, bool local)
{
    // In the table the path is the last column because it is long. In the other formats it is "video", as in
    // search.
    size_t first = format == OUTPUT_TABLE ? 1 : 0, count = COLUMN_COUNT - 1;
    Output output;
    if (!cli_output_begin(&output, format, columns + first, count, stdout))
        return false;
    bool good = true;
    for (size_t i = 0; i < videos->count && good; i++) {
        const RvVideo *video = &videos->items[i];
        const Cell cells[COLUMN_COUNT] = {
            {.text = video->path},        {.whole = video->frame_count},
            {.real = video->duration_s},  {.text = state_of(video, local, format)},
            {.text = video->sampling},    {.whole = video->width},
            {.whole = video->height},     {.real = video->frame_rate},
            {.text = video->codec},       {.text = video->error},
            {.text = video->content_key}, {.text = video->path},
        };
        good = cli_output_row(&output, cells + first);
    }
    good = cli_output_end(&output) && good;
    for (size_t i = 0; i < videos->count && good && format == OUTPUT_TABLE; i++) {
        const RvVideo *video = &videos->items[i];
        size_t length = strlen(video->path);
        bool named = strncmp(video->error, video->path, length) == 0 && video->error[length] == ':';
        bool failed = video->state == RV_VIDEO_FAILED;
        if (video->error[0] != '\0')
            cli_message("%s: %s%s", video->path, failed ? "failed: " : "",
                        named ? video->error + length + 1 + strspn(video->error + length + 1, " ")
                              : video->error);
    }
    return good;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    ListSettings *settings = user;
    int status = CLI_DONE;
    RvLibrary *library = NULL;
    RvVideos videos = {0};
    RvError err = {0};
    if (cli_open_library(&settings->common, RV_OPEN_READ, cli_log(&settings->common, NULL), &library, &err) !=
            RV_OK ||
        rv_library_list(library, cli_values_argument(values, 0), &videos, &err) != RV_OK)
        status = cli_fail(&err);
    else
        status = print_videos(&videos, settings->format, strstr(rv_library_uri(library), "://") == NULL)
                     ? CLI_DONE
                     : cli_fail_memory();
    if (status == CLI_DONE && videos.count == 0 && values->argument_count > 0) {
        cli_error(&err, RV_ERROR_NOT_FOUND, "no video matches '%s'; `reelvec list` shows all",
                  cli_values_argument(values, 0));
        status = cli_fail(&err);
    } else if (status == CLI_DONE && videos.count == 0 && !settings->common.quiet) {
        cli_message("the library has no videos yet; see `reelvec index`");
    }
    rv_videos_clear(&videos);
    rv_library_close(library);
    return status;
}

const CliCommand cli_command_list = {
    .name = "list",
    .arguments = "[VIDEO]",
    .summary = "the videos of the library",
    .description =
        "Lists all videos, or those that VIDEO means: a path or URL, the last parts of one (clip.mp4, "
        "talks/clip.mp4), or a pattern. Number of frames, duration, state (complete, indexing, failed; "
        "missing: the file is gone, its frames are still found; damaged: complete, but some of the file "
        "could "
        "not be read or decoded; pictures: `reembed` embedded its stored pictures), how frames were taken, "
        "path. JSON and CSV tell more of each: there such a video is complete, and its error says what is "
        "damaged, or that it is from pictures. Whether files are missing is looked at now, "
        "for libraries in files only.",
    .examples = "  reelvec list\n"
                "  reelvec list 'holiday*' --format json\n",
    CLI_OPTIONS(ListSettings, options),
    .min_arguments = 0,
    .max_arguments = 1,
    .run = run,
};
