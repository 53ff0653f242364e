/* SPDX-License-Identifier: MIT */
/* Conversion of decoded video frames to sRGB pictures: colour matrix, range, HDR, fields, turns, pixel shape.
 *
 * If the stream does not name them, the matrix is BT.709 from 720 lines on, else BT.601, and the range is
 * limited, or full for grey and yuvj. PQ and HLG are tone-mapped, and wide gamuts are converted to BT.709
 * (tone_map.h). Of interlaced frames the first field is shown. Alpha is blended over black. Pixels are made
 * square by changing the width. Errors: ARGUMENT, FORMAT, UNSUPPORTED, MEMORY. */
#ifndef RV_PIXELS_CONVERT_H
#define RV_PIXELS_CONVERT_H

#include "pixels/model_input.h"
#include "video/frame.h"

typedef struct FrameConverter FrameConverter;

typedef struct ConverterOptions {
    bool exact; // convert at full size, then resample as a still picture; else resize the planes first
    bool swap_red_blue; // for RvSamplingOptions.compat
} ConverterOptions;

/* A converter keeps scaler contexts between frames of the same shape. Threads: one call at a time per
 * converter. */
RvStatus rv_converter_create(const ConverterOptions *options, FrameConverter **out, RvError *err);
void rv_converter_destroy(FrameConverter *converter);

/* Convert a frame to a model's input, as rv_model_input_make would make it of the frame as displayed: rgb_u8
 * uint8[size, size, 3]. The frame is R G B before it is resized, so rgb_first changes nothing. */
RvStatus rv_converter_model_input(FrameConverter *converter, const Frame *frame, const ModelInput *input,
                                  uint8_t *rgb_u8, RvError *err);

/* Convert a frame to R G B as displayed, at most max_height pixels high (0: not reduced), and with sides of
 * at most THUMBNAIL_MAX_SIDE. */
RvStatus rv_converter_picture(FrameConverter *converter, const Frame *frame, int max_height, RvPicture **out,
                              RvError *err);

#endif
