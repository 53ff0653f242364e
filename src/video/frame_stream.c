/* SPDX-License-Identifier: MIT */
/* The wanted frames of a video, in order, each with the time it is on screen; decodes only what they need. */
#include "video/frame_stream.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "video/damage.h"
#include "video/decoder.h"
#include "video/frame_order.h"
#include "video/hardware.h"
#include "video/packet_queue.h"

typedef enum Mode {
    MODE_BETWEEN, // at the first packet of a stretch, the decoder empty
    MODE_PLANNED, // a stretch of which some packets are decoded
    MODE_STRETCH, // a stretch that is decoded whole
    MODE_REST,    // everything from here to the end is decoded
    MODE_ENDED
} Mode;

struct FrameStream {
    VideoReader *reader;
    FrameStreamOptions options;
    Decoder *decoder;
    PacketQueue queue;
    Mode mode;
    bool skipping; // short cuts are still allowed
    size_t sent;   // packets of the queue that went to the decoder or were passed over
    // the plan of the stretch
    PlanPacket *plan_packets; // [QUEUE_MAX_PACKETS + 1], parallel to the queue; NULL until needed
    FramePlan plan;
    size_t planned_next;
    bool first_checked; // the video's first frame came out of the decoder
    // time
    FrameOrder order;
    bool jump_warned;
    bool ended;     // the caller knows
    int64_t end_us; // of the last frame
    size_t frame_index, keyframe_index;
    size_t keyframes_done; // keyframe_index after the last frame delivered from a plan
    // the frame whose end is not known yet
    TimedFrame pending;
    bool has_pending;
    FrameStreamStats stats;
    // damage
    int64_t damage_us;  // of the frame before the first packet that was refused
    double announced_s; // how long the container says it is
};

// Of the stream at hand.
static bool may_skip(const FrameStream *stream)
{
    return !stream->options.decode_everything && !stream->options.keep_disordered &&
           rv_packet_reader_can_skip(&stream->queue.facts_reader);
}

static RvStatus make_room_for_plans(FrameStream *stream, RvError *err)
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
    stream->skipping = may_skip(stream);
    RvStatus status = rv_decoder_open(reader, &stream->decoder, err);
    if (status == RV_OK)
        status = make_room_for_plans(stream, err);
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

/* ---- frames into their order -------------------------------------------------------------------------- */

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

// The pending frame ends at until_us: into *out if it is wanted.
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

// The end that the container's header says, for times that are its own.
static int64_t container_end(const FrameStream *stream)
{
    return stream->order.offset_us == 0 ? rv_clock_end_us(&stream->reader->clock) : 0;
}

// A frame of a run that is decoded whole becomes the pending one; the one before it may come out.
static RvStatus accept(FrameStream *stream, DecodedFrame *decoded, TimedFrame *out, bool *delivered,
                       RvError *err)
{
    int64_t us;
    OrderVerdict verdict = rv_order_place(&stream->order, decoded->has_pts, decoded->pts, &us);
    warn_once(stream, verdict);
    bool drop = verdict == ORDER_DROP || verdict == ORDER_DROP_LATE;
    if (stream->mode == MODE_STRETCH && stream->queue.next < stream->queue.stretch_count &&
        decoded->has_pts) {
        // The next restart was decoded for its leading pictures; it is delivered from its own stretch.
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
    stream->end_us = rv_plan_end_of_last(us, length_us, stream->reader->interval_us, container_end(stream));
    stream->frame_index++;
    stream->keyframe_index += decoded->keyframe ? 1 : 0;
    return RV_OK;
}

/* ---- stretches ---------------------------------------------------------------------------------------- */

static void leave_stretch(FrameStream *stream)
{
    rv_decoder_flush(stream->decoder);
    rv_plan_clear(&stream->plan);
    rv_packet_queue_pop_stretch(&stream->queue);
    stream->sent = 0;
    stream->order.has_floor = false;
    stream->mode = MODE_BETWEEN;
}

static void decode_rest(FrameStream *stream)
{
    stream->skipping = false;
    stream->sent = 0;
    stream->mode = MODE_REST;
}

// What was planned did not come out as planned: decode this stretch whole, from its beginning.
static void begin_again(FrameStream *stream)
{
    rv_decoder_flush(stream->decoder);
    stream->sent = 0;
    stream->keyframe_index = stream->keyframes_done;
    // After the first planned frame came out, what is up to the last one delivered is done with.
    stream->order.has_floor = stream->order.any_frame;
    stream->order.floor_us = stream->order.last_us;
    if (!stream->first_checked) {
        stream->reader->clock.has_zero = false;
        stream->order.has_floor = stream->order.any_frame = false;
    }
    stream->mode = MODE_STRETCH;
}

static RvStatus make_plan(FrameStream *stream, RvError *err)
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
                           .end_us = container_end(stream),
                           .keyframes_before = stream->keyframe_index};
    rv_plan_clear(&stream->plan);
    RvStatus status =
        rv_plan_make(&stretch, stream->options.wanted, stream->options.user, &stream->plan, err);
    if (is_first && stream->plan.shown_count == 0)
        clock->has_zero = false;
    if (status == RV_OK && stream->order.any_frame) {
        int64_t from_us = stream->order.last_us, to_us = stream->plan_packets[0].pts_us;
        stream->plan.sure = stream->plan.sure && to_us > from_us && rv_clock_is_pause(clock, from_us, to_us);
    }
    return status;
}

// A video may begin with pictures that are shown before its first keyframe: decoded whole, the decoder
// decides which of them can be seen.
static bool begins_with_leading(const FrameStream *stream)
{
    const PacketQueue *queue = &stream->queue;
    return !stream->order.any_frame && queue->stretch_count >= 2 &&
           queue->packets[1].av->pts < queue->packets[0].av->pts;
}

static RvStatus begin_stretch(FrameStream *stream, RvError *err)
{
    if (!stream->skipping) {
        decode_rest(stream);
        return RV_OK;
    }
    PacketQueue *queue = &stream->queue;
    QueueState state;
    RvStatus status = rv_packet_queue_find_stretch(queue, &state, err);
    if (status != RV_OK)
        return status;
    if (state == QUEUE_EMPTY) {
        stream->mode = MODE_ENDED;
        return RV_OK;
    }
    bool clock_jumped = stream->order.offset_us != 0; // plans know nothing of it
    if (state == QUEUE_UNSURE || clock_jumped) {
        decode_rest(stream);
        return RV_OK;
    }
    stream->sent = stream->planned_next = 0;
    stream->keyframes_done = stream->keyframe_index;
    stream->mode = MODE_STRETCH;
    if (!queue->packets[0].facts.restart || queue->damaged)
        return RV_OK;
    status = make_plan(stream, err);
    if (status != RV_OK)
        return status;
    if (stream->plan.sure)
        stream->mode = MODE_PLANNED;
    else
        stream->reader->clock.has_zero =
            stream->order.any_frame; // else the first frame that comes out sets it
    if (!stream->plan.sure && !begins_with_leading(stream))
        decode_rest(stream);
    return RV_OK;
}

static RvStatus send(FrameStream *stream, const AVPacket *packet, RvError *err)
{
    if (packet != NULL)
        stream->stats.packets_decoded++;
    return rv_decoder_send(stream->decoder, packet, err);
}

/* ---- a planned stretch -------------------------------------------------------------------------------- */

static RvStatus feed_planned(FrameStream *stream, RvError *err)
{
    while (stream->sent <= stream->plan.last_sent) {
        size_t index = stream->sent++;
        if (stream->plan_packets[index].send)
            return send(stream, stream->queue.packets[index].av, err);
    }
    return send(stream, NULL, err);
}

static void finish_planned(FrameStream *stream)
{
    if (stream->plan.shown_count == 0) {
        leave_stretch(stream);
        return;
    }
    stream->order.last_us = stream->plan.last_us;
    stream->end_us = stream->plan.end_us;
    stream->order.any_frame = true;
    stream->keyframe_index += stream->plan.keyframe_count;
    leave_stretch(stream);
}

// A frame out of a planned stretch: the next planned one, or one that was decoded only because others refer
// to it.
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

static RvStatus step_planned(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err)
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

/* ---- decoding everything ------------------------------------------------------------------------------ */

static RvStatus feed_stretch(FrameStream *stream, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    if (stream->sent == 1)
        stream->sent += queue->own_leading;
    if (stream->sent < queue->stretch_count)
        return send(stream, queue->packets[stream->sent++].av, err);
    return send(stream, NULL, err);
}

static RvStatus feed_rest(FrameStream *stream, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    if (stream->sent == 1)
        stream->sent += queue->own_leading;
    if (stream->sent >= queue->count) {
        // Everything in the queue is sent: use it for one packet at a time.
        queue->next = queue->count;
        queue->stretch_count = queue->count;
        rv_packet_queue_pop_stretch(queue);
        stream->sent = 0;
        bool got;
        RvStatus status = rv_packet_queue_read(queue, &got, err);
        if (status != RV_OK)
            return status;
        if (!got)
            return send(stream, NULL, err);
    }
    return send(stream, queue->packets[stream->sent++].av, err);
}

static bool leave_whole(FrameStream *stream, TimedFrame *out)
{
    int64_t until_us = stream->end_us;
    bool has_next = stream->mode == MODE_STRETCH && stream->queue.next < stream->queue.stretch_count;
    if (has_next && stream->reader->clock.has_zero)
        until_us = rv_clock_us(&stream->reader->clock, stream->queue.packets[stream->queue.next].av->pts);
    bool delivered = release_pending(stream, until_us, out);
    if (stream->mode == MODE_STRETCH)
        leave_stretch(stream);
    else
        stream->mode = MODE_ENDED;
    return delivered;
}

static RvStatus step_whole(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err)
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
        return accept(stream, &decoded, out, delivered, err);
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

/* ---- the end ------------------------------------------------------------------------------------------ */

// The video goes on in another stream: a decoder for that, on the same clock.
static RvStatus follow(FrameStream *stream, bool *followed, RvError *err)
{
    PacketQueue *queue = &stream->queue;
    *followed = rv_video_follow(stream->reader, stream->order.last_us);
    if (!*followed)
        return RV_OK;
    size_t packets_read = queue->packets_read;
    rv_packet_queue_clear(queue);
    rv_packet_queue_init(queue, stream->reader);
    queue->packets_read = packets_read;
    rv_decoder_close(stream->decoder);
    stream->order.rate_num = stream->reader->rate.num;
    stream->order.rate_den = stream->reader->rate.den;
    stream->order.interval_us = stream->reader->interval_us;
    stream->order.has_floor = false;
    stream->skipping = may_skip(stream);
    stream->sent = 0;
    stream->mode = MODE_BETWEEN;
    RvError cause = {0};
    RvStatus status = rv_decoder_open(stream->reader, &stream->decoder, &cause);
    if (status == RV_ERROR_UNSUPPORTED || status == RV_ERROR_FORMAT) {
        rv_log_line(&stream->reader->options.log, RV_LOG_WARNING, "%s; the video is left there",
                    cause.message);
        stream->mode = MODE_ENDED;
        *followed = false;
        return RV_OK;
    }
    if (status != RV_OK && err != NULL)
        *err = cause;
    return status == RV_OK ? make_room_for_plans(stream, err) : status;
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

static void warn_of_end(const FrameStream *stream)
{
    const VideoReader *reader = stream->reader;
    if (reader->cut)
        rv_log_line(&reader->options.log, RV_LOG_WARNING, "%s: cut short after %.3f s; what is there is kept",
                    reader->name, (double)stream->end_us / 1e6);
    if (reader->stop_text[0] != '\0')
        rv_log_line(&reader->options.log, RV_LOG_WARNING,
                    "%s: not readable after %.3f s: %s; what came before is kept", reader->name,
                    (double)stream->end_us / 1e6, reader->stop_text);
}

static RvStatus end_video(FrameStream *stream, bool *end, RvError *err)
{
    *end = true;
    bool again = stream->ended;
    stream->ended = true;
    if (stream->order.any_frame) {
        if (!again)
            warn_of_end(stream);
        stream->reader->info.duration_s = stream->end_us > 0 ? (double)stream->end_us / 1e6 : 0;
        return RV_OK;
    }
    if (stream->queue.packets_read == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: its video stream is empty; the file may be cut short",
                            stream->reader->name);
    return rv_error_set(err, RV_ERROR_FORMAT,
                        "%s: not one frame could be decoded (%zu packets, %zu refused); the file is damaged",
                        stream->reader->name, stream->queue.packets_read, stream->stats.packets_damaged);
}

/* ---- front -------------------------------------------------------------------------------------------- */

/* A frame leaves: those that were decoded on the way alone never left the device. CUDA's stay there until
 * somebody wants them in memory. */
static RvStatus hand_out(const FrameStream *stream, TimedFrame *out, RvError *err)
{
    if (out->frame.av->format == AV_PIX_FMT_CUDA)
        return RV_OK;
    return rv_hardware_fetch(out->frame.av, stream->reader->name, err);
}

RvStatus rv_frames_next(FrameStream *stream, TimedFrame *out, bool *end, RvError *err)
{
    *end = false;
    for (bool delivered = false, followed; !delivered;) {
        RvStatus status = rv_video_check_cancel(stream->reader, err);
        if (status != RV_OK)
            return status;
        switch (stream->mode) {
        case MODE_BETWEEN:
            status = begin_stretch(stream, err);
            break;
        case MODE_PLANNED:
            status = step_planned(stream, out, &delivered, err);
            break;
        case MODE_STRETCH:
        case MODE_REST:
            status = step_whole(stream, out, &delivered, err);
            break;
        case MODE_ENDED:
            status = follow(stream, &followed, err);
            if (status == RV_OK && !followed)
                return end_video(stream, end, err);
            break;
        }
        if (status != RV_OK)
            return status;
    }
    return hand_out(stream, out, err);
}
