/* SPDX-License-Identifier: MIT */
/* From moments to the files of editors and players: timelines, markers, chapters, lists. */
#ifndef REELVEC_TIMELINE_H
#define REELVEC_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/media.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A piece of one video. Its frames, in timelines and in clips: from the one on screen at start_s to the last that begins
 * before end_s. A border within half a millisecond of a frame's own time means that time. */
typedef struct RvMoment {
    const char *video;     /* path or URL */
    const char *name;      /* what editors show, UTF-8; NULL: made from the video and the time */
    double start_s, end_s; /* in the video's time; a frame that begins at the end is not in it */
    double time_s;         /* of the best frame; markers stand there */
    double score;          /* NaN: none */
    uint64_t reserved[4];
} RvMoment;

typedef struct RvMoments {
    RvMoment *items;
    size_t count;
} RvMoments;

/* A format that moments can be written in. Static; may get members at its end. */
typedef struct RvTimelineFormatInfo {
    const char *name;  /* "otio" */
    const char *title; /* one line for people: "OpenTimelineIO (Resolve, Premiere, Kdenlive, Avid)" */
    const char *const
        *endings;    /* of file names, ".otio" first; the last is NULL. Of several formats the one with the
                                   longest ending is meant */
    bool per_source; /* one file per video; else one file for all */
} RvTimelineFormatInfo;

/* What became of the moments. */
typedef struct RvTimelineReport {
    size_t moments_written;
    size_t moments_left_out; /* each is said in the log */
    uint64_t reserved[6];
} RvTimelineReport;

/* Zeroed options are good defaults, but for the format. */
typedef struct RvTimelineOptions {
    const char *format;       /* the name of one of the formats */
    const char *title;        /* of the timeline, UTF-8; NULL: "reelvec" */
    RvRate rate;              /* of the timeline; 0/0: that of most clips' sources */
    double handles_s;         /* each moment begins that much earlier and ends that much later */
    const char *record_start; /* timecode of the timeline's first frame; NULL: "01:00:00:00" */
    RvLog log;                /* RV_LOG_WARNING: what was left out, clamped or rounded */
    RvTimelineReport *report; /* filled in; NULL: not wanted */
    uint64_t reserved[7];
} RvTimelineOptions;

typedef struct RvTextFile {
    char *
        name; /* "" for the first; for others what stands before the ending: "_2", "_holiday" (after the video) */
    char *text; /* followed by a NUL that is not counted */
    size_t size_bytes;
    uint64_t reserved[4];
} RvTextFile;

typedef struct RvTextFiles {
    RvTextFile *items;
    size_t count;
} RvTextFiles;

/* Threads: all functions of this header may be called from any thread at any time. */

/* The text of one file or several, in the given order of the moments. What lies outside of its video is clamped or left
 * out, with a warning in the log; so are moments of videos that cannot be read. The caller clears *out. Errors: ARGUMENT
 * (no such format, no moments, a rate or timecode that cannot be), NOT_FOUND if nothing remains. */
RV_API RvStatus rv_timeline_make(const RvMoment *moments, size_t count, const RvTimelineOptions *options,
                                 RvTextFiles *out, RvError *err);
RV_API void rv_text_files_clear(RvTextFiles *files);

/* Read a list of moments: JSON (objects one after the other, as searches print them, or an array of them) or a table (CSV;
 * the first line names the columns, else they are start, end, name). Words: video (file, path, url, source), name (title,
 * label, query), start (in, from), end (out, to), length (duration), time (at), score. Times are seconds, or h:mm:ss.mmm as
 * text. A moment without length is a single frame and lasts a second; `video` is NULL where the list names none. At most
 * 16 MiB. The caller clears *out. Errors: FORMAT, with the line; MEMORY if the list is too large. */
RV_API RvStatus rv_moments_read(const char *text, size_t size_bytes, RvMoments *out, RvError *err);
RV_API void rv_moments_clear(RvMoments *moments);

/* The formats there are. rv_timeline_format returns NULL if there is no such index. */
RV_API size_t rv_timeline_format_count(void);
RV_API const RvTimelineFormatInfo *rv_timeline_format(size_t index);

/* Read a rate: "25", "29.97", "30000/1001". 23.976, 23.98, 29.97, 59.94 and 119.88 mean the fractions over 1001; another
 * number must be whole. Returns false, and leaves *out alone, if it is none. */
RV_API bool rv_rate_read(const char *text, RvRate *out);

/* The format that a file's name means by its ending, in any case of letters; NULL if none does. */
RV_API const RvTimelineFormatInfo *rv_timeline_format_of_file(const char *file_name);

#ifdef __cplusplus
}
#endif
#endif
