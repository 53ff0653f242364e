/* SPDX-License-Identifier: MIT */
/* What an editor must know of a file: reelvec/media.h. */
#include "video/media_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/avstring.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/timecode.h"
#include "video/ffmpeg_compat.h"
#include "video/frame_spacing.h"
#include "video/media_timecode.h"
#include "video/video_reader.h"

#define USUAL_TOLERANCE 0.001
#define DENOMINATOR_MAX 1001
#define NUMERATOR_MAX 1000000
#define COUNT_MAX ((int64_t)1 << 40)

/* A rate that cameras and programs mean: a small fraction near the number, or 0/0. */
static RvRate find_simple(double rate, double tolerance)
{
    if (rate > 1000)
        return (RvRate){0};
    RvRate whole = {(int)lround(rate), 1}, ntsc = {(int)lround(rate * 1.001) * 1000, 1001};
    if (rv_rate_is_valid(whole) && fabs(rate - whole.num) <= tolerance * rate)
        return whole;
    if (rv_rate_is_valid(ntsc) && fabs(rate - ntsc.num / 1001.0) <= tolerance * rate)
        return ntsc;
    return (RvRate){0};
}

static double find_declared(const VideoReader *reader, AVRational *exact)
{
    AVRational rates[2] = {reader->stream->avg_frame_rate, reader->stream->r_frame_rate};
    for (int i = 0; i < 2; i++) {
        *exact = rates[i];
        if (rates[i].num > 0 && rates[i].den > 0 && av_q2d(rates[i]) <= 1000)
            return av_q2d(rates[i]);
    }
    return 0;
}

RvRate rv_media_choose_rate(double declared, RvRate exact, const FrameSpacing *spacing, bool *is_exact)
{
    double rate = declared;
    if (spacing->variable && rv_rate_is_valid(spacing->grid)) {
        *is_exact = true;
        return spacing->grid;
    }
    // The container's own word is finer than what a few coarse time stamps tell, if they do not contradict it.
    double doubt = fmax(0.003, spacing->rate_error);
    if (spacing->rate > 0 && (rate <= 0 || spacing->variable || fabs(spacing->rate / rate - 1) > doubt))
        rate = spacing->rate;
    *is_exact = true;
    if (rate <= 0)
        rate = 25;
    RvRate usual = rv_rate_usual(rate);
    double tolerance = rate == declared ? USUAL_TOLERANCE : fmax(USUAL_TOLERANCE, spacing->rate_error);
    if (fabs(rate * usual.den / usual.num - 1) <= tolerance)
        return usual;
    if (!spacing->variable) {
        RvRate simple = find_simple(rate, tolerance);
        bool fine = rate == declared && exact.den <= DENOMINATOR_MAX && exact.num <= NUMERATOR_MAX;
        simple = fine ? exact : simple;
        if (rv_rate_is_valid(simple))
            return simple;
    }
    *is_exact = false;
    return usual;
}

/* Returns false if the rate was rounded, so that counts of frames mean nothing. */
static bool set_rate(const VideoReader *reader, const FrameSpacing *spacing, RvMedia *media)
{
    AVRational exact;
    double declared = find_declared(reader, &exact);
    bool is_exact;
    media->rate = rv_media_choose_rate(declared, (RvRate){exact.num, exact.den}, spacing, &is_exact);
    media->variable_rate = spacing->variable;
    char rate[RATE_TEXT_SIZE], measured[RATE_TEXT_SIZE];
    double about = spacing->rate > 0 ? spacing->rate : declared;
    rv_rate_write(media->rate, rate);
    rv_rate_write((RvRate){(int)fmin(about * 1000, 1e9), 1000}, measured);
    if (spacing->variable)
        rv_media_warn(
            media, "its frame rate varies (about %s frames a second); positions are counted in %s a second",
            measured, rate);
    else if (!is_exact)
        rv_media_warn(media, "its %s frames a second are counted as %s", measured, rate);
    return is_exact && !spacing->variable;
}

static void set_length(VideoReader *reader, const FrameSpacing *spacing, bool exact, RvMedia *media)
{
    if (spacing->has_first && rv_clock_is_sane(&reader->clock, spacing->first_pts)) {
        rv_clock_set_zero(&reader->clock, spacing->first_pts);
        media->first_frame_s = (double)rv_clock_us(&reader->clock, spacing->first_pts) / 1e6;
        media->zero_s = rv_video_zero(reader).container_s;
    }
    double length_s = spacing->length_s;
    if (!(length_s > 0) || !isfinite(length_s))
        length_s = fmax(reader->info.duration_s - media->first_frame_s, 0);
    int64_t count = rv_rate_frames(media->rate, length_s);
    // What was counted is more exact than what was measured.
    if (exact && spacing->frame_count > 0)
        count = spacing->frame_count;
    media->frame_count = count < 1 ? 1 : count > COUNT_MAX ? COUNT_MAX : count;
    media->duration_s = !exact && length_s > 0 ? length_s : rv_rate_seconds(media->rate, media->frame_count);
}

static void set_picture(const VideoReader *reader, RvMedia *media)
{
    const AVCodecParameters *facts = reader->stream->codecpar;
    av_strlcpy(media->codec, reader->info.codec, sizeof media->codec);
    av_strlcpy(media->container, reader->format->iformat->name, sizeof media->container);
    media->width = reader->info.width;
    media->height = reader->info.height;
    media->hdr = facts->color_trc == AVCOL_TRC_SMPTE2084 || facts->color_trc == AVCOL_TRC_ARIB_STD_B67;
    media->coded_width = facts->width;
    media->coded_height = facts->height;
    AVRational aspect = av_guess_sample_aspect_ratio(reader->format, reader->stream, NULL);
    media->aspect_num = media->aspect_den = 1;
    if (aspect.num > 0 && aspect.den > 0) {
        media->aspect_num = aspect.num;
        media->aspect_den = aspect.den;
    }
    bool mirrored;
    rv_video_read_matrix(rv_ffmpeg_stream_matrix(reader->stream), &media->quarter_turns, &mirrored);
}

static RvStatus set_audio(const VideoReader *reader, RvMedia *media, RvError *err)
{
    media->audio = rv_mem_alloc(reader->format->nb_streams, sizeof *media->audio, err);
    if (media->audio == NULL)
        return RV_ERROR_MEMORY;
    for (unsigned i = 0; i < reader->format->nb_streams; i++) {
        const AVStream *stream = reader->format->streams[i];
        if (stream->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
            continue;
        RvAudioTrack *track = &media->audio[media->audio_count++];
        int channels = rv_ffmpeg_channel_count(stream->codecpar), rate = stream->codecpar->sample_rate;
        track->channels = channels > 0 && channels <= 1024 ? channels : 0;
        track->sample_rate = rate > 0 ? rate : 0;
        av_strlcpy(track->codec, avcodec_get_name(stream->codecpar->codec_id), sizeof track->codec);
        const AVDictionaryEntry *language = av_dict_get(stream->metadata, "language", NULL, 0);
        if (language != NULL && strcmp(language->value, "und") != 0)
            av_strlcpy(track->language, language->value, sizeof track->language);
    }
    return RV_OK;
}

static RvStatus read_facts(VideoReader *reader, RvMedia *media, RvError *err)
{
    FrameSpacing spacing;
    media->path = reader->is_url ? rv_mem_copy_string(rv_video_name(reader), err)
                                 : rv_file_copy_absolute(reader->address, err);
    RvStatus status = media->path != NULL ? set_audio(reader, media, err) : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_spacing_measure(reader, &spacing, err);
    if (status != RV_OK)
        return status;
    set_picture(reader, media);
    bool exact = set_rate(reader, &spacing, media);
    set_length(reader, &spacing, exact, media);
    rv_media_find_timecode(reader, media);
    return RV_OK;
}

RvStatus rv_media_read(const char *path_or_url, RvMedia *out, RvError *err)
{
    *out = (RvMedia){0};
    VideoReader *reader;
    RvStatus status = rv_video_open(path_or_url, NULL, &reader, err);
    if (status != RV_OK)
        return status;
    status = read_facts(reader, out, err);
    rv_video_close(reader);
    if (status != RV_OK)
        rv_media_clear(out);
    return status;
}

void rv_media_clear(RvMedia *media)
{
    free(media->path);
    free(media->audio);
    *media = (RvMedia){0};
}
