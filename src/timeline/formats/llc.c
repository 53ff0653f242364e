/* SPDX-License-Identifier: MIT */
/* A project of LosslessCut, version 2: the segments of one video. LosslessCut looks for the video beside the
 * project, by its name alone. */
#include "timeline/escape.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

static RvStatus write_llc(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "{\n  \"version\": 2,\n  \"mediaFileName\": ");
    rv_escape_json(out, rv_list_file_name(&timeline->sources[0]), err);
    rv_buffer_append_format(out, err, ",\n  \"cutSegments\": [");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_US);
        rv_buffer_append_format(out, err, "%s\n    {\n      \"start\": ", i > 0 ? "," : "");
        rv_list_seconds(out, span.start, LIST_PER_SECOND_US, err);
        rv_buffer_append_format(out, err, ",\n      \"end\": ");
        rv_list_seconds(out, span.end, LIST_PER_SECOND_US, err);
        rv_buffer_append_format(out, err, ",\n      \"name\": ");
        rv_escape_json(out, clip->name, err);
        rv_buffer_append_format(out, err, "\n    }");
    }
    return rv_buffer_append_format(out, err, "\n  ]\n}\n");
}

const TimelineFormat rv_format_llc = {
    .info = {.name = "llc",
             .title = "LosslessCut project, to be kept beside the video",
             .endings = (const char *const[]){".llc", NULL},
             .per_source = true},
    .times_only = true,
    .write = write_llc,
};
