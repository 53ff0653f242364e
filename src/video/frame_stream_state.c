/* SPDX-License-Identifier: MIT */
/* The state of a stream of frames: opening and closing, what callers may ask of it, and the steps that its
 * modes share. */
#include "video/frame_stream_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "video/damage.h"

bool rv_frames_may_skip(const FrameStream *stream)
{
    return !stream->options.decode_everything && !stream->options.keep_disordered &&
           rv_packet_reader_can_skip(&stream->queue.facts_reader);
}

RvStatus rv_frames_reserve_plan(FrameStream *stream, RvError *err)
{
    if (!stream->skipping || stream->plan_packets != NULL)
        return RV_OK;
    stream->plan_packets = rv_mem_alloc(QUEUE_MAX_PACKETS + 1, sizeof *stream->plan_packets, err);
    return stream->plan_packets != NULL ? RV_OK : RV_ERROR_MEMORY;
}

RvStatus rv_frames_open(VideoReader *reader, const FrameStreamOptions *options, FrameStream **out,
                        RvError *err)
{
    *out = NULL;
    FrameStream *stream = rv_mem_alloc(1, sizeof *stream, err);
    if (stream == NULL)
        return RV_ERROR_MEMORY;
    stream->reader = reader;
    stream->options = *options;
    stream->announced_s = reader->info.duration_s;
    stream->order = (FrameOrder){.clock = &reader->clock,
                                 .rate_num = reader->rate.num,
                                 .rate_den = reader->rate.den,
                                 .interval_us = reader->interval_us,
                                 .keep_disordered = options->keep_disordered};
    rv_packet_queue_init(&stream->queue, reader);
    stream->skipping = rv_frames_may_skip(stream);
    RvStatus status = rv_decoder_open(reader, &stream->decoder, err);
    if (status == RV_OK)
        status = rv_frames_reserve_plan(stream, err);
    if (status != RV_OK) {
        rv_frames_close(stream);
        return status;
    }
    *out = stream;
    return RV_OK;
}

void rv_frames_close(FrameStream *stream)
{
    if (stream == NULL)
        return;
    rv_frame_clear(&stream->pending.frame);
    rv_plan_clear(&stream->plan);
    free(stream->plan_packets);
    rv_packet_queue_clear(&stream->queue);
    rv_decoder_close(stream->decoder);
    free(stream);
}

int64_t rv_frames_end_us(const FrameStream *stream)
{
    return stream->ended ? stream->end_us : 0;
}

int64_t rv_frames_tick_us(const FrameStream *stream)
{
    const VideoClock *clock = &stream->reader->clock;
    return ((int64_t)clock->tick_num * 1000000 + clock->tick_den - 1) / clock->tick_den;
}

FrameStreamStats rv_frames_stats(const FrameStream *stream)
{
    FrameStreamStats stats = stream->stats;
    stats.packets_read = stream->queue.packets_read;
    return stats;
}

void rv_frames_describe_damage(const FrameStream *stream, char *text, size_t size_bytes)
{
    const VideoReader *reader = stream->reader;
    Damage damage = {.packets_refused = stream->stats.packets_damaged,
                     .first_us = stream->damage_us,
                     .cut = reader->cut,
                     .announced_s = stream->announced_s,
                     .stop_text = reader->stop_text,
                     .end_us = stream->end_us};
    rv_damage_describe(&damage, text, size_bytes);
}

/* ---- steps that the modes share ----------------------------------------------------------------------- */

RvStatus rv_frames_send(FrameStream *stream, const AVPacket *packet, RvError *err)
{
    if (packet != NULL)
        stream->stats.packets_decoded++;
    return rv_decoder_send(stream->decoder, packet, err);
}

int64_t rv_frames_container_end_us(const FrameStream *stream)
{
    return stream->order.offset_us == 0 ? rv_clock_end_us(&stream->reader->clock) : 0;
}

void rv_frames_leave_stretch(FrameStream *stream)
{
    rv_decoder_flush(stream->decoder);
    rv_plan_clear(&stream->plan);
    rv_packet_queue_pop_stretch(&stream->queue);
    stream->sent = 0;
    stream->order.has_floor = false;
    stream->mode = MODE_BETWEEN;
}
