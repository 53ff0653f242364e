# SPDX-License-Identifier: MIT
"""Codec x container x timing, and colours: what the library holds against an independent reference.

The pictures carry their number as ten bright or dark blocks. Reference of the times: ffprobe's time stamp of every frame,
and the rule "the frame on screen at k seconds"; reference of the colours: ffmpeg's own conversion to R G B. A sample of
the combinations by default, all with REELVEC_SLOW_TESTS=1. What ffmpeg cannot write, or
reads back without time stamps, is counted and left out.
"""
import io
import json
import os
import random
import sqlite3

from PIL import Image

from whole_runs import CHECKPOINT, PROGRAM, SLOW, ScratchTest, run

SAMPLE = int(os.environ.get("REELVEC_MATRIX_SAMPLE", 8))  # combinations without REELVEC_SLOW_TESTS

CODECS = {
    "h264": "-c:v libx264 -preset ultrafast -bf 2 -g 30 -pix_fmt yuv420p",
    "h264-intra": "-c:v libx264 -preset ultrafast -g 1 -pix_fmt yuv422p",
    "hevc": "-c:v libx265 -preset ultrafast -x265-params log-level=error:pools=1 -tag:v hvc1",
    "vp8": "-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 1 -b:v 1M",
    "vp9": "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M",
    "av1": "-c:v libsvtav1 -preset 12",
    "mpeg4": "-c:v mpeg4 -bf 2 -q:v 3",
    "mpeg2": "-c:v mpeg2video -bf 2 -q:v 3",
    "mpeg1": "-c:v mpeg1video -bf 2 -q:v 3",
    "mjpeg": "-c:v mjpeg -q:v 3",
    "prores": "-c:v prores",
    "ffv1": "-c:v ffv1",
    "theora": "-c:v libtheora -q:v 8",
    "wmv2": "-c:v wmv2 -q:v 3",
    "flv1": "-c:v flv1 -q:v 3",
    "png": "-c:v png",
    "rawvideo": "-c:v rawvideo -pix_fmt yuv420p",
}
CONTAINERS = ("mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "asf", "ogv", "nut", "mxf")
TIMINGS = {
    "25": ("25", ""),
    "29.97": ("30000/1001", ""),
    "10": ("10", ""),
    # Every third frame waits, every seventh comes early.
    "variable": ("25", "settb=1/1000,setpts='(N*40+if(mod(N,3),0,15)-if(mod(N,7),0,7))/1000/TB'"),
    "gap": ("25", "settb=1/1000,setpts='(N*40+if(lt(N,40),0,3200))/1000/TB'"),
    "late": ("25", "settb=1/1000,setpts='(N*40+5320)/1000/TB'"),
}
NUMBER = r"if(bitand(N\,pow(2\,floor(X*5/W)+5*floor(Y*2/H)))\,210\,40)"
WIDTH, HEIGHT = 160, 96

MATRICES = {"bt709": "bt709", "smpte170m": "smpte170m", "bt470bg": "bt470", "bt2020nc": "bt2020"}
FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le", "gbrp")
COLOURS = ("red", "green", "blue", "white", "black", "gray", "yellow", "cyan")


def number_of(gray):
    """Of a picture as rows of bytes, its blocks' middles read as bits."""
    number = 0
    for bit in range(10):
        x, y = (bit % 5 * 2 + 1) * WIDTH // 10, (bit // 5 * 2 + 1) * HEIGHT // 4
        block = [gray[(y + j) * WIDTH + x + i] for i in range(-6, 7) for j in range(-6, 7)]
        number |= (sum(block) / len(block) > 125) << bit
    return number


def probe(path):
    """(time zero, [(time, number)]) of every frame, by ffprobe and ffmpeg; None if these do not read what ffmpeg
    wrote, or a frame has no time stamp."""
    facts = json.loads(run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                           "format=start_time:frame=best_effort_timestamp_time", "-of", "json", path,
                           check=False).stdout or "{}")
    pictures = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-", check=False)
    gray = pictures.stdout
    frames = facts.get("frames", [])
    if not frames or any("best_effort_timestamp_time" not in frame for frame in frames):
        return None
    times = [float(frame["best_effort_timestamp_time"]) for frame in frames]
    size = WIDTH * HEIGHT
    if pictures.returncode != 0 or len(gray) != size * len(times):
        return None
    numbers = [number_of(gray[i * size:(i + 1) * size]) for i in range(len(times))]
    return float(facts["format"].get("start_time", 0)), sorted(zip(times, numbers))


class Matrix(ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run(CHECKPOINT, "tiny", cls.folder / "model")

    def index(self, *videos):
        """{path: [(time, JPEG)]} of a new library."""
        library = self.folder / "library.db"
        for suffix in ("", "-wal", "-shm"):
            library.with_name(library.name + suffix).unlink(missing_ok=True)
        run(PROGRAM, "index", "-q", "--library", library, "--model", self.folder / "model", *videos)
        database = sqlite3.connect(library)
        rows = database.execute("SELECT path, time, frame_data FROM frames_with_pictures ORDER BY path, time").fetchall()
        database.close()
        held = {str(video): [] for video in videos}
        for path, time, jpeg in rows:
            held[path].append((time, jpeg))
        return held

    def make(self, codec, container, timing):
        """A video of six seconds; None if ffmpeg does not write such a one."""
        rate, filters = TIMINGS[timing]
        path = self.folder / f"{codec}-{timing}.{container}"
        graph = f"nullsrc=s={WIDTH}x{HEIGHT}:r={rate}:d=6,geq=lum='{NUMBER}':cb=128:cr=128" + (f",{filters}" if filters else "")
        done = run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", graph, *CODECS[codec].split(), "-fps_mode", "passthrough",
                   *(["-enc_time_base", "1/1000"] if filters and codec not in ("mpeg2", "mpeg1") else []), path, check=False)
        return path if done.returncode == 0 and path.stat().st_size > 0 else None

    def check_times(self, path, reference, held):
        """The picture of each whole second is the last whose time stamp is not later."""
        zero, frames = reference
        faults = []
        if not held:
            return [f"{path.name}: no rows"]
        for time, jpeg in held:
            shown = number_of(Image.open(io.BytesIO(jpeg)).convert("L").resize((WIDTH, HEIGHT)).tobytes())
            on_screen = [number for stamp, number in frames if stamp - zero <= time + 1e-6]
            # Time stamps are rounded to the container's ticks: where one lies on the second, either side of it is right.
            near = [number for stamp, number in frames if abs(stamp - zero - time) <= 0.0011]
            allowed = {on_screen[-1] if on_screen else frames[0][1], *near}
            if shown not in allowed:
                faults.append(f"{path.name} at {time} s: frame {shown}, not {sorted(allowed)}")
        last = frames[-1][0] - zero
        # One sample for every whole second of the duration, which is the last time stamp and a frame more.
        if not last - 2 < held[-1][0] <= last + 0.001:
            faults.append(f"{path.name}: rows to {held[-1][0]} s, frames to {last:.3f} s")
        return faults

    def test_frames_are_those_on_screen(self):
        cases = [(codec, container, timing) for codec in CODECS for container in CONTAINERS for timing in TIMINGS]
        random.Random(11).shuffle(cases)
        faults, done, unwritable = [], 0, 0
        for case in cases:
            if not SLOW and done == SAMPLE:
                break
            path = self.make(*case)
            reference = probe(path) if path is not None else None
            if reference is None:
                unwritable += 1
                continue
            done += 1
            faults += self.check_times(path, reference, self.index(path)[str(path)])
            path.unlink()
        print(f"times: {done} combinations compared, {unwritable} that ffmpeg does not write, or does not read itself")
        self.assertEqual(faults, [], "\n".join(faults))

    def test_colours_are_those_of_ffmpeg(self):
        cases = [(matrix, scale, pixels) for matrix in MATRICES for scale in ("tv", "pc") for pixels in FORMATS]
        random.Random(12).shuffle(cases)
        faults = []
        bars = self.folder / "bars.png"
        inputs = [word for colour in COLOURS for word in ("-f", "lavfi", "-i", f"color={colour}:s=40x80:d=1")]
        run("ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", f"hstack=inputs={len(COLOURS)}", "-frames:v", "1", bars)
        for matrix, scale, pixels in cases if SLOW else cases[:SAMPLE]:
            path = self.folder / f"{matrix}-{scale}-{pixels}.mkv"
            rgb = pixels == "gbrp"
            marks = [] if rgb else ["-colorspace", matrix, "-color_range", scale]
            scaled = f"scale=out_color_matrix={MATRICES[matrix]}:out_range={scale}," if not rgb else ""
            run("ffmpeg", "-v", "error", "-y", "-loop", "1", "-t", "2", "-r", "5", "-i", bars, "-vf", f"{scaled}format={pixels}",
                "-c:v", "ffv1", *marks, path)
            _, jpeg = self.index(path)[str(path)][0]
            picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
            wanted = Image.open(bars).convert("RGB")
            for place, colour in enumerate(COLOURS):
                x = place * 40 + 20
                seen = picture.getpixel((x * picture.width // 320, picture.height // 2))
                right = wanted.getpixel((x, 40))
                if max(abs(a - b) for a, b in zip(seen, right)) > 6:
                    faults.append(f"{path.name}: {colour} is {seen}, not {right}")
            path.unlink()
        self.assertEqual(faults, [], "\n".join(faults))
