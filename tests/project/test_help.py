# SPDX-License-Identifier: MIT
"""Programs of bench/ say how they are called, and do nothing else, if they are asked for that."""
import os
import pathlib
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])


class HelpTest(unittest.TestCase):
    def run_program(self, name, *words):
        return subprocess.run([SOURCE / name, *words], capture_output=True, text=True, timeout=60, check=False)

    def test_help_is_printed(self):
        for name in ("bench/run", "bench/serve_load", "bench/page_first", "bench/page_grid"):
            with self.subTest(name):
                done = self.run_program(name, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"usage: {name} ", done.stdout)

    def test_page_grid_names_a_folder_without_programs(self):
        done = self.run_program("bench/page_grid", "/no/such/build")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such/build: has no apps/cli/reelvec", done.stderr)

    def test_setups_install_nothing_if_they_get_a_word(self):
        for name in ("bench/setup", "tests/web/setup"):
            with self.subTest(name):
                done = self.run_program(name, "--help")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(f"usage: {name}", done.stderr)
