/* SPDX-License-Identifier: MIT */
/* The rows of one video by time, with their scores for each part of a sequence, and chains of them by rank. */
#include "search/sequence_track.h"

#include <stdlib.h>

#include "base/mem.h"

static int compare_rows(const void *a, const void *b)
{
    const TrackRow *left = a, *right = b;
    if (left->time_s != right->time_s)
        return left->time_s < right->time_s ? -1 : 1;
    return (left->frame_number > right->frame_number) - (left->frame_number < right->frame_number);
}

/* Rows come by frame number, which is the order of times but for libraries that others made. */
static void sort_rows(TrackRow *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_rows(&rows[i - 1], &rows[i]) > 0) {
            qsort(rows, count, sizeof *rows, compare_rows);
            return;
        }
    }
}

RvStatus rv_sequence_track_init(SequenceTrack *track, uint32_t video, TrackRow *rows, size_t count,
                                size_t part_count, RvError *err)
{
    *track = (SequenceTrack){.video = video, .rows = rows, .count = count, .part_count = part_count};
    sort_rows(rows, count);
    track->times_s = rv_mem_alloc_aligned(count + 1, sizeof *track->times_s, err);
    bool good = track->times_s != NULL;
    for (size_t part = 0; part < part_count && good; part++) {
        track->scores[part] = rv_mem_alloc_aligned(count + 1, sizeof(float), err);
        good = track->scores[part] != NULL;
    }
    for (size_t i = 0; i < count && good; i++)
        track->times_s[i] = rows[i].time_s;
    return good ? RV_OK : RV_ERROR_MEMORY;
}

RvStatus rv_sequence_track_begin(SequenceTrack *track, double within_s, RvError *err)
{
    SequenceRows rows = {.count = track->count,
                         .part_count = track->part_count,
                         .times_s = track->times_s,
                         .within_s = within_s};
    for (size_t part = 0; part < track->part_count; part++)
        rows.scores[part] = track->scores[part];
    return rv_sequence_init(&track->sequence, &rows, err);
}

void rv_sequence_track_clear(SequenceTrack *track)
{
    rv_sequence_clear(&track->sequence);
    for (size_t part = 0; part < RV_SEQUENCE_PARTS_MAX; part++)
        free(track->scores[part]);
    free(track->times_s);
    free(track->rows);
    *track = (SequenceTrack){0};
}

RankedChain rv_sequence_track_ranked(const SequenceTrack *track, const Chain *chain)
{
    RankedChain ranked = {.score = chain->score, .video = track->video, .part_count = track->part_count};
    for (size_t part = 0; part < track->part_count; part++) {
        const TrackRow *row = &track->rows[chain->rows[part]];
        ranked.parts[part] =
            (ChainPart){row->frame_number, row->time_s, track->scores[part][chain->rows[part]]};
    }
    return ranked;
}

int rv_ranked_chain_compare(const void *a, const void *b)
{
    const RankedChain *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    if (left->video != right->video)
        return left->video < right->video ? -1 : 1;
    for (size_t part = 0; part < RV_SEQUENCE_PARTS_MAX; part++) {
        const ChainPart *one = &left->parts[part], *other = &right->parts[part];
        if (one->time_s != other->time_s)
            return one->time_s < other->time_s ? -1 : 1;
        if (one->frame_number != other->frame_number)
            return one->frame_number < other->frame_number ? -1 : 1;
    }
    return 0;
}

RvStatus rv_ranked_chains_add(RankedChains *chains, const RankedChain *chain, RvError *err)
{
    if (chains->count == chains->capacity) {
        RankedChain *items =
            rv_mem_grow(chains->items, &chains->capacity, chains->count + 1, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        chains->items = items;
    }
    chains->items[chains->count++] = *chain;
    return RV_OK;
}

void rv_ranked_chains_clear(RankedChains *chains)
{
    free(chains->items);
    *chains = (RankedChains){0};
}
