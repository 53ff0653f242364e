/* SPDX-License-Identifier: MIT */
/* Parts of a model's description that several families share: from Hugging Face's and open_clip's JSON, or
 * from the tensors' shapes. */
#ifndef RV_FAMILY_CONFIG_H
#define RV_FAMILY_CONFIG_H

#include "clip/checkpoint/config_reader.h"
#include "clip/families.h"

/* ---- config_hugging_face.c ---------------------------------------------------------------------------- */

/* Read a tower of config.json. What it does not say stays as it is in *tower. */
void rv_config_read_tower(ConfigReader *reader, const json_t *section, TowerSpec *tower);

/* Returns a tower's section of config.json. Old files have "text_config_dict", which takes precedence over
 * "text_config" in transformers too. */
const json_t *rv_config_find_section(ConfigReader *reader, const json_t *config, const char *name,
                                     const char *old_name);

/* config.json of a plain CLIP, with the defaults of transformers' CLIPConfig. Errors: FORMAT, UNSUPPORTED. */
RvStatus rv_config_read_hugging_face(const json_t *json, const char *path, ModelSpec *out, RvError *err);

/* Which image processors of transformers a family takes, and what they do if the file does not say it. */
typedef struct PictureDefaults {
    const char *type; // beginning of their names: "CLIP"
    bool crops;       // do_center_crop
} PictureDefaults;

/* Change how pictures are prepared, as a preprocessor_config.json says. spec->input.size is the tower's. A
 * processor of another type is refused. Errors: FORMAT, UNSUPPORTED. */
RvStatus rv_config_read_pictures(const json_t *json, const char *path, const PictureDefaults *defaults,
                                 ModelSpec *spec, RvError *err);

/* The same from processor_config.json ("image_processor", transformers 5) or else preprocessor_config.json of
 * the folder. A warning is logged if neither says anything. Errors: as above, and those of reading. */
RvStatus rv_config_load_pictures(const FamilySource *source, const PictureDefaults *defaults, ModelSpec *spec,
                                 RvError *err);

extern const PictureDefaults rv_clip_pictures; // of CLIPImageProcessor

/* ---- config_open_clip.c -------------------------------------------------------------------------------- */

/* Sections of open_clip_config.json, and the first failure in it. */
typedef struct OpenClipConfig {
    ConfigReader reader;
    const json_t *model, *vision, *text, *preprocess; // vision and text: NULL only after a failure
} OpenClipConfig;

OpenClipConfig rv_open_clip_sections(const json_t *json, const char *path, RvError *err);

/* Each reads one section into the spec, with open_clip's defaults, and refuses keys that it does not know.
 * The towers are plain: a ViT (open_clip's own, or timm's with a class token), and CLIP's transformer. */
void rv_open_clip_read_model(OpenClipConfig *config, ModelSpec *spec); // what both towers share
void rv_open_clip_read_vision(OpenClipConfig *config, ModelSpec *spec);
void rv_open_clip_read_text(OpenClipConfig *config, ModelSpec *spec);
void rv_open_clip_read_pictures(OpenClipConfig *config, ModelSpec *spec);

/* How a family's towers of timm are described. */
typedef struct TimmTower {
    const char *pool, *projection; // the only "timm_pool" and "timm_proj" that are taken (NULL: none)
    double mlp_ratio;              // of the name
    int side;                      // of the name's pictures if timm takes them from there; 0: "image_size"
    const char *const *keys;       // of "timm_model_kwargs" that are known; NULL: sizes
} TimmTower;

/* What a vision tower of timm is given besides its name, on top of the sizes that the name tells in *spec. */
void rv_open_clip_read_timm(OpenClipConfig *config, const TimmTower *tower, ModelSpec *spec);

/* Returns the width of the MLP: "mlp_ratio", by default ratio, times width, rounded down. */
int rv_open_clip_read_mlp(ConfigReader *reader, const json_t *section, int width, double ratio);

/* All of them. Errors: FORMAT, UNSUPPORTED. */
RvStatus rv_config_read_open_clip(const json_t *json, const char *path, ModelSpec *out, RvError *err);

/* ---- config_shapes.c ----------------------------------------------------------------------------------- */

/* Derive the sizes of towers with OpenAI's names from their shapes, as OpenAI's build_model does: heads of
 * 64, square pictures. What the family says in *spec before (class token, projections) is taken into account.
 * Errors: FORMAT if a tower is missing, UNSUPPORTED if the vision tower is a ResNet. */
RvStatus rv_config_vision_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *spec,
                                      RvError *err);
RvStatus rv_config_text_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *spec,
                                    RvError *err);

/* Returns how many of the names BEFORE 0 AFTER, BEFORE 1 AFTER, ... there are until one is missing, at most 1024. */
int rv_config_count_blocks(const TensorTable *tensors, const char *before, const char *after);

/* Refuse widths of a vision tower for which heads of 64 would be a guess that is known to be wrong.
 * Errors: UNSUPPORTED. */
RvStatus rv_config_refuse_wide_heads(int width, const char *path, RvError *err);

/* Returns side `axis` of a tensor, at most 2^24; 0 if there is no such tensor of that rank. */
int rv_config_side(const TensorTable *tensors, const char *name, int rank, int axis);

/* Both towers of a plain CLIP. Errors: as above; UNSUPPORTED also if the vision tower has a width for which
 * open_clip's models use wider heads. */
RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *out, RvError *err);

#endif
