/* SPDX-License-Identifier: MIT */
/* Tests of pixels/frame_view.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavutil/dovi_meta.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "frames.h"
#include "pixels/frame_view.h"

static void frame_view_decides_matrix_and_range(void **state)
{
    static const struct {
        enum AVPixelFormat format;
        int height;
        enum AVColorSpace colorspace;
        enum AVColorRange range;
        int matrix, full_range;
        const char *why;
    } cases[] = {
        {AV_PIX_FMT_YUV420P, 576, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, SWS_CS_ITU601, 0,
         "untold, SD"},
        {AV_PIX_FMT_YUV420P, 720, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, SWS_CS_ITU709, 0,
         "untold, HD"},
        {AV_PIX_FMT_YUV420P, 1080, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG, SWS_CS_ITU601, 0,
         "said to be BT.601"},
        {AV_PIX_FMT_YUV420P, 240, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, SWS_CS_ITU709, 0, "said to be BT.709"},
        {AV_PIX_FMT_YUV420P10, 240, AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_MPEG, SWS_CS_BT2020, 0,
         "said to be BT.2020"},
        {AV_PIX_FMT_YUV420P, 240, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_JPEG, SWS_CS_ITU601, 1, "full range"},
        {AV_PIX_FMT_YUVJ420P, 240, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, SWS_CS_ITU601, 1, "yuvj"},
        {AV_PIX_FMT_GRAY8, 240, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, SWS_CS_ITU601, 1,
         "grey, untold"},
        {AV_PIX_FMT_GRAY8, 240, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG, SWS_CS_ITU601, 0, "grey, limited"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AVFrame *av = make_av_frame(cases[i].format, 32, cases[i].height);
        av->colorspace = cases[i].colorspace;
        av->color_range = cases[i].range;
        FrameView view;
        RvError err = {0};
        assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
        if (view.shape.matrix != cases[i].matrix || view.shape.full_range != cases[i].full_range)
            fail_msg("%s: matrix %d, full range %d", cases[i].why, view.shape.matrix, view.shape.full_range);
        assert_int_not_equal(view.shape.format, AV_PIX_FMT_YUVJ420P);
        av_frame_free(&av);
    }
}

static void frame_view_takes_the_first_field(void **state)
{
    static const struct {
        int height;
        int top_first;
        int wanted_height;
        const char *why;
    } cases[] = {
        {16, 1, 8, "top field"},
        {16, 0, 8, "bottom field"},
        {6, 1, 3, "three lines, chroma for four"},
        {6, 0, 2, "three lines, chroma for two"},
        {7, 1, 4, "odd height, top"},
        {2, 1, 1, "one line each, chroma shared"},
        {2, 0, 2, "no chroma line of its own: taken whole"},
        {1, 1, 1, "one line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AVFrame *av = make_av_frame(AV_PIX_FMT_YUV420P, 16, cases[i].height);
        mark_interlaced(av, true, cases[i].top_first);
        FrameView view;
        RvError err = {0};
        assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
        if (view.shape.height != cases[i].wanted_height)
            fail_msg("%s: %d lines", cases[i].why, view.shape.height);
        if (cases[i].wanted_height < cases[i].height) {
            assert_int_equal(view.strides[0], 2 * av->linesize[0]);
            assert_ptr_equal(view.planes[1], av->data[1] + (cases[i].top_first ? 0 : av->linesize[1]));
        }
        av_frame_free(&av);
    }
}

static void frame_view_refuses_what_cannot_be_read(void **state)
{
    AVFrame *av = av_frame_alloc();
    FrameView view;
    RvError err = {0};
    assert_int_equal(rv_frame_view(av, &view, &err), RV_ERROR_FORMAT);
    av_frame_free(&av);
    av = make_av_frame(AV_PIX_FMT_YUV420P, 16, 16);
    av->colorspace = AVCOL_SPC_YCGCO;
    assert_int_equal(rv_frame_view(av, &view, &err), RV_ERROR_UNSUPPORTED);
    av->colorspace = AVCOL_SPC_UNSPECIFIED;
    size_t metadata_bytes;
    AVDOVIMetadata *metadata = av_dovi_metadata_alloc(&metadata_bytes);
    AVFrameSideData *data = av_frame_new_side_data(av, AV_FRAME_DATA_DOVI_METADATA, metadata_bytes);
    assert_non_null(data);
    memcpy(data->data, metadata, metadata_bytes);
    av_free(metadata);
    AVDOVIRpuDataHeader *header = av_dovi_get_header((AVDOVIMetadata *)(void *)data->data);
    header->vdr_rpu_profile = 1; // profile 8: its base layer is a picture
    assert_int_equal(rv_frame_view(av, &view, &err), RV_OK);
    header->vdr_rpu_profile = 0;
    header->bl_video_full_range_flag = 1;
    assert_int_equal(rv_frame_view(av, &view, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "Dolby Vision"));
    av_frame_remove_side_data(av, AV_FRAME_DATA_DOVI_METADATA);
    av->format = AV_PIX_FMT_VAAPI;
    assert_int_equal(rv_frame_view(av, &view, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "vaapi"));
    av_frame_free(&av);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_view_decides_matrix_and_range),
        cmocka_unit_test(frame_view_takes_the_first_field),
        cmocka_unit_test(frame_view_refuses_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
