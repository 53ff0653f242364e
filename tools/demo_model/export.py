# SPDX-License-Identifier: MIT
"""Write a trained model as a Hugging Face folder: config.json, model.safetensors (F16), preprocessor_config.json, vocabulary.

    export.py CHECKPOINT.pt FOLDER
"""
import argparse
import json
import pathlib
import struct

import numpy as np
import torch

import scenes
import towers
from caption_vocabulary import caption_vocabulary


def _linear(out, name, layer, rows=slice(None)):
    out[name + ".weight"] = layer.weight[rows]
    if layer.bias is not None:
        out[name + ".bias"] = layer.bias[rows]


def _block(out, name, block):
    """A block in Hugging Face's names; the factors of QuickGELU leave the weights again (see towers.py)."""
    width = block.out.weight.shape[0]
    for k, part in enumerate(("q_proj", "k_proj", "v_proj")):
        _linear(out, f"{name}.self_attn.{part}", block.qkv, slice(k * width, (k + 1) * width))
    _linear(out, f"{name}.self_attn.out_proj", block.out)
    for ours, theirs in ((block.ln_1, "layer_norm1"), (block.ln_2, "layer_norm2")):
        _linear(out, f"{name}.{theirs}", ours)
    out[f"{name}.mlp.fc1.weight"] = block.fc.weight / towers.GELU_FACTOR
    out[f"{name}.mlp.fc1.bias"] = block.fc.bias / towers.GELU_FACTOR
    out[f"{name}.mlp.fc2.weight"] = block.proj.weight * towers.GELU_FACTOR
    out[f"{name}.mlp.fc2.bias"] = block.proj.bias


def hugging_face_state(model):
    """{name: tensor} as transformers' CLIPModel names them, float32."""
    out, vision, text = {"logit_scale": model.logit_scale}, model.vision, model.text
    root = "vision_model.embeddings."
    out[root + "class_embedding"] = vision.class_token
    out[root + "patch_embedding.weight"] = vision.patch.weight.view(-1, 3, vision.patch_size, vision.patch_size)
    out[root + "position_embedding.weight"] = vision.position
    _linear(out, "vision_model.pre_layrnorm", vision.ln_pre)
    _linear(out, "vision_model.post_layernorm", vision.ln_post)
    out["visual_projection.weight"] = vision.projection.weight
    out["text_model.embeddings.token_embedding.weight"] = text.token.weight
    out["text_model.embeddings.position_embedding.weight"] = text.position
    _linear(out, "text_model.final_layer_norm", text.ln_final)
    out["text_projection.weight"] = text.projection.weight
    for name, tower in (("vision", vision), ("text", text)):
        for k, block in enumerate(tower.blocks):
            _block(out, f"{name}_model.encoder.layers.{k}", block)
    return {name: value.detach().float().contiguous() for name, value in out.items()}


def config(vocabulary):
    """config.json."""
    common = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": towers.DIMENSIONS, "attention_dropout": 0.0}
    vision, text = towers.VISION_WIDTH, towers.TEXT_WIDTH
    return {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": towers.DIMENSIONS,
        "logit_scale_init_value": 2.6592, "torch_dtype": "float16",
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": vision, "intermediate_size": 4 * vision,
            "num_hidden_layers": towers.VISION_LAYERS, "num_attention_heads": vision // towers.HEAD_WIDTH,
            "image_size": scenes.SIZE, "patch_size": scenes.PATCH, "num_channels": 3, **common},
        "text_config": {
            "model_type": "clip_text_model", "hidden_size": text, "intermediate_size": 4 * text,
            "num_hidden_layers": towers.TEXT_LAYERS, "num_attention_heads": text // towers.HEAD_WIDTH,
            "max_position_embeddings": towers.CONTEXT, "vocab_size": len(vocabulary.ids),
            "bos_token_id": vocabulary.ids["<|startoftext|>"], "eos_token_id": vocabulary.ids["<|endoftext|>"],
            "pad_token_id": vocabulary.ids["<|endoftext|>"], **common},
    }


def preprocessing():
    """preprocessor_config.json."""
    size = scenes.SIZE
    return {"image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": size}, "resample": 3,
            "do_center_crop": True, "crop_size": {"height": size, "width": size}, "do_rescale": True,
            "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}


def write_safetensors(file, state):
    """The tensors in F16, sorted by name, header padded with spaces to eight bytes."""
    header, data, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(state):
        raw = state[name].numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(state[name].shape), "data_offsets": [offset, offset + len(raw)]}
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(file).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def read_safetensors(file):
    """{name: float32 array} of an F16 file."""
    raw = pathlib.Path(file).read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__", None)
    body = memoryview(raw)[8 + length:]
    return {name: np.frombuffer(body[slice(*facts["data_offsets"])], "<f2").reshape(facts["shape"]).astype(np.float32)
            for name, facts in header.items()}


def main():
    parser = argparse.ArgumentParser(description="Write a trained model as a Hugging Face folder")
    parser.add_argument("checkpoint")
    parser.add_argument("folder")
    args = parser.parse_args()
    from train import new_model
    vocabulary = caption_vocabulary()
    model = new_model(len(vocabulary.ids))
    model.load_state_dict(torch.load(args.checkpoint, map_location="cpu")["model"])
    folder = pathlib.Path(args.folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "model.safetensors", hugging_face_state(model))
    for name, value in (("config.json", config(vocabulary)), ("preprocessor_config.json", preprocessing())):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n")
    vocabulary.save(folder)
    total = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder}: {sum(p.numel() for p in model.vision.parameters()) + sum(p.numel() for p in model.text.parameters())} "
          f"weights, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
