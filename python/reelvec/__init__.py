# SPDX-License-Identifier: MIT
"""reelvec finds moments in videos by what they show.

    import reelvec

    with reelvec.Library("library.db", model="models/demo") as library:
        library.index("talk.mp4")
        print(library.search("ultra-fast ingestion", top=5))

The package needs the shared library libreelvec (REELVEC_LIBRARY_PATH, else its own copy, else the build folder beside
it, else the system's), which the first use loads, and numpy. DataFrames need pandas, Arrow tables pyarrow, Pillow images
Pillow. Warnings go to logging.getLogger("reelvec").
"""
try:
    import numpy  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError("reelvec needs the package numpy: `pip install numpy`, or Debian's python3-numpy") from error

from . import _native
from .clips import Clip, ClipProgress, clip, clips, ffmpeg, preview
from .errors import (ArgumentError, BusyError, CancelledError, FormatError, InputOutputError, InternalError,
                     MismatchError, NetworkError, NotFoundError, OutOfMemoryError, ReelvecError, UnsupportedError)
from .images import Picture
from .library import Library, default_path, player_time
from .model import Model, ModelInfo
from .query import Term
from .results import Embeddings, Frames, FrameScores, Hits, Videos, show
from .rows import (CopyReport, Frame, Hit, HitPart, IndexInfo, IndexProgress, IndexReport, LibraryInfo, ReembedReport,
                   Video)
from .timelines import (AudioTrack, Media, Moment, TextFile, TimelineFormat, export, media, read_moments, timeline,
                        timeline_formats)


def __getattr__(name: str) -> str:
    if name == "__version__":  # the C library's, which the first use loads
        return str(_native.LIBRARY.rv_version().decode())
    raise AttributeError(f"module 'reelvec' has no attribute '{name}'")


__all__ = ["ArgumentError", "AudioTrack", "BusyError", "CancelledError", "Clip", "ClipProgress", "CopyReport",
           "Embeddings", "FormatError", "Frame", "FrameScores", "Frames", "Hit", "HitPart", "Hits",
           "IndexInfo", "IndexProgress", "IndexReport", "InputOutputError", "InternalError", "Library",
           "LibraryInfo", "Media", "MismatchError", "Model", "ModelInfo", "Moment", "NetworkError",
           "NotFoundError", "OutOfMemoryError", "Picture", "ReelvecError", "ReembedReport", "Term",
           "TextFile", "TimelineFormat", "UnsupportedError", "Video", "Videos", "clip", "clips",
           "default_path", "export", "ffmpeg", "media", "player_time", "preview", "read_moments", "show",
           "timeline", "timeline_formats"]
