# SPDX-License-Identifier: MIT
"""The library: videos, frames with embedding and picture, indexing and searching."""
from __future__ import annotations

import ctypes
import os
import re
from typing import Any, Callable, Iterable, Iterator, Optional, Sequence, Tuple, Union

import numpy as np

from . import _native, errors, query
from ._native import LIBRARY, Callback, call
from ._types import CountProgress, Fusion, ImageInputs, Like, Path, Player, Scan, Texts, Then, Time, Vectors
from .images import Picture
from .indexing import IndexRun, shown
from .model import Model
from .progress import Reporter, count_words
from .query import Term
from .results import Embeddings, Frames, FrameScores, Hits, Videos
from .rows import (CopyReport, Frame, Hit, HitPart, IndexInfo, IndexProgress, IndexReport, LibraryInfo, ReembedReport,
                   Video)
from .timelines import Moment, of_hits

INTERVAL, KEYFRAMES, SCENES = 0, 1, 2
PLAYERS = {"ffmpeg": 0, "mpv": 1, "vlc": 2}
PATH, FILE, ENDING, PATTERN = 1, 2, 3, 4  # how a name found its videos
Block = Tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]", "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]


def default_path() -> str:
    """Path of the default library in the user's data folder."""
    out = ctypes.create_string_buffer(4096)
    call("rv_library_default_path", out, len(out))
    return os.fsdecode(out.value)


def player_time(video: Path, time: Time, player: Player = "mpv") -> float:
    """A time of a video (a path or URL) as a player counts it: for `mpv --start=+S`, `vlc --start-time=S`, and with
    player="ffmpeg" `ffplay -ss S` and `ffmpeg -ss S -i`."""
    if player not in PLAYERS:
        raise errors.ArgumentError(f"'{player}' is not known; give one of {', '.join(PLAYERS)}")
    out = ctypes.c_double()
    call("rv_video_player_time", _native.encode_path(video), PLAYERS[player], query.seconds(time), ctypes.byref(out))
    return out.value


def _sources(path: Path, exclude: Sequence[Path], follow: bool) -> list[bytes]:
    globs = [_native.encode_path(glob) for glob in exclude]
    options = _native.RvSourceOptions(exclude=(ctypes.c_char_p * len(globs))(*globs), exclude_count=len(globs),
                                      follow=follow, log=_native.log_to_python())
    found = _native.RvSources()
    try:
        call("rv_sources_find", _native.encode_path(path), ctypes.byref(options), ctypes.byref(found))
        names: list[bytes] = found.videos.items[:found.videos.count]
        return names
    finally:
        LIBRARY.rv_sources_clear(ctypes.byref(found))


def _double(value: Optional[float]) -> Any:
    return None if value is None else ctypes.pointer(ctypes.c_double(value))


def _fusion(name: str) -> int:
    if name not in query.FUSIONS:
        raise errors.ArgumentError(f"fusion '{name}' is not known; mean, zscore and rrf are")
    return query.FUSIONS[name]


def _glob(pattern: Optional[Path]) -> Optional[bytes]:
    return None if pattern is None else _native.encode_path(pattern)


def _require_library(target: Any) -> None:
    if not isinstance(target, Library):
        raise TypeError(f"target must be a Library, not {type(target).__name__}: Library(\"new.db\", model=...)")


def _video(raw: _native.RvVideo) -> Video:
    path, state, codec, sampling, error, content_key = (
        os.fsdecode(getattr(raw, name) or b"") for name in ("path", "state_name", "codec", "sampling", "error", "content_key"))
    return Video(path, state, raw.frame_count, raw.duration_s, raw.width, raw.height, raw.frame_rate, codec, sampling, error,
                 raw.video_id, content_key)


class Library(_native.Uncopied):
    """A library of frames.

    uri: a file (SQLite) or a server's address; without it REELVEC_LIBRARY, else the user's default library. It is made by
    the first index(). model: a Model, or what Model() takes; without it REELVEC_MODEL, else the library's own, wherever it
    lies now. It is opened when first needed, and closed with the library unless it was given open. read_only: refuse every
    change. device: "cuda" or "cuda:1" searches a library of 20,000 frames or more on that GPU where it fits there, "auto"
    where there is one; the first search copies the library's codes there. threads: of searches, and of making codes and
    lists; 0 means one per core.

    Videos are named by their path or URL, by a file, by the last parts of their path ("clip.mp4", "talks/clip.mp4"), or by
    a pattern ("*.mkv"): the first of these that finds any. "~" at the beginning of a path is the home folder.

    Iterating gives its videos, len() counts them, `in` asks for one by name. One that is still to be made has none.

    Threads may share a library; their calls wait for each other. Open one per thread to search at the same time. A library
    does not survive os.fork(): open it in the child. It is closed by close(), at the end of a `with`, else with the last
    reference to it.
    """

    def __init__(self, uri: Optional[Path] = None, *, model: Union[Model, Path, None] = None, read_only: bool = False,
                 device: Optional[str] = None, threads: int = 0):
        self.uri = os.path.expanduser(os.fspath(uri) if uri is not None
                                      else os.environ.get("REELVEC_LIBRARY") or default_path())
        self.read_only = read_only
        self.device = device
        self.threads = _native.whole(threads, "threads", 0, _native.THREADS_MAX)
        self._model = model if isinstance(model, Model) else None
        self._given = None if isinstance(model, Model) else model
        self._own_model: Optional[Model] = None
        self._handle = _native.Handle("rv_library_close", "Library")
        self._closed = False
        if self.uri != "memory:":
            try:
                self._open(create=False)
            except errors.NotFoundError:
                if read_only:
                    raise

    # ---- opening and closing ----

    def _open(self, create: bool) -> _native.Handle:
        if self._closed:
            raise ValueError("the library is closed")
        if not self._handle.open:
            create = create or self.uri == "memory:"
            mode = _native.OPEN_READ if self.read_only else _native.OPEN_CREATE if create else _native.OPEN_WRITE
            options = _native.RvLibraryOptions(mode=mode, device=_native.encode_device(self.device),
                                               thread_count=self.threads, log=_native.log_to_python())
            self._handle.fill("rv_library_open", _native.encode_path(self.uri), ctypes.byref(options))
        return self._handle

    @property
    def model(self) -> Model:
        """The model, opened when first asked for."""
        if self._model is not None:
            return self._model
        if self._own_model is None:
            self._own_model = self._find_model()
        return self._own_model

    def _find_model(self) -> Model:
        """As it was given, else REELVEC_MODEL, else the library's own; ViT-B/32 for one that is still to be made."""
        if self._given is not None or os.environ.get("REELVEC_MODEL"):
            return Model(self._given)
        try:
            handle = self._open(create=False)
        except errors.NotFoundError:
            return Model()
        with handle as library:
            return Model._of_library(library)

    def close(self) -> None:
        """Give everything back; the library cannot be used afterwards."""
        self._handle.close()
        self._closed = True
        if self._own_model is not None:
            self._own_model.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *exception: Optional[object]) -> None:
        self.close()

    def __repr__(self) -> str:
        shown = re.sub("(://[^:/@]*):.*@", r"\1:***@", self.uri)  # no password in logs and notebooks
        return f"<reelvec.Library {shown}>"

    # ---- as a collection of videos ----

    def __iter__(self) -> Iterator[Video]:
        return iter(self.videos() if self._made() else ())

    def __len__(self) -> int:
        if not self._made():
            return 0
        with self._open(create=False) as library:
            return len(self._paths(library))

    def __contains__(self, video: object) -> bool:
        if not isinstance(video, (str, os.PathLike)):
            raise TypeError(f"a library contains videos by their names, not {type(video).__name__}")
        return self._made() and len(self._find(video)[0]) > 0

    def __bool__(self) -> bool:
        return True  # one that holds nothing is a library all the same

    def _made(self) -> bool:
        try:
            self._open(create=False)
        except errors.NotFoundError:
            return False
        return True

    # ---- indexing ----

    def index(self, path: Union[Path, Iterable[Path]], *,
              progress: Union[bool, Callable[[IndexProgress], Any], None] = None, every: float = 0, keyframes: bool = False,
              scenes: Union[bool, float] = False, batch: int = 0, height: int = 0, quality: int = 0,
              normalize: bool = True, exact_pixels: bool = False, retry_failed: bool = False, force: bool = False,
              skip_similar: float = 0, hwaccel: str = "none", jobs: int = 0, exclude: Sequence[Path] = (),
              follow: bool = False) -> list[IndexReport]:
        """Take a video, a URL, or all videos below a folder into the library; or several of these.

        A frame every second; `every` for another interval in seconds, or keyframes=True, or scenes=True (or a threshold
        of 0 to 1). What is complete is left alone, what was interrupted goes on. height and quality: of the stored
        pictures (360 pixels, JPEG quality 85). batch: frames per transaction (16, at most 256). skip_similar: a frame that
        differs from the last embedded one by less than so many of the 255 levels on average takes its embedding; 0 embeds
        every frame. hwaccel: "none", "auto", or a name that `reelvec doctor` lists, also with a device: "cuda:1". jobs: so many videos
        are decoded at once; 0: as many as the model's device wants.

        progress: True shows a line on the terminal; a function is called after every batch and several times a second with
        an IndexProgress of each video that is under way, and stops indexing with CancelledError by returning False. Ctrl-C
        stops it likewise, with KeyboardInterrupt. What was finished is kept.

        exclude: globs of files and folders to leave out below a folder, as in a file .reelvecignore there; follow: go into
        symbolic links to folders. Folders below that cannot be read are gone past, with an error to the logger "reelvec".

        One report for each video, in their order. Of a single video a failure is raised; of several the failed ones are in
        the list with their error, and the others go on.
        """
        if sum((bool(every), keyframes, scenes is not False)) > 1:
            raise errors.ArgumentError("every, keyframes and scenes exclude each other")
        options = _native.RvIndexOptions(
            sampling=_native.RvSamplingOptions(
                kind=KEYFRAMES if keyframes else SCENES if scenes is not False else INTERVAL, interval_s=every,
                scene_threshold=0 if isinstance(scenes, bool) else scenes, exact_pixels=exact_pixels),
            batch_size=_native.whole(batch, "batch", 0, _native.BATCH_MAX),
            thumbnail_height=_native.whole(height, "height", 0, 2**16),
            thumbnail_quality=_native.whole(quality, "quality", 0, 100), embedding_length=_native.length_of(normalize), retry_failed=retry_failed,
            force=force, skip_similar=skip_similar, hwaccel=_native.encode_text(hwaccel, "hwaccel"))
        places: Iterable[Path] = [path] if isinstance(path, (str, bytes, os.PathLike)) else path
        run = IndexRun([name for place in places for name in _sources(place, exclude, follow)], progress)
        model = self.model  # before the library is made, or is in use
        with self._open(create=True) as library, model._handle as encoder:
            run.run(library, encoder, options, _native.whole(jobs, "jobs", 0, _native.JOBS_MAX))
        return run.reports

    # ---- searching ----

    def _ask(self, function: str, asked: Sequence[Term], options: _native.RvSearchOptions, *out: Any) -> None:
        dimensions = self._dimensions() if any(term.is_vector for term in asked) else 0
        array = query.to_c(asked, dimensions)
        if any(term.needs_model for term in asked):
            handle = self._open(create=False)
            model = self.model  # before the library is in use
            with handle as library, model._handle as encoder:
                call(function, library, encoder, array, len(asked), ctypes.byref(options), *out)
        else:
            with self._open(create=False) as library:
                call(function, library, None, array, len(asked), ctypes.byref(options), *out)

    def search(self, text: Optional[Texts] = None, *, image: Optional[ImageInputs] = None, like: Optional[Like] = None,
               vector: Optional[Vectors] = None, without: Optional[Texts] = None, terms: Iterable[Term] = (), top: int = 5,
               video: Optional[Path] = None, after: Optional[Time] = None, before: Optional[Time] = None,
               min_score: Optional[float] = None, fusion: Fusion = "mean", moments: bool = False, moment_gap: float = 0,
               pad: float = 0, scan: Scan = "auto", partial: bool = False, then: Optional[Then] = None,
               within: Optional[float] = None) -> Hits:
        """The best frames, best first: a sequence of Hit, which becomes a table by to_pandas() or to_arrow().

        text, image, like ("talk.mp4@12:30" or ("talk.mp4", 750)) and vector may each be one or several; `without` is a text
        that the frames should not show; terms are Term objects with weights. Several terms: the weighted mean of their
        scores (fusion "mean"), or ranked term by term ("zscore", "rrf"). video: a video's name, or a pattern; NotFoundError
        where there is none. after and before: seconds or "h:mm:ss", inclusive. moments: spans of the videos with start and
        end around the best frames, as far as the video shows the same; pad: seconds by which each is longer on both sides.
        scan: "auto" uses the approximate index where the library has one, "exact" never, "approximate" raises NotFoundError
        where there is none. partial: if machines of a cluster do not answer, search the videos that the others have, with a
        warning, instead of raising NetworkError.

        then: what follows in the same video, "a dog runs"; several further parts are a list, and a part of several terms is
        a list in it: then=["a dog runs", ["a cat", Term.text("night", -1)]]. The hits are then sequences (Hit.parts), best
        first, without those that overlap a better one in time. within: the most seconds from one part to the next (60).
        """
        parts = query.parts_of(then)  # once: it may be a generator
        asked = query.collect(text, image, like, vector, without, terms, parts)
        if scan not in query.SCANS:
            raise errors.ArgumentError(f"scan '{scan}' is not known; auto, exact and approximate are")
        options = _native.RvSearchOptions(
            top=_native.whole(top, "top", 1, _native.TOP_MAX), fusion=_fusion(fusion), video_glob=_glob(video),
            min_score=_double(min_score), after_s=_double(None if after is None else query.seconds(after)),
            before_s=_double(None if before is None else query.seconds(before)), moments=moments, moment_gap_s=moment_gap,
            pad_s=pad, scan=query.SCANS[scan], partial=partial, within_s=query.within_of(within, parts))
        found = _native.RvHits()
        self._ask("rv_library_search", asked, options, ctypes.byref(found))
        try:
            return Hits((Hit(raw.score, raw.time_s, os.fsdecode(raw.video), raw.frame_number, raw.start_s, raw.end_s, raw.video_id,
                             tuple(HitPart(part.frame_number, part.time_s, part.score) for part in raw.parts[:raw.part_count]))
                         for raw in found.items[:found.count]),
                        moments=moments, part_count=len(parts) + 1 if parts else 0, picture=self.picture)
        finally:
            LIBRARY.rv_hits_clear(ctypes.byref(found))

    def moments(self, hits: Iterable[Hit], name: Optional[str] = None) -> list[Moment]:
        """What search() found as moments for export() and clips(). A hit without length lasts as long as its frame stands for
        its video: up to the next one. name: several are called "name 1", "name 2"; by default after video and time."""
        with self._open(create=False) as library:
            return of_hits(library, list(hits), name)

    def scores(self, video: Path, text: Optional[Texts] = None, *, image: Optional[ImageInputs] = None,
               like: Optional[Like] = None, vector: Optional[Vectors] = None, without: Optional[Texts] = None,
               terms: Iterable[Term] = (), fusion: Fusion = "mean", among: Optional[Path] = None) -> FrameScores:
        """The score of every frame of one video, by time, as arrays: what search() ranks, as a curve. video: its path or
        name. among: a name or pattern of the videos with which "zscore" and "rrf" compare its frames; without it all. The
        other arguments are those of search()."""
        asked = query.collect(text, image, like, vector, without, terms)
        options = _native.RvSearchOptions(fusion=_fusion(fusion), video_glob=_glob(among))
        found = _native.RvFrameScores()
        self._ask("rv_library_video_scores", asked, options, _native.encode_path(video), ctypes.byref(found))
        try:
            rows = np.ctypeslib.as_array(found.items, (found.count,)) if found.count > 0 else np.zeros(0, found.items._type_)
            return FrameScores(*(rows[name].copy() for name in ("frame_number", "time_s", "end_s", "score")))
        finally:
            LIBRARY.rv_frame_scores_clear(ctypes.byref(found))

    # ---- the approximate index ----

    def build_index(self, kind: Optional[str] = None, settings: Optional[str] = None) -> None:
        """Build the approximate index that this kind of library has, instead of the one that is there. kind: "ivf",
        "hnsw", ...; settings: "lists=1000". UnsupportedError where it has none."""
        options = _native.RvAnnOptions(kind=kind and _native.encode_text(kind, "the kind"),
                                       settings=settings and _native.encode_text(settings, "the settings"))
        with self._open(create=False) as library:
            call("rv_library_ann_build", library, ctypes.byref(options))

    def drop_index(self) -> bool:
        """Drop the approximate index; False where there was none."""
        dropped = ctypes.c_bool()
        with self._open(create=False) as library:
            call("rv_library_ann_drop", library, ctypes.byref(dropped))
        return dropped.value

    def index_info(self) -> Optional[IndexInfo]:
        """The approximate index; None where there is none."""
        raw = _native.RvAnnInfo()
        with self._open(create=False) as library:
            call("rv_library_ann_info", library, ctypes.byref(raw))
        if not raw.present:
            return None
        return IndexInfo(raw.kind.decode(), raw.settings.decode(), raw.size_bytes, raw.row_count, raw.newer_count,
                         raw.automatic, raw.fault.decode(errors="replace"))

    # ---- looking inside ----

    def _dimensions(self) -> int:
        for block in self._blocks(None, limit=1):
            return int(block[3].shape[1])
        raise errors.NotFoundError(f"{self.uri}: the library holds no frames to compare a vector with")

    @staticmethod
    def _paths(library: ctypes.c_void_p) -> list[Video]:
        """The videos without their numbers of frames, which take longest."""
        found = _native.RvVideos()
        call("rv_library_paths", library, ctypes.byref(found))
        try:
            return [_video(raw) for raw in found.items[:found.count]]
        finally:
            LIBRARY.rv_videos_clear(ctypes.byref(found))

    def _find(self, name: Optional[Path]) -> tuple[list[Video], int]:
        """The videos that a name means, and the way in which it does."""
        found, naming = _native.RvVideos(), ctypes.c_int()
        with self._open(create=False) as library:
            call("rv_library_find", library, _glob(name), ctypes.byref(found), ctypes.byref(naming))
        try:
            return [_video(raw) for raw in found.items[:found.count]], naming.value
        finally:
            LIBRARY.rv_videos_clear(ctypes.byref(found))

    def videos(self, video: Optional[Path] = None) -> Videos:
        """The videos by path: all, or those that a name or pattern means."""
        return Videos(self._find(video)[0])

    def _video_id(self, video: Union[int, Path], pattern: bool = True) -> int:
        """The id of the only video that a name means; pattern: whether it may be a pattern."""
        if not isinstance(video, (str, bytes, os.PathLike)):
            return _native.whole(video, "the video's id", 0, 2**63 - 1)
        found, naming = self._find(video)
        name = shown(os.fsencode(video))
        if not found:
            raise errors.NotFoundError(f"{name}: no such video in the library; videos() shows their paths")
        if naming == PATTERN and not pattern:
            raise errors.NotFoundError(f"{name}: no such video in the library; as a pattern it means {len(found)}, the "
                                       f"first is {found[0].path}")
        if len(found) > 1:
            raise errors.NotFoundError(f"{name}: means {len(found)} videos, among them {found[0].path} and {found[1].path}; "
                                       "give more of the path")
        return found[0].video_id

    def frames(self, video: Union[int, Path, None] = None) -> Frames:
        """The frames of all videos, or of those that a name, pattern or id means, as arrays and rows, without embeddings."""
        if isinstance(video, (str, bytes, os.PathLike)):
            paths = {row.video_id: row.path for row in self._find(video)[0]}
        else:
            paths = {row.video_id: row.path for row in self._find(None)[0]}
            if video is not None:
                wanted = _native.whole(video, "the video's id", 0, 2**63 - 1)
                paths = {wanted: paths[wanted]} if wanted in paths else {}
        parts: list[Tuple[Any, Any, Any]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        for video_id in sorted(paths):
            raw = _native.RvFrames()
            with self._open(create=False) as library:
                call("rv_library_frames", library, video_id, ctypes.byref(raw))
            if raw.count > 0:
                rows = np.ctypeslib.as_array(raw.items, (raw.count,))
                parts.append((np.full(raw.count, video_id, np.int64), rows["frame_number"].copy(), rows["time_s"].copy()))
            LIBRARY.rv_frames_clear(ctypes.byref(raw))
        video_ids, frame_numbers, times = (np.concatenate(arrays) for arrays in zip(*parts))
        return Frames(video_ids, frame_numbers, times, paths)

    def frame_at(self, frame: Union[str, tuple[Path, Time]]) -> Frame:
        """The stored frame nearest to a time, of one video: "talk.mp4@12:30" or ("talk.mp4", 750)."""
        term, video_id, found = Term.like(frame), ctypes.c_int64(), _native.RvFrameInfo()
        with self._open(create=False) as library:
            call("rv_library_frame_at", library, term.value, term.time, ctypes.byref(video_id), ctypes.byref(found))
            path = next((row.path for row in self._paths(library) if row.video_id == video_id.value), "")
        return Frame(found.time_s, path, found.frame_number, video_id.value)

    def _blocks(self, video: Optional[Path], limit: Optional[int] = None) -> list[Block]:
        blocks: list[Block] = []

        def array(address: int, kind: Any, shape: tuple[int, ...]) -> Any:
            return np.ctypeslib.as_array((kind * int(np.prod(shape))).from_address(address)).reshape(shape).copy()

        def keep(rows: Any) -> bool:
            blocks.append((array(rows.video_ids, ctypes.c_int64, (rows.count,)),
                           array(rows.frame_numbers, ctypes.c_int64, (rows.count,)),
                           array(rows.times_s, ctypes.c_double, (rows.count,)),
                           array(rows.embeddings, ctypes.c_float, (rows.count, rows.dimensions))))
            return limit is None or len(blocks) < limit

        callback = Callback(_native.FrameRowsCallback, keep)
        with self._open(create=False) as library:
            try:
                callback.call("rv_library_embeddings", library, _glob(video), callback.pointer, None)
            except errors.CancelledError:  # our own limit
                pass
        return blocks

    def embeddings(self, video: Optional[Path] = None) -> Embeddings:
        """All embeddings, or those of the videos that a name or pattern means, as arrays and rows."""
        blocks = self._blocks(video)
        with self._open(create=False) as library:
            paths = {row.video_id: row.path for row in self._paths(library)}
        if not blocks:
            return Embeddings(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), paths, np.zeros((0, 0), np.float32))
        video_ids, frame_numbers, times, vectors = (np.concatenate(arrays) for arrays in zip(*blocks))
        return Embeddings(video_ids, frame_numbers, times, paths, vectors)

    def picture(self, video: Union[int, Path], frame_number: int) -> Picture:
        """The stored picture (JPEG) of a frame. video: its id, path or name."""
        video_id, number = self._video_id(video), _native.whole(frame_number, "frame_number", 0, 2**63 - 1)
        data, size = ctypes.POINTER(ctypes.c_uint8)(), ctypes.c_size_t()
        with self._open(create=False) as library:
            call("rv_library_picture", library, video_id, number, ctypes.byref(data), ctypes.byref(size))
        try:
            return Picture(ctypes.string_at(data, size.value))
        finally:
            LIBRARY.rv_free(data)

    def info(self) -> LibraryInfo:
        """Counts and extremes; reads every row."""
        raw = _native.RvLibraryInfo()
        with self._open(create=False) as library:
            call("rv_library_info", library, ctypes.byref(raw))
            details = ctypes.create_string_buffer(_native.MODEL_DETAILS_SIZE)
            call("rv_library_model_details", library, details, len(details))
        values = _native.values_of(raw)
        texts = (os.fsdecode(value) if isinstance(value, bytes) else value for value in values)
        facts: dict[str, Any] = dict(zip(LibraryInfo.__dataclass_fields__, texts))
        return LibraryInfo(**facts, model_details=_native.details_of(details.value))

    @property
    def id(self) -> str:
        """What tells this library from every other one, wherever its file lies: 32 hexadecimal digits."""
        text = ctypes.create_string_buffer(33)
        with self._open(create=False) as library:
            call("rv_library_id", library, text)
        return text.value.decode()

    @property
    def normalized(self) -> bool:
        """Whether embeddings have length 1, so that the score of one term is a cosine; True of an empty library."""
        length = ctypes.c_int()
        with self._open(create=False) as library:
            call("rv_library_length", library, ctypes.byref(length))
        return length.value == 0

    # ---- looking after it ----

    def verify(self) -> list[str]:
        """Check everything; one line for each fault."""
        faults: list[str] = []
        report = _native.FaultCallback(lambda user, line: faults.append(line.decode("utf-8", "replace")))
        count = ctypes.c_size_t()
        with self._open(create=False) as library:
            call("rv_library_verify", library, report, None, ctypes.byref(count))
        return faults

    def remove(self, video: Union[int, Path]) -> None:
        """Remove a video (its id, path or name, no pattern) with all its frames."""
        video_id = self._video_id(video, pattern=False)
        with self._open(create=False) as library:
            call("rv_library_remove", library, video_id)

    def copy_to(self, target: "Library", *, video: Optional[Path] = None, replace: bool = False,
                progress: CountProgress = None) -> CopyReport:
        """Copy videos into another library of any kind. Run again it goes on where it stopped.

        video: a name or pattern; NotFoundError where there is none. replace: a video of the same path with other content
        there gives way. progress: True shows a line on the terminal; a function is called with the numbers of frames done
        and expected, and stops copying with CancelledError by returning False.
        """
        reporter = Reporter(progress, count_words("frames"))

        def report_progress(raw: Any) -> bool:
            return reporter(raw.frames_done, raw.frames_expected)

        callback = Callback(_native.CopyProgressCallback, report_progress)
        options = _native.RvCopyOptions(video_glob=_glob(video), replace=replace, progress=callback.pointer)
        report = _native.RvCopyReport()
        _require_library(target)
        if target is self:
            raise errors.ArgumentError("a library cannot be copied onto itself")
        # In one order for all threads, so that two copies in opposite directions do not wait for each other.
        ours, theirs = self._open(create=False), target._open(create=True)
        first, second = sorted((ours, theirs), key=id)
        with first as one, second as other, reporter:
            library, to = (one, other) if first is ours else (other, one)
            callback.call("rv_library_copy", library, to, ctypes.byref(options), ctypes.byref(report))
        return CopyReport(*_native.values_of(report))

    def reembed_to(self, target: "Library", *, video: Optional[Path] = None, from_pictures: bool = False,
                   replace: bool = False, exact_pixels: bool = False, batch: int = 0, jobs: int = 0,
                   hwaccel: str = "none", skip_similar: float = 0,
                   progress: CountProgress = None) -> ReembedReport:
        """Embed the videos anew with the model of another library, into it: Library("new.db", model=...).

        Each video is decoded again with its own sampling; paths, order, frame numbers, times and pictures stay the same.
        This library is only read, and can be searched meanwhile. Run again it goes on where it stopped.

        from_pictures: where a video is gone or has changed, embed its stored pictures, which are smaller JPEGs; without it
        such videos are left out, and the report says so. replace: a video of the same path with other content or sampling
        there gives way. The others are as in index() and copy_to().
        """
        reporter = Reporter(progress, count_words("frames"))

        def report_progress(raw: Any) -> bool:
            return reporter(raw.frames_done, raw.frames_expected)

        def note_left_out(user: Any, name: bytes, why: Any) -> None:
            left_out.append(str(_native.failure(why.contents.status, why.contents, "rv_library_reembed")))

        left_out: list[str] = []
        callback = Callback(_native.CopyProgressCallback, report_progress)
        options = _native.RvReembedOptions(
            video_glob=_glob(video), from_pictures=from_pictures, replace=replace, exact_pixels=exact_pixels,
            batch_size=_native.whole(batch, "batch", 0, _native.BATCH_MAX),
            jobs=_native.whole(jobs, "jobs", 0, _native.JOBS_MAX), hwaccel=_native.encode_text(hwaccel, "hwaccel"),
            skip_similar=skip_similar, progress=callback.pointer, left_out=_native.LeftOutCallback(note_left_out))
        report = _native.RvReembedReport()
        _require_library(target)
        if target is self:
            raise errors.ArgumentError("a library cannot be re-embedded into itself")
        ours = self._open(create=False)
        with ours as library:
            call("rv_library_reembed_possible", library, _native.encode_path(target.uri))
        if video is not None and not self._find(video)[0]:  # before the library is made
            raise errors.NotFoundError(f"{shown(os.fsencode(video))}: no such video in the library; videos() shows their "
                                       "paths")
        model = target.model  # before the library is made
        theirs = target._open(create=True)
        first, second = sorted((ours, theirs), key=id)  # as in copy_to()
        with first as one, second as other, model._handle as encoder, reporter:
            library, to = (one, other) if first is ours else (other, one)
            callback.call("rv_library_reembed", library, to, encoder, ctypes.byref(options), ctypes.byref(report))
        numbers: dict[str, Any] = dict(zip(ReembedReport.__dataclass_fields__, _native.values_of(report)))
        return ReembedReport(**numbers, left_out=tuple(left_out))
