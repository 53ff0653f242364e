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


BY_STATUS = {kind.status: kind for kind in ReelvecError.__subclasses__()}
