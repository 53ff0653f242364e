/* SPDX-License-Identifier: MIT */
/* The canonical names of a model's tensors. */
#include <stdio.h>

#include "clip/model_spec.h"

typedef struct NameList {
    bool (*visit)(void *context, const char *name);
    void *context;
    bool goes_on;
} NameList;

static void add(NameList *list, bool is_there, const char *name)
{
    if (is_there && list->goes_on)
        list->goes_on = list->visit(list->context, name);
}

static void add_pair(NameList *list, bool is_there, const char *name)
{
    static const char *const endings[] = {"weight", "bias"};
    for (size_t i = 0; i < 2; i++) {
        char whole[128];
        snprintf(whole, sizeof whole, "%s.%s", name, endings[i]);
        add(list, is_there, whole);
    }
}

static void add_blocks(NameList *list, const char *prefix, int layers)
{
    static const char *const packed[] = {"attn.in_proj_weight", "attn.in_proj_bias"};
    static const char *const pairs[] = {"ln_1", "attn.out_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"};
    char name[96];
    for (int layer = 0; layer < layers && list->goes_on; layer++) {
        for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
            snprintf(name, sizeof name, "%s.resblocks.%d.%s", prefix, layer, packed[i]);
            add(list, true, name);
        }
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            snprintf(name, sizeof name, "%s.resblocks.%d.%s", prefix, layer, pairs[i]);
            add_pair(list, true, name);
        }
    }
}

static void add_vision(NameList *list, const VisionSpec *vision)
{
    bool pools = vision->pooling == VISION_POOL_ATTENTION;
    add(list, true, "visual.conv1.weight");
    add(list, vision->patch_bias, "visual.conv1.bias");
    add(list, vision->class_token, "visual.class_embedding");
    add(list, true, "visual.positional_embedding");
    add_pair(list, vision->ln_pre, "visual.ln_pre");
    add_blocks(list, "visual.transformer", vision->tower.layers);
    add_pair(list, true, "visual.ln_post");
    add(list, pools, "visual.attn_pool.probe");
    add(list, pools, "visual.attn_pool.attn.in_proj_weight");
    add(list, pools, "visual.attn_pool.attn.in_proj_bias");
    add_pair(list, pools, "visual.attn_pool.attn.out_proj");
    add_pair(list, pools, "visual.attn_pool.layernorm");
    add_pair(list, pools, "visual.attn_pool.mlp.c_fc");
    add_pair(list, pools, "visual.attn_pool.mlp.c_proj");
    // All projections are [input, output], as OpenAI's.
    add(list, vision->projection != PROJECTION_NONE, "visual.proj");
    add(list, vision->projection == PROJECTION_LINEAR, "visual.proj_bias");
}

static void add_text(NameList *list, const TextSpec *text)
{
    add(list, true, "token_embedding.weight");
    add(list, true, "positional_embedding");
    add(list, text->token_types > 0, "token_type_embedding");
    add_pair(list, text->embedding_norm, "ln_embedding");
    add_blocks(list, "transformer", text->tower.layers);
    add_pair(list, text->final_norm, "ln_final");
    add(list, text->projection == PROJECTION_TWO_LAYERS, "text_projection_in");
    add(list, text->projection != PROJECTION_NONE, "text_projection");
    add(list, text->projection == PROJECTION_LINEAR, "text_projection_bias");
}

void rv_model_spec_tensors(const ModelSpec *spec, bool (*visit)(void *context, const char *name),
                           void *context)
{
    NameList list = {.visit = visit, .context = context, .goes_on = true};
    add_vision(&list, &spec->vision);
    add_text(&list, &spec->text);
}
