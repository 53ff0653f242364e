/* SPDX-License-Identifier: MIT */
/* The names that other checkpoints use for the tensors of OpenAI's code. */
#include "clip/checkpoint/tensor_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct NamePair {
    const char *openai, *hugging_face;
    bool transposed;
} NamePair;

static const NamePair whole_names[] = {
    {"visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight", false},
    {"visual.class_embedding", "vision_model.embeddings.class_embedding", false},
    {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight", false},
    // "layrnorm" is the spelling of the format
    {"visual.ln_pre.weight", "vision_model.pre_layrnorm.weight", false},
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

/* Names inside a block; %s is replaced by q, k, v in turn. */
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

/* Write "self_attn.%s_proj.weight" with `letter` in place of %s. */
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

NameScheme rv_tensor_names_scheme(const TensorTable *tensors)
{
    if (rv_tensor_table_find(tensors, "visual.conv1.weight") != NULL)
        return rv_tensor_table_find(tensors, "token_embedding.weight") == NULL &&
                       rv_tensor_table_find(tensors, "text.token_embedding.weight") != NULL
                   ? NAMES_CUSTOM_TEXT
                   : NAMES_OPENAI;
    return rv_tensor_table_find(tensors, "vision_model.embeddings.class_embedding") != NULL
               ? NAMES_HUGGING_FACE
               : NAMES_UNKNOWN;
}

void rv_tensor_names_find(NameScheme scheme, const char *name, TensorPieces *out)
{
    if (scheme == NAMES_HUGGING_FACE && rv_tensor_names_hugging_face(name, out))
        return;
    bool prefix = scheme == NAMES_CUSTOM_TEXT && strncmp(name, "visual.", 7) != 0;
    *out = (TensorPieces){.count = 1};
    snprintf(out->names[0], TENSOR_NAME_MAX, "%s%s", prefix ? "text." : "", name);
}

/* ---- prefixes ------------------------------------------------------------------------------------------ */

#define PREFIX_MAX 8

/* Returns the number of bytes before a name that every CLIP has; SIZE_MAX if the name does not end in one. */
static size_t prefix_length(const char *name)
{
    static const char *const known[] = {"visual.conv1.weight", "vision_model.embeddings.class_embedding"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t ending = strlen(known[i]);
        if (length >= ending && strcmp(name + length - ending, known[i]) == 0 &&
            (length == ending || name[length - ending - 1] == '.'))
            return length - ending;
    }
    return SIZE_MAX;
}

/* True if a prefix is that of an average over training steps or of a teacher, not of the model itself. */
static bool is_average(const char *prefix)
{
    static const char *const words[] = {"ema", "averag", "swa_", "teacher", "momentum"};
    char lower[TENSOR_NAME_MAX];
    size_t i = 0;
    for (; prefix[i] != '\0' && i < sizeof lower - 1; i++)
        lower[i] = (char)tolower((unsigned char)prefix[i]);
    lower[i] = '\0';
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        if (strstr(lower, words[k]) != NULL)
            return true;
    }
    return false;
}

/* Sorts the model that is wanted to the front. */
static int compare_prefixes(const void *a, const void *b)
{
    static const char usual[] = "state_dict.";
    const char *left = a, *right = b;
    int left_average = is_average(left), right_average = is_average(right);
    if (left_average != right_average)
        return left_average - right_average;
    int left_usual = strncmp(left, usual, sizeof usual - 1) == 0;
    int right_usual = strncmp(right, usual, sizeof usual - 1) == 0;
    if (left_usual != right_usual)
        return right_usual - left_usual;
    size_t left_length = strlen(left), right_length = strlen(right);
    if (left_length != right_length)
        return left_length < right_length ? -1 : 1;
    return strcmp(left, right);
}

static void keep_only(TensorTable *tensors, const char *prefix)
{
    size_t length = strlen(prefix), kept = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        NamedTensor item = tensors->items[i];
        if (strncmp(item.name, prefix, length) != 0 || item.name[length] == '\0') {
            free(item.name);
            free(item.gathered);
            continue;
        }
        memmove(item.name, item.name + length, strlen(item.name + length) + 1);
        tensors->items[kept++] = item;
    }
    tensors->count = kept;
    tensors->sorted = false;
}

void rv_tensor_names_strip_prefix(TensorTable *tensors, const char *path, const RvLog *log)
{
    char prefixes[PREFIX_MAX][TENSOR_NAME_MAX];
    size_t count = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        const char *name = tensors->items[i].name;
        size_t length = prefix_length(name);
        if (length == 0)
            return;
        if (length != SIZE_MAX && count < PREFIX_MAX)
            snprintf(prefixes[count++], TENSOR_NAME_MAX, "%.*s", (int)length, name);
    }
    if (count == 0)
        return;
    qsort(prefixes, count, sizeof prefixes[0], compare_prefixes);
    if (count > 1)
        rv_log_line(log, RV_LOG_WARNING,
                    "%s: holds %zu models; that of \"%s\" is taken, not that of \"%s\"%s", path, count,
                    prefixes[0], prefixes[1], count > 2 ? " and others" : "");
    keep_only(tensors, prefixes[0]);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

void rv_tensor_names_visit(int vision_layers, int text_layers, bool (*visit)(void *context, const char *name),
                           void *context)
{
    for (size_t i = 0; i < sizeof whole_names / sizeof whole_names[0]; i++) {
        if (!visit(context, whole_names[i].openai))
            return;
    }
    for (size_t tower = 0; tower < 2; tower++) {
        for (int layer = 0; layer < (tower == 0 ? vision_layers : text_layers); layer++) {
            for (size_t i = 0; i < sizeof block_names / sizeof block_names[0]; i++) {
                char name[TENSOR_NAME_MAX];
                snprintf(name, sizeof name, "%s%d.%s", towers[tower].openai, layer, block_names[i].openai);
                if (!visit(context, name))
                    return;
            }
        }
    }
}
