# SPDX-License-Identifier: MIT
"""What mypy must understand of programs that use the package, and must refuse. test_typing.py hands it to mypy, nothing runs
it. A `type: ignore` that is not needed is an error, so each of them stands for a mistake that mypy finds."""
from __future__ import annotations

import pathlib
from fractions import Fraction
from typing import Iterator, Optional

import numpy as np
from numpy.typing import NDArray

import reelvec


def search(library: reelvec.Library, image: NDArray[np.uint8]) -> None:
    hits: reelvec.Hits = library.search("a red car", top=3, video=pathlib.Path("talk.mp4"), after="1:30", fusion="rrf")
    library.search(image=image)
    library.search(image=[image, b"JPEG", pathlib.Path("photo.jpg"), "photo.jpg"], like=("talk.mp4", 750))
    library.search(vector=np.zeros(512, np.float32), then=["a dog runs", ["a cat", reelvec.Term.text("night", -1)]])
    first: reelvec.Hit = hits[0]
    some: reelvec.Hits = hits[:2]
    score: float = first.score
    pictures: list[Optional[reelvec.Picture]] = some.pictures()
    times: list[float] = [hit.time for hit in hits]
    rows = hits.to_list()
    rows[0]["score"]
    scores: NDArray[np.float64] = library.scores("talk.mp4", "a red car").scores
    print(score, pictures, times, scores)

    library.search("a red car", topp=3)  # type: ignore[call-arg]
    library.search("a red car", fusion="sum")  # type: ignore[arg-type]
    library.search(7)  # type: ignore[arg-type]
    hits[0].scores  # type: ignore[attr-defined]
    hits[0].score = 1  # type: ignore[misc]
    number: int = first.score  # type: ignore[assignment]
    print(number)


def look(library: reelvec.Library) -> Iterator[str]:
    for video in library:
        yield video.path
    count: int = len(library)
    known: bool = "talk.mp4" in library
    vectors: NDArray[np.float32] = library.embeddings().vectors
    for frame in library.frames("talk.mp4"):
        print(frame.time, frame.video, count, known, vectors)
    library.close(now=True)  # type: ignore[call-arg]


def index(library: reelvec.Library) -> None:
    def told(progress: reelvec.IndexProgress) -> bool:
        return progress.frames_done < 100

    for report in library.index(["talk.mp4", pathlib.Path("~/Videos")], progress=told, every=2):
        print(report.outcome, report.frame_count)
    library.index("talk.mp4", progress=True)
    library.index("talk.mp4", progress=lambda done: done.frames)  # type: ignore[attr-defined]


def embed(model: reelvec.Model, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    texts: NDArray[np.float32] = model.encode_text(["a red car"], batch_size=8, progress=lambda done, expected: done < 3)
    mixed: NDArray[np.float32] = model.encode(["a red car", image, pathlib.Path("photo.jpg")])
    model.encode_text(7)  # type: ignore[arg-type]
    return model.similarity(texts, mixed)


def cut(library: reelvec.Library) -> None:
    hits = library.search("a red car", moments=True)
    reelvec.export(hits, "cars.otio", handles=1, rate=Fraction(30000, 1001))
    reelvec.export([reelvec.Moment("talk.mp4", 1, 2), ("talk.mp4", 3, 4), {"video": "talk.mp4", "start": 5}], "cuts.srt")
    made: list[reelvec.Clip] = reelvec.clips(hits, "found/")
    text: str = reelvec.timeline(hits, "webvtt")[0].text
    print(made[0].path, text)
    reelvec.export(hits, "cars.otio", handle=1)  # type: ignore[call-arg]
