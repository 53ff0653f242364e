# SPDX-License-Identifier: MIT
"""The protocol of programs that are measured in turn (bench/bench_support.h), for peers in Python."""
import sys
import time


def serve(work, answer=None, window_s=0.4):
    """work(): what is timed. answer(): numbers to compare with reelvec's."""
    work()
    print("ready", flush=True)
    for line in sys.stdin:
        if line == "answer\n" and answer is not None:
            print(*(repr(float(number)) for number in answer()), flush=True)
            continue
        times, start = [], time.perf_counter()
        while not times or time.perf_counter() - start < window_s:
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
        print(*times, flush=True)
