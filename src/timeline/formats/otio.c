/* SPDX-License-Identifier: MIT */
/* OpenTimelineIO: one video track, one audio track. Ranges of sources count in the source's own rate from its timecode. */
#include <math.h>

#include "timeline/escape.h"
#include "timeline/format.h"

static void put_time(Buffer *out, RvRate rate, int64_t frames, RvError *err)
{
    rv_buffer_append_format(out, err, "{\"OTIO_SCHEMA\": \"RationalTime.1\", \"rate\": ");
    rv_escape_decimal(out, (double)rate.num / rate.den, -1, err);
    rv_buffer_append_format(out, err, "%s, \"value\": %lld.0}", rate.num % rate.den == 0 ? ".0" : "",
                            (long long)frames);
}

static void put_range(Buffer *out, RvRate rate, int64_t start, int64_t length, RvError *err)
{
    rv_buffer_append_format(out, err, "{\"OTIO_SCHEMA\": \"TimeRange.1\", \"start_time\": ");
    put_time(out, rate, start, err);
    rv_buffer_append_format(out, err, ", \"duration\": ");
    put_time(out, rate, length, err);
    rv_buffer_append_format(out, err, "}");
}

static void put_name(Buffer *out, const char *name, RvError *err)
{
    rv_buffer_append_format(out, err, "\"name\": ");
    rv_escape_json(out, name, err);
}

/* Where the best frame is, if that is not the first. */
static void put_marker(Buffer *out, const TimelineClip *clip, const RvMedia *media, RvError *err)
{
    if (clip->mark == clip->in)
        return;
    rv_buffer_append_format(out, err, "{\"OTIO_SCHEMA\": \"Marker.2\", \"metadata\": {}, ");
    put_name(out, clip->name, err);
    rv_buffer_append_format(out, err, ", \"color\": \"RED\", \"marked_range\": ");
    put_range(out, media->rate, media->start_frame + clip->mark, 1, err);
    rv_buffer_append_format(out, err, "}");
}

/* link: number of the clip; Resolve joins video and sound that have the same. */
static void put_clip(Buffer *out, const TimelineClip *clip, const TimelineSource *source, bool video,
                     size_t link, RvError *err)
{
    const RvMedia *media = &source->media;
    rv_buffer_append_format(out, err, "{\"OTIO_SCHEMA\": \"Clip.1\", ");
    put_name(out, clip->name, err);
    rv_buffer_append_format(out, err, ",\n   \"metadata\": {\"Resolve_OTIO\": {\"Link Group ID\": %zu}",
                            link);
    if (isfinite(clip->score)) {
        rv_buffer_append_format(out, err, ", \"reelvec\": {\"score\": ");
        rv_escape_decimal(out, clip->score, 6, err);
        rv_buffer_append_format(out, err, "}");
    }
    rv_buffer_append_format(out, err, "},\n   \"source_range\": ");
    put_range(out, media->rate, media->start_frame + clip->in, clip->length, err);
    rv_buffer_append_format(out, err, ",\n   \"effects\": [], \"markers\": [");
    if (video)
        put_marker(out, clip, media, err);
    rv_buffer_append_format(
        out, err,
        "], \"enabled\": true,\n   \"media_reference\": {\"OTIO_SCHEMA\": \"ExternalReference.1\", ");
    put_name(out, source->name, err);
    rv_buffer_append_format(out, err, ", \"metadata\": {},\n    \"available_range\": ");
    put_range(out, media->rate, media->start_frame, media->frame_count, err);
    rv_buffer_append_format(out, err, ",\n    \"target_url\": ");
    rv_escape_json(out, source->url, err);
    rv_buffer_append_format(out, err, "}}");
}

static void put_gap(Buffer *out, const TimelineClip *clip, const RvMedia *media, RvError *err)
{
    rv_buffer_append_format(out, err,
                            "{\"OTIO_SCHEMA\": \"Gap.1\", \"name\": \"\", \"metadata\": {}, \"effects\": [], "
                            "\"markers\": [], \"enabled\": true, \"source_range\": ");
    put_range(out, media->rate, 0, clip->length, err);
    rv_buffer_append_format(out, err, "}");
}

/* How many clips the track has: all, or those up to the last that has sound. Silence behind it needs no gap. */
static size_t count_items(const Timeline *timeline, bool video)
{
    size_t count = timeline->clip_count;
    while (!video && count > 0 && timeline->sources[timeline->clips[count - 1].source].media.audio_count == 0)
        count--;
    return count;
}

static void put_track(Buffer *out, const Timeline *timeline, bool video, RvError *err)
{
    rv_buffer_append_format(
        out, err,
        "{\"OTIO_SCHEMA\": \"Track.1\", \"name\": \"%s 1\", \"kind\": \"%s\", \"metadata\": {}, "
        "\"source_range\": null, \"effects\": [], \"markers\": [], \"enabled\": true,\n  \"children\": [",
        video ? "Video" : "Audio", video ? "Video" : "Audio");
    size_t count = count_items(timeline, video);
    for (size_t i = 0; i < count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        const TimelineSource *source = &timeline->sources[clip->source];
        rv_buffer_append_format(out, err, "%s\n  ", i > 0 ? "," : "");
        if (video || source->media.audio_count > 0)
            put_clip(out, clip, source, video, i + 1, err);
        else
            put_gap(out, clip, &source->media, err);
    }
    rv_buffer_append_format(out, err, "]}");
}

static RvStatus write_otio(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "{\"OTIO_SCHEMA\": \"Timeline.1\", \"metadata\": {}, ");
    put_name(out, timeline->title, err);
    rv_buffer_append_format(out, err, ",\n \"global_start_time\": ");
    put_time(out, timeline->rate, timeline->record_start, err);
    rv_buffer_append_format(
        out, err,
        ",\n \"tracks\": {\"OTIO_SCHEMA\": \"Stack.1\", \"name\": \"tracks\", \"metadata\": {}, "
        "\"source_range\": null, \"effects\": [], \"markers\": [], \"enabled\": true, \"children\": [\n ");
    put_track(out, timeline, true, err);
    if (count_items(timeline, false) > 0) {
        rv_buffer_append_format(out, err, ",\n ");
        put_track(out, timeline, false, err);
    }
    return rv_buffer_append_format(out, err, "]}}\n");
}

static const char *const endings[] = {".otio", NULL};

const TimelineFormat rv_format_otio = {
    .info = {.name = "otio",
             .title = "OpenTimelineIO (Resolve, Premiere, Kdenlive, Avid)",
             .endings = endings},
    .write = write_otio,
};
