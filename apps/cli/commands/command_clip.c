/* SPDX-License-Identifier: MIT */
/* reelvec clip: a stretch of a video as a file of its own. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/clip_run.h"
#include "cli/message.h"
#include "cli/moments_file.h"
#include "cli/open.h"
#include "cli/text.h"

typedef struct ClipCommand {
    CliCommon common;
    ClipSettings clips;
    const char *output, *video;
    bool gif;
    int width;
    CliReal rate;
} ClipCommand;

#define FIELD(field) offsetof(ClipCommand, field)

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "OUT",
     .help =
         "the clip, whose ending is its container (.mp4, .mkv, .mov, ...; .gif and .webp make a preview), or "
         "a folder (the current one)",
     .kind = CLI_TEXT,
     .offset = FIELD(output)},
    CLI_OPTION_EXACT_CUT(ClipCommand),
    CLI_OPTION_MOMENTS_VIDEO(ClipCommand),
    CLI_OPTION_HANDLES(ClipCommand),
    CLI_OPTION_CLIP_NAME(ClipCommand),
    CLI_OPTION_FORCE(ClipCommand),
    {.name = "gif", .help = "an animated preview instead of a clip", .kind = CLI_FLAG, .offset = FIELD(gif)},
    {.name = "width",
     .argument = "N",
     .help = "pixels of a preview (480)",
     .kind = CLI_WHOLE,
     .offset = FIELD(width),
     .min = RV_PREVIEW_WIDTH_MIN,
     .max = RV_PREVIEW_WIDTH_MAX},
    {.name = "rate",
     .argument = "N",
     .help = "frames a second of a preview (12.5)",
     .kind = CLI_REAL,
     .offset = FIELD(rate),
     .min = RV_PREVIEW_RATE_MIN,
     .max = RV_PREVIEW_RATE_MAX},
    CLI_OPTION_FFMPEG(ClipCommand),
    CLI_OPTION_LIBRARY(ClipCommand),
    CLI_OPTION_THREADS(ClipCommand),
    CLI_OPTION_QUIET(ClipCommand),
};

static bool is_file_or_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0 ||
           access(name, F_OK) == 0;
}

/* Take a file or URL as it is, else the one video of the library that the name means. Free *path with free(). */
static RvStatus find_video(const CliCommon *common, const char *name, char **path, RvError *err)
{
    RvLibrary *library = NULL;
    RvVideos videos = {0};
    if (is_file_or_url(name)) {
        *path = strdup(name);
        return *path != NULL ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    RvStatus status = cli_open_library(common, RV_OPEN_READ, cli_log(common, NULL), &library, err);
    if (status == RV_ERROR_NOT_FOUND && common->library == NULL)
        return cli_error(err, RV_ERROR_NOT_FOUND, "%s: no such file", name);
    if (status == RV_OK)
        status = rv_library_list(library, name, &videos, err);
    if (status == RV_OK && videos.count == 0)
        status = cli_error(err, RV_ERROR_NOT_FOUND, "%s: neither a file nor a video in the library", name);
    if (status == RV_OK && videos.count > 1)
        status = cli_error(err, RV_ERROR_ARGUMENT,
                           "%s: means %zu videos, among them %s and %s; give more of the path", name,
                           videos.count, videos.items[0].path, videos.items[1].path);
    if (status == RV_OK && (*path = strdup(videos.items[0].path)) == NULL)
        status = cli_error(err, RV_ERROR_MEMORY, "out of memory");
    rv_videos_clear(&videos);
    rv_library_close(library);
    return status;
}

static bool ends_in(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length > ending_length && strcasecmp(text + length - ending_length, ending) == 0;
}

static bool is_preview(const ClipCommand *settings)
{
    const char *output = settings->output != NULL ? settings->output : "";
    return settings->gif || ends_in(output, ".gif") || ends_in(output, ".webp");
}

/* Returns false for texts, and for what cannot be read. */
static bool is_binary(const char *path)
{
    char bytes[65536];
    FILE *file = fopen(path, "rbe");
    size_t count = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file != NULL)
        fclose(file);
    return memchr(bytes, '\0', count) != NULL;
}

/* The only argument should be a list of moments. Explains what it is instead. */
static int fail_list(const ClipCommand *settings, const char *list, const RvError *err)
{
    RvVideos videos = {0};
    RvLibrary *library = NULL;
    bool url = strncasecmp(list, "http://", 7) == 0 || strncasecmp(list, "https://", 8) == 0;
    bool video = url || (err->status == RV_ERROR_FORMAT && strcmp(list, "-") != 0 && is_binary(list));
    if (!video && err->status == RV_ERROR_NOT_FOUND) { // a video of the library?
        RvError ignored = {0};
        video = cli_open_library(&settings->common, RV_OPEN_READ, (RvLog){0}, &library, &ignored) == RV_OK &&
                rv_library_list(library, list, &videos, &ignored) == RV_OK && videos.count > 0;
        rv_videos_clear(&videos);
        rv_library_close(library);
    }
    if (video)
        return cli_fail_usage("clip: %s: is no list of moments; of a video START and END are to be given too",
                              list);
    return cli_fail(err);
}

/* Cut the moments of a list into the files of a folder. */
static int cut_list(const ClipCommand *settings, const char *list)
{
    RvMoments storage = {0};
    RvMoment *moments = NULL;
    RvError err = {0};
    if (is_preview(settings) || settings->width != 0 || settings->rate.given)
        return cli_fail_usage("clip: previews are made one by one; give VIDEO START END");
    if (cli_moments_read(list, settings->video, &storage, &moments, &err) != RV_OK) {
        int status = fail_list(settings, list, &err);
        rv_moments_clear(&storage);
        free(moments);
        return status;
    }
    ClipRun clips = {.common = &settings->common,
                     .settings = &settings->clips,
                     .moments = moments,
                     .count = storage.count,
                     .folder = settings->output != NULL ? settings->output : "."};
    int status = cli_clip_run(&clips);
    free(moments);
    rv_moments_clear(&storage);
    return status;
}

static int cut_one(const ClipCommand *settings, const CliValues *values)
{
    RvError err = {0};
    RvMoment moment = {.score = NAN};
    char *video = NULL;
    const char *start = cli_values_argument(values, 1), *end = cli_values_argument(values, 2);
    const char *output = settings->output != NULL ? settings->output : "./";
    if (end == NULL)
        return cli_fail_usage("clip: needs VIDEO START END, or a list of moments; see `reelvec clip --help`");
    if (!cli_text_parse_time(start, &moment.start_s))
        return cli_fail_usage("clip: '%s' is no time; write 83, 1:23 or 0:01:23.5", start);
    if (!cli_text_parse_time(end, &moment.end_s))
        return cli_fail_usage("clip: '%s' is no time; write 83, 1:23 or 0:01:23.5", end);
    if (moment.end_s <= moment.start_s)
        return cli_fail_usage("clip: START (%s) must be before END (%s)", start, end);
    bool preview = is_preview(settings);
    if (settings->video != NULL)
        return cli_fail_usage(
            "clip: --video is for a list of moments; the video stands before START and END");
    if (preview && settings->clips.exact)
        return cli_fail_usage("clip: a preview is always exact; leave --exact-cut out");
    if (!preview && (settings->width != 0 || settings->rate.given))
        return cli_fail_usage(
            "clip: --width and --rate are for previews; add --gif or name OUT.gif or OUT.webp");
    if (find_video(&settings->common, cli_values_argument(values, 0), &video, &err) != RV_OK)
        return cli_fail(&err);
    moment.video = video;
    moment.time_s = moment.start_s;
    ClipRun clip = {.common = &settings->common,
                    .settings = &settings->clips,
                    .moments = &moment,
                    .count = 1,
                    .path = output,
                    .preview = preview,
                    .width = settings->width,
                    .frame_rate = settings->rate.given ? settings->rate.value : 0};
    int status = cli_clip_run(&clip);
    free(video);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    const ClipCommand *settings = user;
    (void)command;
    if (settings->output != NULL && strcmp(settings->output, "-") == 0)
        return cli_fail_usage("clip: -o -: clips are files of their own; name one, or a folder for them");
    return values->argument_count == 1 ? cut_list(settings, cli_values_argument(values, 0))
                                       : cut_one(settings, values);
}

const CliCommand cli_command_clip = {
    .name = "clip",
    .arguments = "VIDEO START END | MOMENTS",
    .summary = "stretches of videos as files of their own, or as animated previews",
    .description =
        "Cuts VIDEO (a file, a URL, or a video of the library by its name) from START up to END, by the ffmpeg "
        "program. Times are seconds, m:ss or h:mm:ss, with decimals.\n"
        "MOMENTS is a list in a file, or - for standard input, as for `reelvec timeline`: JSON lines or CSV as "
        "`search --format` prints them; OUT is the folder then (of a single moment it may be a file).\n"
        "Clips are copied: fast and without loss, but they can begin only at a keyframe, which may be seconds "
        "earlier; the line that is printed says how much. With --exact-cut they are encoded again and have exactly "
        "the frames that are on screen from START up to END.\n"
        "All sound tracks, subtitles that the container can hold, chapters and metadata come along; a timecode is "
        "moved with the beginning. Nothing is replaced without --force. A clip that was cut before from the same "
        "file in the same way is left as it is.",
    .examples = "  reelvec clip holiday.mp4 1:23 1:31 -o dog.mp4\n"
                "  reelvec clip holiday.mp4 83 91 --exact-cut --handles 0.5 -o clips/\n"
                "  reelvec clip talk.webm 0:12:05.5 0:12:08 -o smile.gif\n"
                "  reelvec search \"a dog\" --moments -f json > dogs.json; reelvec clip dogs.json -o dogs/\n",
    CLI_OPTIONS(ClipCommand, options),
    .min_arguments = 1,
    .max_arguments = 3,
    .run = run,
};
