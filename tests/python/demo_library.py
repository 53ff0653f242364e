# SPDX-License-Identifier: MIT
"""The demo model and a library of the demo video in a scratch folder, for the tests of the Python package."""
import os
import pathlib
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

import reelvec  # noqa: E402

MODEL = SOURCE / "models/demo"
VIDEO = SOURCE / "examples/media/demo.mp4"
PICTURE = SOURCE / "examples/media/query.png"
TEXT = "ultra-fast ingestion"

_folder = tempfile.TemporaryDirectory()  # goes at the end of the tests' process
_opened = []


def scratch(name):
    return os.path.join(_folder.name, name)


def open_demo(**options):
    """(model, library); options: of Library.index. Nothing of the user's own settings is looked at."""
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_DATA_HOME"] = _folder.name
    os.environ.pop("REELVEC_MODEL", None)
    os.environ.pop("REELVEC_LIBRARY", None)
    model = reelvec.Model(MODEL)
    library = reelvec.Library(scratch("library.db"), model=model)
    _opened.extend([library, model])
    library.index(VIDEO, **options)
    return model, library


def close_demo():
    for one in _opened:
        one.close()
    _folder.cleanup()
