# SPDX-License-Identifier: MIT
"""Exact search over clustered vectors (frames of videos), top 5, against numpy, Faiss and hnswlib."""
import statistics
import subprocess

import inputs
from bench import BEFORE
from measure import Worker, close_all, fastest, gather, in_turn
from sections import machine
from table import Remark, Row

DIMENSIONS = 512
HNSW_ROWS_MAX = 100_000  # its index of a million takes a quarter of an hour to build


def peer(bench, name, rows):
    bench.need_modules("numpy", *([] if name == "numpy" else [name]))
    return Worker(bench.python("vector_search.py", name, inputs.vectors(bench, rows), inputs.queries(bench), DIMENSIONS, bench.threads),
                  bench.environment)


def recall(answers, truth):
    """Share of the true five that were found, over all queries."""
    pairs = [(set(answers[i : i + 5]), set(truth[i : i + 5])) for i in range(0, len(truth), 5)]
    return sum(len(found & true) for found, true in pairs) / sum(len(true) for _, true in pairs)


def first_queries(bench, library):
    """Seconds of opening, the first query and the second, of one process."""
    done = subprocess.run([bench.program("bench_search"), "first", library, inputs.queries(bench), str(DIMENSIONS)], check=True,
                          capture_output=True, text=True)
    return [float(value) for value in done.stdout.split()]


def cold_rows(bench, rows, library):
    sides = [bench] + ([bench.before] if bench.before else [])
    runs = [[first_queries(side, library) for side in sides] for _ in range(max(bench.rounds, 3))]
    firsts, seconds = ([1e3 * statistics.median(run[i][part] for run in runs) for i in range(len(sides))] for part in (1, 2))
    case = f"{rows:,} rows, first query of a process"
    found = [Row(case, firsts[0], "ms", "its second", seconds[0], goal=1 / 1.3)]
    return found + [Row(case, firsts[0], "ms", BEFORE, before) for before in firsts[1:]]


def run(bench):
    results, remarks = [], []
    for rows in (3000,) if bench.smoke else (100_000, 1_000_000):
        library = inputs.library(bench, rows)

        def ours(side):
            return Worker([side.program("bench_search"), "serve", library, inputs.queries(bench), DIMENSIONS, inputs.ROWS_PER_VIDEO],
                          ours=True)

        makers = {"reelvec": lambda: ours(bench)}
        if bench.before:
            makers[BEFORE] = lambda: ours(bench.before)
        for name in ("numpy", "faiss", *(["hnswlib"] if rows <= HNSW_ROWS_MAX else [])):
            makers[name] = lambda n=name: peer(bench, n, rows)
        workers, missing = gather(bench.wanted(makers))
        findings = in_turn(workers, bench.rounds)
        answers = {name: worker.answer() for name, worker in workers.items()}
        remarks += [Remark(f"{rows:,} rows: {worker.said()}") for worker in workers.values() if worker.said()]
        close_all(workers)
        remarks += [Remark(f"skipped {name}: {why}") for name, why in missing.items()]
        for name in findings:
            if name != "reelvec":
                results.append(Row(f"{rows:,} rows", 1e3 * findings["reelvec"].seconds, "ms", name, 1e3 * findings[name].seconds,
                                   goal=2.5 if name == "numpy" and rows > HNSW_ROWS_MAX else 0, spread=findings["reelvec"].spread(),
                                   fastest=fastest(findings["reelvec"], findings[name])))
        limit_ms = 1e3 * rows * DIMENSIONS / machine.bandwidth(bench, bench.threads)
        results.append(Row(f"{rows:,} rows", 1e3 * findings["reelvec"].seconds, "ms", "reading 8-bit codes once", limit_ms,
                           goal=1 / 1.3 if rows > HNSW_ROWS_MAX else 0, fastest=limit_ms / (1e3 * findings["reelvec"].low)))
        results += cold_rows(bench, rows, library)
        truth = answers.get("numpy", answers["reelvec"])
        remarks.append(Remark(f"{rows:,} rows, recall of the five best over {len(truth) // 5} queries: " + ", ".join(
            f"{name} {recall(found, truth):.3f}" for name, found in answers.items())))
    return results + remarks
