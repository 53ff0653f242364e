/* SPDX-License-Identifier: MIT */
/* What a model is: two towers, how pictures and texts become their inputs, how embeddings come out. A family
 * (families.h) fills it from a checkpoint's files; towers, preprocessing and tokenizer read it. */
#ifndef RV_MODEL_SPEC_H
#define RV_MODEL_SPEC_H

#include "clip/tokenizer/tokenizer_spec.h"
#include "compute/compute.h"
#include "pixels/model_input.h"

/* A stack of transformer blocks. */
typedef struct TowerSpec {
    int width, layers, heads, mlp_width;
    Activation activation;
    float epsilon;  // of all layer norms of the tower
    bool post_norm; // x = norm(x + f(x)), as BERT; else x += f(norm(x))
} TowerSpec;

/* How a pooled vector becomes the embedding. */
typedef enum ProjectionKind {
    PROJECTION_MATRIX,     // a linear layer without bias
    PROJECTION_NONE,       // the vector is the embedding
    PROJECTION_LINEAR,     // with bias
    PROJECTION_TWO_LAYERS, // linear, erf-GELU, linear, both without bias
} ProjectionKind;

typedef enum VisionPooling {
    VISION_POOL_CLASS_TOKEN,
    /* The normed tokens (class token included, if there is one) are keys and values of one query, the probe;
     * then x + mlp(norm(x)) with the tower's activation and epsilon. */
    VISION_POOL_ATTENTION,
} VisionPooling;

typedef struct VisionSpec {
    TowerSpec tower;
    int patch_size;
    bool patch_bias, class_token, ln_pre;
    /* Of a picture that is no multiple of the patch, the rest at its right and lower edge is not seen (So400m/14 of
     * 384 pixels). False: there is no such rest. */
    bool cuts_rest;
    /* 2D rotary positions on queries and keys of every block, besides the learned ones. With a class token,
     * which is not turned, rows and columns are counted from 1, else from 0. */
    bool rotary;
    VisionPooling pooling;
    int pool_heads, pool_mlp_width; // of VISION_POOL_ATTENTION
    ProjectionKind projection;      // MATRIX, NONE or LINEAR
} VisionSpec;

typedef enum TextPooling {
    TEXT_POOL_END, // the first place of the end token, which is the last of the tokens that are given
    TEXT_POOL_FIRST,
    TEXT_POOL_LAST, // the last position of the row: padding, if the row is padded
    TEXT_POOL_MEAN, // over the tokens that are given
} TextPooling;

typedef struct TextSpec {
    TowerSpec tower;
    bool causal;
    int vocabulary_size;
    int context_length; // tokens of a text, start and end included
    /* True: padding takes part, unmasked, so that every row has context_length tokens. False: it is masked or
     * cannot be seen, and is left out. */
    bool pads;
    int32_t pad_token;
    int position_rows;   // rows of the table of positions
    int position_offset; // row of the first token
    int token_types;     // rows of that table, of which the first is added to every token; 0: there is none
    bool embedding_norm; // a layer norm before the first block
    bool final_norm;     // a layer norm before or after pooling
    TextPooling pooling;
    ProjectionKind projection;
    int projection_width; // between the PROJECTION_TWO_LAYERS
} TextSpec;

typedef struct ModelSpec {
    const char *family; // "clip", a static text
    VisionSpec vision;
    TextSpec text;
    int dimensions;   // of an embedding
    ModelInput input; // size, resizing and filter of pictures
    float image_mean[3], image_deviation[3];
    TokenizerSpec tokenizer;
} ModelSpec;

/* Returns what all models of OpenAI's CLIP have in common, which a family changes: everything but the sizes.
 */
ModelSpec rv_model_spec_clip(void);

/* Fill what follows from the rest: rows of positions (0: the context length), MLP of the pooling (0: the
 * tower's). */
void rv_model_spec_complete(ModelSpec *spec);

/* Refuse numbers that no model has or that contradict each other, and parts that the engine does not have.
 * path: the file that the message begins with. Errors: FORMAT, UNSUPPORTED. */
RvStatus rv_model_spec_check(const ModelSpec *spec, const char *path, RvError *err);

/* Returns the number of tokens of a picture, the class token included. */
size_t rv_model_spec_picture_tokens(const ModelSpec *spec);

/* Call visit with the canonical name of every tensor of the model: OpenAI's names, and for what OpenAI's
 * models do not have those in model_tensors.c. Ends early if visit returns false. */
void rv_model_spec_tensors(const ModelSpec *spec, bool (*visit)(void *context, const char *name),
                           void *context);

#endif
