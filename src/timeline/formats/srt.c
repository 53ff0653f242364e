/* SPDX-License-Identifier: MIT */
/* SubRip subtitles of one video. The format has no escape: what players take for markup is replaced by
 * characters that look alike. */
#include <stdlib.h>
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

// Tags like <i> and overrides like {\an8} begin so.
static const char markup[] = "<>{}";
static const char *const look_alikes[] = {"\xe2\x80\xb9", "\xe2\x80\xba", "(", ")"}; // U+2039, U+203A

static RvStatus write_srt(const Timeline *timeline, Buffer *out, RvError *err)
{
    size_t *order = rv_list_order(timeline, err);
    if (order == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[order[i]];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_MS);
        rv_buffer_append_format(out, err, "%s%zu\n", i > 0 ? "\n" : "", i + 1);
        rv_list_clock(out, span.start, LIST_PER_SECOND_MS, ',', err);
        rv_buffer_append(out, " --> ", 5, err);
        rv_list_clock(out, span.end, LIST_PER_SECOND_MS, ',', err);
        rv_buffer_append(out, "\n", 1, err);
        rv_list_replace(out, clip->name, markup, look_alikes, err);
        rv_buffer_append(out, "\n", 1, err);
    }
    free(order);
    return out->status;
}

const TimelineFormat rv_format_srt = {
    .info = {.name = "srt",
             .title = "SubRip: subtitles in players and editors; LosslessCut",
             .endings = (const char *const[]){".srt", NULL},
             .per_source = true},
    .times_only = true,
    .write = write_srt,
};
