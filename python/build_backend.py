# SPDX-License-Identifier: MIT
"""Makes wheels of this folder with the standard library alone, so that `pip install ./python` downloads no build tool.

A wheel carries the shared library that was built: the one of the checkout's build folder, or of
`--config-settings library=FILE`. Without one it is pure Python, and finds the library as docs/python.md says.

The hooks are those of PEP 517 and PEP 660. What pyproject.toml says of the project is repeated in METADATA below.
"""
import base64
import hashlib
import pathlib
import re
import sysconfig
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
NAME = "reelvec"
LIBRARY = f"{NAME}/libreelvec.so"


def version():
    return re.search(r'^version = "(.+)"$', (HERE / "pyproject.toml").read_text(), re.M).group(1)


def metadata():
    summary = re.search(r'^description = "(.+)"$', (HERE / "pyproject.toml").read_text(), re.M).group(1)
    return (f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version()}\nSummary: {summary}\nLicense: MIT\n"
            "Requires-Python: >=3.9\nRequires-Dist: numpy\nProvides-Extra: tables\n"
            "Requires-Dist: pandas; extra == 'tables'\nProvides-Extra: pictures\n"
            "Requires-Dist: pillow; extra == 'pictures'\n")


def write_wheel(folder, files):
    """files: {name inside the wheel: bytes}."""
    info = f"{NAME}-{version()}.dist-info"
    pure = LIBRARY not in files
    tag = "py3-none-" + ("any" if pure else re.sub(r"[-.]", "_", sysconfig.get_platform()))
    facts = f"Wheel-Version: 1.0\nGenerator: reelvec\nRoot-Is-Purelib: {str(pure).lower()}\nTag: {tag}\n"
    files = {**files, f"{info}/METADATA": metadata().encode(), f"{info}/WHEEL": facts.encode()}
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = f"{NAME}-{version()}-{tag}.whl"
    with zipfile.ZipFile(pathlib.Path(folder, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return wheel


def sources():
    return {path.relative_to(HERE).as_posix(): path.read_bytes()
            for path in sorted((HERE / NAME).rglob("*")) if path.suffix in (".py", ".typed")}


def shared_library(config_settings):
    """{name inside the wheel: bytes} of the shared library; empty where none was built."""
    asked = (config_settings or {}).get("library")
    built = pathlib.Path(asked) if asked else HERE.parent / "build/src/libreelvec.so"
    return {LIBRARY: built.read_bytes()} if asked or built.exists() else {}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, {**sources(), **shared_library(config_settings)})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, {f"{NAME}.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    base = f"{NAME}-{version()}"
    with tarfile.open(pathlib.Path(sdist_directory, base + ".tar.gz"), "w:gz") as archive:
        for name in [*sources(), "pyproject.toml", "build_backend.py"]:
            archive.add(HERE / name, f"{base}/{name}")
    return base + ".tar.gz"
