/* SPDX-License-Identifier: MIT */
/* reelvec timeline: a list of moments as a file for editors and players. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/moments_file.h"
#include "cli/timeline_file.h"

typedef struct TimelineSettings {
    CliCommon common;
    TimelineFile timeline;
    const char *video;
} TimelineSettings;

#define FIELD(field) offsetof(TimelineSettings, field)

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "where to; its ending names the format (-: standard output)",
     .kind = CLI_TEXT,
     .offset = FIELD(timeline.path)},
    {.name = "format",
     .letter = 'f',
     .argument = "NAME",
     .help = "one of the formats below, whatever the ending",
     .kind = CLI_TEXT,
     .offset = FIELD(timeline.format)},
    CLI_OPTION_MOMENTS_VIDEO(TimelineSettings),
    CLI_OPTION_TIMELINE_TITLE(TimelineSettings),
    CLI_OPTION_TIMELINE_RATE(TimelineSettings),
    CLI_OPTION_TIMELINE_HANDLES(TimelineSettings),
    CLI_OPTION_RECORD_START(TimelineSettings),
    CLI_OPTION_TIMELINE_FORCE(TimelineSettings),
    CLI_OPTION_QUIET(TimelineSettings),
};

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    TimelineSettings *settings = user;
    TimelineFile *file = &settings->timeline;
    RvTimelineOptions asked;
    RvMoments storage = {0};
    RvMoment *moments = NULL;
    RvError err = {0};
    if (file->path == NULL)
        return cli_fail_usage("timeline: needs -o FILE; -o - writes to standard output");
    file->format_option = "--format";
    if (cli_timeline_check(file, &asked, &err) != RV_OK)
        return cli_fail(&err);
    asked.log = cli_log(&settings->common, NULL);
    int status =
        cli_moments_read(cli_values_argument(values, 0), settings->video, &storage, &moments, &err) == RV_OK
            ? cli_timeline_write(file, &asked, moments, storage.count, stdout)
            : cli_fail(&err);
    free(moments);
    rv_moments_clear(&storage);
    return status;
}

const CliCommand cli_command_timeline = {
    .name = "timeline",
    .arguments = "MOMENTS",
    .summary = "moments as a timeline, markers, chapters or a playlist for other programs",
    .description =
        "MOMENTS is a list in a file, or - for standard input: JSON lines or CSV as `search --format` prints "
        "them, or one that a person wrote. A table begins with the names of its columns, as "
        "video,start,end,name; times are seconds or h:mm:ss.mmm.\n"
        "Formats that know one video only make a file for each: cuts.llc, cuts_NAME.llc. Moments that lie "
        "outside of their video and videos that cannot be read are left out, each with a line on standard "
        "error and exit status 3. A file that is there is not replaced without --force.\n"
        "`search --export FILE` does the same with the hits of a search.",
    .examples = "  reelvec search \"a red car\" --moments --format json | reelvec timeline - -o cars.otio\n"
                "  reelvec timeline cuts.csv -o cuts.edl --record-start 00:00:00:00 --handles 1\n"
                "  reelvec timeline cuts.csv --video holiday.mp4 -o holiday.llc\n"
                "  reelvec timeline cuts.csv -o - --format webvtt\n",
    CLI_OPTIONS(TimelineSettings, options),
    .min_arguments = 1,
    .max_arguments = 1,
    .more = cli_timeline_formats,
    .run = run,
};
