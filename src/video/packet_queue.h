/* SPDX-License-Identifier: MIT */
/* Packets read ahead of the decoder, cut into stretches that can be decoded on their own. */
#ifndef RV_VIDEO_PACKET_QUEUE_H
#define RV_VIDEO_PACKET_QUEUE_H

#include "video/packet_facts.h"
#include "video/video_internal.h"

/* A stretch that is larger is decoded while it is read. */
#define QUEUE_MAX_PACKETS 3000
#define QUEUE_MAX_BYTES ((size_t)64 << 20)

typedef struct QueuedPacket {
    AVPacket *av;
    PacketFacts facts;
} QueuedPacket;

typedef enum QueueState {
    QUEUE_STRETCH, // a whole stretch is in the queue
    QUEUE_EMPTY,   // the video has ended
    QUEUE_UNSURE   // no stretch found: too long, time stamps missing or jumping, or stream data changed
} QueueState;

typedef struct PacketQueue {
    VideoReader *reader;
    PacketReader facts_reader;
    QueuedPacket *packets; // [count], decoding order
    size_t count, capacity, size_bytes;
    bool ended;   // the reader has no more packets
    bool changed; // a packet brought new stream data, which would be lost if it were skipped
    size_t packets_read;
    size_t own_leading;   // packets[1 .. own_leading] were part of the stretch before
    size_t next;          // index of the next restart; equals stretch_count if the video ends
    size_t stretch_count; // packets of this stretch, including the next one's leading pictures
    int64_t first_pts;    // time stamp of the stretch's first frame on screen
    bool damaged;         // the demuxer marked a packet of the stretch
} PacketQueue;

/* Start empty. The reader is borrowed. */
void rv_packet_queue_init(PacketQueue *queue, VideoReader *reader);
void rv_packet_queue_clear(PacketQueue *queue);

/* Read one packet to the back. *got is false at the end of the video. Errors: IO, NETWORK, CANCELLED,
 * MEMORY. */
RvStatus rv_packet_queue_read(PacketQueue *queue, bool *got, RvError *err);

/* Read until the stretch at the front is complete. Errors: IO, NETWORK, CANCELLED, MEMORY. */
RvStatus rv_packet_queue_find_stretch(PacketQueue *queue, QueueState *state, RvError *err);

/* Drop everything and read on where the reader is now: at what should be a restart. *placed is true if it is one
 * and has a time stamp; its leading pictures then count as part of the stretch before. Errors: IO, NETWORK,
 * CANCELLED, MEMORY. */
RvStatus rv_packet_queue_enter(PacketQueue *queue, bool *placed, RvError *err);

/* Drop the stretch at the front. The next restart becomes the first packet. */
void rv_packet_queue_pop_stretch(PacketQueue *queue);

#endif
