# SPDX-License-Identifier: MIT
"""A video frame to the model's input, one thread, against Pillow with torchvision's steps."""
import inputs
from measure import Worker, close_all, fastest, gather, in_turn
from table import Remark, Row


def pillow(bench, path):
    bench.need_modules("numpy", "PIL")
    return Worker(bench.python("pillow_pixels.py", path, bench.side()), bench.environment)


def run(bench):
    rows, remarks = [], []
    peer = "Pillow + torchvision" if bench.has_module("torchvision") else "Pillow + numpy (no torchvision here)"
    for name in [name for name in ("1080p-gop250", "4k-gop250") if name in inputs.clip_names(bench)]:
        path = inputs.clip(bench, name)
        makers = {way: lambda w=way: Worker([bench.program("bench_pixels"), path, w, bench.side()], ours=True) for way in ("fast", "exact")}
        makers[peer] = lambda: pillow(bench, path)
        workers, missing = gather(makers)
        findings = in_turn(workers, bench.rounds)
        close_all(workers)
        remarks += [Remark(f"skipped {what}: {why}") for what, why in missing.items()]
        for way in ("fast", "exact"):
            rows.append(Row(f"{name.split('-')[0]} frame, {way}", 1e3 * findings[way].seconds, "ms", peer if peer in findings else "",
                            1e3 * findings[peer].seconds if peer in findings else 0, goal=8 if way == "fast" else 0,
                            spread=findings[way].spread(), fastest=fastest(findings[way], findings.get(peer))))
    return rows + remarks
