/* SPDX-License-Identifier: MIT */
/* The configuration of a checkpoint: from Hugging Face's or open_clip's JSON, or from the tensors' shapes. */
#ifndef RV_CHECKPOINT_CONFIG_H
#define RV_CHECKPOINT_CONFIG_H

#include <jansson.h>

#include "clip/checkpoint/tensor_table.h"

/* config.json, and for pictures processor_config.json ("image_processor", transformers 5) or else
 * preprocessor_config.json. Keys that are missing have the defaults of transformers' CLIPConfig and
 * CLIPImageProcessor; a warning says where there is nothing about pictures. Errors: NOT_FOUND, FORMAT,
 * UNSUPPORTED (another kind of model, or pictures prepared in another way). */
RvStatus rv_config_hugging_face(const char *folder, const RvLog *log, ClipConfig *out, RvError *err);

/* open_clip_config.json. Keys that change what is computed and are not known here are UNSUPPORTED. */
RvStatus rv_config_open_clip(const char *folder, ClipConfig *out, RvError *err);

/* The same from parsed files; path is for messages. rv_config_read_pictures changes what the model's
 * configuration has left in *config. */
RvStatus rv_config_read_hugging_face(const json_t *json, const char *path, ClipConfig *out, RvError *err);
RvStatus rv_config_read_pictures(const json_t *json, const char *path, ClipConfig *config, RvError *err);
RvStatus rv_config_read_open_clip(const json_t *json, const char *path, ClipConfig *out, RvError *err);

/* As OpenAI's build_model does it: heads of width 64, QuickGELU. The tensors have OpenAI's names. UNSUPPORTED
 * where the vision tower has a width whose heads are wider in open_clip's models. */
RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ClipConfig *out, RvError *err);

/* Refuse numbers that no model has or that do not fit together. FORMAT. */
RvStatus rv_config_check(const ClipConfig *config, const char *path, RvError *err);

#endif
