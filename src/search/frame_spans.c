/* SPDX-License-Identifier: MIT */
/* The stored frames of a video in order of time: from when up to when each stands for the video. */
#include "search/frame_spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/moment_frames.h"
#include "base/parse.h"

#define INTERVAL_PREFIX "interval:"
#define MISSING_INTERVALS 1.5 // so far apart a sample is missing between two frames
#define LAST_INTERVALS 2.0    // from the end of the video on, as far as its last frame may be

double rv_sampling_interval(const char *sampling)
{
    double interval_s = 0;
    size_t length = strlen(INTERVAL_PREFIX);
    bool given = strncmp(sampling, INTERVAL_PREFIX, length) == 0 &&
                 rv_parse_double(sampling + length, 0, 1e9, &interval_s);
    return given && interval_s > 0 ? interval_s : 0;
}

void rv_frame_ends(RvFrameScore *frames, size_t count, double interval_s, double duration_s)
{
    double next_s = INFINITY; // of the frames behind: the first at a later time
    for (size_t i = count; i-- > 0;) {
        RvFrameScore *frame = &frames[i];
        if (i + 1 < count && frame[1].time_s > frame->time_s)
            next_s = frame[1].time_s;
        frame->end_s = frame->time_s + (interval_s > 0 ? interval_s : MOMENT_FRAME_S);
        if (isfinite(next_s) && (interval_s == 0 || next_s - frame->time_s <= MISSING_INTERVALS * interval_s))
            frame->end_s = next_s;
        else if (!isfinite(next_s) && duration_s > frame->time_s &&
                 (interval_s == 0 || duration_s - frame->time_s <= LAST_INTERVALS * interval_s))
            frame->end_s = duration_s;
    }
}

static int compare_times(const void *a, const void *b)
{
    const RvFrameScore *left = a, *right = b;
    if (left->time_s != right->time_s)
        return left->time_s < right->time_s ? -1 : 1;
    return (left->frame_number > right->frame_number) - (left->frame_number < right->frame_number);
}

/* As nearly all are: frames come by number. */
static bool is_in_order(const RvFrameScores *frames)
{
    for (size_t i = 1; i < frames->count; i++) {
        if (compare_times(&frames->items[i - 1], &frames->items[i]) > 0)
            return false;
    }
    return true;
}

void rv_frame_spans_order(const RvVideo *video, RvFrameScores *frames)
{
    if (!is_in_order(frames))
        qsort(frames->items, frames->count, sizeof *frames->items, compare_times);
    rv_frame_ends(frames->items, frames->count, rv_sampling_interval(video->sampling),
                  video->state == RV_VIDEO_COMPLETE ? video->duration_s : 0);
}

size_t rv_frame_scores_find(const RvFrameScores *scores, double time_s, int64_t frame_number)
{
    RvFrameScore wanted = {.frame_number = frame_number, .time_s = time_s};
    const RvFrameScore *found =
        scores->count > 0 ? bsearch(&wanted, scores->items, scores->count, sizeof wanted, compare_times)
                          : NULL;
    return found != NULL ? (size_t)(found - scores->items) : scores->count;
}

/* ---- the ends of some frames -------------------------------------------------------------------------- */

/* Without scores. */
static RvStatus read_frames(Store *store, const RvVideo *video, RvFrameScores *out, RvError *err)
{
    RvFrames frames = {0};
    *out = (RvFrameScores){.video_id = video->video_id};
    RvStatus status = rv_store_frames(store, video->video_id, &frames, err);
    if (status == RV_ERROR_NOT_FOUND) // without a snapshot it may have been removed
        status = RV_OK;
    if (status == RV_OK)
        out->items = rv_mem_alloc(frames.count, sizeof *out->items, err);
    if (status == RV_OK && out->items == NULL)
        status = RV_ERROR_MEMORY;
    for (size_t i = 0; status == RV_OK && i < frames.count; i++)
        out->items[out->count++] = (RvFrameScore){.time_s = frames.items[i].time_s};
    if (status == RV_OK)
        rv_frame_spans_order(video, out);
    rv_frames_clear(&frames);
    return status;
}

static int compare_videos(const void *a, const void *b, void *user)
{
    const FrameEnd *frames = user;
    int64_t left = frames[*(const size_t *)a].video->video_id,
            right = frames[*(const size_t *)b].video->video_id;
    return (left > right) - (left < right);
}

RvStatus rv_frame_ends_read(Store *store, FrameEnd *frames, size_t count, RvError *err)
{
    RvFrameScores shown = {0};
    RvStatus status = RV_OK;
    size_t *order = rv_mem_alloc(count, sizeof *order, err);
    if (order == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, compare_videos, frames);
    for (size_t i = 0; i < count; i++) {
        FrameEnd *frame = &frames[order[i]];
        if (i == 0 || frame->video->video_id != shown.video_id) {
            rv_frame_scores_clear(&shown);
            status = read_frames(store, frame->video, &shown, err);
        }
        if (status != RV_OK)
            break;
        size_t at = rv_frame_scores_find(&shown, frame->time_s, 0);
        frame->end_s = at < shown.count ? shown.items[at].end_s : frame->time_s + MOMENT_FRAME_S;
    }
    rv_frame_scores_clear(&shown);
    free(order);
    return status;
}
