/* SPDX-License-Identifier: MIT */
/* The rows of one video by time, with their scores for each part of a sequence, and chains of them by rank. */
#ifndef RV_SEARCH_SEQUENCE_TRACK_H
#define RV_SEARCH_SEQUENCE_TRACK_H

#include "search/sequence.h"

typedef struct TrackRow {
    double time_s;
    int64_t frame_number;
    size_t source; // where the caller has its scores
} TrackRow;

typedef struct SequenceTrack {
    uint32_t video; // its place in the byte order of paths
    TrackRow *rows; // [count], by time, then by frame number
    size_t count, part_count;
    float *scores[RV_SEQUENCE_PARTS_MAX]; // [part_count] of [count]
    double *times_s;                      // [count]
    Sequence sequence;
} SequenceTrack;

/* rows [count] are sorted here, and taken over, also on failure. The caller fills in the scores and calls
 * rv_sequence_track_begin. Clear it also after an error. Errors: MEMORY. */
RvStatus rv_sequence_track_init(SequenceTrack *track, uint32_t video, TrackRow *rows, size_t count,
                                size_t part_count, RvError *err);
RvStatus rv_sequence_track_begin(SequenceTrack *track, double within_s, RvError *err);
void rv_sequence_track_clear(SequenceTrack *track);

typedef struct ChainPart {
    int64_t frame_number;
    double time_s, score;
} ChainPart;

/* A chain among those of all videos. Parts behind its last are 0. */
typedef struct RankedChain {
    double score;
    uint32_t video;
    size_t part_count;
    ChainPart parts[RV_SEQUENCE_PARTS_MAX];
} RankedChain;

RankedChain rv_sequence_track_ranked(const SequenceTrack *track, const Chain *chain);

/* For qsort: the higher score first, then by path, then the earlier first part, then the earlier second part, and so on;
 * of equal times the lower frame number. No two chains of one search are equal. */
int rv_ranked_chain_compare(const void *a, const void *b);

typedef struct RankedChains {
    RankedChain *items;
    size_t count, capacity;
} RankedChains;

RvStatus rv_ranked_chains_add(RankedChains *chains, const RankedChain *chain, RvError *err);
void rv_ranked_chains_clear(RankedChains *chains);

#endif
