# SPDX-License-Identifier: MIT
"""reelvec finds moments in videos by what they show.

    import reelvec

    with reelvec.Library("library.db", model="models/demo") as library:
        library.index("talk.mp4")
        print(library.search("ultra-fast ingestion", top=5))

The package needs the shared library libreelvec (REELVEC_LIBRARY_PATH, else the build folder beside it, else the system's)
and numpy; tables need pandas, Pillow images Pillow. Warnings go to logging.getLogger("reelvec").
"""
from ._native import LIBRARY as _LIBRARY
from .errors import (ArgumentError, BusyError, CancelledError, FormatError, InputOutputError, InternalError, MismatchError,
                     NetworkError, NotFoundError, OutOfMemoryError, ReelvecError, UnsupportedError)
from .images import Picture
from .library import Library, default_path
from .model import Model, ModelInfo
from .query import Term
from .rows import CopyReport, Embeddings, Hit, IndexInfo, IndexProgress, IndexReport, LibraryInfo, Video, show

__version__ = _LIBRARY.rv_version().decode()

__all__ = ["ArgumentError", "BusyError", "CancelledError", "CopyReport", "Embeddings", "FormatError", "Hit",
           "IndexInfo", "IndexProgress", "IndexReport", "InputOutputError", "InternalError", "Library", "LibraryInfo", "MismatchError",
           "Model", "ModelInfo", "NetworkError", "NotFoundError", "OutOfMemoryError", "Picture", "ReelvecError", "Term",
           "UnsupportedError", "Video", "default_path", "show"]
