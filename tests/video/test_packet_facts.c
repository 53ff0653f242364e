/* SPDX-License-Identifier: MIT */
/* What packets say about themselves, from hand-written headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "video/packet_facts.h"

#define BYTES_MAX 40

typedef struct FactsCase {
    enum AVCodecID codec;
    int nal_length_bytes;
    size_t size_bytes;
    uint8_t bytes[BYTES_MAX];
    bool restart, disposable, hidden;
    int layer;
    const char *why;
} FactsCase;

#define BYTES(...)                                                                                           \
    sizeof((uint8_t[]){__VA_ARGS__}),                                                                        \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static const FactsCase cases[] = {
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x65, 0x88), true, false, false, 0, "IDR slice"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x06, 5, 0, 0, 0, 2, 0x65, 0x88), true, false, false, 0,
     "SEI before it"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x41, 0x9a), false, false, false, 0, "slice that is referred to"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x01, 0x9a), false, true, false, 0, "slice that is not"},
    {AV_CODEC_ID_H264, 2, BYTES(0, 2, 0x01, 0x9a), false, true, false, 0, "lengths of two bytes"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x68, 0, 0, 0, 0, 2, 0x01, 0x9a), false, false, false, 0,
     "a parameter set must not be dropped with it"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x67, 0, 0, 0, 0, 2, 0x65, 0x88), false, false, false, 0,
     "IDR with half of its parameters"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x67, 0, 0, 0, 0, 2, 0x68, 0, 0, 0, 0, 2, 0x65, 0x88), true,
     false, false, 0, "IDR with all of them"},
    {AV_CODEC_ID_H264, 4, BYTES(0xff, 0xff, 0xff, 0xff, 0x65, 0x88), false, false, false, 0,
     "length beyond the packet"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0), false, false, false, 0, "cut in its length"},
    {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 0, 0, 0, 0, 0), false, false, false, 0, "empty units"},
    {AV_CODEC_ID_H264, 0, BYTES(0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x65, 0x88), true, false, false, 0,
     "start codes"},
    {AV_CODEC_ID_H264, 0, BYTES(0, 0, 1, 0x01, 0x9a), false, true, false, 0, "start code of three bytes"},
    {AV_CODEC_ID_H264, 0, BYTES(1, 2, 3, 4, 5, 6), false, false, false, 0, "no start code"},
    {AV_CODEC_ID_H264, 0, BYTES(0, 0, 1), false, false, false, 0, "start code at the end"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x26, 0x01, 0xaf), true, false, false, 0, "IDR_W_RADL"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x2a, 0x01, 0xaf), true, false, false, 0, "CRA"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x02, 0x01, 0xd0), false, false, false, 0, "TRAIL_R"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x00, 0x01, 0xd0), false, true, false, 0, "TRAIL_N"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x00, 0x03, 0xd0), false, true, false, 2, "TRAIL_N of layer 2"},
    {AV_CODEC_ID_HEVC, 4, BYTES(0, 0, 0, 3, 0x10, 0x01, 0xd0), false, true, false, 0, "RASL_N"},
    {AV_CODEC_ID_MPEG2VIDEO, 0, BYTES(0, 0, 1, 0xb3, 1, 0, 0, 1, 0, 0, 0x08, 0, 0, 0, 1, 1), true, false,
     false, 0, "sequence header and I picture"},
    {AV_CODEC_ID_MPEG2VIDEO, 0, BYTES(0, 0, 1, 0, 0, 0x08, 0, 0, 0, 1, 1), false, false, false, 0,
     "I picture without its sequence header"},
    {AV_CODEC_ID_MPEG2VIDEO, 0, BYTES(0, 0, 1, 0, 0, 0x18, 0, 0, 0, 1, 1), false, true, false, 0,
     "B picture"},
    {AV_CODEC_ID_MPEG2VIDEO, 0, BYTES(0, 0, 1, 0, 0, 0x18, 0, 0, 0, 1, 0xb5, 0x30, 0, 0, 1, 1), false, false,
     false, 0, "B picture with quantiser matrices that later ones keep"},
    {AV_CODEC_ID_MPEG2VIDEO, 0, BYTES(0, 0, 1, 0, 0, 0x10, 0, 0, 0, 1, 1), false, false, false, 0,
     "P picture"},
    {AV_CODEC_ID_VP8, 0, BYTES(0x10, 0, 0), true, false, false, 0, "VP8 keyframe"},
    {AV_CODEC_ID_VP8, 0, BYTES(0x11, 0, 0), false, false, false, 0, "VP8 inter frame"},
    {AV_CODEC_ID_VP8, 0, BYTES(0x01, 0, 0), false, false, true, 0, "VP8 frame that is not shown"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x82, 0x49, 0x83), true, false, false, 0, "VP9 keyframe"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x86, 0, 0), false, false, false, 0, "VP9 inter frame"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x84, 0, 0), false, false, true, 0, "VP9 frame that is not shown"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x84, 0, 0xc1), false, false, false, 0,
     "VP9 superframe: the last one is shown"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x88, 0), false, false, false, 0, "VP9 frame shown again"},
    {AV_CODEC_ID_VP9, 0, BYTES(0x02, 0x49, 0x83), false, false, false, 0, "not VP9"},
    {AV_CODEC_ID_AV1, 0, BYTES(0x12, 0, 0x0a, 1, 0, 0x32, 1, 0x10), true, false, false, 0,
     "AV1 shown key frame"},
    {AV_CODEC_ID_AV1, 0, BYTES(0x12, 0, 0x32, 1, 0x10), false, false, false, 0, "without sequence header"},
    {AV_CODEC_ID_AV1, 0, BYTES(0x12, 0, 0x0a, 1, 0, 0x32, 1, 0x00), false, false, false, 0, "not shown"},
    {AV_CODEC_ID_AV1, 0, BYTES(0x12, 0, 0x0a, 1, 0, 0x32, 1, 0x30), false, false, false, 0, "inter frame"},
    {AV_CODEC_ID_AV1, 0, BYTES(0x0a, 0xff, 0xff, 0xff), false, false, false, 0, "endless length"},
    {AV_CODEC_ID_MJPEG, 0, BYTES(0xff, 0xd8, 0xff, 0xdb, 0, 2, 0xff, 0xc4, 0, 2, 0xff, 0xda), true, true,
     false, 0, "JPEG with its tables"},
    {AV_CODEC_ID_MJPEG, 0, BYTES(0xff, 0xd8, 0xff, 0xdb, 0, 2, 0xff, 0xda), false, false, false, 0,
     "JPEG that leans on the tables of another"},
    {AV_CODEC_ID_MJPEG, 0, BYTES(0xff, 0xd8, 0xff, 0xdb, 0xff, 0xff), false, false, false, 0,
     "JPEG cut short"},
    {AV_CODEC_ID_PRORES, 0, BYTES(1, 2, 3), true, true, false, 0, "every frame stands alone"},
    {AV_CODEC_ID_MPEG4, 0, BYTES(0, 0, 1, 0xb6, 0), false, false, false, 0, "nothing is known of this codec"},
};

// The bytes in a block of exactly their size, so that a sanitizer sees any read beyond them.
static PacketFacts read_case(const FactsCase *entry, size_t size_bytes, PacketReader *reader)
{
    uint8_t *bytes = malloc(size_bytes);
    assert_true(bytes != NULL || size_bytes == 0);
    memcpy(bytes, entry->bytes, size_bytes);
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    packet->data = bytes;
    packet->size = (int)size_bytes;
    PacketFacts facts = rv_packet_read_facts(reader, packet);
    packet->data = NULL;
    packet->size = 0;
    av_packet_free(&packet);
    free(bytes);
    return facts;
}

static void read_facts_knows_each_kind_of_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const FactsCase *entry = &cases[i];
        PacketReader reader = {
            .codec = entry->codec, .nal_length_bytes = entry->nal_length_bytes, .whole_frames = true};
        PacketFacts facts = read_case(entry, entry->size_bytes, &reader);
        if (facts.restart != entry->restart || facts.disposable != entry->disposable ||
            facts.hidden != entry->hidden || facts.layer != entry->layer)
            fail_msg("%s: restart %d, disposable %d, hidden %d, layer %d", entry->why, facts.restart,
                     facts.disposable, facts.hidden, facts.layer);
    }
}

static void read_facts_stays_inside_cut_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t size_bytes = 1; size_bytes < cases[i].size_bytes; size_bytes++) {
            PacketReader reader = {
                .codec = cases[i].codec, .nal_length_bytes = cases[i].nal_length_bytes, .whole_frames = true};
            read_case(&cases[i], size_bytes, &reader); // the sanitizers are the judges
        }
    }
}

static void read_facts_drops_no_fields(void **state)
{
    (void)state;
    PacketReader reader = {.codec = AV_CODEC_ID_H264, .nal_length_bytes = 4, .whole_frames = false};
    static const FactsCase field = {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x01, 0x9a), 0, 0, 0, 0, ""};
    assert_false(read_case(&field, field.size_bytes, &reader).disposable);
}

static void read_facts_wants_parameters_again_once_they_came_in_the_stream(void **state)
{
    (void)state;
    static const FactsCase parameters = {
        AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x68, 0, 0, 0, 0, 2, 0x41, 0x9a), 0, 0, 0, 0, ""};
    static const FactsCase idr = {AV_CODEC_ID_H264, 4, BYTES(0, 0, 0, 2, 0x65, 0x88), 0, 0, 0, 0, ""};
    PacketReader reader = {.codec = AV_CODEC_ID_H264, .nal_length_bytes = 4, .whole_frames = true};
    assert_true(read_case(&idr, idr.size_bytes, &reader).restart);
    read_case(&parameters, parameters.size_bytes, &reader);
    assert_false(read_case(&idr, idr.size_bytes, &reader).restart);
}

static void init_reads_the_length_of_lengths(void **state)
{
    (void)state;
    static uint8_t avcc[16] = {1, 100, 0, 31, 0xfd}, annexb[16] = {0, 0, 0, 1, 0x67}, hvcc[32] = {1};
    hvcc[21] = 0x0f;
    static const struct {
        enum AVCodecID codec;
        uint8_t *extradata;
        int size, expected;
    } inits[] = {{AV_CODEC_ID_H264, avcc, 16, 2},
                 {AV_CODEC_ID_H264, annexb, 16, 0},
                 {AV_CODEC_ID_H264, NULL, 0, 0},
                 {AV_CODEC_ID_HEVC, hvcc, 32, 4},
                 {AV_CODEC_ID_HEVC, hvcc, 10, 0}};
    for (size_t i = 0; i < sizeof inits / sizeof inits[0]; i++) {
        AVCodecParameters parameters = {
            .codec_id = inits[i].codec, .extradata = inits[i].extradata, .extradata_size = inits[i].size};
        PacketReader reader;
        rv_packet_reader_init(&reader, &parameters);
        assert_int_equal(reader.nal_length_bytes, inits[i].expected);
        assert_true(rv_packet_reader_can_skip(&reader));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_facts_knows_each_kind_of_packet),
        cmocka_unit_test(read_facts_stays_inside_cut_packets),
        cmocka_unit_test(read_facts_drops_no_fields),
        cmocka_unit_test(read_facts_wants_parameters_again_once_they_came_in_the_stream),
        cmocka_unit_test(init_reads_the_length_of_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
