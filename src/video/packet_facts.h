/* SPDX-License-Identifier: MIT */
/* What a compressed packet says about itself: can decoding begin here, does nothing refer to it, is it shown?
 */
#ifndef RV_VIDEO_PACKET_FACTS_H
#define RV_VIDEO_PACKET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>

/* All false is the safe answer: such a packet is decoded together with everything before it. */
typedef struct PacketFacts {
    // a decoder that begins here returns the same pixels for this and all later frames on screen
    bool restart;
    bool disposable; // no other frame refers to it
    bool hidden;     // changes the decoder's state and shows nothing
    // temporal layer (HEVC); other frames refer to a disposable packet below the stretch's highest layer
    int layer;
} PacketFacts;

/* Reads packets of one stream in decoding order. */
typedef struct PacketReader {
    enum AVCodecID codec;
    int nal_length_bytes; // size of the length before each NAL unit; 0 if start codes are used (Annex B)
    bool whole_frames;    // progressive: a packet is never one field of a pair
    bool parameters_seen; // parameter sets came in the stream, not only in the container's header
} PacketReader;

/* Prepare for a stream by its codec and the header that the container stores for it. */
void rv_packet_reader_init(PacketReader *reader, const AVCodecParameters *parameters);

/* True if packets of this codec may be skipped at all. If not, everything must be decoded. */
bool rv_packet_reader_can_skip(const PacketReader *reader);

/* Returns what the packet says about itself. Its bytes are not trusted: if they are damaged, all facts are
 * false. */
PacketFacts rv_packet_read_facts(PacketReader *reader, const AVPacket *packet);

#endif
