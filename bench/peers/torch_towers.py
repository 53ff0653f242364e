# SPDX-License-Identifier: MIT
"""Vision towers of several families in PyTorch, as their users run them in float32, with random weights.

    torch_towers.py SIZES BATCH THREADS
    torch_towers.py SIZES --export MODEL.onnx

SIZES: a line of `bench_models list`. What is computed is what bench_models computes, except that the last block is
computed in full. Pictures are normalised float32 beforehand, outside what is timed. --export writes the same graph for
ONNX Runtime.
"""
import json
import sys

import torch
from torch import nn

import clip_model
import turns

GELUS = {"quick_gelu": clip_model.QuickGelu, "gelu": nn.GELU, "gelu_tanh": lambda: nn.GELU(approximate="tanh")}
ROTARY_BASE = 10000.0


def angles(side, head_width, first):
    """Cosines and sines [tokens, head_width] of rotary positions: the first half by column, the second by row."""
    pairs = head_width // 4
    frequencies = ROTARY_BASE ** (-torch.arange(pairs) / pairs)
    rows, columns = torch.meshgrid(torch.arange(side) + first, torch.arange(side) + first, indexing="ij")
    turned = torch.cat([places.reshape(-1, 1) * frequencies for places in (columns, rows)], 1)
    turned = torch.cat([torch.zeros(first, 2 * pairs), turned]).repeat_interleave(2, 1)
    return turned.cos(), turned.sin()


def rotated(x, cosines, sines):
    crossed = torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(-2)
    return x * cosines + crossed * sines


class Attention(clip_model.Attention):
    turned = None

    def forward(self, x):
        if self.turned is None:
            return super().forward(x)
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotated(q, *self.turned), rotated(k, *self.turned)
        weights = (q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width, hidden, gelu):
        super().__init__()
        self.up, self.gelu, self.down = nn.Linear(width, hidden), gelu(), nn.Linear(hidden, width)

    def forward(self, x):
        return self.down(self.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self, width, heads, hidden, gelu):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mlp = Attention(width, heads), Mlp(width, hidden, gelu)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Pool(nn.Module):
    """Attention of one query over all tokens, then x + mlp(norm(x))."""

    def __init__(self, width, heads, hidden, gelu):
        super().__init__()
        self.heads = heads
        self.query, self.key_value, self.out = nn.Parameter(torch.zeros(width)), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.norm, self.mlp = nn.LayerNorm(width), Mlp(width, hidden, gelu)

    def forward(self, x):
        batch, tokens, width = x.shape
        k, v = self.key_value(x).reshape(batch, tokens, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q = self.query.reshape(1, self.heads, 1, width // self.heads)
        weights = (q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5).softmax(-1)
        x = self.out((weights @ v).reshape(batch, width))
        return x + self.mlp(self.norm(x))


class Vision(nn.Module):
    """float32[n, 3, side, side] to float32[n, dimensions]."""

    def __init__(self, sizes):
        super().__init__()
        width, side, first = sizes["width"], sizes["side"] // sizes["patch"], sizes["class_token"]
        gelu = GELUS[sizes["activation"]]
        self.patches = nn.Conv2d(3, width, sizes["patch"], sizes["patch"], bias=bool(sizes["patch_bias"]))
        self.class_token = nn.Parameter(torch.zeros(1, first, width))
        self.positions = nn.Parameter(torch.zeros(side * side + first, width))
        self.norm_before = nn.LayerNorm(width) if sizes["norm_before"] else nn.Identity()
        self.blocks = nn.Sequential(*(Block(width, sizes["heads"], sizes["mlp"], gelu) for _ in range(sizes["layers"])))
        self.norm_after = nn.LayerNorm(width)
        self.pool = Pool(width, sizes["pool_heads"], sizes["pool_mlp"], gelu) if sizes["pool_heads"] else None
        self.projection = nn.Linear(width, sizes["dimensions"], bias=False) if sizes["projects"] else nn.Identity()
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.02)
        if sizes["rotary"]:
            turned = angles(side, width // sizes["heads"], first)
            for block in self.blocks:
                block.attention.turned = turned

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        x = self.blocks(self.norm_before(x))
        x = self.pool(self.norm_after(x)) if self.pool else self.norm_after(x[:, 0])
        return self.projection(x)


def main():
    sizes = json.loads(sys.argv[1])
    torch.set_grad_enabled(False)
    model = Vision(sizes).eval()
    if sys.argv[2] == "--export":
        torch.onnx.export(model, torch.zeros(2, 3, sizes["side"], sizes["side"]), sys.argv[3], opset_version=14,
                          input_names=["pixels"], output_names=["embeddings"],
                          dynamic_axes={"pixels": {0: "images"}, "embeddings": {0: "images"}})
        return
    batch, threads = int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    pixels = torch.randn(batch, 3, sizes["side"], sizes["side"])
    turns.serve(lambda: model(pixels))


if __name__ == "__main__":
    main()
