/* SPDX-License-Identifier: MIT */
/* A stretch, or the rest of a video, of which every packet is decoded. */
#include "base/error.h"
#include "video/frame_stream_state.h"

static void warn_once(FrameStream *stream, OrderVerdict verdict)
{
    const char *what = verdict == ORDER_TAKE_BACK ? "jump back; times from there on are counted on"
                       : verdict == ORDER_TAKE_AHEAD
                           ? "jump ahead by more than an hour; times are counted on"
                           : "run backwards; frames that come too late are left out";
    if (verdict == ORDER_TAKE || verdict == ORDER_DROP || stream->jump_warned)
        return;
    stream->jump_warned = true;
    rv_log_line(&stream->reader->options.log, RV_LOG_WARNING, "%s: after %.3f s its time stamps %s",
                stream->reader->name, (double)stream->order.last_us / 1e6, what);
}

// The pending frame ends at until_us. If it is wanted, move it into *out and return true.
static bool release_pending(FrameStream *stream, int64_t until_us, TimedFrame *out)
{
    if (!stream->has_pending)
        return false;
    stream->has_pending = false;
    stream->pending.timing.until_us = until_us;
    bool is_wanted = stream->options.wanted(stream->options.user, &stream->pending.timing);
    if (is_wanted) {
        rv_frame_clear(&out->frame);
        *out = stream->pending;
        stream->pending = (TimedFrame){0};
    } else {
        rv_frame_clear(&stream->pending.frame);
    }
    return is_wanted;
}

// Make a decoded frame the pending one. The frame that was pending before goes to *out if it is wanted.
static RvStatus accept_frame(FrameStream *stream, DecodedFrame *decoded, TimedFrame *out, bool *delivered,
                             RvError *err)
{
    int64_t us;
    OrderVerdict verdict = rv_order_place(&stream->order, decoded->has_pts, decoded->pts, &us);
    warn_once(stream, verdict);
    bool drop = verdict == ORDER_DROP || verdict == ORDER_DROP_LATE;
    if (stream->mode == MODE_STRETCH && stream->queue.next < stream->queue.stretch_count &&
        decoded->has_pts) {
        // The next restart was decoded only because of its leading pictures. It is delivered from its own
        // stretch.
        drop = drop || decoded->pts >= stream->queue.packets[stream->queue.next].av->pts;
    }
    if (drop) {
        av_frame_unref(decoded->av);
        return RV_OK;
    }
    *delivered = release_pending(stream, us, out);
    RvStatus status = rv_decoder_take(stream->reader, decoded->av, &stream->pending.frame, err);
    if (status != RV_OK)
        return status;
    bool is_first = !stream->order.any_frame;
    stream->pending.frame.pts_us = us;
    stream->pending.frame.keyframe = decoded->keyframe;
    stream->pending.timing = (FrameTiming){.from_us = is_first && us > 0 ? 0 : us,
                                           .keyframe = decoded->keyframe,
                                           .frame_index = stream->frame_index,
                                           .keyframe_index = stream->keyframe_index};
    stream->has_pending = true;
    int64_t length_us = rv_clock_length_us(&stream->reader->clock, decoded->duration);
    stream->first_checked = true;
    rv_order_take(&stream->order, decoded->has_pts, us);
    stream->end_us =
        rv_plan_end_of_last(us, length_us, stream->reader->interval_us, rv_frames_container_end_us(stream));
    stream->frame_index++;
    stream->keyframe_index += decoded->keyframe ? 1 : 0;
    return RV_OK;
}

static RvStatus feed_stretch(FrameStream *stream, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    if (stream->sent == 1)
        stream->sent += queue->own_leading;
    if (stream->sent < queue->stretch_count)
        return rv_frames_send(stream, queue->packets[stream->sent++].av, err);
    return rv_frames_send(stream, NULL, err);
}

static RvStatus feed_rest(FrameStream *stream, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    if (stream->sent == 1)
        stream->sent += queue->own_leading;
    if (stream->sent >= queue->count) {
        // Everything in the queue is sent. From here on the queue holds one packet at a time.
        queue->next = queue->count;
        queue->stretch_count = queue->count;
        rv_packet_queue_pop_stretch(queue);
        stream->sent = 0;
        bool got;
        RvStatus status = rv_packet_queue_read(queue, &got, err);
        if (status != RV_OK)
            return status;
        if (!got)
            return rv_frames_send(stream, NULL, err);
    }
    return rv_frames_send(stream, queue->packets[stream->sent++].av, err);
}

static bool leave_whole(FrameStream *stream, TimedFrame *out)
{
    int64_t until_us = stream->end_us;
    bool has_next = stream->mode == MODE_STRETCH && stream->queue.next < stream->queue.stretch_count;
    if (has_next && stream->reader->clock.has_zero)
        until_us = rv_clock_us(&stream->reader->clock, stream->queue.packets[stream->queue.next].av->pts);
    bool delivered = release_pending(stream, until_us, out);
    if (stream->mode == MODE_STRETCH)
        rv_frames_leave_stretch(stream);
    else
        stream->mode = MODE_ENDED;
    return delivered;
}

RvStatus rv_frames_step_whole(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err)
{
    DecoderEvent event;
    DecodedFrame decoded;
    RvStatus status = rv_decoder_receive(stream->decoder, &event, &decoded, err);
    if (status != RV_OK)
        return status;
    switch (event) {
    case DECODER_WANTS_PACKET:
        return stream->mode == MODE_STRETCH ? feed_stretch(stream, err) : feed_rest(stream, err);
    case DECODER_FRAME:
        stream->stats.frames_decoded++;
        return accept_frame(stream, &decoded, out, delivered, err);
    case DECODER_DAMAGED:
        if (stream->stats.packets_damaged++ == 0) {
            stream->damage_us = stream->order.last_us;
            rv_log_line(&stream->reader->options.log, RV_LOG_WARNING,
                        "%s: damaged after %.3f s; the rest is kept", stream->reader->name,
                        (double)stream->order.last_us / 1e6);
        }
        return RV_OK;
    case DECODER_DRAINED:
        *delivered = leave_whole(stream, out);
        return RV_OK;
    }
    return RV_OK;
}
