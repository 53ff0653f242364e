/* SPDX-License-Identifier: MIT */
/* Recordings whose video stream changes its identity on the way: where the video goes on. */
#include "video/stream_follow.h"

#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/mathematics.h>

#include "base/error.h"

/* A stream has ended if it is silent for this long while others go on. Multiplexers place packets of the same
 * time within about a second of each other; a stream of slides has a frame now and then. */
#define SILENCE_US 3000000
#define SILENCE_GAPS 3          // times the longest gap between its packets
#define GAP_UNKNOWN_US 60000000 // used until the stream has two packets
// a stream that was seen so often between packets of the chosen one runs beside it
#define OVERLAPS_MAX 25
/* A demuxer notices the end of a stream's last packet only at the end of the file, and its parser notices the
 * end of the packet before only then too. So many packets may therefore come after those of the following
 * stream. */
#define STRAGGLERS_MAX 4

static uint8_t *overlaps_of(VideoReader *reader, int stream_index)
{
    return &reader->follow.overlaps[stream_index % FOLLOW_STREAMS_MAX];
}

static bool time_of(const VideoReader *reader, const AVPacket *packet, int64_t *us)
{
    int64_t ticks = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    if (ticks == AV_NOPTS_VALUE)
        return false;
    *us = av_rescale_q(ticks, reader->format->streams[packet->stream_index]->time_base, AV_TIME_BASE_Q);
    return true;
}

static bool is_candidate(const VideoReader *reader, const AVStream *stream)
{
    return stream != reader->stream && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           !rv_video_is_picture(stream) && stream->time_base.num > 0 && stream->time_base.den > 0 &&
           avcodec_find_decoder(stream->codecpar->codec_id) != NULL;
}

void rv_follow_init(VideoReader *reader)
{
    const AVFormatContext *format = reader->format;
    reader->follow.possible =
        av_match_name("mpegts", format->iformat->name) || av_match_name("mpeg", format->iformat->name);
    for (unsigned i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        bool held = reader->follow.possible && is_candidate(reader, stream);
        if (stream != reader->stream && !held)
            stream->discard = AVDISCARD_ALL;
    }
}

static void take_out(FollowUp *follow, size_t place)
{
    av_packet_free(&follow->held[place]);
    follow->held_count--;
    memmove(follow->held + place, follow->held + place + 1,
            (follow->held_count - place) * sizeof follow->held[0]);
}

static void drop_held(FollowUp *follow)
{
    for (size_t i = 0; i < follow->held_count; i++)
        av_packet_free(&follow->held[i]);
    follow->held_count = follow->quiet_from = 0;
    follow->straggler_count = 0;
}

void rv_follow_clear(VideoReader *reader)
{
    drop_held(&reader->follow);
}

/* Update the longest gap between packets of the chosen stream. */
static void measure_gap(VideoReader *reader, const AVPacket *packet)
{
    FollowUp *follow = &reader->follow;
    int64_t us;
    if (!time_of(reader, packet, &us))
        return;
    int64_t gap_us = us - follow->last_us;
    if (follow->has_last && gap_us > follow->gap_us && gap_us <= GAP_UNKNOWN_US)
        follow->gap_us = gap_us;
    follow->last_us = us;
    follow->has_last = true;
}

void rv_follow_note(VideoReader *reader, const AVPacket *packet)
{
    FollowUp *follow = &reader->follow;
    if (!follow->possible)
        return;
    measure_gap(reader, packet);
    follow->quiet_from = follow->held_count;
    if (follow->held_count == 0 || follow->straggler_count++ < STRAGGLERS_MAX)
        return;
    for (size_t i = 0; i < follow->held_count; i++) {
        int index = follow->held[i]->stream_index;
        uint8_t *overlaps = overlaps_of(reader, index);
        *overlaps += *overlaps < OVERLAPS_MAX ? 1 : 0;
        if (*overlaps == OVERLAPS_MAX)
            reader->format->streams[index]->discard = AVDISCARD_ALL;
    }
    drop_held(follow);
}

/* Choose among the streams with held packets: one of the same programme if there is one, otherwise by the
 * rules for choosing a video's stream. */
static AVStream *choose(const VideoReader *reader)
{
    AVFormatContext *format = reader->format;
    AVStream *best = NULL;
    bool best_is_near = false;
    for (size_t i = 0; i < reader->follow.held_count; i++) {
        AVStream *stream = format->streams[reader->follow.held[i]->stream_index];
        bool is_near = false;
        for (AVProgram *program = NULL;
             !is_near && (program = av_find_program_from_stream(format, program, stream->index)) != NULL;) {
            for (unsigned s = 0; s < program->nb_stream_indexes; s++)
                is_near = is_near || (int)program->stream_index[s] == reader->stream->index;
        }
        bool better =
            best == NULL ||
            (is_near != best_is_near ? is_near : stream != best && rv_video_is_better(stream, best));
        if (better) {
            best = stream;
            best_is_near = is_near;
        }
    }
    return best;
}

/* Returns how long the chosen stream has been silent, measured from the first packet of another stream since
 * then to the packet given. */
static int64_t silence_us(const VideoReader *reader, const AVPacket *packet)
{
    int64_t us, first_us;
    for (size_t i = reader->follow.quiet_from; i < reader->follow.held_count; i++) {
        const AVPacket *first = reader->follow.held[i];
        if (first->stream_index == packet->stream_index)
            return time_of(reader, first, &first_us) && time_of(reader, packet, &us) ? us - first_us : 0;
    }
    return 0;
}

static bool has_ended(const VideoReader *reader, const AVPacket *packet)
{
    int64_t gap_us = reader->follow.gap_us > 0 ? reader->follow.gap_us : GAP_UNKNOWN_US;
    int64_t needed_us = SILENCE_GAPS * gap_us > SILENCE_US ? SILENCE_GAPS * gap_us : SILENCE_US;
    return silence_us(reader, packet) >= needed_us;
}

bool rv_follow_hold(VideoReader *reader, AVPacket *packet)
{
    FollowUp *follow = &reader->follow;
    if (!follow->possible || packet->size == 0 ||
        !is_candidate(reader, reader->format->streams[packet->stream_index]) ||
        *overlaps_of(reader, packet->stream_index) == OVERLAPS_MAX)
        return false;
    AVPacket *held = av_packet_clone(packet);
    if (held == NULL)
        return false;
    if (follow->held_count == FOLLOW_HELD_MAX) // the chosen stream may only be slow
        drop_held(follow);
    follow->held[follow->held_count++] = held;
    if (!has_ended(reader, packet))
        return false;
    follow->next = choose(reader);
    return true;
}

static size_t held_of(const FollowUp *follow, int stream_index)
{
    size_t count = 0;
    for (size_t i = 0; i < follow->held_count; i++)
        count += follow->held[i]->stream_index == stream_index ? 1 : 0;
    return count;
}

void rv_follow_at_end(VideoReader *reader)
{
    FollowUp *follow = &reader->follow;
    // A stream that runs beside the chosen one may have a few packets more.
    for (size_t i = 0; i < follow->held_count;) {
        int index = follow->held[i]->stream_index;
        if (*overlaps_of(reader, index) == 0 && held_of(follow, index) > STRAGGLERS_MAX)
            i++;
        else
            take_out(follow, i);
    }
    follow->next = choose(reader);
}

bool rv_follow_switch(VideoReader *reader, int64_t last_us)
{
    FollowUp *follow = &reader->follow;
    AVStream *next = follow->next;
    if (next == NULL)
        return false;
    for (size_t i = 0; i < follow->held_count;) {
        if (follow->held[i]->stream_index == next->index)
            i++;
        else
            take_out(follow, i);
    }
    follow->straggler_count = 0;
    follow->quiet_from = 0;
    follow->gap_us = 0;
    follow->has_last = false;
    follow->next = NULL;
    memset(follow->overlaps, 0, sizeof follow->overlaps);
    rv_log_line(&reader->options.log, RV_LOG_WARNING,
                "%s: after %.3f s its video stream 0x%x ends; it goes on in stream 0x%x", reader->name,
                (double)last_us / 1e6, (unsigned)reader->stream->id, (unsigned)next->id);
    reader->stream = next;
    reader->codec = avcodec_find_decoder(next->codecpar->codec_id);
    reader->clock.tick_num = next->time_base.num;
    reader->clock.tick_den = next->time_base.den;
    rv_video_set_rate(reader);
    return true;
}

bool rv_follow_pop(VideoReader *reader, AVPacket *packet)
{
    FollowUp *follow = &reader->follow;
    if (follow->held_count == 0 || follow->held[0]->stream_index != reader->stream->index)
        return false;
    av_packet_move_ref(packet, follow->held[0]);
    take_out(follow, 0);
    return true;
}
