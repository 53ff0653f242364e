#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library's embeddings as a NumPy array: search by hand, then find moments that look alike.

    with_numpy.py LIBRARY TEXT
"""
import sys

import numpy as np

import reelvec


def best(scores, top):
    """The places of the highest scores, best first."""
    return np.argsort(-scores, kind="stable")[:top]


def main(path, text):
    with reelvec.Library(path, read_only=True) as library:
        frames = library.embeddings()  # .vectors float32 [frames, dimensions], each of length 1
        rows = list(frames)  # of each vector its video, time and frame number
        scores = frames.vectors @ library.model.encode_text(text)
        for place in best(scores, 5):
            print(f"{scores[place]:.4f}  {rows[place].time:.1f}  {rows[place].video}")

        # The pair that is most alike of those at least 30 seconds apart, or of different videos.
        alike = frames.vectors @ frames.vectors.T
        same_video = frames.video_ids[:, None] == frames.video_ids
        alike[same_video & (np.abs(frames.times[:, None] - frames.times) < 30)] = -1
        one, other = np.unravel_index(alike.argmax(), alike.shape)
        print(f"alike: {rows[one].video} at {rows[one].time:.1f} and {rows[other].video} at {rows[other].time:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
