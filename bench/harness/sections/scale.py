# SPDX-License-Identifier: MIT
"""What an hour of video costs, by resolution: no comparison, the figures behind docs/scale.md.

Each clip is indexed once as it is and once three times as long; the difference leaves out what a process costs to start.
"""
import sqlite3

import inputs
from measure import processes_in_turn
from sections.job import index
from table import Remark, Row

RESOLUTIONS = ("480p-gop250", "720p-gop250", "1080p-gop250", "4k-gop250")


def library_bytes(bench):
    """(bytes of pictures, bytes of everything, frames) of the library that was written last."""
    path = bench.out / "job.db"
    database = sqlite3.connect(path)
    frames, pictures = database.execute("SELECT count(*), sum(length(frame_data)) FROM frame_pictures").fetchone()
    database.close()
    return pictures, path.stat().st_size, frames


def run(bench):
    rows, remarks = [], []
    for name in [name for name in RESOLUTIONS if name in inputs.clip_names(bench)]:
        for mode, options in (("every second", ()), ("keyframes", ("--keyframes",))):
            seconds, longer_s = inputs.clip_seconds(bench, name), inputs.REPEATS * inputs.clip_seconds(bench, name)
            findings, _ = processes_in_turn({
                "short": index(bench, inputs.clip(bench, name), "fast", *options),
                "long": index(bench, inputs.longer(bench, name), "fast", *options)}, max(bench.rounds // 2, 1))
            short, long = findings["short"], findings["long"]
            hours = (longer_s - seconds) / 3600
            cpu = (long.cpu_share * long.seconds - short.cpu_share * short.seconds) / hours
            rows.append(Row(f"{name}, {mode}: CPU time per hour of video", cpu, "s"))
            rows.append(Row(f"{name}, {mode}: wall time per hour of video", (long.seconds - short.seconds) / hours, "s"))
            rows.append(Row(f"{name}, {mode}: peak memory", long.peak_mb, "MB"))
            if mode == "every second":
                pictures, total, frames = library_bytes(bench)
                remarks.append(Remark(f"{name}: {frames} frames, {pictures / frames:.0f} bytes of picture and "
                                      f"{total / frames:.0f} bytes of library per frame"))
    return rows + remarks
