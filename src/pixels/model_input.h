/* SPDX-License-Identifier: MIT */
/* How a picture becomes a model's input of size x size pixels R G B: the models differ in the shape that they cut or
 * squeeze it to, in the filter and in what they do with alpha. Mean and deviation are not applied here. */
#ifndef RV_PIXELS_MODEL_INPUT_H
#define RV_PIXELS_MODEL_INPUT_H

#include <stdbool.h>

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

#endif
