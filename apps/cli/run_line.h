/* SPDX-License-Identifier: MIT */
/* The line on a terminal that shows the progress of indexing: of one video, or of a whole list. */
#ifndef RV_CLI_RUN_LINE_H
#define RV_CLI_RUN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CliRunLine {
    const char *name;      // of a running video; NULL for none
    int more;              // number of videos running beside it
    size_t place, count;   // place in the list, from 1; count is 0 if their number is unknown
    bool reading;          // files are being read to recognise them; amounts are bytes
    double done, expected; // frames of this run; expected is 0 if unknown
    double elapsed_s;
    double rate;     // frames (bytes) per second; 0 if unknown
    double realtime; // seconds of video indexed per second; 0 if unknown
    bool ascii;
} CliRunLine;

/* Returns the seconds until all is done; below 0 if unknown. */
double cli_run_left_s(const CliRunLine *line);

/* Write a line of at most `columns`, without newline. For one video:
 *
 *    "talk.mp4:  63%|██████▎   | 90/142 [00:03<00:01, 41.2 frames/s, 41x]"
 *
 * and for a list:
 *
 *    "Video 3 of 212, talk.mp4:   4%|▎       | 41.2 frames/s, 41x, 4:02:10 left" */
void cli_run_line_text(const CliRunLine *line, size_t columns, char *text, size_t size_bytes);

/* Write "video 3 of 212, 41.2 frames/s, 41x real time, 4:02:10 left in all", for lines in a file. */
void cli_run_words(const CliRunLine *line, char *text, size_t size_bytes);

#endif
