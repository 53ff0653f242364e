# SPDX-License-Identifier: MIT
"""The types of arguments."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, Literal, Protocol, Sequence, Union

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .query import Term


class PillowImage(Protocol):
    """A PIL.Image.Image, known by what it can do, because Pillow is not needed."""

    @property
    def mode(self) -> str: ...

    def convert(self, mode: str) -> Any: ...


class Tensor(Protocol):
    """A torch.Tensor, known by what it can do, because torch is not needed."""

    def detach(self) -> Any: ...

    def cpu(self) -> Any: ...


Path = Union[str, "os.PathLike[str]"]
"""A path or URL. "~" at the beginning is the home folder."""

Time = Union[str, float]
"""Seconds, or "1:02", "1:02:03.5"."""

ImageInput = Union[PillowImage, "np.ndarray[Any, Any]", Tensor, bytes, bytearray, memoryview, str, "os.PathLike[str]"]
"""A Pillow image; an array uint8, or float of 0 to 1, [height, width] or [height, width, 1 to 4 channels] (grey,
grey + alpha, R G B, R G B A); a torch tensor of such numbers, [channels, height, width] as torchvision has them; the bytes
of a picture file; a path or URL of one."""

ImageInputs = Union[ImageInput, Iterable[ImageInput]]
"""One picture or several. Arrays and tensors with four axes are several."""

Texts = Union[str, Iterable[str]]
"""One text or several."""

Like = Union[str, "tuple[Path, Time]", Iterable[Union[str, "tuple[Path, Time]"]]]
"""Stored frames: "talk.mp4@12:30" or ("talk.mp4", 750), or several of them."""

Vectors = Union["np.ndarray[Any, Any]", Tensor, Sequence[float], Sequence[Sequence[float]]]
"""One embedding [dimensions] or several [count, dimensions], as an array, a torch tensor or lists."""

Then = Union[str, "Term", Iterable[Union[str, "Term", Iterable[Union[str, "Term"]]]]]
"""What follows in a sequence: a text or Term, or a list of parts, each of which may be a list of them."""

Fusion = Literal["mean", "zscore", "rrf"]
"""How the scores of several terms become one."""

Scan = Literal["auto", "exact", "approximate"]
"""Whether an approximate index is used."""

Precision = Literal["auto", "float32", "fast"]
"""How pictures are embedded."""

Player = Literal["ffmpeg", "mpv", "vlc"]
"""Programs that count a video's time each in their own way."""

CountProgress = Union[bool, Callable[[int, int], Any], None]
"""True: a line on the terminal; or a function that is called with the numbers done and expected, the latter 0 where it is
not known, and stops the work by returning False."""

if TYPE_CHECKING:
    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]
    Int64 = NDArray[np.int64]
