/* SPDX-License-Identifier: MIT */
/* What a person sees of indexing: progress of the videos that are under way, a line for each that is done. */
#ifndef RV_CLI_INDEX_SHOW_H
#define RV_CLI_INDEX_SHOW_H

#include <stdbool.h>

#include "context.h"

/* A video that is under way. */
typedef struct CliShown {
    char *name; // as it was given; NULL: none
    bool counting;
    size_t first_done, done, expected; // frames, those that were there already included
    bool reading;                      // its file, for so long that it is worth telling
    int64_t read_bytes, size_bytes;
    CliProgress lines; // of its own, where there is no terminal
} CliShown;

typedef struct CliIndexShow {
    bool quiet, terminal;
    int jobs;
    CliShown *videos;   // [jobs]
    int video_count;    // under way
    size_t frames_done; // by videos that have ended
    CliProgress bar;    // on a terminal: the video's, or of all together where there may be several
    bool bar_counts_bytes;
    double start_s;
    char label[64];
} CliIndexShow;

/* False: out of memory. */
bool cli_show_open(CliIndexShow *show, int jobs, bool quiet);
/* A bar of all together stays on the screen. */
void cli_show_close(CliIndexShow *show);

/* slot: as in RvIndexList. False: out of memory. */
bool cli_show_begin(CliIndexShow *show, int slot, const char *name);
void cli_show_report(CliIndexShow *show, const RvIndexProgress *report);
/* The name stays until the next video of the slot. */
const char *cli_show_end(CliIndexShow *show, int slot);
/* Before a line is printed. */
void cli_show_hide(CliIndexShow *show);

/* "talk.mp4: 96 frames, 96 new (complete)" on standard output. */
void cli_show_result(const char *name, const RvIndexReport *report);

#endif
