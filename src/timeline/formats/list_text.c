/* SPDX-License-Identifier: MIT */
/* What formats that are lists of times share: an order, times in whole units, times as text. */
#include "timeline/formats/list_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define UNITS_MAX ((int64_t)1 << 62)

int64_t rv_list_units(double seconds, int64_t per_second)
{
    double units = round(seconds * (double)per_second);
    if (!(units > 0)) // not a number neither
        return 0;
    return units < (double)UNITS_MAX ? (int64_t)units : UNITS_MAX;
}

ListSpan rv_list_span(const TimelineClip *clip, int64_t per_second)
{
    ListSpan span = {rv_list_units(clip->start_s, per_second), rv_list_units(clip->end_s, per_second)};
    if (span.end <= span.start)
        span.end = span.start + 1;
    return span;
}

/* ---- order -------------------------------------------------------------------------------------------- */

static int compare_clips(const void *a, const void *b, void *user)
{
    const Timeline *timeline = user;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    const TimelineClip *one = &timeline->clips[left], *other = &timeline->clips[right];
    if (one->start_s != other->start_s)
        return one->start_s < other->start_s ? -1 : 1;
    if (one->end_s != other->end_s)
        return one->end_s < other->end_s ? -1 : 1;
    return (left > right) - (left < right);
}

size_t *rv_list_order(const Timeline *timeline, RvError *err)
{
    size_t *order = rv_mem_alloc(timeline->clip_count, sizeof *order, err);
    if (order == NULL)
        return NULL;
    for (size_t i = 0; i < timeline->clip_count; i++)
        order[i] = i;
    qsort_r(order, timeline->clip_count, sizeof *order, compare_clips, (void *)timeline);
    return order;
}

/* ---- texts -------------------------------------------------------------------------------------------- */

static int decimals_of(int64_t per_second)
{
    int decimals = 0;
    for (; per_second > 1; per_second /= 10)
        decimals++;
    return decimals;
}

RvStatus rv_list_clock(Buffer *out, int64_t units, int64_t per_second, char point, RvError *err)
{
    int64_t seconds = units / per_second;
    return rv_buffer_append_format(out, err, "%02" PRId64 ":%02d:%02d%c%0*" PRId64, seconds / 3600,
                                   (int)(seconds / 60 % 60), (int)(seconds % 60), point,
                                   decimals_of(per_second), units % per_second);
}

RvStatus rv_list_seconds(Buffer *out, int64_t units, int64_t per_second, RvError *err)
{
    int decimals = decimals_of(per_second);
    int64_t rest = units % per_second;
    if (rest == 0)
        return rv_buffer_append_format(out, err, "%" PRId64, units / per_second);
    for (; rest % 10 == 0; rest /= 10)
        decimals--;
    return rv_buffer_append_format(out, err, "%" PRId64 ".%0*" PRId64, units / per_second, decimals, rest);
}

RvStatus rv_list_replace(Buffer *out, const char *text, const char *from, const char *const *to, RvError *err)
{
    while (*text != '\0') {
        size_t length = strcspn(text, from);
        rv_buffer_append(out, text, length, err);
        text += length;
        if (*text == '\0')
            break;
        const char *with = to[strchr(from, *text) - from];
        rv_buffer_append(out, with, strlen(with), err);
        text++;
    }
    return out->status;
}

RvStatus rv_list_csv_field(Buffer *out, const char *text, RvError *err)
{
    static const char *const doubled[] = {"\"\""};
    size_t length = strlen(text);
    bool plain = text[strcspn(text, ",;\t\"\r\n")] == '\0' &&
                 (length == 0 || (text[0] != ' ' && text[length - 1] != ' '));
    if (plain)
        return rv_buffer_append(out, text, length, err);
    rv_buffer_append(out, "\"", 1, err);
    rv_list_replace(out, text, "\"", doubled, err);
    return rv_buffer_append(out, "\"", 1, err);
}

int64_t rv_list_on_clock(const RvMedia *media, int64_t units, int64_t per_second)
{
    double zero = round(media->zero_s * (double)per_second);
    return fabs(zero) < (double)UNITS_MAX / 2 ? units + (int64_t)zero : units;
}

int64_t rv_list_on_positive_clock(const RvMedia *media, int64_t units, int64_t per_second)
{
    int64_t on_clock = rv_list_on_clock(media, units, per_second);
    return on_clock > 0 ? on_clock : 0;
}

bool rv_list_is_container(const RvMedia *media, const char *kind)
{
    size_t length = strlen(kind);
    for (const char *word = media->container; *word != '\0'; word += strspn(word, ",")) {
        size_t bytes = strcspn(word, ",");
        if (bytes == length && memcmp(word, kind, length) == 0)
            return true;
        word += bytes;
    }
    return false;
}

void rv_list_say_key_frames(const Timeline *timeline, const char *player)
{
    size_t count = 0, first = 0;
    for (size_t i = 0; i < timeline->source_count; i++) {
        if (!rv_list_is_container(&timeline->sources[i].media, "mpegts"))
            continue;
        first = count == 0 ? i : first;
        count++;
    }
    if (count > 0)
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "%.600s%s in MPEG-TS: %s goes to the nearest key frame there, so clips may begin elsewhere or "
            "be missing; the same video in MP4 or Matroska has no such limit",
            timeline->sources[first].media.path, count > 1 ? " and others are" : " is", player);
}

const char *rv_list_file_name(const TimelineSource *source)
{
    const char *slash = strrchr(source->media.path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : source->media.path;
}
