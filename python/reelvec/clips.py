# SPDX-License-Identifier: MIT
"""Clips and animated previews of moments, cut by the ffmpeg program."""
from __future__ import annotations

import ctypes
import math
import os
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

from . import _native
from ._types import Path, Time
from .progress import Reporter
from .query import seconds
from .timelines import Moments, moments_of

OUTCOMES = ("failed", "made", "present")


@dataclass(frozen=True)
class Clip:
    """A clip as it has become. outcome: "made", "present" (it was there already, cut before in the same way) or "failed"
    (then `error` says why). start, end: what it shows, in seconds of its video. early: how much earlier than asked it
    begins, because copies begin at a keyframe. encoder: of the picture, "copy" for copies. timecode: of its first frame,
    if the video has one."""

    outcome: str
    path: str
    start: float = 0.0
    end: float = 0.0
    early: float = 0.0
    frame_count: int = 0
    size_bytes: int = 0
    encoder: str = ""
    timecode: str = ""
    error: str = ""


@dataclass(frozen=True)
class ClipProgress:
    """How far a call is: clip `clip` of `clips`; done and expected are seconds of video, of all clips together."""

    video: str
    path: str
    clip: int
    clips: int
    done: float
    expected: float
    elapsed: float


Progress = Union[bool, Callable[[ClipProgress], Any], None]
"""True: a line on the terminal; or a function that is told how far the clips are, and stops them by returning False."""


def _clip_of(raw: _native.RvCut, error: str = "") -> Clip:
    return Clip("failed" if error else OUTCOMES[raw.outcome], os.fsdecode(raw.path or b""), raw.start_s, raw.end_s, raw.early_s,
                raw.frame_count, raw.size_bytes, raw.encoder.decode(), raw.timecode.decode(), error)


def _fill(raw: _native.RvMoment, video: Path, start: Time, end: Time, name: Optional[str] = None, time: Optional[float] = None,
          score: float = math.nan) -> None:
    raw.video = _native.encode_path(video)
    raw.name = None if name is None else _native.encode_text(name, "a name")
    raw.start_s, raw.end_s, raw.score = seconds(start), seconds(end), score
    raw.time_s = raw.start_s if time is None else time


def _words(state: ClipProgress) -> str:
    place = f"clip {state.clip} of {state.clips}, " if state.clips > 1 else ""
    return f"{place}{os.path.basename(state.video)}: {state.done:.1f} of {state.expected:.1f} s"


def _callback(reporter: Reporter) -> _native.Callback:
    def report(raw: Any) -> bool:
        return reporter(ClipProgress(os.fsdecode(raw.video), os.fsdecode(raw.path), raw.clip, raw.clips_expected, raw.done_s,
                                     raw.expected_s, raw.elapsed_s))

    return _native.Callback(_native.CutProgressCallback, report)


def _options(callback: _native.Callback, **values: Any) -> _native.RvCutOptions:
    values = {name: _native.encode_path(value) if name == "ffmpeg" else
              _native.encode_text(value, name) if isinstance(value, str) else value
              for name, value in values.items() if value is not None}
    return _native.RvCutOptions(progress=callback.pointer, log=_native.log_to_python(), **values)


def _one(function: str, video: Path, start: Time, end: Time, path: Path, progress: Progress, **values: Any) -> Clip:
    reporter = Reporter(progress, _words)
    callback = _callback(reporter)
    moment, cut = _native.RvMoment(), _native.RvCut()
    _fill(moment, video, start, end)
    options = _options(callback, **values)
    with reporter:
        callback.call(function, ctypes.byref(moment), _native.encode_path(path), ctypes.byref(options), ctypes.byref(cut))
    made = _clip_of(cut)
    _native.LIBRARY.rv_cut_clear(ctypes.byref(cut))
    return made


def clip(video: Path, start: Time, end: Time, path: Path = "./", *, exact: bool = False, handles: float = 0.0,
         force: bool = False, container: Optional[str] = None, name: Optional[str] = None, threads: int = 0,
         ffmpeg: Optional[Path] = None, progress: Progress = None) -> Clip:
    """Cut a stretch of a video into a file, or into a folder, where its name is made.

    start, end: seconds, or "1:23". Copied from the keyframe before `start`, see Clip.early; exact=True encodes again, and
    the clip has exactly the frames from start up to end. handles: so many seconds more on both sides. force: replace
    what is there. name: of clips in folders, "{video}_{start}-{end}"; {n}, {name}, {score} too, {{ is a brace. container,
    for folders too: "mp4", "mkv", ...; without it the video's own. progress: True shows a line on the terminal; a function
    is called with a ClipProgress, and by returning False stops the call with CancelledError, which leaves nothing behind.
    """
    return _one("rv_cut", video, start, end, path, progress, exact=exact, handles_s=handles, force=force,
                container=container, name=name, thread_count=threads, ffmpeg=ffmpeg)


def preview(video: Path, start: Time, end: Time, path: Path = "./", *, width: int = 0, rate: float = 0.0,
            handles: float = 0.0, force: bool = False, name: Optional[str] = None, threads: int = 0,
            ffmpeg: Optional[Path] = None, progress: Progress = None) -> Clip:
    """An animated picture of a moment: .gif or .webp by the ending of `path`. width: pixels, 16 to 8192, 480 without; rate:
    frames a second, 0.1 to 50, 12.5 without."""
    return _one("rv_cut_preview", video, start, end, path, progress, width=width, frame_rate=rate, handles_s=handles,
                force=force, name=name, thread_count=threads, ffmpeg=ffmpeg)


def clips(moments: Moments, folder: Path, *, exact: bool = False, handles: float = 0.0, force: bool = False,
          container: Optional[str] = None, name: Optional[str] = None, threads: int = 0, ffmpeg: Optional[Path] = None,
          progress: Progress = None) -> list[Clip]:
    """Cut many moments into files of a folder, one after the other; see clip(). A single one may name its file.

    moments: what search(moments=True) or read_moments() gives, tuples (video, start, end) or (video, start, end, name), or
    anything else that timeline() takes. One that fails does not stop the others: its Clip says why. Clips that are there
    already are left alone.
    """
    listed = moments_of(moments)
    raw = (_native.RvMoment * max(len(listed), 1))()
    for out, moment in zip(raw, listed):
        _fill(out, moment.video, moment.start, moment.end, moment.name, moment.time,
              math.nan if moment.score is None else moment.score)
    made: list[Clip] = []

    def end_one(user: Any, index: int, status: int, cut: Any, error: Any) -> None:
        failure = str(_native.failure(status, error.contents, "rv_cut_list")) if status != 0 else ""
        made.append(_clip_of(cut.contents, failure))

    reporter = Reporter(progress, _words)
    callback = _callback(reporter)
    options = _options(callback, exact=exact, handles_s=handles, force=force, container=container, name=name,
                       thread_count=threads, ffmpeg=ffmpeg)
    report = _native.RvCutReport()
    ended = _native.CutEnded(end_one)
    with reporter:
        callback.call("rv_cut_list", raw, len(listed), _native.encode_path(folder), ctypes.byref(options), ended, None,
                      ctypes.byref(report))
    return made


def ffmpeg(program: Optional[Path] = None) -> tuple[str, str]:
    """Path and version of the ffmpeg that would cut: `program`, else REELVEC_FFMPEG, else the first on PATH. NotFoundError
    where there is none."""
    path, version = ctypes.create_string_buffer(4096), ctypes.create_string_buffer(64)
    _native.call("rv_cut_ffmpeg", None if program is None else _native.encode_path(program), path, len(path), version,
                 len(version))
    return os.fsdecode(path.value), version.value.decode()


__all__ = ["Clip", "ClipProgress", "clip", "clips", "ffmpeg", "preview"]
