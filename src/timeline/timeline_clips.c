/* SPDX-License-Identifier: MIT */
/* Moments to clips: seconds become frames here, once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/moment_frames.h"
#include "timeline/escape.h"
#include "timeline/timeline_build.h"

#define CLAMPED_S 1 // from here on, what is cut off is said

/* What happened to moments, with the first of each kind as an example. */
typedef enum Fault {
    FAULT_NONE,
    FAULT_NO_TIMES,
    FAULT_EMPTY,
    FAULT_OUTSIDE,
    FAULT_CLAMPED,
    FAULT_COUNT
} Fault;

typedef struct Faults {
    size_t count[FAULT_COUNT], first[FAULT_COUNT];
} Faults;

static void write_time(double seconds, char text[32])
{
    int64_t tenths = llround(fmax(-1e12, fmin(seconds, 1e12)) * 10);
    uint64_t size = (uint64_t)llabs(tenths);
    snprintf(text, 32, "%s%llu:%02d:%02d.%d", tenths < 0 ? "-" : "", (unsigned long long)(size / 36000),
             (int)(size / 600 % 60), (int)(size / 10 % 60), (int)(size % 10));
}

static char *copy_clip_name(const RvMoment *moment, const TimelineSource *source, RvError *err)
{
    if (moment->name != NULL && moment->name[0] != '\0')
        return rv_escape_clean(moment->name, TIMELINE_NAME_BYTES_MAX, err);
    char time[32], name[TIMELINE_NAME_BYTES_MAX + 40];
    write_time(fmax(moment->start_s, 0), time);
    snprintf(name, sizeof name, "%s %s", source->stem, time);
    return rv_escape_clean(name, TIMELINE_NAME_BYTES_MAX, err);
}

/* Times are from the first frame on. */
static void set_frames(const RvMedia *media, double from_s, double to_s, TimelineClip *clip)
{
    int64_t in = rv_moment_frame_at(media->rate, from_s), out = rv_moment_frame_behind(media->rate, to_s);
    in = in < media->frame_count ? in : media->frame_count - 1;
    in = in > 0 ? in : 0;
    out = out < media->frame_count ? out : media->frame_count;
    out = out > in ? out : in + 1;
    int64_t mark = rv_moment_frame_at(media->rate, clip->time_s - media->first_frame_s);
    clip->in = in;
    clip->length = out - in;
    clip->mark = mark < in ? in : mark < out ? mark : out - 1;
}

/* The moment with handles, clamped to the source in seconds and in frames. */
static Fault cut(const TimelineBuild *build, const RvMoment *moment, const TimelineSource *source,
                 TimelineClip *clip)
{
    double handles_s = build->options->handles_s;
    if (!isfinite(moment->start_s) || !isfinite(moment->end_s))
        return FAULT_NO_TIMES;
    double length_s = moment->end_s - moment->start_s + 2 * handles_s;
    if (length_s < 0 || (length_s == 0 && !build->format->takes_points))
        return FAULT_EMPTY;
    const RvMedia *media = &source->media;
    double begin_s = media->first_frame_s;
    double end_s = begin_s + rv_rate_seconds(media->rate, media->frame_count);
    // Ends are exclusive: only a moment without length may end where the video begins.
    double from_s = moment->start_s - handles_s, to_s = moment->end_s + handles_s;
    if (from_s >= end_s || to_s < begin_s || (to_s == begin_s && length_s > 0))
        return FAULT_OUTSIDE;
    clip->start_s = fmax(begin_s, from_s);
    clip->end_s = fmin(end_s, to_s);
    double best_s = isfinite(moment->time_s) ? moment->time_s : moment->start_s;
    clip->time_s = fmax(clip->start_s, fmin(best_s, clip->end_s));
    clip->score = moment->score;
    set_frames(media, from_s - begin_s, to_s - begin_s, clip);
    bool clamped = moment->start_s < begin_s - CLAMPED_S || moment->end_s > end_s + CLAMPED_S;
    return clamped ? FAULT_CLAMPED : FAULT_NONE;
}

static void say_faults(const TimelineBuild *build, const Faults *faults)
{
    static const char *const one[FAULT_COUNT] = {
        [FAULT_NO_TIMES] = "has no times and is left out",
        [FAULT_EMPTY] = "has no length and is left out; give it an end, or handles",
        [FAULT_OUTSIDE] = "is outside of its video and is left out",
        [FAULT_CLAMPED] = "reaches beyond its video and is cut to it"};
    static const char *const several[FAULT_COUNT] = {
        [FAULT_NO_TIMES] = "have no times and are left out",
        [FAULT_EMPTY] = "have no length and are left out; give them ends, or handles",
        [FAULT_OUTSIDE] = "are outside of their videos and are left out",
        [FAULT_CLAMPED] = "reach beyond their videos and are cut to them"};
    for (int kind = 1; kind < FAULT_COUNT; kind++) {
        size_t count = faults->count[kind];
        if (count == 0)
            continue;
        const RvMoment *moment = &build->moments[faults->first[kind]];
        char start[32], end[32];
        write_time(isnan(moment->start_s) ? 0 : moment->start_s, start);
        write_time(isnan(moment->end_s) ? 0 : moment->end_s, end);
        if (count == 1)
            rv_log_line(&build->options->log, RV_LOG_WARNING, "%.600s: the moment from %s to %s %s",
                        moment->video, start, end, one[kind]);
        else
            rv_log_line(&build->options->log, RV_LOG_WARNING, "%zu moments %s (first: %.600s, from %s to %s)",
                        count, several[kind], moment->video, start, end);
    }
}

RvStatus rv_timeline_cut_clips(TimelineBuild *build, RvError *err)
{
    Faults faults = {0};
    build->clips = rv_mem_alloc(build->moment_count, sizeof *build->clips, err);
    if (build->clips == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < build->moment_count; i++) {
        if (build->source_of[i] == SIZE_MAX)
            continue;
        TimelineClip clip = {.source = build->source_of[i]};
        const TimelineSource *source = &build->sources[clip.source];
        Fault fault = cut(build, &build->moments[i], source, &clip);
        if (fault != FAULT_NONE && faults.count[fault]++ == 0)
            faults.first[fault] = i;
        if (fault != FAULT_NONE && fault != FAULT_CLAMPED)
            continue;
        clip.name = copy_clip_name(&build->moments[i], source, err);
        if (clip.name == NULL)
            return RV_ERROR_MEMORY;
        build->clips[build->clip_count++] = clip;
    }
    say_faults(build, &faults);
    return RV_OK;
}
