/* SPDX-License-Identifier: MIT */
/* Packets read ahead of the decoder, cut into stretches that can be decoded on their own. */
#include "video/packet_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "video/video_reader.h"

void rv_packet_queue_init(PacketQueue *queue, VideoReader *reader)
{
    *queue = (PacketQueue){.reader = reader};
    rv_packet_reader_init(&queue->facts_reader, reader->stream->codecpar);
}

static void drop_front(PacketQueue *queue, size_t drop_count)
{
    for (size_t i = 0; i < drop_count; i++) {
        queue->size_bytes -= queue->packets[i].av != NULL ? (size_t)queue->packets[i].av->size : 0;
        av_packet_free(&queue->packets[i].av);
    }
    queue->count -= drop_count;
    if (drop_count > 0 && queue->count > 0)
        memmove(queue->packets, queue->packets + drop_count, queue->count * sizeof *queue->packets);
}

void rv_packet_queue_clear(PacketQueue *queue)
{
    if (queue->packets != NULL)
        drop_front(queue, queue->count);
    free(queue->packets);
    queue->packets = NULL;
    queue->capacity = 0;
}

static RvStatus grow(PacketQueue *queue, RvError *err)
{
    if (queue->count < queue->capacity)
        return RV_OK;
    QueuedPacket *packets =
        rv_mem_grow(queue->packets, &queue->capacity, queue->count + 1, sizeof *packets, err);
    if (packets == NULL)
        return RV_ERROR_MEMORY;
    queue->packets = packets;
    return RV_OK;
}

static bool changes_stream(const AVPacket *packet)
{
    return av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL) != NULL ||
           av_packet_get_side_data(packet, AV_PKT_DATA_PARAM_CHANGE, NULL) != NULL;
}

RvStatus rv_packet_queue_read(PacketQueue *queue, bool *got, RvError *err)
{
    *got = false;
    if (queue->ended)
        return RV_OK;
    RvStatus status = grow(queue, err);
    if (status != RV_OK)
        return status;
    QueuedPacket *slot = &queue->packets[queue->count];
    *slot = (QueuedPacket){.av = av_packet_alloc()};
    if (slot->av == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory while reading", queue->reader->name);
    status = rv_video_read_packet(queue->reader, slot->av, &queue->ended, err);
    if (status != RV_OK || queue->ended) {
        av_packet_free(&slot->av);
        return status;
    }
    slot->facts = rv_packet_read_facts(&queue->facts_reader, slot->av);
    // If the container marks no keyframe here, it contradicts the bytes, and decoding must not begin here.
    slot->facts.restart = slot->facts.restart && (slot->av->flags & AV_PKT_FLAG_KEY) != 0;
    // Such a packet is decoded for what follows, and the decoder drops its frame: the lead-in of an edit
    // list.
    slot->facts.hidden = slot->facts.hidden || (slot->av->flags & AV_PKT_FLAG_DISCARD) != 0;
    queue->changed = queue->changed || changes_stream(slot->av);
    queue->size_bytes += (size_t)slot->av->size;
    queue->count++;
    queue->packets_read++;
    *got = true;
    return RV_OK;
}

// Read until packets[index] exists. *got is false if the video ends before, or if a limit is reached (*full).
static RvStatus need(PacketQueue *queue, size_t index, bool *got, bool *full, RvError *err)
{
    *got = true;
    while (*got && index >= queue->count) {
        if (queue->count >= QUEUE_MAX_PACKETS || queue->size_bytes >= QUEUE_MAX_BYTES) {
            *full = true;
            *got = false;
            return RV_OK;
        }
        RvStatus status = rv_packet_queue_read(queue, got, err);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

static bool has_time(const PacketQueue *queue, const AVPacket *packet)
{
    return packet->pts != AV_NOPTS_VALUE && rv_clock_is_sane(&queue->reader->clock, packet->pts);
}

static bool stretch_has_times(const PacketQueue *queue)
{
    for (size_t i = 0; i < queue->stretch_count; i++) {
        if (!has_time(queue, queue->packets[i].av))
            return false;
    }
    return true;
}

// True if everything before the next restart is shown before it and its leading pictures fall into this
// stretch. If not, the time stamps have jumped.
static bool is_in_order(const PacketQueue *queue)
{
    if (queue->next >= queue->stretch_count)
        return true;
    int64_t next_pts = queue->packets[queue->next].av->pts;
    for (size_t i = 0; i < queue->stretch_count; i++) {
        int64_t pts = queue->packets[i].av->pts;
        bool is_leading = i > queue->next;
        if ((i != queue->next && pts >= next_pts) || (is_leading && pts <= queue->packets[0].av->pts))
            return false;
    }
    return true;
}

// Leading pictures after an IDR picture of H.264 are not standard; what refers to them is unknown.
static bool leading_is_known(const PacketQueue *queue)
{
    bool has_leading = queue->stretch_count > queue->next + 1;
    enum AVCodecID codec = queue->facts_reader.codec;
    return !has_leading || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_MPEG2VIDEO ||
           codec == AV_CODEC_ID_MPEG1VIDEO;
}

static void describe_stretch(PacketQueue *queue)
{
    queue->damaged = false;
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < queue->stretch_count; i++) {
        const QueuedPacket *packet = &queue->packets[i];
        queue->damaged = queue->damaged || (packet->av->flags & AV_PKT_FLAG_CORRUPT) != 0;
        if (i != queue->next && !packet->facts.hidden && packet->av->pts < first)
            first = packet->av->pts;
    }
    queue->first_pts = first != INT64_MAX ? first : queue->packets[0].av->pts;
}

RvStatus rv_packet_queue_find_stretch(PacketQueue *queue, QueueState *state, RvError *err)
{
    bool got, full = false;
    size_t next = 0;
    RvStatus status;
    *state = QUEUE_UNSURE;
    do {
        status = need(queue, ++next, &got, &full, err);
        if (status != RV_OK)
            return status;
    } while (got && !queue->packets[next].facts.restart);
    size_t end = next;
    while (got) { // the next restart's leading pictures, up to the first picture shown after it
        const AVPacket *restart = queue->packets[next].av;
        status = need(queue, ++end, &got, &full, err);
        if (status != RV_OK)
            return status;
        if (got && queue->packets[end].av->pts >= restart->pts)
            break;
    }
    if (full)
        return RV_OK;
    if (queue->count == 0) {
        *state = QUEUE_EMPTY;
        return RV_OK;
    }
    queue->next = next < queue->count ? next : queue->count;
    queue->stretch_count = end < queue->count ? end : queue->count;
    if (queue->changed || !stretch_has_times(queue) || !is_in_order(queue) || !leading_is_known(queue))
        return RV_OK;
    describe_stretch(queue);
    *state = QUEUE_STRETCH;
    return RV_OK;
}

RvStatus rv_packet_queue_enter(PacketQueue *queue, bool *placed, RvError *err)
{
    bool got, full = false;
    drop_front(queue, queue->count);
    queue->ended = queue->changed = queue->damaged = false;
    queue->own_leading = queue->next = queue->stretch_count = 0;
    RvStatus status = need(queue, 0, &got, &full, err);
    *placed =
        status == RV_OK && got && queue->packets[0].facts.restart && has_time(queue, queue->packets[0].av);
    for (size_t i = 1; status == RV_OK && *placed; i++) {
        status = need(queue, i, &got, &full, err);
        if (status != RV_OK || !got || queue->packets[i].av->pts >= queue->packets[0].av->pts)
            break;
        queue->own_leading = i;
    }
    return status;
}

void rv_packet_queue_pop_stretch(PacketQueue *queue)
{
    bool has_next = queue->next < queue->stretch_count;
    size_t leading = has_next ? queue->stretch_count - queue->next - 1 : 0;
    drop_front(queue, queue->next);
    queue->own_leading = leading;
    queue->next = queue->stretch_count = 0;
}
