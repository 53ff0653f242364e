/* SPDX-License-Identifier: MIT */
/* A model: its description, two towers on a compute device. */
#ifndef RV_CLIP_MODEL_H
#define RV_CLIP_MODEL_H

#include "clip/checkpoint.h"
#include "compute/compute.h"

typedef struct ClipModel ClipModel;

/* Open a model. The checkpoint is taken over: it is closed with the model, and also if opening fails. The
 * device is borrowed. Shapes are checked against the description now; weights are packed when a tower is
 * first used. image_precision is that of the vision tower until rv_clip_set_image_device is called. One
 * thread at a time. Errors: MISMATCH, MEMORY. */
RvStatus rv_clip_open(Checkpoint *checkpoint, Compute *compute, ComputePrecision image_precision,
                      ClipModel **out, RvError *err);
void rv_clip_close(ClipModel *model);

/* Borrowed from the model. */
const ModelSpec *rv_clip_spec(const ClipModel *model);

/* Embed images on this device (borrowed, like the first one) and in this precision from now on. */
void rv_clip_set_image_device(ClipModel *model, Compute *compute, ComputePrecision precision);

/* Pack the vision tower now instead of with the first image. Errors: IO, FORMAT, MEMORY, and those of the
 * device. */
RvStatus rv_clip_prepare_images(ClipModel *model, RvError *err);

/* Encode images. inputs_rgb_u8: uint8[image_count, image_size, image_size, 3]. embeddings:
 * float32[image_count, dimensions], not normalised. Errors: as rv_clip_prepare_images, and MISMATCH if a
 * value is not finite. */
RvStatus rv_clip_encode_images(ClipModel *model, const uint8_t *inputs_rgb_u8, size_t image_count,
                               float *embeddings, RvError *err);

/* Encode a text. tokens: start and end included, padding not, at most context_length of them, the end token
 * last. embedding: float32[dimensions], not normalised. Errors: as rv_clip_encode_images. */
RvStatus rv_clip_encode_text(ClipModel *model, const int32_t *tokens, size_t token_count, float *embedding,
                             RvError *err);

#endif
