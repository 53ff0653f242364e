/* SPDX-License-Identifier: MIT */
/* The table of formats, in the order in which they are listed. */
#include "timeline/format.h"

const TimelineFormat *const rv_timeline_formats[] = {
    &rv_format_otio,
    &rv_format_edl,
    &rv_format_fcpxml,
    &rv_format_xmeml,
    &rv_format_mlt,
    &rv_format_marker_edl,
    &rv_format_csv,
    &rv_format_llc,
    &rv_format_llc_csv,
    &rv_format_ffmetadata,
    &rv_format_matroska_chapters,
    &rv_format_youtube,
    &rv_format_webvtt,
    &rv_format_srt,
    &rv_format_m3u8,
    &rv_format_mpv_edl,
    NULL,
};
