# SPDX-License-Identifier: MIT
"""Every command with a failing call: no crash, no hang, no answer that is wrong without a word, nothing lost.

fault_shim.c makes call number N of a kind fail. For each command and kind the calls are counted first, then some of
them fail in turn: a few by default, all (up to 150 of a kind) with REELVEC_SLOW_TESTS=1,
REELVEC_FAULT_POINTS of a kind if that is set. After each run:

- the process ended by itself, in time;
- exit status 0: its output is that of a run without the fault;
- another exit status: something on standard error says why;
- a command that writes is run again without the fault, and the library equals that of a run without faults.
"""
import concurrent.futures
import os
import random
import subprocess

from states import WORKERS, StatesTest, reelvec, rows
from whole_runs import SECONDS, SLOW

SHIM = os.environ["REELVEC_FAULT_SHIM"]
POINTS = int(os.environ.get("REELVEC_FAULT_POINTS", 150 if SLOW else 3))
MEDIA_POINTS = max(POINTS, 24)  # of indexing: FFmpeg says of refused memory what it likes, at each place something else
KINDS = ("memory", "media", "read", "write", "sync", "map", "open", "thread")

# name, arguments, the state that it starts from, whether it writes
COMMANDS = (
    ("index", ("index", "one.mp4", "two.mp4"), "empty", True),
    ("index more", ("index", "--force", "one.mp4"), "filled", True),
    ("search text", ("search", "--format", "csv", "a b"), "filled", False),
    ("search image", ("search", "--format", "json", "--image", "query.png"), "filled", False),
    ("search moments", ("search", "--format", "csv", "--moments", "--top", "3", "a b"), "filled", False),
    ("search sequence", ("search", "--format", "json", "a b", "--then", "b"), "filled", False),
    ("search sheet", ("search", "--format", "csv", "--sheet", "hits.png", "a b"), "filled", False),
    ("info", ("info",), "filled", False),
    ("list", ("list", "--format", "json"), "filled", False),
    ("verify", ("verify",), "filled", False),
    ("export csv", ("export", "--format", "csv"), "filled", False),
    ("sheet", ("sheet", "one.mp4", "-o", "sheet.png"), "filled", False),
    ("remove", ("remove", "one.mp4"), "filled", True),
    ("ann build", ("ann", "build", "--set", "lists=2"), "filled", True),
    ("search ann", ("search", "--format", "csv", "--ann", "a b"), "indexed", False),
    ("import", ("import", "other.db"), "filled", True),
)


def difference(held, wanted):
    """The first value in which the rows differ, shortened."""
    while isinstance(held, (list, tuple)) and isinstance(wanted, (list, tuple)) and len(held) == len(wanted):
        place = next(i for i, (a, b) in enumerate(zip(held, wanted)) if a != b)
        held, wanted = held[place], wanted[place]
    return f"{held!r:.200} is not {wanted!r:.200}"


def judge(folder, arguments, fault, writes, output, wanted):
    run = reelvec(folder, arguments, LD_PRELOAD=SHIM, RV_FAULT=fault)
    said = run.stderr.decode(errors="replace")
    if run.returncode < 0:
        return f"ended by signal {-run.returncode}: {said}"
    if run.returncode not in (0, 1, 2, 3):
        return f"exit status {run.returncode}: {said}"
    # Some decoders say of an allocation that failed what they say of damaged data: then it is said, and kept.
    if fault.startswith("media:") and "damaged" in said:
        return None
    if run.returncode == 0 and run.stdout != output:
        return f"exit status 0, and another output: {run.stdout[:400]!r} {said}"
    if run.returncode != 0 and "reelvec: " not in said:
        return f"exit status {run.returncode} without a reason: {said!r}"
    if writes and run.returncode == 0 and rows(folder) != wanted:
        return f"exit status 0, and other rows: {said}"
    if writes:
        again = reelvec(folder, arguments)
        # What was removed before the failure cannot be removed again.
        if again.returncode != 0 and not (arguments[0] == "remove" and rows(folder) == wanted):
            return f"then, without a fault: {again.stderr.decode(errors='replace')}; before: {said}"
    held = rows(folder)
    return None if held == wanted else f"other rows afterwards: {difference(held, wanted)}; {said}"


class Faults(StatesTest):
    def count(self, arguments, state, kind):
        """(calls of the kind, standard output, rows) of a run in which none fails."""
        with self.a_copy(state) as folder:
            run = reelvec(folder, arguments, LD_PRELOAD=SHIM, RV_FAULT=f"{kind}:0", RV_FAULT_COUNT=str(folder / "calls"))
            self.assertEqual(run.returncode, 0, run.stderr.decode())
            return int((folder / "calls").read_text()), run.stdout, rows(folder)

    def one_run(self, arguments, state, fault, writes, output, wanted):
        """What is wrong with a run under this fault; None if nothing is."""
        with self.a_copy(state) as folder:
            try:
                return judge(folder, arguments, fault, writes, output, wanted)
            except subprocess.TimeoutExpired:
                return f"still running after {SECONDS} s"

    def run_command(self, name):
        name, words, state, writes = next(command for command in COMMANDS if command[0] == name)
        faults, tried = [], 0
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for kind in KINDS:
                # Threads of FFmpeg's decoders wait for each other for ever when an allocation of one fails (seen in
                # 5.1); with one thread they do not have any.
                arguments = (*words, "--threads", "1") if kind == "media" and words[0] == "index" else words
                calls, output, wanted = self.count(arguments, state, kind)
                chosen = range(1, calls + 1)
                points = MEDIA_POINTS if kind == "media" and name == "index" else POINTS
                if calls > points:
                    chosen = sorted(random.Random(f"{name} {kind}").sample(chosen, points))
                # Every second time the fault stays, as a full disk does.
                runs = [f"{kind}:{number}{'+' if place % 2 else ''}" for place, number in enumerate(chosen)]
                tried += len(runs)
                found = pool.map(lambda fault: self.one_run(arguments, state, fault, writes, output, wanted), runs)
                faults += [f"{fault}: {text}" for fault, text in zip(runs, found) if text is not None]
        print(f"{name}: {tried} runs with a fault")
        self.assertGreater(tried, 0)
        self.assertEqual(faults, [], "\n".join(faults))


def add_case(name):
    setattr(Faults, "test_" + name.replace(" ", "_") + "_bears_failing_calls", lambda self: self.run_command(name))


for command in COMMANDS:
    add_case(command[0])
