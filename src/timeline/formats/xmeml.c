/* SPDX-License-Identifier: MIT */
/* Final Cut Pro 7's XML, version 5, which Premiere and others read. Rates are a whole number of frames and a mark for
 * "over 1.001". A clip's in and out count in the timeline's rate, also if its file has another: Premiere and Resolve both
 * read them so. Each channel of sound is a clip on a track of its own, linked to the picture. */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "timeline/escape.h"
#include "timeline/format.h"

#define SOUND_TRACKS_MAX 16

static void put_rate(Buffer *out, const char *indent, RvRate rate, RvError *err)
{
    bool over_1001;
    rv_rate_is_whole(rate, &over_1001);
    rv_buffer_append_format(out, err, "%s<rate><timebase>%d</timebase><ntsc>%s</ntsc></rate>\n", indent,
                            rv_rate_nominal(rate), over_1001 ? "TRUE" : "FALSE");
}

static void put_text(Buffer *out, const char *indent, const char *tag, const char *text, RvError *err)
{
    rv_buffer_append_format(out, err, "%s<%s>", indent, tag);
    rv_escape_xml(out, text, err);
    rv_buffer_append_format(out, err, "</%s>\n", tag);
}

static void put_timecode(Buffer *out, const char *indent, RvRate rate, bool drop_frame, int64_t frame,
                         RvError *err)
{
    char label[TIMECODE_SIZE];
    rv_timecode_write(frame, rate, drop_frame, label);
    rv_buffer_append_format(out, err, "%s<timecode>\n", indent);
    put_rate(out, indent, rate, err);
    rv_buffer_append_format(
        out, err,
        "%s<string>%s</string><frame>%lld</frame><displayformat>%s</displayformat>\n%s</timecode>\n", indent,
        label, (long long)frame, drop_frame ? "DF" : "NDF", indent);
}

/* Channels of all tracks of sound of a file, as many as the timeline has tracks for. */
static int channels_of(const RvMedia *media)
{
    int count = 0;
    for (size_t i = 0; i < media->audio_count && count < SOUND_TRACKS_MAX; i++)
        count += media->audio[i].channels > 0 ? media->audio[i].channels : 2;
    return count < SOUND_TRACKS_MAX ? count : SOUND_TRACKS_MAX;
}

static void put_picture(Buffer *out, const char *indent, RvRate rate, int width, int height, RvError *err)
{
    rv_buffer_append_format(out, err, "%s<samplecharacteristics>\n", indent);
    put_rate(out, indent, rate, err);
    rv_buffer_append_format(
        out, err,
        "%s<width>%d</width><height>%d</height><pixelaspectratio>square</pixelaspectratio>\n"
        "%s<fielddominance>none</fielddominance>\n%s</samplecharacteristics>\n",
        indent, width, height, indent, indent);
}

static void put_sound(Buffer *out, const RvMedia *media, RvError *err)
{
    for (size_t i = 0; i < media->audio_count; i++) {
        const RvAudioTrack *track = &media->audio[i];
        rv_buffer_append_format(
            out, err,
            "                <audio><samplecharacteristics><depth>16</depth><samplerate>%d"
            "</samplerate></samplecharacteristics><channelcount>%d</channelcount></audio>\n",
            track->sample_rate > 0 ? track->sample_rate : 48000, track->channels > 0 ? track->channels : 2);
    }
}

/* A file's own rate, or the timeline's if XML cannot say it. */
static RvRate rate_of(const Timeline *timeline, const RvMedia *media)
{
    bool over_1001;
    return rv_rate_is_whole(media->rate, &over_1001) ? media->rate : timeline->rate;
}

static void say_other_rates(const Timeline *timeline)
{
    char own[RATE_TEXT_SIZE], rate[RATE_TEXT_SIZE];
    rv_rate_write(timeline->rate, rate);
    for (size_t i = 0; i < timeline->source_count; i++) {
        const RvMedia *media = &timeline->sources[i].media;
        if (rv_rate_equal(rate_of(timeline, media), media->rate))
            continue;
        rv_rate_write(media->rate, own);
        rv_log_line(
            timeline->log, RV_LOG_WARNING,
            "%.600s has %s frames a second, which the format xmeml cannot say; its frames are counted as "
            "those of the timeline, %s a second",
            media->path, own, rate);
    }
}

/* The file in full where it is named first, which is on the track of pictures. */
static void put_file(Buffer *out, const Timeline *timeline, size_t index, bool first, RvError *err)
{
    const TimelineSource *source = &timeline->sources[index];
    const RvMedia *media = &source->media;
    RvRate rate = rate_of(timeline, media);
    size_t id = index + 1;
    rv_buffer_append_format(out, err, "            <file id=\"file-%zu\"%s>\n", id, first ? "" : "/");
    if (!first)
        return;
    put_text(out, "              ", "name", source->name, err);
    put_text(out, "              ", "pathurl", source->url, err);
    put_rate(out, "              ", rate, err);
    rv_buffer_append_format(out, err, "              <duration>%lld</duration>\n",
                            (long long)rv_rate_convert_down(media->rate, media->frame_count, rate));
    put_timecode(out, "              ", rate, source->drop_frame && rv_rate_may_drop(rate),
                 rv_timecode_recount(media->start_frame, media->rate, media->drop_frame, rate), err);
    rv_buffer_append_format(out, err, "              <media>\n                <video>\n");
    put_picture(out, "                ", rate, media->width, media->height, err);
    rv_buffer_append_format(out, err, "                </video>\n");
    put_sound(out, media, err);
    rv_buffer_append_format(out, err, "              </media>\n            </file>\n");
}

/* A clip's picture is clipitem-N-0, its channels are clipitem-N-1 and so on. Each names all of them. places: how many
 * clips each track of sound has up to this one. */
static void put_links(Buffer *out, size_t number, int channels, const size_t *places, RvError *err)
{
    for (int track = 0; track <= channels && channels > 0; track++) {
        rv_buffer_append_format(
            out, err,
            "            <link><linkclipref>clipitem-%zu-%d</linkclipref><mediatype>%s</mediatype>"
            "<trackindex>%d</trackindex><clipindex>%zu</clipindex></link>\n",
            number, track, track == 0 ? "video" : "audio", track == 0 ? 1 : track,
            track == 0 ? number : places[track - 1]);
    }
}

/* track: 0 for the picture, else the channel of sound. */
static void put_clip(Buffer *out, const Timeline *timeline, size_t index, int track, bool first,
                     const size_t *places, RvError *err)
{
    const TimelineClip *clip = &timeline->clips[index];
    const TimelineSource *source = &timeline->sources[clip->source];
    const RvMedia *media = &source->media;
    int64_t in = clip->grid_in;
    rv_buffer_append_format(out, err, "          <clipitem id=\"clipitem-%zu-%d\">\n", index + 1, track);
    put_text(out, "            ", "name", clip->name, err);
    rv_buffer_append_format(out, err, "            <enabled>TRUE</enabled><duration>%lld</duration>\n",
                            (long long)rv_rate_convert_down(media->rate, media->frame_count, timeline->rate));
    put_rate(out, "            ", timeline->rate, err);
    rv_buffer_append_format(out, err,
                            "            <start>%lld</start><end>%lld</end><in>%lld</in><out>%lld</out>\n",
                            (long long)clip->record_in, (long long)(clip->record_in + clip->record_length),
                            (long long)in, (long long)(in + clip->record_length));
    put_file(out, timeline, clip->source, first, err);
    if (track > 0)
        rv_buffer_append_format(
            out, err,
            "            <sourcetrack><mediatype>audio</mediatype><trackindex>%d</trackindex>"
            "</sourcetrack>\n",
            track);
    put_links(out, index + 1, channels_of(media), places, err);
    rv_buffer_append_format(out, err, "          </clipitem>\n");
}

/* How many clips of the timeline up to `index` have a sound of so many channels: the place of the clip on each track. */
static void count_places(const Timeline *timeline, size_t index, size_t places[SOUND_TRACKS_MAX])
{
    int channels = channels_of(&timeline->sources[timeline->clips[index].source].media);
    for (int track = 0; track < channels; track++)
        places[track]++;
}

/* The most channels of a source, and whether all sources with sound have two. */
static int count_tracks(const Timeline *timeline, bool *stereo)
{
    int most = 0;
    *stereo = true;
    for (size_t i = 0; i < timeline->source_count; i++) {
        int channels = channels_of(&timeline->sources[i].media);
        most = channels > most ? channels : most;
        *stereo = *stereo && (channels == 0 || channels == 2);
    }
    return most;
}

/* Write the track of pictures (0) or of a channel of sound. */
static void put_track(Buffer *out, const Timeline *timeline, int track, bool stereo, bool *known,
                      RvError *err)
{
    size_t places[SOUND_TRACKS_MAX] = {0};
    rv_buffer_append_format(out, err, "        <track");
    if (track > 0 && stereo)
        rv_buffer_append_format(
            out, err,
            " currentExplodedTrackIndex=\"%d\" totalExplodedTrackCount=\"2\" premiereTrackType=\"Stereo\"",
            track - 1);
    else if (track > 0)
        rv_buffer_append_format(out, err, " premiereTrackType=\"Mono\"");
    rv_buffer_append_format(out, err, ">\n          <enabled>TRUE</enabled><locked>FALSE</locked>\n");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        size_t source = timeline->clips[i].source;
        count_places(timeline, i, places);
        if (track > channels_of(&timeline->sources[source].media))
            continue;
        put_clip(out, timeline, i, track, !known[source], places, err);
        known[source] = true;
    }
    if (track > 0)
        rv_buffer_append_format(out, err, "          <outputchannelindex>%d</outputchannelindex>\n",
                                (track - 1) % 2 + 1);
    rv_buffer_append_format(out, err, "        </track>\n");
}

static RvStatus write_xmeml(const Timeline *timeline, Buffer *out, RvError *err)
{
    bool stereo, *known = rv_mem_alloc(timeline->source_count, sizeof *known, err);
    if (known == NULL)
        return RV_ERROR_MEMORY;
    int track_count = count_tracks(timeline, &stereo);
    say_other_rates(timeline);
    rv_buffer_append_format(
        out, err,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE xmeml>\n<xmeml version=\"5\">\n"
        "  <sequence id=\"sequence-1\" explodedTracks=\"true\">\n");
    put_text(out, "    ", "name", timeline->title, err);
    rv_buffer_append_format(out, err, "    <duration>%lld</duration>\n", (long long)timeline->length);
    put_rate(out, "    ", timeline->rate, err);
    put_timecode(out, "    ", timeline->rate, timeline->drop_frame, timeline->record_start, err);
    rv_buffer_append_format(out, err, "    <media>\n      <video>\n        <format>\n");
    put_picture(out, "          ", timeline->rate, timeline->width, timeline->height, err);
    rv_buffer_append_format(out, err, "        </format>\n");
    put_track(out, timeline, 0, stereo, known, err);
    rv_buffer_append_format(
        out, err,
        "      </video>\n      <audio>\n        <numOutputChannels>2</numOutputChannels>\n"
        "        <format><samplecharacteristics><depth>16</depth><samplerate>48000</samplerate>"
        "</samplecharacteristics></format>\n");
    for (int track = 1; track <= track_count; track++)
        put_track(out, timeline, track, stereo, known, err);
    free(known);
    return rv_buffer_append_format(out, err, "      </audio>\n    </media>\n  </sequence>\n</xmeml>\n");
}

static const char *const endings[] = {".xml", NULL};

const TimelineFormat rv_format_xmeml = {
    .info = {.name = "xmeml",
             .title = "Final Cut Pro 7 XML, version 5 (Premiere, Resolve, Vegas)",
             .endings = endings},
    .whole_rates = true,
    .write = write_xmeml,
};
