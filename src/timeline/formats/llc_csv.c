/* SPDX-License-Identifier: MIT */
/* The segments of one video as LosslessCut's CSV. It reads three decimals of a second and drops the others, so
 * times are rounded here; the header must be written exactly so. */
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

static RvStatus write_llc_csv(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "Start,End,Name\n");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_MS);
        rv_list_seconds(out, span.start, LIST_PER_SECOND_MS, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_seconds(out, span.end, LIST_PER_SECOND_MS, err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_csv_field(out, clip->name, err);
        rv_buffer_append(out, "\n", 1, err);
    }
    return out->status;
}

const TimelineFormat rv_format_llc_csv = {
    .info = {.name = "llc-csv",
             .title = "CSV as LosslessCut reads it: Start,End,Name",
             .endings = (const char *const[]){".llc.csv", NULL},
             .per_source = true},
    .times_only = true,
    .write = write_llc_csv,
};
