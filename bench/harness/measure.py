# SPDX-License-Identifier: MIT
"""Measuring in turn: A B A B ..., either by windows of long-lived programs or by whole processes."""
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import calm


class Skipped(Exception):
    """A peer or an input is missing; the message says which, and what would bring it."""


class Failed(Exception):
    """reelvec itself failed; the run ends with status 1."""


PEER_MISSING = 77  # exit status of one of our programs that found no peer


def fault(ours, words, status, said):
    line = words if isinstance(words, str) else " ".join(str(word) for word in words)
    text = f"{line[:200]} ended with {status}: {said.strip()[-300:]}"
    return Failed(text) if ours and status != PEER_MISSING else Skipped(text)


class Worker:
    """A program that speaks the protocol of bench/bench_support.h. ours: it is reelvec, and has to work."""

    def __init__(self, command, environment=None, ours=False):
        self.ours = ours
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env={**os.environ, **(environment or {})})
        self.expect("ready")

    def expect(self, wanted=None):
        line = self.process.stdout.readline()
        if not line or (wanted and line.strip() != wanted):
            self.process.stdin.close()
            raise fault(self.ours, self.process.args, self.process.wait(), self.said())
        return line

    def said(self):
        self.errors.seek(0)
        return self.errors.read().strip().replace("\n", " ")

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return [float(number) for number in self.expect().split()]

    def turn(self):
        """Seconds of each call in one window."""
        return self.ask("go")

    def answer(self):
        return self.ask("answer")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()


@dataclasses.dataclass
class Finding:
    seconds: float            # median of one call
    low: float                # fastest and slowest turn (each its own median)
    high: float
    cpu_share: float = 0.0    # of processes: CPU seconds / wall seconds
    peak_mb: float = 0.0
    disturbed: int = 0        # turns during which other processes used the machine

    def spread(self):
        text = f"{100 * (self.low / self.seconds - 1):+.0f} {100 * (self.high / self.seconds - 1):+.0f} %"
        return text + (f", {self.disturbed} disturbed" if self.disturbed else "")


def fastest(ours, theirs):
    """How many times faster the one's fastest turn was than the other's; 0 where one is missing."""
    return theirs.low / ours.low if ours and theirs else 0.0


def in_turn(workers, rounds):
    """{name: Finding} of {name: Worker}; each takes a window by turns."""
    turns, disturbed = {name: [] for name in workers}, dict.fromkeys(workers, 0)
    for worker in workers.values():
        worker.turn()  # wakes it; not counted
    for _ in range(rounds):
        for name, worker in workers.items():
            window, others = calm.undisturbed(lambda w=worker: (w.turn(), 0), worker.process.pid)
            turns[name].append(window)
            disturbed[name] += others >= calm.DISTURBED
    findings = {}
    for name, windows in turns.items():
        medians = [statistics.median(window) for window in windows]
        findings[name] = Finding(statistics.median(time for window in windows for time in window), min(medians), max(medians),
                                 disturbed=disturbed[name])
    return findings


@dataclasses.dataclass
class Command:
    """A whole process (words, or a line for the shell). before() runs untimed; most: how many times it is worth repeating;
    ours: it is reelvec, and has to work."""
    words: object
    environment: dict = None
    ours: bool = False
    before: object = None
    most: int = 1000


class Starter:
    """The process that starts commands (starter.py), made at the first one."""

    def __init__(self):
        self.process = None

    def run(self, words, environment, output):
        if self.process is None:
            program = pathlib.Path(__file__).with_name("starter.py")
            self.process = subprocess.Popen([sys.executable, "-S", "-E", program], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps({"words": words, "environment": environment, "output": output}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


starter = Starter()


def run_once(command):
    """(wall seconds, CPU seconds, peak MB of the largest process)."""
    if command.before:
        command.before()
    words = command.words if isinstance(command.words, str) else [str(word) for word in command.words]
    environment = {name: str(value) for name, value in (command.environment or {}).items()}
    with tempfile.NamedTemporaryFile("r", errors="replace") as output:
        *cost, status = starter.run(words, environment, output.name)
        if status != 0:
            raise fault(command.ours, words, status, output.read())
    return tuple(cost)


def with_cpu(run):
    """run_once's result as calm.undisturbed wants it."""
    return run, run[1]


def processes_in_turn(commands, rounds):
    """({name: Finding}, {name: why it was left out}) of {name: Command}. Each runs once before, so that the page cache
    holds what it reads; one that is worth running only once is left out of that."""
    runs, missing = {name: [] for name in commands}, {}
    for turn in range(-1, rounds):
        for name, command in commands.items():
            if name in missing or turn >= command.most or (turn < 0 and command.most == 1):
                continue
            try:
                if turn < 0:
                    run_once(command)
                    continue
                taken, others = calm.undisturbed(lambda c=command: with_cpu(run_once(c)))
                runs[name].append((*taken, others >= calm.DISTURBED))
                print(f"  {name}: {taken[0]:.3f} s, {taken[1]:.3f} s of CPU", file=sys.stderr, flush=True)
            except Skipped as why:
                missing[name] = str(why)
    findings = {}
    for name, values in runs.items():
        if name not in missing:
            walls = [wall for wall, *_ in values]
            findings[name] = Finding(statistics.median(walls), min(walls), max(walls),
                                     statistics.median(cpu / wall for wall, cpu, _, _ in values), max(mb for _, _, mb, _ in values),
                                     sum(disturbed for *_, disturbed in values))
    return findings, missing


def gather(makers):
    """{name: Worker} of {name: function}, and {name: why} of those that could not be started."""
    workers, missing = {}, {}
    for name, make in makers.items():
        try:
            workers[name] = make()
        except Skipped as why:
            missing[name] = str(why)
    return workers, missing


def close_all(workers):
    for worker in workers.values():
        worker.close()
