/* SPDX-License-Identifier: MIT */
/* A playlist that VLC plays from start to stop of each clip. Other players that read M3U play the whole videos. */
#include <inttypes.h>
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

/* VLC takes what stands before a comma or " - " for the artist, so these become characters that look alike. */
static void write_title(Buffer *out, const char *name, RvError *err)
{
    static const char comma[] = "\xe2\x80\x9a", dash[] = " \xe2\x80\x93 "; // U+201A, U+2013
    while (*name != '\0') {
        bool is_dash = strncmp(name, " - ", 3) == 0;
        if (is_dash)
            rv_buffer_append(out, dash, strlen(dash), err);
        else if (*name == ',')
            rv_buffer_append(out, comma, strlen(comma), err);
        else
            rv_buffer_append(out, name, 1, err);
        name += is_dash ? 3 : 1;
    }
}

/* An address may hold bytes that a line of text cannot. */
static void write_url(Buffer *out, const char *url, RvError *err)
{
    for (; *url != '\0'; url++) {
        if (*url > ' ' && *url <= '~')
            rv_buffer_append(out, url, 1, err);
        else
            rv_buffer_append_format(out, err, "%%%02X", (unsigned char)*url);
    }
}

/* VLC counts from 0 of the time stamps in MP4 and Matroska, else from the file's beginning (see rv_video_player_time). */
static int64_t vlc_time(const RvMedia *media, int64_t units)
{
    bool from_0 = rv_list_is_container(media, "mp4") || rv_list_is_container(media, "matroska");
    return from_0 ? rv_list_on_positive_clock(media, units, LIST_PER_SECOND_MS) : units;
}

/* Videos are named by URLs, because a line of the format cannot hold every file name. */
static RvStatus write_m3u8(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "#EXTM3U\n#PLAYLIST:%s\n", timeline->title);
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        const TimelineSource *source = &timeline->sources[clip->source];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_MS);
        int64_t whole_s = (span.end - span.start + LIST_PER_SECOND_MS - 1) / LIST_PER_SECOND_MS;
        rv_buffer_append_format(out, err, "#EXTINF:%" PRId64 ",", whole_s);
        write_title(out, clip->name, err);
        rv_buffer_append_format(out, err, "\n#EXTVLCOPT:start-time=");
        rv_list_seconds(out, vlc_time(&source->media, span.start), LIST_PER_SECOND_MS, err);
        rv_buffer_append_format(out, err, "\n#EXTVLCOPT:stop-time=");
        rv_list_seconds(out, vlc_time(&source->media, span.end), LIST_PER_SECOND_MS, err);
        rv_buffer_append(out, "\n", 1, err);
        write_url(out, source->url, err);
        rv_buffer_append(out, "\n", 1, err);
    }
    return out->status;
}

const TimelineFormat rv_format_m3u8 = {
    .info = {.name = "m3u8",
             .title = "playlist for VLC, from start to stop of each clip",
             .endings = (const char *const[]){".m3u8", ".m3u", NULL}},
    .times_only = true,
    .write = write_m3u8,
};
