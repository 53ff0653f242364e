/* SPDX-License-Identifier: MIT */
/* FCPXML 1.10, which Final Cut Pro 10.6 and later and Resolve 18 read. All times are exact fractions of seconds, in whole
 * frames: "1001/30000s". A clip's start counts in its file's timecode, its offset in that of the timeline. */
#include <math.h>

#include "timeline/escape.h"
#include "timeline/format.h"

/* name="N/Ds", where D is the rate's numerator, also for 0: there are readers that know no other form. */
static void put_time(Buffer *out, const char *name, RvRate rate, int64_t frames, RvError *err)
{
    rv_buffer_append_format(out, err, " %s=\"%lld/%ds\"", name, (long long)(frames * rate.den), rate.num);
}

static void put_text(Buffer *out, const char *name, const char *text, RvError *err)
{
    rv_buffer_append_format(out, err, " %s=\"", name);
    rv_escape_xml(out, text, err);
    rv_buffer_append(out, "\"", 1, err);
}

static void put_format(Buffer *out, size_t id, RvRate rate, int width, int height, RvError *err)
{
    rv_buffer_append_format(out, err,
                            "    <format id=\"r%zu\" frameDuration=\"%d/%ds\" width=\"%d\" height=\"%d\"/>\n",
                            id, rate.den, rate.num, width, height);
}

/* Identifiers: r1 is the timeline's format, r2 and r3 are the format and the asset of the first source, and so on. */
static size_t format_id(size_t source)
{
    return 2 + 2 * source;
}

static size_t asset_id(size_t source)
{
    return 3 + 2 * source;
}

static void put_asset(Buffer *out, const TimelineSource *source, size_t index, RvError *err)
{
    const RvMedia *media = &source->media;
    put_format(out, format_id(index), media->rate, media->width, media->height, err);
    rv_buffer_append_format(out, err, "    <asset id=\"r%zu\"", asset_id(index));
    put_text(out, "name", source->stem, err);
    put_time(out, "start", media->rate, media->start_frame, err);
    put_time(out, "duration", media->rate, media->frame_count, err);
    rv_buffer_append_format(out, err, " hasVideo=\"1\" videoSources=\"1\" format=\"r%zu\"", format_id(index));
    if (media->audio_count > 0) {
        const RvAudioTrack *track = &media->audio[0];
        rv_buffer_append_format(out, err,
                                " hasAudio=\"1\" audioSources=\"%zu\" audioChannels=\"%d\" audioRate=\"%d\"",
                                media->audio_count, track->channels > 0 ? track->channels : 2,
                                track->sample_rate > 0 ? track->sample_rate : 48000);
    }
    rv_buffer_append_format(out, err, ">\n      <media-rep kind=\"original-media\"");
    put_text(out, "src", source->url, err);
    rv_buffer_append_format(out, err, "/>\n    </asset>\n");
}

/* What Final Cut Pro must do with frames of another rate: show them in their own time. It knows these rates alone. */
static void put_conform(Buffer *out, RvRate rate, RvError *err)
{
    static const struct {
        RvRate rate;
        const char *name;
    } known[] = {{{24000, 1001}, "23.98"}, {{24, 1}, "24"},          {{25, 1}, "25"},
                 {{30000, 1001}, "29.97"}, {{30, 1}, "30"},          {{48, 1}, "48"},
                 {{50, 1}, "50"},          {{60000, 1001}, "59.94"}, {{60, 1}, "60"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (rv_rate_equal(known[i].rate, rate))
            rv_buffer_append_format(out, err,
                                    "              <conform-rate scaleEnabled=\"0\" srcFrameRate=\"%s\"/>\n",
                                    known[i].name);
    }
}

static void put_clip(Buffer *out, const Timeline *timeline, const TimelineClip *clip, RvError *err)
{
    const TimelineSource *source = &timeline->sources[clip->source];
    const RvMedia *media = &source->media;
    rv_buffer_append_format(out, err, "            <asset-clip ref=\"r%zu\"", asset_id(clip->source));
    put_text(out, "name", clip->name, err);
    put_time(out, "offset", timeline->rate, timeline->record_start + clip->record_in, err);
    put_time(out, "start", media->rate, media->start_frame + clip->in, err);
    put_time(out, "duration", timeline->rate, clip->record_length, err);
    rv_buffer_append_format(out, err, " format=\"r%zu\" tcFormat=\"%s\"%s>\n", format_id(clip->source),
                            source->drop_frame ? "DF" : "NDF",
                            media->audio_count > 0 ? " audioRole=\"dialogue\"" : "");
    if (!rv_rate_equal(media->rate, timeline->rate))
        put_conform(out, media->rate, err);
    if (clip->mark != clip->in) {
        rv_buffer_append_format(out, err, "              <marker");
        put_time(out, "start", media->rate, media->start_frame + clip->mark, err);
        put_time(out, "duration", media->rate, 1, err);
        put_text(out, "value", clip->name, err);
        rv_buffer_append_format(out, err, "/>\n");
    }
    rv_buffer_append_format(out, err, "            </asset-clip>\n");
}

static bool has_surround(const Timeline *timeline)
{
    for (size_t i = 0; i < timeline->source_count; i++) {
        const RvMedia *media = &timeline->sources[i].media;
        if (media->audio_count > 0 && media->audio[0].channels > 2)
            return true;
    }
    return false;
}

static RvStatus write_fcpxml(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err,
                            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE fcpxml>\n"
                            "<fcpxml version=\"1.10\">\n  <resources>\n");
    put_format(out, 1, timeline->rate, timeline->width, timeline->height, err);
    for (size_t i = 0; i < timeline->source_count; i++)
        put_asset(out, &timeline->sources[i], i, err);
    rv_buffer_append_format(out, err, "  </resources>\n  <library>\n    <event");
    put_text(out, "name", timeline->title, err);
    rv_buffer_append_format(out, err, ">\n      <project");
    put_text(out, "name", timeline->title, err);
    rv_buffer_append_format(out, err, ">\n        <sequence format=\"r1\"");
    put_time(out, "duration", timeline->rate, timeline->length, err);
    put_time(out, "tcStart", timeline->rate, timeline->record_start, err);
    rv_buffer_append_format(
        out, err, " tcFormat=\"%s\" audioLayout=\"%s\" audioRate=\"48k\">\n          <spine>\n",
        timeline->drop_frame ? "DF" : "NDF", has_surround(timeline) ? "surround" : "stereo");
    for (size_t i = 0; i < timeline->clip_count; i++)
        put_clip(out, timeline, &timeline->clips[i], err);
    return rv_buffer_append_format(out, err,
                                   "          </spine>\n        </sequence>\n      </project>\n    </event>\n"
                                   "  </library>\n</fcpxml>\n");
}

static const char *const endings[] = {".fcpxml", NULL};

const TimelineFormat rv_format_fcpxml = {
    .info = {.name = "fcpxml", .title = "FCPXML 1.10 (Final Cut Pro, Resolve)", .endings = endings},
    .write = write_fcpxml,
};
