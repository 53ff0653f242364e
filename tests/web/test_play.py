# SPDX-License-Identifier: MIT
"""GET /api/v1/videos/{id}/play: what is shown at which time, for files of many kinds; processes end with their viewers."""
import json
import os
import pathlib
import time
import unittest

from serving import ServedTest, Server, wait_until
from whole_runs import PROGRAM, run

LENGTH = 12
STEP = 8  # of brightness a second


def make(path, *codec, audio=("-c:a", "aac"), size="160x96", rate=25, more=()):
    """A video whose brightness is its time: 24 + 8 a second."""
    run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
        f"nullsrc=s={size}:r={rate}:d={LENGTH},geq=lum='24+{STEP}*T':cb=128:cr=128,format=yuv420p", "-f", "lavfi", "-i",
        f"sine=440:d={LENGTH}:sample_rate=48000", *codec, *audio, *more, path)


def brightness(data, folder, at=0.0):
    """Of the frame that a player shows at a time of the answer; hidden frames are before 0."""
    path = folder / "answer.mp4"
    path.write_bytes(data)
    found = run("ffmpeg", "-v", "error", "-i", path, "-vf", f"trim=start={at - 0.001},crop=16:16,format=yuv420p", "-copyts", "-frames:v", "1",
                "-f", "rawvideo", "-").stdout[:256]
    return sum(found) / len(found)


def children(server):
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == server.process.pid:
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return found


class PlayTest(ServedTest):
    H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "100", "-bf", "2")
    FILES = (
        ("mp4.mp4", True, H264, {}),
        ("mkv.mkv", True, H264, {"audio": ("-c:a", "libopus")}),
        ("ts.ts", True, H264, {"more": ("-f", "mpegts", "-output_ts_offset", "1000")}),
        ("hevc.mp4", True, ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=75"), {}),
        ("vp9.webm", True, ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60"), {"audio": ("-c:a", "libopus")}),
        ("avi.avi", False, ("-c:v", "mpeg4", "-q:v", "2", "-g", "50"), {"audio": ("-c:a", "libmp3lame")}),
        ("prores.mov", False, ("-c:v", "prores_ks"), {"audio": ("-c:a", "pcm_s16le")}),
        ("mpeg2.mpg", False, ("-c:v", "mpeg2video", "-q:v", "2", "-g", "12", "-bf", "2"), {"audio": ("-c:a", "mp2")}),
        ("ten.mkv", True, ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-g", "50"), {"audio": ("-c:a", "ac3")}),
        ("silent.mp4", True, H264, {"audio": ("-an",)}),
        ("anamorphic.mp4", True, H264, {"more": ("-aspect", "16:9")}),
        ("rate.mkv", True, H264, {"rate": "30000/1001"}))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kinds = cls.folder / "kinds"
        cls.kinds.mkdir()
        for name, _, codec, more in cls.FILES:
            make(cls.kinds / name, *codec, **more)
        run("ffmpeg", "-v", "error", "-i", cls.kinds / "mp4.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90", cls.kinds / "turned.mp4")
        cls.other = cls.folder / "kinds.db"
        cls.index(cls.kinds, library=cls.other, every="2")
        cls.kind_server = cls.serve(library=cls.other)

    @classmethod
    def tearDownClass(cls):
        try:
            if hasattr(cls, "kind_server"):
                cls.kind_server.stop()
        finally:
            super().tearDownClass()

    def ids(self):
        return {video["name"]: video["id"] for video in self.kind_server.json("/api/v1/videos")["videos"]}

    def ask(self, video, query):
        return self.kind_server.get(f"/api/v1/videos/{video}/play?{query}")

    def test_the_picture_is_that_of_the_time(self):
        ids = self.ids()
        for name, copies, *_ in self.FILES + (("turned.mp4", True),):
            for t in (0, 3.3, 9.1):
                for mode in ("remux", "transcode"):
                    answer = self.ask(ids[name], f"mode={mode}&t={t}")
                    if mode == "remux" and not copies:
                        self.check(answer, 422, "needs_transcode")
                        continue
                    self.check(answer, 200)
                    self.assertEqual((answer.headers["content-type"], answer.headers["cache-control"]), ("video/mp4", "no-store"))
                    for later in (0, 1.5):
                        seen = (brightness(answer.body, self.folder, later) - 24) / STEP
                        # A step of brightness is an eighth of a second, and coding costs some.
                        self.assertAlmostEqual(seen, t + later, delta=0.3, msg=f"{name} {mode} {t} + {later}")

    def facts(self, data):
        path = self.folder / "facts.mp4"
        path.write_bytes(data)
        return json.loads(run("ffprobe", "-v", "error", "-show_streams", "-of", "json", path).stdout)["streams"]

    def test_transcodes_are_what_browsers_play(self):
        ids = self.ids()
        for name, *_ in self.FILES:
            streams = self.facts(self.ask(ids[name], "mode=transcode&t=1").body)
            self.assertEqual([s["codec_name"] for s in streams], ["h264"] if name == "silent.mp4" else ["h264", "aac"], name)
            self.assertEqual(streams[0]["pix_fmt"], "yuv420p")
            self.assertEqual(streams[0].get("sample_aspect_ratio", "1:1"), "1:1")
            self.assertEqual(streams[0]["height"], 96)
            self.assertEqual(streams[0]["width"], 170 if name == "anamorphic.mp4" else 160)
        turned = self.facts(self.ask(ids["turned.mp4"], "mode=transcode").body)[0]
        self.assertEqual((turned["width"], turned["height"]), (96, 160))

    def test_what_is_wrong_is_told(self):
        path = "/api/v1/videos/1/play"
        for query, status, code in (("", 400, "bad_parameter"), ("?mode=x", 400, "bad_parameter"), ("?mode=remux&t=x", 400, None),
                                    ("?mode=remux&t=-1", 400, None), ("?mode=remux&t=nan", 400, None),
                                    ("?mode=remux&t=99999", 400, "bad_parameter")):
            self.check(self.server.get(path + query), status, code)
        self.check(self.server.get("/api/v1/videos/99/play?mode=remux"), 404, "no_such_video")
        answer = self.check(self.server.ask("HEAD", f"{path}?mode=remux"), 200)
        self.assertEqual(answer.headers["content-type"], "video/mp4")

    def test_a_server_without_ffmpeg_says_so(self):
        with self.serve(environment={**os.environ, "REELVEC_FFMPEG": "/nothing/ffmpeg"}) as server:
            self.check(server.get("/api/v1/videos/1/play?mode=remux"), 501, "no_ffmpeg")
            self.assertFalse(server.json("/api/v1/library")["capabilities"]["ffmpeg"])

    def test_a_program_that_fails_is_an_error(self):
        # It knows what ffmpeg is asked at the start, and fails afterwards.
        for body, status, code in (("echo 'no such thing' >&2; exit 1", 502, "cannot_convert"), ("kill -9 $$", 502, "cannot_convert")):
            fake = self.folder / "ffmpeg"
            fake.write_text(f"#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\n{body}\n")
            fake.chmod(0o755)
            with self.serve(environment={**os.environ, "REELVEC_FFMPEG": str(fake)}) as server:
                answer = self.check(server.get("/api/v1/videos/1/play?mode=transcode"), status, code)
                if "echo" in body:
                    self.assertIn("no such thing", answer.json()["error"]["message"])
                self.assertEqual(children(server), [])

    def endless(self):
        """A server whose ffmpeg never ends, and writes as much as is taken, also to its standard error."""
        fake = self.folder / "endless"
        fake.write_text("#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\nyes error >&2 &\nexec yes video\n")
        fake.chmod(0o755)
        return self.serve(environment={**os.environ, "REELVEC_FFMPEG": str(fake)})

    def play(self, server, source="127.0.0.1"):
        connection = server.connect(source)
        connection.request("GET", "/api/v1/videos/1/play?mode=remux", headers={"Host": f"localhost:{server.port}"})
        response = connection.getresponse()
        if response.status == 200:
            self.assertEqual(response.read(5), b"video")
        return connection, response

    def test_a_process_ends_with_its_viewer(self):
        with self.endless() as server:
            connection, response = self.play(server)
            self.assertEqual(response.status, 200)
            self.assertTrue(children(server))
            time.sleep(0.5)  # the ring and the socket are full
            response.close()
            connection.close()
            wait_until(lambda: not children(server), 10, "the end of the process")
            self.assertTrue(server.is_well())

    def test_viewers_are_limited(self):
        with self.endless() as server:
            playing = [self.play(server) for _ in range(4)]
            self.assertEqual([response.status for _, response in playing], [200] * 4)
            self.assertEqual(self.play(server)[1].status, 429)
            playing += [self.play(server, "127.0.0.2") for _ in range(4)]
            self.assertEqual([response.status for _, response in playing], [200] * 8)
            self.assertEqual(self.play(server, "127.0.0.3")[1].status, 503)
            self.assertTrue(server.json("/api/v1/search?text=an+owl")["hits"])
            playing[0][1].close()
            playing[0][0].close()
            self.assertEqual(self.play(server)[1].status, 200)
            for connection, response in playing[1:]:
                response.close()
                connection.close()

    def test_a_server_that_ends_ends_them(self):
        server = self.endless()
        playing = [self.play(server) for _ in range(3)]
        pids = children(server)
        self.assertGreaterEqual(len(pids), 3)
        server.stop()
        self.assertFalse([pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()])
        for connection, response in playing:
            response.close()
            connection.close()

    def test_a_server_that_is_killed_leaves_none(self):
        server = self.endless()
        playing = self.play(server)
        pids = children(server)
        server.stop(9, wanted=-9)
        wait_until(lambda: not [pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()], 10, "the end of the processes")
        playing[1].close()
        playing[0].close()


if __name__ == "__main__":
    unittest.main()
