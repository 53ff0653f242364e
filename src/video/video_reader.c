/* SPDX-License-Identifier: MIT */
/* The boundary to FFmpeg's demuxers: a file or URL is opened, its stream chosen, its packets are read. */
#include "video/video_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "video/ffmpeg_compat.h"
#include "video/stream_follow.h"
#include "video/video_input.h"
#include "video/video_internal.h"

#define READ_ERRORS_MAX 200 // errors in a row after which a damaged file counts as ended

/* ---- opening ------------------------------------------------------------------------------------------ */

// Refuse Dolby Vision whose base layer is not a picture of its own: read as YCbCr it is green and violet.
// Dolby Vision Streams within the ISO base media file format 2.4, 3.1: profile 5, and others whose
// compatibility is 0.
static RvStatus check_colours(const VideoReader *reader, RvError *err)
{
    int profile, compatibility;
    if (!rv_ffmpeg_dolby_vision(reader->stream, &profile, &compatibility))
        return RV_OK;
    bool alone = profile == 5 || (profile >= 8 && compatibility == 0);
    if (!alone)
        return RV_OK;
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "%s: video colours coded as Dolby Vision profile %d are not read; convert the video to "
        "BT.709",
        reader->name, profile);
}

// Find the video stream and a decoder for it, and refuse what cannot be decoded.
static RvStatus choose_stream(VideoReader *reader, RvError *err)
{
    rv_ffmpeg_watch_memory();
    int code = avformat_find_stream_info(reader->format, NULL);
    reader->doubted = reader->doubted || rv_ffmpeg_may_lack_memory();
    if (code < 0)
        return rv_input_open_failed(reader, code, err);
    reader->stream = rv_video_choose_stream(reader->format);
    if (reader->stream == NULL) {
        if (reader->format->nb_streams == 0)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a video: nothing was found inside",
                                reader->name);
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: has no video stream", reader->name);
    }
    // If facts are missing because reading failed, report the failure. Otherwise the video would be
    // remembered as one with unknown facts.
    const AVCodecParameters *facts = reader->stream->codecpar;
    int fault = rv_input_fault(reader);
    if (fault != 0 && (facts->codec_id == AV_CODEC_ID_NONE || facts->width <= 0 || facts->height <= 0))
        return rv_input_open_failed(reader, fault, err);
    rv_follow_init(reader);
    AVRational tick = reader->stream->time_base;
    if (tick.num <= 0 || tick.den <= 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged: its video stream has no time base",
                            reader->name);
    enum AVCodecID codec = facts->codec_id;
    reader->codec = avcodec_find_decoder(codec);
    if (reader->codec == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: this build of FFmpeg cannot decode %s",
                            reader->name,
                            codec == AV_CODEC_ID_NONE ? "its video stream" : avcodec_get_name(codec));
    return check_colours(reader, err);
}

// *doubted: FFmpeg may have been refused memory, whatever the status is.
static RvStatus open_once(const char *path_or_url, const VideoOptions *options, VideoReader **out,
                          bool *doubted, RvError *err)
{
    VideoReader *reader = rv_mem_alloc(1, sizeof *reader, err);
    if (reader == NULL)
        return RV_ERROR_MEMORY;
    if (options != NULL)
        reader->options = *options;
    RvStatus status = RV_OK;
    reader->is_url = rv_file_is_url(path_or_url);
    reader->address = rv_mem_copy_string(path_or_url, err);
    reader->name = reader->address != NULL ? rv_file_copy_shown(path_or_url, err) : NULL;
    if (reader->name == NULL)
        status = RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_input_open(reader, err);
    if (status == RV_OK)
        status = choose_stream(reader, err);
    *doubted = reader->doubted;
    if (status != RV_OK) {
        rv_video_close(reader);
        return status;
    }
    rv_video_fill_info(reader);
    reader->opened = true;
    *out = reader;
    return RV_OK;
}

RvStatus rv_video_open(const char *path_or_url, const VideoOptions *options, VideoReader **out, RvError *err)
{
    bool doubted = false;
    *out = NULL;
    rv_ffmpeg_silence();
    RvStatus status = open_once(path_or_url, options, out, &doubted, err);
    if (!doubted || status == RV_ERROR_MEMORY || status == RV_ERROR_CANCELLED)
        return status;
    // What FFmpeg found may be a part of what is there, or what is wrong may be the machine: look a second time.
    rv_video_close(*out);
    *out = NULL;
    status = open_once(path_or_url, options, out, &doubted, err);
    if (status == RV_OK || !doubted || status == RV_ERROR_CANCELLED)
        return status;
    char name[512];
    rv_file_show_url(path_or_url, name, sizeof name);
    return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while opening", name);
}

void rv_video_close(VideoReader *reader)
{
    if (reader == NULL)
        return;
    rv_follow_clear(reader);
    rv_input_close(reader);
    free(reader->name);
    free(reader->address);
    free(reader);
}

const VideoInfo *rv_video_info(const VideoReader *reader)
{
    return &reader->info;
}

const char *rv_video_name(const VideoReader *reader)
{
    return reader->name;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static RvStatus reading_broke(const VideoReader *reader, int code, RvError *err)
{
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    if (reader->endless)
        return rv_error_set(err, RV_ERROR_NETWORK, "%s: the server sends on and on, and no video",
                            reader->name);
    if (reader->is_url)
        return rv_error_set(
            err, RV_ERROR_NETWORK,
            "%s: the connection broke before its end: %s; what came before is kept, try again", reader->name,
            text);
    return rv_error_set(err, RV_ERROR_IO,
                        "%s: reading broke off before its end: %s; what came before is kept, try again",
                        reader->name, text);
}

// Decide what a failed read means: *end, an error, or RV_OK without *end for "try the next packet".
static RvStatus read_failed(VideoReader *reader, int code, bool *end, RvError *err)
{
    bool lacks_memory = rv_ffmpeg_lacks_memory(code);
    RvStatus status = rv_input_check_cancel(reader, err);
    if (status != RV_OK)
        return status;
    if (lacks_memory) // temporary, so it is neither the end nor a fault of the video
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while reading", reader->name);
    // Demuxers report "end" and "damaged" also if the file or the connection broke.
    int fault = rv_input_fault(reader);
    if (fault != 0 || reader->endless)
        return reading_broke(reader, fault, err);
    if (code == AVERROR_EOF) {
        *end = true;
        reader->cut = rv_input_is_cut(reader);
        return RV_OK;
    }
    reader->error_run++;
    bool passing = code == AVERROR_INVALIDDATA || code == AVERROR(EAGAIN);
    if (passing && reader->error_run < READ_ERRORS_MAX)
        return RV_OK;
    rv_ffmpeg_error_text(code, reader->stop_text, sizeof reader->stop_text);
    *end = true;
    return RV_OK;
}

static void note_packet(VideoReader *reader, const AVPacket *packet)
{
    reader->error_run = 0;
    reader->packet_bytes = reader->io->bytes_read;
    if (packet->stream_index == reader->stream->index)
        reader->last_corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
}

RvStatus rv_video_read_packet(VideoReader *reader, AVPacket *packet, bool *end, RvError *err)
{
    *end = reader->ended;
    while (!*end) {
        RvStatus status = rv_input_check_cancel(reader, err);
        if (status != RV_OK)
            return status;
        if (rv_follow_pop(reader, packet))
            return RV_OK;
        rv_ffmpeg_watch_memory();
        int code = av_read_frame(reader->format, packet);
        if (code < 0) {
            status = read_failed(reader, code, end, err);
            if (status != RV_OK)
                return status;
            if (*end)
                rv_follow_at_end(reader);
            continue;
        }
        note_packet(reader, packet);
        // A piece of a playlist is missing, or a part of this packet.
        if (reader->fault != 0 || (reader->last_corrupt && rv_input_fault(reader) != 0)) {
            av_packet_unref(packet);
            return read_failed(reader, AVERROR_EOF, end, err);
        }
        // The decoder would take an empty packet for the end of the video.
        bool ours = packet->stream_index == reader->stream->index && packet->size > 0;
        if (ours) {
            rv_follow_note(reader, packet);
            return RV_OK;
        }
        *end = rv_follow_hold(reader, packet);
        av_packet_unref(packet);
    }
    reader->ended = true;
    return RV_OK;
}

bool rv_video_can_seek(const VideoReader *reader)
{
    // Other containers are searched by their time stamps, which may jump, or have none.
    const char *kind = reader->format->iformat->name;
    return av_match_name("mp4", kind) || av_match_name("matroska", kind);
}

bool rv_video_seek(VideoReader *reader, int64_t ticks)
{
    if (av_seek_frame(reader->format, reader->stream->index, ticks, AVSEEK_FLAG_BACKWARD) < 0)
        return false;
    reader->ended = reader->last_corrupt = false;
    reader->error_run = 0;
    return true;
}

bool rv_video_follow(VideoReader *reader, int64_t last_us)
{
    if (!rv_follow_switch(reader, last_us))
        return false;
    reader->ended = reader->last_corrupt = false;
    return true;
}
