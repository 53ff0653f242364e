# SPDX-License-Identifier: MIT
"""One text query from a cold process with PyTorch: load the text tower, embed, compare with stored vectors.

    text_query.py MODEL_FOLDER VECTORS DIMENSIONS THREADS TOKEN...

TOKEN: token numbers without start and end, so that no tokenizer has to be loaded. Prints the five best rows.
"""
import sys

import numpy
import torch

import clip_model


def main():
    folder, vectors, dimensions, threads = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    model = clip_model.load_text(folder)
    vocabulary, context = len(model.tokens.weight), len(model.positions)
    tokens = torch.zeros(1, context, dtype=torch.int64)
    words = [vocabulary - 2, *map(int, sys.argv[5:]), vocabulary - 1]
    tokens[0, : len(words)] = torch.tensor(words)
    query = model(tokens)[0].numpy()
    query /= numpy.linalg.norm(query)
    rows = numpy.fromfile(vectors, numpy.float32).reshape(-1, int(dimensions))
    print(*numpy.argsort(-(rows @ query))[:5])


if __name__ == "__main__":
    main()
