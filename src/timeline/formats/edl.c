/* SPDX-License-Identifier: MIT */
/* CMX3600 edit decision lists. One rate for the whole file, labels of eight digits, at most 999 events and 24 hours.
 *
 *     001  AX       AA/V  C        10:00:02:00 10:00:05:12 01:00:00:00 01:00:03:12
 *     (event, reel of 8, tracks of 5, a cut, source in and out, record in and out; each out is the frame behind the last)
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "timeline/format.h"

#define EVENTS_MAX 999
#define REEL "AX      " // a source that is a file and no tape: it is known by its name

/* "B" is video and one channel of sound, "AA/V" video and two. */
static const char *tracks_of(const RvMedia *media)
{
    if (media->audio_count == 0)
        return "V";
    return media->audio_count > 1 || media->audio[0].channels != 1 ? "AA/V" : "B";
}

static void put_event(Buffer *out, const Timeline *timeline, size_t index, RvError *err)
{
    const TimelineClip *clip = &timeline->clips[index];
    const TimelineSource *source = &timeline->sources[clip->source];
    const RvMedia *media = &source->media;
    RvRate rate = timeline->rate;
    bool drop = source->drop_frame && rv_rate_may_drop(rate);
    int64_t in =
                rv_timecode_recount(media->start_frame, media->rate, media->drop_frame, rate) + clip->grid_in,
            start = timeline->record_start + clip->record_in;
    char labels[4][TIMECODE_SIZE];
    rv_timecode_write(in, rate, drop, labels[0]);
    rv_timecode_write(in + clip->record_length, rate, drop, labels[1]);
    rv_timecode_write(start, rate, timeline->drop_frame, labels[2]);
    rv_timecode_write(start + clip->record_length, rate, timeline->drop_frame, labels[3]);
    rv_buffer_append_format(out, err, "%03zu  " REEL " %-5s C        %s %s %s %s\n", index + 1,
                            tracks_of(&source->media), labels[0], labels[1], labels[2], labels[3]);
    rv_buffer_append_format(out, err, "* FROM CLIP NAME: %s\n", source->name);
    rv_buffer_append_format(out, err, "* COMMENT: %s\n\n", clip->name);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* An event names a file without its folder. */
static RvStatus say_equal_names(const Timeline *timeline, RvError *err)
{
    const char **names = rv_mem_alloc(timeline->source_count, sizeof *names, err);
    if (names == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < timeline->source_count; i++)
        names[i] = timeline->sources[i].name;
    qsort(names, timeline->source_count, sizeof *names, compare_names);
    for (size_t i = 1; i < timeline->source_count; i++) {
        if (strcmp(names[i], names[i - 1]) == 0 && (i == 1 || strcmp(names[i], names[i - 2]) != 0))
            rv_log_line(timeline->log, RV_LOG_WARNING,
                        "several videos are called \"%.300s\": an EDL does not say which; other formats do",
                        names[i]);
    }
    free(names);
    return RV_OK;
}

static void say_other_rates(const Timeline *timeline)
{
    size_t count = 0;
    for (size_t i = 0; i < timeline->source_count; i++)
        count += !rv_rate_equal(timeline->sources[i].media.rate, timeline->rate);
    char rate[RATE_TEXT_SIZE];
    rv_rate_write(timeline->rate, rate);
    if (count > 0)
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "an EDL knows one rate: the labels of %zu video%s of another rate count %s frames a second too; "
            "OpenTimelineIO and FCPXML keep each rate",
            count, count == 1 ? "" : "s", rate);
}

static RvStatus write_edl(const Timeline *timeline, Buffer *out, RvError *err)
{
    if (timeline->part == 0) {
        say_other_rates(timeline);
        if (say_equal_names(timeline, err) != RV_OK)
            return RV_ERROR_MEMORY;
    }
    rv_buffer_append_format(out, err, "TITLE: %s\nFCM: %s\n\n", timeline->title,
                            timeline->drop_frame ? "DROP FRAME" : "NON-DROP FRAME");
    for (size_t i = 0; i < timeline->clip_count; i++)
        put_event(out, timeline, i, err);
    return out->status;
}

static const char *const endings[] = {".edl", NULL};

const TimelineFormat rv_format_edl = {
    .info = {.name = "edl",
             .title = "edit decision list, CMX3600 (Resolve, Premiere, Avid)",
             .endings = endings},
    .max_clips = EVENTS_MAX,
    .within_a_day = true,
    .rate_max = 60,
    .whole_rates = true,
    .write = write_edl,
};
