/* SPDX-License-Identifier: MIT */
/* Tests of pixels/convert.c: the fast and the exact way agree, on real videos and on hard patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <math.h>
#include <stdlib.h>

#include "frames.h"
#include "pixels/convert.h"
#include "shared.h"

static FrameConverter *converter(bool exact)
{
    FrameConverter *made = NULL;
    RvError err = {0};
    ConverterOptions options = {.exact = exact};
    assert_int_equal(rv_converter_create(&options, &made, &err), RV_OK);
    return made;
}

static double mean_difference(const uint8_t *first, const uint8_t *second, size_t size_bytes)
{
    double sum = 0;
    for (size_t i = 0; i < size_bytes; i++)
        sum += abs(first[i] - second[i]);
    return sum / (double)size_bytes;
}

/* Returns the largest mean difference in levels: of a model's inputs in every mode and by every filter, and of
 * the picture. */
static double compare_ways(FrameConverter *fast, FrameConverter *exact, const Frame *frame)
{
    enum { SIDE = 224, INPUT_BYTES = SIDE * SIDE * 3 };
    uint8_t *inputs = malloc(2 * INPUT_BYTES);
    RvPicture *first = NULL, *second = NULL;
    RvError err = {0};
    double worst = 0;
    for (int way = 0; way < 6; way++) {
        ModelInput input = {SIDE, (ResizeMode)(way / 2), (ResizeFilter)(way % 2), false};
        assert_int_equal(rv_converter_model_input(fast, frame, &input, inputs, &err), RV_OK);
        assert_int_equal(rv_converter_model_input(exact, frame, &input, inputs + INPUT_BYTES, &err), RV_OK);
        worst = fmax(worst, mean_difference(inputs, inputs + INPUT_BYTES, INPUT_BYTES));
    }
    assert_int_equal(rv_converter_picture(fast, frame, 200, &first, &err), RV_OK);
    assert_int_equal(rv_converter_picture(exact, frame, 200, &second, &err), RV_OK);
    assert_int_equal(first->image.width, second->image.width);
    worst = fmax(worst, mean_difference(first->pixels, second->pixels, first->image.row_stride * 200));
    rv_picture_destroy(first);
    rv_picture_destroy(second);
    free(inputs);
    return worst;
}

/* Compare the two ways on every 40th frame of a video. */
static int compare_video(const char *path)
{
    AVFormatContext *format = NULL;
    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    int stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    assert_true(stream >= 0);
    const AVCodecParameters *parameters = format->streams[stream]->codecpar;
    AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder(parameters->codec_id));
    assert_true(avcodec_parameters_to_context(codec, parameters) >= 0);
    assert_int_equal(avcodec_open2(codec, NULL, NULL), 0);
    FrameConverter *fast = converter(false), *exact = converter(true);
    AVPacket *packet = av_packet_alloc();
    AVFrame *av = av_frame_alloc();
    int seen = 0, compared = 0;
    while (compared < 8 && av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == stream)
            avcodec_send_packet(codec, packet);
        av_packet_unref(packet);
        while (avcodec_receive_frame(codec, av) >= 0) {
            if (seen++ % 40 != 0)
                continue;
            Frame frame = make_frame(av);
            frame.quarter_turns = compared % 4;
            double difference = compare_ways(fast, exact, &frame);
            if (difference > 0.5) // the project allows 2
                fail_msg("%s, frame %d: %.3f levels", path, seen, difference);
            compared++;
        }
    }
    av_frame_free(&av);
    av_packet_free(&packet);
    rv_converter_destroy(fast);
    rv_converter_destroy(exact);
    avcodec_free_context(&codec);
    avformat_close_input(&format);
    return compared;
}

static void converter_ways_agree_on_real_videos(void **state)
{
    static const char *const names[] = {"videos/bottle-detection.mp4", "videos/car-detection.mp4"};
    for (size_t i = 0; i < 2; i++) {
        char path[1024];
        if (!shared_path(names[i], path, sizeof path))
            skip();
        assert_int_equal(compare_video(path), 8);
    }
}

static void converter_ways_agree_on_detail(void **state)
{
    // Every band of fine stripes a scaler could alias, with sharp colour edges, in shapes that stretch and
    // turn.
    for (int variant = 0; variant < 8; variant++) {
        AVFrame *av = make_av_frame(variant % 2 == 0 ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV422P10, 720, 480);
        int depth_shift = variant % 2 == 0 ? 0 : 2;
        fill_components(av, (const int[4]){128 << depth_shift, 128 << depth_shift, 128 << depth_shift});
        for (int plane = 0; plane < 3; plane++) {
            int height = plane == 0 || depth_shift != 0 ? 480 : 240, width = plane == 0 ? 720 : 360;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int value = plane == 0 ? 80 + (x * x / 194 + y * y / 262 + x * y / 106) % 90
                                           : 98 + (x / 40 + y / 30 + plane) % 5 * 15;
                    if (depth_shift == 0)
                        av->data[plane][y * av->linesize[plane] + x] = (uint8_t)value;
                    else
                        ((uint16_t *)(void *)(av->data[plane] + y * av->linesize[plane]))[x] =
                            (uint16_t)(value * 4);
                }
            }
        }
        mark_interlaced(av, variant / 2 % 2 == 1, true);
        Frame frame = make_frame(av);
        frame.sample_aspect_num = variant >= 4 ? 32 : 1;
        frame.sample_aspect_den = variant >= 4 ? 27 : 1;
        frame.quarter_turns = variant % 4;
        FrameConverter *fast = converter(false), *exact = converter(true);
        double difference = compare_ways(fast, exact, &frame);
        if (difference > 2.0)
            fail_msg("variant %d: %.3f levels", variant, difference);
        rv_converter_destroy(fast);
        rv_converter_destroy(exact);
        av_frame_free(&av);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converter_ways_agree_on_real_videos),
        cmocka_unit_test(converter_ways_agree_on_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
