#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a TorchScript archive with OpenAI's tensor names, as ViT-B-32.pt is one.

    make_torch_archive.py OPEN_CLIP_FOLDER OUT.pt [--dtype mixed|F32] [--kind script|state_dict]

The weights come from OPEN_CLIP_FOLDER/open_clip_model.safetensors (F32, OpenAI's names). mixed: half precision for
what OpenAI's convert_weights() turns into halves, float32 for layer norms and embeddings. script: a torch.jit module
hierarchy; state_dict: torch.save of the names in one dict, below "state_dict" and with a prefix, as training leaves it.
Needs PyTorch (Debian: python3-torch) and numpy.
"""
import argparse
import json
import os
import struct

import numpy
import torch


class Node(torch.nn.Module):
    """A module that only holds parameters and other modules."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        yield name, numpy.frombuffer(data[begin:end], dtype=numpy.float32).reshape(entry["shape"])


def becomes_half(name):
    kept = ("ln_", "class_embedding", "positional_embedding", "token_embedding", "logit_scale")
    return not any(part.startswith(kept) for part in name.split("."))


def build(tensors, dtype):
    root = Node()
    for name, values in tensors:
        *parents, leaf = name.split(".")
        node = root
        for part in parents:
            if part not in node._modules:
                node.add_module(part, Node())
            node = node._modules[part]
        tensor = torch.from_numpy(values.copy())
        if dtype == "mixed" and becomes_half(name):
            tensor = tensor.half()
        node.register_parameter(leaf, torch.nn.Parameter(tensor, requires_grad=False))
    # Not tensors of the model, but there in OpenAI's file too.
    root.register_buffer("input_resolution", torch.tensor(224))
    root.names = [1, 2, 3]
    return root


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--dtype", choices=["mixed", "F32"], default="mixed")
    parser.add_argument("--kind", choices=["script", "state_dict"], default="script")
    arguments = parser.parse_args()
    tensors = read_safetensors(os.path.join(arguments.folder, "open_clip_model.safetensors"))
    model = build(tensors, arguments.dtype)
    if arguments.kind == "script":
        torch.jit.script(model).save(arguments.out)
    else:
        state = {"module." + name: tensor for name, tensor in model.state_dict().items()}
        torch.save({"epoch": 3, "state_dict": state}, arguments.out)


if __name__ == "__main__":
    main()
