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

    def test_a_wheel_carries_the_library_that_was_built(self):
        sys.path.insert(0, str(SOURCE / "python"))
        import build_backend
        import zipfile
        built = os.environ["REELVEC_LIBRARY_PATH"]
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
            wheel = build_backend.build_wheel(folder, {"library": built})
            self.assertNotIn("-any.whl", wheel)
            with zipfile.ZipFile(pathlib.Path(folder, wheel)) as archive:
                archive.extractall(place)
                self.assertIn("Root-Is-Purelib: false", archive.read(f"reelvec-{build_backend.version()}.dist-info/WHEEL").decode())
            self.assertEqual(pathlib.Path(place, "reelvec/libreelvec.so").read_bytes(), pathlib.Path(built).read_bytes())
            environment = {key: value for key, value in os.environ.items() if key != "REELVEC_LIBRARY_PATH"}
            found = subprocess.run([sys.executable, "-c", "import reelvec; print(reelvec.default_path(), reelvec._native.load())"],
                                   env={**environment, "PYTHONPATH": place}, capture_output=True, text=True, cwd="/")
            self.assertEqual(found.returncode, 0, found.stderr)
            self.assertIn(f"{place}/reelvec/libreelvec.so", found.stdout)

    def test_a_missing_shared_library_is_told_at_the_first_use(self):
        found = run("-c", "import reelvec; print('imported'); print(help(reelvec.Library.search)); reelvec.Model('x')",
                    PYTHONPATH=str(SOURCE / "python"), REELVEC_LIBRARY_PATH="/no/such.so")
        self.assertIn("imported", found.stdout)
        self.assertIn("min_score", found.stdout)
        self.assertNotEqual(found.returncode, 0)
        self.assertIn("set REELVEC_LIBRARY_PATH to it (/no/such.so", found.stderr)

    def test_a_foreign_library_is_refused(self):
        found = run("-c", "import reelvec; reelvec.__version__", PYTHONPATH=str(SOURCE / "python"),
                    REELVEC_LIBRARY_PATH="libc.so.6")
        self.assertIn("has no rv_version", found.stderr)

    def test_another_interface_is_refused(self):
        sys.path.insert(0, str(SOURCE / "python"))
        from reelvec import _native
        names = [name for name in _native.FUNCTIONS if name != "rv_api_version"]
        with tempfile.TemporaryDirectory() as folder:
            source, built = pathlib.Path(folder, "other.c"), pathlib.Path(folder, "other.so")
            source.write_text("".join(f"void {name}(void);\nvoid {name}(void) {{}}\n" for name in names) +
                              f"int rv_api_version(void);\nint rv_api_version(void) {{ return {_native.API_VERSION + 1}; }}\n")
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", str(source), "-o", str(built)], check=True)
            found = run("-c", "import reelvec; reelvec.__version__", PYTHONPATH=str(SOURCE / "python"),
                        REELVEC_LIBRARY_PATH=str(built))
        self.assertIn(f"interface {_native.API_VERSION + 1} of libreelvec; this package is for {_native.API_VERSION}",
                      found.stderr)


if __name__ == "__main__":
    unittest.main()
