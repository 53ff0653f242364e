/* SPDX-License-Identifier: MIT */
/* The line on a terminal that says how far indexing is: of one video, or of a whole list. */
#ifndef RV_CLI_RUN_LINE_H
#define RV_CLI_RUN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CliRunLine {
    const char *name;      // of a video that is under way; NULL: none
    int more;              // that are under way beside it
    size_t place, count;   // in the list, from 1; count 0: it is not known how many there are
    bool reading;          // files, to recognise them; amounts are bytes then
    double done, expected; // frames of this run; expected 0: unknown
    double elapsed_s;
    double rate;     // frames (bytes) a second; 0: unknown
    double realtime; // seconds of video taken in, a second; 0: unknown
    bool ascii;
} CliRunLine;

/* Seconds until all is done; below 0 where that is not known. */
double cli_run_left_s(const CliRunLine *line);

/* At most `columns` wide, without newline. One video:
 * "talk.mp4:  63%|██████▎   | 90/142 [00:03<00:01, 41.2 frames/s, 41x]"; of a list:
 * "Video 3 of 212, talk.mp4:   4%|▎       | 41.2 frames/s, 41x, 4:02:10 left". */
void cli_run_line_text(const CliRunLine *line, size_t columns, char *text, size_t size_bytes);

/* "video 3 of 212, 41.2 frames/s, 41x real time, 4:02:10 left in all", for lines in a file. */
void cli_run_words(const CliRunLine *line, char *text, size_t size_bytes);

#endif
