# SPDX-License-Identifier: MIT
"""The whole job, video file to searchable library, whole processes: against the original notebook's way and against the
best pipe of peers (ffmpeg's fps filter into ONNX Runtime, 8 bit, batches of 16)."""
import shlex

import inputs
from bench import BEFORE, PRECISIONS
from measure import Command, Skipped, fastest, processes_in_turn
from table import Remark, Row


def index(bench, path, precision, *options):
    library = bench.out / "job.db"

    def remove():
        for suffix in ("", "-wal", "-shm"):
            library.with_name(library.name + suffix).unlink(missing_ok=True)

    return Command([bench.reelvec, "index", path, "--library", library, "--model", bench.model(), "--quiet", *options,
                    "--precision", precision], ours=True, before=remove)


def notebook(bench, path, how):
    bench.need_modules("cv2", "pandas", "torch", "PIL")
    return Command(bench.python("notebook.py", bench.model(), path, how, bench.out / "notebook.csv", bench.threads),
                   bench.environment, most=1)


def pipe(bench, path):
    bench.need_command("ffmpeg")
    bench.need_onnx_runtime()
    side = bench.side()
    fit = f"fps=1,scale={side}:{side}:force_original_aspect_ratio=increase:flags=bicubic,crop={side}:{side}"
    decode = ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-an", "-vf", fit, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    embed = bench.node("ort_pipe.mjs", inputs.eight_bit_model(bench), bench.threads, side, bench.out / "pipe.f32")
    return Command(" | ".join(shlex.join(map(str, words)) for words in (decode, embed)), most=2)


def gathered(bench, path):
    commands = {f"reelvec {precision}": index(bench, path, precision) for precision in PRECISIONS}
    commands["reelvec --keyframes"] = index(bench, path, "fast", "--keyframes")
    if bench.before:
        commands |= {f"{BEFORE} {precision}": index(bench.before, path, precision) for precision in PRECISIONS}
    missing = {}
    for name, make in (("pipe of ffmpeg and ONNX Runtime 8 bit", lambda: pipe(bench, path)),
                       ("notebook, OpenCV seeking", lambda: notebook(bench, path, "seek")),
                       ("notebook, OpenCV skipping", lambda: notebook(bench, path, "skip"))):
        try:
            commands[name] = make()
        except Skipped as why:
            missing[name] = str(why)
    return commands, missing


def goal_of(mode, peer, name):
    if peer.startswith(BEFORE):
        return 0
    if peer.startswith("pipe"):
        return 0 if mode == "--keyframes" else 1.5 if "gop250" in name else 1.3
    if mode == "--keyframes":
        return 10 if "seeking" in peer else 0
    return 5 if "seeking" in peer else 0


def clip_rows(name, findings):
    rows = []
    for ours in [ours for ours in findings if ours.startswith("reelvec")]:
        mode = ours.split(" ", 1)[1]
        peers = [peer for peer in findings if peer == f"{BEFORE} {mode}" or not peer.startswith(("reelvec", BEFORE))]
        if not peers:
            rows.append(Row(f"{name}, {mode}", findings[ours].seconds, "s"))
        for peer in peers:
            rows.append(Row(f"{name}, {mode}", findings[ours].seconds, "s", peer, findings[peer].seconds, goal=goal_of(mode, peer, name),
                            spread=findings[ours].spread(), fastest=fastest(findings[ours], findings[peer])))
    return rows


def run(bench):
    rows, remarks = [], []
    paths = {name: inputs.clip(bench, name) for name in inputs.clip_names(bench) if name not in ("720p-gop250", "480p-gop250")}
    paths.update({path.name: path for path in inputs.real_videos(bench)})
    for name, path in paths.items():
        commands, missing = gathered(bench, path)
        findings, broken = processes_in_turn(bench.wanted(commands), max(bench.rounds // 2, 1))
        missing.update(broken)
        rows += clip_rows(name, findings)
        remarks.append(Remark(f"{name}: " + "; ".join(
            f"{what} {finding.seconds:.2f} s, {100 * finding.cpu_share / bench.threads:.0f} % of {bench.threads} cores, "
            f"{finding.peak_mb:.0f} MB" for what, finding in findings.items())))
        remarks += [Remark(f"{name}: skipped {what}: {why}") for what, why in missing.items()]
    remarks.append(Remark("memory is that of the largest process; reelvec also stores a JPEG of each frame, the pipe does not"))
    return rows + remarks
