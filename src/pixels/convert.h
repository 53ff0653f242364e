/* SPDX-License-Identifier: MIT */
/* Decoded video frames to sRGB pictures: colour matrix, range, HDR, fields, turns, pixel shape.
 *
 * Not said by the stream: BT.709 from 720 lines on, else BT.601; limited range, full for grey and yuvj. PQ
 * and HLG are tone-mapped and wide gamuts brought to BT.709 (tone_map.h). Of interlaced frames the first
 * field is shown. Alpha is blended over black. Pixels are made square by the width. Errors: ARGUMENT, FORMAT,
 * UNSUPPORTED, MEMORY. */
#ifndef RV_PIXELS_CONVERT_H
#define RV_PIXELS_CONVERT_H

#include "pixels/picture.h"
#include "video/frame.h"

typedef struct FrameConverter FrameConverter;

typedef struct ConverterOptions {
    bool exact; // convert at full size, then resample as still pictures are; else planes are resized first
    bool swap_red_blue; // what the notebook did
} ConverterOptions;

/* Keeps scaler contexts between frames of one shape. Threads: one caller at a time. */
RvStatus rv_converter_create(const ConverterOptions *options, FrameConverter **out, RvError *err);
void rv_converter_destroy(FrameConverter *converter);

/* The model's input of a frame: rgb_u8 uint8[size, size, 3], as rv_resize_crop would make it. */
RvStatus rv_converter_model_input(FrameConverter *converter, const Frame *frame, int size, uint8_t *rgb_u8,
                                  RvError *err);

/* The frame as displayed, R G B, at most max_height pixels high (0: as large as it is), and with sides of at
 * most THUMBNAIL_MAX_SIDE. */
RvStatus rv_converter_picture(FrameConverter *converter, const Frame *frame, int max_height, RvPicture **out,
                              RvError *err);

#endif
