/* SPDX-License-Identifier: MIT */
/* How a picture becomes a model's input of size x size pixels R G B: the models differ in the shape that they cut or
 * squeeze it to, in the filter and in what they do with alpha. Mean and deviation are not applied here. */
#ifndef RV_PIXELS_MODEL_INPUT_H
#define RV_PIXELS_MODEL_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "pixels/resize.h"

#define MODEL_INPUT_MAX_SIZE 4096

typedef enum ResizeMode {
    RESIZE_SHORTEST, // the shorter side becomes `size`; the centre is cropped
    RESIZE_SQUASH,   // both sides become `size`, whatever the shape
    RESIZE_LONGEST,  // the longer side becomes `size`; black is added on both sides of the shorter one
} ResizeMode;

/* If all but the size is zero, this is OpenAI's preprocessing of CLIP. */
typedef struct ModelInput {
    int size; // 1 to MODEL_INPUT_MAX_SIZE
    ResizeMode mode;
    ResizeFilter filter;
    /* True: the picture is converted to R G B (alpha dropped, palettes looked up) and then resampled, as by Hugging
     * Face's processors. False: it is resampled in its own mode (alpha premultiplied, palette and 1-bit pictures by
     * nearest neighbour) and then converted, as by CLIP, open_clip, PE and Chinese-CLIP. */
    bool rgb_first;
} ModelInput;

/* Errors: ARGUMENT (a size out of range). */
RvStatus rv_model_input_check(const ModelInput *input, RvError *err);

/* Where the pixels of an input come from. */
typedef struct ModelInputPlan {
    int width, height; // of the whole resized picture
    PixelWindow part;  // of it, what the input shows
    int left, top;     // of that part in the input; what is beside it is black
} ModelInputPlan;

/* Returns the plan for a picture. width and height: 1 to 65535. */
ModelInputPlan rv_model_input_plan(const ModelInput *input, int width, int height);

/* Make a model's input of a picture: resized, cut or padded, R G B (grey repeated, alpha dropped). The bytes are those
 * of torchvision's transforms and Hugging Face's processors over Pillow. rgb_u8: uint8[size, size, 3]. Errors:
 * ARGUMENT, MEMORY. */
RvStatus rv_model_input_make(const ModelInput *input, const RvImage *image, uint8_t *rgb_u8, RvError *err);

/* Set the pixels beside the plan's part to black. */
void rv_model_input_pad(const ModelInput *input, const ModelInputPlan *plan, uint8_t *rgb_u8);

#endif
