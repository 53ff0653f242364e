/* SPDX-License-Identifier: MIT */
/* The table of formats. Where two share the ending of their files, the first is what the ending means. */
#include "timeline/format.h"

const TimelineFormat *const rv_timeline_formats[] = {
    &rv_format_otio,       &rv_format_edl, &rv_format_fcpxml, &rv_format_xmeml, &rv_format_mlt,
    &rv_format_marker_edl, NULL,
};
