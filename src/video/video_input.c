/* SPDX-License-Identifier: MIT */
/* The bytes of a video: a file or an address, opened so that it reaches nothing else, and its demuxer. */
#include "video/video_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>

#include "base/error.h"
#include "base/file.h"
#include "video/ffmpeg_compat.h"

#define NETWORK_TIMEOUT_US "30000000"
/* Limit for a server that does not say how much it sends and does not support seeking: so many bytes are read
 * without finding one packet of a video. The largest headers (MP4, hours long) have some ten megabytes. */
#define SILENT_BYTES_MAX (INT64_C(256) << 20)
#define MATROSKA_HEAD_BYTES 128

/* ---- interruption ------------------------------------------------------------------------------------- */

static bool is_cancelled(const VideoReader *reader)
{
    return reader->options.cancelled != NULL && reader->options.cancelled(reader->options.cancelled_user);
}

RvStatus rv_input_check_cancel(const VideoReader *reader, RvError *err)
{
    if (is_cancelled(reader))
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped", reader->name);
    return RV_OK;
}

static int interrupt(void *user)
{
    VideoReader *reader = user;
    if (is_cancelled(reader))
        return 1;
    if (reader->sizeless && reader->io != NULL &&
        reader->io->bytes_read - reader->packet_bytes > SILENT_BYTES_MAX)
        reader->endless = true;
    return reader->endless;
}

/* ---- what else a demuxer opens ------------------------------------------------------------------------- */

// The pieces of a playlist on a server. FFmpeg skips a piece that fails; here such a failure ends the
// reading.
static void note_fault(VideoReader *reader, int code)
{
    if (reader->opened && reader->fault == 0 && code != AVERROR_EOF && code != AVERROR_EXIT)
        reader->fault = code;
}

static int open_piece(AVFormatContext *format, AVIOContext **io, const char *address, int flags,
                      AVDictionary **options)
{
    VideoReader *reader = format->opaque;
    int code = reader->open_piece(format, io, address, flags, options);
    if (code < 0)
        note_fault(reader, code);
    return code;
}

static int close_piece(AVFormatContext *format, AVIOContext *io)
{
    VideoReader *reader = format->opaque;
    if (io != NULL && io->error < 0)
        note_fault(reader, io->error);
    return reader->close_piece(format, io);
}

int rv_input_fault(const VideoReader *reader)
{
    if (reader->fault != 0)
        return reader->fault;
    int code = reader->io != NULL ? reader->io->error : 0;
    return code < 0 && code != AVERROR_EOF ? code : 0;
}

/* ---- what fails ---------------------------------------------------------------------------------------- */

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
    if (!S_ISREG(facts.st_mode)) // reading a pipe could block for ever
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is not a regular file; save the video to a file first",
                            path);
    if (facts.st_size == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: is empty; not a video", path);
    if (access(path, R_OK) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be read: %s", path, strerror(errno));
    return RV_OK;
}

// True if the file begins like an MP4 or QuickTime file. Its index may be at the end, and a truncated copy
// then has none.
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

static RvStatus address_failed(const VideoReader *reader, int code, RvError *err)
{
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    const char *advice = "check the address";
    if (code == AVERROR_HTTP_SERVER_ERROR)
        advice = "the fault lies with the server; try again later";
    else if (code == AVERROR(ETIMEDOUT) || code == AVERROR(EIO))
        advice = "check the connection and try again";
    return rv_error_set(err, RV_ERROR_NETWORK, "%s: %s; %s", reader->name, text, advice);
}

static RvStatus refuse_list(const VideoReader *reader, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: is a playlist, not a video; name the videos themselves",
                        reader->name);
}

RvStatus rv_input_open_failed(const VideoReader *reader, int code, RvError *err)
{
    // A demuxer whose reads failed may report "no video" instead of "could not read".
    RvStatus status = rv_input_check_cancel(reader, err);
    if (status != RV_OK)
        return status;
    if (code == AVERROR(ENOMEM))
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while opening", reader->name);
    if (reader->endless)
        return rv_error_set(err, RV_ERROR_NETWORK,
                            "%s: the server sent %d MB without the beginning of a video; check the address",
                            reader->name, (int)(SILENT_BYTES_MAX >> 20));
    int fault = rv_input_fault(reader);
    if (reader->names_pieces && !reader->is_url && fault == 0)
        return refuse_list(reader, err);
    code = fault != 0 ? fault : code;
    if (code == AVERROR_INVALIDDATA && !reader->is_url && looks_like_mp4(reader->address))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: an MP4 file without its index: cut short or damaged; copy it again",
                            reader->name);
    if (code == AVERROR_INVALIDDATA || code == AVERROR_EOF)
        return rv_error_set(
            err, RV_ERROR_FORMAT, "%s: not a video, or damaged in its first bytes%s", reader->name,
            reader->is_url ? "; a page that plays one is none (yt-dlp downloads from many)" : "");
    if (reader->is_url)
        return address_failed(reader, code, err);
    char text[128];
    rv_ffmpeg_error_text(code, text, sizeof text);
    // The bytes were readable, so the content is at fault: it is no video, or it refers to something else.
    RvStatus kind = reader->io != NULL && fault == 0 ? RV_ERROR_FORMAT : RV_ERROR_IO;
    return rv_error_set(err, kind, "%s: cannot be read as a video: %s", reader->name, text);
}

/* ---- what the bytes are -------------------------------------------------------------------------------- */

static bool is_list(const AVInputFormat *kind)
{
    static const char *const kinds[] = {"concat", "sdp", "rtsp", "hls", "dash", "imf"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (av_match_name(kinds[i], kind->name))
            return true;
    }
    return false;
}

// FFmpeg also reads things that are no videos: pictures, text as terminal art, lists of other files.
static RvStatus check_kind(const VideoReader *reader, const AVInputFormat *kind, RvError *err)
{
    static const char *const text_kinds[] = {"tty", "bin",        "xbin", "adf",
                                             "idf", "ffmetadata", "lrc",  "aqtitle"};
    size_t length = strlen(kind->name);
    if (av_match_name("image2", kind->name) || av_match_name("ico", kind->name) ||
        (length > 5 && strcmp(kind->name + length - 5, "_pipe") == 0))
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_IMAGE, NULL, "%s: is a picture, not a video",
                                 reader->name);
    for (size_t i = 0; i < sizeof text_kinds / sizeof text_kinds[0]; i++) {
        if (av_match_name(text_kinds[i], kind->name))
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: is text, not a video", reader->name);
    }
    // A playlist on a server may name that server's pieces; the whitelist keeps it from naming local files.
    if (!reader->is_url && is_list(kind))
        return refuse_list(reader, err);
    return RV_OK;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

// Returns the address in FFmpeg's form: the scheme in small letters ("http:"), and "file:" before paths, so
// that no file name is read as a protocol. Free with av_free.
static char *ffmpeg_address(const VideoReader *reader)
{
    char *address = reader->is_url ? av_strdup(reader->address) : av_asprintf("file:%s", reader->address);
    for (char *at = address; at != NULL && *at != '\0' && *at != ':'; at++)
        *at = (char)av_tolower(*at);
    return address;
}

static int open_bytes(VideoReader *reader, const char *address)
{
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist",
                reader->is_url ? "http,https,tcp,tls,crypto,httpproxy" : "file", 0);
    if (reader->is_url) {
        av_dict_set(&options, "rw_timeout", NETWORK_TIMEOUT_US, 0);
        av_dict_set(&options, "reconnect", "1", 0);
        av_dict_set(&options, "reconnect_delay_max", "5", 0);
        av_dict_set(&options, "user_agent", "reelvec", 0);
    }
    AVIOInterruptCB callback = {.callback = interrupt, .opaque = reader};
    int code = avio_open2(&reader->io, address, AVIO_FLAG_READ, &callback, &options);
    av_dict_free(&options);
    if (code >= 0) {
        int64_t size_bytes = avio_size(reader->io);
        reader->info.size_bytes = size_bytes > 0 ? size_bytes : 0;
        reader->sizeless = size_bytes <= 0;
    }
    return code;
}

// Reads an EBML number of up to 8 bytes (RFC 8794, section 4). Returns -1 for "unknown" and damage.
static int64_t read_ebml_size(const uint8_t *bytes, const uint8_t *end, const uint8_t **after)
{
    int length = 1;
    *after = end;
    while (length <= 8 && bytes < end && (bytes[0] & (0x80 >> (length - 1))) == 0)
        length++;
    if (bytes >= end || length > 8 || length > end - bytes)
        return -1;
    uint64_t size = bytes[0] & (0xff >> length), unknown = (UINT64_C(1) << (7 * length)) - 1;
    for (int i = 1; i < length; i++)
        size = size << 8 | bytes[i];
    *after = bytes + length;
    return size == unknown ? -1 : (int64_t)size;
}

// Returns where the Segment of a Matroska file ends (RFC 9559, section 5.1); 0 if unknown.
static int64_t matroska_end(const uint8_t *bytes, size_t size_bytes)
{
    static const uint8_t ebml_id[] = {0x1a, 0x45, 0xdf, 0xa3}, segment_id[] = {0x18, 0x53, 0x80, 0x67};
    const uint8_t *at = bytes, *end = bytes + size_bytes;
    if (size_bytes < 5 || memcmp(at, ebml_id, sizeof ebml_id) != 0)
        return 0;
    int64_t head_bytes = read_ebml_size(at + 4, end, &at);
    if (head_bytes < 0 || head_bytes > end - at - 5 ||
        memcmp(at + head_bytes, segment_id, sizeof segment_id) != 0)
        return 0;
    int64_t segment_bytes = read_ebml_size(at + head_bytes + 4, end, &at);
    return segment_bytes > 0 ? at - bytes + segment_bytes : 0;
}

static void look_at_head(VideoReader *reader)
{
    uint8_t head[MATROSKA_HEAD_BYTES];
    int count = avio_read(reader->io, head, sizeof head);
    if (count > 0)
        reader->announced_end = matroska_end(head, (size_t)count);
    static const char list[] = "#EXTM3U";
    reader->names_pieces = count >= (int)sizeof list && memcmp(head, list, sizeof list - 1) == 0;
    avio_seek(reader->io, 0, SEEK_SET); // within the buffered bytes
}

static int open_demuxer(VideoReader *reader, const char *address, const AVInputFormat *kind)
{
    AVDictionary *options = NULL;
    // Nothing that a local file names is ever opened. Persistent connections are off so that each piece of a
    // playlist is opened and closed separately, which makes its errors visible.
    av_dict_set(&options, "protocol_whitelist",
                reader->is_url ? "http,https,tcp,tls,crypto,httpproxy" : "none", 0);
    av_dict_set(&options, "http_persistent", "0", 0);
    av_dict_set(&options, "http_multiple", "0", 0);
    int code = avformat_open_input(&reader->format, address, kind, &options);
    av_dict_free(&options);
    return code;
}

RvStatus rv_input_open(VideoReader *reader, RvError *err)
{
    RvStatus status = reader->is_url ? RV_OK : check_file(reader->address, err);
    if (status != RV_OK)
        return status;
    char *address = ffmpeg_address(reader);
    reader->format = avformat_alloc_context();
    if (reader->format == NULL || address == NULL) {
        av_free(address);
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while opening", reader->name);
    }
    const AVInputFormat *kind = NULL;
    rv_ffmpeg_watch_memory();
    int code = open_bytes(reader, address);
    if (code >= 0) {
        look_at_head(reader);
        code = av_probe_input_buffer2(reader->io, &kind, address, NULL, 0, 0);
    }
    reader->doubted = rv_ffmpeg_may_lack_memory();
    status = code < 0 ? rv_input_open_failed(reader, code, err) : check_kind(reader, kind, err);
    if (status == RV_OK) {
        if (is_list(kind)) // the playlist's own bytes say nothing about the size of its pieces
            reader->info.size_bytes = 0;
        reader->format->interrupt_callback = (AVIOInterruptCB){.callback = interrupt, .opaque = reader};
        reader->format->opaque = reader;
        reader->open_piece = reader->format->io_open;
        reader->close_piece = reader->format->io_close2;
        reader->format->io_open = open_piece;
        reader->format->io_close2 = close_piece;
        reader->format->pb = reader->io;
        rv_ffmpeg_watch_memory();
        code = open_demuxer(reader, address, kind);
        reader->doubted = reader->doubted || rv_ffmpeg_may_lack_memory();
        status = code < 0 ? rv_input_open_failed(reader, code, err) : RV_OK;
    }
    av_free(address);
    return status;
}

void rv_input_close(VideoReader *reader)
{
    avformat_close_input(&reader->format);
    avio_closep(&reader->io);
}

/* ---- at the end ---------------------------------------------------------------------------------------- */

bool rv_input_is_cut(const VideoReader *reader)
{
    int64_t size_bytes = reader->info.size_bytes;
    // a recording ends where it was stopped
    bool recorded = av_match_name("mpegts", reader->format->iformat->name);
    if (reader->last_corrupt && !recorded)
        return true; // the last packet ends with the file
    if (size_bytes <= 0)
        return false;
    if (reader->announced_end > size_bytes)
        return true;
    // The table of an MP4 file holds the position of each packet.
    int count = avformat_index_get_entries_count(reader->stream);
    const AVIndexEntry *last = count > 0 ? avformat_index_get_entry(reader->stream, count - 1) : NULL;
    return av_match_name("mp4", reader->format->iformat->name) && last != NULL &&
           last->pos + last->size > size_bytes;
}
