/* SPDX-License-Identifier: MIT */
/* The line on a terminal that shows the progress of indexing: of one video, or of a whole list. */
#include "run_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "text.h"

#define NAME_BYTES 256
#define NAME_LEAST 8     // least number of characters of a truncated name
#define BAR_LEAST 6      // least number of cells that a name leaves for the bar
#define BAR_MIN 3        // a shorter bar shows nothing
#define WIDE_COLUMNS 100 // from this width on there is room to explain what "41x" means

double cli_run_left_s(const CliRunLine *line)
{
    if (line->rate <= 0 || line->expected <= 0)
        return -1;
    return line->expected > line->done ? (line->expected - line->done) / line->rate : 0;
}

static void amount_text(const CliRunLine *line, double amount, char *text, size_t size_bytes)
{
    if (line->reading)
        cli_text_bytes((int64_t)amount, text, size_bytes);
    else
        snprintf(text, size_bytes, "%.0f", amount);
}

static void rate_text(const CliRunLine *line, bool wide, char *text, size_t size_bytes)
{
    char amount[32], times[48] = "";
    if (line->rate <= 0) {
        snprintf(text, size_bytes, line->reading ? "?B/s" : "? frames/s");
        return;
    }
    if (line->reading) {
        cli_text_bytes((int64_t)line->rate, amount, sizeof amount);
        snprintf(text, size_bytes, "%s/s", amount);
        return;
    }
    if (line->realtime > 0)
        snprintf(times, sizeof times, ", %.*fx%s", line->realtime >= 9.95 ? 0 : 1, line->realtime,
                 wide ? " real time" : "");
    cli_text_rate(line->rate, amount, sizeof amount);
    snprintf(text, size_bytes, "%s%s", amount, times);
}

/* Write the text after the bar. */
static void behind_text(const CliRunLine *line, size_t columns, char *text, size_t size_bytes)
{
    char rate[96], done[32], expected[32], elapsed[32], left[32] = "";
    double left_s = cli_run_left_s(line);
    rate_text(line, columns >= WIDE_COLUMNS, rate, sizeof rate);
    if (left_s >= 0)
        cli_text_clock(left_s, left, sizeof left);
    if (line->count != 1 && !line->reading) {
        snprintf(text, size_bytes, " %s%s%s%s", rate, left_s >= 0 ? ", " : "", left,
                 left_s >= 0 ? " left" : "");
        return;
    }
    amount_text(line, line->done, done, sizeof done);
    amount_text(line, line->expected, expected, sizeof expected);
    if (line->count != 1) {
        snprintf(text, size_bytes, " %s/%s, %s", done, expected, rate);
        return;
    }
    cli_text_clock(line->elapsed_s, elapsed, sizeof elapsed);
    if (line->expected <= 0) {
        snprintf(text, size_bytes, " %s%s [%s, %s]", done, line->reading ? "" : " frames", elapsed, rate);
        return;
    }
    snprintf(text, size_bytes, " %s/%s [%s<%s, %s]", done, expected, elapsed, left_s >= 0 ? left : "?", rate);
}

static void place_text(const CliRunLine *line, char *text, size_t size_bytes)
{
    char place[32], count[32];
    cli_text_count(line->place, place, sizeof place);
    cli_text_count(line->count, count, sizeof count);
    text[0] = '\0';
    if (line->count > 1)
        snprintf(text, size_bytes, "Video %s of %s", place, count);
    else if (line->count == 0 && line->place > 0)
        snprintf(text, size_bytes, "Video %s", place);
}

/* Write the last part of the video's name, truncated to so many columns. */
static void name_text(const CliRunLine *line, size_t columns, char *text, size_t size_bytes)
{
    char more[32] = "";
    text[0] = '\0';
    if (line->name == NULL)
        return;
    if (line->more > 0)
        snprintf(more, sizeof more, " +%d", line->more);
    char *clean = cli_text_clean(cli_text_last_part(line->name));
    size_t width = clean != NULL ? cli_text_width(clean) : 0,
           room = columns > strlen(more) ? columns - strlen(more) : 0;
    if (room < NAME_LEAST)
        room = NAME_LEAST;
    // Some characters have two columns: cut more until it fits.
    for (size_t cut = 2; clean != NULL && width > room; cut = 1 + width - room) {
        size_t before = cli_text_characters(clean);
        char *shorter = cli_text_shorten(clean, cut);
        free(clean);
        clean = shorter;
        if (clean == NULL || cli_text_characters(clean) >= before)
            break;
        width = cli_text_width(clean);
    }
    snprintf(text, size_bytes, "%s%s", clean != NULL ? clean : "?", more);
    free(clean);
}

void cli_run_line_text(const CliRunLine *line, size_t columns, char *text, size_t size_bytes)
{
    char place[80], name[NAME_BYTES], behind[288], percent[16] = "", drawn[CLI_BAR_BYTES] = "";
    place_text(line, place, sizeof place);
    behind_text(line, columns, behind, sizeof behind);
    if (line->expected > 0)
        snprintf(percent, sizeof percent, " %3.0f%%",
                 100 * (line->done < line->expected ? line->done / line->expected : 1));
    const char *reading = line->reading ? ": reading" : "";
    const char *comma = place[0] != '\0' && line->name != NULL ? ", " : "";
    size_t fixed = strlen(place) + strlen(comma) + strlen(reading) + strlen(":") + strlen(percent) +
                   strlen("||") + cli_text_width(behind);
    size_t room = columns > fixed + BAR_LEAST ? columns - fixed - BAR_LEAST : 0;
    name_text(line, room, name, sizeof name);
    if (name[0] != '\0' && place[0] != '\0' && fixed - strlen("||") + cli_text_width(name) > columns) {
        name[0] = '\0'; // too narrow even for that
        fixed -= strlen(comma);
        comma = "";
    }
    const char *colon = place[0] != '\0' || name[0] != '\0' ? ":" : "";
    size_t used = fixed + cli_text_width(name);
    size_t cells = columns > used ? columns - used : 0;
    if (percent[0] == '\0' || cells < BAR_MIN) { // too narrow for a bar, or nothing to show in it
        snprintf(text, size_bytes, "%s%s%s%s%s%s%s", place, comma, name, reading, colon, percent, behind);
        return;
    }
    cli_bar_cells(line->done / line->expected, cells < CLI_BAR_CELLS ? cells : CLI_BAR_CELLS, line->ascii,
                  drawn, sizeof drawn);
    snprintf(text, size_bytes, "%s%s%s%s%s%s|%s|%s", place, comma, name, reading, colon, percent, drawn,
             behind);
}

void cli_run_words(const CliRunLine *line, char *text, size_t size_bytes)
{
    char place[80], rate[96], left[32];
    double left_s = cli_run_left_s(line);
    place_text(line, place, sizeof place);
    rate_text(line, true, rate, sizeof rate);
    if (place[0] == 'V')
        place[0] = 'v';
    int length = snprintf(text, size_bytes, "%s%s%s", place, place[0] != '\0' ? ", " : "", rate);
    if (left_s < 0 || length < 0 || (size_t)length >= size_bytes)
        return;
    cli_text_clock(left_s, left, sizeof left);
    snprintf(text + length, size_bytes - (size_t)length, ", %s left%s", left,
             line->count > 1 ? " in all" : "");
}
