# SPDX-License-Identifier: MIT
"""From moments to files for editors and players, and the facts of a video that editors need."""
from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import math
import os
import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Iterable, Mapping, NamedTuple, Optional, Tuple, Union

from . import _native, errors
from ._native import LIBRARY, call
from ._types import Path
from .query import seconds
from .rows import Hit

if TYPE_CHECKING:
    import pandas

Rate = Union[int, float, str, Fraction]
"""Frames a second: 25, 29.97, "30000/1001", a Fraction."""

AnyMoment = Union["Moment", Hit, Mapping[str, Any], Tuple[Any, ...]]
"""A Moment, a Hit, a mapping with video, start, end, or a tuple (video, start, end) or (video, start, end, name)."""
Moments = Union[AnyMoment, Iterable[AnyMoment], "pandas.DataFrame"]
"""One moment, several, or a DataFrame with a row for each."""
_KEYS = ("video", "start", "end", "name", "time", "score")
SINGLE_FRAME = 1.0  # seconds that a moment without length lasts


@dataclass(frozen=True)
class Moment:
    """A piece of one video, by a path or URL. The end is exclusive. name: what editors show, by default the video and the
    time; time: of the best frame, by default the start. Times in seconds."""

    video: str
    start: float
    end: float
    name: Optional[str] = None
    time: Optional[float] = None
    score: Optional[float] = None

    @classmethod
    def of(cls, value: AnyMoment) -> "Moment":
        """From a Moment, a Hit, a tuple (video, start, end) or (video, start, end, name), or a mapping with these keys, like a
        row of to_list(). What has no length is a single frame and lasts a second; Library.moments() tells how long frames of
        a library do, search(moments=True) finds longer ones."""
        if isinstance(value, Moment):
            return value if value.end != value.start else replace(value, end=_end(value.start, value.end))
        if isinstance(value, Hit):
            return cls(value.video, value.start, _end(value.start, value.end), None, value.time, value.score)
        if isinstance(value, tuple):
            if len(value) not in (3, 4):
                raise TypeError(f"a moment as a tuple is (video, start, end) or (video, start, end, name), not {value!r:.80}")
            return cls.of(cls(os.fspath(value[0]), seconds(value[1]), seconds(value[2]), *value[3:]))
        if not hasattr(value, "get") or value.get("video") is None:
            raise TypeError(f"a moment must be a Moment, a Hit or a mapping with video, start, end, not {value!r:.80}")
        start = value.get("start", value.get("time"))
        if start is None:
            raise errors.ArgumentError(f"a moment of {value['video']} has neither start nor time")
        start = seconds(start)
        end = value.get("end")
        return cls(os.fspath(value["video"]), start, _end(start, start if end is None else seconds(end)),
                   value.get("name"), value.get("time"), value.get("score"))


class TextFile(NamedTuple):
    """A file of a timeline. name: "" of the first, else what stands before the ending; the text as bytes."""

    name: str
    data: bytes

    @property
    def text(self) -> str:
        """The data as text."""
        return self.data.decode("utf-8", "surrogateescape")


class TimelineFormat(NamedTuple):
    """A format that timelines are written in; per_video: a file for each video."""

    name: str
    title: str
    endings: tuple[str, ...]
    per_video: bool


@dataclass(frozen=True)
class AudioTrack:
    """A sound track of a video."""

    channels: int
    sample_rate: int
    codec: str
    language: str


@dataclass(frozen=True)
class Media:
    """The facts of a video that editors need; see RvMedia in reelvec/media.h. rate: frames a second, None without video;
    first_frame: its time; zero: where the file's own clock stands at the time 0; timecode: of the first frame, None if the file has none; warning: what is less exact than it looks; hdr: PQ or HLG."""

    path: str
    rate: Optional[Fraction]
    variable_rate: bool
    frame_count: int
    duration: float
    first_frame: float
    zero: float
    timecode: Optional[str]
    drop_frame: bool
    start_frame: int
    width: int
    height: int
    coded_width: int
    coded_height: int
    aspect: Fraction
    quarter_turns: int
    codec: str
    container: str
    audio: tuple[AudioTrack, ...]
    warning: str
    hdr: bool


def _end(start: float, end: float) -> float:
    return end if end != start else start + SINGLE_FRAME


def moments_of(moments: Any) -> list[Moment]:
    """From one moment, several, or a DataFrame with a row for each."""
    if isinstance(moments, (Moment, Hit)):
        moments = [moments]
    elif hasattr(moments, "to_dict") and hasattr(moments, "columns"):
        moments = [{key: None if value != value else value for key, value in row.items()}  # NaN is nothing given
                   for row in moments[[name for name in moments.columns if name in _KEYS]].to_dict("records")]
    return [Moment.of(moment) for moment in moments]


def _to_c(moments: list[Moment]) -> "ctypes.Array[_native.RvMoment]":
    array = (_native.RvMoment * len(moments))()
    for out, moment in zip(array, moments):
        if moment.end < moment.start:
            raise errors.ArgumentError(f"a moment of {moment.video} ends at {moment.end:g}, before it starts at "
                                       f"{moment.start:g}")
        out.video = _native.encode_path(moment.video)
        out.name = None if moment.name is None else _native.encode_text(str(moment.name), "the name of a moment")
        out.start_s, out.end_s = moment.start, moment.end
        out.time_s = moment.start if moment.time is None else moment.time
        out.score = math.nan if moment.score is None else moment.score
    return array


def of_hits(library: ctypes.c_void_p, hits: list[Hit], name: Optional[str]) -> list[Moment]:
    """What Library.moments() gives."""
    items = (_native.RvHit * max(len(hits), 1))()
    for raw, hit in zip(items, hits):
        raw.video_id, raw.video, raw.frame_number = hit.video_id, _native.encode_path(hit.video), hit.frame_number
        raw.time_s, raw.score, raw.start_s, raw.end_s = hit.time, hit.score, hit.start, hit.end
    found = _native.RvMoments()
    call("rv_library_moments", library, ctypes.byref(_native.RvHits(items, len(hits))),
         None if name is None else _native.encode_text(name, "the name"), ctypes.byref(found))
    try:
        return [_from_c(raw, raw.video) for raw in found.items[:found.count]]
    finally:
        LIBRARY.rv_moments_clear(ctypes.byref(found))


def _from_c(raw: _native.RvMoment, video: bytes) -> Moment:
    return Moment(os.fsdecode(video), raw.start_s, raw.end_s,
                  None if raw.name is None else raw.name.decode("utf-8", "replace"), raw.time_s,
                  None if math.isnan(raw.score) else raw.score)


def _rate(rate: Optional[Rate]) -> _native.RvRate:
    out = _native.RvRate()
    if rate is not None and not LIBRARY.rv_rate_read(_native.encode_text(str(rate), "rate"), ctypes.byref(out)):
        raise errors.ArgumentError(f"rate is {rate!r}; write 25, 29.97 or \"30000/1001\"")
    return out


def _format_of(path: bytes) -> str:
    found = LIBRARY.rv_timeline_format_of_file(path)
    if not found:
        raise errors.ArgumentError(f"{os.fsdecode(path)}: no format has this ending; name one by format=, "
                                   "timeline_formats() lists them")
    return str(found.contents.name.decode())


def timeline(moments: Moments, format: str, *, title: Optional[str] = None, rate: Optional[Rate] = None, handles: float = 0,
             record_start: Optional[str] = None) -> list[TextFile]:
    """The moments in a format of timeline_formats(), as one file or several.

    moments: Moment, Hit, mappings with video, start, end, or a table of them as search(moments=True).to_pandas() gives. title: of the timeline.
    rate: its frames a second, by default that of most clips: 25, 29.97, "30000/1001", a Fraction. handles: seconds more
    before and behind each moment. record_start: timecode of the first frame. Videos that cannot be read are left out, with
    a warning.
    """
    array = _to_c(moments_of(moments))
    options = _native.RvTimelineOptions(
        format=_native.encode_text(format, "format"), title=None if title is None else _native.encode_text(title, "title"),
        rate=_rate(rate), handles_s=handles,
        record_start=None if record_start is None else _native.encode_text(record_start, "record_start"),
        log=_native.log_to_python())
    found = _native.RvTextFiles()
    call("rv_timeline_make", array, len(array), ctypes.byref(options), ctypes.byref(found))
    try:
        return [TextFile(os.fsdecode(file.name), ctypes.string_at(file.text, file.size_bytes))
                for file in found.items[:found.count]]
    finally:
        LIBRARY.rv_text_files_clear(ctypes.byref(found))


def _path_of(path: str, name: str, endings: Iterable[str]) -> str:
    """ "cuts_holiday.llc" of "cuts.llc" and "_holiday"."""
    known = [ending for ending in endings if path.lower().endswith(ending)]
    ending = path[-len(max(known, key=len)):] if known else os.path.splitext(path)[1]
    return path[:len(path) - len(ending)] + name + ending


def _is_in_place(path: str) -> bool:
    """Of a device, a pipe, an open descriptor: it is written to as it is, and nothing is replaced."""
    return bool(LIBRARY.rv_file_in_place(os.fsencode(path)))


def _write(path: str, data: bytes) -> None:
    """Complete under its name or not at all, or in place."""
    try:
        if _is_in_place(path):
            _write_in_place(path, data)
        else:
            _write_whole(path, data)
    except OSError as error:
        raise errors.InputOutputError(f"{path}: cannot write: {error.strerror}") from None


def _write_in_place(path: str, data: bytes) -> None:
    descriptor = LIBRARY.rv_file_descriptor(os.fsencode(path))
    if descriptor >= 0:
        with contextlib.suppress(ValueError, AttributeError):  # it is closed, or something else
            sys.stdout.flush()  # what was printed before comes first
    with open(path, "wb") if descriptor < 0 else open(descriptor, "wb", closefd=False) as out:
        out.write(data)


def _write_whole(path: str, data: bytes) -> None:
    """Under another name, locked, until it is on the disk: see rv_file_remove_parts in reelvec/files.h."""
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    target = _target_of(path)
    LIBRARY.rv_file_remove_parts(os.fsencode(target))
    part = f"{target}.{os.getpid()}.part"
    with open(part, "xb") as out:
        try:
            with contextlib.suppress(OSError):  # some file systems know no locks
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
            os.replace(part, target)
        except BaseException:
            os.unlink(part)
            raise
    LIBRARY.rv_file_sync_name(os.fsencode(target))


def _target_of(path: str) -> str:
    """Of a link to a file, that file, so that the link stays."""
    target = ctypes.c_void_p()
    call("rv_file_target", os.fsencode(path), ctypes.byref(target))
    try:
        return os.fsdecode(ctypes.string_at(target))
    finally:
        LIBRARY.rv_free(target)


def export(moments: Moments, path: Path, *, format: Optional[str] = None, force: bool = False, title: Optional[str] = None,
           rate: Optional[Rate] = None, handles: float = 0, record_start: Optional[str] = None) -> list[str]:
    """Write what timeline() makes, of which the last four arguments are. The ending of the path names the format unless
    format does. Returns the paths of the files; formats that know one video only make one for each. force: replace texts
    that are there; files of other kinds, such as videos and libraries, are refused."""
    path = os.path.expanduser(os.fspath(path))
    format = _format_of(os.fsencode(path)) if format is None else format
    files = timeline(moments, format, title=title, rate=rate, handles=handles, record_start=record_start)
    endings = next(known.endings for known in timeline_formats() if known.name == format)
    in_place = _is_in_place(path)
    if in_place and len(files) > 1:
        raise errors.ArgumentError(f"{format} makes {len(files)} files of these moments, and {path} takes one; name a file")
    paths = [_path_of(path, file.name, endings) for file in files]
    for name in paths if not in_place else []:
        if not force and os.path.lexists(name):
            raise errors.ArgumentError(f"{name}: is there already; force=True replaces it")
        call("rv_file_check_replaced", os.fsencode(name), _native.FILE_TEXT)
    for name, file in zip(paths, files):
        _write(name, file.data)
    return paths


def timeline_formats() -> list[TimelineFormat]:
    """The formats of timeline() and export()."""
    found = []
    for index in range(LIBRARY.rv_timeline_format_count()):
        raw = LIBRARY.rv_timeline_format(index).contents
        endings: list[str] = []
        while raw.endings[len(endings)] is not None:
            endings.append(raw.endings[len(endings)].decode())
        found.append(TimelineFormat(raw.name.decode(), raw.title.decode(), tuple(endings), raw.per_source))
    return found


def read_moments(path: Path, video: Optional[Path] = None) -> list[Moment]:
    """The moments of a list in JSON or CSV, as `reelvec search` prints them or as people write them. video: of those that
    name none."""
    path = os.path.expanduser(os.fspath(path))
    with open(path, "rb") as file:
        text = file.read()
    found = _native.RvMoments()
    error = _native.RvError()
    status = LIBRARY.rv_moments_read(text, len(text), ctypes.byref(found), ctypes.byref(error))
    if status != 0:
        error.message = (os.fsencode(path) + b": " + error.message)[:1023]
        raise _native.failure(status, error, "rv_moments_read")
    try:
        moments = []
        for number, raw in enumerate(found.items[:found.count], 1):
            name = raw.video if raw.video is not None else None if video is None else os.fsencode(video)
            if name is None:
                raise errors.ArgumentError(f"{path}: moment {number} names no video; give video=")
            moments.append(_from_c(raw, name))
        return moments
    finally:
        LIBRARY.rv_moments_clear(ctypes.byref(found))


def media(path: Path) -> Media:
    """Read the facts of a file or URL; nothing is decoded for display."""
    raw = _native.RvMedia()
    call("rv_media_read", _native.encode_path(path), ctypes.byref(raw))
    try:
        tracks = tuple(AudioTrack(track.channels, track.sample_rate, track.codec.decode("utf-8", "replace"),
                                  track.language.decode("utf-8", "replace")) for track in raw.audio[:raw.audio_count])
        return Media(os.fsdecode(raw.path), Fraction(raw.rate.num, raw.rate.den) if raw.rate.den else None,
                     raw.variable_rate, raw.frame_count, raw.duration_s, raw.first_frame_s, raw.zero_s,
                     raw.timecode.decode() if raw.has_timecode else None, raw.drop_frame, raw.start_frame, raw.width,
                     raw.height, raw.coded_width, raw.coded_height, Fraction(raw.aspect_num, raw.aspect_den or 1),
                     raw.quarter_turns, raw.codec.decode("utf-8", "replace"), raw.container.decode(), tracks,
                     raw.warning.decode("utf-8", "replace"), raw.hdr)
    finally:
        LIBRARY.rv_media_clear(ctypes.byref(raw))


__all__ = ["AudioTrack", "Media", "Moment", "TextFile", "TimelineFormat", "export", "media", "read_moments", "timeline",
           "timeline_formats"]
