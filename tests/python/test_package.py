# SPDX-License-Identifier: MIT
"""The package installs without a network, and finds the shared library or says what to do."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))


def has_pip():
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0


def run(*arguments, **variables):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run([sys.executable, *arguments], env={**environment, **variables}, capture_output=True, text=True,
                          cwd="/")


class PackageTest(unittest.TestCase):
    @unittest.skipUnless(has_pip(), "needs the package python3-pip")
    def test_pip_installs_without_a_network(self):
        with tempfile.TemporaryDirectory() as folder:
            # --no-deps: numpy is a Debian package here; --no-index: nothing is downloaded, build tools included.
            pip = run("-m", "pip", "install", "--no-index", "--no-deps", "--no-cache-dir", "--target", folder,
                      str(SOURCE / "python"))
            self.assertEqual(pip.returncode, 0, pip.stderr)
            found = run("-c", "import reelvec; print(reelvec.__file__, reelvec.__version__)", PYTHONPATH=folder)
            self.assertEqual(found.returncode, 0, found.stderr)
            self.assertIn(folder, found.stdout)
            self.assertTrue(pathlib.Path(folder, "reelvec/py.typed").exists())

    def test_wheel_holds_every_module(self):
        sys.path.insert(0, str(SOURCE / "python"))
        import build_backend
        import zipfile
        with tempfile.TemporaryDirectory() as folder:
            wheel = zipfile.ZipFile(pathlib.Path(folder, build_backend.build_wheel(folder)))
            names = set(wheel.namelist())
            modules = {f"reelvec/{path.name}" for path in (SOURCE / "python/reelvec").glob("*.py")}
            self.assertLessEqual(modules | {"reelvec/py.typed"}, names)
            metadata = wheel.read(f"reelvec-{build_backend.version()}.dist-info/METADATA").decode()
            self.assertIn("Requires-Dist: numpy\n", metadata)
            self.assertTrue(build_backend.build_sdist(folder).endswith(".tar.gz"))

    def test_missing_shared_library_says_what_to_do(self):
        found = run("-c", "import reelvec", PYTHONPATH=str(SOURCE / "python"), REELVEC_LIBRARY_PATH="/no/such.so")
        self.assertNotEqual(found.returncode, 0)
        self.assertIn("set REELVEC_LIBRARY_PATH to it (/no/such.so", found.stderr)

    def test_a_foreign_library_is_refused(self):
        found = run("-c", "import reelvec", PYTHONPATH=str(SOURCE / "python"), REELVEC_LIBRARY_PATH="libc.so.6")
        self.assertIn("has no rv_version", found.stderr)


if __name__ == "__main__":
    unittest.main()
