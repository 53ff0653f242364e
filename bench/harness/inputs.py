# SPDX-License-Identifier: MIT
"""Inputs that sections share, made once under out/bench/ and kept."""
import hashlib
import json
import pathlib
import subprocess

from bench import PYTHON, ROOT
from measure import Skipped

def keep(path, make):
    """path, made by make(partial path) when it is not there."""
    if not path.exists():
        part = path.with_name("part." + path.name)
        make(part)
        part.rename(path)
    return path


def pictures(bench, count=48, side=None):
    """uint8[count, side, side, 3] (side: the model's, if it is not given): smooth random pictures with some grain, so that they are no pure noise."""
    import numpy
    from PIL import Image
    side = side or bench.side()

    def make(path):
        random = numpy.random.default_rng(1)
        smooth = [Image.fromarray(random.integers(0, 256, (7, 7, 3), numpy.uint8)).resize((side, side), Image.BICUBIC)
                  for _ in range(count)]
        values = numpy.stack([numpy.asarray(picture) for picture in smooth]).astype(numpy.float32)
        values += random.normal(0, 8, values.shape)
        values.clip(0, 255).astype(numpy.uint8).tofile(path)

    return keep(bench.out / f"pictures-{side}.u8", make)


def onnx_tower(bench, sizes):
    """The graph of a line of `bench_models list`, with random weights."""
    bench.need_modules("torch")

    def make(path):
        done = subprocess.run(bench.python("torch_towers.py", json.dumps(sizes), "--export", path), capture_output=True, text=True)
        if done.returncode != 0:
            raise Skipped(f"torch_towers.py --export failed: {done.stderr[-300:]}")

    return keep(bench.out / f"tower-{sizes['name'].replace('/', '-')}.onnx", make)


def onnx_models(bench):
    """The folder with vision-float32.onnx, vision-u8s8.onnx, vision-u8s7.onnx."""
    bench.need_modules("torch", "onnx")
    folder = bench.out / f"onnx-{bench.model().name}"
    if not (folder / "vision-u8s7.onnx").exists():
        done = subprocess.run(bench.python("export_onnx.py", bench.model(), folder), capture_output=True, text=True)
        if done.returncode != 0:
            raise Skipped(f"export_onnx.py failed: {done.stderr[-300:]}")
    return folder


def float32_model(bench):
    return onnx_models(bench) / "vision-float32.onnx"


def eight_bit_model(bench):
    """The faster of ONNX Runtime's 8-bit models that is right here: without VNNI two products of 8 bits saturate their
    16-bit sum, which 7-bit weights do not."""
    has_vnni = "vnni" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return onnx_models(bench) / ("vision-u8s8.onnx" if has_vnni else "vision-u8s7.onnx")


# A zoom into the Mandelbrot set with grain: every frame differs from the last in detail, as in real footage. 250 frames
# are encoded and repeated without encoding, so a group of pictures is 250 frames everywhere.
MOVING = "mandelbrot=s={width}x{height}:r=30:maxiter=200:start_scale=2:end_scale=0.02:end_pts=250,noise=alls=6:allf=t,format=yuv420p"
MOVING_4K = MOVING.replace("{width}x{height}", "1920x1080").replace(",noise", ",scale=3840:2160,noise")
SLIDES = "testsrc2=s={width}x{height}:r=1/7,fps=30,format=yuv420p"
#         name: (source, width, height, frames encoded, GOP, bits per second, seconds)
CLIPS = {
    "1080p-gop250": (MOVING, 1920, 1080, 250, 250, "6M", 60),
    "1080p-gop30": (MOVING, 1920, 1080, 240, 30, "6M", 60),
    "4k-gop250": (MOVING_4K, 3840, 2160, 250, 250, "20M", 25),
    "1080p-slides": (SLIDES, 1920, 1080, 1800, 250, "2M", 60),
    "720p-gop250": (MOVING, 1280, 720, 250, 250, "3M", 60),
    "480p-gop250": (MOVING, 854, 480, 250, 250, "1500k", 60),
}
SMOKE_CLIPS = {"1080p-gop250": (MOVING, 192, 108, 50, 250, "100k", 3), "1080p-gop30": (MOVING, 192, 108, 60, 30, "100k", 6)}
REAL_VIDEOS = ROOT.parent / "shared" / "videos"


def clip(bench, name):
    """The path of a generated clip: H.264 with three B-frames between references."""
    bench.need_command("ffmpeg")
    source, width, height, frames, group, rate, seconds = (SMOKE_CLIPS if bench.smoke else CLIPS)[name]
    ffmpeg = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
    (bench.out / "clips").mkdir(exist_ok=True)

    def make(path):
        once = path.with_name("once." + path.name)
        subprocess.run([*ffmpeg, "-f", "lavfi", "-i", source.format(width=width, height=height), "-frames:v", str(frames),
                        "-c:v", "libx264", "-preset", "medium", "-g", str(group), "-bf", "3", "-sc_threshold", "0", "-b:v", rate,
                        "-maxrate", rate, "-bufsize", rate, "-x264-params", "open-gop=0", once], check=True)
        subprocess.run([*ffmpeg, "-stream_loop", "-1", "-i", once, "-t", str(seconds), "-c", "copy", path], check=True)
        once.unlink()

    return keep(bench.out / "clips" / f"{name}{'-smoke' if bench.smoke else ''}.mp4", make)


def clip_names(bench):
    return [name for name in (SMOKE_CLIPS if bench.smoke else CLIPS) if bench.video in name]


def clip_seconds(bench, name):
    return (SMOKE_CLIPS if bench.smoke else CLIPS)[name][-1]


REPEATS = 3


def longer(bench, name):
    """The same clip REPEATS times in a row."""
    path = clip(bench, name)
    return keep(path.with_name(f"long-{path.name}"), lambda part: subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", "-stream_loop", str(REPEATS - 1), "-i", path, "-c", "copy", part], check=True))


def real_videos(bench):
    return [] if bench.smoke else [path for path in sorted(REAL_VIDEOS.glob("*.mp4")) if bench.video in path.name]


VECTORS = """
import sys, numpy
path, rows, dimensions, seed, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
random = numpy.random.default_rng(seed)
def normal(*shape): return random.standard_normal(shape, numpy.float32)
def unit(v): return v / numpy.linalg.norm(v, axis=-1, keepdims=True)
common = unit(numpy.random.default_rng(0).standard_normal(dimensions, numpy.float32))
with open(path, "wb") as out:
    written = 0
    while written < rows:
        # One video of 3600 frames: scenes of 5 to 60 frames around the video's own centre; frames drift within a scene.
        centre = unit(common + 0.8 * unit(normal(dimensions)))
        lengths = random.integers(5, 61, 800)
        scene = numpy.repeat(numpy.arange(len(lengths)), lengths)[:3600]
        scenes = unit(normal(len(lengths), dimensions))
        frames = unit(centre + 0.5 * scenes[scene] + 0.12 * unit(normal(len(scene), dimensions)))
        if kind == "queries":
            noise = unit(numpy.random.default_rng(seed + 1 + written).standard_normal((100, dimensions), numpy.float32))
            near = numpy.arange(100)[:, None] % 2 == 0
            frames = unit(numpy.where(near, frames[::36] + 0.4 * noise, 0.35 * frames[::36] + noise))
        frames = frames[: rows - written]
        frames.astype("<f4").tofile(out)
        written += len(frames)
"""
ROWS_PER_VIDEO = 3600


def vectors(bench, rows, dimensions=512):
    """float32[rows, dimensions] as frames of videos have them: clustered by video and scene."""
    return keep(bench.out / f"vectors-{rows}.f32", lambda path: subprocess.run(
        [PYTHON, "-c", VECTORS, path, str(rows), str(dimensions), "1", "frames"], check=True))


def queries(bench, rows=1000, dimensions=512):
    """By turns like pictures (near some scene, equal to no frame) and like texts (far from all frames, from some less)."""
    return keep(bench.out / f"queries-{rows}.f32", lambda path: subprocess.run(
        [PYTHON, "-c", VECTORS, path, str(rows), str(dimensions), "1", "queries"], check=True))


def library(bench, rows, dimensions=512):
    """The library file of these vectors, with its codes."""
    def make(path):
        path.unlink(missing_ok=True)
        subprocess.run([bench.program("bench_search"), "load", path, vectors(bench, rows), str(dimensions), str(ROWS_PER_VIDEO)],
                       check=True)
    schema = hashlib.sha256((ROOT / "src/store/sqlite/schema.sql").read_bytes()).hexdigest()[:8]  # of another one: made again
    path = keep(bench.out / f"library-{rows}-{schema}.db", make)
    subprocess.run([bench.program("bench_search"), "codes", path], check=True)   # nothing to do where they are there
    return path


def prepare(bench):
    """Everything beforehand, so that a run only measures."""
    pictures(bench)
    for name in clip_names(bench):
        clip(bench, name)
        if name in ("480p-gop250", "720p-gop250", "1080p-gop250", "4k-gop250"):
            longer(bench, name)
    queries(bench)
    for rows in (3000,) if bench.smoke else (100_000, 1_000_000):
        library(bench, rows)
    try:
        onnx_models(bench)
    except Skipped:
        pass  # the section says why
