# SPDX-License-Identifier: MIT
"""A small CLIP with random weights: written as Hugging Face's files, and computed with numpy in float64.

The forward pass follows the paper's model as openai/CLIP has it: pre-norm blocks, QuickGELU, class token, end token.
"""
import json
import shutil
import struct

import numpy as np

WIDTH, LAYERS, HEADS, DIMENSIONS, SIDE, PATCH, CONTEXT, VOCABULARY = 64, 2, 1, 32, 32, 16, 77, 2014
MEAN = DEVIATION = 0.5


def linear(generator, rows, columns, scale=1.0):
    return (generator.standard_normal((rows, columns)) * scale / np.sqrt(columns)).astype(np.float32)


def make_tower(generator, tensors, prefix):
    for layer in range(LAYERS):
        base = f"{prefix}.encoder.layers.{layer}"
        for name, rows, columns in (("self_attn.q_proj", WIDTH, WIDTH), ("self_attn.k_proj", WIDTH, WIDTH),
                                    ("self_attn.v_proj", WIDTH, WIDTH), ("self_attn.out_proj", WIDTH, WIDTH),
                                    ("mlp.fc1", 4 * WIDTH, WIDTH), ("mlp.fc2", WIDTH, 4 * WIDTH)):
            tensors[f"{base}.{name}.weight"] = linear(generator, rows, columns)
            tensors[f"{base}.{name}.bias"] = linear(generator, 1, rows)[0]
        make_norms(tensors, f"{base}.layer_norm1", f"{base}.layer_norm2")


def make_norms(tensors, *names):
    for name in names:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)


def make_tensors(seed):
    generator, tensors = np.random.default_rng(seed), {"logit_scale": np.float32(4.6052)}
    make_tower(generator, tensors, "vision_model")
    make_tower(generator, tensors, "text_model")
    make_norms(tensors, "vision_model.pre_layrnorm", "vision_model.post_layernorm", "text_model.final_layer_norm")
    patches = (SIDE // PATCH) ** 2
    tensors["vision_model.embeddings.class_embedding"] = linear(generator, 1, WIDTH, 8)[0]
    tensors["vision_model.embeddings.patch_embedding.weight"] = linear(generator, WIDTH, 3 * PATCH * PATCH, 4).reshape(
        WIDTH, 3, PATCH, PATCH)
    tensors["vision_model.embeddings.position_embedding.weight"] = linear(generator, patches + 1, WIDTH)
    tensors["text_model.embeddings.token_embedding.weight"] = linear(generator, VOCABULARY, WIDTH, 8)
    tensors["text_model.embeddings.position_embedding.weight"] = linear(generator, CONTEXT, WIDTH)
    tensors["visual_projection.weight"] = linear(generator, DIMENSIONS, WIDTH)
    tensors["text_projection.weight"] = linear(generator, DIMENSIONS, WIDTH)
    return tensors


def write(folder, vocabulary, seed):
    """Write the model into a new folder; vocabulary: a folder with vocab.json and merges.txt of VOCABULARY tokens. Gives
    its tensors."""
    tensors, header, data = make_tensors(seed), {}, b""
    for name, tensor in tensors.items():
        raw = np.asarray(tensor, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(np.shape(tensor)), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    tower = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
             "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": DIMENSIONS}
    config = {"model_type": "clip", "projection_dim": DIMENSIONS,
              "vision_config": {**tower, "image_size": SIDE, "patch_size": PATCH, "num_channels": 3},
              "text_config": {**tower, "max_position_embeddings": CONTEXT, "vocab_size": VOCABULARY,
                              "bos_token_id": VOCABULARY - 2, "eos_token_id": VOCABULARY - 1}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(
        {"do_resize": True, "size": {"shortest_edge": SIDE}, "resample": 3, "do_center_crop": True,
         "crop_size": {"height": SIDE, "width": SIDE}, "do_normalize": True, "image_mean": [MEAN] * 3,
         "image_std": [DEVIATION] * 3}))
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(vocabulary / name, folder)
    return {name: np.asarray(tensor, np.float64) for name, tensor in tensors.items()}


def norm(x, tensors, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + 1e-5)
    return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def apply(x, tensors, name):
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def run_tower(x, tensors, prefix, causal):
    mask = np.triu(np.full((len(x), len(x)), -np.inf), 1) if causal else 0.0
    for layer in range(LAYERS):
        base = f"{prefix}.encoder.layers.{layer}"
        y = norm(x, tensors, f"{base}.layer_norm1")
        q, k, v = (apply(y, tensors, f"{base}.self_attn.{part}_proj") for part in "qkv")
        scores = q @ k.T / np.sqrt(WIDTH) + mask  # HEADS is 1
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        x = x + apply(shares @ v, tensors, f"{base}.self_attn.out_proj")
        hidden = apply(norm(x, tensors, f"{base}.layer_norm2"), tensors, f"{base}.mlp.fc1")
        x = x + apply(hidden / (1 + np.exp(-1.702 * hidden)), tensors, f"{base}.mlp.fc2")
    return x


def unit(vector):
    return vector / np.linalg.norm(vector)


def encode_picture(tensors, rgb_u8):
    """The embedding, of length 1, of a picture of exactly SIDE x SIDE pixels."""
    x = (rgb_u8 / 255.0 - MEAN) / DEVIATION
    count = SIDE // PATCH
    patches = x.reshape(count, PATCH, count, PATCH, 3).transpose(0, 2, 4, 1, 3).reshape(count * count, -1)
    weight = tensors["vision_model.embeddings.patch_embedding.weight"].reshape(WIDTH, -1)
    x = np.vstack([tensors["vision_model.embeddings.class_embedding"], patches @ weight.T])
    x = x + tensors["vision_model.embeddings.position_embedding.weight"]
    x = run_tower(norm(x, tensors, "vision_model.pre_layrnorm"), tensors, "vision_model", causal=False)
    return unit(norm(x[0], tensors, "vision_model.post_layernorm") @ tensors["visual_projection.weight"].T)


def encode_tokens(tensors, tokens):
    """The embedding, of length 1, of a text's tokens, start and end included."""
    x = tensors["text_model.embeddings.token_embedding.weight"][tokens]
    x = x + tensors["text_model.embeddings.position_embedding.weight"][:len(tokens)]
    x = norm(run_tower(x, tensors, "text_model", causal=True), tensors, "text_model.final_layer_norm")
    return unit(x[-1] @ tensors["text_projection.weight"].T)
