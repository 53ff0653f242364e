# SPDX-License-Identifier: MIT
"""The bare matrix products of ViT-B/32 in float32 against OpenBLAS."""
from measure import Worker, close_all, fastest, gather, in_turn
from table import Remark, Row

SHAPES = {"qkv": (768, 2304), "attention out": (768, 768), "mlp up": (768, 3072), "mlp down": (3072, 768)}
TOKENS = 50


def run(bench):
    rows = []
    for batch in (8,) if bench.smoke else (1, 8, 16):
        for shape, (inputs, outputs) in list(SHAPES.items())[: 1 if bench.smoke else None]:
            workers, missing = gather({name: lambda n=name: Worker(
                [bench.program("bench_linear"), "serve", n, batch * TOKENS, inputs, outputs, bench.threads], bench.environment, ours=True)
                for name in ("reelvec", "openblas")[: 2 if bench.with_peers else 1]})
            findings = in_turn(workers, bench.rounds)
            close_all(workers)
            rates = {name: 2e-9 * batch * TOKENS * inputs * outputs / f.seconds for name, f in findings.items()}
            rows.append(Row(f"{shape}, batch {batch}", rates["reelvec"], "GFLOP/s", "OpenBLAS" if "openblas" in rates else "", rates.get("openblas", 0),
                            True, spread=findings["reelvec"].spread(), fastest=fastest(findings["reelvec"], findings.get("openblas"))))
    return rows + [Remark(f"skipped {name}: {why}") for name, why in missing.items()]
