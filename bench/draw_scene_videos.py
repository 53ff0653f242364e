#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Videos of drawn scenes, and queries to them, for measuring recall with real embeddings.

    draw_scene_videos.py FOLDER [--videos 100] [--seed 1]

A video has 50 scenes of 20 frames at one a second; a scene drifts a little and every fifth stands still. FOLDER/texts.txt
holds captions, FOLDER/images.txt pictures (FOLDER/query-*.png) of scenes that are in the videos, drawn from other noise
and crops: one query a line, as `reelvec search` reads them. Needs what tools/demo_model/run installs, torch excepted.
"""
import argparse
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools/demo_model"))
import scenes  # noqa: E402

SCENES, FRAMES, SIDE, QUERIES = 50, 20, 96, 100


def frame_of(image, rng, place, still):
    """A scene's picture as frame number `place` of FRAMES shows it: pushed in, moved, with a camera's noise."""
    zoom = 0 if still else 5 * place / FRAMES
    left, top = (0, 0) if still else rng.uniform(0, 1, 2) * zoom
    cut = image.resize((SIDE, SIDE), Image.BILINEAR, (left, top, SIDE - zoom + left, SIDE - zoom + top))
    noise = 0 if still else rng.normal(0, 2, (SIDE, SIDE, 3))
    return np.clip(np.asarray(cut, np.float32) + noise, 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--videos", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    painter = scenes.Painter("training")
    texts, images = [], []
    for video in range(args.videos):
        rng = np.random.default_rng([args.seed, video])
        drawn = scenes.draw_batch(painter, rng, SCENES)
        writer = subprocess.Popen(
            ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIDE}x{SIDE}", "-r", "1", "-i", "-",
             "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv444p", "-g", "20",
             str(args.folder / f"{video:04}.mp4")], stdin=subprocess.PIPE)
        for number, scene in enumerate(drawn):
            for place in range(FRAMES):
                writer.stdin.write(frame_of(scene.image, rng, place, number % 5 == 0).tobytes())
        writer.stdin.close()
        if writer.wait() != 0:
            sys.exit("ffmpeg failed")
        for k in range(video * QUERIES // args.videos, (video + 1) * QUERIES // args.videos):
            scene = drawn[k % SCENES]
            picture = args.folder / f"query-{k:03}.png"
            Image.fromarray(frame_of(scene.image, rng, 2 * FRAMES, False)).save(picture)
            images.append(f"image:{picture.resolve()}")
            texts.append(drawn[(k + 7) % SCENES].caption)
    (args.folder / "texts.txt").write_text("".join(line + "\n" for line in texts))
    (args.folder / "images.txt").write_text("".join(line + "\n" for line in images))


if __name__ == "__main__":
    main()
