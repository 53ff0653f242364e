/* SPDX-License-Identifier: MIT */
/* The hits of a search as moments for timelines and clips. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/moment_frames.h"
#include "library/library_handle.h"
#include "reelvec/timeline.h"
#include "search/frame_spans.h"

static int compare_ids(const void *a, const void *b)
{
    int64_t left = ((const RvVideo *)a)->video_id, right = ((const RvVideo *)b)->video_id;
    return (left > right) - (left < right);
}

/* *wanted [moments->count]: those without length whose video is there, with the place of each in places. */
static size_t find_single_frames(const RvHits *hits, RvVideos *videos, RvMoments *moments, FrameEnd *wanted,
                                 size_t *places)
{
    size_t count = 0;
    qsort(videos->items, videos->count, sizeof *videos->items, compare_ids);
    for (size_t i = 0; i < moments->count; i++) {
        RvMoment *moment = &moments->items[i];
        if (moment->end_s > moment->start_s)
            continue;
        RvVideo id = {.video_id = hits->items[i].video_id};
        const RvVideo *video = bsearch(&id, videos->items, videos->count, sizeof id, compare_ids);
        moment->end_s = moment->start_s + MOMENT_FRAME_S;
        if (video == NULL)
            continue;
        wanted[count] = (FrameEnd){.video = video, .time_s = moment->start_s};
        places[count++] = i;
    }
    return count;
}

static RvStatus lengthen(Store *store, const RvHits *hits, RvMoments *moments, RvError *err)
{
    RvVideos videos = {0};
    FrameEnd *wanted = rv_mem_alloc(moments->count, sizeof *wanted, err);
    size_t *places = rv_mem_alloc(moments->count, sizeof *places, err);
    RvStatus status =
        wanted != NULL && places != NULL ? rv_store_list_paths(store, &videos, err) : RV_ERROR_MEMORY;
    size_t count = status == RV_OK ? find_single_frames(hits, &videos, moments, wanted, places) : 0;
    if (count > 0)
        status = rv_frame_ends_read(store, wanted, count, err);
    for (size_t i = 0; status == RV_OK && i < count; i++)
        moments->items[places[i]].end_s = wanted[i].end_s;
    rv_videos_clear(&videos);
    free(places);
    free(wanted);
    return status;
}

static RvStatus fill(const RvHits *hits, const char *name, RvMoments *out, RvError *err)
{
    out->items = rv_mem_alloc(hits->count, sizeof *out->items, err);
    if (out->items == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        RvMoment *moment = &out->items[out->count++];
        char *own = NULL;
        *moment = (RvMoment){.video = rv_mem_copy_string(hit->video, err),
                             .start_s = hit->start_s,
                             .end_s = hit->end_s,
                             .time_s = hit->time_s,
                             .score = hit->score};
        if (moment->video == NULL)
            return RV_ERROR_MEMORY;
        if (name == NULL)
            continue;
        int written = hits->count == 1 ? asprintf(&own, "%s", name) : asprintf(&own, "%s %zu", name, i + 1);
        if (written < 0)
            return rv_error_memory(err, sizeof *moment);
        moment->name = own;
    }
    return RV_OK;
}

RvStatus rv_library_moments(RvLibrary *library, const RvHits *hits, const char *name, RvMoments *out,
                            RvError *err)
{
    bool single = false;
    *out = (RvMoments){0};
    RvStatus status = fill(hits, name, out, err);
    for (size_t i = 0; i < out->count; i++)
        single |= !(out->items[i].end_s > out->items[i].start_s);
    if (status == RV_OK && single)
        status = leave(library, lengthen(enter(library), hits, out, err));
    if (status != RV_OK)
        rv_moments_clear(out);
    return status;
}
