# SPDX-License-Identifier: MIT
"""kill -9 at random moments of every command that writes: what was there before stays, and a rerun completes the rest.

A few kills of each command by default, 200 with REELVEC_SLOW_TESTS=1. After each kill `verify` finds no faults and a
search answers; after the rerun the library equals that of a run that was never killed, and nothing lies beside it that
was not there then.
"""
import random
import signal
import subprocess
import time

from states import StatesTest, environment_of, reelvec, rows
from whole_runs import PROGRAM, SECONDS, SLOW

KILLS = 200 if SLOW else 4

# name, arguments, the state that it starts from
COMMANDS = (
    ("index", ("index", "one.mp4", "two.mp4"), "empty"),
    ("index jobs", ("index", "--jobs", "2", "one.mp4", "two.mp4"), "empty"),
    ("index force", ("index", "--force", "one.mp4"), "filled"),
    ("remove", ("remove", "one.mp4"), "filled"),
    ("ann build", ("ann", "build", "--set", "lists=2"), "filled"),
    ("import", ("import", "other.db"), "other"),
    ("export to", ("export", "--to", "copy.db"), "filled"),
    ("export csv", ("export", "--format", "csv", "-o", "frames.csv"), "filled"),
    ("sheet", ("sheet", "one.mp4", "-o", "sheet.png"), "filled"),
)


def names(folder):
    """The files there, but for those that SQLite makes and takes away."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm", "-journal")))


class Kills(StatesTest):
    def whole_run(self, arguments, state):
        """(its seconds, rows, files) of a run that nobody kills."""
        with self.a_copy(state) as folder:
            start = time.monotonic()
            run = reelvec(folder, arguments)
            self.assertEqual(run.returncode, 0, run.stderr.decode())
            return time.monotonic() - start, rows(folder), names(folder)

    def killed(self, folder, arguments, seconds):
        """Whether the kill came before the end."""
        process = subprocess.Popen([PROGRAM, *arguments], cwd=folder, env=environment_of(folder, {}),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait(SECONDS) == -signal.SIGKILL

    def check_readers(self, folder, moment):
        """Who only reads may not be held up by what the killed process left."""
        for arguments in (("list",), ("verify",), ("search", "a b")):
            run = reelvec(folder, arguments)
            # A library that had not come to its tables yet is not there, or empty.
            early = any(words in run.stderr for words in (b"no library here", b"has no videos yet", b"no frames", b"empty"))
            self.assertTrue(run.returncode == 0 or early, f"{moment}: {arguments[0]}: {run.stderr.decode()}")

    def run_command(self, name):
        name, arguments, state = next(command for command in COMMANDS if command[0] == name)
        seconds, wanted, files = self.whole_run(arguments, state)
        moments, hits = random.Random(name), 0
        for turn in range(KILLS):
            with self.a_copy(state) as folder:
                moment = moments.uniform(0, seconds)
                hits += self.killed(folder, arguments, moment)
                moment = f"{name}, killed after {moment:.4f} s of {seconds:.4f}"
                self.check_readers(folder, moment)
                run = reelvec(folder, arguments)
                gone = arguments[0] == "remove" and run.returncode != 0  # removed before the kill came
                self.assertTrue(run.returncode == 0 or gone, f"{moment}: {run.stderr.decode()}")
                self.assertEqual(rows(folder), wanted, moment)
                self.assertEqual(names(folder), files, moment)
        print(f"{name}: {hits} of {KILLS} runs were killed before their end")


def add_case(name):
    setattr(Kills, "test_" + name.replace(" ", "_") + "_bears_kills", lambda self: self.run_command(name))


for command in COMMANDS:
    add_case(command[0])
