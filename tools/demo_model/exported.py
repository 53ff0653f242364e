# SPDX-License-Identifier: MIT
"""The exported model, computed from its files alone: plain CLIP in float32 from the F16 weights, tokenizer, preprocessing."""
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from byte_pairs import load_merges
from export import read_safetensors


class ExportedClip:
    """A Hugging Face folder as a model: text() and picture() give raw embeddings, float32 [dimensions]."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.weights = {name: torch.from_numpy(value) for name, value in read_safetensors(folder / "model.safetensors").items()}
        self.config = json.loads((folder / "config.json").read_text())
        self.vocabulary = load_merges(folder / "merges.txt")
        assert self.vocabulary.ids == json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        facts = json.loads((folder / "preprocessor_config.json").read_text())
        self.size = facts["size"]["shortest_edge"]
        self.mean, self.std = (torch.tensor(facts[key]).view(1, 3, 1, 1) for key in ("image_mean", "image_std"))

    def _linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def _norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"], 1e-5)

    def _attention(self, name, x, heads, mask):
        batch, length, width = x.shape
        q, k, v = (self._linear(f"{name}.{part}_proj", x).view(batch, length, heads, -1).transpose(1, 2) for part in "qkv")
        scores = q @ k.transpose(-1, -2) * (width // heads) ** -0.5 + mask
        return self._linear(name + ".out_proj", (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width))

    def _encoder(self, name, x, facts, mask):
        for k in range(facts["num_hidden_layers"]):
            layer = f"{name}.encoder.layers.{k}"
            x = x + self._attention(layer + ".self_attn", self._norm(layer + ".layer_norm1", x), facts["num_attention_heads"], mask)
            hidden = self._linear(layer + ".mlp.fc1", self._norm(layer + ".layer_norm2", x))
            x = x + self._linear(layer + ".mlp.fc2", hidden * torch.sigmoid(1.702 * hidden))
        return x

    @torch.no_grad()
    def text(self, text):
        """Raw embedding of a text."""
        tokens = torch.tensor([self.vocabulary.encode(text)])
        root = "text_model.embeddings."
        x = self.weights[root + "token_embedding.weight"][tokens]
        x = x + self.weights[root + "position_embedding.weight"][:tokens.shape[1]]
        mask = torch.full((tokens.shape[1],) * 2, -torch.inf).triu(1)
        x = self._encoder("text_model", x, self.config["text_config"], mask)
        end = self._norm("text_model.final_layer_norm", x)[:, int(tokens[0].argmax())]
        return self._linear("text_projection", end)[0].numpy()

    def prepare(self, image):
        """A PIL picture resized to the shorter side and cropped in the middle, as CLIP does it."""
        image = image.convert("RGB")
        short = min(image.size)
        image = image.resize([int(self.size * side / short) for side in image.size], Image.BICUBIC)
        left, top = (round((side - self.size) / 2) for side in image.size)
        return image.crop((left, top, left + self.size, top + self.size))

    @torch.no_grad()
    def picture(self, image):
        """Raw embedding of a PIL picture of any size."""
        pixels = torch.from_numpy(np.array(self.prepare(image), np.float32)).permute(2, 0, 1)[None] / 255
        pixels = (pixels - self.mean) / self.std
        root, facts = "vision_model.embeddings.", self.config["vision_config"]
        x = F.conv2d(pixels, self.weights[root + "patch_embedding.weight"], stride=facts["patch_size"])
        x = torch.cat([self.weights[root + "class_embedding"].view(1, 1, -1), x.flatten(2).transpose(1, 2)], dim=1)
        x = self._norm("vision_model.pre_layrnorm", x + self.weights[root + "position_embedding.weight"])
        x = self._encoder("vision_model", x, facts, torch.zeros(1))
        return self._linear("visual_projection", self._norm("vision_model.post_layernorm", x[:, 0]))[0].numpy()


def normalised(vector):
    """The vector with length 1."""
    return vector / np.linalg.norm(vector)
