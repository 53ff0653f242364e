/* SPDX-License-Identifier: MIT */
/* Perception Encoder (core), in its authors' form, weights without settings, and in open_clip's with a vision tower
 * of timm. Bolya et al. 2025; perception_models, core/vision_encoder/pe.py and config.py; timm, models/eva.py. */
#include <string.h>

#include "base/error.h"
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

#define POOL_HEADS 8     // whatever the blocks have
#define POOL_MLP_RATIO 4 // of the pooling, whatever the blocks have
#define HEAD_WIDTH 64
#define HEAD_WIDTH_G 96 // of the model without class token

#define PROBE "visual.attn_pool.probe"

static const char timm_beginning[] = "vit_pe_core_";
/* Of timm_model_kwargs. */
static const char *const size_keys[] = {"img_size",  "patch_size", "embed_dim",      "depth",
                                        "num_heads", "mlp_ratio",  "ref_feat_shape", NULL};

/* Returns the vision tower's section if open_clip's configuration is of this family, else NULL. */
static const json_t *own_vision(const json_t *open_clip)
{
    const json_t *vision = json_object_get(json_object_get(open_clip, "model_cfg"), "vision_cfg");
    const char *name = json_string_value(json_object_get(vision, "timm_model_name"));
    return name != NULL && strncmp(name, timm_beginning, sizeof timm_beginning - 1) == 0 ? vision : NULL;
}

static bool has_tensor(const FamilySource *source, const char *name)
{
    return source->tensors != NULL && rv_tensor_table_find(source->tensors, name) != NULL;
}

static bool recognises(const FamilySource *source)
{
    if (source->open_clip != NULL)
        return own_vision(source->open_clip) != NULL;
    return source->hugging_face == NULL && has_tensor(source, PROBE);
}

static ModelSpec common_spec(void)
{
    ModelSpec spec = rv_model_spec_clip();
    spec.family = "pe_core";
    spec.vision.tower.activation = spec.text.tower.activation = ACTIVATION_GELU;
    spec.vision.class_token = true;
    spec.vision.rotary = true;
    spec.vision.pooling = VISION_POOL_ATTENTION;
    spec.vision.pool_heads = POOL_HEADS;
    spec.input.mode = RESIZE_SQUASH;
    spec.input.filter = RESIZE_BILINEAR;
    for (int i = 0; i < 3; i++)
        spec.image_mean[i] = spec.image_deviation[i] = 0.5f;
    return spec;
}

/* ---- weights without settings -------------------------------------------------------------------------- */

static RvStatus set_heads(TowerSpec *tower, int head_width, const char *what, const char *path, RvError *err)
{
    tower->heads = tower->width / head_width;
    if (tower->width % head_width == 0)
        return RV_OK;
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "%s: its %s tower is %d wide, but the heads of a PE-Core like this one are %d, and nothing "
        "beside it says another width; put its open_clip_config.json there",
        path, what, tower->width, head_width);
}

static RvStatus describe_shapes(const FamilySource *source, ModelSpec *out, RvError *err)
{
    out->vision.class_token = has_tensor(source, "visual.class_embedding");
    RvStatus status = rv_config_vision_from_shapes(source->tensors, source->path, out, err);
    if (status == RV_OK)
        status = rv_config_refuse_wide_heads(out->vision.tower.width, source->path, err);
    if (status == RV_OK)
        status = rv_config_text_from_shapes(source->tensors, source->path, out, err);
    if (status == RV_OK)
        status = set_heads(&out->vision.tower, out->vision.class_token ? HEAD_WIDTH : HEAD_WIDTH_G, "vision",
                           source->path, err);
    return status == RV_OK ? set_heads(&out->text.tower, HEAD_WIDTH, "text", source->path, err) : status;
}

/* ---- open_clip's form ---------------------------------------------------------------------------------- */

/* The sizes that a name of timm stands for, which timm_model_kwargs may change. timm->side: also that of
 * the picture that the rotary positions were made for. */
static void read_timm_name(ConfigReader *reader, const char *name, ModelSpec *spec, TimmTower *timm)
{
    static const struct {
        const char *name;
        int width, layers, heads, patch_size, side;
        bool class_token;
        double mlp_ratio;
    } known[] = {
        {"tiny_patch16_384", 192, 12, 3, 16, 384, true, 4},
        {"small_patch16_384", 384, 12, 6, 16, 384, true, 4},
        {"base_patch16_224", 768, 12, 12, 16, 224, true, 4},
        {"large_patch14_336", 1024, 24, 16, 14, 336, true, 4},
        {"gigantic_patch14_448", 1536, 50, 16, 14, 448, false, 8960.0 / 1536},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name + sizeof timm_beginning - 1, known[i].name) != 0)
            continue;
        TowerSpec *tower = &spec->vision.tower;
        tower->width = known[i].width;
        tower->layers = known[i].layers;
        tower->heads = known[i].heads;
        spec->vision.patch_size = known[i].patch_size;
        spec->vision.class_token = known[i].class_token;
        timm->mlp_ratio = known[i].mlp_ratio;
        timm->side = known[i].side;
        return;
    }
    rv_config_fail(
        reader, RV_ERROR_UNSUPPORTED, "timm_model_name",
        "is a PE-Core of timm that reelvec does not know; it knows those of tiny, small, base, large and "
        "gigantic size");
}

/* timm stretches rotary positions if the grid of patches is not the one that they were made for. */
static void check_grid(ConfigReader *reader, const json_t *sizes, int named_side, int named_patch,
                       ModelSpec *spec)
{
    int patch = spec->vision.patch_size;
    int grid = rv_config_read_side(reader, sizes, "ref_feat_shape", named_side / named_patch);
    if (spec->input.size / patch != grid)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "ref_feat_shape",
                       "is not the number of patches in a row; reelvec does not stretch rotary positions");
}

/* open_clip does not hand its image_size on to timm. */
static void read_vision(OpenClipConfig *config, ModelSpec *spec)
{
    ConfigReader *reader = &config->reader;
    TimmTower timm = {.pool = "map", .mlp_ratio = POOL_MLP_RATIO, .side = 1, .keys = size_keys};
    spec->vision.patch_size = 1;
    read_timm_name(reader, rv_config_read_string(reader, config->vision, "timm_model_name", ""), spec, &timm);
    int named_patch = spec->vision.patch_size;
    rv_open_clip_read_timm(config, &timm, spec);
    check_grid(reader, json_object_get(config->vision, "timm_model_kwargs"), timm.side, named_patch, spec);
}

static RvStatus describe_open_clip(const FamilySource *source, ModelSpec *out, RvError *err)
{
    OpenClipConfig config = rv_open_clip_sections(source->open_clip, source->config_path, err);
    rv_open_clip_read_model(&config, out);
    out->vision.tower.activation = ACTIVATION_GELU; // quick_gelu is for towers of open_clip's own
    read_vision(&config, out);
    rv_open_clip_read_text(&config, out);
    rv_open_clip_read_pictures(&config, out);
    // timm's head is a linear layer with bias. The authors' own weights may lie beside the settings.
    out->vision.projection = has_tensor(source, PROBE) ? PROJECTION_MATRIX : PROJECTION_LINEAR;
    return config.reader.status;
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    *out = common_spec();
    RvStatus status =
        source->open_clip != NULL ? describe_open_clip(source, out, err) : describe_shapes(source, out, err);
    out->vision.pool_mlp_width = POOL_MLP_RATIO * out->vision.tower.width;
    return status;
}

static const NameRule timm_names[] = {NAMES_TIMM_VISION, NAMES_CUSTOM_TEXT, NAMES_END};
static const NameScheme own = {.marks = {MARK_OPENAI, PROBE}};
static const NameScheme timm = {.marks = {MARK_TIMM, MARK_CUSTOM_TEXT}, .rules = timm_names};
static const NameScheme *const schemes[] = {&own, &timm, NULL};

const ModelFamily rv_family_pe_core = {
    .bare_format = "facebook",
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
};
