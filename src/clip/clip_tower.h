/* SPDX-License-Identifier: MIT */
/* The two towers of a CLIP model. Each is packed when it is first used. */
#ifndef RV_CLIP_TOWER_H
#define RV_CLIP_TOWER_H

#include "clip/clip_block.h"

typedef struct VisionTower VisionTower;
typedef struct TextTower TextTower;

/* MISMATCH unless all tensors of the tower are there in the configuration's shapes. */
RvStatus rv_vision_tower_check(const Checkpoint *checkpoint, RvError *err);
RvStatus rv_text_tower_check(const Checkpoint *checkpoint, RvError *err);

/* Pack the weights and make the workspace. Checkpoint and device are borrowed. A text is one short sequence,
 * for which packing in another precision costs more than it saves: that tower is float32. */
RvStatus rv_vision_tower_create(const Checkpoint *checkpoint, Compute *compute, ComputePrecision precision,
                                VisionTower **out, RvError *err);
/* at_use: nothing is packed, a text reads the weights from the file: for a first text twice as fast as
 * packing and then using them, with the same result to the bit. */
RvStatus rv_text_tower_create(const Checkpoint *checkpoint, Compute *compute, bool at_use, TextTower **out,
                              RvError *err);
void rv_vision_tower_destroy(VisionTower *tower);
size_t rv_vision_tower_images_per_run(const VisionTower *tower);
void rv_text_tower_destroy(TextTower *tower);

/* As rv_clip_encode_images and rv_clip_encode_text, on arguments that are known to be good. No allocation,
 * unless the device turns out to have less memory than it said. A text reads its tokens' rows from the
 * checkpoint: errors IO, FORMAT; and those of the device. */
RvStatus rv_vision_tower_encode(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count,
                                float *embeddings, RvError *err);
RvStatus rv_text_tower_encode(TextTower *tower, const int32_t *tokens, size_t token_count, float *embedding,
                              RvError *err);

#endif
