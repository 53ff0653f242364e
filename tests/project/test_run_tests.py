# SPDX-License-Identifier: MIT
"""tools/run_tests.py: which failures are run again."""
import contextlib
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

TOOLS = pathlib.Path(os.environ["REELVEC_SOURCE"]) / "tools"
sys.path.insert(0, str(TOOLS))
import machine_watch
import run_tests

WATCHED = """
from machine_watch import MachineWatch
with MachineWatch(0.5) as watch:
    print("watches", flush=True)
    input()
print(*(what for _, _, what in watch.standstills))
"""


def record(outcome, output):
    return {"name": "a/b", "result": outcome, "stdout": output, "starttime": 1000.0, "duration": 60.0}


class RunTestsTest(unittest.TestCase):
    def test_only_failures_in_a_standstill_are_run_again(self):
        failed, passed = "[  FAILED  ] test_it", "[       OK ] test_it"
        watch = machine_watch.MachineWatch()
        for why, standstill, outcome, output, again in [
                ("failed, none", None, "FAIL", failed, False), ("failed, before", (900, 999), "FAIL", failed, False),
                ("failed, after", (1061, 1070), "FAIL", failed, False), ("failed, in it", (1010, 1040), "FAIL", failed, True),
                ("failed, at its start", (990, 1001), "FAIL", failed, True), ("too long, in it", (1010, 1040), "TIMEOUT", "", True),
                ("passed, in it", (1010, 1040), "OK", passed, False), ("skipped, in it", (1010, 1040), "SKIP", "no server", False)]:
            with self.subTest(why):
                watch.standstills = [(*standstill, "beat")] if standstill else []
                self.assertEqual(run_tests.failed_in_a_standstill(record(outcome, output), watch), again)

    def test_what_passes_then_has_passed(self):
        """A real build folder with a program that fails the first time, and one that fails always."""
        class Stood(machine_watch.MachineWatch):
            def within(self, begin, end):
                return [(begin, end, "beat")]

        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "meson.build").write_text("project('two')\ntest('late', find_program('late'), suite: 'a')\n"
                                                "test('bad', find_program('bad'), suite: 'b')\n")
            for name, command in ("late", f"mkdir {folder}/first && exit 1; echo '[       OK ] it'"), ("bad", "exit 1"):
                (folder / name).write_text(f"#!/bin/sh\n{command}\n")
                (folder / name).chmod(0o755)
            build = str(folder / "build")
            subprocess.run(["meson", "setup", build, folder], check=True, stdout=subprocess.DEVNULL)
            output = io.StringIO()
            with mock.patch.object(run_tests, "MachineWatch", Stood), contextlib.redirect_stdout(output):
                passed, failed, _, again = run_tests.run_build(build, [])
        self.assertEqual((passed, [name for name, _ in failed]), (1, [f"{build}: bad: the whole program, FAIL"]))
        self.assertEqual(sorted(again), ["bad", "late"])
        self.assertIn("the machine stood still meanwhile, so once more: ", output.getvalue())

    def test_a_standstill_is_seen(self):
        with subprocess.Popen([sys.executable, "-c", WATCHED], cwd=TOOLS, text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), "watches\n")
            time.sleep(0.3)
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.5)
            process.send_signal(signal.SIGCONT)
            output = process.communicate("\n")[0]
        self.assertEqual(process.returncode, 0)
        self.assertIn("beat", output)
