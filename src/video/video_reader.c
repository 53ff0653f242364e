/* SPDX-License-Identifier: MIT */
/* The boundary to FFmpeg's demuxers: opening a file or URL safely, choosing a stream, reading packets. */
#include "video/video_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "video/ffmpeg_compat.h"
#include "video/video_internal.h"

#define READ_ERRORS_MAX 200 // in a row, before a damaged file counts as ended
#define NETWORK_TIMEOUT_US "30000000"

static int interrupt(void *user)
{
    const VideoReader *reader = user;
    return reader->options.cancelled != NULL && reader->options.cancelled(reader->options.cancelled_user);
}

RvStatus rv_video_check_cancel(const VideoReader *reader, RvError *err)
{
    if (interrupt((void *)reader))
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped", reader->name);
    return RV_OK;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static RvStatus check_file(const char *path, RvError *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no such file", path);
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (S_ISDIR(facts.st_mode))
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is a folder; name the videos inside it", path);
    if (!S_ISREG(facts.st_mode)) // a pipe could keep us waiting for ever
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is not a regular file; save the video to a file first",
                            path);
    if (facts.st_size == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is empty; not a video", path);
    if (access(path, R_OK) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be read: %s", path, strerror(errno));
    return RV_OK;
}

// Does the file begin like an MP4 or QuickTime file? Its index may stand at the end, where a broken copy has
// none.
static bool looks_like_mp4(const char *path)
{
    char bytes[8] = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return count == sizeof bytes && memcmp(bytes + 4, "ftyp", 4) == 0;
}

static RvStatus open_failed(const VideoReader *reader, int code, RvError *err)
{
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    if (code == AVERROR_EXIT)
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped", reader->name);
    if (code == AVERROR(ENOMEM))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while opening", reader->name);
    bool is_url = rv_file_is_url(reader->name);
    if (code == AVERROR_INVALIDDATA && !is_url && looks_like_mp4(reader->name))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: an MP4 file without its index: cut short or damaged; copy it again",
                            reader->name);
    if (code == AVERROR_INVALIDDATA || code == AVERROR_EOF)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a video, or damaged in its first bytes",
                            reader->name);
    if (is_url) {
        const char *advice = code == AVERROR(ETIMEDOUT) || code == AVERROR(EIO)
                                 ? "check the connection and try again"
                                 : "check the address";
        return rv_error_set(err, RV_ERROR_NETWORK, "%s: %s; %s", reader->name, text, advice);
    }
    if (code == AVERROR_PROTOCOL_NOT_FOUND)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is a playlist that leads elsewhere, not a video",
                            reader->name);
    return rv_error_set(err, RV_ERROR_IO, "%s: cannot be read as a video: %s", reader->name, text);
}

static RvStatus open_format(VideoReader *reader, RvError *err)
{
    bool is_url = rv_file_is_url(reader->name);
    reader->format = avformat_alloc_context();
    char *address = is_url ? av_strdup(reader->name) : av_asprintf("file:%s", reader->name);
    if (reader->format == NULL || address == NULL) {
        av_free(address);
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while opening", reader->name);
    }
    reader->format->interrupt_callback = (AVIOInterruptCB){.callback = interrupt, .opaque = reader};
    AVDictionary *options = NULL;
    if (is_url) {
        av_dict_set(&options, "protocol_whitelist", "http,https,tcp,tls,crypto,httpproxy", 0);
        av_dict_set(&options, "rw_timeout", NETWORK_TIMEOUT_US, 0);
        av_dict_set(&options, "reconnect", "1", 0);
        av_dict_set(&options, "reconnect_delay_max", "5", 0);
        av_dict_set(&options, "user_agent", "reelvec", 0);
    } else {
        av_dict_set(&options, "protocol_whitelist", "file", 0);
    }
    int code = avformat_open_input(&reader->format, address, NULL, &options);
    av_dict_free(&options);
    av_free(address);
    return code < 0 ? open_failed(reader, code, err) : RV_OK;
}

// Is `name` one of the comma-separated names of the demuxer?
static bool has_name(const AVFormatContext *format, const char *name)
{
    return av_match_name(name, format->iformat->name) != 0;
}

// FFmpeg reads more than videos: pictures, text as terminal art, lists of other files.
static RvStatus check_format(const VideoReader *reader, RvError *err)
{
    static const char *const text_formats[] = {"tty", "bin",        "xbin", "adf",
                                               "idf", "ffmetadata", "lrc",  "aqtitle"};
    static const char *const list_formats[] = {"concat", "sdp", "rtsp", "hls", "dash", "imf"};
    const AVFormatContext *format = reader->format;
    const char *name = format->iformat->name;
    size_t length = strlen(name);
    if (has_name(format, "image2") || has_name(format, "ico") ||
        (length > 5 && strcmp(name + length - 5, "_pipe") == 0))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: is a picture, not a video; pictures are for `search --image`", reader->name);
    for (size_t i = 0; i < sizeof text_formats / sizeof text_formats[0]; i++) {
        if (has_name(format, text_formats[i]))
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: is text, not a video", reader->name);
    }
    if (rv_file_is_url(reader->name))
        return RV_OK; // a playlist on a server leads to that server's pieces; the whitelist keeps it off
                      // files
    for (size_t i = 0; i < sizeof list_formats / sizeof list_formats[0]; i++) {
        if (has_name(format, list_formats[i]))
            return rv_error_set(err, RV_ERROR_FORMAT,
                                "%s: is a playlist, not a video; name the videos themselves", reader->name);
    }
    return RV_OK;
}

static RvStatus choose_stream(VideoReader *reader, RvError *err)
{
    int code = avformat_find_stream_info(reader->format, NULL);
    if (code < 0)
        return open_failed(reader, code, err);
    reader->stream = rv_video_choose_stream(reader->format);
    if (reader->stream == NULL) {
        if (reader->format->nb_streams == 0)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a video: nothing was found inside",
                                reader->name);
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: has no video stream", reader->name);
    }
    for (unsigned i = 0; i < reader->format->nb_streams; i++) {
        if (reader->format->streams[i] != reader->stream)
            reader->format->streams[i]->discard = AVDISCARD_ALL;
    }
    AVRational tick = reader->stream->time_base;
    if (tick.num <= 0 || tick.den <= 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged: its video stream has no time base",
                            reader->name);
    enum AVCodecID codec = reader->stream->codecpar->codec_id;
    reader->codec = avcodec_find_decoder(codec);
    if (reader->codec == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: this build of FFmpeg cannot decode %s",
                            reader->name,
                            codec == AV_CODEC_ID_NONE ? "its video stream" : avcodec_get_name(codec));
    return RV_OK;
}

RvStatus rv_video_open(const char *path_or_url, const VideoOptions *options, VideoReader **out, RvError *err)
{
    *out = NULL;
    rv_ffmpeg_silence();
    VideoReader *reader = rv_mem_alloc(1, sizeof *reader, err);
    if (reader == NULL)
        return RV_ERROR_MEMORY;
    if (options != NULL)
        reader->options = *options;
    RvStatus status = RV_OK;
    reader->name = rv_mem_copy_string(path_or_url, err);
    if (reader->name == NULL)
        status = RV_ERROR_MEMORY;
    if (status == RV_OK && !rv_file_is_url(path_or_url))
        status = check_file(path_or_url, err);
    if (status == RV_OK)
        status = open_format(reader, err);
    if (status == RV_OK)
        status = check_format(reader, err);
    if (status == RV_OK)
        status = choose_stream(reader, err);
    if (status != RV_OK) {
        rv_video_close(reader);
        return status;
    }
    rv_video_fill_info(reader);
    *out = reader;
    return RV_OK;
}

void rv_video_close(VideoReader *reader)
{
    if (reader == NULL)
        return;
    avformat_close_input(&reader->format);
    free(reader->name);
    free(reader);
}

const VideoInfo *rv_video_info(const VideoReader *reader)
{
    return &reader->info;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

// What a failed read means: *end, a status, or neither for "try the next packet".
static RvStatus read_failed(VideoReader *reader, int code, bool *end, RvError *err)
{
    if (code == AVERROR_EOF) {
        // Demuxers say "end" also when the connection broke.
        AVIOContext *io = reader->format->pb;
        if (io != NULL && io->error < 0 && io->error != AVERROR_EOF)
            code = io->error;
        if (code == AVERROR_EOF) {
            *end = true;
            return RV_OK;
        }
    }
    RvStatus status = rv_video_check_cancel(reader, err);
    if (status != RV_OK)
        return status;
    reader->error_run++;
    bool passing = code == AVERROR_INVALIDDATA || code == AVERROR(EAGAIN);
    if (passing && reader->error_run < READ_ERRORS_MAX)
        return RV_OK;
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    rv_log_line(&reader->options.log, RV_LOG_WARNING,
                "%s: reading stopped early: %s; what came before is kept", reader->name, text);
    *end = true;
    return RV_OK;
}

RvStatus rv_video_read_packet(VideoReader *reader, AVPacket *packet, bool *end, RvError *err)
{
    *end = reader->ended;
    while (!*end) {
        RvStatus status = rv_video_check_cancel(reader, err);
        if (status != RV_OK)
            return status;
        int code = av_read_frame(reader->format, packet);
        if (code < 0) {
            status = read_failed(reader, code, end, err);
            if (status != RV_OK)
                return status;
            continue;
        }
        reader->error_run = 0;
        // An empty packet would tell the decoder that the video is over.
        if (packet->stream_index == reader->stream->index && packet->size > 0)
            return RV_OK;
        av_packet_unref(packet);
    }
    reader->ended = true;
    return RV_OK;
}
