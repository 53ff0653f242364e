# SPDX-License-Identifier: MIT
"""Runs commands for the harness and says what each cost: a line of JSON in, one out, until standard input ends.

The kernel counts the memory of the process that a program was started from towards that program's peak
(getrusage(2), ru_maxrss). The harness holds pictures and vectors, so a small process has to do the starting.
"""
import json
import os
import subprocess
import sys
import time


def run(words, environment, output):
    """(wall seconds, CPU seconds, peak MB of the largest process, exit status)."""
    with open(output, "wb") as said:
        start = time.perf_counter()
        process = subprocess.Popen(words, shell=isinstance(words, str), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                   env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def main():
    for line in sys.stdin:
        try:
            answer = run(**json.loads(line))
        except OSError as why:
            answer = [0, 0, 0, str(why)]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
