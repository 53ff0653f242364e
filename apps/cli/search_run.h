/* SPDX-License-Identifier: MIT */
/* One query of `search`, and what is made of its hits. */
#ifndef RV_CLI_SEARCH_RUN_H
#define RV_CLI_SEARCH_RUN_H

#include "clip_run.h"
#include "options.h"
#include "player.h"
#include "reelvec/library.h"
#include "terminal_picture.h"
#include "timeline_file.h"

typedef struct SearchSettings {
    CliCommon common;
    int top, format, fusion, show; // show: CliPictures
    const char *sheet, *video, *player, *clip_folder;
    CliReal min_score, after, before, timeout, pad, within;
    bool moments, exact, ann, explain, partial, no_exif_rotation, play;
    TimelineFile timeline; // its path: --export
    ClipSettings clips;    // handles and force are those of `timeline`
} SearchSettings;

/* What all queries of a run share. */
typedef struct Search {
    const SearchSettings *settings;
    RvLibrary *library;
    RvEncoder *encoder;
    RvSearchOptions options;
    RvTimelineOptions timeline;
    RvTerm *terms;     // of the command line
    size_t part_count; // of their sequence; 1: they are none
    char **storages;   // copies that the terms point to
    size_t term_count;
    CliPlayer player;     // of --play
    CliPictures pictures; // of --show: what the terminal shows
} Search;

/* True if a timeline or a sheet goes to standard output, where no rows may be between. */
bool cli_search_keeps_stdout(const SearchSettings *settings);

/* Check that --sheet may be written, before anything is searched for: not over a picture that is asked with, nor,
 * without --force, over one that reelvec did not write. Prints what is wrong; returns the exit status. */
int cli_search_check_sheet(const Search *search, const RvTerm *terms, size_t term_count);

/* Run one query and write its rows; then its timeline, sheet and clips, and play its best hit, as far as that is asked
 * for. label: repeated in the rows; NULL for a query of the command line or a prompt. Returns the exit status. */
int cli_search_once(const Search *search, const RvTerm *terms, size_t term_count, const char *label);

#endif
