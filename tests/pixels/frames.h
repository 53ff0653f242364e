/* SPDX-License-Identifier: MIT */
/* Frames made by hand for the tests of conversion. */
#ifndef RV_TESTS_FRAMES_H
#define RV_TESTS_FRAMES_H

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <stdlib.h>
#include <string.h>

#include "video/frame.h"

static inline AVFrame *make_av_frame(enum AVPixelFormat format, int width, int height)
{
    AVFrame *av = av_frame_alloc();
    assert_non_null(av);
    av->format = format;
    av->width = width;
    av->height = height;
    assert_int_equal(av_frame_get_buffer(av, 0), 0);
    for (int i = 0; i < AV_NUM_DATA_POINTERS && av->buf[i] != NULL; i++)
        memset(av->buf[i]->data, 0, av->buf[i]->size); // av_write_image_line adds bits to what is there
    return av;
}

/* Newer versions of FFmpeg keep the two marks among the frame's flags. */
static inline void mark_interlaced(AVFrame *av, bool interlaced, bool top_first)
{
#ifdef AV_FRAME_FLAG_INTERLACED
    av->flags &= ~(AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST);
    av->flags |=
        (interlaced ? AV_FRAME_FLAG_INTERLACED : 0) | (top_first ? AV_FRAME_FLAG_TOP_FIELD_FIRST : 0);
#else
    av->interlaced_frame = interlaced;
    av->top_field_first = top_first;
#endif
}

static inline Frame make_frame(AVFrame *av)
{
    return (Frame){.av = av, .sample_aspect_num = 1, .sample_aspect_den = 1};
}

/* Every sample of each component to one value. */
static inline void fill_components(AVFrame *av, const int values[4])
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)av->format);
    for (int component = 0; component < format->nb_components; component++) {
        bool chroma = (component == 1 || component == 2) && (format->flags & AV_PIX_FMT_FLAG_RGB) == 0;
        int width = chroma ? AV_CEIL_RSHIFT(av->width, format->log2_chroma_w) : av->width;
        int height = chroma ? AV_CEIL_RSHIFT(av->height, format->log2_chroma_h) : av->height;
        uint16_t *line = malloc((size_t)width * sizeof *line);
        assert_non_null(line);
        for (int x = 0; x < width; x++)
            line[x] = (uint16_t)values[component];
        for (int y = 0; y < height; y++)
            av_write_image_line(line, av->data, av->linesize, format, 0, y, component, width);
        free(line);
    }
}

#endif
