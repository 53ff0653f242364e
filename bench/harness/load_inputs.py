# SPDX-License-Identifier: MIT
"""What bench/serve_load needs: a library of generated frames that texts of the demo's model find, the queries, and a video
of a gigabyte."""
import contextlib
import itertools
import json
import pathlib
import random
import shutil
import subprocess
import urllib.parse
import urllib.request

import numpy

from bench import ROOT

MODEL = ROOT / "models" / "demo"
CLIP = ROOT / "examples" / "media" / "demo.mp4"
SCENE_FRAMES, VIDEO_FRAMES = 20, 1000
FIRST_VIDEO = 2  # the clip is the first
WORDS = (("small", "large", "red", "blue", "green", "old", "bright", "dark", "round", "broken"),
         ("owl", "castle", "rocket", "pizza", "circle", "bridge", "boat", "horse", "piano", "lamp"),
         ("in snow", "at night", "by the sea", "in a box", "under a tree", "on a hill", "in the rain", "at noon", "in fog", "on a road"),
         ("", " seen from above", " far away", " from behind", " in a mirror", " upside down", " with a shadow", " cut in half",
          " drawn in ink", " on old film"))


@contextlib.contextmanager
def serve(program, library, *options):
    """A server of the library; gives its process and port."""
    process = subprocess.Popen([program, "serve", "--quiet", "--port", "0", "--library", library, "--model", MODEL, *options],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise SystemExit("reelvec serve does not start")
        yield process, urllib.parse.urlsplit(address).port
    finally:
        process.terminate()
        process.wait()


def embed(port, texts):
    """float32[count, dimensions], of length 1."""
    found = []
    for first in range(0, len(texts), 500):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/embeddings", json.dumps({"input": texts[first:first + 500]}).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            found += [item["embedding"] for item in json.load(answer)["data"]]
    return unit(numpy.asarray(found, numpy.float32))


def unit(vectors):
    return vectors / numpy.linalg.norm(vectors, axis=-1, keepdims=True)


def frames_for(texts, frame_count):
    """float32[frame_count, dimensions]: scenes of 20 frames that drift, in a narrow cone of directions, as with CLIP; each
    has one of the texts for its subject, with a cosine of about 0.3."""
    generator = numpy.random.default_rng(1)
    dimensions = texts.shape[1]

    def directions(count):
        return unit(generator.standard_normal((count, dimensions), numpy.float32))

    subjects = unit(texts - texts.mean(axis=0))
    scene_count = -(-frame_count // SCENE_FRAMES)
    scenes = directions(1) + 0.9 * directions(scene_count) + 0.45 * subjects[numpy.arange(scene_count) % len(subjects)]
    drifts = 0.4 * directions(scene_count)
    rows = numpy.arange(frame_count)
    place = (rows % SCENE_FRAMES / SCENE_FRAMES).astype(numpy.float32)[:, None]
    scene = rows // SCENE_FRAMES
    return unit(scenes[scene] + place * drifts[scene] + 0.2 * directions(frame_count)).astype(numpy.float32)


def name_queries(texts, scene_count):
    """Texts and frames (one of each scene) in turn: what stands for {query}."""
    asked = [urllib.parse.urlencode({"text": text}) for text in texts]
    rows = [scene * SCENE_FRAMES + SCENE_FRAMES // 2 for scene in range(scene_count)]
    random.Random(1).shuffle(rows)
    frames = [f"frame={FIRST_VIDEO + row // VIDEO_FRAMES}:{row % VIDEO_FRAMES + 1}" for row in rows]
    return [query for pair in zip(asked, itertools.cycle(frames)) for query in pair]


def make_texts(count):
    texts = [f"a {' '.join(words[:3])}{words[3]}" for words in itertools.product(*WORDS)]
    random.Random(1).shuffle(texts)
    return texts[:count]


def make(bench, folder, frame_count, file_bytes):
    program, library = bench.reelvec, folder / "library.db"
    clip = folder / "clip.mp4"
    shutil.copy(CLIP, clip)
    subprocess.run([program, "index", "--quiet", "--every", "60", "--model", MODEL, "--library", library, clip], check=True)
    scene_count = frame_count // SCENE_FRAMES
    texts = make_texts(scene_count)
    with serve(program, library) as (_, port):
        text_vectors = embed(port, texts)
    vectors = frames_for(text_vectors, frame_count)
    vectors.tofile(folder / "vectors.f32")
    text_vectors.tofile(folder / "texts.f32")
    queries = name_queries(texts, scene_count)
    subprocess.run([bench.program("bench_search"), "load", library, folder / "vectors.f32", str(vectors.shape[1]), str(VIDEO_FRAMES)],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([bench.program("bench_search"), "codes", library], check=True)
    with clip.open("ab") as file:
        block = random.Random(1).randbytes(1 << 20)
        while file.tell() < file_bytes:
            file.write(block[:file_bytes - file.tell()])
    (folder / "facts.json").write_text(json.dumps({
        "dimensions": int(vectors.shape[1]), "frames": frame_count, "frames_per_video": VIDEO_FRAMES, "first_video": FIRST_VIDEO,
        "texts": texts, "queries": queries}))


def made(bench, frame_count, file_bytes):
    """The folder with library.db, clip.mp4, vectors.f32, texts.f32 (of the texts in facts.json) and facts.json, which comes
    last. The library has the clip's path, so nothing is moved."""
    folder = pathlib.Path(bench.out) / f"serve-{frame_count}-{file_bytes >> 20}"
    if not (folder / "facts.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(bench, folder, frame_count, file_bytes)
    return folder
