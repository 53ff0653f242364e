# SPDX-License-Identifier: MIT
"""Write reference.json: what the exported model gives for a few texts and pictures, computed by PyTorch in float32.

    reference.py MODEL_FOLDER MEDIA_FOLDER

Embeddings are raw (not normalised). The pictures are the small PNG files of MEDIA_FOLDER, named by their base names; beside each
stands the SHA-256 of its resized and cropped RGB bytes (N x N x 3).
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np
from PIL import Image

from exported import ExportedClip

TEXTS = ["a cat", "photo of a kitten", "three blue stars on the left", "a slide that says ultra-fast ingestion", "Red  Circle!",
         "an unknown word: xylophone, 42 & more", "größe 你好 🐱", ""]


def _numbers(vector):
    return [float(f"{value:.8g}") for value in vector]


def main():
    parser = argparse.ArgumentParser(description="Write reference embeddings of an exported model")
    parser.add_argument("model")
    parser.add_argument("media")
    args = parser.parse_args()
    folder, model = pathlib.Path(args.model), ExportedClip(args.model)
    texts = [{"text": text, "tokens": model.vocabulary.encode(text), "embedding": _numbers(model.text(text))} for text in TEXTS]
    images = []
    for file in sorted(pathlib.Path(args.media).glob("query*.png")):
        image = Image.open(file)
        pixels = np.asarray(model.prepare(image)).tobytes()
        images.append({"file": file.name, "pixels_sha256": hashlib.sha256(pixels).hexdigest(),
                       "embedding": _numbers(model.picture(image))})
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    reference = {"weights_sha256": weights, "dimensions": len(texts[0]["embedding"]), "texts": texts, "images": images}
    (folder / "reference.json").write_text(json.dumps(reference, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
