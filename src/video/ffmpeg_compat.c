/* SPDX-License-Identifier: MIT */
/* The places where FFmpeg 5, 6 and 7 differ, and FFmpeg's process-wide log. */
#include "video/ffmpeg_compat.h"

#include <pthread.h>

#include <libavutil/avstring.h>
#include <libavutil/log.h>

static void silence_once(void)
{
    // AV_LOG_INFO is FFmpeg's own default: whoever changed it wants to see (or not see) something.
    if (av_log_get_level() == AV_LOG_INFO)
        av_log_set_level(AV_LOG_QUIET);
}

void rv_ffmpeg_silence(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_once);
}

const int32_t *rv_ffmpeg_stream_matrix(const AVStream *stream)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    for (int i = 0; i < stream->codecpar->nb_coded_side_data; i++) {
        const AVPacketSideData *data = &stream->codecpar->coded_side_data[i];
        if (data->type == AV_PKT_DATA_DISPLAYMATRIX && data->size >= 9 * sizeof(int32_t))
            return (const int32_t *)data->data;
    }
#else
    for (int i = 0; i < stream->nb_side_data; i++) {
        const AVPacketSideData *data = &stream->side_data[i];
        if (data->type == AV_PKT_DATA_DISPLAYMATRIX && data->size >= 9 * sizeof(int32_t))
            return (const int32_t *)data->data;
    }
#endif
    return NULL;
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

void rv_ffmpeg_error_text(int code, char *text, size_t size_bytes)
{
    if (av_strerror(code, text, size_bytes) < 0)
        av_strlcpy(text, "unknown error", size_bytes);
}
