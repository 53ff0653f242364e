# SPDX-License-Identifier: MIT
"""A plain CLIP in PyTorch, as its users run it, with the weights of a Hugging Face folder (float32 safetensors)."""
import json
import pathlib
import struct

import numpy
import torch
from torch import nn

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


# Loading overwrites what PyTorch would draw at random first; a careful user leaves that out.
for layer in (nn.Linear, nn.LayerNorm, nn.Conv2d, nn.Embedding):
    layer.reset_parameters = lambda self: None


def normalised(pictures):
    """uint8[n, side, side, 3] to float32[n, 3, side, side]."""
    pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    shape = (1, 3, 1, 1)
    return ((pixels - torch.tensor(MEAN).reshape(shape)) / torch.tensor(DEVIATION).reshape(shape)).contiguous()


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x, mask=None):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5
        if mask is not None:
            scores = scores + mask
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width))


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.up, self.gelu, self.down = nn.Linear(width, 4 * width), QuickGelu(), nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.down(self.gelu(self.up(self.norm2(x))))


class Vision(nn.Module):
    """float32[n, 3, side, side], normalised, to float32[n, dimensions]."""

    def __init__(self, side, patch, width, layers, heads, dimensions):
        super().__init__()
        self.side = side
        self.patches = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_token = nn.Parameter(torch.zeros(width))
        self.positions = nn.Parameter(torch.zeros((side // patch) ** 2 + 1, width))
        self.norm_before, self.norm_after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.projection = nn.Linear(width, dimensions, bias=False)

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], 1, -1), x], 1) + self.positions
        x = self.norm_before(x)
        for block in self.blocks:
            x = block(x)
        return self.projection(self.norm_after(x[:, 0]))


class Text(nn.Module):
    """int64[n, context] token numbers (the end token is the highest) to float32[n, dimensions]."""

    def __init__(self, vocabulary, context, width, layers, heads, dimensions):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(context, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm_after = nn.LayerNorm(width)
        self.projection = nn.Linear(width, dimensions, bias=False)
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1), persistent=False)

    def forward(self, numbers):
        x = self.tokens(numbers) + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        return self.projection(self.norm_after(x[torch.arange(len(x)), numbers.argmax(-1)]))


def read_safetensors(path):
    """{name: float32 tensor} of a file whose tensors are all F32."""
    data = numpy.memmap(path, numpy.uint8, "c")
    header_bytes = struct.unpack("<Q", data[:8].tobytes())[0]
    header = json.loads(data[8 : 8 + header_bytes].tobytes())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
            tensors[name] = torch.from_numpy(data[first:end].view(numpy.float32).reshape(entry["shape"]))
    return tensors


def block_weights(tensors, prefix, layers):
    weights = {}
    for i in range(layers):
        theirs, ours = f"{prefix}encoder.layers.{i}.", f"blocks.{i}."
        for kind in ("weight", "bias"):
            weights[f"{ours}attention.qkv.{kind}"] = torch.cat(
                [tensors[f"{theirs}self_attn.{part}_proj.{kind}"] for part in "qkv"])
            for ours_name, name in (("attention.out", "self_attn.out_proj"), ("norm1", "layer_norm1"),
                                    ("norm2", "layer_norm2"), ("up", "mlp.fc1"), ("down", "mlp.fc2")):
                weights[f"{ours}{ours_name}.{kind}"] = tensors[f"{theirs}{name}.{kind}"]
    return weights


def named(tensors, pairs):
    return {ours: tensors[theirs] for ours, theirs in pairs.items()}


def norm_names(ours, theirs):
    return {f"{ours}.{kind}": f"{theirs}.{kind}" for kind in ("weight", "bias")}


def load_vision(folder):
    shape = json.loads(pathlib.Path(folder, "config.json").read_text())
    v = shape["vision_config"]
    tensors = read_safetensors(pathlib.Path(folder, "model.safetensors"))
    model = Vision(v["image_size"], v["patch_size"], v["hidden_size"], v["num_hidden_layers"],
                   v["num_attention_heads"], shape["projection_dim"])
    p = "vision_model."
    weights = block_weights(tensors, p, v["num_hidden_layers"])
    weights.update(named(tensors, {
        "patches.weight": p + "embeddings.patch_embedding.weight", "class_token": p + "embeddings.class_embedding",
        "positions": p + "embeddings.position_embedding.weight", "projection.weight": "visual_projection.weight",
        **norm_names("norm_before", p + "pre_layrnorm"), **norm_names("norm_after", p + "post_layernorm")}))
    model.load_state_dict(weights)
    return model.eval()


def load_text(folder):
    shape = json.loads(pathlib.Path(folder, "config.json").read_text())
    t = shape["text_config"]
    tensors = read_safetensors(pathlib.Path(folder, "model.safetensors"))
    model = Text(t["vocab_size"], t["max_position_embeddings"], t["hidden_size"], t["num_hidden_layers"],
                 t["num_attention_heads"], shape["projection_dim"])
    p = "text_model."
    weights = block_weights(tensors, p, t["num_hidden_layers"])
    weights.update(named(tensors, {
        "tokens.weight": p + "embeddings.token_embedding.weight", "projection.weight": "text_projection.weight",
        "positions": p + "embeddings.position_embedding.weight", **norm_names("norm_after", p + "final_layer_norm")}))
    model.load_state_dict(weights)
    return model.eval()
