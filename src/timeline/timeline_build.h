/* SPDX-License-Identifier: MIT */
/* What the files that make a timeline share: sources and clips of all moments, before they are divided into files. */
#ifndef RV_TIMELINE_TIMELINE_BUILD_H
#define RV_TIMELINE_TIMELINE_BUILD_H

#include "timeline/format.h"
#include "timeline/timeline_cuts.h"

#define TIMELINE_NAME_BYTES_MAX 255

typedef struct TimelineBuild {
    const RvMoment *moments;
    size_t moment_count;
    const RvTimelineOptions *options;
    const TimelineFormat *format;
    TimelineMediaRead read;
    TimelineSource *sources;
    size_t source_count, source_capacity;
    size_t *source_of;   // [moment_count]: index into sources; SIZE_MAX: cannot be read
    TimelineClip *clips; // [clip_count], room for moment_count; record_in and record_length are not set
    size_t clip_count;
} TimelineBuild;

/* Fill sources and source_of. What cannot be read goes to the log. Errors: MEMORY, IO (no current folder). */
RvStatus rv_timeline_find_sources(TimelineBuild *build, RvError *err);

/* Fill clips from the moments. What is left out goes to the log. Errors: MEMORY. */
RvStatus rv_timeline_cut_clips(TimelineBuild *build, RvError *err);

void rv_timeline_build_clear(TimelineBuild *build);

#endif
