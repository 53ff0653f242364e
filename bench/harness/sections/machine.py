# SPDX-License-Identifier: MIT
"""What the machine can do: the limits that other sections are measured against."""
import functools
import re
import subprocess

from table import Row


@functools.lru_cache(maxsize=None)
def peaks(bench):
    """Multiply-add peak in GFLOP/s with one thread and with all."""
    text = subprocess.run([bench.program("bench_linear"), "peak"], check=True, capture_output=True, text=True).stdout
    return [float(value) for value in re.findall(r"([\d.]+) GFLOP/s", text)]


@functools.lru_cache(maxsize=None)
def bandwidth(bench, threads):
    """Bytes per second read from memory."""
    size_mb = "64" if bench.smoke else "1024"
    text = subprocess.run([bench.program("read_bandwidth"), str(threads), size_mb], check=True, capture_output=True, text=True).stdout
    return float(text)


def run(bench):
    one, all_threads = peaks(bench)
    rows = [Row("multiply-add peak, 1 thread", one, "GFLOP/s"),
            Row(f"multiply-add peak, {bench.threads} threads", all_threads, "GFLOP/s")]
    return rows + [Row(f"reading memory, {threads} thread{'s' * (threads > 1)}", bandwidth(bench, threads) / 1e9, "GB/s")
                   for threads in sorted({1, bench.threads})]
