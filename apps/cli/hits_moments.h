/* SPDX-License-Identifier: MIT */
/* The hits of a search as moments for timelines. */
#ifndef RV_CLI_HITS_MOMENTS_H
#define RV_CLI_HITS_MOMENTS_H

#include "reelvec/library.h"
#include "timeline_file.h"

typedef struct HitMoments {
    RvMoment *items; // videos are borrowed from the hits
    char **names;
    size_t count;
} HitMoments;

/* A moment for each hit, named after the query and its rank. A hit that is a single frame lasts up to the next sample of its
 * video; the last one as long as the one before, or a second. The caller clears *out, also after an error. */
RvStatus cli_hits_moments(RvLibrary *library, const RvHits *hits, const char *query, HitMoments *out,
                          RvError *err);
void cli_hits_moments_clear(HitMoments *moments);

/* Write the hits into a file, see cli_timeline_write; the query is its title unless the options have one. Returns the exit
 * status. */
int cli_hits_export(RvLibrary *library, const RvHits *hits, const char *query, const TimelineFile *file,
                    const RvTimelineOptions *options, const CliCommon *common);

#endif
