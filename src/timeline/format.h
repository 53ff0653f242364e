/* SPDX-License-Identifier: MIT */
/* What a format consists of: one const struct per file of formats/, one line in the table of format_table.c. */
#ifndef RV_TIMELINE_FORMAT_H
#define RV_TIMELINE_FORMAT_H

#include "base/buffer.h"
#include "timeline/timeline_cuts.h"

typedef struct TimelineFormat {
    RvTimelineFormatInfo info;
    // A timeline that exceeds one of these is split into several files, each a whole timeline of its own. 0: no limit.
    size_t max_clips;
    bool within_a_day; // its labels must not pass 24:00:00:00
    int rate_max;      // frames a second; a faster timeline counts every second frame. 0: no limit
    bool whole_rates;  // says rates as whole numbers, perhaps over 1.001: 25/2 is none
    bool times_only;   // has times, and no frames of the timeline, whose rate is of no account then
    bool takes_points; // moments without length are written too; else they are left out
    /* Refuse a source that the format cannot name; its moments are left out. NULL: it names all. Errors: ARGUMENT. */
    RvStatus (*check_source)(const char *path, RvError *err);
    /* Append the text of one file. With info.per_source the timeline has one source. The timeline has at least one clip.
     * Appends keep their failure, so one check at the end is enough. */
    RvStatus (*write)(const Timeline *timeline, Buffer *out, RvError *err);
} TimelineFormat;

/* In the order in which they are listed; the last is NULL. */
extern const TimelineFormat *const rv_timeline_formats[];

extern const TimelineFormat rv_format_otio, rv_format_edl, rv_format_marker_edl, rv_format_fcpxml,
    rv_format_xmeml, rv_format_mlt, rv_format_csv, rv_format_llc, rv_format_llc_csv, rv_format_webvtt,
    rv_format_srt, rv_format_ffmetadata, rv_format_matroska_chapters, rv_format_youtube, rv_format_m3u8,
    rv_format_mpv_edl;

#endif
