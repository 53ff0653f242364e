/* SPDX-License-Identifier: MIT */
/* A stretch of which only the planned packets are decoded. */
#include "video/frame_stream_state.h"

RvStatus rv_frames_make_plan(FrameStream *stream, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    VideoClock *clock = &stream->reader->clock;
    bool is_first = !stream->order.any_frame;
    if (is_first)
        rv_clock_set_zero(clock, queue->first_pts);
    for (size_t i = 0; i < queue->stretch_count; i++) {
        const QueuedPacket *packet = &queue->packets[i];
        stream->plan_packets[i] = (PlanPacket){.pts_us = rv_clock_us(clock, packet->av->pts),
                                               .duration_us = rv_clock_length_us(clock, packet->av->duration),
                                               .keyframe = (packet->av->flags & AV_PKT_FLAG_KEY) != 0,
                                               .disposable = packet->facts.disposable,
                                               .hidden = packet->facts.hidden,
                                               .layer = packet->facts.layer};
    }
    PlanStretch stretch = {.packets = stream->plan_packets,
                           .count = queue->stretch_count,
                           .own_leading = queue->own_leading,
                           .next = queue->next,
                           .whole_frames = queue->facts_reader.whole_frames,
                           .is_first = is_first,
                           .interval_us = stream->reader->interval_us,
                           .end_us = rv_frames_container_end_us(stream),
                           .keyframes_before = stream->keyframe_index};
    rv_plan_clear(&stream->plan);
    RvStatus status =
        rv_plan_make(&stretch, stream->options.wanted, stream->options.user, &stream->plan, err);
    if (is_first && stream->plan.shown_count == 0)
        clock->has_zero = false;
    if (status == RV_OK && stream->plan.sure && queue->next < queue->stretch_count) {
        // The last frame stays until the next stretch begins, unless the times jump there.
        int64_t next_us = stream->plan_packets[queue->next].pts_us;
        stream->plan.sure =
            stream->plan.shown_count == 0 || rv_clock_is_pause(clock, stream->plan.last_us, next_us);
    }
    if (status == RV_OK && stream->order.any_frame) {
        int64_t from_us = stream->order.last_us, to_us = stream->plan_packets[0].pts_us;
        stream->plan.sure = stream->plan.sure && to_us > from_us && rv_clock_is_pause(clock, from_us, to_us);
    }
    return status;
}

// A planned frame did not come out as planned: decode this stretch whole, from its beginning.
static void begin_again(FrameStream *stream)
{
    rv_decoder_flush(stream->decoder);
    stream->sent = 0;
    stream->keyframe_index = stream->keyframes_done;
    // If planned frames came out, everything up to the last delivered one is done. The floor drops those
    // frames when they come out again.
    stream->order.has_floor = stream->order.any_frame;
    stream->order.floor_us = stream->order.last_us;
    if (!stream->first_checked) {
        stream->reader->clock.has_zero = false;
        stream->order.has_floor = stream->order.any_frame = false;
    }
    stream->mode = MODE_STRETCH;
}

static RvStatus feed_planned(FrameStream *stream, RvError *err)
{
    while (stream->sent <= stream->plan.last_sent) {
        size_t index = stream->sent++;
        if (stream->plan_packets[index].send)
            return rv_frames_send(stream, stream->queue.packets[index].av, err);
    }
    return rv_frames_send(stream, NULL, err);
}

static void finish_planned(FrameStream *stream)
{
    if (stream->plan.shown_count == 0) {
        rv_frames_leave_stretch(stream);
        return;
    }
    stream->order.last_us = stream->plan.last_us;
    stream->end_us = stream->plan.end_us;
    stream->order.any_frame = true;
    stream->keyframe_index += stream->plan.keyframe_count;
    rv_frames_leave_stretch(stream);
}

// Handle a frame of a planned stretch. It is either the next planned frame, or one that was decoded only
// because other frames refer to it.
static RvStatus match_planned(FrameStream *stream, DecodedFrame *decoded, TimedFrame *out, bool *delivered,
                              RvError *err)
{
    const PlannedFrame *planned = &stream->plan.frames[stream->planned_next];
    int64_t expected = stream->queue.packets[planned->packet].av->pts;
    if (!decoded->has_pts || decoded->pts > expected ||
        (decoded->pts == expected && decoded->av->decode_error_flags != 0)) {
        av_frame_unref(decoded->av);
        begin_again(stream);
        return RV_OK;
    }
    if (decoded->pts == expected) {
        stream->planned_next++;
        stream->order.any_frame = stream->first_checked = true;
        stream->order.last_us = stream->plan_packets[planned->packet].pts_us;
        stream->keyframes_done = planned->timing.keyframe_index + (planned->timing.keyframe ? 1 : 0);
        if (planned->wanted) {
            rv_frame_clear(&out->frame);
            RvStatus status = rv_decoder_take(stream->reader, decoded->av, &out->frame, err);
            if (status != RV_OK)
                return status;
            out->timing = planned->timing;
            out->frame.pts_us = stream->order.last_us;
            out->frame.keyframe = planned->timing.keyframe;
            *delivered = true;
        }
    }
    av_frame_unref(decoded->av);
    return RV_OK;
}

RvStatus rv_frames_step_planned(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err)
{
    if (stream->planned_next == stream->plan.count) {
        finish_planned(stream);
        return RV_OK;
    }
    DecoderEvent event;
    DecodedFrame decoded;
    RvStatus status = rv_decoder_receive(stream->decoder, &event, &decoded, err);
    if (status != RV_OK)
        return status;
    switch (event) {
    case DECODER_WANTS_PACKET:
        return feed_planned(stream, err);
    case DECODER_FRAME:
        stream->stats.frames_decoded++;
        return match_planned(stream, &decoded, out, delivered, err);
    case DECODER_DRAINED:
    case DECODER_DAMAGED:
        begin_again(stream);
        return RV_OK;
    }
    return RV_OK;
}
