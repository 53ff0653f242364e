# SPDX-License-Identifier: MIT
"""A text query from a cold process with the page cache warm, against a PyTorch process that does the same."""
import inputs
from bench import BEFORE
from measure import Command, Skipped, fastest, processes_in_turn, run_once
from table import Remark, Row

# The generated model's vocabulary is bytes: six letters are six tokens, an ordinary short sentence.
TEXT = "bottle"
TOKENS = range(1, 7)


def run(bench):
    path = inputs.clip(bench, "1080p-gop250")
    library = bench.out / "text.db"
    library.unlink(missing_ok=True)
    run_once(Command([bench.reelvec, "index", path, "--keyframes", "--library", library, "--model", bench.model(), "--quiet"], ours=True))

    def query(side):
        return Command([side.reelvec, "search", TEXT, "--library", library, "--model", bench.model()], ours=True)

    commands = {"reelvec": query(bench)} | ({BEFORE: query(bench.before)} if bench.before else {})
    rows, remarks = [], []
    try:
        bench.need_modules("torch", "numpy")
        commands["PyTorch process"] = Command(
            bench.python("text_query.py", bench.model(), inputs.vectors(bench, 60, bench.shape()["projection_dim"]),
                         bench.shape()["projection_dim"], bench.threads, *TOKENS), bench.environment)
    except Skipped as why:
        remarks.append(Remark(f"skipped PyTorch: {why}"))
    findings, missing = processes_in_turn(commands, 2 * bench.rounds)
    remarks += [Remark(f"skipped {what}: {why}") for what, why in missing.items()]
    ours = findings.pop("reelvec")
    for name, peer in findings.items() or (("", None),):
        rows.append(Row("one query", 1e3 * ours.seconds, "ms", name, 1e3 * peer.seconds if peer else 0,
                        goal=0 if name == BEFORE else 10, spread=ours.spread(), fastest=fastest(ours, peer)))
        rows.append(Row("one query, peak memory", ours.peak_mb, "MB", name, peer.peak_mb if peer else 0))
    return rows + remarks
