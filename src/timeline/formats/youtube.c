/* SPDX-License-Identifier: MIT */
/* A list of chapters for the description of a video on YouTube. YouTube shows chapters only if the first one
 * begins at 0:00 and there are three or more, each at least ten seconds long, in rising order
 * (support.google.com/youtube/answer/9884579). A moment that begins less than that behind another, or before the
 * end, is named together with it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

#define CHAPTERS_MIN 3
#define CHAPTER_MIN_S 10
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
    bool moved;    // the first one to 0:00
} Chapters;

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
            write_time(out, 0, err);
            write_name(out, LIST_BEGINNING, err);
            chapters->count = 1;
            chapters->start = 0;
        }
        if (chapters->count > 0 &&
            (start < chapters->start + CHAPTER_MIN_S || (double)start > last_start_s)) {
            rv_buffer_append_format(out, err, " / ");
            chapters->merged++;
        } else {
            if (chapters->count > 0)
                rv_buffer_append(out, "\n", 1, err);
            write_time(out, start, err);
            chapters->count++;
            chapters->start = start;
        }
        write_name(out, clip->name, err);
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
             .per_source = true,
             .needs_media = true},
    .takes_points = true,
    .write = write_youtube,
};
