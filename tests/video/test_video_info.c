/* SPDX-License-Identifier: MIT */
/* Facts of opened videos: size as displayed, turns, rates, durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "clips.h"
#include "video/video_internal.h"
#include "video/video_reader.h"

static void read_matrix_gives_turns_and_mirrors(void **state)
{
    (void)state;
    enum { ONE = 1 << 16 };
    static const struct {
        int32_t a, b, c, d;
        int quarter_turns;
        bool mirrored;
        const char *why;
    } cases[] = {
        {ONE, 0, 0, ONE, 0, false, "upright"},
        {0, ONE, -ONE, 0, 1, false, "a quarter clockwise"},
        {-ONE, 0, 0, -ONE, 2, false, "upside down"},
        {0, -ONE, ONE, 0, 3, false, "a quarter the other way"},
        {-ONE, 0, 0, ONE, 0, true, "left and right"},
        {ONE, 0, 0, -ONE, 2, true, "top and bottom"},
        {0, ONE, ONE, 0, 3, true, "over a diagonal"},
        {0, -ONE, -ONE, 0, 1, true, "over the other"},
        {0, 0, 0, 0, 0, false, "a matrix of nothing"},
        {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MIN, 2, false, "wild"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t matrix[9] = {cases[i].a, cases[i].b, 0, cases[i].c, cases[i].d, 0, 0, 0, 1 << 30};
        int turns;
        bool mirrored;
        rv_video_read_matrix(matrix, &turns, &mirrored);
        if (turns != cases[i].quarter_turns || mirrored != cases[i].mirrored)
            fail_msg("%s: %d turns, mirrored %d", cases[i].why, turns, mirrored);
    }
}

static void info_tells_size_as_displayed(void **state)
{
    (void)state;
    static const struct {
        const char *clip, *codec;
        int width, height;
        double rate, duration_s, start_s;
        const char *why;
    } cases[] = {
        {"plain.mp4", "h264", 160, 120, 25, 4, 0, "plain"},
        {"turn90.mp4", "h264", 120, 160, 25, 2, 0, "turned"},
        {"turn180.mp4", "h264", 160, 120, 25, 2, 0, "upside down"},
        {"turn270.mp4", "h264", 120, 160, 25, 2, 0, "turned the other way"},
        {"mirrored90.mp4", "h264", 120, 160, 25, 2, 0, "turned and mirrored"},
        {"aspect_4_3.mp4", "h264", 213, 120, 25, 2, 0, "wide pixels"},
        {"odd.mp4", "h264", 175, 131, 25, 2, 0, "odd size"},
        {"two_streams.mkv", "h264", 160, 120, 25, 2, 0, "the default stream"},
        {"two_sizes.mkv", "h264", 320, 240, 25, 2, 0, "the largest stream"},
        {"cover.mp4", "h264", 160, 120, 25, 2, 0, "not the cover"},
        {"offset5.ts", "h264", 160, 120, 25, 4, 5, "begins at 5 s"},
        {"late_video.mkv", "h264", 160, 120, 25, 6, 0, "sound first"},
        {"rate_29_97.mp4", "h264", 160, 120, 30000.0 / 1001, 10.01, 0, "29.97"},
        {"vp9.webm", "vp9", 160, 120, 25, 12, 0, "VP9"},
        {"av1.mp4", "av1", 160, 120, 25, 4, 0, "AV1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        VideoReader *reader;
        RvError err;
        if (rv_video_open(path, NULL, &reader, &err) != RV_OK)
            fail_msg("%s", err.message);
        const VideoInfo *info = rv_video_info(reader);
        if (strcmp(info->codec, cases[i].codec) != 0 || info->width != cases[i].width ||
            info->height != cases[i].height || fabs(info->frame_rate - cases[i].rate) > 0.01 ||
            fabs(info->duration_s - cases[i].duration_s) > 0.11 ||
            fabs(info->start_s - cases[i].start_s) > 1e-6)
            fail_msg("%s (%s): %s %d x %d, %.3f fps, %.3f s from %.3f", cases[i].clip, cases[i].why,
                     info->codec, info->width, info->height, info->frame_rate, info->duration_s,
                     info->start_s);
        rv_video_close(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_matrix_gives_turns_and_mirrors),
        cmocka_unit_test(info_tells_size_as_displayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
