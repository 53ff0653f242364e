/* SPDX-License-Identifier: MIT */
/* What `clip` and `search --clips` share: their options, clips cut with progress, a line for each. */
#ifndef RV_CLI_CLIP_RUN_H
#define RV_CLI_CLIP_RUN_H

#include "options.h"
#include "reelvec/reelvec.h"

/* Without --moments a clip has so much before and behind the hit. */
#define CLIP_BEFORE_S 2.0
#define CLIP_BEHIND_S 3.0

typedef struct ClipSettings {
    bool exact, force;
    CliReal handles;
    const char *name, *ffmpeg;
} ClipSettings;

#define CLI_OPTION_EXACT_CUT(Type)                                                                           \
    {                                                                                                        \
        .name = "exact-cut",                                                                                 \
        .help = "encode clips again, so that they begin and end at the very frames; else they are copied, "  \
                "from the keyframe before",                                                                  \
        .kind = CLI_FLAG, .offset = offsetof(Type, clips.exact)                                              \
    }
#define CLI_OPTION_HANDLES(Type)                                                                             \
    {                                                                                                        \
        .name = "handles", .argument = "S", .help = "begin S seconds earlier and end S later",               \
        .kind = CLI_REAL, .offset = offsetof(Type, clips.handles), .min = 0, .max = RV_CUT_HANDLES_MAX       \
    }
#define CLI_OPTION_CLIP_NAME(Type)                                                                           \
    {                                                                                                        \
        .name = "clip-name", .argument = "TEMPLATE",                                                         \
        .help = "how clips in a folder are named: {video}, {start}, {end}, {n}, {name}, {score} "            \
                "({video}_{start}-{end}); behind a dot the container (mp4, mkv, ...)",                       \
        .kind = CLI_TEXT, .offset = offsetof(Type, clips.name)                                               \
    }
#define CLI_OPTION_FORCE(Type)                                                                               \
    {                                                                                                        \
        .name = "force", .help = "replace files that are there", .kind = CLI_FLAG,                           \
        .offset = offsetof(Type, clips.force)                                                                \
    }
#define CLI_OPTION_FFMPEG(Type)                                                                              \
    {                                                                                                        \
        .name = "ffmpeg", .argument = "PROGRAM", .help = "the ffmpeg to use (REELVEC_FFMPEG, else on PATH)", \
        .kind = CLI_TEXT, .offset = offsetof(Type, clips.ffmpeg)                                             \
    }

typedef struct ClipRun {
    const CliCommon *common;
    const ClipSettings *settings;
    const RvMoment *moments;
    size_t count;
    const char *path; // of the one clip, or its folder; NULL: many, into `folder`
    const char *folder;
    bool preview;
    bool beside; // rows stand on standard output: the clips' lines go to standard error
    int width;   // of a preview; 0: as the library likes
    double frame_rate;
} ClipRun;

/* Cut and print a line for each clip. Returns the exit status. */
int cli_clip_run(const ClipRun *run);

/* The same for hits of a library: those of moments and sequences from start to end, single frames with what is around
 * them. */
int cli_clip_hits(const CliCommon *common, const ClipSettings *settings, RvLibrary *library,
                  const RvHits *hits, const char *folder);

#endif
