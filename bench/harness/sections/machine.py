# SPDX-License-Identifier: MIT
"""What the machine can do: the limits that other sections are measured against."""
import functools
import re
import subprocess

import calm
from table import Row


def at_best(command):
    """What the program printed, three times: a limit is what was reached once, so the best counts."""
    texts = []
    for _ in range(3):
        calm.wait()
        texts.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return texts


@functools.lru_cache(maxsize=None)
def peaks(bench):
    """Multiply-add peak in GFLOP/s with one thread and with all."""
    texts = at_best([bench.program("bench_linear"), "peak"])
    return [max(values) for values in zip(*([float(v) for v in re.findall(r"([\d.]+) GFLOP/s", text)] for text in texts))]


@functools.lru_cache(maxsize=None)
def bandwidth(bench, threads):
    """Bytes per second read from memory."""
    size_mb = "64" if bench.smoke else "1024"
    return max(float(text) for text in at_best([bench.program("read_bandwidth"), str(threads), size_mb]))


def run(bench):
    one, all_threads = peaks(bench)
    rows = [Row("multiply-add peak, 1 thread", one, "GFLOP/s"),
            Row(f"multiply-add peak, {bench.threads} threads", all_threads, "GFLOP/s")]
    return rows + [Row(f"reading memory, {threads} thread{'s' * (threads > 1)}", bandwidth(bench, threads) / 1e9, "GB/s")
                   for threads in sorted({1, bench.threads})]
