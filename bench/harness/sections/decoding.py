# SPDX-License-Identifier: MIT
"""Decoding the frames that sampling chooses and nothing else, whole processes, against ffmpeg's fps filter and OpenCV."""
import inputs
from measure import Command, Skipped, fastest, processes_in_turn
from table import Remark, Row


def ffmpeg(path, every):
    if every == "keyframes":
        return ["ffmpeg", "-v", "error", "-nostdin", "-skip_frame", "nokey", "-i", path, "-an", "-fps_mode", "passthrough", "-f", "null", "-"]
    return ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-an", "-vf", f"fps=1/{every}", "-f", "null", "-"]


def cases(bench):
    """[(what, path, every, goal against ffmpeg)]"""
    made = []
    for name in inputs.clip_names(bench):
        if name in ("720p-gop250", "480p-gop250"):
            continue
        every = 5 if name.endswith("gop30") else 1
        made.append((f"{name}, every {every} s", inputs.clip(bench, name), every, 5 if every == 5 else 1.5 if name == "1080p-gop250" else 0))
        if every == 5:
            made.append((f"{name}, keyframes", inputs.clip(bench, name), "keyframes", 0))
    return made + [(f"{path.name}, every 1 s", path, 1, 0) for path in inputs.real_videos(bench)]


def run(bench):
    rows, remarks = [], []
    for what, path, every, goal in cases(bench):
        commands = {"reelvec": Command([bench.program("bench_decode"), path, every, 0, "once"], ours=True), "ffmpeg": Command(ffmpeg(path, every))}
        if every != "keyframes":
            try:
                bench.need_modules("cv2")
                most = 1 if "gop250" in what else 2  # slow, and far behind
                for how in ("seek", "skip"):
                    commands[f"OpenCV, {how}"] = Command(bench.python("opencv_decode.py", path, every, how), most=most)
            except Skipped as why:
                remarks.append(Remark(f"skipped OpenCV for {what}: {why}"))
        findings, missing = processes_in_turn(bench.wanted(commands), bench.rounds)
        remarks += [Remark(f"skipped {peer} for {what}: {why}") for peer, why in missing.items()]
        for peer, finding in findings.items():
            if peer != "reelvec":
                rows.append(Row(what, findings["reelvec"].seconds, "s", peer, finding.seconds, goal=goal if peer == "ffmpeg" else 0,
                                spread=findings["reelvec"].spread(), fastest=fastest(findings["reelvec"], finding)))
    return rows + remarks
