# SPDX-License-Identifier: MIT
"""The examples of examples/python print what a search of the library finds."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

import reelvec  # noqa: E402

TEXT = "ultra-fast ingestion"


def needs(*modules):
    """Skips where one of them is missing, which its name says."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"needs the packages of Python {' '.join(missing)}")


class ExamplesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.library = os.path.join(cls.folder.name, "library.db")
        with reelvec.Library(cls.library, model=SOURCE / "models/demo") as library:
            library.index(SOURCE / "examples/media/demo.mp4")
            cls.wanted = [f"{hit.score:.4f}  {hit.time:.1f}  {hit.video}" for hit in library.search(TEXT)]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_example(self, name, *arguments):
        run = subprocess.run([sys.executable, str(SOURCE / "examples/python" / name), *arguments], capture_output=True, text=True,
                             env={**os.environ, "PYTHONPATH": str(SOURCE / "python"), "PYTHONWARNINGS": "ignore"})
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.splitlines()

    def run_export(self, name, target):
        for _ in range(2):  # a second time over what is there
            self.assertEqual(self.run_example(name, self.library, os.path.join(self.folder.name, target), TEXT), self.wanted)
        self.assertTrue(os.path.exists(os.path.join(self.folder.name, target)))

    def test_with_numpy(self):
        lines = self.run_example("with_numpy.py", self.library, TEXT)
        self.assertEqual(lines[:-1], self.wanted)
        self.assertRegex(lines[-1], r"^alike: .*/demo.mp4 at \d+\.0 and .*/demo.mp4 at \d+\.0$")

    @needs("faiss")
    def test_to_faiss(self):
        self.run_export("to_faiss.py", "frames.faiss")

    @needs("duckdb", "pyarrow")
    def test_to_duckdb(self):
        self.run_export("to_duckdb.py", "frames.duckdb")

    @needs("lancedb", "pyarrow")
    def test_to_lancedb(self):
        self.run_export("to_lancedb.py", "lance")

    def test_every_example_is_run_and_listed(self):
        names = {path.stem for path in (SOURCE / "examples/python").glob("*.py")}
        self.assertEqual({f"test_{name}" for name in names}, {name for name in dir(self) if name.startswith(("test_to", "test_with"))})
        page = (SOURCE / "examples/python/README.md").read_text()
        self.assertEqual([name for name in names if f"[{name}.py]({name}.py)" not in page], [])


if __name__ == "__main__":
    unittest.main()
