# SPDX-License-Identifier: MIT
"""Whether other processes use the machine while something is measured.

Two threads on two cores that have to wait for each other lose half their speed to one foreign process, so a turn that was
disturbed is worth repeating. Patience is limited for the whole run.
"""
import os
import time

DISTURBED = 0.1  # cores that others may use
POLL_S = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
_patience_s = [60.0]  # what is left of it


def set_patience(seconds):
    _patience_s[0] = seconds


def busy_seconds():
    """CPU seconds that all processes together have used, stolen time included."""
    with open("/proc/stat", encoding="ascii") as lines:
        user, nice, system, _, _, irq, softirq, steal = map(int, lines.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def process_seconds(pid):
    """CPU seconds of a living process with its threads, without its children."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as line:
        fields = line.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def own_seconds():
    times = os.times()
    return times.user + times.system


class Watch:
    """Cores that others used between start and stop."""

    def __init__(self, pid=None):
        self.pid = pid
        self.wall, self.busy, self.own = time.perf_counter(), busy_seconds(), self.used()

    def used(self):
        return own_seconds() + (process_seconds(self.pid) if self.pid else 0)

    def others(self, children_s=0.0):
        wall = max(time.perf_counter() - self.wall, 0.02)
        return max(busy_seconds() - self.busy - (self.used() - self.own) - children_s - 2 / TICKS, 0) / wall


def wait():
    """Until others are quiet, or patience is at its end."""
    while _patience_s[0] > 0:
        watch = Watch()
        time.sleep(POLL_S)
        if watch.others() < DISTURBED:
            return
        _patience_s[0] -= POLL_S


def undisturbed(measure, pid=None):
    """(result of measure(), cores that others used): the calmest of some attempts. measure gives (result, CPU seconds of
    processes that have ended)."""
    best, least = None, None
    while least is None or (least >= DISTURBED and _patience_s[0] > 0):
        if _patience_s[0] > 0:
            wait()
        start = time.perf_counter()
        watch = Watch(pid)
        result, children_s = measure()
        others = watch.others(children_s)
        if least is None or others < least:
            best, least = result, others
        if others >= DISTURBED:
            _patience_s[0] -= time.perf_counter() - start
    return best, least
