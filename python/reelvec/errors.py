# SPDX-License-Identifier: MIT
"""Exceptions: one class for each status of the C library, with its message."""
from __future__ import annotations


class ReelvecError(Exception):
    """What the library reports: one line that says what failed, on what, and what to do.

    `status` is the number of the C status; each subclass stands for one.
    """

    status = 0


class ArgumentError(ReelvecError, ValueError):
    """The caller asked for something that makes no sense."""

    status = 1


class NotFoundError(ReelvecError, LookupError):
    """No such file, video, frame, model."""

    status = 2


class InputOutputError(ReelvecError, OSError):
    """Reading or writing failed: permissions, full disk, broken device."""

    status = 3


class FormatError(ReelvecError):
    """The bytes are not what they should be."""

    status = 4


class UnsupportedError(ReelvecError):
    """Well formed, but not in this build or not yet known."""

    status = 5


class MismatchError(ReelvecError):
    """Two things do not belong together: model and library, configuration and weights."""

    status = 6


class NetworkError(ReelvecError):
    """A URL did not answer, or answered with an error."""

    status = 7


class OutOfMemoryError(ReelvecError, MemoryError):
    """Out of memory, or over a limit that guards it."""

    status = 8


class BusyError(ReelvecError):
    """Somebody else holds the library."""

    status = 9


class CancelledError(ReelvecError):
    """A progress function returned False; what was finished is kept."""

    status = 10


class InternalError(ReelvecError):
    """reelvec's own mistake."""

    status = 11


# What to do about a failure, in Python's words. Each continues the library's message; NAME stands for the name that the
# hint is about. The names are those of RvHint without RV_HINT_, in its order, the first is 1.
HINTS = {
    "VERIFY": "; verify() tells what is damaged",
    "VERIFY_RESTORE": "; verify() tells what is damaged; then restore a copy or index again",
    "CREATE_LIBRARY": "; index() makes one",
    "INDEX": "; fill it with index()",
    "INDEX_REST": "; index() adds the rest",
    "LIST_VIDEOS": "; videos() shows their paths",
    "MODEL": "; use another library or pass the model that made it; without model= and REELVEC_MODEL it is found by "
             "itself; reembed_to() makes a library of the other one",
    "MODEL_OR_LIBRARY": "; use a vector of model NAME, or search another library",
    "NORMALIZE": "; use another library, or index with normalize=True",
    "NO_NORMALIZE": "; use another library, or index with normalize=False",
    "NORMALIZE_HERE": "; index with normalize=True, or into another kind of library",
    "MODEL_LIST": "; `reelvec model list` shows the known models",
    "MODEL_FETCH": "; fetch it with `reelvec model fetch NAME`",
    "MODEL_FETCH_AGAIN": "; fetch it again with `reelvec model fetch NAME`",
    "MODEL_FETCH_OR_ADD": "; fetch it with `reelvec model fetch NAME`, or pass the path of its checkpoint as model=",
    "MODEL_ADD": "; or download the files and pass their folder as model=",
    "MODEL_LOCATE": "; pass the path of its checkpoint as model=, or set REELVEC_MODEL to it",
    "MODEL_NAME": "",
    "MODEL_REPLACE": "",
    "SHARD": "; with this kind of library index another part on each machine",
    "NO_QUEUE": "; index it yourself, or let the server do without them",
    "IMAGE": "; a picture can be a query: image=",
    "BUILD_INDEX": "; build_index() makes one",
    "MEAN_FUSION": "; use fusion='mean' with the approximate index",
    "CPU": "; use device='cpu'",
    "PARTIAL": "; meanwhile partial=True finds what the other machines have",
    "FROM_PICTURES": "; from_pictures=True embeds its stored pictures instead, which are smaller JPEGs",
    "REPLACE": "; replace=True lets it give way",
    "FFMPEG": "; install ffmpeg (4.3 or newer), or pass the path of the program as ffmpeg=",
    "FORCE": ", or force=True to replace it",
    "EXACT": "; exact=True encodes it again instead of copying",
    "REEMBED": "; copy into another library, or embed the videos for that one, with model NAME, by reembed_to()",
}


def words_of_hint(number: int, subject: str) -> str:
    """The words for an RvHint; "" for RV_HINT_NONE and for one that this version does not know."""
    words = list(HINTS.values())
    return words[number - 1].replace("NAME", subject) if 0 < number <= len(words) else ""


BY_STATUS = {kind.status: kind for kind in ReelvecError.__subclasses__()}
