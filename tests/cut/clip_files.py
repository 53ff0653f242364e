# SPDX-License-Identifier: MIT
"""Cutting clips by the program, and what is in them by ffprobe and ffmpeg."""
import json
import os
import pathlib
import re

from whole_runs import PROGRAM, run

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
CLIPS = pathlib.Path(os.environ["REELVEC_BUILD"]) / "clips"
SHARED = pathlib.Path(os.environ["REELVEC_SHARED"])
WIDTH, HEIGHT = 160, 120
TOLERANCE = 0.0005  # of the borders, as docs/internals/clips.md says


def number_of(gray):
    number = 0
    for bit in range(10):
        x, y = (bit % 5 * 2 + 1) * WIDTH // 10, (bit // 5 * 2 + 1) * HEIGHT // 4
        block = [gray[(y + j) * WIDTH + x + i] for i in range(-6, 7, 3) for j in range(-6, 7, 3)]
        number |= (sum(block) / len(block) > 125) << bit
    return number


def facts_of(path, *entries):
    return json.loads(run("ffprobe", "-v", "error", "-show_entries", ":".join(entries), "-of", "json", path).stdout)


SHOWN = re.compile(r"Parsed_showinfo.*\bn: *\d+ pts: *(NOPTS|-?\d+) +pts_time: *(NOPTS|-?[\d.]+)")
RATE = re.compile(r"([\d.]+) fps")
START = re.compile(r"start: (-?[\d.]+)")


def pictures_of(path, filters, size):
    """([time], [picture]) of every frame, in grey; times from the container's start, as players show them."""
    done = run("ffmpeg", "-hide_banner", "-noautorotate", "-i", path, "-map", "0:v:0", "-copyts", "-fps_mode", "passthrough", "-vf",
               f"showinfo,{filters}", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    told = done.stderr.decode(errors="replace")
    times = [match[1] for match in SHOWN.findall(told)]
    pictures = [done.stdout[i:i + size] for i in range(0, len(done.stdout), size)]
    assert len(pictures) == len(times) > 0, f"{path}: {len(pictures)} pictures, {len(times)} times"
    zero = float(START.search(told).group(1)) if START.search(told) else 0
    if pathlib.Path(path).suffix == ".avi":  # without times of display the frames are evenly spaced
        rate = float(RATE.search(told).group(1))
        return [i / rate for i in range(len(times))], pictures
    times = [float(time) for time in times]
    zero = 0 if zero < 0 <= times[0] else zero
    return [time - zero for time in times], pictures


def frames_of(path):
    """[(time, number)] of every frame."""
    times, pictures = pictures_of(path, f"scale={WIDTH}:{HEIGHT}", WIDTH * HEIGHT)
    return [(time, number_of(picture)) for time, picture in zip(times, pictures)]


def wanted_of(frames, start, end):
    first = max([i for i, (time, _) in enumerate(frames) if time <= start + TOLERANCE], default=0)
    return [frame for i, frame in enumerate(frames) if i >= first and (frame[0] < end - TOLERANCE or i == first)]


def clip(*words, check=True, **options):
    return run(PROGRAM, "clip", *words, check=check, **options)


def told(done):
    """Path, start and end that the program prints."""
    path, start, end = re.match(r"(.*): ([\d.]+) to ([\d.]+) s", done.stdout.decode()).groups()
    return path, float(start), float(end)
