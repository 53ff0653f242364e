/* SPDX-License-Identifier: MIT */
/* A CLIP model: configuration, two towers on a compute device. */
#ifndef RV_CLIP_MODEL_H
#define RV_CLIP_MODEL_H

#include "clip/checkpoint/checkpoint.h"
#include "compute/compute.h"

typedef struct ClipModel ClipModel;

/* The checkpoint is taken over (closed with the model, also on failure); the device is borrowed. Shapes are
 * checked against the configuration now, weights packed when a tower is first used. image_precision: of the
 * vision tower, until rv_clip_set_image_device says otherwise. */
RvStatus rv_clip_open(Checkpoint *checkpoint, Compute *compute, ComputePrecision image_precision,
                      ClipModel **out, RvError *err);
void rv_clip_close(ClipModel *model);
const ClipConfig *rv_clip_config(const ClipModel *model);

/* From here on pictures are embedded on this device, borrowed like the first one, in this precision. */
void rv_clip_set_image_device(ClipModel *model, Compute *compute, ComputePrecision precision);

/* Pack the vision tower now and not with the first picture. */
RvStatus rv_clip_prepare_images(ClipModel *model, RvError *err);

/* inputs_rgb_u8: uint8[image_count, image_size, image_size, 3]; embeddings: float32[image_count, dimensions],
 * as the model gives them (not normalised). */
RvStatus rv_clip_encode_images(ClipModel *model, const uint8_t *inputs_rgb_u8, size_t image_count,
                               float *embeddings, RvError *err);

/* tokens: start and end included, at most context_length, end token last. embedding: float32[dimensions]. */
RvStatus rv_clip_encode_text(ClipModel *model, const int32_t *tokens, size_t token_count, float *embedding,
                             RvError *err);

#endif
