/* SPDX-License-Identifier: MIT */
/* The places where FFmpeg 5, 6 and 7 differ, and FFmpeg's process-wide log. */
#include "video/ffmpeg_compat.h"

#include <errno.h>
#include <pthread.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/log.h>

static void silence_once(void)
{
    // AV_LOG_INFO is FFmpeg's default. Any other level was chosen by the host program and is kept.
    if (av_log_get_level() == AV_LOG_INFO)
        av_log_set_level(AV_LOG_QUIET);
}

void rv_ffmpeg_silence(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_once);
}

// Returns what the container stores for a stream, or NULL if it has nothing of this type or fewer than
// size_bytes.
static const uint8_t *side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t size_bytes)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *items = stream->codecpar->coded_side_data;
    int count = stream->codecpar->nb_coded_side_data;
#else
    const AVPacketSideData *items = stream->side_data;
    int count = stream->nb_side_data;
#endif
    for (int i = 0; i < count; i++) {
        if (items[i].type == type && items[i].size >= size_bytes)
            return items[i].data;
    }
    return NULL;
}

const int32_t *rv_ffmpeg_stream_matrix(const AVStream *stream)
{
    return (const int32_t *)(const void *)side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
}

bool rv_ffmpeg_dolby_vision(const AVStream *stream, int *profile, int *compatibility)
{
    const AVDOVIDecoderConfigurationRecord *record =
        (const void *)side_data(stream, AV_PKT_DATA_DOVI_CONF, sizeof *record);
    if (record == NULL)
        return false;
    *profile = record->dv_profile;
    *compatibility = record->dv_bl_signal_compatibility_id;
    return true;
}

int rv_ffmpeg_channel_count(const AVCodecParameters *parameters)
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(59, 24, 100)
    return parameters->ch_layout.nb_channels;
#else
    return parameters->channels;
#endif
}

int64_t rv_ffmpeg_frame_duration(const AVFrame *frame)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 2, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

bool rv_ffmpeg_frame_is_key(const AVFrame *frame)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
    return frame->key_frame != 0;
#endif
}

void rv_ffmpeg_watch_memory(void)
{
    errno = 0;
}

bool rv_ffmpeg_may_lack_memory(void)
{
    return errno == ENOMEM;
}

bool rv_ffmpeg_lacks_memory(int code)
{
    bool failed = code < 0 && code != AVERROR(EAGAIN); // which means: call again
    return failed && (code == AVERROR(ENOMEM) || errno == ENOMEM);
}

void rv_ffmpeg_error_text(int code, char *text, size_t size_bytes)
{
    if (av_strerror(code, text, size_bytes) < 0)
        av_strlcpy(text, "unknown error", size_bytes);
}
