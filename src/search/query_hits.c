/* SPDX-License-Identifier: MIT */
/* From the best frames of a query to its hits: order, moments, paths. */
#include "search/query_hits.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void rv_hits_clear(RvHits *hits)
{
    if (hits == NULL)
        return;
    free(hits->items); // the paths lie behind the items
    *hits = (RvHits){0};
}

/* Items, parts and paths in one piece of memory, so that freeing the items frees all. chains [count], or NULL. */
static RvStatus write_hits(const RvVideos *videos, const Moment *moments, const RankedChain *chains,
                           size_t count, RvHits *out, RvError *err)
{
    size_t size_bytes = 0, part_count = chains != NULL ? chains[0].part_count : 0;
    bool fits = rv_mem_multiply(count, sizeof *out->items + part_count * sizeof(RvHitPart), &size_bytes);
    for (size_t i = 0; fits && i < count; i++)
        fits = !__builtin_add_overflow(size_bytes, strlen(videos->items[moments[i].peak.video].path) + 1,
                                       &size_bytes);
    RvHit *hits = rv_mem_alloc(fits ? size_bytes : SIZE_MAX, fits ? 1 : 2, err);
    if (hits == NULL)
        return RV_ERROR_MEMORY;
    RvHitPart *parts = (RvHitPart *)(hits + count);
    char *text = (char *)(parts + count * part_count);
    for (size_t i = 0; i < count; i++) {
        const Candidate *peak = &moments[i].peak;
        const RvVideo *video = &videos->items[peak->video];
        size_t path_bytes = strlen(video->path) + 1;
        memcpy(text, video->path, path_bytes);
        hits[i] = (RvHit){.video_id = video->video_id,
                          .video = text,
                          .frame_number = peak->frame_number,
                          .time_s = peak->time_s,
                          .score = peak->score,
                          .start_s = moments[i].start_s,
                          .end_s = moments[i].end_s,
                          .parts = part_count > 0 ? parts : NULL,
                          .part_count = part_count};
        text += path_bytes;
        for (size_t part = 0; part < part_count; part++) {
            const ChainPart *found = &chains[i].parts[part];
            *parts++ = (RvHitPart){
                .frame_number = found->frame_number, .time_s = found->time_s, .score = found->score};
        }
    }
    *out = (RvHits){hits, count};
    return RV_OK;
}

RvStatus rv_query_hits(const RvVideos *videos, TopK *top, RvHits *out, RvError *err)
{
    rv_topk_sort(top);
    Moment *moments = rv_mem_alloc(top->count, sizeof *moments, err);
    for (size_t i = 0; moments != NULL && i < top->count; i++) {
        const Candidate *frame = &top->items[i];
        moments[i] = (Moment){*frame, frame->time_s, frame->time_s};
    }
    RvStatus status = moments != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK && top->count > 0)
        status = write_hits(videos, moments, NULL, top->count, out, err);
    free(moments);
    return status;
}

RvStatus rv_query_take_moments(MomentFinder *finder, TopK *top, bool *done, RvError *err)
{
    // A frame that comes behind the last one of a full list may come behind others that are not in it.
    bool full = top->count > 0 && top->count == top->limit;
    Candidate last = full ? top->items[0] : (Candidate){0};
    RvStatus status = rv_moments_push_known(finder, top, err);
    rv_topk_sort(top);
    for (size_t i = 0; status == RV_OK && i < top->count && finder->count < finder->options->top; i++) {
        if (full && candidate_before(&last, &top->items[i]))
            break;
        status = rv_moments_add(finder, &top->items[i], err);
    }
    *done = !full || finder->count == finder->options->top;
    return status;
}

RvStatus rv_query_moments(MomentFinder *finder, RvHits *out, RvError *err)
{
    rv_moments_finish(finder);
    return finder->count > 0 ? write_hits(finder->videos, finder->items, NULL, finder->count, out, err)
                             : RV_OK;
}

RvStatus rv_query_chain_hits(const RvVideos *videos, const Moment *moments, const RankedChains *chains,
                             RvHits *out, RvError *err)
{
    return chains->count > 0 ? write_hits(videos, moments, chains->items, chains->count, out, err) : RV_OK;
}
