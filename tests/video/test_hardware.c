/* SPDX-License-Identifier: MIT */
/* Video hardware: names that are refused, and that auto decodes the same frames whether there is a device or
 * not. On a machine with a device this decodes on it; elsewhere the ways back to software are what is tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libavutil/hwcontext.h>
#include <string.h>

#include "clips.h"
#include "numbered_frames.h"
#include "video/frame_stream.h"
#include "video/hardware.h"

static void check_hwaccel_refuses_what_is_not_there(void **state)
{
    (void)state;
    RvError err = {0};
    assert_int_equal(rv_video_check_hwaccel(NULL, &err), RV_OK);
    assert_int_equal(rv_video_check_hwaccel("none", &err), RV_OK);
    assert_int_equal(rv_video_check_hwaccel("auto", &err), RV_OK);
    assert_int_equal(rv_video_check_hwaccel("nonsense", &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "nonsense"));
    assert_int_equal(rv_video_check_hwaccel("nonsense:1", &err), RV_ERROR_ARGUMENT);
    static const char *const devices[] = {"cuda:",    "cuda:x", "cuda:1x",
                                          "cuda:010", "vaapi:", "vaapi:/no/such/device"};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        assert_int_equal(rv_video_check_hwaccel(devices[i], &err), RV_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, devices[i]));
    }
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE;) {
        const char *name = av_hwdevice_get_type_name(type);
        RvStatus status = rv_video_check_hwaccel(name, &err);
        if (status != RV_OK && (status != RV_ERROR_ARGUMENT || strstr(err.message, name) == NULL))
            fail_msg("%s: %s", name, err.message);
    }
}

static void describe_names_every_type(void **state)
{
    (void)state;
    char version[128], hardware[512];
    rv_video_describe_ffmpeg(version, sizeof version, hardware, sizeof hardware);
    assert_non_null(strstr(version, "libavcodec"));
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE;)
        assert_non_null(strstr(hardware, av_hwdevice_get_type_name(type)));
}

static bool want_all(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

typedef struct Lines {
    int info_count, warning_count;
} Lines;

static void count_line(void *user, RvLogLevel level, const char *message)
{
    (void)message;
    Lines *lines = user;
    lines->info_count += level == RV_LOG_INFO ? 1 : 0;
    lines->warning_count += level == RV_LOG_WARNING ? 1 : 0;
}

static void auto_decodes_the_same_frames(void **state)
{
    (void)state;
    static const char *const clips[] = {"plain.mp4", "gop50_closed.mp4", "hevc_open.mp4", "vp9.webm",
                                        "av1.mp4",   "mpeg2_open.ts",    "theora.ogv"};
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        char path[2048];
        if (!clip_path(clips[i], path, sizeof path))
            skip();
        Lines lines = {0};
        VideoOptions options = {.hwaccel = "auto", .log = {.write = count_line, .user = &lines}};
        VideoReader *reader;
        FrameStream *stream;
        RvError err = {0};
        assert_int_equal(rv_video_open(path, &options, &reader, NULL), RV_OK);
        FrameStreamOptions stream_options = {.wanted = want_all};
        if (rv_frames_open(reader, &stream_options, &stream, &err) != RV_OK)
            fail_msg("%s: %s", clips[i], err.message);
        TimedFrame frame = {0};
        int number = 0;
        for (bool end = false;; number++) {
            assert_int_equal(rv_frames_next(stream, &frame, &end, NULL), RV_OK);
            if (end)
                break;
            if (frame_number_shown(&frame.frame) != number)
                fail_msg("%s: frame %d shows %d", clips[i], number, frame_number_shown(&frame.frame));
        }
        assert_true(number >= 50);
        assert_int_equal(lines.info_count, 1); // what decodes it
        assert_int_equal(lines.warning_count, 0);
        rv_frame_clear(&frame.frame);
        rv_frames_close(stream);
        rv_video_close(reader);
    }
}

/* A device of FFmpeg's that is no decoder's: the way of a named device that does not know the codec. */
static void named_device_without_the_codec_warns(void **state)
{
    (void)state;
    for (enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
         (type = av_hwdevice_iterate_types(type)) != AV_HWDEVICE_TYPE_NONE;) {
        const char *name = av_hwdevice_get_type_name(type);
        Lines lines = {0};
        RvLog log = {.write = count_line, .user = &lines};
        Hardware hardware;
        RvError err = {0};
        RvStatus status = rv_hardware_open(name, AV_CODEC_ID_THEORA, "clip", &log, &hardware, &err);
        assert_true(status == RV_OK || status == RV_ERROR_ARGUMENT);
        assert_null(hardware.device);
        assert_int_equal(lines.warning_count, status == RV_OK ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_hwaccel_refuses_what_is_not_there),
        cmocka_unit_test(describe_names_every_type),
        cmocka_unit_test(auto_decodes_the_same_frames),
        cmocka_unit_test(named_device_without_the_codec_warns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
