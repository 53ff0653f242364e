/* SPDX-License-Identifier: MIT */
/* A list of cuts in whole frames, as all formats write it. */
#ifndef RV_TIMELINE_TIMELINE_CUTS_H
#define RV_TIMELINE_TIMELINE_CUTS_H

#include "base/timecode.h"
#include "reelvec/log.h"
#include "reelvec/timeline.h"

/* A video of the timeline. */
typedef struct TimelineSource {
    RvMedia media;
    bool drop_frame; // of the labels of its frames
    char *name;      // last part of its path, valid UTF-8 without control characters: "holiday.mp4"
    char *stem;      // the same without its ending
    char *url; // "file:///..." with every byte but letters, digits and -_.~/ as %XX; the address of a URL
} TimelineSource;

/*      source    |....[=========)........|      in, in + length: frames of the source, counted from 0
 *                      \        \
 *      timeline  |......[========)......|       record_in, record_in + record_length: frames of the timeline, from 0
 *
 * A moment becomes frames once: from the frame on screen at its start to the last one that begins before its end
 * (base/moment_frames.h); at least 1. All other ends are sums and never rounded on their own. A label is that of the first
 * frame (media.start_frame, record_start) and the position. */
typedef struct TimelineClip {
    size_t source;
    char *name; // valid UTF-8 without control characters, not empty
    // exact and clamped to the source, with handles; best frame; NaN without score
    double start_s, end_s, time_s, score;
    int64_t in, length;
    int64_t mark; // the best frame, in <= mark < in + length
    int64_t record_in, record_length;
    int64_t
        grid_in; // `in` in frames of the timeline, for formats that count so; grid_in + record_length is in the source
} TimelineClip;

typedef struct Timeline {
    char *title; // valid UTF-8 without control characters, not empty
    RvRate rate;
    bool drop_frame;
    int64_t record_start; // number of the label of the timeline's first frame
    int64_t length;       // frames
    int width, height;    // of the largest source as displayed
    TimelineSource *sources;
    size_t source_count;
    TimelineClip *clips;
    size_t clip_count;
    size_t part; // which of the files of a timeline that was split this is, from 0; all have the same sources
    const RvLog *log; // for what a format cannot say; never NULL
} Timeline;

/* Reads the facts of a source: rv_media_read, or of tests. */
typedef RvStatus (*TimelineMediaRead)(const char *path_or_url, RvMedia *out, RvError *err);

/* rv_timeline_make with another reader of facts. */
RvStatus rv_timeline_make_with(const RvMoment *moments, size_t count, const RvTimelineOptions *options,
                               TimelineMediaRead read, RvTextFiles *out, RvError *err);

#endif
