# SPDX-License-Identifier: MIT
"""Frames of a video as arrays, one per second, through the ffmpeg command."""
import subprocess

import numpy


def read_frames(path, count):
    """[uint8[height, width, 3]], at most count."""
    size = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of",
                           "csv=p=0", path], check=True, capture_output=True, text=True).stdout.strip().split(",")
    width, height = int(size[0]), int(size[1])
    raw = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-vf", "fps=1", "-frames:v", str(count), "-f",
                          "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True).stdout
    return list(numpy.frombuffer(raw, numpy.uint8).reshape(-1, height, width, 3).copy())
