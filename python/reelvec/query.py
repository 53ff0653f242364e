# SPDX-License-Identifier: MIT
"""What a search asks with: texts, pictures, stored frames, vectors, each with a weight."""
from __future__ import annotations

import ctypes
import math
import numbers
import re
from dataclasses import dataclass, replace
from typing import Any, Iterable, Optional, Sequence, Union

import numpy as np

from . import _native, arrays, errors
from ._native import RvTerm
from ._types import ImageInput, ImageInputs, Like, Path, Texts, Then, Time, Vectors
from .images import ImageView, is_batch

FUSIONS = {"mean": 0, "zscore": 1, "rrf": 2}
SCANS = {"auto": 0, "exact": 1, "approximate": 2}
_TEXT, _IMAGE, _FRAME, _VECTOR = 0, 2, 3, 4


def seconds(time: Time) -> float:
    """12, 12.5, "12.5", "1:02" or "1:02:03.5" in seconds."""
    if not isinstance(time, str):
        return float(time)
    if not re.fullmatch(r"(\d+:)?(\d+:)?\d+(\.\d+)?", time):
        raise errors.ArgumentError(f"'{time}' is no time; write seconds or h:mm:ss")
    total = 0.0
    for part in time.split(":"):
        total = 60 * total + float(part)
    return total


@dataclass(frozen=True)
class Term:
    """One part of a query, made by Term.text, Term.image, Term.like or Term.vector. weight: how much it counts against
    the others; negative: away from it."""

    kind: int
    value: Any
    time: float = 0.0
    weight: float = 1.0
    part: int = 0  # of a sequence; the argument `then` of a search sets it

    @classmethod
    def text(cls, text: str, weight: float = 1.0) -> "Term":
        """A text."""
        return cls(_TEXT, _native.encode_text(text, "a query text"), weight=weight)

    @classmethod
    def image(cls, image: ImageInput, weight: float = 1.0, *, exif_rotation: bool = True) -> "Term":
        """A picture: Pillow image, array, bytes of a file, path or URL. exif_rotation=False: not turned upright by its EXIF
        orientation."""
        return cls(_IMAGE, ImageView(image, exif_rotation), weight=weight)

    @classmethod
    def like(cls, frame: Union[str, tuple[Path, Time]], weight: float = 1.0) -> "Term":
        """The stored frame nearest to a time: "talk.mp4@12:30" or ("talk.mp4", 750)."""
        video: Path
        time: Time
        video, at, time = frame.rpartition("@") if isinstance(frame, str) else (frame[0], "@", frame[1])
        if not at or not video:
            raise errors.ArgumentError(f"'{frame}' names no frame; write VIDEO@TIME, like talk.mp4@12:30")
        return cls(_FRAME, _native.encode_path(video), seconds(time), weight)

    @classmethod
    def vector(cls, vector: Vectors, weight: float = 1.0) -> "Term":
        """One embedding of the library's model: an array, tensor or list of numbers."""
        rows = arrays.of_vectors(vector)
        if len(rows) != 1:
            raise errors.ArgumentError(f"a term is one vector, not {len(rows)}")
        return cls(_VECTOR, rows[0], weight=weight)

    @property
    def needs_model(self) -> bool:
        """Whether the library's model has to embed it."""
        return self.kind in (_TEXT, _IMAGE)

    @property
    def is_vector(self) -> bool:
        """Whether it is an embedding already."""
        return self.kind == _VECTOR

    def fill(self, out: RvTerm, dimensions: int) -> None:
        """Write the C struct; it lives as long as the term."""
        out.kind, out.time_s, out.weight, out.part = self.kind, self.time, self.weight, self.part
        if self.weight == 0:
            raise errors.ArgumentError("a weight of 0 says nothing; leave the term out")
        if self.kind in (_TEXT, _FRAME):
            out.value = self.value
        elif self.kind == _IMAGE:
            out.image = ctypes.pointer(self.value.value)
        else:
            if self.value.shape != (dimensions,):
                raise errors.MismatchError(f"the library's embeddings have {dimensions} numbers, the vector's shape is "
                                           f"{self.value.shape}")
            out.vector = self.value.ctypes.data


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if is_batch(value) else [value]


def parts_of(then: Optional[Then]) -> list[list[Union[str, "Term"]]]:
    """The parts behind the first: of one text or Term, or of several, each of which may be a list of texts and Terms."""
    if then is None:
        return []
    parts: list[list[Union[str, Term]]] = [[part] if isinstance(part, (str, Term)) else _listed(part)
             for part in ([then] if isinstance(then, (str, Term)) else _listed(then))]
    for term in (term for part in parts for term in part):
        if not isinstance(term, (str, Term)):
            raise TypeError(f"then has texts and Terms, and lists of them, not {type(term).__name__}")
    return parts


def _listed(parts: Any) -> list[Any]:
    if isinstance(parts, (bytes, bytearray, memoryview, dict)) or not hasattr(parts, "__iter__"):
        raise TypeError(f"then must be a text, a Term or a list of parts, not {type(parts).__name__}")
    return list(parts)


def within_of(within: Any, parts: list[list[Union[str, Term]]]) -> float:
    """The most seconds between the parts as C takes it, where 0 means its default; None: not given."""
    if within is None:
        return 0.0
    if isinstance(within, bool) or not isinstance(within, numbers.Real):
        raise TypeError(f"within must be a number of seconds, not {type(within).__name__}")
    if not parts:
        raise errors.ArgumentError("within is for sequences; give what follows with then=")
    if not 0 < float(within) < math.inf:
        raise errors.ArgumentError(f"within {within} s: must be above 0")
    return float(within)


def collect(text: Optional[Texts], image: Optional[ImageInputs], like: Optional[Like], vector: Optional[Vectors],
            without: Optional[Texts], terms: Iterable[Term], then: Optional[Then] = None) -> list[Term]:
    """The terms of a query from the arguments of a search."""
    found = [Term.text(item) for item in _several(text)] + [Term.image(item) for item in _several(image)]
    pair = isinstance(like, tuple) and len(like) == 2 and "@" not in str(like[1])
    frames: list[Any] = [like] if pair else _several(like)
    found += [Term.like(frame) for frame in frames]
    if vector is not None:
        found += [Term.vector(row) for row in arrays.of_vectors(vector)]
    found += [Term.text(item, weight=-1.0) for item in _several(without)]
    found += list(terms)
    if not found:
        raise errors.ArgumentError("the query is empty; give a text, an image, like, a vector, or terms")
    for number, part in enumerate(parts_of(then), 1):
        if not part:
            raise errors.ArgumentError(f"part {number + 1} of the sequence is empty; give it a text or a Term")
        found += [replace(term if isinstance(term, Term) else Term.text(term), part=number) for term in part]
    return found


def to_c(terms: Sequence[Term], dimensions: int) -> "ctypes.Array[RvTerm]":
    """A C array of the terms; it lives as long as they do."""
    array = (RvTerm * len(terms))()
    for out, term in zip(array, terms):
        term.fill(out, dimensions)
    return array


__all__ = ["FUSIONS", "SCANS", "Term", "collect", "parts_of", "seconds", "to_c", "within_of"]
