# SPDX-License-Identifier: MIT
"""Pictures to embeddings with PyTorch, measured in turn.

    torch_embed.py MODEL_FOLDER PICTURES BATCH THREADS float32|int8

int8: dynamic quantisation of all linear layers with oneDNN, traced and frozen: the fastest that Debian's PyTorch offers.
PICTURES: uint8[n, side, side, 3]; they are converted to normalised float32 beforehand, outside what is timed.
"""
import sys
import warnings

import numpy
import torch

import clip_model
import turns


def main():
    folder, pictures, batch, threads, precision = sys.argv[1:]
    batch = int(batch)
    warnings.simplefilter("ignore")  # about tracing
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    model = clip_model.load_vision(folder)
    side = model.side
    pixels = clip_model.normalised(numpy.fromfile(pictures, numpy.uint8).reshape(-1, side, side, 3))
    if precision == "int8":
        torch.backends.quantized.engine = "onednn"
        model = torch.quantization.quantize_dynamic(model, {torch.nn.Linear}, torch.qint8)
        model = torch.jit.optimize_for_inference(torch.jit.trace(model, pixels[:batch]))
    position = 0

    def work():
        nonlocal position
        position = position if position + batch <= len(pixels) else 0
        model(pixels[position : position + batch])
        position += batch

    turns.serve(work, lambda: model(pixels[:batch]).flatten())


if __name__ == "__main__":
    main()
