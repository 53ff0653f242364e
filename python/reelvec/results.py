# SPDX-License-Identifier: MIT
"""What a library gives back, as a whole: sequences of rows that turn into lists, tables and pictures."""
from __future__ import annotations

import html
import math
import os
import shutil
from dataclasses import dataclass
from typing import (TYPE_CHECKING, Any, Callable, Iterable, Iterator, Literal, Mapping, Optional, Sequence, Tuple,
                    TypeVar, Union, overload)

import numpy as np

from . import errors
from .images import Picture
from .rows import Frame, Hit, Video

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from ._types import Float32, Float64, Int64

Row = TypeVar("Row")
Self = TypeVar("Self", bound="Rows[Any]")
Columns = Mapping[str, Any]
Pictures = Union[bool, Literal["jpeg", "pil"]]
"""Whether a table has pictures: "jpeg" (or True) as reelvec.Picture, "pil" as Pillow images."""

ROWS_SHOWN, NAME_MIN = 20, 16


def time_words(seconds: float) -> str:
    """As the program shows times: 0:01:02.5."""
    tenths = math.floor(10 * seconds + 0.5) if 0 < seconds < 1e12 else 0
    return f"{tenths // 36000}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def name_words(path: str) -> str:
    """A path below the current folder relative to it, any other in full; printable."""
    folder = os.path.join(os.getcwd(), "")
    name = path[len(folder):] if path.startswith(folder) else path
    return "".join(letter if letter.isprintable() else "?" for letter in name)


class Table:
    """What has columns, all of one length."""

    def _columns(self) -> Columns:
        raise NotImplementedError

    def to_list(self) -> list[dict[str, Any]]:
        """A dictionary for each row."""
        columns = {name: values.tolist() if isinstance(values, np.ndarray) and values.ndim == 1 else values
                   for name, values in self._columns().items()}
        return [dict(zip(columns, row)) for row in zip(*columns.values())]

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas DataFrame."""
        return _to_pandas(self._columns())

    def to_arrow(self) -> "pyarrow.Table":
        """A pyarrow Table; embeddings are lists of float32 of one length."""
        return _to_arrow(self._columns())


def _to_pandas(columns: Columns) -> "pandas.DataFrame":
    try:
        import pandas
    except ImportError:
        raise ImportError("to_pandas() needs the package pandas; to_list() needs nothing") from None
    return pandas.DataFrame({name: list(values) if isinstance(values, np.ndarray) and values.ndim > 1 else values
                             for name, values in columns.items()})


def _to_arrow(columns: Columns) -> "pyarrow.Table":
    try:
        import pyarrow
    except ImportError:
        raise ImportError("to_arrow() needs the package pyarrow; to_list() needs nothing") from None
    arrays = {}
    for name, values in columns.items():
        if isinstance(values, np.ndarray) and values.ndim > 1:
            numbers = pyarrow.array(np.ascontiguousarray(values).reshape(-1))
            arrays[name] = pyarrow.FixedSizeListArray.from_arrays(numbers, values.shape[1])
        elif name == "picture":
            arrays[name] = pyarrow.array([None if value is None else bytes(value) for value in values], pyarrow.binary())
        else:
            arrays[name] = pyarrow.array(values)
    return pyarrow.table(arrays)


class Rows(Table, Sequence[Row]):
    """A sequence of rows, like a list that does not change. A slice is of the same kind."""

    def __init__(self, rows: Iterable[Row]):
        self._rows = tuple(rows)

    def _of(self: Self, rows: Iterable[Any]) -> Self:
        """Others of the same kind."""
        return type(self)(rows)

    def _shown(self) -> dict[str, list[str]]:
        """The columns that people see first, as texts."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self: Self, index: slice) -> Self: ...

    def __getitem__(self: Self, index: Union[int, slice]) -> Any:
        return self._of(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Rows, list, tuple)):
            return NotImplemented
        return self._rows == tuple(other)

    def __repr__(self) -> str:
        """A table as in a terminal, of the first rows."""
        if len(self) == 0:
            return f"<no {type(self).__name__.lower()}>"
        columns = self[:ROWS_SHOWN]._shown()
        name = list(columns)[-1]  # the last column is a path; it gives way where the terminal is narrow
        widths = {title: max(map(len, [title, *texts])) for title, texts in columns.items()}
        room = shutil.get_terminal_size().columns - sum(width + 2 for title, width in widths.items() if title != name)
        columns[name] = [_shorten(text, max(room, NAME_MIN)) for text in columns[name]]
        lines = ["  ".join(cell if title == name else cell.rjust(widths[title]) for title, cell in zip(columns, row))
                 for row in [list(columns), *zip(*columns.values())]]
        if len(self) > ROWS_SHOWN:
            lines.append(f"... {len(self) - ROWS_SHOWN} more")
        return "\n".join(lines)


def _shorten(text: str, width: int) -> str:
    """The end of a path tells most."""
    return text if len(text) <= width else "..." + text[len(text) - width + 3:]


class Hits(Rows[Hit]):
    """What a search found, best first. A notebook shows the pictures. Columns: score, time, video, frame_number, video_id;
    of moments and sequences also start and end; of sequences also frame_number_1, time_1, score_1, frame_number_2, ... of
    the parts."""

    def __init__(self, hits: Iterable[Hit] = (), *, moments: bool = False, part_count: int = 0,
                 picture: Optional[Callable[[int, int], Picture]] = None):
        super().__init__(hits)
        self._moments = moments
        self._part_count = part_count
        self._picture = picture

    def _of(self, rows: Iterable[Hit]) -> "Hits":
        return Hits(rows, moments=self._moments, part_count=self._part_count, picture=self._picture)

    def __reduce__(self) -> Tuple[Any, ...]:
        """Copied and pickled without the library, so without pictures."""
        return _hits, (self._rows, self._moments, self._part_count)

    def _columns(self, pictures: Pictures = False) -> Columns:
        if not isinstance(pictures, bool) and pictures not in ("jpeg", "pil"):
            raise errors.ArgumentError(f"pictures is {pictures!r}; True, False, 'jpeg' and 'pil' are possible")
        spans = ["start", "end"] if self._moments or self._part_count > 0 else []
        columns: dict[str, Any] = {name: [getattr(hit, name) for hit in self]
                                             for name in ("score", "time", *spans, "video", "frame_number", "video_id")}
        for part in range(self._part_count):
            for name in ("frame_number", "time", "score"):
                columns[f"{name}_{part + 1}"] = [getattr(hit.parts[part], name) for hit in self]
        if pictures:
            found = self.pictures()
            columns["picture"] = ([None if picture is None else picture.image() for picture in found] if pictures == "pil"
                                  else found)
        return columns

    def _shown(self) -> dict[str, list[str]]:
        spans = self._moments or self._part_count > 0
        shown = {"score": [f"{hit.score:.4f}" for hit in self], "time": [time_words(hit.time) for hit in self]}
        if spans:
            shown.update({"start": [time_words(hit.start) for hit in self], "end": [time_words(hit.end) for hit in self]})
        return {**shown, "video": [name_words(hit.video) for hit in self]}

    def pictures(self) -> list[Optional[Picture]]:
        """The stored pictures (JPEG), None for a frame without one. The library must still be open."""
        if self._picture is None:
            raise ValueError("these hits were copied, and know no library to take pictures from")
        found: list[Optional[Picture]] = []
        for hit in self:
            try:
                found.append(self._picture(hit.video_id, hit.frame_number))
            except errors.NotFoundError:
                found.append(None)
        return found

    def to_pandas(self, *, pictures: Pictures = False) -> "pandas.DataFrame":
        """A pandas DataFrame. pictures: a column of reelvec.Picture ("jpeg", True) or of Pillow images ("pil")."""
        return _to_pandas(self._columns(pictures))

    def to_arrow(self, *, pictures: bool = False) -> "pyarrow.Table":
        """A pyarrow Table. pictures: a column with the bytes of the JPEGs."""
        return _to_arrow(self._columns(bool(pictures)))

    def to_list(self, *, pictures: Pictures = False) -> list[dict[str, Any]]:
        """A dictionary for each hit. pictures: as in to_pandas()."""
        columns = self._columns(pictures)
        return [dict(zip(columns, row)) for row in zip(*columns.values())]

    def _repr_html_(self) -> str:
        try:
            return show(self[:ROWS_SHOWN])._repr_html_()
        except ValueError:  # the library is closed
            return f"<pre>{html.escape(repr(self))}</pre>"


def _hits(rows: Iterable[Hit], moments: bool, part_count: int) -> Hits:
    return Hits(rows, moments=moments, part_count=part_count)


class Videos(Rows[Video]):
    """Videos by path. Columns: what a Video has, and from_pictures."""

    def _columns(self) -> Columns:
        names = [*Video.__dataclass_fields__, "from_pictures"]
        return {name: [getattr(video, name) for video in self] for name in names}

    def _shown(self) -> dict[str, list[str]]:
        return {"state": [video.state for video in self], "frames": [str(video.frame_count) for video in self],
                "duration": [time_words(video.duration) for video in self], "path": [name_words(video.path) for video in self]}


class Frames(Table):
    """Stored frames, by video_id and frame_number, as arrays of one length. Times in seconds. paths: of the videos, by
    their id. len() counts them, iterating gives a Frame for each. Columns: time, video, frame_number, video_id."""

    def __init__(self, video_ids: "Int64", frame_numbers: "Int64", times: "Float64", paths: Mapping[int, str]):
        self.video_ids = video_ids
        self.frame_numbers = frame_numbers
        self.times = times
        self.paths = paths

    def _columns(self) -> Columns:
        video_ids: list[int] = list(map(int, self.video_ids))
        return {"time": self.times, "video": [self.paths.get(video_id, "") for video_id in video_ids],
                "frame_number": self.frame_numbers, "video_id": self.video_ids}

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Frame]:
        for video_id, frame_number, time in zip(map(int, self.video_ids), map(int, self.frame_numbers),
                                                map(float, self.times)):
            yield Frame(time, self.paths.get(video_id, ""), frame_number, video_id)

    def __repr__(self) -> str:
        return f"<{len(self)} frames of {len(np.unique(self.video_ids))} videos>"


class Embeddings(Frames):
    """Frames with their embeddings. vectors: float32 [count, dimensions]. Columns: those of Frames, and embedding."""

    def __init__(self, video_ids: "Int64", frame_numbers: "Int64", times: "Float64", paths: Mapping[int, str],
                 vectors: "Float32"):
        super().__init__(video_ids, frame_numbers, times, paths)
        self.vectors = vectors

    def _columns(self) -> Columns:
        return {**super()._columns(), "embedding": self.vectors}

    def __repr__(self) -> str:
        return f"<embeddings {self.vectors.dtype} {list(self.vectors.shape)} of {len(np.unique(self.video_ids))} videos>"


@dataclass(frozen=True, eq=False)
class FrameScores(Table):
    """The scores of the frames of one video, by time: int64 [count], three float64 [count]. Times in seconds; a frame stands
    for the video from its time to its end."""

    frame_numbers: "Int64"
    times: "Float64"
    ends: "Float64"
    scores: "Float64"

    def _columns(self) -> Columns:
        return {"score": self.scores, "time": self.times, "end": self.ends,
                "frame_number": self.frame_numbers}

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        best = f", the best {self.scores.max():.4f} at {time_words(self.times[self.scores.argmax()])}" if len(self) > 0 else ""
        return f"<scores of {len(self)} frames{best}>"


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


def show(rows: Union[Hits, "pandas.DataFrame"], height: int = 90) -> Html:
    """Hits, or a DataFrame with pictures, for a notebook: the rows side by side, their pictures on top, `height` pixels
    high."""
    columns: Mapping[str, Any]
    if isinstance(rows, Hits):
        columns = {"picture": rows.pictures(), **rows._shown()}
    else:
        columns = {str(name): list(rows[name]) for name in rows.columns}

    def is_picture(name: str) -> bool:
        return any(isinstance(value, Picture) for value in columns[name])

    lines = []
    for name in sorted(columns, key=lambda name: not is_picture(name)):
        label = "" if is_picture(name) else html.escape(name)
        cells = "".join(f'<td style="text-align:center;padding:2px 4px">{_cell(value, height)}</td>' for value in columns[name])
        lines.append(f"<tr><th>{label}</th>{cells}</tr>")
    return Html(f"<table>{''.join(lines)}</table>", f"<table of {len(rows)} rows with pictures>")
