#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare `reelvec index --compat opencv-notebook` with OpenCV itself, frame by frame.

    compare_opencv.py REELVEC MODEL VIDEO [VIDEO ...]

The notebook reads a video with cv2.VideoCapture and keeps frame numbers 0, int(fps), 2 * int(fps), ... as OpenCV gives
them, blue first, but treats them as red first. This script does the same, indexes the video with reelvec, and compares
the stored pictures (full size, JPEG quality 100) with OpenCV's: each must be nearer to its own frame than to the frames
before and after it (where those differ visibly), and near to it in absolute terms, so that neither another frame nor
another channel order passes. OpenCV's colour conversion rounds down, which makes its pictures about a level darker all over; the
comparison with the neighbours leaves that offset out. Exit status 0: equal; 1: a difference; 77: OpenCV or a video is missing.
"""
import io
import os
import sqlite3
import subprocess
import sys
import tempfile

try:
    import cv2
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing}; install python3-opencv, python3-numpy and python3-pil")
    sys.exit(77)

MAX_MEAN_DIFFERENCE = 4.0  # levels; JPEG at quality 100 with 4:2:0 chroma and two converters' rounding
VISIBLE = 0.5              # mean difference between neighbouring frames below which they count as equal


def notebook_frames(path):
    """[(number, picture, picture before, picture after)] of the notebook's choice; pictures as OpenCV gives them."""
    capture = cv2.VideoCapture(path)
    step = max(int(capture.get(cv2.CAP_PROP_FPS)), 1)
    frames = []
    while True:
        good, picture = capture.read()
        if not good:
            break
        frames.append(picture)
    chosen = []
    for number in range(0, len(frames), step):
        chosen.append((number, frames[number], frames[max(number - 1, 0)], frames[min(number + 1, len(frames) - 1)]))
    return chosen


def reelvec_pictures(program, model, path):
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "library.db")
        subprocess.run([program, "index", path, "--compat", "opencv-notebook", "--library", library, "--model", model,
                        "--height", "4320", "--quality", "100"], check=True, capture_output=True)
        database = sqlite3.connect(library)
        rows = database.execute("SELECT frame_number, frame_data FROM frame_pictures ORDER BY frame_number").fetchall()
        database.close()
    return [(number, np.asarray(Image.open(io.BytesIO(data)))) for number, data in rows]


def difference(a, b):
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())


def difference_without_offset(a, b):
    """Mean absolute difference after each channel's median difference is taken away."""
    apart = a.astype(np.int16) - b.astype(np.int16)
    return float(np.abs(apart - np.median(apart, axis=(0, 1))).mean())


def compare(program, model, path):
    """Lines that say what differs; none when all is equal."""
    theirs = notebook_frames(path)
    ours = reelvec_pictures(program, model, path)
    if [number for number, _ in ours] != list(range(1, len(theirs) + 1)):
        return [f"{path}: OpenCV gives {len(theirs)} frames, reelvec {len(ours)}"]
    faults, worst = [], 0.0
    for (frame_number, picture), (count, own, before, after) in zip(ours, theirs):
        if picture.shape != own.shape:
            faults.append(f"{path}: frame {frame_number}: {picture.shape} instead of {own.shape}")
            continue
        distance = difference(picture, own)
        nearness = difference_without_offset(picture, own)
        worst = max(worst, distance)
        for name, other in (("the one before", before), ("the one after", after)):
            if difference(own, other) > VISIBLE and difference_without_offset(picture, other) <= nearness:
                faults.append(f"{path}: frame {frame_number} is {name} OpenCV's number {count}")
        if distance > MAX_MEAN_DIFFERENCE:
            faults.append(f"{path}: frame {frame_number} differs by {distance:.2f} levels from OpenCV's {count}")
    print(f"{os.path.basename(path)}: {len(theirs)} frames, largest mean difference {worst:.2f} levels")
    return faults


def main():
    program, model, videos = sys.argv[1], sys.argv[2], sys.argv[3:]
    videos = [video for video in videos if os.path.exists(video)]
    if not videos:
        print("skipped: no video to compare with")
        sys.exit(77)
    faults = [fault for video in videos for fault in compare(program, model, video)]
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
