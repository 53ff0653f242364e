/* SPDX-License-Identifier: MIT */
/* Markers for Resolve ("Timeline Markers from EDL"): for a timeline that has one video from its first frame on. The moments
 * are markers with lengths at their places in the video, counted from the timeline's start. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "timeline/format.h"

#define EVENTS_MAX 999
#define COLOR "ResolveColorBlue"

static int compare_places(const void *left, const void *right)
{
    const TimelineClip *a = *(const TimelineClip *const *)left, *b = *(const TimelineClip *const *)right;
    return a->in != b->in ? (a->in > b->in) - (a->in < b->in) : (a > b) - (a < b);
}

/* '|' separates the parts of the line. */
static void put_name(Buffer *out, const char *name, RvError *err)
{
    for (size_t length; *name != '\0'; name += length + (name[length] == '|')) {
        length = strcspn(name, "|");
        rv_buffer_append(out, name, length, err);
    }
}

/* Markers on the same frame would replace each other, so they become one: all names, the greatest length. Returns the
 * number of clips. */
static size_t put_marker(Buffer *out, const Timeline *timeline, TimelineClip *const *clips, size_t count,
                         size_t number, RvError *err)
{
    RvRate own = timeline->sources[0].media.rate;
    int64_t place = rv_rate_convert(own, clips[0]->in, timeline->rate), length = 1;
    size_t same = 0;
    while (same < count && rv_rate_convert(own, clips[same]->in, timeline->rate) == place) {
        length = clips[same]->record_length > length ? clips[same]->record_length : length;
        same++;
    }
    int64_t start = timeline->record_start + place;
    char labels[2][TIMECODE_SIZE];
    rv_timecode_write(start, timeline->rate, timeline->drop_frame, labels[0]);
    rv_timecode_write(start + 1, timeline->rate, timeline->drop_frame, labels[1]);
    rv_buffer_append_format(out, err, "%03zu  001      V     C        %s %s %s %s\n |C:" COLOR " |M:", number,
                            labels[0], labels[1], labels[0], labels[1]);
    for (size_t i = 0; i < same; i++) {
        if (i > 0)
            rv_buffer_append(out, "; ", 2, err);
        put_name(out, clips[i]->name, err);
    }
    rv_buffer_append_format(out, err, " |D:%lld\n\n", (long long)length);
    return same;
}

static RvStatus write_marker_edl(const Timeline *timeline, Buffer *out, RvError *err)
{
    size_t count = timeline->clip_count;
    TimelineClip **clips = rv_mem_alloc(count, sizeof *clips, err);
    if (clips == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        clips[i] = &timeline->clips[i];
    qsort(clips, count, sizeof *clips, compare_places);
    rv_buffer_append_format(out, err, "TITLE: %s\nFCM: %s\n\n", timeline->sources[0].stem,
                            timeline->drop_frame ? "DROP FRAME" : "NON-DROP FRAME");
    for (size_t i = 0, number = 1; i < count && out->status == RV_OK; number++)
        i += put_marker(out, timeline, clips + i, count - i, number, err);
    free(clips);
    return out->status;
}

static const char *const endings[] = {".markers.edl", NULL};

const TimelineFormat rv_format_marker_edl = {
    .info = {.name = "marker-edl",
             .title = "markers as an EDL for a timeline of one video (Resolve)",
             .endings = endings,
             .per_source = true},
    .max_clips = EVENTS_MAX,
    .rate_max = 60,
    .takes_points = true,
    .whole_rates = true,
    .write = write_marker_edl,
};
