# SPDX-License-Identifier: MIT
"""tests/python/run_cases.py: which files of cases fail."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUN_CASES = pathlib.Path(os.environ["REELVEC_SOURCE"]) / "tests/python/run_cases.py"

CASE = """
import unittest
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        {set_up}
    def test_it(self):
        {body}
"""
FILES = [  # why, content, status, what is printed
    ("a case passes", CASE.format(set_up="pass", body="pass"), 0, "[       OK ] test_it"),
    ("a case fails", CASE.format(set_up="pass", body="self.fail()"), 1, "[  FAILED  ] test_it"),
    ("a case is skipped", CASE.format(set_up="pass", body="self.skipTest('needs a')"), 0,
     "needs a\n[  SKIPPED ] test_it"),
    ("all of a class is skipped", CASE.format(set_up="raise unittest.SkipTest('needs b')", body="self.fail()"), 0,
     "needs b\n[  SKIPPED ] set_up"),
    ("a class cannot be set up", CASE.format(set_up="raise OSError", body="pass"), 1, "[  FAILED  ] set_up"),
    ("a file has no cases", "", 1, "0 test(s) run"),
]


class RunCasesTest(unittest.TestCase):
    def test_status_of_a_file(self):
        for why, content, status, printed in FILES:
            with self.subTest(why), tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "test_one.py")
                file.write_text(content)
                done = subprocess.run([sys.executable, RUN_CASES, file], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (status, ""))
                self.assertIn(printed, done.stdout)
