/* SPDX-License-Identifier: MIT */
/* What a compressed packet says about itself: can decoding begin here, does nothing refer to it, is it shown?
 */
#ifndef RV_VIDEO_PACKET_FACTS_H
#define RV_VIDEO_PACKET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>

/* All false is the safe answer: such a packet is decoded with everything before it. */
typedef struct PacketFacts {
    bool restart; // a decoder that begins here gives the same pixels for this and all later frames on screen
    bool disposable; // no other frame refers to it
    bool hidden;     // updates the decoder's state and shows nothing
    int layer; // temporal layer (HEVC); a disposable packet below the stretch's highest layer is referred to
} PacketFacts;

/* Reads packets of one stream in decoding order. */
typedef struct PacketReader {
    enum AVCodecID codec;
    int nal_length_bytes; // size of the length before each NAL unit; 0: start codes (Annex B)
    bool whole_frames;    // progressive: a packet is never one field of a pair
    bool parameters_seen; // parameter sets came in the stream itself and not only in the container's header
} PacketReader;

void rv_packet_reader_init(PacketReader *reader, const AVCodecParameters *parameters);

/* Can packets of this codec be skipped at all? Where not, everything is decoded. */
bool rv_packet_reader_can_skip(const PacketReader *reader);

/* The packet's bytes are read, never trusted: damage gives false facts, not faults. */
PacketFacts rv_packet_read_facts(PacketReader *reader, const AVPacket *packet);

#endif
