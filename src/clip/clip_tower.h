/* SPDX-License-Identifier: MIT */
/* The two towers of a CLIP model. Each is packed when it is first used. */
#ifndef RV_CLIP_TOWER_H
#define RV_CLIP_TOWER_H

#include "clip/clip_block.h"

typedef struct VisionTower VisionTower;
typedef struct TextTower TextTower;

/* Check that all tensors of the tower exist in the configuration's shapes. Errors: MISMATCH if not. */
RvStatus rv_vision_tower_check(const Checkpoint *checkpoint, RvError *err);
RvStatus rv_text_tower_check(const Checkpoint *checkpoint, RvError *err);

/* Pack the weights and allocate the workspace. Checkpoint and device are borrowed. The text tower is always
 * float32: a text is one short sequence, for which packing in another precision costs more than it saves.
 * Errors: IO, FORMAT, MEMORY, and those of the device. */
RvStatus rv_vision_tower_create(const Checkpoint *checkpoint, Compute *compute, ComputePrecision precision,
                                VisionTower **out, RvError *err);
/* at_use: nothing is packed; a text reads the weights from the file. For the first text this is twice as fast
 * as packing, with the same result to the bit. */
RvStatus rv_text_tower_create(const Checkpoint *checkpoint, Compute *compute, bool at_use, TextTower **out,
                              RvError *err);
void rv_vision_tower_destroy(VisionTower *tower);
void rv_text_tower_destroy(TextTower *tower);

/* Like rv_clip_encode_images and rv_clip_encode_text, for arguments that have been checked. Nothing is
 * allocated, unless the device turns out to have less memory than it reported. A text reads the rows of its
 * tokens from the checkpoint. Errors: IO, FORMAT, and those of the device. */
RvStatus rv_vision_tower_encode(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count,
                                float *embeddings, RvError *err);
RvStatus rv_text_tower_encode(TextTower *tower, const int32_t *tokens, size_t token_count, float *embedding,
                              RvError *err);

#endif
