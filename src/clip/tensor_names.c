/* SPDX-License-Identifier: MIT */
/* How other checkpoints call the tensors that OpenAI's code named first. */
#include "clip/tensor_names.h"

#include <stdio.h>
#include <string.h>

typedef struct NamePair {
    const char *openai, *hugging_face;
    bool transposed;
} NamePair;

static const NamePair whole_names[] = {
    {"visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight", false},
    {"visual.class_embedding", "vision_model.embeddings.class_embedding", false},
    {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight", false},
    {"visual.ln_pre.weight", "vision_model.pre_layrnorm.weight", false}, // the layout's own spelling
    {"visual.ln_pre.bias", "vision_model.pre_layrnorm.bias", false},
    {"visual.ln_post.weight", "vision_model.post_layernorm.weight", false},
    {"visual.ln_post.bias", "vision_model.post_layernorm.bias", false},
    {"visual.proj", "visual_projection.weight", true},
    {"token_embedding.weight", "text_model.embeddings.token_embedding.weight", false},
    {"positional_embedding", "text_model.embeddings.position_embedding.weight", false},
    {"ln_final.weight", "text_model.final_layer_norm.weight", false},
    {"ln_final.bias", "text_model.final_layer_norm.bias", false},
    {"text_projection", "text_projection.weight", true},
};

/* Inside a block; %s stands for q, k, v in turn. */
static const NamePair block_names[] = {
    {"attn.in_proj_weight", "self_attn.%s_proj.weight", false},
    {"attn.in_proj_bias", "self_attn.%s_proj.bias", false},
    {"attn.out_proj.weight", "self_attn.out_proj.weight", false},
    {"attn.out_proj.bias", "self_attn.out_proj.bias", false},
    {"ln_1.weight", "layer_norm1.weight", false},
    {"ln_1.bias", "layer_norm1.bias", false},
    {"mlp.c_fc.weight", "mlp.fc1.weight", false},
    {"mlp.c_fc.bias", "mlp.fc1.bias", false},
    {"mlp.c_proj.weight", "mlp.fc2.weight", false},
    {"mlp.c_proj.bias", "mlp.fc2.bias", false},
    {"ln_2.weight", "layer_norm2.weight", false},
    {"ln_2.bias", "layer_norm2.bias", false},
};

static const NamePair towers[] = {
    {"visual.transformer.resblocks.", "vision_model.encoder.layers.", false},
    {"transformer.resblocks.", "text_model.encoder.layers.", false},
};

/* "self_attn.%s_proj.weight" with letter in the place of %s. */
static void write_piece(char *dst, const NamePair *tower, const char *number, int number_length,
                        const char *pattern, char letter)
{
    const char *gap = strstr(pattern, "%s");
    int before = gap != NULL ? (int)(gap - pattern) : (int)strlen(pattern);
    snprintf(dst, TENSOR_NAME_MAX, "%s%.*s.%.*s", tower->hugging_face, number_length, number, before,
             pattern);
    if (gap != NULL) {
        size_t used = strlen(dst);
        snprintf(dst + used, TENSOR_NAME_MAX - used, "%c%s", letter, gap + 2);
    }
}

static bool find_block_name(const NamePair *tower, const char *rest, TensorPieces *out)
{
    const char *dot = strchr(rest, '.');
    if (dot == NULL || dot == rest || dot - rest > 6)
        return false;
    for (size_t i = 0; i < sizeof block_names / sizeof block_names[0]; i++) {
        if (strcmp(dot + 1, block_names[i].openai) != 0)
            continue;
        const char *pattern = block_names[i].hugging_face;
        out->count = strstr(pattern, "%s") != NULL ? 3 : 1;
        for (int k = 0; k < out->count; k++)
            write_piece(out->names[k], tower, rest, (int)(dot - rest), pattern, "qkv"[k]);
        return true;
    }
    return false;
}

bool rv_tensor_names_hugging_face(const char *name, TensorPieces *out)
{
    *out = (TensorPieces){0};
    for (size_t i = 0; i < sizeof whole_names / sizeof whole_names[0]; i++) {
        if (strcmp(name, whole_names[i].openai) == 0) {
            snprintf(out->names[0], TENSOR_NAME_MAX, "%s", whole_names[i].hugging_face);
            out->count = 1;
            out->transposed = whole_names[i].transposed;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof towers / sizeof towers[0]; i++) {
        size_t length = strlen(towers[i].openai);
        if (strncmp(name, towers[i].openai, length) == 0)
            return find_block_name(&towers[i], name + length, out);
    }
    return false;
}
