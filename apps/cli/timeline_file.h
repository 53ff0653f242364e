/* SPDX-License-Identifier: MIT */
/* Moments into files for editors and players: the options that commands share, and writing. */
#ifndef RV_CLI_TIMELINE_FILE_H
#define RV_CLI_TIMELINE_FILE_H

#include <stdio.h>

#include "options.h"
#include "reelvec/timeline.h"

/* What the options say. Texts are borrowed and may be NULL. */
typedef struct TimelineFile {
    const char *path;   // "-": standard output
    const char *format; // NULL: by the ending of the path
    const char *title, *rate, *record_start;
    CliReal handles;
    bool force;
    const char *format_option; // as it is called: "--export-format"
} TimelineFile;

#define CLI_TIMELINE_HANDLES_MAX 3600

/* Options of a command whose settings have a TimelineFile called `timeline`. */
#define CLI_OPTION_TIMELINE_TITLE(Type)                                                                      \
    {                                                                                                        \
        .name = "title", .argument = "TEXT", .help = "of the timeline (the query, or reelvec)",              \
        .kind = CLI_TEXT, .offset = offsetof(Type, timeline.title)                                           \
    }
#define CLI_OPTION_TIMELINE_RATE(Type)                                                                       \
    {                                                                                                        \
        .name = "rate", .argument = "R",                                                                     \
        .help = "frames a second of the timeline: 25, 29.97, 30000/1001 (that of most clips)",               \
        .kind = CLI_TEXT, .offset = offsetof(Type, timeline.rate)                                            \
    }
#define CLI_OPTION_TIMELINE_HANDLES(Type)                                                                    \
    {                                                                                                        \
        .name = "handles", .argument = "S", .help = "seconds more before and behind each moment (0)",        \
        .kind = CLI_REAL, .offset = offsetof(Type, timeline.handles), .min = 0,                              \
        .max = CLI_TIMELINE_HANDLES_MAX                                                                      \
    }
#define CLI_OPTION_RECORD_START(Type)                                                                        \
    {                                                                                                        \
        .name = "record-start", .argument = "TC",                                                            \
        .help = "timecode of the timeline's first frame (01:00:00:00)", .kind = CLI_TEXT,                    \
        .offset = offsetof(Type, timeline.record_start)                                                      \
    }
#define CLI_OPTION_TIMELINE_FORCE(Type)                                                                      \
    {                                                                                                        \
        .name = "force", .help = "replace files that are there", .kind = CLI_FLAG,                           \
        .offset = offsetof(Type, timeline.force)                                                             \
    }

/* Check the options before anything is done, and fill in those of the library. Errors: ARGUMENT (no such format, an ending
 * that means none, a rate that is none, a file that is there). */
RvStatus cli_timeline_check(const TimelineFile *file, RvTimelineOptions *options, RvError *err);

/* Make the texts and write them under their names, all or none. Says what it wrote on `said` (NULL: not). Returns the exit
 * status: in part if moments were left out. */
int cli_timeline_write(const TimelineFile *file, const RvTimelineOptions *options, const RvMoment *moments,
                       size_t count, FILE *said);

/* The table of formats, as help shows it. */
void cli_timeline_formats(FILE *out);

#endif
