/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar on a terminal, now and then a line elsewhere. */
#ifndef RV_CLI_PROGRESS_H
#define RV_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CliBar {
    const char *label; // "Copying frames"
    uint64_t done;
    uint64_t expected; // 0: unknown
    double elapsed_s;
    double rate; // per second; 0: unknown
    bool bytes;  // amounts are bytes, else frames
    bool ascii;  // the terminal has no block glyphs
} CliBar;

/* One line without newline, at most `columns` wide:
 * "Copying frames:  63%|██████▎   | 90/142 [00:03<00:01, 41.2 frames/s]". */
void cli_bar_text(const CliBar *bar, size_t columns, char *text, size_t size_bytes);

#define CLI_BAR_CELLS 50
#define CLI_BAR_BYTES (3 * CLI_BAR_CELLS + 1)

/* "██████▎   " with eighths of a cell; share: 0 to 1. */
void cli_bar_cells(double share, size_t cells, bool ascii, char *text, size_t size_bytes);

typedef struct CliProgress {
    bool enabled, terminal, ascii, bytes;
    const char *label, *name; // borrowed
    const char *more;         // borrowed: text behind the lines of one that is not a terminal's; NULL: none
    bool bar_shown;
    bool begun;
    double last_output_s;   // on the elapsed clock
    double first_elapsed_s; // of the first report: what came before it does not count into the rate
    uint64_t first_done;
    CliBar last;
} CliProgress;

/* quiet: nothing is ever printed. label and name: of what is processed; name NULL: none is said. */
void cli_progress_begin(CliProgress *progress, bool quiet, const char *label, const char *name, bool bytes);
/* From the next report on something else is counted, with a rate of its own. */
void cli_progress_switch(CliProgress *progress, const char *label, bool bytes);
void cli_progress_report(CliProgress *progress, uint64_t done, uint64_t expected, double elapsed_s);
/* The last state, whatever the clock says; the bar stays on the screen. */
void cli_progress_end(CliProgress *progress);
/* For a line on a terminal that is not a bar of this kind: whether it is time to draw, and drawing it. text:
 * narrower than cli_progress_columns(). */
bool cli_progress_due(const CliProgress *progress, double elapsed_s);
void cli_progress_draw(CliProgress *progress, const char *text, double elapsed_s);
size_t cli_progress_columns(void);
/* Whether a line stands on the screen without its newline; may be asked in a signal handler. */
bool cli_progress_on_screen(void);
/* Take the bar off the screen before something else is printed; the next report brings it back. */
void cli_progress_hide(CliProgress *progress);

#endif
