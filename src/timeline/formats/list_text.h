/* SPDX-License-Identifier: MIT */
/* What formats that are lists of times share: an order, times in whole units, times as text. */
#ifndef RV_TIMELINE_LIST_TEXT_H
#define RV_TIMELINE_LIST_TEXT_H

#include "base/buffer.h"
#include "timeline/timeline_cuts.h"

#define LIST_PER_SECOND_MS 1000
#define LIST_PER_SECOND_US 1000000
#define LIST_PER_SECOND_NS 1000000000

/* The chapter in front of the first moment, where a list of chapters must begin with the video. */
#define LIST_BEGINNING "Beginning"

/* The span of a clip in whole units of 1/per_second s. Both ends are the nearest units, so that clips that touch
 * still do; the end is at least one unit behind the start. */
typedef struct ListSpan {
    int64_t start, end;
} ListSpan;
ListSpan rv_list_span(const TimelineClip *clip, int64_t per_second);

/* The nearest whole unit of a time that is not negative; 0 for any other, saturates at 2^62. */
int64_t rv_list_units(double seconds, int64_t per_second);

/* The indices of the clips by start, then end, then place in the timeline. Returns NULL on error (MEMORY). Free with
 * free(). */
size_t *rv_list_order(const Timeline *timeline, RvError *err);

/* Append "01:02:03.250", as many decimals as the units have; `point` stands before them. */
RvStatus rv_list_clock(Buffer *out, int64_t units, int64_t per_second, char point, RvError *err);

/* Append seconds without zeros at the end: "62.5", "62". The same in every locale. */
RvStatus rv_list_seconds(Buffer *out, int64_t units, int64_t per_second, RvError *err);

/* Append the text, with each character of `from` replaced by the UTF-8 text of the same place in `to`. */
RvStatus rv_list_replace(Buffer *out, const char *text, const char *from, const char *const *to,
                         RvError *err);

/* Append a field of a table after RFC 4180, between quotes where it needs them. */
RvStatus rv_list_csv_field(Buffer *out, const char *text, RvError *err);

/* A time of the source in whole units, on the file's own clock. */
int64_t rv_list_on_clock(const RvMedia *media, int64_t units, int64_t per_second);

/* The same for formats that have no time before 0: what lies there is 0. */
int64_t rv_list_on_positive_clock(const RvMedia *media, int64_t units, int64_t per_second);

/* True if the source's container is of this kind, by one of FFmpeg's words: "mp4", "matroska". */
bool rv_list_is_container(const RvMedia *media, const char *kind);

/* Log a warning if there are sources in MPEG-TS, for players that find their place there by key frames alone. */
void rv_list_say_key_frames(const Timeline *timeline, const char *player);

/* The last part of a source's path or URL, as it is. */
const char *rv_list_file_name(const TimelineSource *source);

#endif
