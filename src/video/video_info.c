/* SPDX-License-Identifier: MIT */
/* Facts of an opened video: which stream, how long, how fast, how it is turned, where time begins. */
#include <math.h>
#include <stdlib.h>

#include <libavutil/avstring.h>
#include <libavutil/mathematics.h>

#include "video/ffmpeg_compat.h"
#include "video/video_internal.h"
#include "video/video_reader.h"

#define LONGEST_INTERVAL_US 60000000

bool rv_video_is_picture(const AVStream *stream)
{
    int pictures = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
    return (stream->disposition & pictures) != 0;
}

bool rv_video_is_better(const AVStream *stream, const AVStream *best)
{
    bool is_default = (stream->disposition & AV_DISPOSITION_DEFAULT) != 0;
    bool best_is_default = (best->disposition & AV_DISPOSITION_DEFAULT) != 0;
    if (is_default != best_is_default)
        return is_default;
    int64_t area = (int64_t)stream->codecpar->width * stream->codecpar->height;
    return area > (int64_t)best->codecpar->width * best->codecpar->height;
}

AVStream *rv_video_choose_stream(AVFormatContext *format)
{
    AVStream *best = NULL;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        if (stream->codecpar->codec_type != AVMEDIA_TYPE_VIDEO || rv_video_is_picture(stream))
            continue;
        if (best == NULL || rv_video_is_better(stream, best))
            best = stream;
    }
    return best;
}

void rv_video_read_matrix(const int32_t *matrix, int *quarter_turns, bool *mirrored)
{
    *quarter_turns = 0;
    *mirrored = false;
    if (matrix == NULL)
        return;
    // (x, y) -> (a x + c y, b x + d y), y downwards, in 16.16 fixed point. The mirror is removed from the x
    // column.
    double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    *mirrored = a * d - b * c < 0;
    if (*mirrored) {
        a = -a;
        b = -b;
    }
    if (fabs(a) >= fabs(b))
        *quarter_turns = a < 0 ? 2 : 0;
    else
        *quarter_turns = b > 0 ? 1 : 3;
}

// Find the container's start as the exact time stamp of the stream that begins first.
static void find_start(VideoReader *reader)
{
    const AVFormatContext *format = reader->format;
    if (format->start_time == AV_NOPTS_VALUE)
        return;
    reader->clock.has_start = true;
    reader->clock.start = (ClockTime){.num = format->start_time, .den = AV_TIME_BASE};
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        VideoClock own = {.tick_num = stream->time_base.num, .tick_den = stream->time_base.den};
        if (stream->start_time == AV_NOPTS_VALUE || own.tick_num <= 0 || own.tick_den <= 0 ||
            !rv_clock_is_sane(&own, stream->start_time))
            continue;
        if (llabs(av_rescale_q(stream->start_time, stream->time_base, AV_TIME_BASE_Q) - format->start_time) <=
            1) {
            reader->clock.start = (ClockTime){.num = stream->start_time * own.tick_num, .den = own.tick_den};
            return;
        }
    }
}

// Find the container's length if its header says it. A length that FFmpeg derived from time stamps is not
// used, because it says no more than they do.
static void find_length(VideoReader *reader)
{
    const AVFormatContext *format = reader->format;
    bool said = format->duration_estimation_method == AVFMT_DURATION_FROM_STREAM &&
                format->duration != AV_NOPTS_VALUE && format->duration > 0;
    reader->clock.length_us = said ? format->duration : 0; // AV_TIME_BASE is a million
}

static void set_clock(VideoReader *reader)
{
    const AVStream *stream = reader->stream;
    reader->clock = (VideoClock){.tick_num = stream->time_base.num, .tick_den = stream->time_base.den};
    find_start(reader);
    find_length(reader);
    VideoClock guess = reader->clock;
    int64_t first = stream->start_time;
    if (first == AV_NOPTS_VALUE || !rv_clock_is_sane(&guess, first))
        return;
    rv_clock_set_zero(&guess, first);
    reader->info.start_s = (double)guess.zero.num / (double)guess.zero.den;
}

static void set_duration(VideoReader *reader)
{
    const AVStream *stream = reader->stream;
    const AVFormatContext *format = reader->format;
    double duration_s = 0;
    if (stream->duration != AV_NOPTS_VALUE && stream->duration > 0) {
        duration_s = (double)stream->duration * av_q2d(stream->time_base);
        if (stream->start_time != AV_NOPTS_VALUE)
            duration_s += (double)stream->start_time * av_q2d(stream->time_base) - reader->info.start_s;
    } else if (format->duration != AV_NOPTS_VALUE && format->duration > 0) {
        duration_s = (double)format->duration / AV_TIME_BASE;
    }
    // If the recording goes on in another stream, this is the length of the whole.
    if (reader->follow.possible && format->duration != AV_NOPTS_VALUE)
        duration_s = fmax(duration_s, (double)format->duration / AV_TIME_BASE);
    reader->info.duration_s = duration_s > 0 && duration_s < 1e9 ? duration_s : 0;
}

void rv_video_set_rate(VideoReader *reader)
{
    AVRational rate = reader->stream->avg_frame_rate;
    if (rate.num > 0 && rate.den > 0)
        reader->info.frame_rate = av_q2d(rate);
    else
        rate = reader->stream->r_frame_rate;
    if (reader->interval_us == 0) {
        reader->rate = (AVRational){25, 1};
        reader->interval_us = 40000;
    }
    if (rate.num > 0 && rate.den > 0) {
        int64_t interval_us = av_rescale(1000000, rate.den, rate.num);
        if (interval_us > 0 && interval_us < LONGEST_INTERVAL_US) {
            reader->rate = rate;
            reader->interval_us = interval_us;
        }
    }
}

VideoZero rv_video_zero(const VideoReader *reader)
{
    const VideoClock *clock = &reader->clock;
    const char *kind = reader->format->iformat->name;
    VideoZero zero = {.mp4 = av_match_name("mp4", kind) != 0,
                      .matroska = av_match_name("matroska", kind) != 0};
    if (clock->has_zero)
        zero.container_s = (double)clock->zero.num / (double)clock->zero.den;
    if (clock->has_zero && clock->has_start)
        zero.after_start_s = zero.container_s - (double)clock->start.num / (double)clock->start.den;
    return zero;
}

static void set_size(VideoReader *reader)
{
    int width = reader->stream->codecpar->width, height = reader->stream->codecpar->height;
    AVRational aspect = av_guess_sample_aspect_ratio(reader->format, reader->stream, NULL);
    if (aspect.num > 0 && aspect.den > 0) {
        double shown = floor((double)width * av_q2d(aspect) + 0.5);
        if (shown >= 1 && shown <= 1 << 20)
            width = (int)shown;
    }
    int quarter_turns;
    bool mirrored;
    rv_video_read_matrix(rv_ffmpeg_stream_matrix(reader->stream), &quarter_turns, &mirrored);
    bool lying = quarter_turns % 2 != 0;
    reader->info.width = lying ? height : width;
    reader->info.height = lying ? width : height;
}

void rv_video_fill_info(VideoReader *reader)
{
    av_strlcpy(reader->info.codec, avcodec_get_name(reader->stream->codecpar->codec_id),
               sizeof reader->info.codec);
    set_clock(reader);
    set_duration(reader);
    rv_video_set_rate(reader);
    set_size(reader);
}
