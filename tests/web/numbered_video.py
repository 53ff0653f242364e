# SPDX-License-Identifier: MIT
"""Videos whose frames show their numbers as stripes, for the tests of what is played."""
import math
import pathlib

from whole_runs import run

WIDTH, HEIGHT = 160, 96
BITS = 10  # of a frame's number, one stripe each: the first one is the lowest bit


def write_frames(path, count):
    """Raw pictures in yuv420p; ffmpeg's own filters take seconds for what a few bytes that are repeated give."""
    colours = b"\x80" * (2 * (WIDTH // 2) * (HEIGHT // 2))
    with open(path, "wb") as file:
        for number in range(count):
            row = b"".join((b"\xeb" if number >> bit & 1 else b"\x10") * (WIDTH // BITS) for bit in range(BITS))
            file.write(row * HEIGHT + colours)


def make(path, *codec, seconds, rate="25", filters="null", audio=("-c:a", "aac"), more=()):
    """A video of so many seconds at that rate, with a tone."""
    frames = pathlib.Path(path).with_suffix(".frames")
    numerator, _, denominator = rate.partition("/")
    write_frames(frames, math.ceil(seconds * int(numerator) / int(denominator or 1)))
    run("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", frames,
        "-f", "lavfi", "-i", f"sine=440:d={seconds}:sample_rate=48000", "-vf", filters, *codec, *audio, *more, path)
    frames.unlink()
