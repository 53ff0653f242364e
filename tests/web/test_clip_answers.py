# SPDX-License-Identifier: MIT
"""POST /api/v1/clips of `reelvec serve`: clips have the length and the kind that was asked for, and leave nothing behind."""
import contextlib
import io
import json
import os
import pathlib
import tempfile
import unittest
import urllib.parse
import zipfile

from serving import ServedTest, wait_until
from whole_runs import run

TWO = [{"video": 1, "start": 2, "end": 4.5}, {"video": 2, "start": 1, "end": 3, "name": "zwei"}]


class ClipsTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="reelvec-clips-")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        os.rmdir(cls.place)  # nothing was left in it

    @classmethod
    def serve(cls, *arguments, **more):
        return super().serve(*arguments, environment={**os.environ, "TMPDIR": cls.place, **more.pop("environment", {})}, **more)

    def clips(self, moments=None, **body):
        return self.server.post("/api/v1/clips", {"moments": TWO[:1] if moments is None else moments, **body})

    def length(self, data, name):
        path = self.folder / name
        path.write_bytes(data)
        facts = run("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames,r_frame_rate",
                    "-of", "json", path).stdout
        stream = json.loads(facts)["streams"][0]
        up, down = map(int, stream["r_frame_rate"].split("/"))
        return int(stream["nb_read_frames"]) * down / up

    def test_one_clip_is_a_file(self):
        answer = self.check(self.clips(mode="exact"), 200)
        self.assertEqual(answer.headers["content-type"], "video/mp4")
        self.assertTrue(answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''part0_"), answer.headers)
        self.assertAlmostEqual(self.length(answer.body, "exact.mp4"), 2.5, delta=0.1)
        self.assertAlmostEqual(float(answer.headers["reelvec-start"]), 2, delta=0.1)
        answer = self.check(self.clips(container="mkv"), 200)
        self.assertEqual(answer.headers["content-type"], "video/x-matroska")
        self.assertGreater(self.length(answer.body, "copy.mkv"), 2.4)
        answer = self.check(self.clips(container="gif", width=64), 200)
        self.assertEqual((answer.headers["content-type"], answer.body[:3]), ("image/gif", b"GIF"))
        self.assertEqual(os.listdir(self.place), [])

    def test_several_are_an_archive(self):
        answer = self.check(self.clips(TWO + [TWO[1], {"video": 1, "start": 5000, "end": 5001}], mode="exact"), 200)
        self.assertEqual((answer.headers["content-type"], answer.headers["reelvec-moments-left-out"]), ("application/zip", "1"))
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
            self.assertEqual(names[1:], ["zwei.mp4", "zwei (2).mp4", "failed.txt"])
            self.assertIn("moment 4: ", archive.read("failed.txt").decode())
            self.assertEqual(urllib.parse.unquote(answer.headers["reelvec-notes"]) + "\n", archive.read("failed.txt").decode())
            self.assertAlmostEqual(self.length(archive.read("zwei.mp4"), "zwei.mp4"), 2, delta=0.1)
        cases = [{**TWO[0], "name": name} for name in ("Dog", "dog", "\u00e9", "e\u0301")]
        with zipfile.ZipFile(io.BytesIO(self.check(self.clips(cases), 200).body)) as archive:
            self.assertEqual(archive.namelist(), ["Dog.mp4", "dog (2).mp4", "\u00e9.mp4", "e\u0301 (2).mp4"])
        answer = self.check(self.clips(TWO[:1] + [{"video": 1, "start": 5000, "end": 5001}] * 15), 200)
        notes = urllib.parse.unquote(answer.headers["reelvec-notes"])
        self.assertRegex(notes, r"\nand \d+ more$")
        self.assertEqual(notes.count("\n") + int(notes.split()[-2]), 15)
        self.assertEqual(os.listdir(self.place), [])

    def test_names_are_those_of_the_moments(self):
        moments = [{"video": 1, "start": 2, "end": 2.5}, {"video": 2, "start": 1, "end": 1.5},
                   *({"video": 1, "start": 3, "end": 3.5, "name": name} for name in ("CON", "nul.txt", "a\u202egpj", "a\u061c\u2066z", "{video}/.."))]
        named = ["_CON", "_nul.txt", "a_gpj", "a__z", "{video}_"]
        for container in ("gif", "mp4"):
            answer = self.check(self.clips(moments, container=container, width=32, mode="exact"), 200)
            with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
                names = archive.namelist()
            self.assertEqual(names[2:], [f"{name}.{container}" for name in named])
            self.assertRegex(names[0], rf"^part0_0\.00\.02\.\d+-0\.00\.02\.\d+\.{container}$")
            self.assertRegex(names[1], rf"^part1_0\.00\.01\.\d+-0\.00\.01\.\d+\.{container}$")

    def test_what_is_wrong_is_told(self):
        for body, status, code in (
                ({"moments": []}, 400, "no_moments"), ({"mode": "x"}, 400, "bad_parameter"), ({"mode": 5}, 400, "bad_parameter"),
                ({"container": "../x"}, 400, "bad_parameter"), ({"container": "zzz"}, 400, "bad_argument"), ({"container": 5}, 400, "bad_parameter"),
                ({"width": 5}, 400, "bad_parameter"), ({"handles": -1}, 400, "bad_parameter"), ({"path": "/tmp"}, 400, "bad_parameter"),
                ({"moments": TWO * 101}, 400, "too_many_moments"), ({"moments": [{"video": 1, "start": 0, "end": 4000}]}, 400, "too_many_moments"),
                ({"moments": [{"video": 1, "start": 5000, "end": 5001}]}, 400, None), ({"moments": [{"video": 99, "start": 1, "end": 2}]}, 404, None)):
            self.check(self.clips(**body), status, code)
        self.assertEqual(os.listdir(self.place), [])

    def test_the_room_on_the_disk_is_bounded(self):
        fake = self.folder / "large"  # writes to its last argument until it is ended
        fake.write_text("#!/bin/sh\ncase \"$2\" in -version|-encoders) exec ffmpeg \"$@\";; esac\n"
                        "for last; do :; done\n"
                        "while head -c 200000 /dev/zero; do sleep 0.05; done >>\"${last#file:}\"\n")
        fake.chmod(0o755)
        with self.serve("--clip-space", "1", environment={"REELVEC_FFMPEG": str(fake)}) as server:
            answer = self.check(server.post("/api/v1/clips", {"moments": TWO[:1]}), 413, "clips_too_large")
            self.assertIn("1 MiB", answer.json()["error"]["message"])
            self.assertEqual(os.listdir(self.place), [])

    def test_what_a_killed_server_left_is_removed(self):
        fake = self.folder / "hangs"
        fake.write_text("#!/bin/sh\ncase \"$2\" in -version|-encoders) exec ffmpeg \"$@\";; esac\nexec sleep 600\n")
        fake.chmod(0o755)
        server = self.serve(environment={"REELVEC_FFMPEG": str(fake)})
        with contextlib.closing(server.connect()) as connection:
            connection.request("POST", "/api/v1/clips", json.dumps({"moments": TWO[:1]}),
                               {"Host": f"localhost:{server.port}", "Content-Type": "application/json"})
            used = wait_until(lambda: os.listdir(self.place), 20, "the work")
            self.serve().stop()
            self.assertEqual(os.listdir(self.place), used)  # it is somebody's
            pathlib.Path(self.place, used[0], "part").write_text("half a clip")
            os.mkdir(os.path.join(self.place, "reelvec-serve-notours"))
            server.stop(9, wanted=-9)
        self.serve().stop()
        self.assertEqual(os.listdir(self.place), ["reelvec-serve-notours"])
        os.rmdir(os.path.join(self.place, "reelvec-serve-notours"))

    def test_messages_do_not_name_the_folder(self):
        fake = self.folder / "fails"
        fake.write_text("#!/bin/sh\ncase \"$2\" in -version|-encoders) exec ffmpeg \"$@\";; esac\nfor last; do :; done\n"
                        "echo \"$last: No space left on device\" >&2\nexit 1\n")
        fake.chmod(0o755)
        with self.serve(environment={"REELVEC_FFMPEG": str(fake)}) as server:
            for moments in (TWO[:1], TWO):
                answer = server.post("/api/v1/clips", {"moments": moments})
                self.assertGreaterEqual(answer.status, 400)
                self.assertNotIn(self.place, answer.body.decode())

    def test_it_stops_when_the_client_goes(self):
        fake = self.folder / "slow"
        fake.write_text("#!/bin/sh\ncase \"$2\" in -version|-encoders) exec ffmpeg \"$@\";; esac\nexec sleep 600\n")
        fake.chmod(0o755)
        with self.serve("--workers", "4", environment={"REELVEC_FFMPEG": str(fake)}) as server:  # of which long requests get two
            connections = []
            for source in ("127.0.0.1", "127.0.0.2"):
                connection = server.connect(source)
                connection.request("POST", "/api/v1/clips", json.dumps({"moments": TWO[:1]}),
                                   {"Host": f"localhost:{server.port}", "Content-Type": "application/json"})
                connections.append(connection)
            wait_until(lambda: len(os.listdir(self.place)) == 2, 20, "the work")
            self.check(server.post("/api/v1/clips", {"moments": TWO[:1]}), 429, "too_many_requests")
            other = server.connect("127.0.0.3")
            self.addCleanup(other.close)
            self.check(server.post("/api/v1/clips", {"moments": TWO[:1]}, connection=other), 503, "busy")
            for connection in connections:
                connection.close()
            wait_until(lambda: not os.listdir(self.place), 20, "the end")
            self.assertTrue(server.is_well())


if __name__ == "__main__":
    unittest.main()
