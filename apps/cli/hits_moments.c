/* SPDX-License-Identifier: MIT */
/* The hits of a search as moments for timelines. */
#include "hits_moments.h"

#include <stdio.h>
#include <stdlib.h>

#include "message.h"

#define LENGTH_UNKNOWN_S 1.0 // of the only sample of a video

static RvStatus out_of_memory(RvError *err)
{
    return cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

/* ---- single frames ------------------------------------------------------------------------------------ */

/* When the sample at `time_s` gives way to the next one. */
static double end_of(const RvFrames *frames, double time_s)
{
    size_t low = 0, high = frames->count; // the first frame behind time_s
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (frames->items[middle].time_s <= time_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < frames->count)
        return frames->items[low].time_s;
    double gap_s = low > 1 ? frames->items[low - 1].time_s - frames->items[low - 2].time_s : 0;
    return time_s + (gap_s > 0 ? gap_s : LENGTH_UNKNOWN_S);
}

static int compare_videos(const void *a, const void *b, void *user)
{
    const RvHits *hits = user;
    int64_t left = hits->items[*(const size_t *)a].video_id, right = hits->items[*(const size_t *)b].video_id;
    return (left > right) - (left < right);
}

/* Each video's frames are read once. */
static RvStatus lengthen(RvLibrary *library, const RvHits *hits, size_t *order, RvMoment *moments,
                         RvError *err)
{
    RvFrames frames = {0};
    RvStatus status = RV_OK;
    int64_t read_id = 0;
    bool read = false;
    for (size_t i = 0; i < hits->count; i++)
        order[i] = i;
    qsort_r(order, hits->count, sizeof *order, compare_videos, (void *)hits);
    for (size_t i = 0; i < hits->count && status == RV_OK; i++) {
        RvMoment *moment = &moments[order[i]];
        int64_t video_id = hits->items[order[i]].video_id;
        if (moment->end_s > moment->start_s)
            continue;
        if (!read || read_id != video_id) {
            rv_frames_clear(&frames);
            status = rv_library_frames(library, video_id, &frames, err);
            read = true;
            read_id = video_id;
        }
        if (status == RV_OK)
            moment->end_s = end_of(&frames, moment->start_s);
    }
    rv_frames_clear(&frames);
    return status;
}

/* ------------------------------------------------------------------------------------------------------- */

static RvStatus fill(const RvHits *hits, const char *query, HitMoments *out, RvError *err)
{
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        int written = hits->count == 1 ? asprintf(&out->names[i], "%s", query)
                                       : asprintf(&out->names[i], "%s %zu", query, i + 1);
        if (written < 0) {
            out->names[i] = NULL;
            return out_of_memory(err);
        }
        out->items[i] = (RvMoment){.video = hit->video,
                                   .name = out->names[i],
                                   .start_s = hit->start_s,
                                   .end_s = hit->end_s,
                                   .time_s = hit->time_s,
                                   .score = hit->score};
    }
    return RV_OK;
}

RvStatus cli_hits_moments(RvLibrary *library, const RvHits *hits, const char *query, HitMoments *out,
                          RvError *err)
{
    *out = (HitMoments){.items = calloc(hits->count + 1, sizeof *out->items),
                        .names = calloc(hits->count + 1, sizeof *out->names),
                        .count = hits->count};
    size_t *order = calloc(hits->count + 1, sizeof *order);
    RvStatus status = out->items != NULL && out->names != NULL && order != NULL ? RV_OK : out_of_memory(err);
    if (status == RV_OK)
        status = fill(hits, query, out, err);
    if (status == RV_OK)
        status = lengthen(library, hits, order, out->items, err);
    free(order);
    return status;
}

void cli_hits_moments_clear(HitMoments *moments)
{
    for (size_t i = 0; moments->names != NULL && i < moments->count; i++)
        free(moments->names[i]);
    free(moments->names);
    free(moments->items);
    *moments = (HitMoments){0};
}

int cli_hits_export(RvLibrary *library, const RvHits *hits, const char *query, const TimelineFile *file,
                    const RvTimelineOptions *options, const CliCommon *common)
{
    RvTimelineOptions asked = *options;
    HitMoments moments;
    RvError err = {0};
    if (asked.title == NULL)
        asked.title = query;
    asked.log = cli_log(common, NULL);
    int status =
        cli_hits_moments(library, hits, query, &moments, &err) == RV_OK
            ? cli_timeline_write(file, &asked, moments.items, moments.count, common->quiet ? NULL : stderr)
            : cli_fail(&err);
    cli_hits_moments_clear(&moments);
    return status;
}
