/* SPDX-License-Identifier: MIT */
/* From the best frames of a query to its hits: moments, order, paths. */
#include "search/query_hits.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/moments.h"

void rv_hits_clear(RvHits *hits)
{
    if (hits == NULL)
        return;
    free(hits->items); // the paths lie behind the items
    *hits = (RvHits){0};
}

/* Items and paths in one piece of memory, so that freeing the items frees all. */
static RvStatus write_hits(const RvVideos *videos, const Moment *moments, size_t count, RvHits *out,
                           RvError *err)
{
    size_t size_bytes = 0;
    bool fits = rv_mem_multiply(count, sizeof *out->items, &size_bytes);
    for (size_t i = 0; fits && i < count; i++)
        fits = !__builtin_add_overflow(size_bytes, strlen(videos->items[moments[i].peak.video].path) + 1,
                                       &size_bytes);
    RvHit *hits = rv_mem_alloc(fits ? size_bytes : SIZE_MAX, fits ? 1 : 2, err);
    if (hits == NULL)
        return RV_ERROR_MEMORY;
    char *text = (char *)(hits + count);
    for (size_t i = 0; i < count; i++) {
        const Candidate *peak = &moments[i].peak;
        const RvVideo *video = &videos->items[peak->video];
        size_t path_bytes = strlen(video->path) + 1;
        memcpy(text, video->path, path_bytes);
        hits[i] =
            (RvHit){video->video_id, text, peak->frame_number, peak->time_s, peak->score, moments[i].start_s,
                    moments[i].end_s};
        text += path_bytes;
    }
    *out = (RvHits){hits, count};
    return RV_OK;
}

RvStatus rv_query_hits(Store *store, const RvVideos *videos, const RvSearchOptions *options, TopK *top,
                       RvHits *out, RvError *err)
{
    Moment *moments = rv_mem_alloc(top->count, sizeof *moments, err);
    double *gaps = rv_mem_alloc(videos->count, sizeof *gaps, err);
    RvStatus status = moments != NULL && gaps != NULL ? RV_OK : RV_ERROR_MEMORY;
    size_t count = 0;
    if (status == RV_OK && options->moments) {
        for (size_t i = 0; i < videos->count; i++)
            gaps[i] = options->moment_gap_s > 0 ? options->moment_gap_s
                                                : rv_moments_default_gap(videos->items[i].sampling);
        count = rv_moments_find(top->items, top->count, gaps, moments);
        count = count < options->top ? count : options->top;
        status = rv_moments_lengthen(store, videos, moments, count, err);
    } else if (status == RV_OK) {
        rv_topk_sort(top);
        for (; count < top->count; count++) {
            const Candidate *frame = &top->items[count];
            moments[count] = (Moment){*frame, frame->time_s, frame->time_s};
        }
    }
    if (status == RV_OK && count > 0)
        status = write_hits(videos, moments, count, out, err);
    free(gaps);
    free(moments);
    return status;
}
