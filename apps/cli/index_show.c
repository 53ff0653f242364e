/* SPDX-License-Identifier: MIT */
/* What a person sees of indexing: progress of the videos that are under way, a line for each that is done. */
#include "index_show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_LABEL "Processing frames"
#define READING_LABEL "Reading file"
#define READING_SHOWN_S 0.3 // a file that is read faster is not worth a bar

/* One bar for all: where there may be several videos, and a terminal. */
static bool together(const CliIndexShow *show)
{
    return show->terminal && show->jobs > 1;
}

bool cli_show_open(CliIndexShow *show, int jobs, bool quiet)
{
    *show = (CliIndexShow){.quiet = quiet, .terminal = isatty(STDERR_FILENO), .jobs = jobs};
    show->videos = calloc((size_t)jobs, sizeof *show->videos);
    show->start_s = cli_clock_s();
    if (together(show))
        cli_progress_begin(&show->bar, quiet, FRAMES_LABEL, NULL, false);
    return show->videos != NULL;
}

static CliProgress *progress_of(CliIndexShow *show, CliShown *video)
{
    return show->terminal ? &show->bar : &video->lines;
}

bool cli_show_begin(CliIndexShow *show, int slot, const char *name)
{
    CliShown *video = &show->videos[slot];
    free(video->name);
    *video = (CliShown){.name = strdup(name)};
    if (video->name == NULL)
        return false;
    show->video_count++;
    if (!together(show))
        cli_progress_begin(progress_of(show, video), show->quiet, FRAMES_LABEL, video->name, false);
    return true;
}

static void note(CliShown *video, const RvIndexProgress *report)
{
    video->reading = report->bytes_expected > 0 && report->elapsed_s >= READING_SHOWN_S;
    video->read_bytes = report->bytes_read;
    video->size_bytes = report->bytes_expected;
    if (report->bytes_expected > 0)
        return;
    if (!video->counting)
        video->first_done = report->frames_done;
    video->counting = true;
    video->done = report->frames_done;
    video->expected = report->frames_expected > video->done ? report->frames_expected : video->done;
}

static void report_one(CliIndexShow *show, CliShown *video, const RvIndexProgress *report, bool was_reading)
{
    CliProgress *progress = progress_of(show, video);
    if (video->reading != was_reading)
        cli_progress_switch(progress, video->reading ? READING_LABEL : FRAMES_LABEL, video->reading);
    if (video->reading)
        cli_progress_report(progress, (uint64_t)report->bytes_read, (uint64_t)report->bytes_expected,
                            report->elapsed_s);
    else if (report->bytes_expected == 0)
        cli_progress_report(progress, report->frames_done, report->frames_expected, report->elapsed_s);
}

/* Frames of this run: of the videos that have ended and of those that are under way; while none of those has
 * got so far, the bytes of the files that are read. */
static void report_together(CliIndexShow *show)
{
    uint64_t done = show->frames_done, expected = show->frames_done, read_bytes = 0, size_bytes = 0;
    bool counting = false;
    for (int slot = 0; slot < show->jobs; slot++) {
        const CliShown *video = &show->videos[slot];
        if (video->counting) {
            done += video->done - video->first_done;
            expected += video->expected - video->first_done;
        }
        if (video->reading) {
            read_bytes += (uint64_t)video->read_bytes;
            size_bytes += (uint64_t)video->size_bytes;
        }
        counting = counting || video->counting;
    }
    bool bytes = !counting && size_bytes > 0;
    snprintf(show->label, sizeof show->label, "%s, %d video%s", bytes ? "Reading files" : FRAMES_LABEL,
             show->video_count, show->video_count == 1 ? "" : "s");
    if (show->video_count == 0)
        snprintf(show->label, sizeof show->label, FRAMES_LABEL);
    if (bytes != show->bar_counts_bytes)
        cli_progress_switch(&show->bar, show->label, bytes);
    show->bar_counts_bytes = bytes;
    show->bar.label = show->label;
    cli_progress_report(&show->bar, bytes ? read_bytes : done, bytes ? size_bytes : expected,
                        cli_clock_s() - show->start_s);
}

void cli_show_report(CliIndexShow *show, const RvIndexProgress *report)
{
    CliShown *video = &show->videos[report->slot];
    bool was_reading = video->reading;
    note(video, report);
    if (together(show))
        report_together(show);
    else
        report_one(show, video, report, was_reading);
}

const char *cli_show_end(CliIndexShow *show, int slot)
{
    CliShown *video = &show->videos[slot];
    show->video_count--;
    if (together(show))
        cli_progress_hide(&show->bar);
    else if (video->reading && show->terminal)
        cli_progress_hide(&show->bar);
    else
        cli_progress_end(progress_of(show, video));
    show->frames_done += video->done - video->first_done;
    video->counting = video->reading = false;
    return video->name;
}

void cli_show_close(CliIndexShow *show)
{
    if (together(show) && show->bar.begun)
        report_together(show);
    if (together(show))
        cli_progress_end(&show->bar);
    for (int slot = 0; show->videos != NULL && slot < show->jobs; slot++)
        free(show->videos[slot].name);
    free(show->videos);
    *show = (CliIndexShow){0};
}

void cli_show_hide(CliIndexShow *show)
{
    if (show->terminal)
        cli_progress_hide(&show->bar);
}

void cli_show_result(const char *name, const RvIndexReport *report)
{
    static const char *const outcomes[] = {[RV_INDEXED] = "complete",
                                           [RV_INDEX_UNCHANGED] = "unchanged",
                                           [RV_INDEX_RENAMED] = "renamed",
                                           [RV_INDEX_DUPLICATE] = "duplicate"};
    char damage[64] = "", similar[96] = "";
    if (report->damaged_packets > 0)
        snprintf(damage, sizeof damage, ", %zu damaged packet%s skipped", report->damaged_packets,
                 report->damaged_packets == 1 ? "" : "s");
    if (report->frames_similar > 0)
        snprintf(similar, sizeof similar, ", %zu similar not embedded (%zu checked: cosine %.4f or more)",
                 report->frames_similar, report->similar_checked, floor(report->similar_cosine * 1e4) / 1e4);
    bool duplicate = report->outcome == RV_INDEX_DUPLICATE && report->same_as != NULL;
    cli_print("%s: %zu frame%s, %zu new (%s%s%s)%s%s", name, report->frame_count,
              report->frame_count == 1 ? "" : "s", report->frames_embedded, outcomes[report->outcome],
              duplicate ? " of " : "", duplicate ? report->same_as : "", similar, damage);
}
