/* SPDX-License-Identifier: MIT */
/* What a person sees of indexing: how far all of it is, a line for each video that is done. */
#ifndef RV_CLI_INDEX_SHOW_H
#define RV_CLI_INDEX_SHOW_H

#include <stdbool.h>

#include "context.h"
#include "run_line.h"

/* A video of the list, as far as it is known before it is opened. */
typedef struct CliListed {
    const char *path;   // as given
    size_t place;       // in the list, from 1
    int64_t size_bytes; // 0: of a URL
    bool awaited;       // there is work to do on it, as far as one can tell
} CliListed;

/* A video that is under way. */
typedef struct CliShown {
    char *name; // as rv_source_show says it; NULL: none
    CliListed listed;
    bool counting;                     // its frames
    size_t first_done, done, expected; // frames, those that were there already included
    double video_s;
    bool reading; // its file, for so long that it is worth telling
    int64_t read_bytes;
    bool told;         // that it has begun
    CliProgress lines; // of its own, where there is no terminal
} CliShown;

/* Videos whose frames were counted: what the others of the list are judged by. */
typedef struct CliSeen {
    double frames, bytes, videos;
} CliSeen;

typedef struct CliIndexShow {
    bool quiet, terminal;
    int jobs;
    CliShown *videos;  // [jobs]
    int video_count;   // under way
    size_t list_count; // 0: unknown
    size_t newest_place;
    double waiting_bytes, waiting_urls; // of what is awaited, and not counted yet
    bool open_end;                      // the list is others' too: how much is left cannot be told
    CliSeen seen;                       // of those that have ended
    double frames_done, video_s;        // of those that have ended, in this run
    double start_s, work_s;             // when all, and when the first frames began; work_s 0: not yet
    CliProgress bar;                    // on a terminal
    char more[160];
} CliIndexShow;

/* False: out of memory. */
bool cli_show_open(CliIndexShow *show, int jobs, bool quiet);
void cli_show_close(CliIndexShow *show);

/* Before the first video: one that will come. */
void cli_show_await(CliIndexShow *show, const CliListed *video);

/* slot: as in RvIndexList. False: out of memory. */
bool cli_show_begin(CliIndexShow *show, int slot, const CliListed *video);
void cli_show_report(CliIndexShow *show, const RvIndexProgress *report);
/* The name stays until the next video of the slot. */
const char *cli_show_end(CliIndexShow *show, int slot);
/* Before a line is printed. */
void cli_show_hide(CliIndexShow *show);

/* "talk.mp4: 96 frames, 96 new (complete)" on standard output. */
void cli_show_result(const char *name, const RvIndexReport *report);

/* "3,600 frames in 1:23, 43.4 frames/s, 43x real time"; empty where no frame was taken. */
void cli_show_speed(const CliIndexShow *show, char *text, size_t size_bytes);

#endif
