# SPDX-License-Identifier: MIT
"""What a library gives back: plain rows, and tables of them."""
from __future__ import annotations

import ctypes
import html
import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Optional, Sequence

import numpy as np

from . import _native
from .images import Picture

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class HitPart:
    """The frame of one part of a sequence."""

    frame_number: int
    time: float
    score: float


@dataclass(frozen=True)
class Hit:
    """A frame that a search found. start and end: of the moment; both `time` without moments=True. Times in seconds. Of a
    sequence it is the frame of the first part; score is the mean of the parts, end the time of the last part."""

    video: str
    frame_number: int
    time: float
    score: float
    start: float
    end: float
    video_id: int
    parts: tuple[HitPart, ...] = ()  # of a sequence, in its order


class Frame(NamedTuple):
    """A stored frame. time: seconds."""

    video_id: int
    frame_number: int
    time: float


@dataclass(frozen=True)
class Video:
    """A video of the library. state: "indexing", "complete" or "failed". error: why it failed, or what was damaged in a
    complete one, or that it is from pictures."""

    video_id: int
    path: str
    content_key: str
    codec: str
    sampling: str
    state: str
    error: str
    duration: float
    frame_rate: float
    width: int
    height: int
    frame_count: int

    @property
    def missing(self) -> bool:
        """Whether its file is gone, as far as this machine can tell; its frames are in the library all the same."""
        raw = _native.RvVideo(path=os.fsencode(self.path))
        return _native.LIBRARY.rv_video_is_missing(ctypes.byref(raw))

    @property
    def from_pictures(self) -> bool:
        """Whether reembed_to() made its embeddings from stored pictures, which are smaller than its frames."""
        raw = _native.RvVideo(error=os.fsencode(self.error))
        return _native.LIBRARY.rv_video_is_from_pictures(ctypes.byref(raw))


@dataclass(frozen=True)
class IndexProgress:
    """How far indexing one video is. frames_expected is 0 where the file does not say; elapsed in seconds. bytes: of a file
    that is read to recognise it, before its frames; else 0."""

    video: str
    frames_done: int
    frames_expected: int
    elapsed: float
    bytes_read: int = 0
    bytes_expected: int = 0


@dataclass(frozen=True)
class IndexReport:
    """What became of one video. outcome: "indexed", "unchanged", "renamed", "duplicate", "failed before", "left to
    another process" or "failed" (then error says why). Times in seconds; those of the stages are thread time."""

    video: str
    outcome: str
    video_id: int = 0
    frame_count: int = 0
    frames_embedded: int = 0
    frames_similar: int = 0  # of those: took the embedding of the last embedded frame
    similar_checked: int = 0  # of those: embedded all the same, to measure
    similar_cosine: float = 1.0  # the lowest cosine between its own and the taken embedding
    frames_resumed: int = 0
    damaged_packets: int = 0
    decode_time: float = 0.0
    pixels_time: float = 0.0
    embed_time: float = 0.0
    store_time: float = 0.0
    total_time: float = 0.0
    error: str = ""
    same_as: str = ""  # of a duplicate: the path that the library has the content under


@dataclass(frozen=True)
class CopyReport:
    """What a copy did: videos copied, videos that were there already, videos left out, frames copied."""

    videos_copied: int
    videos_present: int
    videos_refused: int
    frames_copied: int


@dataclass(frozen=True)
class ReembedReport:
    """What re-embedding did: videos embedded, how many of those from stored pictures, videos that were there already, videos
    left out, frames embedded, videos left to another process that embeds them now; and for each video that was left out
    why."""

    videos_embedded: int
    videos_from_pictures: int
    videos_present: int
    videos_left_out: int
    frames_embedded: int
    videos_elsewhere: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexInfo:
    """A library's approximate index. size_bytes and frame_count are 0 where the database does not tell; newer_count: frames
    that searches look at one by one beside it; automatic: searches use it without being asked to; fault: why it is not used,
    "" where it is."""

    kind: str
    settings: str
    size_bytes: int
    frame_count: int = 0
    newer_count: int = 0
    automatic: bool = True
    fault: str = ""


@dataclass(frozen=True)
class LibraryInfo:
    """Counts and extremes of a library; see RvLibraryInfo in reelvec/rows.h. model_details: what it remembers of its model
    besides the weights, as Model.details."""

    uri: str
    schema_version: int
    model_name: str
    weights_sha256: str
    model_path: str
    dimensions: int
    normalized: bool
    video_count: int
    complete_count: int
    failed_count: int
    frame_count: int
    damaged_count: int
    size_bytes: int
    picture_bytes: int
    embedding_bytes: int
    code_bytes: int
    code_count: int
    min_embedding_length: float
    max_embedding_length: float
    min_picture_height: int
    max_picture_height: int
    from_pictures_count: int = 0
    schema: str = ""
    worker_count: int = 0
    shard_count: int = 0
    model_details: dict[str, str] = field(default_factory=dict)


class Embeddings(NamedTuple):
    """All embeddings, by video_id and frame_number: int64 [count], int64 [count], float64 [count] in seconds,
    float32 [count, dimensions]."""

    video_ids: np.ndarray
    frame_numbers: np.ndarray
    times: np.ndarray
    vectors: np.ndarray


class FrameScores(NamedTuple):
    """The scores of the frames of one video, by time: int64 [count], three float64 [count]. Times in seconds; a frame stands
    for the video from its time to its end."""

    frame_numbers: np.ndarray
    times: np.ndarray
    ends: np.ndarray
    scores: np.ndarray


def table(rows: Iterable[Any], kind: type, columns: Optional[Sequence[str]] = None,
          extra: Optional[dict[str, list]] = None) -> "pandas.DataFrame":
    """A pandas DataFrame with columns for these fields of the dataclass, or all, and extra ones behind them."""
    try:
        import pandas
    except ImportError:
        raise ImportError("tables need pandas; install it, or use hits() and video_list(), which do without") from None
    rows = list(rows)
    names = columns if columns is not None else [field.name for field in fields(kind)]
    values = {name: [getattr(row, name) for row in rows] for name in names}
    return pandas.DataFrame({**values, **(extra or {})})


class Html:
    """What notebooks show as HTML; str() gives the source."""

    def __init__(self, source: str, summary: str):
        self._source, self._summary = source, summary

    def _repr_html_(self) -> str:
        return self._source

    def __str__(self) -> str:
        return self._source

    def __repr__(self) -> str:
        return self._summary


def _cell(value: Any, height: int) -> str:
    if isinstance(value, Picture):
        import base64
        source = base64.b64encode(value).decode()
        return f'<img style="height:{height}px;width:auto;max-width:none" src="data:image/jpeg;base64,{source}">'
    if isinstance(value, float):
        whole, point, digits = f"{value:.4f}".partition(".")
        return whole + point + (digits.rstrip("0") or "0")
    if isinstance(value, np.ndarray):
        return html.escape(np.array2string(value, precision=3, threshold=6, edgeitems=2))
    return html.escape(str(value))


def show(frame, height: int = 90) -> Html:
    """A DataFrame for a notebook: its rows side by side, their pictures on top, `height` pixels high."""
    def is_picture(name):
        return any(isinstance(value, Picture) for value in frame[name])

    lines = []
    for name in sorted(frame.columns, key=lambda name: not is_picture(name)):
        label = "" if is_picture(name) else html.escape(str(name))
        cells = "".join(f'<td style="text-align:center;padding:2px 4px">{_cell(value, height)}</td>' for value in frame[name])
        lines.append(f"<tr><th>{label}</th>{cells}</tr>")
    return Html(f"<table>{''.join(lines)}</table>", f"<table of {len(frame)} rows with pictures>")
