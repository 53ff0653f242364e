/* SPDX-License-Identifier: MIT */
/* MLT, which Shotcut, melt and others read. Everything counts in the timeline's frames, from 0, and the last frame of a
 * clip is its `out`; the source's timecode does not matter. */
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "timeline/escape.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

static void put_property(Buffer *out, const char *name, const char *text, RvError *err)
{
    rv_buffer_append_format(out, err, "    <property name=\"%s\">", name);
    rv_escape_xml(out, text, err);
    rv_buffer_append_format(out, err, "</property>\n");
}

/* An XML file holds names of files in UTF-8 without control characters, and nothing that stands for other names. */
static RvStatus check_path(const char *path, RvError *err)
{
    bool speakable = rv_utf8_is_valid(path, strlen(path));
    for (const char *at = path; *at != '\0'; at++)
        speakable = speakable && (unsigned char)*at >= ' ';
    if (speakable)
        return RV_OK;
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%.700s: a file of MLT cannot hold this name, which is not UTF-8 or has control characters; rename "
        "the video, or use another format",
        path);
}

static void put_source(Buffer *out, const Timeline *timeline, size_t index, RvError *err)
{
    const TimelineSource *source = &timeline->sources[index];
    const RvMedia *media = &source->media;
    int64_t length = rv_rate_convert_down(media->rate, media->frame_count, timeline->rate);
    length = length > 1 ? length : 1;
    rv_buffer_append_format(out, err, "  <producer id=\"source%zu\" in=\"0\" out=\"%lld\">\n", index + 1,
                            (long long)(length - 1));
    rv_buffer_append_format(out, err, "    <property name=\"length\">%lld</property>\n", (long long)length);
    put_property(out, "resource", media->path, err);
    put_property(out, "mlt_service", "avformat", err);
    put_property(out, "shotcut:caption", source->name, err);
    rv_buffer_append_format(out, err, "  </producer>\n");
}

static void put_entries(Buffer *out, const Timeline *timeline, RvError *err)
{
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[i];
        rv_buffer_append_format(out, err, "    <entry producer=\"source%zu\" in=\"%lld\" out=\"%lld\"/>\n",
                                clip->source + 1, (long long)clip->grid_in,
                                (long long)(clip->grid_in + clip->record_length - 1));
    }
}

static int greatest_divisor(int a, int b)
{
    return b == 0 ? a : greatest_divisor(b, a % b);
}

static void put_profile(Buffer *out, const Timeline *timeline, RvError *err)
{
    int width = timeline->width, height = timeline->height;
    width += width % 2; // encoders want even sides
    height += height % 2;
    int divisor = greatest_divisor(width, height > 0 ? height : 1);
    divisor = divisor > 0 ? divisor : 1;
    rv_buffer_append_format(
        out, err,
        "  <profile description=\"reelvec\" width=\"%d\" height=\"%d\" progressive=\"1\" "
        "sample_aspect_num=\"1\" sample_aspect_den=\"1\" display_aspect_num=\"%d\" "
        "display_aspect_den=\"%d\" frame_rate_num=\"%d\" frame_rate_den=\"%d\" colorspace=\"709\"/>\n",
        width, height, width / divisor, height / divisor, timeline->rate.num, timeline->rate.den);
}

/* Shotcut takes the first track for a background as long as the timeline, and lengthens its clip to that if it is not. */
static void put_background(Buffer *out, long long length, RvError *err)
{
    rv_buffer_append_format(out, err, "  <producer id=\"black\" in=\"0\" out=\"%lld\">\n", length - 1);
    rv_buffer_append_format(out, err, "    <property name=\"length\">%lld</property>\n", length);
    static const char *const properties[][2] = {
        {"eof", "pause"},         {"resource", "0"},           {"aspect_ratio", "1"},
        {"mlt_service", "color"}, {"mlt_image_format", "rgb"}, {"set.test_audio", "0"}};
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        put_property(out, properties[i][0], properties[i][1], err);
    rv_buffer_append_format(out, err,
                            "  </producer>\n  <playlist id=\"background\">\n"
                            "    <entry producer=\"black\" in=\"0\" out=\"%lld\"/>\n  </playlist>\n",
                            length - 1);
}

/* The tracks: background and clips, whose sound is mixed. */
static void put_tractor(Buffer *out, long long length, RvError *err)
{
    rv_buffer_append_format(out, err,
                            "  <tractor id=\"tractor0\" in=\"0\" out=\"%lld\">\n"
                            "    <property name=\"shotcut\">1</property>\n"
                            "    <track producer=\"background\"/>\n    <track producer=\"playlist0\"/>\n"
                            "    <transition id=\"transition0\">\n",
                            length - 1);
    static const char *const properties[][2] = {
        {"a_track", "0"}, {"b_track", "1"}, {"mlt_service", "mix"}, {"always_active", "1"}, {"sum", "1"}};
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        put_property(out, properties[i][0], properties[i][1], err);
    rv_buffer_append_format(out, err, "    </transition>\n  </tractor>\n</mlt>\n");
}

static RvStatus write_mlt(const Timeline *timeline, Buffer *out, RvError *err)
{
    rv_list_say_key_frames(timeline, "MLT");
    rv_buffer_append_format(out, err,
                            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<mlt LC_NUMERIC=\"C\" version=\"7.0.0\" producer=\"main_bin\" title=\"");
    rv_escape_xml(out, timeline->title, err);
    rv_buffer_append_format(out, err, "\">\n");
    put_profile(out, timeline, err);
    for (size_t i = 0; i < timeline->source_count; i++)
        put_source(out, timeline, i, err);
    rv_buffer_append_format(out, err,
                            "  <playlist id=\"main_bin\">\n    <property name=\"xml_retain\">1</property>\n");
    put_entries(out, timeline, err);
    rv_buffer_append_format(out, err, "  </playlist>\n");
    put_background(out, (long long)timeline->length, err);
    rv_buffer_append_format(
        out, err,
        "  <playlist id=\"playlist0\">\n    <property name=\"shotcut:video\">1</property>\n"
        "    <property name=\"shotcut:name\">V1</property>\n");
    put_entries(out, timeline, err);
    rv_buffer_append_format(out, err, "  </playlist>\n");
    put_tractor(out, (long long)timeline->length, err);
    return out->status;
}

static const char *const endings[] = {".mlt", NULL};

const TimelineFormat rv_format_mlt = {
    .info = {.name = "mlt", .title = "MLT (Shotcut, melt)", .endings = endings},
    .check_source = check_path,
    .write = write_mlt,
};
