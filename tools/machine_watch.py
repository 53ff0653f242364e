# SPDX-License-Identifier: MIT
"""Notices when the machine stands still, as a paused virtual one does, or one whose disk hangs. What waits for something
with a limit is too late then, though nothing is wrong with it."""
import contextlib
import subprocess
import threading
import time

BEAT_S = 0.2  # between two
STANDSTILL_S = 3.0  # at least: beside four busy loops on two cores beats are 0.1 s late


def start_a_program():
    with contextlib.suppress(OSError, MemoryError, RuntimeError):  # there may be no room for it
        subprocess.run(["true"])


class MachineWatch:
    """`with MachineWatch() as watch:` beats in threads of its own; `standstills` are those seen since."""

    def __init__(self, standstill_s=STANDSTILL_S):
        self.standstill_s = standstill_s
        self.standstills = []  # (begin, end, what was late), in seconds since 1970
        self.slowest = {"beat": 0.0, "start of a program": 0.0}
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=one, daemon=True) for one in (
            ("beat", lambda: None), ("start of a program", start_a_program))]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, what, step):
        ends = False
        while not ends:
            due = time.monotonic() + BEAT_S
            ends = self._ends.wait(BEAT_S)
            step()
            late = time.monotonic() - due
            self.slowest[what] = max(self.slowest[what], late)
            if late > self.standstill_s:
                self.standstills.append((time.time() - late, time.time(), what))

    def within(self, begin, end):
        """Those that touch this time, in seconds since 1970."""
        return [one for one in self.standstills if one[0] < end and one[1] > begin]
