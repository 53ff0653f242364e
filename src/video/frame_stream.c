/* SPDX-License-Identifier: MIT */
/* The wanted frames of a video, in order, each with the time it is on screen; decodes only what they need. */
#include "video/frame_stream.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "video/damage.h"
#include "video/frame_stream_state.h"
#include "video/hardware.h"
#include "video/video_input.h"

/* ---- the beginning of a stretch ------------------------------------------------------------------------ */

// Decode everything from here to the end of the stream.
static void decode_rest(FrameStream *stream)
{
    stream->skipping = false;
    stream->sent = 0;
    stream->mode = MODE_REST;
}

// True if the video begins with pictures that are shown before its first keyframe. Such a stretch is decoded
// whole, because the decoder decides which of them can be seen.
static bool begins_with_leading(const FrameStream *stream)
{
    const PacketQueue *queue = &stream->queue;
    return !stream->order.any_frame && queue->stretch_count >= 2 &&
           queue->packets[1].av->pts < queue->packets[0].av->pts;
}

// Choose the mode for the stretch at the front of the queue (see the drawing in frame_stream_state.h).
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
    bool clock_jumped = stream->order.offset_us != 0; // plans use the container's times, which no longer hold
    if (state == QUEUE_UNSURE || clock_jumped) {
        decode_rest(stream);
        return RV_OK;
    }
    stream->sent = stream->planned_next = 0;
    stream->keyframes_done = stream->keyframe_index;
    stream->mode = MODE_STRETCH;
    if (!queue->packets[0].facts.restart || queue->damaged)
        return RV_OK;
    status = rv_frames_make_plan(stream, err);
    if (status != RV_OK)
        return status;
    if (stream->plan.sure)
        stream->mode = MODE_PLANNED;
    else
        stream->reader->clock.has_zero =
            stream->order.any_frame; // if it is the first, the first frame that comes out sets time zero
    if (!stream->plan.sure && !begins_with_leading(stream))
        decode_rest(stream);
    return RV_OK;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

// If the video goes on in another stream, open a decoder for that stream and keep the clock.
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
    stream->skipping = rv_frames_may_skip(stream);
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
    return status == RV_OK ? rv_frames_reserve_plan(stream, err) : status;
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

RvStatus rv_frames_next(FrameStream *stream, TimedFrame *out, bool *end, RvError *err)
{
    *end = false;
    for (bool delivered = false, followed; !delivered;) {
        RvStatus status = rv_input_check_cancel(stream->reader, err);
        if (status != RV_OK)
            return status;
        switch (stream->mode) {
        case MODE_BETWEEN:
            status = begin_stretch(stream, err);
            break;
        case MODE_PLANNED:
            status = rv_frames_step_planned(stream, out, &delivered, err);
            break;
        case MODE_STRETCH:
        case MODE_REST:
            status = rv_frames_step_whole(stream, out, &delivered, err);
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
    // Only frames that are handed out leave the device; those decoded on the way do not.
    return rv_hardware_fetch(out->frame.av, stream->reader->name, err);
}
