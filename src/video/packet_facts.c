/* SPDX-License-Identifier: MIT */
/* What a compressed packet says about itself: can decoding begin here, does nothing refer to it, is it shown?
 */
#include "video/packet_facts.h"

#include <stddef.h>

/* ---- NAL units of H.264 and HEVC ---------------------------------------------------------------------- */

typedef struct Bytes {
    const uint8_t *at, *end;
} Bytes;

// Returns the position after the next start code 00 00 01, or NULL if there is none.
static const uint8_t *after_start_code(Bytes bytes)
{
    for (const uint8_t *at = bytes.at; bytes.end - at >= 4; at++) {
        if (at[2] > 1)
            at += 2; // neither the second zero nor the one can be here
        else if (at[0] == 0 && at[1] == 0 && at[2] == 1)
            return at + 3;
    }
    return NULL;
}

// Returns the first byte of the next NAL unit (at least 2 bytes are readable there), or NULL at the end or if
// the bytes are damaged.
static const uint8_t *next_nal(const PacketReader *reader, Bytes *bytes)
{
    if (reader->nal_length_bytes == 0) {
        const uint8_t *nal = after_start_code(*bytes);
        bytes->at = nal != NULL ? nal : bytes->end;
        return nal != NULL && bytes->end - nal >= 2 ? nal : NULL;
    }
    if (bytes->end - bytes->at < reader->nal_length_bytes)
        return NULL;
    size_t length = 0;
    for (int i = 0; i < reader->nal_length_bytes; i++)
        length = length << 8 | *bytes->at++;
    const uint8_t *nal = bytes->at;
    if (length < 2 || length > (size_t)(bytes->end - nal))
        return NULL;
    bytes->at += length;
    return nal;
}

// Parameter sets found so far in the packet, as bits.
enum { FOUND_VPS = 1, FOUND_SPS = 2, FOUND_PPS = 4 };

// ITU-T H.264 table 7-1.
static PacketFacts read_h264(PacketReader *reader, Bytes bytes)
{
    PacketFacts facts = {0};
    bool was_seen = reader->parameters_seen;
    int found = 0;
    for (const uint8_t *nal; (nal = next_nal(reader, &bytes)) != NULL;) {
        int type = nal[0] & 0x1f;
        if (type == 7)
            found |= FOUND_SPS;
        else if (type == 8)
            found |= FOUND_PPS;
        if (type == 0 || type > 5)
            continue;
        // The first slice decides: nal_ref_idc is zero for all slices of a picture or for none.
        bool complete = (found & (FOUND_SPS | FOUND_PPS)) == (FOUND_SPS | FOUND_PPS);
        facts.restart = type == 5 && (complete || (found == 0 && !was_seen));
        facts.disposable = type == 1 && (nal[0] & 0x60) == 0 && found == 0;
        break;
    }
    reader->parameters_seen |= found != 0;
    return facts;
}

// ITU-T H.265 table 7-1. Types 16 to 21 are random access points: no picture shown after one refers to
// anything before it (8.1.3). No picture of the same temporal layer refers to one of an even type below 15.
static PacketFacts read_hevc(PacketReader *reader, Bytes bytes)
{
    PacketFacts facts = {0};
    bool was_seen = reader->parameters_seen;
    int found = 0;
    for (const uint8_t *nal; (nal = next_nal(reader, &bytes)) != NULL;) {
        int type = nal[0] >> 1 & 0x3f;
        if (type == 32)
            found |= FOUND_VPS;
        else if (type == 33)
            found |= FOUND_SPS;
        else if (type == 34)
            found |= FOUND_PPS;
        if (type > 31)
            continue;
        bool complete = (found & (FOUND_SPS | FOUND_PPS)) == (FOUND_SPS | FOUND_PPS);
        facts.restart = type >= 16 && type <= 21 && (complete || (found == 0 && !was_seen));
        facts.disposable = type <= 14 && type % 2 == 0 && found == 0;
        facts.layer = (nal[1] & 7) - 1;
        break;
    }
    reader->parameters_seen |= found != 0;
    return facts;
}

/* ---- MPEG-1 and MPEG-2 -------------------------------------------------------------------------------- */

// ISO/IEC 13818-2, 6.2. A restart needs its sequence header, which also resets the quantiser matrices.
static PacketFacts read_mpeg(Bytes bytes)
{
    PacketFacts facts = {0};
    bool sequence = false, only_picture = true;
    for (const uint8_t *unit; (unit = after_start_code(bytes)) != NULL; bytes.at = unit) {
        int code = unit[0];
        if (code >= 0x01 && code <= 0xaf)
            break; // slices
        if (code == 0xb3)
            sequence = true;
        else if (code == 0xb5 && bytes.end - unit >= 2 && unit[1] >> 4 == 3)
            only_picture = false; // quant matrix extension: it is valid for later pictures too
        else if (code == 0x00 && bytes.end - unit >= 3) {
            int picture_type = unit[2] >> 3 & 7;
            facts.restart = picture_type == 1 && sequence;
            facts.disposable = picture_type == 3 && !sequence;
        }
    }
    facts.disposable = facts.disposable && only_picture;
    return facts;
}

/* ---- VP8, VP9, AV1 ------------------------------------------------------------------------------------ */

// RFC 6386, 9.1.
static PacketFacts read_vp8(Bytes bytes)
{
    if (bytes.at == bytes.end)
        return (PacketFacts){0};
    return (PacketFacts){.restart = (bytes.at[0] & 1) == 0, .hidden = (bytes.at[0] & 0x10) == 0};
}

// VP9 bitstream specification, 6.2 (uncompressed header) and annex B (superframes, marked in their last
// byte).
static PacketFacts read_vp9(Bytes bytes)
{
    PacketFacts facts = {0};
    if (bytes.at == bytes.end)
        return facts;
    int bits = bytes.at[0];
    int profile = (bits >> 5 & 1) | (bits >> 3 & 2);
    if (bits >> 6 != 2 || profile == 3)
        return facts; // profile 3 has one more bit before the ones read here
    bool superframe = (bytes.end[-1] & 0xe0) == 0xc0;
    bool show_existing = (bits & 8) != 0, key = (bits & 4) == 0, show = (bits & 2) != 0;
    facts.restart = !show_existing && key;
    facts.hidden = !superframe && !show_existing && !show;
    return facts;
}

// Read the LEB128 length of an AV1 unit. Returns false if the bytes are damaged.
static bool read_leb128(Bytes *bytes, size_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < 8 && bytes->at < bytes->end; i++) {
        uint8_t byte = *bytes->at++;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            *out = (size_t)value;
            return value <= (uint64_t)(bytes->end - bytes->at);
        }
    }
    return false;
}

// AV1 bitstream specification, 5.3 and 5.9: a temporal unit that begins with a sequence header and a shown
// key frame.
static PacketFacts read_av1(Bytes bytes)
{
    PacketFacts facts = {0};
    bool sequence = false, reduced = false;
    while (bytes.at < bytes.end) {
        int header = *bytes.at++;
        int type = header >> 3 & 15;
        if ((header & 4) != 0 && bytes.at++ == bytes.end)
            break;
        size_t length = (size_t)(bytes.end - bytes.at);
        if ((header & 2) != 0 && !read_leb128(&bytes, &length))
            break;
        if (length == 0) {
            continue; // temporal delimiter
        }
        if (type == 1) {
            sequence = true;
            reduced = (bytes.at[0] & 8) != 0;
        } else if (type == 3 || type == 6) {
            // show_existing_frame 0, frame_type KEY (00), show_frame 1
            facts.restart = sequence && !reduced && bytes.at[0] >> 4 == 1;
            break;
        }
        bytes.at += length;
    }
    return facts;
}

/* ---- front -------------------------------------------------------------------------------------------- */

static bool is_intra_only(enum AVCodecID codec)
{
    switch (codec) {
    case AV_CODEC_ID_PRORES:
    case AV_CODEC_ID_DNXHD:
    case AV_CODEC_ID_DVVIDEO:
    case AV_CODEC_ID_RAWVIDEO:
    case AV_CODEC_ID_V210:
    case AV_CODEC_ID_JPEG2000:
    case AV_CODEC_ID_UTVIDEO:
        return true;
    default:
        return false;
    }
}

// A JPEG of a stream may use the tables of the one before. One with both kinds of tables does not.
static PacketFacts read_mjpeg(Bytes bytes)
{
    bool quantiser = false, huffman = false;
    if (bytes.end - bytes.at < 4 || bytes.at[0] != 0xff || bytes.at[1] != 0xd8)
        return (PacketFacts){0};
    bytes.at += 2;
    while (bytes.end - bytes.at >= 4 && bytes.at[0] == 0xff && bytes.at[1] != 0xda) {
        quantiser = quantiser || bytes.at[1] == 0xdb;
        huffman = huffman || bytes.at[1] == 0xc4;
        ptrdiff_t length = 2 + (bytes.at[2] << 8 | bytes.at[3]);
        bytes.at = length < bytes.end - bytes.at ? bytes.at + length : bytes.end;
    }
    bool whole = quantiser && huffman;
    return (PacketFacts){.restart = whole, .disposable = whole};
}

void rv_packet_reader_init(PacketReader *reader, const AVCodecParameters *parameters)
{
    *reader = (PacketReader){.codec = parameters->codec_id,
                             .whole_frames = parameters->field_order == AV_FIELD_PROGRESSIVE};
    const uint8_t *extra = parameters->extradata;
    int size = parameters->extradata_size;
    if (reader->codec == AV_CODEC_ID_H264) {
        if (size >= 7 && extra[0] == 1) // avcC, ISO/IEC 14496-15
            reader->nal_length_bytes = (extra[4] & 3) + 1;
    } else if (reader->codec == AV_CODEC_ID_HEVC) {
        reader->whole_frames = true;                                        // a field is a picture of its own
        if (size >= 23 && (extra[0] != 0 || extra[1] != 0 || extra[2] > 1)) // hvcC
            reader->nal_length_bytes = (extra[21] & 3) + 1;
    } else if (reader->codec != AV_CODEC_ID_MPEG2VIDEO) {
        reader->whole_frames = true;
    }
}

bool rv_packet_reader_can_skip(const PacketReader *reader)
{
    switch (reader->codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_MJPEG:
        return true;
    default:
        return is_intra_only(reader->codec);
    }
}

PacketFacts rv_packet_read_facts(PacketReader *reader, const AVPacket *packet)
{
    Bytes bytes = {.at = packet->data, .end = packet->data + packet->size};
    PacketFacts facts = {0};
    switch (reader->codec) {
    case AV_CODEC_ID_H264:
        facts = read_h264(reader, bytes);
        break;
    case AV_CODEC_ID_HEVC:
        facts = read_hevc(reader, bytes);
        break;
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
        facts = read_mpeg(bytes);
        break;
    case AV_CODEC_ID_VP8:
        facts = read_vp8(bytes);
        break;
    case AV_CODEC_ID_VP9:
        facts = read_vp9(bytes);
        break;
    case AV_CODEC_ID_AV1:
        facts = read_av1(bytes);
        break;
    case AV_CODEC_ID_MJPEG:
        facts = read_mjpeg(bytes);
        break;
    default:
        facts.restart = facts.disposable = is_intra_only(reader->codec);
    }
    facts.disposable = facts.disposable && reader->whole_frames;
    return facts;
}
