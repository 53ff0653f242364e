/* SPDX-License-Identifier: MIT */
/* Chinese-CLIP: CLIP's vision tower and a BERT with Chinese characters. Yang et al. 2022; OFA-Sys/Chinese-CLIP,
 * cn_clip/clip; transformers, models/chinese_clip. */
#include <string.h>

#include "base/error.h"
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

#define MARK_BERT "bert.embeddings.word_embeddings.weight"
#define MARK_HF_BERT "text_model.embeddings.word_embeddings.weight"
#define BERT_LAYER "bert.encoder.layer."

#define CONTEXT_LENGTH 52 // of all published models; no file says it
#define HEAD_WIDTH 64
#define HUGE_WIDTH 1280 // of ViT-H-14, the only one with other heads
#define HUGE_HEAD_WIDTH 80

static bool has_own_names(const FamilySource *source)
{
    return source->tensors != NULL && rv_tensor_table_find(source->tensors, MARK_BERT) != NULL;
}

static bool recognises(const FamilySource *source)
{
    if (source->hugging_face == NULL)
        return source->open_clip == NULL && has_own_names(source);
    const char *type = json_string_value(json_object_get(source->hugging_face, "model_type"));
    return type != NULL && strcmp(type, "chinese_clip") == 0;
}

/* What all of these models have in common. */
static ModelSpec common_spec(void)
{
    ModelSpec spec = rv_model_spec_clip();
    spec.family = "chinese_clip";
    spec.input.mode = RESIZE_SQUASH;
    spec.text = (TextSpec){.tower = {.activation = ACTIVATION_GELU, .epsilon = 1e-12f, .post_norm = true},
                           .context_length = CONTEXT_LENGTH,
                           .embedding_norm = true,
                           .pooling = TEXT_POOL_FIRST,
                           .projection = PROJECTION_MATRIX};
    spec.tokenizer = (TokenizerSpec){.kind = TOKENIZER_WORDPIECE,
                                     .cleaning = TEXT_CLEAN_KIND,
                                     .start = TOKEN_OF_KIND,
                                     .end = TOKEN_OF_KIND};
    return spec;
}

/* ---- config.json --------------------------------------------------------------------------------------- */

static const PictureDefaults pictures = {.type = "ChineseCLIP", .crops = true};

/* Keys with which transformers' BERT would compute something else. */
static void refuse_other_berts(ConfigReader *reader, const json_t *text)
{
    static const char *const flags[] = {"is_decoder", "add_cross_attention", "tie_encoder_decoder"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (rv_config_read_bool(reader, text, flags[i], false))
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, flags[i],
                           "is true; reelvec runs a BERT that encodes");
    }
    if (strcmp(rv_config_read_string(reader, text, "position_embedding_type", "absolute"), "absolute") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "position_embedding_type",
                       "is not absolute; reelvec adds one learned vector to each position");
}

/* Settings of BertTokenizer with which it would cut other tokens. The file may be missing. */
static RvStatus check_tokenizer(const FamilySource *source, RvError *err)
{
    static const char *const flags[] = {"do_lower_case", "tokenize_chinese_chars", "strip_accents",
                                        "do_basic_tokenize"};
    char path[4096];
    json_t *json = NULL;
    RvError cause = {0};
    RvStatus status = rv_config_load(source->folder, "tokenizer_config.json", path, &json, &cause);
    if (status == RV_ERROR_NOT_FOUND)
        return RV_OK;
    if (status != RV_OK)
        return rv_error_set(err, status, "%s", cause.message);
    ConfigReader reader = {.path = path, .err = err};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!rv_config_read_bool(&reader, json, flags[i], true))
            rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, flags[i],
                           "is false; reelvec reads texts in lower case, without accents, and each Chinese "
                           "character for itself");
    }
    json_decref(json);
    return reader.status;
}

/* The defaults are those of ChineseCLIPConfig. */
static RvStatus read_config(const FamilySource *source, ModelSpec *out, RvError *err)
{
    ConfigReader reader = {.path = source->config_path, .err = err, .null_is_a_value = true};
    const json_t *json = source->hugging_face;
    const json_t *vision = rv_config_find_section(&reader, json, "vision_config", "vision_config_dict");
    const json_t *text = rv_config_find_section(&reader, json, "text_config", "text_config_dict");
    TowerSpec *towers[] = {&out->vision.tower, &out->text.tower};
    for (size_t i = 0; i < 2; i++) {
        towers[i]->width = 768;
        towers[i]->mlp_width = 3072;
        towers[i]->layers = towers[i]->heads = 12;
        rv_config_read_tower(&reader, i == 0 ? vision : text, towers[i]);
    }
    out->input.size = rv_config_read_side(&reader, vision, "image_size", 224);
    out->vision.patch_size = rv_config_read_side(&reader, vision, "patch_size", 32);
    out->text.vocabulary_size = rv_config_read_int(&reader, text, "vocab_size", 30522);
    out->text.position_rows = rv_config_read_int(&reader, text, "max_position_embeddings", 512);
    out->text.token_types = rv_config_read_int(&reader, text, "type_vocab_size", 2);
    out->dimensions = rv_config_read_int(&reader, json, "projection_dim", 512);
    if (rv_config_read_int(&reader, vision, "num_channels", 3) != 3)
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "num_channels",
                       "is not 3; reelvec feeds R G B pictures");
    refuse_other_berts(&reader, text);
    out->input.rgb_first = true; // as the processor of transformers; cn_clip resizes first
    RvStatus status = reader.status == RV_OK ? check_tokenizer(source, err) : reader.status;
    return status == RV_OK ? rv_config_load_pictures(source, &pictures, out, err) : status;
}

/* ---- without configuration ----------------------------------------------------------------------------- */

static int heads_of(int width)
{
    return width / (width == HUGE_WIDTH ? HUGE_HEAD_WIDTH : HEAD_WIDTH);
}

/* cn_clip takes the sizes from the model's name; here they are in the shapes, but for the widths of heads. */
static RvStatus read_shapes(const FamilySource *source, ModelSpec *out, RvError *err)
{
    const TensorTable *tensors = source->tensors;
    TextSpec *text = &out->text;
    RvStatus status = rv_config_vision_from_shapes(tensors, source->path, out, err);
    if (status != RV_OK)
        return status;
    out->vision.tower.heads = heads_of(out->vision.tower.width);
    text->tower.width = rv_config_side(tensors, MARK_BERT, 2, 1);
    text->tower.heads = text->tower.width / HEAD_WIDTH;
    text->tower.layers = rv_config_count_blocks(tensors, BERT_LAYER, ".attention.self.query.weight");
    text->tower.mlp_width = rv_config_side(tensors, BERT_LAYER "0.intermediate.dense.weight", 2, 0);
    text->vocabulary_size = rv_config_side(tensors, MARK_BERT, 2, 0);
    text->position_rows = rv_config_side(tensors, "bert.embeddings.position_embeddings.weight", 2, 0);
    text->token_types = rv_config_side(tensors, "bert.embeddings.token_type_embeddings.weight", 2, 0);
    return RV_OK;
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    *out = common_spec();
    return source->hugging_face != NULL ? read_config(source, out, err) : read_shapes(source, out, err);
}

static const NameRule own_names[] = {NAMES_BERT("bert."), NAMES_END};
static const NameRule hugging_face_names[] = {
    NAMES_HF_VISION,
    NAME_TURNED("text_projection", "text_projection.weight"),
    NAMES_BERT("text_model."),
    NAMES_END,
};
static const NameScheme own = {.marks = {MARK_OPENAI, MARK_BERT}, .rules = own_names};
static const NameScheme hugging_face = {.marks = {MARK_HF, MARK_HF_BERT}, .rules = hugging_face_names};
static const NameScheme *const schemes[] = {&own, &hugging_face, NULL};

/* The pooled vector is the first token's as it is. */
static const char *const idle[] = {"bert.pooler.*", "text_model.pooler.*", NULL};

const ModelFamily rv_family_chinese_clip = {
    .model_type = "chinese_clip",
    .bare_format = "cn_clip",
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
    .idle = idle,
};
