# SPDX-License-Identifier: MIT
"""Pictures to embeddings: images per second at batch 1, 8 and 16, against PyTorch and ONNX Runtime."""
import numpy

import inputs
from bench import PRECISIONS
from measure import Worker, close_all, fastest, gather, in_turn
from sections import machine
from table import Remark, Row
from vision_cost import operations_per_image

BATCHES = (1, 8, 16)
PEERS_32 = ("ONNX Runtime float32", "PyTorch float32")
PEERS_8 = ("ONNX Runtime 8 bit", "PyTorch 8 bit")


def ours(bench, precision, batch):
    return Worker([bench.program("bench_embed"), "serve", bench.model(), inputs.pictures(bench), batch, bench.threads, precision], ours=True)


def pytorch(bench, precision, batch):
    bench.need_modules("torch")
    return Worker(bench.python("torch_embed.py", bench.model(), inputs.pictures(bench), batch, bench.threads, precision),
                  bench.environment)


def onnx_runtime(bench, model, batch):
    bench.need_onnx_runtime()
    return Worker(bench.node("ort_embed.mjs", model(bench), inputs.pictures(bench), batch, bench.threads, bench.side()))


def makers(bench, batch):
    made = {f"reelvec {precision}": lambda p=precision: ours(bench, p, batch) for precision in PRECISIONS}
    made["ONNX Runtime float32"] = lambda: onnx_runtime(bench, inputs.float32_model, batch)
    made["ONNX Runtime 8 bit"] = lambda: onnx_runtime(bench, inputs.eight_bit_model, batch)
    made["PyTorch float32"] = lambda: pytorch(bench, "float32", batch)
    made["PyTorch 8 bit"] = lambda: pytorch(bench, "int8", batch)
    return made


def cosines(workers, dimensions):
    """{name: smallest cosine to reelvec's float32 over a batch}."""
    vectors = {name: numpy.array(worker.answer()).reshape(-1, dimensions) for name, worker in workers.items()}
    vectors = {name: v / numpy.linalg.norm(v, axis=1, keepdims=True) for name, v in vectors.items()}
    return {name: float((v * vectors["reelvec float32"]).sum(1).min()) for name, v in vectors.items()}


def batch_rows(bench, batch, findings):
    rates = {name: batch / finding.seconds for name, finding in findings.items()}
    peak = machine.peaks(bench)[1] * 1e9 / operations_per_image(bench.shape())
    rows = [Row(f"batch {batch}, float32, share of the multiply-add peak", rates["reelvec float32"], "images/s", "the peak", peak,
                True, 0.85 if batch == 1 else 0.95, findings["reelvec float32"].spread(),
                batch / findings["reelvec float32"].low / peak)]
    for peer in PEERS_32:
        if peer in rates:
            rows.append(Row(f"batch {batch}, float32", rates["reelvec float32"], "images/s", peer, rates[peer], True, 1.15,
                            findings["reelvec float32"].spread(), fastest(findings["reelvec float32"], findings[peer])))
    rows.append(Row(f"batch {batch}, fast", rates["reelvec fast"], "images/s", "reelvec float32", rates["reelvec float32"], True, 1.4,
                    findings["reelvec fast"].spread(), fastest(findings["reelvec fast"], findings["reelvec float32"])))
    for peer in PEERS_8:
        if peer in rates:
            rows.append(Row(f"batch {batch}, fast", rates["reelvec fast"], "images/s", peer, rates[peer], True,
                            1.2, findings["reelvec fast"].spread(), fastest(findings["reelvec fast"], findings[peer])))
    return rows


def run(bench):
    rows, remarks = [], []
    for batch in BATCHES:
        workers, missing = gather(bench.wanted(makers(bench, batch)))
        findings = in_turn(workers, bench.rounds)
        rows += batch_rows(bench, batch, findings)
        if batch == 8 and len(workers) > 1:
            worst = cosines(workers, bench.shape()["projection_dim"])
            remarks.append(Remark("smallest cosine to reelvec's float32 over 8 pictures (generated weights): " + ", ".join(
                f"{name} {value:.5f}" for name, value in worst.items() if name != "reelvec float32")))
        if batch == BATCHES[0]:
            remarks += [Remark(f"skipped {name}: {why}") for name, why in missing.items()]
        close_all(workers)
    return rows + remarks
