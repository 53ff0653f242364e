/* SPDX-License-Identifier: MIT */
/* The configuration of a checkpoint: from Hugging Face's or open_clip's JSON, or from the tensors' shapes. */
#ifndef RV_CLIP_CHECKPOINT_CONFIG_H
#define RV_CLIP_CHECKPOINT_CONFIG_H

#include "clip/tensor_table.h"

/* config.json and, where it is there, preprocessor_config.json. Keys that are missing have the defaults of
 * transformers' CLIPConfig. Errors: NOT_FOUND, FORMAT, UNSUPPORTED (another kind of model). */
RvStatus rv_config_hugging_face(const char *folder, const RvLog *log, ClipConfig *out, RvError *err);

/* open_clip_config.json. Keys that change what is computed and are not known here are UNSUPPORTED. */
RvStatus rv_config_open_clip(const char *folder, const RvLog *log, ClipConfig *out, RvError *err);

/* As OpenAI's build_model does it: heads of width 64, QuickGELU. The tensors have OpenAI's names. */
RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ClipConfig *out, RvError *err);

/* Refuse numbers that no model has or that do not fit together. FORMAT. */
RvStatus rv_config_check(const ClipConfig *config, const char *path, RvError *err);

#endif
