# SPDX-License-Identifier: MIT
"""GET /api/v1/videos/{id}/play: what is shown at which time, for files of many kinds; processes end with their viewers."""
import concurrent.futures
import contextlib
import fractions
import json
import os
import pathlib
import re
import shutil
import struct
import time
import unittest

from numbered_video import BITS, make
from serving import ServedTest, Server, wait_until
from whole_runs import PROGRAM, SLOW, run

LENGTH = 10
NEAR_S = 0.008  # by which ffprobe may see the start of a file elsewhere (of the sound in Matroska)
MODES = ("remux", "transcode")


def turn_clockwise(path):
    """Write a quarter turn into the first track's display matrix: versions of ffmpeg have other options for that."""
    data = path.read_bytes()
    upright, turned = (struct.pack(">9i", *numbers, 1 << 30) for numbers in (
        (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0), (0, 1 << 16, 0, -1 << 16, 0, 0, 96 << 16, 0)))
    at = data.index(upright, data.index(b"tkhd"))
    path.write_bytes(data[:at] + turned + data[at + len(turned):])


def lives(pid):
    """False also for a process that has ended and that nobody has waited for: in a bare tree nobody does."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def read_number(grey):
    """Of a picture of 160 x 96 grey pixels."""
    means = [sum(grey[row * 160 + 16 * bit + 8] for row in (20, 48, 76)) / 3 for bit in range(BITS)]
    return sum(1 << bit for bit, mean in enumerate(means) if mean > 120)


def probe(path, entries):
    found = run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json", path).stdout
    return json.loads(found)


def shown_frames(path, *filters, until=10000):
    """(time, number) of every frame; what an edit list hides is before 0."""
    ran = run("ffmpeg", "-nostdin", "-hide_banner", "-copyts", "-i", path, "-map", "0:v:0", "-vf",
              ",".join((f"trim=end={until}", *filters, "scale=160:96,format=gray,showinfo")), "-fps_mode", "passthrough", "-f", "rawvideo", "-")
    times = [float(time) for time in re.findall(rb" n: *\d+ pts: *-?\d+ pts_time:(\S+)", ran.stderr)]
    size = 160 * 96
    numbers = [read_number(ran.stdout[at:at + size]) for at in range(0, len(ran.stdout), size)]
    return list(zip(times, numbers))


def on_screen(frames, time_s):
    """Before the first frame a player shows that one."""
    return [number for start, number in frames if start <= time_s + 0.0005 or start == frames[0][0]][-1]


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
    HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=75")
    PQ = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    FILES = (  # name, whether it can be copied, codec, other arguments of make
        ("mp4.mp4", True, H264, {}),
        ("mkv.mkv", True, H264, {"audio": ("-c:a", "libopus")}),
        ("ts.ts", True, H264, {"more": ("-f", "mpegts", "-output_ts_offset", "1000")}),
        ("hevc.mp4", True, HEVC, {}),
        ("pq.mkv", True, HEVC, {"filters": "format=yuv420p10le", "more": PQ}),
        ("vp9.webm", True, ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60"), {"audio": ("-c:a", "libopus")}),
        ("avi.avi", False, ("-c:v", "mpeg4", "-q:v", "2", "-g", "50"), {"audio": ("-c:a", "libmp3lame")}),
        ("h264.avi", False, ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"), {"audio": ("-c:a", "libmp3lame")}),
        ("prores.mov", False, ("-c:v", "prores_ks"), {"audio": ("-c:a", "pcm_s16le")}),
        ("mpeg2.mpg", False, ("-c:v", "mpeg2video", "-q:v", "2", "-g", "12", "-bf", "2"), {"audio": ("-c:a", "mp2")}),
        ("interlaced.ts", False, ("-flags", "+ildct+ilme", "-c:v", "mpeg2video", "-q:v", "2"), {"filters": "setfield=tff,format=yuv420p"}),
        ("ten.mkv", True, (*H264[:-4], "-g", "50"), {"filters": "format=yuv420p10le", "audio": ("-c:a", "ac3")}),
        ("silent.mp4", True, H264, {"audio": ("-an",)}),
        ("anamorphic.mp4", True, H264, {"more": ("-aspect", "16:9")}),
        ("rate.mkv", True, H264, {"rate": "30000/1001"}),
        ("fast.mp4", True, H264, {"rate": "75"}),
        ("late.mp4", True, H264, {"more": ("-output_ts_offset", "2.5")}),
        ("uneven.mkv", True, H264, {"filters": "select='lt(n,20)+not(mod(n*n,7))',format=yuv420p", "more": ("-fps_mode", "vfr")}),
        ("open.mp4", True, (*H264[:-4], "-x264-params", "keyint=60:open-gop=1:bframes=3:b-adapt=0"), {}))
    COPIES = (  # name, of which
        ("turned.mp4", "mp4.mp4"),
        ("edited.mp4", "mp4.mp4"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kinds = cls.folder / "kinds"
        cls.kinds.mkdir()
        for name, _, codec, more in cls.FILES:
            make(cls.kinds / name, *codec, seconds=LENGTH, **more)
        for name, source in cls.COPIES:
            before = ("-ss", "2.3") if name == "edited.mp4" else ()  # hidden by an edit list
            run("ffmpeg", "-v", "error", *before, "-i", cls.kinds / source, "-c", "copy", cls.kinds / name)
        turn_clockwise(cls.kinds / "turned.mp4")
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

    def frames_of(self, path, name, **more):
        # Turned by a quarter, the stripes lie.
        return shown_frames(path, *(["transpose=clock"] if name == "turned.mp4" else []), **more)

    def test_the_picture_is_that_of_the_time(self):
        ids = self.ids()
        checked = 0
        kinds = [(name, copies) for name, copies, *_ in self.FILES] + [(name, True) for name, *_ in self.COPIES]
        for number, (name, copies) in enumerate(kinds):
            path = self.kinds / name
            frames = self.frames_of(path, name)
            start = float(probe(path, "format=start_time")["format"]["start_time"])
            start = 0 if start < 0 <= frames[0][0] else start  # the lead-in of sound, which is not heard
            frames = [(time - start, number) for time, number in frames]
            times = (0, 3.3, 7.1)  # in short runs each kind has one of them
            for t in times if SLOW else times[number % 3:][:1]:
                for mode in MODES:
                    answer = self.ask(ids[name], f"mode={mode}&t={t}")
                    if mode == "remux" and not copies:
                        self.check(answer, 422, "needs_transcode")
                        continue
                    self.check(answer, 200)
                    self.assertEqual((answer.headers["content-type"], answer.headers["cache-control"]), ("video/mp4", "no-store"))
                    made = self.folder / "answer.mp4"
                    made.write_bytes(answer.body)
                    played = self.frames_of(made, name, until=2)
                    for later in (0, 0.01, 0.5, 1.23):
                        found = on_screen(played, later)
                        # MPEG-PS has few time stamps, and ffmpeg guesses those between otherwise after a jump; 75 frames a
                        # second become 60, uneven ones 30.
                        near, near_s = {"mpeg2.mpg": (2, 0), "fast.mp4": (2, 0), "uneven.mkv": (0, 0.035)}.get(name, (0, NEAR_S))
                        wanted = range(on_screen(frames, t + later - near_s) - near, on_screen(frames, t + later + near_s) + near + 1)
                        self.assertIn(found, wanted, f"{name} {mode} {t} + {later}")
                        checked += 1
        self.assertGreater(checked, 300 if SLOW else 100)
        wait_until(lambda: not children(self.kind_server), 10, "the end of the last process")

    def facts(self, data):
        path = self.folder / "facts.mp4"
        path.write_bytes(data)
        return json.loads(run("ffprobe", "-v", "error", "-show_streams", "-of", "json", path).stdout)["streams"]

    def test_transcodes_are_what_browsers_play(self):
        ids = self.ids()
        for name, *_, more in self.FILES:
            streams = self.facts(self.ask(ids[name], "mode=transcode&t=8").body)
            self.assertEqual([s["codec_name"] for s in streams], ["h264"] if name == "silent.mp4" else ["h264", "aac"], name)
            self.assertEqual(streams[0]["pix_fmt"], "yuv420p")
            self.assertEqual(streams[0].get("sample_aspect_ratio", "1:1"), "1:1")
            self.assertEqual(streams[0]["height"], 96)
            self.assertEqual(streams[0]["width"], 170 if name == "anamorphic.mp4" else 160)
            self.assertNotEqual(streams[0].get("color_transfer"), "smpte2084", name)
            self.assertLessEqual(fractions.Fraction(streams[0]["r_frame_rate"]), 60, name)
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
        talks = "exec >&-; while :; do echo 'no such thing' >&2; sleep 0.05; done"  # and does not stop
        asks = "while [ \"$1\" != -i ]; do shift; done; "
        for body, status, code in (("echo 'no such thing' >&2; exit 1", 502, "cannot_convert"), ("kill -9 $$", 502, "cannot_convert"),
                                   (asks + 'echo "no such thing in $2: $2" >&2; exit 1', 502, "cannot_convert"),
                                   (talks, 502, "cannot_convert")):
            fake = self.folder / "ffmpeg"
            fake.write_text(f"#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\n{body}\n")
            fake.chmod(0o755)
            with self.serve(environment={**os.environ, "REELVEC_FFMPEG": str(fake)}) as server:
                answer = self.check(server.get("/api/v1/videos/1/play?mode=transcode"), status, code)
                if "echo" in body:
                    self.assertIn("no such thing", answer.json()["error"]["message"])
                if "$2" in body:  # the number of an open file says nothing to anybody
                    self.assertTrue(answer.json()["error"]["message"].endswith(": no such thing in the file: the file"), answer)
                self.assertEqual(children(server), [])

    def test_the_file_that_was_looked_at_is_converted(self):
        """Also if another one, or a link to one, has come into its place before ffmpeg opens it."""
        folder, go, began = self.folder / "swapped", self.folder / "go", self.folder / "began"
        folder.mkdir()
        video, other = folder / "video.mp4", self.folder / "other"
        shutil.copy(self.videos / "part0.mp4", video)
        content = video.read_bytes()
        self.index(folder, library=self.folder / "swapped.db", every="5")
        fake = self.folder / "swaps"
        fake.write_text("#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\nwhile [ \"$1\" != -i ]; do shift; done\n"
                        f"touch {began}\nwhile [ ! -e {go} ]; do sleep 0.05; done\nexec cat \"${{2#file:}}\"\n")
        fake.chmod(0o755)
        with self.serve(library=self.folder / "swapped.db", environment={**os.environ, "REELVEC_FFMPEG": str(fake)}) as server, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(server.get, "/api/v1/videos/1/play?mode=remux")
            wait_until(began.exists, what="the beginning")
            other.write_bytes(b"a secret")
            video.unlink()
            video.symlink_to(other)
            go.touch()
            self.assertEqual(self.check(answer.result(), 200).body, content)

    def fake_endless(self):
        """An ffmpeg that never ends, and writes as much as is taken, also to its standard error."""
        fake = self.folder / "endless"
        fake.write_text("#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\nyes error >&2 &\nexec yes video\n")
        fake.chmod(0o755)
        return fake

    def endless(self, *options):
        return self.serve(*options, environment={**os.environ, "REELVEC_FFMPEG": str(self.fake_endless())})

    def play(self, server, source="127.0.0.1"):
        connection = server.connect(source)
        connection.request("GET", "/api/v1/videos/1/play?mode=remux", headers={"Host": f"localhost:{server.port}"})
        response = connection.getresponse()
        if response.status == 200:
            self.assertEqual(response.read(5), b"video")
        return connection, response

    def status(self, server, source="127.0.0.1"):
        connection, response = self.play(server, source)
        response.close()
        connection.close()
        return response.status

    def wait_for_seat(self, server):
        """Until one that was left can be taken: the server sees the end of an answer a moment later than its client."""
        wait_until(lambda: self.status(server) == 200, what="a free seat")

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

    def test_a_flood_of_errors_is_read_slowly(self):
        """64 KiB, what a pipe holds, 50 times a second: what repeats an error for ever costs others little."""
        def written():
            for entry in pathlib.Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if (entry / "cmdline").read_bytes() == b"yes\0error\0" and (entry / "environ").read_bytes().find(mark) >= 0:
                        return int(re.search(r"wchar: (\d+)", (entry / "io").read_text()).group(1))
            return 0

        mark = f"FLOOD={self.folder}".encode()
        fake = self.fake_endless()
        with self.serve(environment={**os.environ, "REELVEC_FFMPEG": str(fake), "FLOOD": str(self.folder)}) as server:
            start = time.monotonic()
            connection, response = self.play(server)
            wait_until(lambda: written() > 1 << 20, what="a mebibyte of errors")
            time.sleep(1)
            self.assertLess(written(), (time.monotonic() - start) * 60 * 65536)
            response.close()
            connection.close()

    def test_who_leaves_before_the_first_picture_is_no_failure(self):
        fake = self.folder / "silent"
        fake.write_text("#!/bin/sh\n[ \"$2\" = -version ] && exec ffmpeg -version\nexec sleep 600\n")
        fake.chmod(0o755)
        with self.serve("--log", environment={**os.environ, "REELVEC_FFMPEG": str(fake)}) as server:
            with contextlib.closing(server.connect()) as connection:
                connection.request("GET", "/api/v1/videos/1/play?mode=remux", headers={"Host": f"localhost:{server.port}"})
                wait_until(lambda: children(server), what="the process")
            wait_until(lambda: not children(server), what="its end")
            server.metrics_at_rest()
            line = next(line for line in server.stop().splitlines() if "/play" in line)
        self.assertIn(" status=499 ", line)
        self.assertNotIn("timeout", line)

    def test_viewers_are_limited(self):
        with self.endless() as server:
            playing = [self.play(server) for _ in range(4)]
            self.assertEqual([response.status for _, response in playing], [200] * 4)
            self.assertEqual(self.status(server), 429)
            playing += [self.play(server, "127.0.0.2") for _ in range(4)]
            self.assertEqual([response.status for _, response in playing], [200] * 8)
            self.assertEqual(self.status(server, "127.0.0.3"), 503)
            self.assertTrue(server.json("/api/v1/search?text=an+owl")["hits"])
            playing[0][1].close()
            playing[0][0].close()
            self.wait_for_seat(server)
            for connection, response in playing[1:]:
                response.close()
                connection.close()

    def test_viewers_above_the_limit_are_refused_at_once(self):
        with self.endless("--plays", "2", "--workers", "2") as server, concurrent.futures.ThreadPoolExecutor(40) as pool:
            connection, response = self.play(server)
            start = time.monotonic()
            self.assertEqual(set(pool.map(lambda _: self.status(server), range(40))), {429})
            self.assertLess(time.monotonic() - start, 10)
            response.close()
            connection.close()
            self.wait_for_seat(server)

    def test_who_seeks_waits_for_the_seat_that_it_leaves(self):
        """The end of the answer that is left may be seen later than the next question, which is on another connection."""
        with self.endless("--plays", "1", "--workers", "2") as server, concurrent.futures.ThreadPoolExecutor(2) as pool:
            connection, response = self.play(server)
            for _ in range(3):
                displaced = pool.submit(self.status, server)
                # The one that plays, the one that waits, and this question.
                wait_until(lambda: displaced.done() or server.metrics()["reelvec_requests_running"] == 3)
                asked = pool.submit(self.play, server)
                start = time.monotonic()
                self.assertEqual(displaced.result(), 429)  # by the one that came later
                self.assertEqual(server.get("/api/v1/search?text=an+owl").status, 200)  # no worker waits
                response.close()
                connection.close()
                took = time.monotonic() - start
                connection, response = asked.result()
                if response.status != 200 and took > 0.6:  # of the second that it waits
                    connection, response = self.play(server)
                self.assertEqual(response.status, 200)
            start = time.monotonic()
            self.assertEqual(self.status(server), 429)
            self.assertLess(time.monotonic() - start, 30)
            with contextlib.closing(server.connect()) as gone:
                gone.request("GET", "/api/v1/videos/1/play?mode=remux", headers={"Host": f"localhost:{server.port}"})
            waits = pool.submit(self.status, server)
            time.sleep(0.2)
            server.stop()
            self.assertIn(waits.result(), (429, 503))
            response.close()
            connection.close()

    def test_the_limit_of_viewers_is_an_option(self):
        with self.endless("--plays", "1") as server:
            playing = self.play(server)
            self.assertEqual((playing[1].status, self.status(server), self.status(server, "127.0.0.2")), (200, 429, 503))
            playing[1].close()
            playing[0].close()

    def test_a_low_bandwidth_is_there_for_all(self):
        large = self.folder / "large"
        large.mkdir()
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=960x540:r=10:d=2", *self.H264, large / "large.mp4")
        self.index(large, library=self.folder / "large.db", every="5")
        with self.serve(library=self.folder / "large.db") as server:
            streams = {height: self.facts(server.get(f"/api/v1/videos/1/play?mode=transcode&height={height}").body)[0] for height in (180, 360)}
            self.assertEqual([(s["width"], s["height"]) for s in streams.values()], [(320, 180), (640, 360)])

    def test_high_range_is_brought_to_the_usual_one(self):
        # White of 203 nits is at 58 % of PQ's signal and 75 % of HLG's.
        folder = self.folder / "high"
        folder.mkdir()
        for name, transfer, signal in (("pq", "smpte2084", 572), ("hlg", "arib-std-b67", 721)):
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=black:s=64x64:r=25:d=1,format=yuv420p10le,geq=lum={signal}:cb=512:cr=512",
                *self.HEVC, "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", folder / f"{name}.mkv")
        self.index(folder, library=self.folder / "high.db")
        with self.serve(library=self.folder / "high.db") as server:
            for video in (1, 2):
                made = self.folder / "high.mp4"
                made.write_bytes(server.get(f"/api/v1/videos/{video}/play?mode=transcode").body)
                stored = self.folder / "high.jpg"
                stored.write_bytes(server.get(f"/api/v1/videos/{video}/frames/1.jpg").body)
                played, kept = (run("ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-pix_fmt", "gray", "-vf", "scale=out_range=full",
                                    "-f", "rawvideo", "-").stdout[0] for path in (made, stored))
                self.assertAlmostEqual(played, kept, delta=20)

    def test_a_server_that_ends_ends_them(self):
        server = self.endless()
        playing = [self.play(server) for _ in range(3)]
        pids = children(server)
        self.assertGreaterEqual(len(pids), 3)
        server.stop()
        self.assertFalse([pid for pid in pids if lives(pid)])
        for connection, response in playing:
            response.close()
            connection.close()

    def test_a_server_that_is_killed_leaves_none(self):
        server = self.endless()
        playing = self.play(server)
        pids = children(server)
        server.stop(9, wanted=-9)
        wait_until(lambda: not [pid for pid in pids if lives(pid)], 10, "the end of the processes")
        playing[1].close()
        playing[0].close()


if __name__ == "__main__":
    unittest.main()
