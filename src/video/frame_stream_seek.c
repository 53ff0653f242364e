/* SPDX-License-Identifier: MIT */
/* A stream of frames that goes on elsewhere: at the restart before a time.
 *
 * What a frame's time is must not depend on how it was reached. Read from the beginning, times are the container's
 * unless they have jumped (frame_order.h). So the container's index is looked through up to the place: if its
 * times fall, or pause for as long as would count as a jump, the video is read from its beginning instead. */
#include "video/frame_stream.h"
#include "video/frame_stream_state.h"

#define ATTEMPTS_MAX 8 // keyframes of the index that turn out not to be restarts

/* True if the place lies ahead and not within the packets that are in the queue already. */
static bool is_gain(const FrameStream *stream, int64_t us)
{
    const PacketQueue *queue = &stream->queue;
    if (queue->next >= queue->stretch_count) // no restart after this stretch is known
        return false;
    return rv_clock_us(&stream->reader->clock, queue->packets[queue->next].av->pts) <= us;
}

/* True if the index leads from the first frame to the packet without a jump of its times. Entries of an MP4 file
 * have decoding times, those of a Matroska file presentation times. */
static bool index_is_steady(const FrameStream *stream, const AVPacket *packet)
{
    AVStream *av = stream->reader->stream;
    const VideoClock *clock = &stream->reader->clock;
    int count = avformat_index_get_entries_count(av);
    int64_t before_us = 0;
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(av, i);
        if (!rv_clock_is_sane(clock, entry->timestamp))
            return false;
        int64_t us = rv_clock_us(clock, entry->timestamp);
        if (us > before_us && !rv_clock_is_pause(clock, before_us, us))
            return false;
        if (i > 0 && us < before_us)
            return false;
        before_us = us;
        if (entry->timestamp == packet->dts || entry->timestamp == packet->pts)
            return true;
    }
    return false;
}

/* The decoder is empty and the queue begins with a restart at landing_us. */
static void enter(FrameStream *stream, int64_t landing_us)
{
    rv_frame_clear(&stream->pending.frame);
    stream->has_pending = false;
    rv_plan_clear(&stream->plan);
    rv_decoder_flush(stream->decoder);
    stream->sent = stream->planned_next = 0;
    stream->first_checked = true;
    // What the decoder may bring of the leading pictures is dropped.
    stream->order.last_us = stream->order.floor_us = landing_us - 1;
    stream->order.has_floor = true;
    stream->mode = MODE_BETWEEN;
}

RvStatus rv_frames_seek(FrameStream *stream, int64_t us, FramesPlace *place, RvError *err)
{
    VideoReader *reader = stream->reader;
    PacketQueue *queue = &stream->queue;
    *place = FRAMES_STAYED;
    bool known = stream->skipping && stream->order.any_frame && stream->order.offset_us == 0;
    if (!known || !reader->clock.has_zero || !rv_video_can_seek(reader) || !is_gain(stream, us))
        return RV_OK;
    *place = FRAMES_LOST;
    int64_t ticks = rv_clock_ticks(&reader->clock, us);
    for (int attempt = 0; attempt < ATTEMPTS_MAX && rv_video_seek(reader, ticks); attempt++) {
        bool placed;
        RvStatus status = rv_packet_queue_enter(queue, &placed, err);
        if (status != RV_OK)
            return status;
        if (queue->count == 0)
            return RV_OK;
        const AVPacket *packet = queue->packets[0].av;
        if (placed && packet->pts <= rv_clock_ticks(&reader->clock, us)) {
            int64_t landing_us = rv_clock_us(&reader->clock, packet->pts);
            if (landing_us <= stream->order.last_us || !index_is_steady(stream, packet))
                return RV_OK;
            enter(stream, landing_us);
            *place = FRAMES_PLACED;
            return RV_OK;
        }
        int64_t earlier = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
        if (earlier == AV_NOPTS_VALUE || earlier == INT64_MIN)
            return RV_OK;
        ticks = (packet->pts != AV_NOPTS_VALUE && packet->pts < earlier ? packet->pts : earlier) - 1;
    }
    return RV_OK;
}
