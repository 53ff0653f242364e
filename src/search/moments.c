/* SPDX-License-Identifier: MIT */
/* Neighbouring frames of one video into moments. */
#include "search/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

#define GAP_INTERVALS 2.5
#define GAP_OTHER_S 5.0
#define LENGTH_UNKNOWN_S 1.0 // of a last frame if the duration is not known
#define INTERVAL_PREFIX "interval:"

double rv_moments_interval(const char *sampling)
{
    double interval_s = 0;
    size_t length = strlen(INTERVAL_PREFIX);
    bool given = strncmp(sampling, INTERVAL_PREFIX, length) == 0 &&
                 rv_parse_double(sampling + length, 0, 1e9, &interval_s);
    return given && interval_s > 0 ? interval_s : 0;
}

double rv_moments_default_gap(const char *sampling)
{
    double interval_s = rv_moments_interval(sampling);
    return interval_s > 0 ? GAP_INTERVALS * interval_s : GAP_OTHER_S;
}

static int compare_places(const void *a, const void *b)
{
    const Candidate *left = a, *right = b;
    if (left->video != right->video)
        return left->video < right->video ? -1 : 1;
    return (left->frame_number > right->frame_number) - (left->frame_number < right->frame_number);
}

static int compare_peaks(const void *a, const void *b)
{
    return rv_candidate_compare(&((const Moment *)a)->peak, &((const Moment *)b)->peak);
}

size_t rv_moments_find(Candidate *candidates, size_t candidate_count, const double *gap_s, Moment *moments)
{
    if (candidate_count > 1)
        qsort(candidates, candidate_count, sizeof *candidates, compare_places);
    size_t count = 0;
    for (size_t i = 0; i < candidate_count; i++) {
        const Candidate *frame = &candidates[i];
        Moment *open = count > 0 ? &moments[count - 1] : NULL;
        if (open == NULL || open->peak.video != frame->video ||
            fabs(frame->time_s - candidates[i - 1].time_s) > gap_s[frame->video]) {
            moments[count++] = (Moment){*frame, frame->time_s, frame->time_s};
            continue;
        }
        open->start_s = fmin(open->start_s, frame->time_s);
        open->end_s = fmax(open->end_s, frame->time_s);
        if (candidate_before(frame, &open->peak))
            open->peak = *frame;
    }
    if (count > 1)
        qsort(moments, count, sizeof *moments, compare_peaks);
    return count;
}

static int compare_videos(const void *a, const void *b)
{
    const Moment *left = *(const Moment *const *)a, *right = *(const Moment *const *)b;
    return (left->peak.video > right->peak.video) - (left->peak.video < right->peak.video);
}

/* The time at which the frame at `time_s` gives way. next_s: of the sample behind it, 0 where there is none.
 */
static double end_of(double time_s, double next_s, double duration_s)
{
    double end_s = next_s;
    if (next_s <= time_s || (duration_s > time_s && next_s > duration_s))
        end_s = duration_s;
    return end_s > time_s ? end_s : time_s + LENGTH_UNKNOWN_S;
}

static double next_frame(const RvFrames *frames, double time_s)
{
    double next_s = 0;
    for (size_t i = 0; i < frames->count; i++) {
        double frame_s = frames->items[i].time_s;
        if (frame_s > time_s && (next_s == 0 || frame_s < next_s))
            next_s = frame_s;
    }
    return next_s;
}

RvStatus rv_moments_lengthen(Store *store, const RvVideos *videos, Moment *moments, size_t count,
                             RvError *err)
{
    Moment **by_video = rv_mem_alloc(count + 1, sizeof(Moment *), err);
    if (by_video == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        by_video[i] = &moments[i];
    if (count > 1)
        qsort(by_video, count, sizeof(Moment *), compare_videos);
    RvFrames frames = {0};
    RvStatus status = RV_OK;
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        Moment *moment = by_video[i];
        const RvVideo *video = &videos->items[moment->peak.video];
        double interval_s = rv_moments_interval(video->sampling);
        bool same = i > 0 && by_video[i - 1]->peak.video == moment->peak.video;
        if (interval_s == 0 && !same) {
            rv_frames_clear(&frames);
            status = rv_store_frames(store, video->video_id, &frames, err);
        }
        if (status == RV_OK)
            moment->end_s =
                end_of(moment->end_s,
                       interval_s > 0 ? moment->end_s + interval_s : next_frame(&frames, moment->end_s),
                       video->duration_s);
    }
    rv_frames_clear(&frames);
    free(by_video);
    return status;
}
