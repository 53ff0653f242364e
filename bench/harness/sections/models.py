# SPDX-License-Identifier: MIT
"""Whole models of several families: pictures per second, the share of the peak beside ViT-B/32's, PyTorch and ONNX Runtime."""
import json
import subprocess

import inputs
from bench import PRECISIONS
from measure import Worker, close_all, fastest, gather, in_turn
from sections import machine
from table import Remark, Row

BATCH = 8
PEERS = ["PyTorch float32", "ONNX Runtime float32"]
FIRST, SMOKE = "ViT-B/32", "smoke"


def known(bench):
    """({name: sizes} of the models that this build reads, [name of those that it does not])."""
    lines = subprocess.run([bench.program("bench_models"), "list"], capture_output=True, text=True, check=True).stdout
    models = {model["name"]: model for model in map(json.loads, lines.splitlines())}
    smoke = models.pop(SMOKE)
    if bench.smoke:
        models = {FIRST: smoke}
    read = {name: model for name, model in models.items() if "why_not" not in model}
    return read, [name for name in models if name not in read]


def pytorch(bench, sizes, batch):
    bench.need_modules("torch")
    return Worker(bench.python("torch_towers.py", json.dumps(sizes), batch, bench.threads), bench.environment)


def onnx_runtime(bench, sizes, batch):
    bench.need_onnx_runtime()
    side = sizes["side"]
    return Worker(bench.node("ort_embed.mjs", inputs.onnx_tower(bench, sizes), inputs.pictures(bench, side=side), batch, bench.threads, side))


def makers(bench, name, sizes, batch):
    """{(participant, model): function} of one model."""
    made = {(f"reelvec {precision}", name): lambda p=precision: Worker(
        [bench.program("bench_models"), "serve", SMOKE if bench.smoke else name, batch, bench.threads, p], ours=True)
        for precision in PRECISIONS}
    if bench.peer in "PyTorch float32":
        made["PyTorch float32", name] = lambda: pytorch(bench, sizes, batch)
    if bench.peer in "ONNX Runtime float32":
        made["ONNX Runtime float32", name] = lambda: onnx_runtime(bench, sizes, batch)
    return made


def model_rows(name, models, findings, batch, peak):
    def share(of, precision):
        finding = findings[f"reelvec {precision}", of]
        return models[of]["operations"] * batch / finding.seconds / peak

    rows = []
    for precision in PRECISIONS:
        finding = findings[f"reelvec {precision}", name]
        case = f"{name}, {1e-9 * models[name]['operations']:.1f} GFLOP, {precision}"
        rows.append(Row(f"{case}: share of the peak", 100 * share(name, precision), "%", f"{FIRST}'s", 100 * share(FIRST, precision), True,
                        spread=finding.spread(),
                        fastest=models[name]["operations"] / models[FIRST]["operations"] *
                        fastest(finding, findings[f"reelvec {precision}", FIRST])))
        peers = [peer for peer in PEERS if (peer, name) in findings] or [""]
        for peer in peers:
            theirs = findings.get((peer, name))
            rows.append(Row(case, batch / finding.seconds, "pictures/s", peer, batch / theirs.seconds if theirs else 0, True,
                            spread=finding.spread(), fastest=fastest(finding, theirs)))
    return rows


def run(bench):
    models, left_out = known(bench)
    batch = 1 if bench.smoke else BATCH
    peak = machine.peaks(bench)[1] * 1e9
    # ViT-B/32 takes part in every model's turns, so that the machine is the same for both.
    first, missing = gather(makers(bench, FIRST, models[FIRST], batch))
    rows = []
    for name, sizes in models.items():
        workers, missing_too = gather(makers(bench, name, sizes, batch)) if name != FIRST else ({}, {})
        missing |= missing_too
        rows += model_rows(name, models, in_turn(first | workers, bench.rounds), batch, peak)
        close_all(workers)
    close_all(first)
    reasons = sorted({f"{who}: {why}" for (who, _), why in missing.items()})
    return (rows + [Remark(f"batches of {batch}; weights are generated; the others compute the last block in full")] +
            [Remark(f"skipped {reason}") for reason in reasons] + [Remark(f"{name}: not read by this build") for name in left_out])
