# SPDX-License-Identifier: MIT
"""Whole runs of programs in a scratch folder, for the tests of faults and of the matrix."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["REELVEC_PROGRAM"]
CHECKPOINT = os.environ["REELVEC_CHECKPOINT_MAKER"]
SLOW = bool(os.environ.get("REELVEC_SLOW_TESTS"))
SECONDS = 60  # for one process


def run(*arguments, check=True, **options):
    """A process to its end, its output held. With check, one that fails or takes too long fails the test."""
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, **options)
    except subprocess.TimeoutExpired:  # of ffmpeg's encoders some wait for ever for a container that refused them
        if check:
            raise
        done = subprocess.CompletedProcess(words, 1, b"", b"")
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return done


class ScratchTest(unittest.TestCase):
    """Has a folder of its own, and ffmpeg for its videos."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("ffmpeg") is None:
            raise unittest.SkipTest("needs the package ffmpeg for its videos")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"reelvec-{cls.__name__.lower()}-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
