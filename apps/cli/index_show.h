/* SPDX-License-Identifier: MIT */
/* What a person sees of indexing: the progress of the whole, and a line for each finished video. */
#ifndef RV_CLI_INDEX_SHOW_H
#define RV_CLI_INDEX_SHOW_H

#include <stdbool.h>

#include "progress.h"
#include "reelvec/reelvec.h"
#include "run_line.h"

/* A video of the list, as far as it is known before it is opened. */
typedef struct CliListed {
    const char *path;   // as given by the user
    size_t place;       // place in the list, from 1
    int64_t size_bytes; // 0 for a URL
    bool awaited;       // it needs work, as far as is known
} CliListed;

/* A running video. */
typedef struct CliShown {
    char *name; // as rv_source_show writes it; NULL if the slot is free
    CliListed listed;
    bool counting;                     // its frames are counted
    size_t first_done, done, expected; // frames, including those that were in the library already
    double video_s;
    bool reading; // its file is being read, for long enough to show it
    int64_t read_bytes;
    bool begin_printed; // its beginning was printed
    CliProgress lines;  // progress lines of its own, if there is no terminal
} CliShown;

/* Sums of the videos whose frames were counted; the other videos are estimated from them. */
typedef struct CliSeen {
    double frames, bytes, videos;
} CliSeen;

typedef struct CliIndexShow {
    bool quiet, terminal;
    int jobs;
    CliShown *videos;  // [jobs]
    int video_count;   // running videos
    size_t list_count; // 0 if unknown
    size_t newest_place;
    double waiting_bytes, waiting_urls; // of the videos still to come that are not counted
    // other processes work on the list too, so the remaining work is unknown
    bool open_end;
    CliSeen seen;                // of the videos that have ended
    double frames_done, video_s; // of the videos that have ended, in this run
    // when the run began, and when its first frames did; work_s is 0 before
    double start_s, work_s;
    CliProgress bar; // on a terminal
    char more[160];
} CliIndexShow;

/* Returns false if memory is refused. */
bool cli_show_open(CliIndexShow *show, int jobs, bool quiet);
void cli_show_close(CliIndexShow *show);

/* Announce a video that will come. Call before the first video begins. */
void cli_show_await(CliIndexShow *show, const CliListed *video);

/* slot: as in RvIndexList. Returns false if memory is refused. */
bool cli_show_begin(CliIndexShow *show, int slot, const CliListed *video);

/* Show what the library reports about a running video, as often as the terminal or the log can use it. */
void cli_show_report(CliIndexShow *show, const RvIndexProgress *report);
/* Returns the video's name, valid until the next video of the slot. */
const char *cli_show_end(CliIndexShow *show, int slot);
/* Call before a line is printed. */
void cli_show_hide(CliIndexShow *show);

/* Print "talk.mp4: 96 frames, 96 new (complete)" on standard output. */
void cli_show_result(const char *name, const RvIndexReport *report);

/* Write "3,600 frames in 1:23, 43.4 frames/s, 43x real time"; "" if no frame was indexed. */
void cli_show_speed(const CliIndexShow *show, char *text, size_t size_bytes);

#endif
