/* SPDX-License-Identifier: MIT */
/* What a person sees of indexing: the progress of the whole, and a line for each finished video.
 *
 * The amount of work is known only for videos that are open: their containers tell the duration. The others
 * are assumed to have as many frames per byte as the videos opened so far (URLs, whose size is unknown: as
 * many frames as the average video). The total is therefore an estimate that improves while videos are
 * opened. */
#include "index_show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

#define READING_SHOWN_S 0.3    // reading that takes less time is not shown as a bar
#define READING_PRINTED_S 10.0 // reading that takes less time is not printed as a line
#define LABEL "Processing frames"

bool cli_show_open(CliIndexShow *show, int jobs, bool quiet)
{
    *show = (CliIndexShow){.quiet = quiet, .terminal = isatty(STDERR_FILENO), .jobs = jobs};
    show->videos = calloc((size_t)jobs, sizeof *show->videos);
    show->start_s = cli_clock_s();
    if (show->terminal)
        cli_progress_begin(&show->bar, quiet, LABEL, NULL, false);
    return show->videos != NULL;
}

static void await(CliIndexShow *show, const CliListed *video, double sign)
{
    if (!video->awaited)
        return;
    show->waiting_bytes += sign * (double)video->size_bytes;
    show->waiting_urls += sign * (video->size_bytes == 0);
}

void cli_show_await(CliIndexShow *show, const CliListed *video)
{
    show->list_count++;
    await(show, video, 1);
}

bool cli_show_begin(CliIndexShow *show, int slot, const CliListed *video)
{
    CliShown *shown = &show->videos[slot];
    size_t size_bytes = strlen(video->path) + 1;
    free(shown->name);
    *shown = (CliShown){.name = malloc(size_bytes), .listed = *video};
    if (shown->name == NULL)
        return false;
    rv_source_show(video->path, shown->name, size_bytes);
    show->video_count++;
    if (video->place > show->newest_place)
        show->newest_place = video->place;
    return true;
}

/* ---- sums --------------------------------------------------------------------------------------------- */

/* A video whose frames are counted is no longer an estimate. */
static void note(CliIndexShow *show, CliShown *video, const RvIndexProgress *report)
{
    video->reading = report->stage == RV_INDEX_READING && report->elapsed_s >= READING_SHOWN_S;
    video->read_bytes = report->bytes_read;
    if (report->stage != RV_INDEX_DECODING)
        return;
    if (!video->counting) {
        video->first_done = report->frames_done;
        await(show, &video->listed, -1);
    }
    video->counting = true;
    video->done = report->frames_done;
    video->video_s = report->video_s;
    video->expected = report->frames_expected > video->done ? report->frames_expected : video->done;
    if (show->work_s == 0)
        show->work_s = cli_clock_s();
}

/* Sum the frames of the run: of videos that have ended, that are running, and that are still to come. */
static void sum_frames(const CliIndexShow *show, CliRunLine *line)
{
    CliSeen seen = show->seen;
    double left = 0, video_s = show->video_s;
    line->done = show->frames_done;
    for (int slot = 0; slot < show->jobs; slot++) {
        const CliShown *video = &show->videos[slot];
        if (!video->counting)
            continue;
        line->done += (double)(video->done - video->first_done);
        left += (double)(video->expected - video->done);
        seen.frames += (double)video->expected;
        seen.bytes += (double)video->listed.size_bytes;
        seen.videos++;
        video_s += video->video_s;
    }
    bool judged = !show->open_end && (show->waiting_bytes < 1 || seen.bytes > 0) &&
                  (show->waiting_urls < 1 || seen.videos > 0);
    if (show->waiting_bytes >= 1 && seen.bytes > 0)
        left += show->waiting_bytes * seen.frames / seen.bytes;
    if (show->waiting_urls >= 1 && seen.videos > 0)
        left += show->waiting_urls * seen.frames / seen.videos;
    line->expected = judged ? line->done + left : 0;
    double worked_s = show->work_s > 0 ? cli_clock_s() - show->work_s : 0;
    if (worked_s > 0) {
        line->rate = line->done / worked_s;
        line->realtime = video_s / worked_s;
    }
}

static void sum_bytes(const CliIndexShow *show, CliRunLine *line)
{
    for (int slot = 0; slot < show->jobs; slot++) {
        const CliShown *video = &show->videos[slot];
        line->done += video->reading ? (double)video->read_bytes : 0;
        line->expected += video->reading ? (double)video->listed.size_bytes : 0;
    }
    if (line->elapsed_s > 0)
        line->rate = line->done / line->elapsed_s;
}

/* elapsed_s: time of the reported video; used if it is the only one. */
static CliRunLine line_of(const CliIndexShow *show, double elapsed_s)
{
    CliRunLine line = {.place = show->newest_place,
                       .count = show->list_count,
                       .elapsed_s = elapsed_s,
                       .ascii = show->bar.ascii};
    bool counting = false, reading = false;
    for (int slot = 0; slot < show->jobs; slot++) {
        counting = counting || show->videos[slot].counting;
        reading = reading || show->videos[slot].reading;
    }
    line.reading = reading && !counting;
    for (int slot = 0; slot < show->jobs; slot++) {
        const CliShown *video = &show->videos[slot];
        if (line.reading ? !video->reading : !video->counting)
            continue;
        line.more += line.name != NULL;
        line.name = line.name != NULL ? line.name : video->name;
    }
    if (line.reading)
        sum_bytes(show, &line);
    else
        sum_frames(show, &line);
    return line;
}

/* ---- telling ------------------------------------------------------------------------------------------ */

static void draw(CliIndexShow *show, double elapsed_s)
{
    double now_s = cli_clock_s() - show->start_s;
    if (cli_interrupted()) { // text after its message would look like the end
        cli_progress_hide(&show->bar);
        return;
    }
    if (!cli_progress_due(&show->bar, now_s))
        return;
    char text[1024];
    size_t columns = cli_progress_columns();
    CliRunLine line = line_of(show, elapsed_s);
    if (line.name == NULL)
        return;
    cli_run_line_text(&line, columns, text, sizeof text);
    // A line wider than the terminal would wrap and could not be erased: truncate it.
    if (cli_text_width(text) > columns && columns < sizeof text)
        text[columns] = '\0';
    cli_progress_draw(&show->bar, text, now_s);
}

/* Without a terminal: print lines of each video, followed by the progress of all. */
static void print_lines(CliIndexShow *show, CliShown *video, const RvIndexProgress *report)
{
    bool reading = report->stage == RV_INDEX_READING;
    if (!video->counting && (!reading || report->elapsed_s < READING_PRINTED_S))
        return;
    if (!video->begin_printed)
        cli_progress_begin(&video->lines, show->quiet, LABEL, video->name, reading);
    else if (video->lines.bytes != reading)
        cli_progress_switch(&video->lines, LABEL, reading);
    video->begin_printed = true;
    show->more[0] = '\0';
    if (show->list_count != 1 && !reading && cli_progress_due(&video->lines, report->elapsed_s)) {
        CliRunLine line = line_of(show, report->elapsed_s);
        show->more[0] = ';';
        show->more[1] = ' ';
        cli_run_words(&line, show->more + 2, sizeof show->more - 2);
    }
    video->lines.more = show->more;
    if (reading)
        cli_progress_report(&video->lines, (uint64_t)report->bytes_read, (uint64_t)report->bytes_expected,
                            report->elapsed_s);
    else
        cli_progress_report(&video->lines, report->frames_done, report->frames_expected, report->elapsed_s);
    video->lines.more = NULL;
}

void cli_show_report(CliIndexShow *show, const RvIndexProgress *report)
{
    CliShown *video = &show->videos[report->slot];
    note(show, video, report);
    if (show->terminal)
        draw(show, report->elapsed_s);
    else
        print_lines(show, video, report);
}

const char *cli_show_end(CliIndexShow *show, int slot)
{
    CliShown *video = &show->videos[slot];
    show->video_count--;
    if (show->terminal)
        cli_progress_hide(&show->bar);
    else if (video->counting)
        cli_progress_end(&video->lines);
    if (video->counting) {
        show->frames_done += (double)(video->done - video->first_done);
        show->video_s += video->video_s;
        show->seen.frames += (double)video->done;
        show->seen.bytes += (double)video->listed.size_bytes;
        show->seen.videos++;
    } else {
        await(show, &video->listed, -1);
    }
    video->counting = video->reading = false;
    return video->name;
}

void cli_show_close(CliIndexShow *show)
{
    if (show->terminal)
        cli_progress_hide(&show->bar);
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

void cli_show_speed(const CliIndexShow *show, char *text, size_t size_bytes)
{
    char frames[32], clock[32], words[128];
    CliRunLine line = {0};
    text[0] = '\0';
    sum_frames(show, &line);
    if (line.done < 1)
        return;
    line.expected = 0; // nothing is left
    cli_text_count((size_t)line.done, frames, sizeof frames);
    cli_text_clock(cli_clock_s() - show->start_s, clock, sizeof clock);
    cli_run_words(&line, words, sizeof words);
    snprintf(text, size_bytes, "%s frame%s in %s, %s", frames, line.done < 2 ? "" : "s", clock, words);
}
