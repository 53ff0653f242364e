# SPDX-License-Identifier: MIT
"""Indexing a list of videos, several at once: hands them to the C library, and keeps what became of each."""
from __future__ import annotations

import ctypes
import os
from typing import Any, Callable, Optional, Sequence, Union

from . import _native, errors
from .progress import Reporter
from .rows import IndexProgress, IndexReport

OUTCOMES = ("indexed", "unchanged", "renamed", "duplicate", "failed before", "left to another process")
VIDEO, END = 0, 2
GENERAL = (errors.CancelledError, errors.MismatchError, errors.BusyError, errors.OutOfMemoryError)


def shown(name: bytes) -> str:
    """An address without user and password, a path as it is."""
    out = ctypes.create_string_buffer(len(name) + 1)
    _native.LIBRARY.rv_source_show(name, out, len(out))
    return os.fsdecode(out.value)


class IndexRun:
    """One call's list. reports: of the names that were begun, in their order."""

    def __init__(self, names: Sequence[bytes], progress: Union[bool, Callable[[IndexProgress], Any], None]):
        self._reports: list[Optional[IndexReport]] = [None] * len(names)
        self._names = names
        self._reporter = Reporter(progress, self._words)
        self._begun = 0
        self._places: dict[int, int] = {}  # of the slots' videos
        self._error: Optional[errors.ReelvecError] = None  # that stops all
        self._failure: Optional[errors.ReelvecError] = None  # of the last video that failed by itself
        # Always there, so that Ctrl-C gets through.
        self._callback = _native.Callback(_native.IndexProgressCallback, self._report)
        self._next = _native.IndexNext(self._take)
        self._ended = _native.IndexEnded(self._end)

    @property
    def reports(self) -> list[IndexReport]:
        return [report for report in self._reports if report is not None]

    def _words(self, state: IndexProgress) -> str:
        place = f"video {self._begun} of {len(self._names)}, " if len(self._names) > 1 else ""
        expected = f" of {state.frames_expected}" if state.frames_expected > 0 else ""
        return f"{place}{os.path.basename(state.video)}: {state.frames_done}{expected} frames"

    def _report(self, raw: Any) -> bool:
        if self._error is not None:
            return False
        return self._reporter(IndexProgress(os.fsdecode(raw.video), raw.frames_done, raw.frames_expected, raw.elapsed_s,
                                            raw.bytes_read, raw.bytes_expected))

    def _take(self, user: Any, slot: int, item: Any) -> int:
        if self._begun == len(self._names) or self._error is not None or self._callback.stopped:
            return END
        item.contents.path_or_url = self._names[self._begun]
        self._places[slot] = self._begun
        self._begun += 1
        return VIDEO

    def _end(self, user: Any, slot: int, status: int, report: Any, error: Any) -> None:
        place, raw = self._places[slot], report.contents
        video = shown(self._names[place])
        if status == 0:
            self._reports[place] = IndexReport(
                video, OUTCOMES[raw.outcome], raw.video_id, raw.frame_count, raw.frames_embedded, raw.frames_similar,
                raw.similar_checked, raw.similar_cosine, raw.frames_resumed, raw.damaged_packets, raw.decode_s, raw.pixels_s,
                raw.embed_s, raw.store_s, raw.total_s, error=os.fsdecode(raw.failure or b""),
                same_as=os.fsdecode(raw.same_as or b""))
            return
        failure = _native.failure(status, error.contents, "rv_library_index_list")
        if isinstance(failure, GENERAL):
            self._error = self._error or failure
        self._failure = failure
        self._reports[place] = IndexReport(video, "failed", error=str(failure))

    def run(self, library: ctypes.c_void_p, encoder: ctypes.c_void_p, options: _native.RvIndexOptions, jobs: int) -> None:
        """Raises what stops all videos, and what befell the only one."""
        options.progress = self._callback.pointer
        videos = _native.RvIndexList(jobs=jobs, next=self._next, ended=self._ended)
        with self._reporter:
            self._callback.call("rv_library_index_list", library, encoder, ctypes.byref(videos), ctypes.byref(options))
        if self._error is not None:
            raise self._error
        if len(self._names) == 1 and self._failure is not None:
            raise self._failure
