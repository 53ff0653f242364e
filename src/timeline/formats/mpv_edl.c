/* SPDX-License-Identifier: MIT */
/* mpv's EDL, version 0 (DOCS/edl-mpv.rst of mpv): the clips as one video with a chapter each. */
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

/* A value of any bytes: its length stands before it. */
static void write_value(Buffer *out, const char *value, RvError *err)
{
    rv_buffer_append_format(out, err, "%%%zu%%%s", strlen(value), value);
}

/* A file's own clock may begin below 0. */
static void write_seconds(Buffer *out, int64_t units, RvError *err)
{
    if (units < 0)
        rv_buffer_append(out, "-", 1, err);
    rv_list_seconds(out, units < 0 ? -units : units, LIST_PER_SECOND_US, err);
}

/* Starts count on the files' own clocks, not from their beginnings. */
static RvStatus write_mpv_edl(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_list_say_key_frames(timeline, "mpv");
    rv_buffer_append_format(out, err, "# mpv EDL v0\n");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        const RvMedia *media = &timeline->sources[clip->source].media;
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_US);
        write_value(out, media->path, err);
        rv_buffer_append(out, ",", 1, err);
        write_seconds(out, rv_list_on_clock(media, span.start, LIST_PER_SECOND_US), err);
        rv_buffer_append(out, ",", 1, err);
        rv_list_seconds(out, span.end - span.start, LIST_PER_SECOND_US, err);
        rv_buffer_append(out, ",title=", 7, err);
        write_value(out, clip->name, err);
        rv_buffer_append(out, "\n", 1, err);
    }
    return out->status;
}

const TimelineFormat rv_format_mpv_edl = {
    .info = {.name = "mpv-edl",
             .title = "mpv: the clips as one video with chapters",
             .endings = (const char *const[]){".mpv.edl", NULL}},
    .times_only = true,
    .write = write_mpv_edl,
};
