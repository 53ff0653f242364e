/* SPDX-License-Identifier: MIT */
/* The configuration of a CLIP model, whichever format it was read from. */
#ifndef RV_CLIP_CONFIG_H
#define RV_CLIP_CONFIG_H

#include "compute/compute.h"

typedef struct ClipTowerConfig {
    int width, layers, heads, mlp_width;
} ClipTowerConfig;

typedef struct ClipConfig {
    ClipTowerConfig vision, text;
    int image_size, patch_size;
    int context_length, vocabulary_size;
    int dimensions;
    Activation activation;
    float layer_norm_epsilon;
    float image_mean[3], image_deviation[3];
} ClipConfig;

#endif
