/* SPDX-License-Identifier: MIT */
/* SigLIP and SigLIP 2 at a fixed resolution, in Hugging Face's and open_clip's form. Zhai et al. 2023; Tschannen
 * et al. 2025; transformers, models/siglip; timm, vision_transformer.py. */
#include <string.h>

#include "base/error.h"
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

/* The two differ in their tokenizers, and in what the published configurations say of them. */
typedef enum Generation { GENERATION_UNKNOWN, SIGLIP_1, SIGLIP_2 } Generation;

#define CONTEXT_LENGTH 64
#define VOCABULARY_1 32000            // of English
#define VOCABULARY_1_LANGUAGES 250000 // of a hundred languages (mT5's)
#define VOCABULARY_2 256000           // Gemma's
#define SO400M_MLP_RATIO 3.7362       // of 1152: 4304

static const PictureDefaults siglip_pictures = {.type = "SiglipImageProcessor", .crops = false};

static const char *const text_keys[] = {
    "context_length", "vocab_size",  "hf_tokenizer_name", "tokenizer_kwargs", "width",
    "heads",          "layers",      "mlp_ratio",         "no_causal_mask",   "proj_bias",
    "pool_type",      "norm_kwargs", "act_kwargs",        "proj_type",        NULL};
static const char *const tokenizer_keys[] = {"clean", NULL};
static const char *const norm_keys[] = {"eps", NULL};
static const char *const activation_keys[] = {"approximate", NULL};

static const char *model_type(const FamilySource *source)
{
    const char *type = json_string_value(json_object_get(source->hugging_face, "model_type"));
    return type != NULL ? type : "";
}

static const char *timm_name(const json_t *open_clip)
{
    const json_t *vision = json_object_get(json_object_get(open_clip, "model_cfg"), "vision_cfg");
    const char *name = json_string_value(json_object_get(vision, "timm_model_name"));
    return name != NULL ? name : "";
}

static bool recognises(const FamilySource *source)
{
    return strcmp(model_type(source), "siglip") == 0 || strcmp(model_type(source), "siglip2") == 0 ||
           strstr(timm_name(source->open_clip), "siglip") != NULL;
}

/* What all models have in common. Nothing masks the padding of texts, so it is computed. */
static ModelSpec common_spec(void)
{
    static const TowerSpec tower = {.width = 768,
                                    .layers = 12,
                                    .heads = 12,
                                    .mlp_width = 3072,
                                    .activation = ACTIVATION_GELU_TANH,
                                    .epsilon = 1e-6f};
    ModelSpec spec = rv_model_spec_clip();
    spec.family = "siglip";
    spec.vision = (VisionSpec){.tower = tower,
                               .patch_bias = true,
                               .cuts_rest = true,
                               .pooling = VISION_POOL_ATTENTION,
                               .projection = PROJECTION_NONE};
    spec.text = (TextSpec){.tower = tower,
                           .pads = true,
                           .final_norm = true,
                           .pooling = TEXT_POOL_LAST,
                           .projection = PROJECTION_LINEAR};
    spec.input.mode = RESIZE_SQUASH;
    for (int i = 0; i < 3; i++)
        spec.image_mean[i] = spec.image_deviation[i] = 0.5f;
    return spec;
}

/* SigLIP 1 pads with its end token, 1, SigLIP 2 with a token of its own, 0. */
static void set_tokenizer(ModelSpec *spec, Generation generation, TextCleaning cleaning)
{
    bool second = generation == SIGLIP_2;
    spec->text.pad_token = second ? 0 : 1;
    spec->tokenizer = (TokenizerSpec){.kind = second ? TOKENIZER_GEMMA : TOKENIZER_UNIGRAM,
                                      .cleaning = cleaning,
                                      .start = TOKEN_NONE,
                                      .end = TOKEN_OF_KIND};
}

static Generation generation_of_vocabulary(int vocabulary_size)
{
    if (vocabulary_size == VOCABULARY_2)
        return SIGLIP_2;
    return vocabulary_size == VOCABULARY_1 || vocabulary_size == VOCABULARY_1_LANGUAGES ? SIGLIP_1
                                                                                        : GENERATION_UNKNOWN;
}

/* ---- Hugging Face's form ------------------------------------------------------------------------------- */

static void read_hugging_face(ConfigReader *reader, const json_t *json, ModelSpec *spec)
{
    const json_t *vision = rv_config_section(reader, json, "vision_config"),
                 *text = rv_config_section(reader, json, "text_config");
    if (strcmp(rv_config_read_string(reader, json, "model_type", ""), "siglip") != 0)
        rv_config_fail(
            reader, RV_ERROR_UNSUPPORTED, "model_type",
            "is siglip2: SigLIP 2 with pictures of any shape (NaFlex); reelvec runs those of a fixed "
            "resolution, whose model_type is siglip");
    rv_config_read_tower(reader, vision, &spec->vision.tower);
    rv_config_read_tower(reader, text, &spec->text.tower);
    spec->input.size = rv_config_read_side(reader, vision, "image_size", 224);
    spec->input.rgb_first = true;
    spec->vision.patch_size = rv_config_read_side(reader, vision, "patch_size", 16);
    spec->vision.pool_heads = spec->vision.tower.heads;
    if (rv_config_read_int(reader, vision, "num_channels", 3) != 3)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "num_channels",
                       "is not 3; reelvec feeds R G B pictures");
    if (!rv_config_read_bool(reader, vision, "vision_use_head", true))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "vision_use_head",
                       "is false; reelvec pools pictures by the head");
    spec->text.vocabulary_size = rv_config_read_int(reader, text, "vocab_size", VOCABULARY_1);
    spec->text.context_length = rv_config_read_int(reader, text, "max_position_embeddings", CONTEXT_LENGTH);
    reader->null_is_a_value = false; // here the class takes null for the width itself
    spec->dimensions = rv_config_read_int(reader, text, "projection_size", spec->text.tower.width);
}

/* Both read texts in lower case, whatever class the file names. */
static Generation read_tokenizer_class(const json_t *json, const char *path, RvStatus *status, RvError *err)
{
    static const struct {
        const char *name;
        Generation generation;
    } known[] = {{"SiglipTokenizer", SIGLIP_1},
                 {"Siglip2Tokenizer", SIGLIP_2},
                 {"GemmaTokenizer", SIGLIP_2},
                 {"GemmaTokenizerFast", SIGLIP_2}};
    ConfigReader reader = {.path = path, .err = err};
    Generation generation = GENERATION_UNKNOWN;
    const char *name = rv_config_read_string(&reader, json, "tokenizer_class", "");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0)
            generation = known[i].generation;
    }
    if (generation == GENERATION_UNKNOWN)
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "tokenizer_class",
                       "is neither SiglipTokenizer nor Siglip2Tokenizer nor GemmaTokenizer");
    if (!rv_config_read_bool(&reader, json, "do_lower_case", true))
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "do_lower_case",
                       "is false; reelvec reads this model's texts in lower case");
    *status = reader.status;
    return generation;
}

/* tokenizer_config.json says of which generation the tokenizer is, and if it is missing the size of the
 * vocabulary. */
static RvStatus find_generation(const FamilySource *source, const ModelSpec *spec, Generation *out,
                                RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    RvError cause = {0};
    RvStatus status = rv_config_load(source->folder, "tokenizer_config.json", path, &json, &cause);
    *out = generation_of_vocabulary(spec->text.vocabulary_size);
    if (status == RV_OK)
        *out = read_tokenizer_class(json, path, &status, err);
    else if (status != RV_ERROR_NOT_FOUND)
        rv_error_set(err, status, "%s", cause.message);
    else if (*out != GENERATION_UNKNOWN)
        status = RV_OK;
    else
        rv_error_set(
            err, status,
            "%s: not there, and a vocabulary of %d does not tell whether the model is SigLIP or SigLIP "
            "2; fetch it too",
            path, spec->text.vocabulary_size);
    json_decref(json);
    return status;
}

static RvStatus describe_hugging_face(const FamilySource *source, ModelSpec *out, RvError *err)
{
    ConfigReader reader = {.path = source->config_path, .err = err, .null_is_a_value = true};
    Generation generation = GENERATION_UNKNOWN;
    read_hugging_face(&reader, source->hugging_face, out);
    if (reader.status != RV_OK)
        return reader.status;
    RvStatus status = find_generation(source, out, &generation, err);
    if (status != RV_OK)
        return status;
    set_tokenizer(out, generation, generation == SIGLIP_2 ? TEXT_CLEAN_LOWER : TEXT_CLEAN_SIGLIP);
    // As the published processors' files say; for folders without one. A file decides, also by what it leaves out.
    out->input.filter = generation == SIGLIP_2 ? RESIZE_BILINEAR : RESIZE_BICUBIC;
    return rv_config_load_pictures(source, &siglip_pictures, out, err);
}

/* ---- open_clip's form ---------------------------------------------------------------------------------- */

typedef struct TimmSize {
    int width, layers, heads;
    double mlp_ratio;
} TimmSize;

static const TimmSize base = {768, 12, 12, 4}, large = {1024, 24, 16, 4},
                      so400m = {1152, 27, 16, SO400M_MLP_RATIO}, giant = {1536, 40, 16, 4};

/* The name decides the kind of GELU too, by timm's own table, even for the same weights. */
static const struct {
    const char *name;
    const TimmSize *size;
    int patch_size;
    Activation activation;
} timm_towers[] = {
    {"vit_base_patch32_siglip_256", &base, 32, ACTIVATION_GELU_TANH},
    {"vit_base_patch16_siglip_224", &base, 16, ACTIVATION_GELU},
    {"vit_base_patch16_siglip_256", &base, 16, ACTIVATION_GELU},
    {"vit_base_patch16_siglip_384", &base, 16, ACTIVATION_GELU},
    {"vit_base_patch16_siglip_512", &base, 16, ACTIVATION_GELU},
    {"vit_large_patch16_siglip_256", &large, 16, ACTIVATION_GELU},
    {"vit_large_patch16_siglip_384", &large, 16, ACTIVATION_GELU},
    {"vit_large_patch16_siglip_512", &large, 16, ACTIVATION_GELU_TANH},
    {"vit_so400m_patch14_siglip_224", &so400m, 14, ACTIVATION_GELU},
    {"vit_so400m_patch14_siglip_378", &so400m, 14, ACTIVATION_GELU},
    {"vit_so400m_patch14_siglip_384", &so400m, 14, ACTIVATION_GELU},
    {"vit_so400m_patch16_siglip_256", &so400m, 16, ACTIVATION_GELU_TANH},
    {"vit_so400m_patch16_siglip_384", &so400m, 16, ACTIVATION_GELU_TANH},
    {"vit_so400m_patch16_siglip_512", &so400m, 16, ACTIVATION_GELU_TANH},
    {"vit_giantopt_patch16_siglip_256", &giant, 16, ACTIVATION_GELU_TANH},
    {"vit_giantopt_patch16_siglip_384", &giant, 16, ACTIVATION_GELU_TANH},
};

static void read_open_clip_vision(OpenClipConfig *config, ModelSpec *spec)
{
    const char *name = rv_config_read_string(&config->reader, config->vision, "timm_model_name", "");
    VisionSpec *vision = &spec->vision;
    const TimmSize *size = NULL;
    for (size_t i = 0; i < sizeof timm_towers / sizeof timm_towers[0]; i++) {
        if (strcmp(name, timm_towers[i].name) != 0)
            continue;
        size = timm_towers[i].size;
        vision->tower.width = size->width;
        vision->tower.layers = size->layers;
        vision->tower.heads = size->heads;
        vision->tower.activation = timm_towers[i].activation;
        vision->patch_size = timm_towers[i].patch_size;
    }
    if (size == NULL)
        rv_config_fail(&config->reader, RV_ERROR_UNSUPPORTED, "timm_model_name",
                       "is a vision tower of SigLIP that reelvec does not know; it knows those of a fixed "
                       "resolution that pool by attention");
    const TimmTower timm = {
        .pool = "map", .projection = "none", .mlp_ratio = size != NULL ? size->mlp_ratio : 4};
    rv_open_clip_read_timm(config, &timm, spec);
    vision->pool_heads = vision->tower.heads;
}

/* The name of the tokenizer tells its generation, or else the size of the vocabulary. */
static Generation read_generation(ConfigReader *reader, const json_t *text, int vocabulary_size)
{
    const char *name = rv_config_read_string(reader, text, "hf_tokenizer_name", "");
    Generation generation = generation_of_vocabulary(vocabulary_size);
    if (strstr(name, "SigLIP2") != NULL)
        generation = SIGLIP_2;
    else if (strstr(name, "SigLIP") != NULL)
        generation = SIGLIP_1;
    if (generation == GENERATION_UNKNOWN)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "hf_tokenizer_name",
                       "is neither a tokenizer of SigLIP nor one of SigLIP 2");
    return generation;
}

static void read_open_clip_tokenizer(ConfigReader *reader, const json_t *text, ModelSpec *spec)
{
    const json_t *settings = rv_config_section(reader, text, "tokenizer_kwargs");
    const char *clean = rv_config_read_string(reader, settings, "clean", "whitespace");
    bool canonicalizes = strcmp(clean, "canonicalize") == 0;
    rv_config_refuse_unknown(reader, settings, tokenizer_keys);
    if (!canonicalizes && strcmp(clean, "whitespace") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "clean", "is neither canonicalize nor whitespace");
    set_tokenizer(spec, read_generation(reader, text, spec->text.vocabulary_size),
                  canonicalizes ? TEXT_CLEAN_CANONICALIZE : TEXT_CLEAN_WHITESPACE);
}

static void read_open_clip_text(OpenClipConfig *config, ModelSpec *spec)
{
    ConfigReader *reader = &config->reader;
    const json_t *text = config->text, *norm = rv_config_section(reader, text, "norm_kwargs"),
                 *activation = rv_config_section(reader, text, "act_kwargs");
    TowerSpec *tower = &spec->text.tower;
    const char *approximate = rv_config_read_string(reader, activation, "approximate", "none");
    rv_config_refuse_unknown(reader, text, text_keys);
    rv_config_refuse_unknown(reader, norm, norm_keys);
    rv_config_refuse_unknown(reader, activation, activation_keys);
    tower->width = rv_config_read_int(reader, text, "width", 512);
    tower->layers = rv_config_read_int(reader, text, "layers", 12);
    tower->heads = rv_config_read_int(reader, text, "heads", 8);
    tower->mlp_width = rv_open_clip_read_mlp(reader, text, tower->width, 4);
    tower->epsilon = (float)rv_config_read_epsilon(reader, norm, "eps", 1e-5);
    tower->activation = strcmp(approximate, "tanh") == 0 ? ACTIVATION_GELU_TANH : ACTIVATION_GELU;
    if (strcmp(approximate, "tanh") != 0 && strcmp(approximate, "none") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "approximate", "is neither tanh nor none");
    spec->text.context_length = rv_config_read_int(reader, text, "context_length", 77);
    spec->text.vocabulary_size = rv_config_read_int(reader, text, "vocab_size", 49408);
    if (!rv_config_read_bool(reader, text, "no_causal_mask", false))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "no_causal_mask",
                       "is not true; reelvec computes SigLIP's texts without a mask");
    const char *projection = rv_config_read_string(reader, text, "proj_type", "linear");
    if (strcmp(projection, "none") == 0)
        spec->text.projection = PROJECTION_NONE;
    else if (strcmp(projection, "linear") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "proj_type", "is neither linear nor none");
    else if (!rv_config_read_bool(reader, text, "proj_bias", false))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "proj_bias",
                       "is not true; SigLIP's projection of texts has a bias");
    if (strcmp(rv_config_read_string(reader, text, "pool_type", "argmax"), "last") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "pool_type",
                       "is not last; reelvec pools SigLIP's texts at their last position");
    read_open_clip_tokenizer(reader, text, spec);
}

static RvStatus describe_open_clip(const FamilySource *source, ModelSpec *out, RvError *err)
{
    OpenClipConfig config = rv_open_clip_sections(source->open_clip, source->config_path, err);
    rv_open_clip_read_model(&config, out);
    if (out->vision.tower.activation == ACTIVATION_QUICK_GELU)
        rv_config_fail(&config.reader, RV_ERROR_UNSUPPORTED, "quick_gelu",
                       "is true; SigLIP's towers name their GELU themselves");
    read_open_clip_vision(&config, out);
    read_open_clip_text(&config, out);
    rv_open_clip_read_pictures(&config, out);
    return config.reader.status;
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    *out = common_spec();
    return source->hugging_face != NULL ? describe_hugging_face(source, out, err)
                                        : describe_open_clip(source, out, err);
}

/* clang-format off */
static const NameRule hugging_face_names[] = {
    NAME("visual.attn_pool.probe", "vision_model.head.probe"),
    NAME("visual.attn_pool.attn.in_proj_*", "vision_model.head.attention.in_proj_*"),
    NAME("visual.attn_pool.attn.out_proj.*", "vision_model.head.attention.out_proj.*"),
    NAME("visual.attn_pool.layernorm.*", "vision_model.head.layernorm.*"),
    NAME("visual.attn_pool.mlp.c_fc.*", "vision_model.head.mlp.fc1.*"),
    NAME("visual.attn_pool.mlp.c_proj.*", "vision_model.head.mlp.fc2.*"),
    NAME_TURNED("text_projection", "text_model.head.weight"),
    NAME("text_projection_bias", "text_model.head.bias"),
    NAMES_HF_VISION,
    NAMES_HF_TEXT,
    NAMES_END,
};
static const NameRule open_clip_names[] = {
    NAME_TURNED("text_projection", "text.text_projection.weight"),
    NAME("text_projection_bias", "text.text_projection.bias"),
    NAMES_TIMM_VISION,
    NAMES_CUSTOM_TEXT,
    NAMES_END,
};
/* clang-format on */
static const NameScheme hugging_face = {.marks = {MARK_HF}, .rules = hugging_face_names};
static const NameScheme open_clip = {.marks = {MARK_TIMM}, .rules = open_clip_names};
static const NameScheme *const schemes[] = {&hugging_face, &open_clip, NULL};

const ModelFamily rv_family_siglip = {
    .model_type = "siglip",
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
};
