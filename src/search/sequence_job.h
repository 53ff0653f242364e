/* SPDX-License-Identifier: MIT */
/* What a search for a sequence is to look for, and where. */
#ifndef RV_SEARCH_SEQUENCE_JOB_H
#define RV_SEARCH_SEQUENCE_JOB_H

#include "base/threads.h"
#include "reelvec/search.h"
#include "search/search_index.h"
#include "search/video_place.h"

/* Within the caller's snapshot; all borrowed. */
typedef struct SequenceJob {
    SearchIndex *index; // NULL: rows alone
    Store *store;
    ThreadPool *pool;
    const RvSearchOptions *options; // top and within_s are filled in
    const float *vectors;           // float32[part_count, dimensions], aligned
    size_t part_count;
    int dimensions;
    const VideoPlace *places; // [place_count], by id: the videos that are searched
    const int64_t *video_ids; // the same ids
    size_t place_count;
    bool has_filter;           // there may be videos that are not among them
    bool some_videos;          // there are
    bool (*stops)(void *user); // as CodeScan.stops
    void *stops_user;
} SequenceJob;

#endif
