/* SPDX-License-Identifier: MIT */
/* The configuration of a checkpoint: from Hugging Face's or open_clip's JSON, or from the tensors' shapes. */
#ifndef RV_CHECKPOINT_CONFIG_H
#define RV_CHECKPOINT_CONFIG_H

#include <jansson.h>

#include "clip/checkpoint/clip_config.h"
#include "clip/checkpoint/tensor_table.h"
#include "reelvec/log.h"

/* Read config.json, and for images processor_config.json ("image_processor", transformers 5) or else
 * preprocessor_config.json. Missing keys have the defaults of transformers' CLIPConfig and
 * CLIPImageProcessor. A warning is logged if nothing is said about images. Errors: NOT_FOUND, FORMAT,
 * UNSUPPORTED (another kind of model, or other preprocessing of images). */
RvStatus rv_config_hugging_face(const char *folder, const RvLog *log, ClipConfig *out, RvError *err);

/* Read open_clip_config.json. Errors: as above; UNSUPPORTED also for unknown keys that change what is
 * computed. */
RvStatus rv_config_open_clip(const char *folder, ClipConfig *out, RvError *err);

/* The same from parsed JSON; path is for messages. rv_config_read_pictures changes *config, which the model's
 * configuration has filled in before. */
RvStatus rv_config_read_hugging_face(const json_t *json, const char *path, ClipConfig *out, RvError *err);
RvStatus rv_config_read_pictures(const json_t *json, const char *path, ClipConfig *config, RvError *err);
RvStatus rv_config_read_open_clip(const json_t *json, const char *path, ClipConfig *out, RvError *err);

/* Derive the configuration from the shapes as OpenAI's build_model does: heads of width 64, QuickGELU. The
 * tensors have OpenAI's names. Errors: UNSUPPORTED if the vision tower has a width for which open_clip's
 * models use wider heads. */
RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ClipConfig *out, RvError *err);

/* Refuse numbers that no model has or that contradict each other. Errors: FORMAT. */
RvStatus rv_config_check(const ClipConfig *config, const char *path, RvError *err);

#endif
