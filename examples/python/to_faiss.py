#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library's embeddings as a Faiss index.

    to_faiss.py LIBRARY INDEX TEXT

A vector's number in the index is video_id x 2^32 + frame number, so that no second file is needed to find the frame.
"""
import sys

import faiss
import numpy as np

import reelvec


def main(path, index_path, text):
    with reelvec.Library(path, read_only=True) as library:
        frames = library.embeddings()
        # Vectors of length 1: the inner product is the score. For millions of frames take another index, such as
        # faiss.index_factory(dimensions, "IVF4096,Flat", faiss.METRIC_INNER_PRODUCT), and train() it.
        index = faiss.IndexIDMap(faiss.IndexFlatIP(frames.vectors.shape[1]))
        index.add_with_ids(frames.vectors, (frames.video_ids << 32) + frames.frame_numbers)
        faiss.write_index(index, index_path)

        query = library.model.encode_text([text])
        scores, numbers = faiss.read_index(index_path).search(query, 5)
        times = dict(zip(zip(frames.video_ids.tolist(), frames.frame_numbers.tolist()), frames.times.tolist()))
        for score, number in zip(scores[0], np.asarray(numbers[0], np.int64).tolist()):
            video_id, frame_number = number >> 32, number & 0xffffffff
            print(f"{score:.4f}  {times[video_id, frame_number]:.1f}  {frames.paths[video_id]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
