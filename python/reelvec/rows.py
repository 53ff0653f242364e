# SPDX-License-Identifier: MIT
"""What a library gives back, one by one: hits, frames, videos, reports."""
from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass, field

from . import _native


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

    score: float
    time: float
    video: str
    frame_number: int
    start: float
    end: float
    video_id: int
    parts: tuple[HitPart, ...] = ()  # of a sequence, in its order


@dataclass(frozen=True)
class Frame:
    """A stored frame. time: seconds."""

    time: float
    video: str
    frame_number: int
    video_id: int


@dataclass(frozen=True)
class Video:
    """A video of the library. state: "indexing", "complete" or "failed". error: why it failed, or what was damaged in a
    complete one, or that it is from pictures."""

    path: str
    state: str
    frame_count: int
    duration: float
    width: int
    height: int
    frame_rate: float
    codec: str
    sampling: str
    error: str
    video_id: int
    content_key: str

    @property
    def missing(self) -> bool:
        """Whether its file is gone, as far as this machine can tell; its frames are in the library all the same."""
        raw = _native.RvVideo(path=os.fsencode(self.path))
        return bool(_native.LIBRARY.rv_video_is_missing(ctypes.byref(raw)))

    @property
    def from_pictures(self) -> bool:
        """Whether reembed_to() made its embeddings from stored pictures, which are smaller than its frames."""
        raw = _native.RvVideo(error=os.fsencode(self.error))
        return bool(_native.LIBRARY.rv_video_is_from_pictures(ctypes.byref(raw)))


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
    error: str = ""  # why it failed, now or, if it was left out for that, before
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
