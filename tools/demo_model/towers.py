# SPDX-License-Identifier: MIT
"""A plain CLIP in PyTorch, and the extra heads that only training uses.

QuickGELU x * sigmoid(1.702 x) is trained as silu(1.702 x) / 1.702, its exact equal, with the factors inside the weights:
one pass over memory in place of three. `plain_state` gives the weights of the ordinary form.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

VISION_WIDTH, VISION_LAYERS, LETTER_LAYER = 192, 5, 3
TEXT_WIDTH, TEXT_LAYERS, CONTEXT = 128, 3, 77
HEAD_WIDTH, DIMENSIONS = 64, 512
GELU_FACTOR = 1.702


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width, layers):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        for layer in (self.qkv, self.out, self.fc, self.proj):
            nn.init.normal_(layer.weight, std=width ** -0.5)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.out.weight.mul_((2 * layers) ** -0.5)
            self.proj.weight.mul_((2 * layers) ** -0.5 * 0.7)

    def forward(self, x, mask=None):
        batch, length, width = x.shape
        qkv = self.qkv(self.ln_1(x)).view(batch, length, 3, width // HEAD_WIDTH, HEAD_WIDTH)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (q * HEAD_WIDTH ** -0.5) @ k.transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        return x + self.proj(F.silu(self.fc(self.ln_2(x))))


class VisionTower(nn.Module):
    """Pictures [B, 3, S, S] to embeddings [B, DIMENSIONS]."""

    def __init__(self, image_size, patch_size):
        super().__init__()
        self.patch_size = patch_size
        self.patches = (image_size // patch_size) ** 2
        self.patch = nn.Linear(3 * patch_size * patch_size, VISION_WIDTH, bias=False)
        self.class_token = nn.Parameter(torch.randn(VISION_WIDTH) * 0.3)
        self.position = nn.Parameter(torch.randn(self.patches + 1, VISION_WIDTH) * 0.3)
        self.ln_pre, self.ln_post = nn.LayerNorm(VISION_WIDTH), nn.LayerNorm(VISION_WIDTH)
        self.blocks = nn.ModuleList([Block(VISION_WIDTH, VISION_LAYERS) for _ in range(VISION_LAYERS)])
        self.projection = nn.Linear(VISION_WIDTH, DIMENSIONS, bias=False)
        nn.init.normal_(self.projection.weight, std=VISION_WIDTH ** -0.5)

    def forward(self, pictures):
        """(embeddings, pooled features [B, VISION_WIDTH], patches after LETTER_LAYER [B, P, VISION_WIDTH])."""
        x = self.patch(F.unfold(pictures, self.patch_size, stride=self.patch_size).transpose(1, 2))
        x = torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1) + self.position
        x = self.ln_pre(x)
        for number, block in enumerate(self.blocks, 1):
            x = block(x)
            if number == LETTER_LAYER:
                patches = x[:, 1:]
        pooled = self.ln_post(x[:, 0])
        return self.projection(pooled), pooled, patches


class TextTower(nn.Module):
    """Tokens [B, L], padded with anything after the end token, to embeddings [B, DIMENSIONS]."""

    def __init__(self, vocabulary_size):
        super().__init__()
        self.token = nn.Embedding(vocabulary_size, TEXT_WIDTH)
        self.position = nn.Parameter(torch.randn(CONTEXT, TEXT_WIDTH) * 0.02)
        nn.init.normal_(self.token.weight, std=0.05)
        self.blocks = nn.ModuleList([Block(TEXT_WIDTH, TEXT_LAYERS) for _ in range(TEXT_LAYERS)])
        self.ln_final = nn.LayerNorm(TEXT_WIDTH)
        self.projection = nn.Linear(TEXT_WIDTH, DIMENSIONS, bias=False)
        nn.init.normal_(self.projection.weight, std=TEXT_WIDTH ** -0.5)

    def forward(self, tokens):
        length = tokens.shape[1]
        x = self.token(tokens) + self.position[:length]
        mask = torch.full((length, length), -math.inf, device=tokens.device).triu(1)
        for block in self.blocks:
            x = block(x, mask)
        ends = tokens.argmax(dim=1)          # the end token has the largest number
        return self.projection(self.ln_final(x[torch.arange(len(x), device=x.device), ends]))


class Clip(nn.Module):
    """Both towers, the temperature, and heads for facts (used in training only)."""

    def __init__(self, vocabulary_size, image_size, patch_size, facts):
        super().__init__()
        self.vision = VisionTower(image_size, patch_size)
        self.text = TextTower(vocabulary_size)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.heads = nn.ModuleDict({name: nn.Linear(VISION_WIDTH, classes) for name, classes in facts.items()})
        self.letters = nn.Sequential(nn.LayerNorm(VISION_WIDTH), nn.Linear(VISION_WIDTH, 26))


def pictures_to_input(pictures):
    """uint8 [B, S, S, 3] to the model's input: mean 0.5, deviation 0.5, channels first."""
    return pictures.permute(0, 3, 1, 2).float().mul_(1 / 127.5).sub_(1)


def pad_tokens(rows):
    """Lists of token numbers to a tensor, padded with 0."""
    tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for k, row in enumerate(rows):
        tokens[k, :len(row)] = torch.tensor(row)
    return tokens
