/* SPDX-License-Identifier: MIT */
/* How the publishers' code names tensors, as parts that the families put together. A rule for a tensor that a
 * model does not have does no harm. */
#ifndef RV_NAME_SCHEMES_H
#define RV_NAME_SCHEMES_H

#include "clip/checkpoint/tensor_names.h"

/* clang-format off */

#define NAME(canonical, stored) {canonical, {stored, NULL, NULL}, false, {0, 0, 0}}
#define NAME_TURNED(canonical, stored) {canonical, {stored, NULL, NULL}, true, {0, 0, 0}}
#define NAME_THREE(canonical, q, k, v) {canonical, {q, k, v}, false, {0, 0, 0}}
#define NAME_ONE_AND_TWO(canonical, q, kv) {canonical, {q, kv, NULL}, false, {1, 2, 0}}
#define NAMES_END {NULL, {NULL, NULL, NULL}, false, {0, 0, 0}}

/* Hugging Face's CLIP and SigLIP: the blocks of a tower. */
#define NAMES_HF_BLOCKS(canonical, stored) \
    NAME_THREE(canonical "resblocks.#.attn.in_proj_*", \
        stored "layers.#.self_attn.q_proj.*", \
        stored "layers.#.self_attn.k_proj.*", \
        stored "layers.#.self_attn.v_proj.*"), \
    NAME(canonical "resblocks.#.attn.out_proj.*", stored "layers.#.self_attn.out_proj.*"), \
    NAME(canonical "resblocks.#.ln_1.*", stored "layers.#.layer_norm1.*"), \
    NAME(canonical "resblocks.#.ln_2.*", stored "layers.#.layer_norm2.*"), \
    NAME(canonical "resblocks.#.mlp.c_fc.*", stored "layers.#.mlp.fc1.*"), \
    NAME(canonical "resblocks.#.mlp.c_proj.*", stored "layers.#.mlp.fc2.*")

/* "layrnorm" is the spelling of the format. */
#define NAMES_HF_VISION \
    NAME("visual.conv1.*", "vision_model.embeddings.patch_embedding.*"), \
    NAME("visual.class_embedding", "vision_model.embeddings.class_embedding"), \
    NAME("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"), \
    NAME("visual.ln_pre.*", "vision_model.pre_layrnorm.*"), \
    NAME("visual.ln_post.*", "vision_model.post_layernorm.*"), \
    NAME_TURNED("visual.proj", "visual_projection.weight"), \
    NAMES_HF_BLOCKS("visual.transformer.", "vision_model.encoder.")

#define NAMES_HF_TEXT \
    NAME("token_embedding.weight", "text_model.embeddings.token_embedding.weight"), \
    NAME("positional_embedding", "text_model.embeddings.position_embedding.weight"), \
    NAME("ln_final.*", "text_model.final_layer_norm.*"), \
    NAME_TURNED("text_projection", "text_projection.weight"), \
    NAMES_HF_BLOCKS("transformer.", "text_model.encoder.")

/* A vision tower of timm in open_clip. Its attention pooling keeps the query's weights apart from those of
 * keys and values. */
#define NAMES_TIMM_VISION \
    NAME("visual.conv1.*", "visual.trunk.patch_embed.proj.*"), \
    NAME("visual.class_embedding", "visual.trunk.cls_token"), \
    NAME("visual.positional_embedding", "visual.trunk.pos_embed"), \
    NAME("visual.ln_pre.*", "visual.trunk.norm_pre.*"), \
    NAME("visual.ln_post.*", "visual.trunk.norm.*"), \
    NAME_TURNED("visual.proj", "visual.trunk.head.weight"), \
    NAME("visual.proj_bias", "visual.trunk.head.bias"), \
    NAME("visual.transformer.resblocks.#.attn.in_proj_*", "visual.trunk.blocks.#.attn.qkv.*"), \
    NAME("visual.transformer.resblocks.#.attn.out_proj.*", "visual.trunk.blocks.#.attn.proj.*"), \
    NAME("visual.transformer.resblocks.#.ln_1.*", "visual.trunk.blocks.#.norm1.*"), \
    NAME("visual.transformer.resblocks.#.ln_2.*", "visual.trunk.blocks.#.norm2.*"), \
    NAME("visual.transformer.resblocks.#.mlp.c_fc.*", "visual.trunk.blocks.#.mlp.fc1.*"), \
    NAME("visual.transformer.resblocks.#.mlp.c_proj.*", "visual.trunk.blocks.#.mlp.fc2.*"), \
    NAME("visual.attn_pool.probe", "visual.trunk.attn_pool.latent"), \
    NAME_ONE_AND_TWO("visual.attn_pool.attn.in_proj_*", \
        "visual.trunk.attn_pool.q.*", \
        "visual.trunk.attn_pool.kv.*"), \
    NAME("visual.attn_pool.attn.out_proj.*", "visual.trunk.attn_pool.proj.*"), \
    NAME("visual.attn_pool.layernorm.*", "visual.trunk.attn_pool.norm.*"), \
    NAME("visual.attn_pool.mlp.c_fc.*", "visual.trunk.attn_pool.mlp.fc1.*"), \
    NAME("visual.attn_pool.mlp.c_proj.*", "visual.trunk.attn_pool.mlp.fc2.*")

/* Any other tensor of the vision tower under its own name, and those of the text tower behind "text.". */
#define NAMES_CUSTOM_TEXT \
    NAME("visual.*", "visual.*"), \
    NAME("*", "text.*")

/* A BERT as the text tower, without its projection. */
#define NAMES_BERT(stored) \
    NAME("token_embedding.weight", stored "embeddings.word_embeddings.weight"), \
    NAME("positional_embedding", stored "embeddings.position_embeddings.weight"), \
    NAME("token_type_embedding", stored "embeddings.token_type_embeddings.weight"), \
    NAME("ln_embedding.*", stored "embeddings.LayerNorm.*"), \
    NAME_THREE("transformer.resblocks.#.attn.in_proj_*", \
        stored "encoder.layer.#.attention.self.query.*", \
        stored "encoder.layer.#.attention.self.key.*", \
        stored "encoder.layer.#.attention.self.value.*"), \
    NAME("transformer.resblocks.#.attn.out_proj.*", stored "encoder.layer.#.attention.output.dense.*"), \
    NAME("transformer.resblocks.#.ln_1.*", stored "encoder.layer.#.attention.output.LayerNorm.*"), \
    NAME("transformer.resblocks.#.ln_2.*", stored "encoder.layer.#.output.LayerNorm.*"), \
    NAME("transformer.resblocks.#.mlp.c_fc.*", stored "encoder.layer.#.intermediate.dense.*"), \
    NAME("transformer.resblocks.#.mlp.c_proj.*", stored "encoder.layer.#.output.dense.*")

/* clang-format on */

/* Tensors by which a layout is known. */
#define MARK_OPENAI "visual.conv1.weight"
#define MARK_TIMM "visual.trunk.patch_embed.proj.weight"
#define MARK_HF "vision_model.embeddings.patch_embedding.weight"
#define MARK_CUSTOM_TEXT "text.token_embedding.weight"

#endif
