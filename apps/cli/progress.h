/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar on a terminal, otherwise a line from time to time. */
#ifndef RV_CLI_PROGRESS_H
#define RV_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CliBar {
    const char *label; // "Copying frames"
    uint64_t done;
    uint64_t expected; // 0 if unknown
    double elapsed_s;
    double rate;  // per second; 0 if unknown
    bool bytes;   // amounts are bytes; otherwise frames
    bool ascii;   // the terminal has no block glyphs
    bool seconds; // amounts are hundredths of a second of video
} CliBar;

/* One line without newline, at most `columns` wide:
 * "Copying frames:  63%|██████▎   | 90/142 [00:03<00:01, 41.2 frames/s]". */
void cli_bar_text(const CliBar *bar, size_t columns, char *text, size_t size_bytes);

#define CLI_BAR_CELLS 50
#define CLI_BAR_BYTES (3 * CLI_BAR_CELLS + 1)

/* Write "██████▎   " with eighths of a cell. share: 0 to 1. */
void cli_bar_cells(double share, size_t cells, bool ascii, char *text, size_t size_bytes);

typedef struct CliProgress {
    bool enabled, terminal, ascii, bytes, seconds; // bytes, seconds: as in CliBar
    const char *label, *name;                      // borrowed
    const char *more; // borrowed: text after the lines if there is no terminal; NULL for none
    bool bar_shown;
    bool begun;
    double last_output_s;   // on the elapsed clock
    double first_elapsed_s; // of the first report: what was done before is not part of the rate
    uint64_t first_done;
    CliBar last;
} CliProgress;

/* quiet: nothing is ever printed. label and name describe what is processed; name may be NULL. */
void cli_progress_begin(CliProgress *progress, bool quiet, const char *label, const char *name, bool bytes);
/* The same, unless it was begun before: for a first report, so that nothing is said to have begun that is refused.
 * *progress is zeroed before. */
void cli_progress_begin_once(CliProgress *progress, bool quiet, const char *label, const char *name,
                             bool bytes);
/* From the next report on, count something else, with a rate of its own. */
void cli_progress_switch(CliProgress *progress, const char *label, bool bytes);

/* Show the progress if enough time has passed since the last output. elapsed_s: seconds since the work
 * began. */
void cli_progress_report(CliProgress *progress, uint64_t done, uint64_t expected, double elapsed_s);
/* Draw the last state, whatever the time. The bar stays on the screen. */
void cli_progress_end(CliProgress *progress);
/* For a line on a terminal that is not a bar of this kind. _due returns true if it is time to draw. _draw
 * draws text, which must be narrower than cli_progress_columns(). */
bool cli_progress_due(const CliProgress *progress, double elapsed_s);
void cli_progress_draw(CliProgress *progress, const char *text, double elapsed_s);

/* Returns the columns that a line on the terminal may have. */
size_t cli_progress_columns(void);
/* True if a line without its newline is on the screen. May be called in a signal handler. */
bool cli_progress_on_screen(void);
/* Erase the bar before something else is printed; the next report draws it again. */
void cli_progress_hide(CliProgress *progress);

/* Returns the seconds of a clock that never jumps. */
double cli_clock_s(void);

#endif
