# SPDX-License-Identifier: MIT
"""Index jobs of `reelvec serve`: what they index, how they tell of it, how they end, and that they stay below their roots."""
import json
import os
import shutil
import unittest

from serving import ServedTest, wait_until
from whole_runs import run


class JobsTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.folder / "root"
        (cls.root / "some").mkdir(parents=True)
        for number in (0, 1):
            shutil.copy(cls.videos / f"part{number}.mp4", cls.root / f"some/copy{number}.mp4")
        (cls.root / "some/broken.mp4").write_bytes(bytes(range(256)) * 40)
        (cls.root / "many").mkdir()
        for number in range(30):
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s=64x64:d=3:r=25,hue=h={number * 12}", "-c:v", "libx264", "-preset",
                "ultrafast", cls.root / f"many/{number}.mp4")
        outside = cls.folder / "outside"
        outside.mkdir()
        shutil.copy(cls.videos / "part2.mp4", outside / "secret.mp4")
        (cls.root / "way").symlink_to(outside)
        (cls.root / "links").mkdir()
        (cls.root / "links/out.mp4").symlink_to(outside / "secret.mp4")

    def jobs_of(self, name):
        """A server of a library of its own, which is not there yet."""
        return self.serve("--media", self.root, library=self.folder / f"{name}.db")

    def start(self, server, status=201, **body):
        return self.check(server.post("/api/v1/jobs", body), status).json()

    def wait(self, server, job):
        return wait_until(lambda: (now := server.json(f"/api/v1/jobs/{job['id']}"))["ended"] and now, what="the end of the job")

    def events(self, server, job):
        answer = self.check(server.get(f"/api/v1/jobs/{job['id']}/events"), 200)
        self.assertEqual((answer.headers["content-type"], answer.headers["cache-control"]), ("text/event-stream", "no-store"))
        found = []
        for block in answer.body.decode().split("\n\n")[:-1]:
            if not block.startswith(":"):
                fields = dict(line.split(": ", 1) for line in block.split("\n"))
                found.append((fields["event"], json.loads(fields["data"])))
        return found

    def test_a_folder_is_indexed(self):
        with self.jobs_of("folder") as server:
            self.assertEqual(server.json("/api/v1/jobs"), {"jobs": []})
            job = self.start(server, folder="some", every=2)
            events = self.events(server, job)
            self.assertEqual([name for name, _ in events], ["progress"] * (len(events) - 1) + ["end"])
            last = events[-1][1]
            self.assertEqual(last, self.wait(server, job))
            self.assertEqual((last["state"], last["error"], last["now"]), ("done", None, []))
            self.assertEqual({key: last["videos"][key] for key in ("total", "done", "indexed", "failed")},
                             {"total": 3, "done": 3, "indexed": 2, "failed": 1})
            self.assertEqual([failure["video"] for failure in last["failures"]], ["some/broken.mp4"])
            self.assertRegex(last["failures"][0]["message"], "^[^/]+$")  # without the path, which is named beside
            self.assertGreater(last["frames"], 15)
            broken = server.json("/api/v1/videos?state=failed")["videos"][0]
            self.check(server.get(broken["media"]), 403, "no_video")
            self.assertEqual(len(server.json("/api/v1/search?text=an+owl&group=video")["groups"]), 2)
            again = self.wait(server, self.start(server, folder="some", every=2))
            self.assertEqual((again["videos"]["unchanged"], again["frames"]), (2, 0))
            self.assertEqual(again["failures"], [{**last["failures"][0], "message":
                                                  "failed before: " + last["failures"][0]["message"]}])
            self.assertEqual(self.events(server, again)[-1][0], "end")
            self.assertEqual([one["id"] for one in server.json("/api/v1/jobs")["jobs"]], [2, 1])
            self.check(server.ask("DELETE", "/api/v1/jobs/1"), 204)
            self.check(server.get("/api/v1/jobs/1"), 404, "no_such_job")

    def test_searches_wait_for_few_frames(self):
        """Each batch is stored when it is embedded: what is stored after the first one comes in steps of four. On a busy machine
        no event may fall between two of them, so the job is watched again, of a new library; in larger steps none ever does."""
        seen = set()
        for number in range(20):
            with self.jobs_of(f"batches{number}") as server:
                job = self.start(server, folder="many", every=0.04)
                seen |= {video["frames"] for _, now in self.events(server, job) for video in now["now"]}
            if [count for count in seen if count % 16 not in (0, 4, 11)]:
                return
        self.fail(f"no step of four in {sorted(seen)}")

    def test_jobs_are_cancelled(self):
        with self.jobs_of("cancel") as server:
            first, second = (self.start(server, folder="many", every=0.04) for _ in range(2))
            self.check(server.ask("DELETE", f"/api/v1/jobs/{second['id']}"), 204)
            self.assertEqual(server.json(f"/api/v1/jobs/{second['id']}")["state"], "cancelled")
            wait_until(lambda: server.json(f"/api/v1/jobs/{first['id']}")["state"] == "running")
            self.check(server.ask("DELETE", f"/api/v1/jobs/{first['id']}"), 204)
            ended = self.wait(server, first)
            self.assertEqual(ended["state"], "cancelled")
            self.assertLess(ended["videos"]["done"], 30)
            self.assertEqual(self.wait(server, self.start(server, folder="some"))["state"], "done")

    def test_a_server_ends_while_it_indexes(self):
        server = self.jobs_of("ends")
        job = self.start(server, folder="many", every=0.04)
        wait_until(lambda: server.json(f"/api/v1/jobs/{job['id']}")["state"] == "running")
        server.stop()

    def test_watchers_may_go(self):
        with self.jobs_of("watch") as server:
            job = self.start(server, folder="many", every=0.04)
            for _ in range(20):
                connection = server.connect()
                connection.request("GET", f"/api/v1/jobs/{job['id']}/events", headers={"Host": f"localhost:{server.port}"})
                self.assertTrue(connection.getresponse().readline().startswith(b"event: "))
                connection.close()
            self.check(server.ask("DELETE", f"/api/v1/jobs/{job['id']}"), 204)  # which forgets it if it has ended
            wait_until(lambda: (now := server.get(f"/api/v1/jobs/{job['id']}")).status == 404 or now.json()["ended"])
            self.assertTrue(server.is_well())

    def test_nothing_outside_of_the_roots_is_read(self):
        with self.jobs_of("roots") as server:
            for folder in ("..", "../outside", "way", "/etc", "some/../../outside", "nothing", "x" * 5000):
                self.check(server.post("/api/v1/jobs", {"folder": folder}), 404, "no_such_folder")
            self.check(server.post("/api/v1/jobs", {"root": 1}), 404, "no_such_root")
            self.check(server.post("/api/v1/jobs", {"root": -1}), 404, "no_such_root")
            job = self.wait(server, self.start(server, folder="links"))
            self.assertEqual((job["videos"]["failed"], job["videos"]["indexed"]), (1, 0))
            self.assertEqual(job["failures"][0]["video"], "links/out.mp4")

    def test_what_is_wrong_is_told(self):
        with self.jobs_of("wrong") as server:
            for body in ({"root": "0"}, {"folder": 5}, {"every": 0}, {"every": "1"}, {"retry_failed": 1}, {"path": "/"}):
                self.check(server.post("/api/v1/jobs", body), 400, "bad_parameter")
            self.check(server.get("/api/v1/jobs/9/events"), 404, "no_such_job")
            self.check(server.ask("DELETE", "/api/v1/jobs/x"), 404, "no_such_job")
            job = self.wait(server, self.start(server, folder="some/broken.mp4"))
            self.assertEqual(job["videos"]["failed"], 1)
        self.check(self.server.post("/api/v1/jobs", {"root": 0}), 501, "no_jobs")
        self.assertEqual(self.server.json("/api/v1/jobs"), {"jobs": []})
        self.check(self.server.get("/api/v1/jobs/1"), 404, "no_such_job")


if __name__ == "__main__":
    unittest.main()
