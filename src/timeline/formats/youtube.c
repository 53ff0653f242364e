/* SPDX-License-Identifier: MIT */
/* A list of chapters for the description of a video on YouTube. YouTube shows chapters only if the first one
 * begins at 0:00 and there are three or more, each at least ten seconds long, in rising order
 * (support.google.com/youtube/answer/9884579). A moment that begins less than that behind another, or before the
 * end, is named together with it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

#define CHAPTERS_MIN 3
#define CHAPTER_MIN_S 10
#define TITLE_BYTES 100            // of one chapter; further names become "..."
#define DESCRIPTION_MAX_BYTES 5000 // of the whole description; it may hold no < and >

static void write_name(Buffer *out, const char *name, RvError *err)
{
    static const char *const look_alikes[] = {"\xe2\x80\xb9", "\xe2\x80\xba"}; // U+2039, U+203A
    rv_list_replace(out, name, "<>", look_alikes, err);
}

static void write_time(Buffer *out, int64_t seconds, RvError *err)
{
    if (seconds >= 3600)
        rv_buffer_append_format(out, err, "%" PRId64 ":%02d:%02d ", seconds / 3600, (int)(seconds / 60 % 60),
                                (int)(seconds % 60));
    else
        rv_buffer_append_format(out, err, "%d:%02d ", (int)(seconds / 60), (int)(seconds % 60));
}

typedef struct Chapters {
    size_t count;  // written
    size_t merged; // moments that are named together with the one before
    int64_t start; // of the last one, in whole seconds
    size_t title;  // where its title begins in the text
    bool full;     // no more names fit into it
    bool moved;    // the first one to 0:00
} Chapters;

static void begin_chapter(Buffer *out, int64_t start, const char *name, Chapters *chapters, RvError *err)
{
    if (chapters->count++ > 0)
        rv_buffer_append(out, "\n", 1, err);
    write_time(out, start, err);
    chapters->start = start;
    chapters->title = out->size_bytes;
    chapters->full = false;
    write_name(out, name, err);
}

static void add_name(Buffer *out, const char *name, Chapters *chapters, RvError *err)
{
    if (chapters->full)
        return;
    rv_buffer_append_format(out, err, " / ");
    chapters->full = out->size_bytes - chapters->title + strlen(name) > TITLE_BYTES;
    write_name(out, chapters->full ? "..." : name, err);
}

static void write_chapters(const Timeline *timeline, const size_t *order, Buffer *out, Chapters *chapters,
                           RvError *err)
{
    // Without a length the last chapter may be as short as it is.
    const RvMedia *media = &timeline->sources[0].media;
    double last_start_s =
        media->duration_s > 0 ? fmax(media->first_frame_s + media->duration_s - CHAPTER_MIN_S, 0) : INFINITY;
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[order[i]];
        int64_t start = (int64_t)floor(fmin(fmax(clip->start_s, 0), 1e9));
        if (i == 0 && start < CHAPTER_MIN_S) {
            chapters->moved = start > 0;
            start = 0;
        } else if (i == 0) {
            begin_chapter(out, 0, LIST_BEGINNING, chapters, err);
        }
        bool merged =
            chapters->count > 0 && (start < chapters->start + CHAPTER_MIN_S || (double)start > last_start_s);
        chapters->merged += merged;
        if (merged)
            add_name(out, clip->name, chapters, err);
        else
            begin_chapter(out, start, clip->name, chapters, err);
    }
    rv_buffer_append(out, "\n", 1, err);
}

static RvStatus write_youtube(const Timeline *timeline, Buffer *out, RvError *err)
{
    Chapters chapters = {0};
    const char *video = timeline->sources[0].name;
    size_t *order = rv_list_order(timeline, err), before = out->size_bytes;
    if (order == NULL)
        return RV_ERROR_MEMORY;
    write_chapters(timeline, order, out, &chapters, err);
    if (chapters.moved)
        rv_log_line(timeline->log, RV_LOG_WARNING, "%s: the first chapter begins at 0:00, as YouTube demands",
                    video);
    if (chapters.merged > 0)
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "%s: %zu of %zu moments %s named together with the one before, because chapters of YouTube "
            "last at least %d seconds",
            video, chapters.merged, timeline->clip_count, chapters.merged == 1 ? "is" : "are", CHAPTER_MIN_S);
    if (chapters.count < CHAPTERS_MIN)
        rv_log_line(timeline->log, RV_LOG_WARNING,
                    "%s: YouTube shows chapters if there are at least %d; this list has %zu", video,
                    CHAPTERS_MIN, chapters.count);
    if (out->size_bytes - before > DESCRIPTION_MAX_BYTES)
        rv_log_line(timeline->log, RV_LOG_WARNING,
                    "%s: the list has %zu bytes; YouTube takes descriptions of at most %d", video,
                    out->size_bytes - before, DESCRIPTION_MAX_BYTES);
    free(order);
    return out->status;
}

const TimelineFormat rv_format_youtube = {
    .info = {.name = "youtube",
             .title = "chapters for the description of a video on YouTube",
             .endings = (const char *const[]){".youtube.txt", ".txt", NULL},
             .per_source = true},
    .takes_points = true,
    .times_only = true,
    .write = write_youtube,
};
