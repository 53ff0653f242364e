/* SPDX-License-Identifier: MIT */
/* The steps that the modes of a stream of frames share. */
#include "video/frame_stream_state.h"

#include "base/mem.h"

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
