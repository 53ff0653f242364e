# SPDX-License-Identifier: MIT
"""Where the tests of this folder start from: folders with videos, a model and a library, and what a library holds."""
import contextlib
import os
import pathlib
import queue
import shutil
import sqlite3
import subprocess

from whole_runs import CHECKPOINT, PROGRAM, SECONDS, ScratchTest, run

WORKERS = 2


def environment_of(folder, more):
    """Nothing of the caller's settings reaches the program."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("REELVEC_", "RV_"))}
    environment.update(REELVEC_LIBRARY="library.db", REELVEC_MODEL="model", HOME=str(folder), REELVEC_DEVICE="cpu", **more)
    return environment


def reelvec(folder, arguments, **more):
    """A whole run in the folder, whose path is FOLDER in its output."""
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, env=environment_of(folder, more), capture_output=True,
                          timeout=SECONDS, stdin=subprocess.DEVNULL)
    done.stdout = done.stdout.replace(str(folder).encode(), b"FOLDER")
    return done


def rows(folder):
    """All that a library holds, but for times of the clock and numbers that a rerun may give anew."""
    database = sqlite3.connect(folder / "library.db")
    videos = database.execute("SELECT video_id, path, content_key, state, error, duration, width, height, codec, sampling "
                              "FROM videos ORDER BY path").fetchall()
    frames = {video[0]: database.execute(
        "SELECT frame_number, time, embedding_data, frame_data FROM frames JOIN frame_pictures USING (video_id, frame_number) "
        "WHERE video_id = ? ORDER BY frame_number", (video[0],)).fetchall() for video in videos}
    database.close()
    return [(pathlib.Path(video[1]).name, video[2:], frames[video[0]]) for video in videos]


def good(folder, *arguments):
    run(PROGRAM, *arguments, cwd=folder, env=environment_of(folder, {}))


class StatesTest(ScratchTest):
    """The states, once for each of WORKERS runs at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slots = queue.SimpleQueue()
        for slot in range(WORKERS):
            cls.make_states(slot)
            cls.slots.put(slot)

    @classmethod
    def make_states(cls, slot):
        """Folders that runs start from: "empty" has no library, "other" one to import, "filled" one of two videos besides,
        "indexed" an approximate index too.

        A library knows its videos by absolute paths, so what runs in a slot was made in the folder that it runs in."""
        folder = cls.folder / f"run-{slot}"
        folder.mkdir()
        for name, pattern in (("one.mp4", "testsrc"), ("two.mp4", "testsrc2")):
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"{pattern}=s=96x64:r=10:d=3", "-c:v", "mpeg4", folder / name)
        run("ffmpeg", "-v", "error", "-i", folder / "one.mp4", "-frames:v", "1", folder / "query.png")
        run(CHECKPOINT, "tiny", folder / "model")
        cls.keep(slot, "empty")
        good(folder, "index", "two.mp4")
        os.rename(folder / "library.db", folder / "other.db")
        cls.keep(slot, "other")
        good(folder, "index", "one.mp4", "two.mp4")
        cls.keep(slot, "filled")
        good(folder, "ann", "build", "--set", "lists=2")
        cls.keep(slot, "indexed")
        shutil.rmtree(folder)

    @classmethod
    def keep(cls, slot, state):
        shutil.copytree(cls.folder / f"run-{slot}", cls.folder / f"{state}-{slot}")

    @contextlib.contextmanager
    def a_copy(self, state):
        """A folder in that state, for one run."""
        slot = self.slots.get()
        folder = self.folder / f"run-{slot}"
        try:
            shutil.copytree(self.folder / f"{state}-{slot}", folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.slots.put(slot)
