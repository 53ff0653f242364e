# SPDX-License-Identifier: MIT
"""mypy --strict finds nothing in the package, and in programs that use it finds what is wrong and nothing else."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))


@unittest.skipIf(importlib.util.find_spec("mypy") is None, "needs the package mypy")
class TypingTest(unittest.TestCase):
    def test_the_package_and_its_use_are_typed(self):
        with tempfile.TemporaryDirectory() as cache:
            run = subprocess.run([sys.executable, "-m", "mypy", "--strict", f"--config-file={SOURCE / 'pyproject.toml'}",
                                  f"--cache-dir={cache}", str(SOURCE / "python/reelvec"), str(SOURCE / "tests/python/typed_use.py")],
                                 capture_output=True, text=True, cwd=SOURCE / "python",
                                 env={**os.environ, "MYPYPATH": str(SOURCE / "python")})
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)

    def test_every_public_name_is_typed_and_described(self):
        sys.path.insert(0, str(SOURCE / "python"))
        import reelvec
        self.assertTrue((SOURCE / "python/reelvec/py.typed").exists())
        for name in reelvec.__all__:
            self.assertTrue((getattr(reelvec, name).__doc__ or "").strip(), name)


if __name__ == "__main__":
    unittest.main()
