/* SPDX-License-Identifier: MIT */
/* open_clip's CLIP with XLM-RoBERTa as its text tower: texts in a hundred languages. Conneau et al. 2020;
 * open_clip, hf_model.py. */
#include <string.h>

#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

#define PAD_TOKEN 1

/* "proj" and "pooler_type" are what "hf_proj_type" and "hf_pooler_type" were before open_clip 2.23. */
static const char *const text_keys[] = {
    "hf_model_name",   "hf_tokenizer_name", "hf_model_pretrained", "hf_pooler_type", "hf_proj_type",
    "hf_model_config", "context_length",    "pooler_type",         "proj",           NULL};
static const char *const size_keys[] = {"hidden_size",       "num_hidden_layers", "num_attention_heads",
                                        "intermediate_size", "vocab_size",        NULL};

static const json_t *model_name(const json_t *open_clip)
{
    const json_t *text = json_object_get(json_object_get(open_clip, "model_cfg"), "text_cfg");
    return json_object_get(text, "hf_model_name");
}

static bool recognises(const FamilySource *source)
{
    return source->open_clip != NULL && !rv_config_is_neutral(model_name(source->open_clip));
}

/* The configuration names a model of Hugging Face, whose sizes are known here. */
static void read_named_sizes(ConfigReader *reader, const json_t *section, ModelSpec *spec)
{
    static const struct {
        const char *name;
        int width, layers, heads, mlp_width;
    } known[] = {{"xlm-roberta-base", 768, 12, 12, 3072}, {"xlm-roberta-large", 1024, 24, 16, 4096}};
    static const char owner[] = "FacebookAI/";
    TowerSpec *tower = &spec->text.tower;
    const char *name = rv_config_read_string(reader, section, "hf_model_name", "");
    if (strncmp(name, owner, sizeof owner - 1) == 0)
        name += sizeof owner - 1;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0) {
            tower->width = known[i].width;
            tower->layers = known[i].layers;
            tower->heads = known[i].heads;
            tower->mlp_width = known[i].mlp_width;
            return;
        }
    }
    rv_config_fail(
        reader, RV_ERROR_UNSUPPORTED, "hf_model_name",
        "is a text tower that reelvec does not know; it knows xlm-roberta-base and xlm-roberta-large");
}

static void expect_word(ConfigReader *reader, const json_t *section, const char *key, const char *word)
{
    if (strcmp(rv_config_read_string(reader, section, key, word), word) != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key,
                       "is not what reelvec computes behind this text tower");
}

static void read_text(ConfigReader *reader, const json_t *section, ModelSpec *spec)
{
    const json_t *sizes = rv_config_section(reader, section, "hf_model_config");
    TextSpec *text = &spec->text;
    rv_config_refuse_unknown(reader, section, text_keys);
    rv_config_refuse_unknown(reader, sizes, size_keys);
    read_named_sizes(reader, section, spec);
    expect_word(reader, section, "hf_pooler_type", "mean_pooler");
    expect_word(reader, section, "hf_proj_type", "mlp");
    expect_word(reader, section, "pooler_type", "mean_pooler");
    expect_word(reader, section, "proj", "mlp");
    text->vocabulary_size = rv_config_read_int(reader, sizes, "vocab_size", 250002);
    text->context_length = rv_config_read_int(reader, section, "context_length", 77);
    rv_config_read_tower(reader, sizes, &text->tower);
}

static RvStatus describe(const FamilySource *source, ModelSpec *out, RvError *err)
{
    OpenClipConfig config = rv_open_clip_sections(source->open_clip, source->config_path, err);
    *out = rv_model_spec_clip();
    out->family = "xlm_roberta";
    rv_open_clip_read_model(&config, out);
    rv_open_clip_read_vision(&config, out);
    rv_open_clip_read_pictures(&config, out);
    out->text = (TextSpec){.tower = {.activation = ACTIVATION_GELU, .epsilon = 1e-5f, .post_norm = true},
                           .pad_token = PAD_TOKEN,
                           .position_rows = 514,
                           .position_offset = PAD_TOKEN + 1,
                           .token_types = 1,
                           .embedding_norm = true,
                           .pooling = TEXT_POOL_MEAN,
                           .projection = PROJECTION_TWO_LAYERS};
    read_text(&config.reader, config.text, out);
    out->text.projection_width = (out->text.tower.width + out->dimensions) / 2;
    out->tokenizer =
        (TokenizerSpec){.kind = TOKENIZER_UNIGRAM, .cleaning = TEXT_CLEAN_WHITESPACE, .start = 0, .end = 2};
    return config.reader.status;
}

static const NameRule names[] = {
    NAME_TURNED("text_projection_in", "text.proj.0.weight"),
    NAME_TURNED("text_projection", "text.proj.2.weight"),
    NAMES_BERT("text.transformer."),
    NAMES_END,
};
static const NameScheme scheme = {.marks = {MARK_OPENAI, "text.proj.0.weight"}, .rules = names};
static const NameScheme *const schemes[] = {&scheme, NULL};

const ModelFamily rv_family_xlm_roberta = {
    .recognises = recognises,
    .describe = describe,
    .schemes = schemes,
};
