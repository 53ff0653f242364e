# SPDX-License-Identifier: MIT
"""The package becomes a wheel without a network, and finds the shared library or says what to do."""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SEARCH = """
import sys, reelvec
with reelvec.Library(sys.argv[1], model=sys.argv[2]) as library:
    library.index(sys.argv[3], every=2)
    print(reelvec.__file__, reelvec._native.candidates()[0], library.search("a rocket")[0].time)
"""


def missing():
    """The Debian packages that building a wheel needs and that are not here."""
    return " ".join(package for module, package in {"pip": "python3-pip", "mesonpy": "python3-mesonpy"}.items()
                    if importlib.util.find_spec(module) is None) + (" patchelf" if shutil.which("patchelf") is None else "")


def run(*arguments, **variables):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run([sys.executable, *arguments], env={**environment, **variables}, capture_output=True, text=True,
                          cwd="/")


@unittest.skipIf(missing(), f"needs the packages {missing()}")
class WheelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        place = pathlib.Path(cls.folder.name)
        source = place / "source"  # of a wheel with a library that is built; meson-python writes into the source's folder
        for name in ("include", "python/reelvec", "tools"):
            shutil.copytree(SOURCE / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("LICENSE", "meson.build", "meson_options.txt", "pyproject.toml", "python/README.md", "python/meson.build"):
            shutil.copy(SOURCE / name, source / name)
        # Neither numpy, which is a Debian package here, nor a build tool is downloaded.
        pip = run("-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--wheel-dir",
                  str(place), f"--config-settings=setup-args=-Dwheel_library={os.environ['REELVEC_LIBRARY_PATH']}", str(source))
        if pip.returncode != 0:
            raise AssertionError(pip.stdout + pip.stderr)
        cls.wheel, = place.glob("*.whl")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_wheel_holds_the_package_its_library_and_its_papers(self):
        version = re.search(r'define REELVEC_VERSION "(.*)"', (SOURCE / "include/reelvec/version.h").read_text()).group(1)
        with zipfile.ZipFile(self.wheel) as wheel:
            names = set(wheel.namelist())
            modules = {f"reelvec/{path.name}" for path in (SOURCE / "python/reelvec").glob("*.py")}
            self.assertLessEqual(modules | {"reelvec/py.typed", f"reelvec-{version}.dist-info/LICENSE"}, names)
            self.assertEqual([name for name in names if "libreelvec.so" in name],
                             [f".reelvec.mesonpy.libs/{pathlib.Path(os.environ['REELVEC_LIBRARY_PATH']).name}"])
            self.assertEqual([name for name in names if name.endswith((".h", ".pc", ".c"))], [])
            metadata = wheel.read(f"reelvec-{version}.dist-info/METADATA").decode()
        for line in ("Name: reelvec", f"Version: {version}", "Requires-Python: >=3.9", "Requires-Dist: numpy",
                     "Classifier: Typing :: Typed", "Description-Content-Type: text/markdown"):
            self.assertIn(line + "\n", metadata)
        self.assertIn("# reelvec\n", metadata)
        self.assertNotRegex(self.wheel.name, "none-any")

    def test_an_installed_wheel_searches(self):
        place = os.path.join(self.folder.name, "installed")
        pip = run("-m", "pip", "install", "--no-index", "--no-deps", "--no-cache-dir", "--target", place, str(self.wheel))
        self.assertEqual(pip.returncode, 0, pip.stderr)
        environment = {key: value for key, value in os.environ.items() if key != "REELVEC_LIBRARY_PATH"}
        found = subprocess.run([sys.executable, "-c", SEARCH, os.path.join(self.folder.name, "library.db"),
                                str(SOURCE / "models/demo"), str(SOURCE / "examples/media/demo.mp4")],
                               env={**environment, "PYTHONPATH": place}, capture_output=True, text=True, cwd="/")
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertRegex(found.stdout, f"^{place}/reelvec/__init__.py {place}/.reelvec.mesonpy.libs/libreelvec.so.* 1[24].0$")


class PackageTest(unittest.TestCase):
    def test_every_module_is_listed_for_installation(self):
        listed = set(re.findall(r"'reelvec/([^']+)'", (SOURCE / "python/meson.build").read_text()))
        self.assertEqual(listed, {path.name for path in (SOURCE / "python/reelvec").iterdir() if path.is_file()})

    def test_without_numpy_the_import_says_what_to_install(self):
        found = run("-c", "import sys; sys.modules['numpy'] = None; import reelvec", PYTHONPATH=str(SOURCE / "python"))
        self.assertIn("ImportError: reelvec needs the package numpy: `pip install numpy`, or Debian's", found.stderr)

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
