#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the tests of one or more Meson build folders, count the cases inside the test programs, and say what was skipped
and what failed.

    run_tests.py BUILD [BUILD ...] [-- NAME ...]      NAME: beginnings of test names ("clip", "store/")

A program that failed while the machine stood still for some seconds is run once more, alone, and the output says so.
REELVEC_TEST_PATIENCE=N gives every test N times its time: 2 unless it is set, as machines are busy; more for emulators.
The last line is "N passed, N failed, N skipped"; the exit status is 1 when anything failed or nothing passed.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from machine_watch import MachineWatch

# cmocka's lines; a skipped case says why on the line before.
CASE = re.compile(r"^\[\s+(OK|FAILED|SKIPPED)\s+\] (\w+)$", re.M)
# What a failed program says of the reason: cmocka's lines, Python's exceptions, a sanitizer's or a compiler's "error:".
REASON = re.compile(r"\[\s+(?:ERROR|LINE)\s+\]|\b\w*(?:Error|Exception)\b|\berror:|ERROR: ")
REASONS = 6  # lines at most
# At a time: twice the cores of a small machine, since many of them mostly wait.
PROCESSES = "4"


def chosen_tests(build, beginnings):
    """Names of the tests to run; all when there are no beginnings."""
    listed = subprocess.run(["meson", "introspect", "--tests", build], check=True, capture_output=True, text=True)
    names = [test["name"] for test in json.loads(listed.stdout)]
    return [n for n in names if not beginnings or any(n.startswith(b) for b in beginnings)]


def count_program(record):
    """(passed, [failed case], [(skipped case, why)]) of one test program."""
    text = record.get("stdout", "") + "\n" + record.get("stderr", "")
    cases = CASE.findall(text)
    outcome = record["result"]
    if not cases:
        if outcome == "SKIP":
            lines = text.strip().splitlines()  # its last line says why
            return 0, [], [("the whole program", lines[-1] if lines else "no reason given")]
        return (1, [], []) if outcome == "OK" else (0, [f"the whole program, {outcome}"], [])
    passed = sum(kind == "OK" for kind, _ in cases)
    failed = list(dict.fromkeys(name for kind, name in cases if kind == "FAILED"))  # cmocka names them again at the end
    lines = text.splitlines()
    skipped = {}
    for number, line in enumerate(lines):
        match = CASE.match(line)
        if match and match.group(1) == "SKIPPED" and match.group(2) not in skipped:
            before = lines[number - 1] if number else ""
            skipped[match.group(2)] = before.strip() if before and not before.startswith("[") else "no reason given"
    if outcome not in ("OK", "SKIP") and not failed:
        failed = [f"after its cases, {outcome}"]  # it crashed, leaked or ran out of time
    return passed, failed, list(skipped.items())


def reasons(record):
    """The lines of a failed program that say why, as far as such lines can be told."""
    lines = (record.get("stderr", "") + "\n" + record.get("stdout", "")).splitlines()
    return [line.strip() for line in lines if REASON.search(line)][:REASONS]


def take_clips(build, other):
    """The clips that the tests of the other build have made: ffmpeg makes them, whatever reelvec was built with."""
    clips, made = pathlib.Path(build, "clips"), pathlib.Path(other, "clips")
    if made.is_dir() and not clips.exists():
        shutil.copytree(made, clips)


def run_programs(build, names, processes, log_name="testlog"):
    """{name: what Meson recorded of the test program}."""
    log = pathlib.Path(build, "meson-logs", log_name + ".json")
    log.unlink(missing_ok=True)
    patience = os.environ.get("REELVEC_TEST_PATIENCE", "2")
    subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--num-processes", processes, "--print-errorlogs",
                    "--timeout-multiplier", patience, "--logbase", log_name, *names])
    records = [json.loads(line) for line in log.read_text().splitlines()]
    # Where there are several suites, "project:suite / " comes first.
    return {record["name"].split(" / ")[-1]: record for record in records}


def failed_in_a_standstill(record, watch):
    """Its failure says nothing then: it, or what it waited for, was too late."""
    begin = record["starttime"]
    return bool(count_program(record)[1] and watch.within(begin, begin + record["duration"]))


def run_build(build, beginnings):
    names = chosen_tests(build, beginnings)
    if not names:
        sys.exit(f"{build}: no such tests; `meson test -C {build} --list` names them")
    with MachineWatch() as watch:
        records = run_programs(build, names, PROCESSES)
    again = [name for name, record in records.items() if failed_in_a_standstill(record, watch)]
    if again:
        print("the machine stood still meanwhile, so once more:", *again, flush=True)
        records |= run_programs(build, again, "1", "testlog-again")
    print(f"{build}: the machine was late by at most", ", ".join(f"{late:.1f} s ({what})" for what, late in watch.slowest.items()))
    passed, failed, skipped = 0, [], []
    for name, record in records.items():
        p, f, s = count_program(record)
        passed += p
        failed += [(f"{build}: {name}: {case}", [] if n else reasons(record)) for n, case in enumerate(f)]
        skipped += [(f"{build}: {name}: {case}", why) for case, why in s]
    return passed, failed, skipped, again


def main():
    # A background job of a shell ignores interrupts, and so would all programs under test, whose interrupts are tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    builds, beginnings = arguments[:split], arguments[split + 1:]
    passed, failed, skipped, again = 0, [], [], []
    for build in builds:
        take_clips(build, builds[0])
        p, f, s, a = run_build(build, beginnings)
        passed, failed, skipped, again = passed + p, failed + f, skipped + s, again + [f"{build}: {name}" for name in a]
    for name in again:
        print(f"run again, as the machine stood still meanwhile: {name}")
    for case, why in skipped:
        print(f"skipped: {case} ({why})")
    for case, why in failed:
        print(f"failed: {case}", *why, sep="\n    ")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
