/* SPDX-License-Identifier: MIT */
/* What must be known of a video to cut it: its streams, and the time stamps of the frames at the borders. */
#include "video/cut_source.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/moment_frames.h"
#include "video/cut_scan.h"
#include "video/ffmpeg_compat.h"
#include "video/video_internal.h"
#include "video/video_reader.h"

/* ---- what it consists of ------------------------------------------------------------------------------- */

// Returns false for streams that are not taken along: data, covers, further pictures, what FFmpeg does not know.
static bool describe_track(const AVStream *stream, CutTrack *track)
{
    const AVCodecParameters *facts = stream->codecpar;
    const AVCodecDescriptor *codec = avcodec_descriptor_get(facts->codec_id);
    *track = (CutTrack){.index = stream->index};
    if (codec == NULL)
        return false;
    av_strlcpy(track->codec, codec->name, sizeof track->codec);
    switch (facts->codec_type) {
    case AVMEDIA_TYPE_AUDIO:
        track->kind = CUT_TRACK_AUDIO;
        track->channels = rv_ffmpeg_channel_count(facts);
        return track->channels > 0;
    case AVMEDIA_TYPE_SUBTITLE:
        track->kind = (codec->props & AV_CODEC_PROP_TEXT_SUB) != 0 ? CUT_TRACK_TEXT : CUT_TRACK_BITMAP;
        return true;
    case AVMEDIA_TYPE_ATTACHMENT:
        track->kind = CUT_TRACK_FONT;
        return true;
    default:
        return false;
    }
}

static RvStatus list_tracks(CutSource *source, RvError *err)
{
    const AVFormatContext *format = source->reader->format;
    source->tracks = rv_mem_alloc(format->nb_streams + 1, sizeof *source->tracks, err);
    if (source->tracks == NULL)
        return RV_ERROR_MEMORY;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        if (describe_track(format->streams[i], &source->tracks[source->track_count]))
            source->track_count++;
    }
    return RV_OK;
}

static void describe_picture(CutSource *source)
{
    const VideoReader *reader = source->reader;
    const AVStream *stream = reader->stream;
    const AVCodecParameters *facts = stream->codecpar;
    const AVPixFmtDescriptor *pixels = av_pix_fmt_desc_get(facts->format);
    source->video_index = stream->index;
    av_strlcpy(source->codec, avcodec_get_name(facts->codec_id), sizeof source->codec);
    av_strlcpy(source->demuxer, reader->format->iformat->name, sizeof source->demuxer);
    source->demuxer[strcspn(source->demuxer, ",")] = '\0';
    source->tick_num = stream->time_base.num;
    source->tick_den = stream->time_base.den;
    source->rate_num = reader->rate.num;
    source->rate_den = reader->rate.den;
    source->depth = pixels != NULL ? pixels->comp[0].depth : 8;
    source->interlaced = facts->field_order != AV_FIELD_UNKNOWN && facts->field_order != AV_FIELD_PROGRESSIVE;
    source->hdr = facts->color_trc == AVCOL_TRC_SMPTE2084 || facts->color_trc == AVCOL_TRC_ARIB_STD_B67;
    source->width = reader->info.width;
    source->height = reader->info.height;
    rv_video_read_matrix(rv_ffmpeg_stream_matrix(stream), &source->quarter_turns, &source->mirrored);
}

RvStatus rv_cut_source_open(const char *path_or_url, const VideoOptions *options, CutSource *out,
                            RvError *err)
{
    *out = (CutSource){.options = *options};
    RvStatus status = rv_video_open(path_or_url, options, &out->reader, err);
    if (status != RV_OK)
        return status;
    const VideoReader *reader = out->reader;
    out->is_url = reader->is_url;
    out->name = rv_mem_copy_string(reader->name, err);
    size_t size_bytes = strlen(path_or_url) + sizeof "file:";
    out->address = out->name != NULL ? rv_mem_alloc(size_bytes, 1, err) : NULL;
    status = out->address != NULL ? list_tracks(out, err) : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        av_strlcatf(out->address, size_bytes, "%s%s", out->is_url ? "" : "file:", path_or_url);
        // As in video_input.c: FFmpeg compares schemes with regard to case.
        for (char *at = out->address; out->is_url && *at != '\0' && *at != ':'; at++)
            *at = (char)av_tolower(*at);
        describe_picture(out);
        status = rv_cut_scan_zero(out, err);
    }
    if (status != RV_OK)
        rv_cut_source_close(out);
    return status;
}

void rv_cut_source_close(CutSource *source)
{
    rv_video_close(source->reader);
    free(source->tracks);
    free(source->address);
    free(source->name);
    *source = (CutSource){0};
}

/* ---- borders ------------------------------------------------------------------------------------------- */

#define COUNTED_SPAN_US 120000000 // of longer moments only the borders are looked at

static RvStatus is_behind(const CutSource *source, int64_t start_us, int64_t end_of_video_us, RvError *err)
{
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: ends at %.3f s; there is nothing at %.3f s to cut",
                        source->name, (double)end_of_video_us / 1e6, (double)start_us / 1e6);
}

static RvStatus use_scan(const CutSource *source, const CutScan *from, const CutScan *to, int64_t start_us,
                         int64_t end_us, CutBorders *out, RvError *err)
{
    if (!to->has_end && start_us >= to->end_of_last_us)
        return is_behind(source, start_us, to->end_of_last_us, err);
    if (rv_moment_behind_from_us(end_us) <= from->first.us)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: its picture begins at %.3f s; there is none before %.3f s to cut",
                            source->name, (double)from->first.us / 1e6, (double)end_us / 1e6);
    out->first_us = from->first.us;
    out->last_us = to->last.us > from->first.us ? to->last.us : from->first.us;
    out->key_us = from->has_key ? from->key.us : from->first.us;
    out->leading = from->has_key && from->leading;
    out->seek_us = from->seek_us;
    out->frame_count = from == to ? from->inside_count : 0;
    out->end_us = to->end.us;
    out->copy_end_us = to->has_copy_end ? to->copy_end_us : to->end.us;
    if (!to->has_end) { // the video ends there; sound may go on
        int64_t longest_us = source->length_us > to->end_of_last_us ? source->length_us : to->end_of_last_us;
        out->end_us = end_us < longest_us ? end_us : longest_us;
        if (out->end_us < to->end_of_last_us)
            out->end_us = to->end_of_last_us;
        out->copy_end_us = out->end_us;
    }
    return RV_OK;
}

// Long frames are cut too; copies do not last far beyond the end.
static void bound(int64_t start_us, int64_t end_us, CutBorders *out)
{
    out->start_us = start_us - out->first_us > CUT_LONG_FRAME_US ? start_us : out->first_us;
    if (out->end_us - end_us > CUT_LONG_FRAME_US)
        out->end_us = end_us;
    if (out->copy_end_us - end_us > CUT_COPY_BEHIND_US)
        out->copy_end_us = end_us + CUT_COPY_BEHIND_US;
}

RvStatus rv_cut_source_borders(CutSource *source, int64_t start_us, int64_t end_us, CutBorders *out,
                               RvError *err)
{
    bool together = end_us - start_us <= COUNTED_SPAN_US;
    CutScan from, to;
    *out = (CutBorders){0};
    RvStatus status = rv_cut_scan(source, start_us, together ? end_us : start_us, &from, err);
    if (status == RV_OK && from.sure && !together)
        status = rv_cut_scan(source, end_us, end_us, &to, err);
    if (status != RV_OK)
        return status;
    if (!from.sure || (!together && !to.sure)) {
        int64_t end_of_video_us = 0;
        status = rv_cut_count(source, start_us, end_us, out, &end_of_video_us, err);
        if (status == RV_OK && start_us >= end_of_video_us && out->end_number == 0)
            status = is_behind(source, start_us, end_of_video_us, err);
    } else {
        status = use_scan(source, &from, together ? &from : &to, start_us, end_us, out, err);
    }
    if (status == RV_OK)
        bound(start_us, end_us, out);
    return status;
}
