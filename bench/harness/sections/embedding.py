# SPDX-License-Identifier: MIT
"""Pictures to embeddings: images per second at batch 1, 8 and 16, against PyTorch and ONNX Runtime."""
import numpy

import inputs
from bench import BEFORE, PRECISIONS
from measure import Worker, close_all, fastest, gather, in_turn
from table import Remark, Row
from vision_cost import operations_per_image

BATCHES = (1, 8, 16)
PEERS_32 = {"ONNX Runtime float32": 1.25, "PyTorch float32": 1.15}  # and the goals
PEERS_8 = {"ONNX Runtime 8 bit": 1.2, "PyTorch 8 bit": 1.2}


def ours(bench, precision, batch):
    return Worker([bench.program("bench_embed"), "serve", bench.model(), inputs.pictures(bench), batch, bench.threads, precision], ours=True)


def pytorch(bench, precision, batch):
    bench.need_modules("torch")
    return Worker(bench.python("torch_embed.py", bench.model(), inputs.pictures(bench), batch, bench.threads, precision),
                  bench.environment)


def onnx_runtime(bench, model, batch):
    bench.need_onnx_runtime()
    return Worker(bench.node("ort_embed.mjs", model(bench), inputs.pictures(bench), batch, bench.threads, bench.side()))


def peak(bench):
    """The multiply-adds of the machine at the same time, as a participant: processors do not keep one frequency."""
    return Worker([bench.program("bench_linear"), "serve", "peak", bench.threads], ours=True)


def makers(bench, batch):
    made = {"the peak": lambda: peak(bench)}
    made |= {f"reelvec {precision}": lambda p=precision: ours(bench, p, batch) for precision in PRECISIONS}
    if bench.before:
        made |= {f"{BEFORE}, {precision}": lambda p=precision: ours(bench.before, p, batch) for precision in PRECISIONS}
    made["ONNX Runtime float32"] = lambda: onnx_runtime(bench, inputs.float32_model, batch)
    made["ONNX Runtime 8 bit"] = lambda: onnx_runtime(bench, inputs.eight_bit_model, batch)
    made["PyTorch float32"] = lambda: pytorch(bench, "float32", batch)
    made["PyTorch 8 bit"] = lambda: pytorch(bench, "int8", batch)
    return made


def cosines(workers, dimensions):
    """{name: smallest cosine to reelvec's float32 over a batch}."""
    vectors = {name: numpy.array(worker.answer()).reshape(-1, dimensions) for name, worker in workers.items() if name != "the peak"}
    vectors = {name: v / numpy.linalg.norm(v, axis=1, keepdims=True) for name, v in vectors.items()}
    return {name: float((v * vectors["reelvec float32"]).sum(1).min()) for name, v in vectors.items()}


def batch_rows(bench, batch, findings, peak_operations):
    rates = {name: batch / finding.seconds for name, finding in findings.items()}
    ours, peak = findings["reelvec float32"], findings["the peak"]
    peak_images = peak_operations / operations_per_image(bench.shape())  # in one of its calls
    rows = [Row(f"batch {batch}, float32, share of the multiply-add peak", rates["reelvec float32"], "images/s", "the peak",
                peak_images / peak.seconds, True, 0.88 if batch == 1 else 0.95, ours.spread(),
                batch / ours.low / (peak_images / peak.low))]

    def compare(precision, peer, goal):
        name = f"reelvec {precision}"
        if peer in rates and peer != name:
            rows.append(Row(f"batch {batch}, {precision}", rates[name], "images/s", peer.split(",")[0], rates[peer], True, goal,
                            findings[name].spread(), fastest(findings[name], findings[peer])))

    for precision, peers in (("float32", PEERS_32), ("fast", {"reelvec float32": 1.4} | PEERS_8)):
        compare(precision, f"{BEFORE}, {precision}", 0)
        for peer, goal in peers.items():
            compare(precision, peer, goal)
    return rows


def run(bench):
    rows, remarks = [], []
    for batch in BATCHES:
        workers, missing = gather(bench.wanted(makers(bench, batch)))
        findings = in_turn(workers, bench.rounds)
        rows += batch_rows(bench, batch, findings, workers["the peak"].answer()[0])
        if batch == 8 and len(workers) > 1:
            worst = cosines(workers, bench.shape()["projection_dim"])
            remarks.append(Remark("smallest cosine to reelvec's float32 over 8 pictures (generated weights): " + ", ".join(
                f"{name} {value:.5f}" for name, value in worst.items() if name != "reelvec float32")))
        if batch == BATCHES[0]:
            remarks += [Remark(f"skipped {name}: {why}") for name, why in missing.items()]
        close_all(workers)
    return rows + remarks
