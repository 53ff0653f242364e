/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar on a terminal, otherwise a line from time to time. */
#include "progress.h"

#include <inttypes.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"
#include "text.h"

#define REDRAW_S 0.1
#define LINE_S 10.0
#define DEFAULT_COLUMNS 80
#define CURSOR_COLUMNS 3 // columns for the cursor and the "^C" that a terminal writes behind it

static volatile sig_atomic_t on_screen; // read in the signal handler

bool cli_progress_on_screen(void)
{
    return on_screen != 0;
}

static void append(char *text, size_t size_bytes, const char *piece)
{
    size_t length = strlen(text), added = strlen(piece);
    if (length + added < size_bytes)
        memcpy(text + length, piece, added + 1);
}

void cli_bar_cells(double share, size_t cells, bool ascii, char *text, size_t size_bytes)
{
    static const char *const eighths[] = {"",
                                          "\xe2\x96\x8f",
                                          "\xe2\x96\x8e",
                                          "\xe2\x96\x8d",
                                          "\xe2\x96\x8c",
                                          "\xe2\x96\x8b",
                                          "\xe2\x96\x8a",
                                          "\xe2\x96\x89"};
    size_t filled = (size_t)((share < 1 ? share : 1) * (double)cells * 8);
    text[0] = '\0';
    for (size_t cell = 0; cell < cells; cell++) {
        size_t in_cell = filled > cell * 8 ? filled - cell * 8 : 0;
        if (in_cell >= 8)
            append(text, size_bytes, ascii ? "#" : "\xe2\x96\x88");
        else
            append(text, size_bytes, in_cell == 0 || ascii ? " " : eighths[in_cell]);
    }
}

static void amount_text(const CliBar *bar, double amount, char *text, size_t size_bytes)
{
    if (bar->bytes)
        cli_text_bytes((int64_t)amount, text, size_bytes);
    else if (bar->seconds)
        cli_text_clock(amount / 100, text, size_bytes);
    else
        snprintf(text, size_bytes, "%.0f", amount);
}

static void rate_text(const CliBar *bar, char *text, size_t size_bytes)
{
    char amount[32];
    if (bar->seconds) { // times real time
        snprintf(text, size_bytes, bar->rate > 0 ? "%.3gx" : "?x", bar->rate / 100);
    } else if (bar->rate <= 0) {
        snprintf(text, size_bytes, "?%s/s", bar->bytes ? "B" : " frames");
    } else if (bar->bytes) {
        amount_text(bar, bar->rate, amount, sizeof amount);
        snprintf(text, size_bytes, "%s/s", amount);
    } else {
        cli_text_rate(bar->rate, text, size_bytes);
    }
}

void cli_bar_text(const CliBar *bar, size_t columns, char *text, size_t size_bytes)
{
    char elapsed[32], remaining[32] = "?", rate[64], done[32], expected[32], before[256], behind[256];
    cli_text_clock(bar->elapsed_s, elapsed, sizeof elapsed);
    rate_text(bar, rate, sizeof rate);
    amount_text(bar, (double)bar->done, done, sizeof done);
    if (bar->expected == 0) {
        snprintf(text, size_bytes, "%s: %s%s [%s, %s]", bar->label, done,
                 bar->bytes || bar->seconds ? "" : " frames", elapsed, rate);
        return;
    }
    uint64_t total = bar->expected > bar->done ? bar->expected : bar->done;
    if (bar->rate > 0)
        cli_text_clock((double)(total - bar->done) / bar->rate, remaining, sizeof remaining);
    amount_text(bar, (double)total, expected, sizeof expected);
    snprintf(before, sizeof before, "%s: %3.0f%%|", bar->label, 100 * (double)bar->done / (double)total);
    snprintf(behind, sizeof behind, "| %s/%s [%s<%s, %s]", done, expected, elapsed, remaining, rate);
    size_t fixed = cli_text_width(before) + cli_text_width(behind);
    size_t cells = columns > fixed ? columns - fixed : 0;
    char drawn[CLI_BAR_BYTES];
    cli_bar_cells((double)bar->done / (double)total, cells < CLI_BAR_CELLS ? cells : CLI_BAR_CELLS,
                  bar->ascii, drawn, sizeof drawn);
    if (cells == 0) // too narrow for a bar
        snprintf(text, size_bytes, "%.*s%s", (int)strlen(before) - 1, before, behind + 1);
    else
        snprintf(text, size_bytes, "%s%s%s", before, drawn, behind);
}

size_t cli_progress_columns(void)
{
    size_t columns = cli_terminal_columns(stderr);
    if (columns == 0)
        columns = DEFAULT_COLUMNS;
    return columns > 2 * CURSOR_COLUMNS ? columns - CURSOR_COLUMNS : columns;
}

void cli_progress_begin(CliProgress *progress, bool quiet, const char *label, const char *name, bool bytes)
{
    flockfile(stderr);
    *progress = (CliProgress){
        .enabled = !quiet, .terminal = isatty(STDERR_FILENO), .bytes = bytes, .label = label, .name = name};
    progress->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    progress->last_output_s = progress->terminal ? -REDRAW_S : 0;
    if (progress->enabled && name != NULL) {
        char *clean = cli_text_clean(name);
        fprintf(stderr, progress->terminal ? "%s\n" : "%s: begun\n", clean != NULL ? clean : "?");
        free(clean);
    }
    funlockfile(stderr);
}

void cli_progress_begin_once(CliProgress *progress, bool quiet, const char *label, const char *name,
                             bool bytes)
{
    if (progress->label == NULL)
        cli_progress_begin(progress, quiet, label, name, bytes);
}

void cli_progress_switch(CliProgress *progress, const char *label, bool bytes)
{
    flockfile(stderr);
    progress->label = label;
    progress->bytes = bytes;
    progress->begun = false;
    if (progress->terminal)
        progress->last_output_s = -REDRAW_S; // draw at once
    funlockfile(stderr);
}

static void show_text(CliProgress *progress, const char *text)
{
    fprintf(stderr, "\r%s\033[K", text);
    progress->bar_shown = true;
    on_screen = 1;
}

static void draw(CliProgress *progress)
{
    char text[1024];
    size_t columns = cli_progress_columns();
    cli_bar_text(&progress->last, columns, text, sizeof text);
    // A line wider than the terminal would wrap and could not be erased: truncate it.
    if (cli_text_width(text) > columns && columns < sizeof text)
        text[columns] = '\0';
    show_text(progress, text);
}

bool cli_progress_due(const CliProgress *progress, double elapsed_s)
{
    return progress->enabled &&
           elapsed_s - progress->last_output_s >= (progress->terminal ? REDRAW_S : LINE_S);
}

void cli_progress_draw(CliProgress *progress, const char *text, double elapsed_s)
{
    flockfile(stderr);
    progress->last_output_s = elapsed_s;
    show_text(progress, text);
    funlockfile(stderr);
}

static void print_line(CliProgress *progress, const char *what)
{
    const CliBar *bar = &progress->last;
    char done[32], expected[32] = "?", clock[32];
    char *clean = cli_text_clean(progress->name != NULL ? progress->name : progress->label);
    amount_text(bar, (double)bar->done, done, sizeof done);
    if (bar->expected > 0)
        amount_text(bar, (double)bar->expected, expected, sizeof expected);
    cli_text_clock(bar->elapsed_s, clock, sizeof clock);
    fprintf(stderr, "%s: %s%s of %s%s, %s%s\n", clean != NULL ? clean : "?", what, done, expected,
            progress->bytes || progress->seconds ? "" : " frames", clock,
            progress->more != NULL ? progress->more : "");
    free(clean);
}

void cli_progress_report(CliProgress *progress, uint64_t done, uint64_t expected, double elapsed_s)
{
    flockfile(stderr);
    if (!progress->begun) {
        progress->begun = true;
        progress->first_done = done;
        progress->first_elapsed_s = elapsed_s;
    }
    CliBar *bar = &progress->last;
    *bar = (CliBar){.label = progress->label,
                    .done = done,
                    .expected = expected,
                    .elapsed_s = elapsed_s,
                    .bytes = progress->bytes,
                    .seconds = progress->seconds,
                    .ascii = progress->ascii};
    if (done > progress->first_done && elapsed_s > progress->first_elapsed_s)
        bar->rate = (double)(done - progress->first_done) / (elapsed_s - progress->first_elapsed_s);
    else if (elapsed_s > 0 && progress->first_elapsed_s > 0)
        bar->rate = (double)done / elapsed_s;
    if (cli_progress_due(progress, elapsed_s)) {
        progress->last_output_s = elapsed_s;
        if (progress->terminal)
            draw(progress);
        else
            print_line(progress, "");
    }
    funlockfile(stderr);
}

void cli_progress_hide(CliProgress *progress)
{
    flockfile(stderr);
    if (progress->bar_shown)
        fputs("\r\033[K", stderr);
    progress->bar_shown = false;
    on_screen = 0;
    funlockfile(stderr);
}

void cli_progress_end(CliProgress *progress)
{
    flockfile(stderr);
    if (progress->enabled && progress->terminal && progress->begun) {
        draw(progress);
        fputc('\n', stderr);
        on_screen = 0;
    } else if (progress->enabled && !progress->terminal && progress->begun) {
        print_line(progress, "ended, ");
    }
    progress->bar_shown = false;
    progress->enabled = false;
    funlockfile(stderr);
}

double cli_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
