# SPDX-License-Identifier: MIT
"""`reelvec serve` while its library changes: indexed into by others, also killed ones, replaced, removed, made."""
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import unittest

from serving import MEDIA, MODEL, Server, ServedTest, wait_until
from whole_runs import PROGRAM, run


class ChangesTest(ServedTest):
    def copy(self, name):
        """Another library with the same rows, and a server of it that ends with the test."""
        library = self.folder / name
        run(PROGRAM, "export", "--library", self.library, "--to", library)
        server = self.serve(library=library)
        self.addCleanup(server.stop)
        return library, server

    def command_hits(self, library, text, top=500):
        lines = run(PROGRAM, "search", "--model", MODEL, "--library", library, "--format", "json", "--top", top,
                    text).stdout.splitlines()
        return [(hit["video"], hit["time"]) for hit in map(json.loads, lines)]

    def served_hits(self, server, text):
        answer = self.check(server.post("/api/v1/search", {"terms": [{"text": text}], "limit": 500}), 200).json()
        names = {video["id"]: video["path"] for video in answer["videos"]}
        return [(names[hit["video"]], hit["time"]) for hit in answer["hits"]]

    def test_what_another_process_indexes_is_found(self):
        library, server = self.copy("grows.db")
        more = self.folder / "more.mp4"
        shutil.copy(MEDIA / "demo.mp4", more)
        run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10", "-t", "20", "-c:v", "mpeg4", more)
        self.assertEqual(server.json("/api/v1/library")["videos"]["total"], 4)
        self.index(more, library=library)
        self.assertEqual(self.served_hits(server, "an owl"), self.command_hits(library, "an owl"))
        wait_until(lambda: server.json("/api/v1/library")["videos"]["complete"] == 5)
        found = server.json("/api/v1/videos?name=more")["videos"][0]
        self.check(server.get(found["picture"]), 200)
        run(PROGRAM, "remove", "--library", library, more)
        wait_until(lambda: server.get(f"/api/v1/videos/{found['id']}").status == 404)
        self.assertEqual(self.served_hits(server, "an owl"), self.command_hits(library, "an owl"))

    def test_sheets_of_a_video_that_grows(self):
        """Each address shows the frames that it was made for; what was kept before does not stand for what comes later."""
        library, server = self.copy("sheets.db")
        long = self.folder / "sheets.mp4"
        run("ffmpeg", "-v", "error", "-i", MEDIA / "demo.mp4", "-t", "48", "-c", "copy", long)
        command = [PROGRAM, "index", "-q", "--every", "0.04", "--batch", "8", "--model", MODEL, "--library", library, long]
        indexer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            video = wait_until(lambda: next((video for video in server.json("/api/v1/videos?state=indexing")["videos"]
                                             if video["frames"] > 8), None))
        finally:
            indexer.kill()
            indexer.wait()
        path = f"/api/v1/videos/{video['id']}/sprite.json?count=6&columns=6"
        early = server.json(path)
        first = self.check(server.get(early["picture"]), 200)
        subprocess.run(command, check=True, timeout=300)
        wait_until(lambda: server.json(f"/api/v1/videos/{video['id']}")["state"] == "complete")
        late = server.json(path)
        self.assertNotEqual(late["numbers"], early["numbers"])
        self.assertNotEqual(late["picture"], early["picture"])
        second = self.check(server.get(late["picture"]), 200)
        self.assertIn("immutable", second.headers["cache-control"])
        self.assertNotEqual(second.body, first.body)
        self.assertNotEqual(second.headers["etag"], first.headers["etag"])
        again = self.check(server.get(early["picture"], headers={"If-None-Match": first.headers["etag"]}), 200)
        self.assertNotIn("immutable", again.headers["cache-control"])

    def test_an_indexer_is_killed_meanwhile(self):
        library, server = self.copy("killed.db")
        long = self.folder / "long.mp4"
        shutil.copy(MEDIA / "demo.mp4", long)
        with open(long, "ab") as file:  # another content than that of the parts
            file.write(b"\0" * 8 + b"free")
        for _ in range(3):
            indexer = subprocess.Popen([PROGRAM, "index", "-q", "--every", "0.04", "--batch", "8", "--model", MODEL, "--library",
                                        library, long], stderr=subprocess.DEVNULL)
            try:
                wait_until(lambda: server.json("/api/v1/videos?state=indexing")["videos"] or indexer.poll() is not None)
                self.assertTrue(self.served_hits(server, "a red circle"))
            finally:
                indexer.send_signal(signal.SIGKILL)
                indexer.wait()
            self.assertEqual(self.served_hits(server, "a red circle"), self.command_hits(library, "a red circle"))
        half = [video for video in server.json("/api/v1/videos")["videos"] if video["name"] == "long.mp4"]
        for video in half:
            self.assertIn(video["state"], ("indexing", "complete"))
            if video["picture"]:
                self.check(server.get(video["picture"]), 200)

    def test_a_server_is_killed(self):
        library, _ = self.copy("stays.db")
        server = self.serve(library=library)
        server.get("/api/v1/search?text=an+owl")
        server.stop(signal.SIGKILL, -signal.SIGKILL)
        run(PROGRAM, "verify", "--library", library)
        with self.serve(library=library) as server:
            self.assertTrue(self.served_hits(server, "an owl"))

    def test_the_library_is_replaced(self):
        library, server = self.copy("replaced.db")
        identity = server.json("/api/v1/library")["id"]
        picture = server.json("/api/v1/videos/1")["picture"]
        other = self.folder / "other.db"
        self.index(self.videos / "part3.mp4", library=other, every="2")
        os.replace(other, library)
        self.assertEqual(len({video for video, _ in self.served_hits(server, "an owl")}), 1)
        video = server.json("/api/v1/videos/1")
        self.assertEqual(video["name"], "part3.mp4")
        self.assertNotEqual(video["picture"].split("?")[1], picture.split("?")[1])
        # What was kept of the old one under its address is not said to be unchanged.
        answer = self.check(server.get(picture), 200)
        self.assertNotIn("immutable", answer.headers["cache-control"])
        self.assertNotEqual(server.json("/api/v1/library")["id"], identity)

    def test_the_library_is_itself_wherever_it_lies(self):
        identity = self.server.json("/api/v1/library")["id"]
        self.assertRegex(identity, "^[0-9a-f]{32}$")
        moved, server = self.copy("itself.db")
        self.assertNotEqual(server.json("/api/v1/library")["id"], identity)
        shutil.copy(self.library, moved)
        self.index(self.videos / "part0.mp4", library=moved, every="0.25")
        self.assertEqual(server.json("/api/v1/library")["id"], identity)

    def test_the_library_is_replaced_by_one_of_another_model(self):
        library, server = self.copy("model.db")
        tiny, other = self.folder / "tiny", self.folder / "tiny.db"
        run(os.environ["REELVEC_CHECKPOINT_MAKER"], "tiny", tiny)
        run(PROGRAM, "index", "-q", "--model", tiny, "--library", other, self.videos / "part0.mp4")
        own, spare = server.json("/api/v1/library"), self.folder / "spare.db"
        self.assertEqual((own["state"], own["model"]["name"], "error" in own["model"]), ("ready", "demo", False))
        self.assertEqual(server.metrics()["reelvec_library_of_model"], 1)
        os.rename(library, spare)
        os.rename(other, library)
        self.check(server.get("/api/v1/search?text=an+owl"), 409, "mismatch")
        self.check(server.get("/api/v1/search?frame=1:1"), 409)
        self.check(server.get(server.json("/api/v1/videos/1")["picture"]), 200)
        told = server.json("/api/v1/library")
        self.assertEqual((told["state"], told["model"]["name"]), ("other_model", "demo"))
        self.assertRegex(told["model"]["error"], r"holds embeddings of tiny \(.*\), the model is demo \(")
        self.assertEqual(server.metrics()["reelvec_library_of_model"], 0)
        self.assertTrue(server.is_well())
        os.replace(spare, library)
        self.assertEqual(server.json("/api/v1/library")["state"], "ready")
        self.assertTrue(self.served_hits(server, "an owl"))
        lines = [line for line in server.stop().splitlines() if "holds embeddings of tiny" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("; searches are refused until ", lines[0])

    def test_a_model_is_named_that_is_not_the_librarys(self):
        """Said at the start, before anybody asks."""
        tiny = self.folder / "named"
        run(os.environ["REELVEC_CHECKPOINT_MAKER"], "tiny", tiny)
        server = Server("--library", self.library, "--model", tiny)
        try:
            told = server.stop()
        finally:
            server.process.kill()
        self.assertIn("holds embeddings of demo", told)
        self.assertIn("; searches are refused until ", told)

    def test_the_library_is_removed_and_comes_back(self):
        library, server = self.copy("removed.db")
        away = self.folder / "away.db"
        os.rename(library, away)
        for path in ("/api/v1/search?text=an+owl", "/api/v1/videos", "/api/v1/videos/1", "/api/v1/videos/1/frames/1.jpg",
                     "/api/v1/videos/1/media"):
            self.check(server.get(path), 503, "library_gone")
        self.assertEqual(server.json("/api/v1/library")["state"], "absent")
        self.assertIsNone(server.json("/api/v1/library")["id"])
        self.assertEqual(server.metrics()["reelvec_library_up"], 0)
        self.assertTrue(server.is_well())
        os.rename(away, library)
        self.assertTrue(self.served_hits(server, "an owl"))
        self.assertEqual(server.json("/api/v1/library")["state"], "ready")

    def test_a_file_that_is_no_library_comes_in_its_place(self):
        library, server = self.copy("broken.db")
        broken = self.folder / "broken"
        for content in (b"", b"no library at all" * 1000, library.read_bytes()[:5000]):
            broken.write_bytes(content)
            os.replace(broken, library)
            if content:
                self.assertGreaterEqual(server.get("/api/v1/library").status, 500)
            else:
                self.assertEqual(server.json("/api/v1/library")["state"], "absent")
            for path in ("/api/v1/search?text=an+owl", "/api/v1/videos"):
                answer = server.get(path)
                self.assertGreaterEqual(answer.status, 400, (content[:20], answer))
                self.assertTrue(answer.json()["error"]["message"])
        library.unlink()
        os.mkdir(library)
        self.assertGreaterEqual(server.get("/api/v1/videos").status, 400)
        self.assertTrue(server.is_well())
        os.rmdir(library)

    def test_rows_are_damaged_while_they_are_served(self):
        library, server = self.copy("damaged.db")
        with sqlite3.connect(library) as database:
            database.execute("UPDATE frame_pictures SET frame_data = x'00'")
            database.execute("UPDATE frames SET embedding_data = x'0011' WHERE frame_number = 3")
        database.close()
        answer = server.get("/api/v1/search?text=an+owl")
        self.assertGreaterEqual(answer.status, 400, answer)
        self.assertTrue(server.is_well())

    def test_a_library_is_made_while_its_place_is_served(self):
        library = self.folder / "later.db"
        with self.serve(library=library) as server:
            self.assertEqual(server.json("/api/v1/library")["state"], "absent")
            self.check(server.get("/api/v1/search?text=an+owl"), 503, "library_gone")
            self.index(self.videos / "part0.mp4", library=library)
            self.assertTrue(self.served_hits(server, "an owl"))
            self.assertEqual(server.json("/api/v1/library")["state"], "ready")

    def test_it_says_at_once_what_it_waits_for(self):
        """Before the model is looked for, with a path that shows which folder was meant."""
        for words, waits in ((["--library", "mistyped.db"], True), (["--library", "mistyped.db", "--quiet"], False),
                             (["--library", str(self.library)], False)):
            with self.subTest(words):
                process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *words], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder)
                process.stdout.readline()
                process.terminate()
                told = process.communicate(timeout=60)[1].splitlines()
                self.assertEqual(process.returncode, 0, told)
                expected = (f"reelvec: {os.path.realpath(self.folder)}/mistyped.db: there is no library here; "
                            "the server waits until `reelvec index` makes it")
                self.assertEqual(told[:1] == [expected], waits, told)
                later = "reelvec: mistyped.db will be served at this address; Ctrl-C ends the server"
                self.assertEqual(later in told, waits, told)

    def test_names_of_libraries_that_cannot_be_shown(self):
        folder = self.folder / "odd \udcff\n name"
        folder.mkdir()
        library = folder / "l\u00e9.db"
        shutil.copy(self.library, library)
        with self.serve(library=library) as server:
            self.assertEqual(len(self.served_hits(server, "an owl")), len(self.command_hits(library, "an owl")))
            self.assertEqual(server.json("/api/v1/library")["name"], "l\u00e9.db")

    def test_pages_stay_those_of_their_list(self):
        library, server = self.copy("pages.db")
        body = {"terms": [{"text": "an owl"}], "limit": 10}
        whole = server.post("/api/v1/search", {**body, "limit": 500}).json()["hits"]
        first = server.post("/api/v1/search", body).json()
        run(PROGRAM, "remove", "--library", library, self.videos / "part2.mp4")
        gone = {hit["video"] for hit in whole} - {video["id"] for video in server.json("/api/v1/videos")["videos"]}
        wait_until(lambda: server.json("/api/v1/library")["videos"]["total"] == 3)
        hits, cursor = first["hits"], first["next"]
        while cursor is not None:
            page = self.check(server.post("/api/v1/search", {**body, "cursor": cursor}), 200).json()
            hits += page["hits"]
            cursor = page["next"]
        kept = [hit for hit in whole if hit["video"] != 3]
        self.assertEqual([hit for hit in hits if hit["video"] != 3], kept)
        self.assertLessEqual(len(gone), 1)

    def test_a_video_file_changes_and_vanishes(self):
        folder = self.folder / "files"
        folder.mkdir()
        video, library = folder / "a.mp4", self.folder / "files.db"
        shutil.copy(self.videos / "part0.mp4", video)
        self.index(video, library=library)
        with self.serve(library=library) as server:
            before = self.check(server.get("/api/v1/videos/1/media"), 200)
            with open(video, "ab") as file:
                file.write(b"more")
            again = self.check(server.get("/api/v1/videos/1/media", headers={
                "Range": "bytes=0-9", "If-Range": before.headers["etag"]}), 200)
            self.assertEqual(again.body, before.body + b"more")
            self.assertNotEqual(again.headers["etag"], before.headers["etag"])
            video.unlink()
            self.check(server.get("/api/v1/videos/1/media"), 410, "file_gone")
            self.assertTrue(server.json("/api/v1/videos/1")["missing"])
            self.check(server.get(server.json("/api/v1/videos/1")["picture"]), 200)
            video.mkdir()
            self.check(server.get("/api/v1/videos/1/media"), 410, "file_gone")

    def test_a_file_is_cut_while_it_is_sent(self):
        video, library = self.folder / "cut.mp4", self.folder / "cut.db"
        shutil.copy(self.videos / "part0.mp4", video)
        with open(video, "r+b") as file:
            file.truncate(256 << 20)
        self.index(video, library=library)
        with self.serve(library=library) as server:
            connection = server.connect()
            connection.putrequest("GET", "/api/v1/videos/1/media", skip_host=True)
            connection.putheader("Host", "localhost")
            connection.endheaders()
            response = connection.getresponse()
            self.assertEqual(len(response.read(1000)), 1000)
            os.truncate(video, 5000)
            with self.assertRaises((http.client.IncompleteRead, ConnectionResetError)):  # that it is cut has to show
                response.read()
            connection.close()
            self.assertTrue(server.is_well())


if __name__ == "__main__":
    unittest.main()
