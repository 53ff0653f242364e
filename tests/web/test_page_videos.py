# SPDX-License-Identifier: MIT
"""What the page plays, of files of many kinds, and what it says of those that it cannot play."""
import os
import unittest

from driving import DrivenTest
from numbered_video import make
from serving import MEDIA, MODEL
from whole_runs import PROGRAM, run

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "100", "-bf", "2")
AAC = ("-c:a", "aac")


class PageVideosTest(DrivenTest):
    # Name, frames a second, what the player says that it shows, how it is made.
    KINDS = (
        ("mp4.mp4", 25, "original", (*H264, *AAC)),
        ("mkv.mkv", 25, "original", (*H264, "-c:a", "libopus")),
        ("ts.ts", 25, "original, repacked", (*H264, *AAC, "-f", "mpegts", "-output_ts_offset", "1000")),
        ("hevc.mp4", 25, "converted", ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=75", *AAC)),
        ("vp9.webm", 25, "original", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60", "-c:a", "libopus")),
        ("avi.avi", 25, "converted", ("-c:v", "mpeg4", "-q:v", "2", "-g", "50", "-c:a", "libmp3lame")),
        ("prores.mov", 25, "converted", ("-c:v", "prores_ks", "-c:a", "pcm_s16le")),
        ("mpeg2.mpg", 25, "converted", ("-c:v", "mpeg2video", "-q:v", "2", "-g", "12", "-bf", "2", "-c:a", "mp2")),
        ("ten.mkv", 25, "original", ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-g", "50", "-c:a", "libopus")),
        ("silent.mp4", 25, "original", (*H264, "-an")),
        ("anamorphic.mp4", 25, "original", (*H264, *AAC, "-aspect", "16:9")),
        ("rate.mkv", 30000 / 1001, "original", (*H264, *AAC)))

    def test_files_of_many_kinds_play(self):
        videos, library = self.folder / "kinds", self.folder / "kinds.db"
        videos.mkdir()
        for name, rate, _, options in self.KINDS:
            make(videos / name, *options, seconds=12, rate="30000/1001" if rate != 25 else "25", audio=())
        self.index(videos, library=library, every="1")
        with self.serve(library=library) as server:
            self.drive("kinds", address=f"http://localhost:{server.port}/",
                       kinds=[{"name": name, "rate": rate, "mode": mode} for name, rate, mode, _ in self.KINDS])

    def test_why_a_video_does_not_play(self):
        videos, library = self.folder / "causes", self.folder / "causes.db"
        videos.mkdir()
        run("ffmpeg", "-v", "error", "-t", "20", "-i", MEDIA / "demo.mp4", "-vf", "noise=alls=80:allf=t", "-c:v", "mpeg4", "-q:v", "5", "-an",
            videos / "old.avi")  # whose conversion takes more room than lies between a server and who does not read
        run("ffmpeg", "-v", "error", "-t", "12", "-i", MEDIA / "demo.mp4", "-c", "copy", "-movflags", "faststart", videos / "cut.mp4")
        whole = (videos / "cut.mp4").read_bytes()
        (videos / "cut.mp4").write_bytes(whole[:len(whole) // 2])
        (videos / "broken.mp4").write_bytes(bytes(range(256)) * 40)
        run(PROGRAM, "index", "-q", "--every", "2", "--model", MODEL, "--library", library, videos, check=False)
        with self.serve("--plays", "1", library=library) as server:
            self.drive("causes", address=f"http://localhost:{server.port}/")
        with self.serve(library=library, environment={**os.environ, "REELVEC_FFMPEG": "/nowhere/ffmpeg"}) as server:
            self.drive("noFfmpeg", address=f"http://localhost:{server.port}/")


if __name__ == "__main__":
    unittest.main()
