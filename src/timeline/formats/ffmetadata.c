/* SPDX-License-Identifier: MIT */
/* Chapters of one video as FFmpeg reads them (ffmpeg.org/ffmpeg-formats.html, Metadata). Files with chapters,
 * MP4 above all, know one chapter at a time: one that overlaps the next ends where that begins, and those that
 * begin together are one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

/* FFmpeg takes any backslash at the end of a line for an escape of the line's end, so a blank stands behind it. */
static void write_value(Buffer *out, const char *key, const char *value, RvError *err)
{
    static const char *const escapes[] = {"\\=", "\\;", "\\#", "\\\\"};
    size_t length = strlen(value);
    rv_buffer_append_format(out, err, "%s=", key);
    rv_list_replace(out, value, "=;#\\", escapes, err);
    if (length > 0 && value[length - 1] == '\\')
        rv_buffer_append(out, " ", 1, err);
    rv_buffer_append(out, "\n", 1, err);
}

static void write_chapter(Buffer *out, ListSpan span, const char *title, RvError *err)
{
    rv_buffer_append_format(out, err, "[CHAPTER]\nTIMEBASE=1/%d\nSTART=%" PRId64 "\nEND=%" PRId64 "\n",
                            LIST_PER_SECOND_US, span.start, span.end);
    write_value(out, "title", title, err);
}

/* The chapters that begin with order[from], at the same time: their names as one. Returns how many they are;
 * *end becomes that of the last one to end. */
static size_t write_title(const Timeline *timeline, const size_t *order, size_t from, Buffer *names,
                          int64_t *end, RvError *err)
{
    ListSpan first = rv_list_span(&timeline->clips[order[from]], LIST_PER_SECOND_US);
    size_t count = 0;
    rv_buffer_reset(names);
    for (; from + count < timeline->clip_count; count++) {
        const TimelineClip *clip = &timeline->clips[order[from + count]];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_US);
        if (span.start != first.start)
            break;
        rv_buffer_append_format(names, err, "%s%s", count > 0 ? " / " : "", clip->name);
        *end = span.end;
    }
    return count;
}

static void write_chapters(const Timeline *timeline, const size_t *order, Buffer *out, Buffer *names,
                           RvError *err)
{
    size_t cut_count = 0, joined_count = 0;
    for (size_t i = 0; i < timeline->clip_count;) {
        ListSpan span = rv_list_span(&timeline->clips[order[i]], LIST_PER_SECOND_US);
        size_t count = write_title(timeline, order, i, names, &span.end, err);
        if (names->status != RV_OK)
            return;
        if (i == 0 && span.start > 0)
            write_chapter(out, (ListSpan){0, span.start}, LIST_BEGINNING, err);
        i += count;
        joined_count += count - 1;
        if (i < timeline->clip_count) {
            ListSpan next = rv_list_span(&timeline->clips[order[i]], LIST_PER_SECOND_US);
            cut_count += next.start < span.end;
            span.end = next.start < span.end ? next.start : span.end;
        }
        write_chapter(out, span, (const char *)names->bytes, err);
    }
    const char *video = timeline->sources[0].name;
    if (joined_count > 0)
        rv_log_line(timeline->log, RV_LOG_WARNING,
                    "%s: %zu of %zu moments %s the same start as another; they are one chapter", video,
                    joined_count, timeline->clip_count, joined_count == 1 ? "has" : "have");
    if (cut_count > 0)
        rv_log_line(timeline->log, RV_LOG_WARNING,
                    "%s: %zu chapter%s where the next one begins, because they overlap", video, cut_count,
                    cut_count == 1 ? " ends" : "s end");
}

static RvStatus write_ffmetadata(const Timeline *timeline, Buffer *out, RvError *err)
{
    Buffer names;
    size_t *order = rv_list_order(timeline, err);
    if (order == NULL)
        return RV_ERROR_MEMORY;
    rv_buffer_init(&names, out->max_bytes);
    rv_buffer_append_format(out, err, ";FFMETADATA1\n");
    write_value(out, "title", timeline->title, err);
    write_chapters(timeline, order, out, &names, err);
    RvStatus status = names.status != RV_OK ? names.status : out->status;
    rv_buffer_clear(&names);
    free(order);
    return status;
}

const TimelineFormat rv_format_ffmetadata = {
    .info = {.name = "ffmetadata",
             .title = "chapters for FFmpeg to put into MP4 and MKV files",
             .endings = (const char *const[]){".ffmetadata", ".ffmeta", NULL},
             .per_source = true},
    .times_only = true,
    .write = write_ffmetadata,
};
