/* SPDX-License-Identifier: MIT */
/* WebVTT (w3.org/TR/webvtt1): subtitles or chapters of one video, in the order of their starts as it demands. */
#include <stdlib.h>
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

static RvStatus write_webvtt(const Timeline *timeline, Buffer *out, RvError *err)
{
    static const char *const escapes[] = {"&amp;", "&lt;", "&gt;"};
    size_t *order = rv_list_order(timeline, err);
    if (order == NULL)
        return RV_ERROR_MEMORY;
    rv_buffer_append_format(out, err, "WEBVTT - %s\n", timeline->title);
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[order[i]];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_MS);
        rv_buffer_append(out, "\n", 1, err);
        rv_list_clock(out, span.start, LIST_PER_SECOND_MS, '.', err);
        rv_buffer_append(out, " --> ", 5, err);
        rv_list_clock(out, span.end, LIST_PER_SECOND_MS, '.', err);
        rv_buffer_append(out, "\n", 1, err);
        rv_list_replace(out, clip->name, "&<>", escapes, err); // leaves no "-->" either
        rv_buffer_append(out, "\n", 1, err);
    }
    free(order);
    return out->status;
}

const TimelineFormat rv_format_webvtt = {
    .info = {.name = "webvtt",
             .title = "WebVTT: subtitles or chapters in browsers and players",
             .endings = (const char *const[]){".vtt", NULL},
             .per_source = true},
    .times_only = true,
    .write = write_webvtt,
};
