# SPDX-License-Identifier: MIT
"""The page of `reelvec serve` in a real browser: Debian's Chromium, driven by puppeteer-core (page_driver.mjs)."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from serving import MEDIA, MODEL, SOURCE, Server, ServedTest
from whole_runs import PROGRAM, run

PAGE = SOURCE / "apps/web/page"
MODULES = pathlib.Path(os.environ.get("REELVEC_NODE_MODULES", SOURCE / "out/tests/npm/node_modules"))
SECONDS = 300
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "100", "-bf", "2")
AAC = ("-c:a", "aac")
PAGE_BYTES_MAX = 150_000


class PageFilesTest(unittest.TestCase):
    def test_the_page_is_light(self):
        files = [path for path in PAGE.iterdir() if path.name != "openapi.json"]
        self.assertLess(sum(path.stat().st_size for path in files), PAGE_BYTES_MAX)

    def test_data_never_becomes_markup(self):
        for path in PAGE.glob("*.js"):
            self.assertNotRegex(path.read_text(), r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.name)

    def test_the_policy_holds_without_exceptions(self):
        text = (PAGE / "index.html").read_text()
        self.assertNotRegex(text, r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)")
        for path in PAGE.glob("*.js"):
            self.assertNotRegex(path.read_text(), r"setAttribute\('style'|style: ['`]", path.name)

    def test_nothing_comes_from_elsewhere(self):
        for path in PAGE.iterdir():
            if path.name != "openapi.json":
                self.assertEqual(set(re.findall(r"https?://[^\s'\"`)]+", path.read_text())) - {"http://www.w3.org/2000/svg"}, set(), path.name)

    def test_every_format_can_be_saved(self):
        interface = json.loads((PAGE / "openapi.json").read_text())
        formats = interface["components"]["schemas"]["Export"]["properties"]["format"]["enum"]
        lists = re.findall(r"const (?:editors|lists) = \{(.*?)\};", (PAGE / "export.js").read_text(), re.S)
        self.assertEqual(sorted(re.findall(r"'?([\w-]+)'?: '", " ".join(lists))), sorted(formats))

    def test_every_kind_of_score_has_a_name(self):
        interface = json.loads((PAGE / "openapi.json").read_text())
        for kind in interface["components"]["schemas"]["Answer"]["properties"]["score_kind"]["enum"]:
            self.assertRegex((PAGE / "strings.js").read_text(), rf"(?m)^{kind}\|")

    def test_every_text_is_there_in_all_languages(self):
        strings = (PAGE / "strings.js").read_text()
        table = [row.split("|") for row in strings.split("`")[1].strip().split("\n")]
        rows = {name: texts for name, *texts in table}
        self.assertGreater(len(rows), 100)
        self.assertEqual(len(rows), len(table))
        for name, texts in rows.items():
            self.assertEqual([bool(text) for text in texts], [True] * 3, name)
            self.assertEqual(*[sorted(re.findall(r"\{\d\}", text)) for text in texts[:2]], name)
            self.assertEqual(*[sorted(re.findall(r"\{\d\}", text)) for text in texts[1:]], name)
        for path in PAGE.glob("*.js"):
            for name in re.findall(r"\b(?:t|many)\('(\w+)'", path.read_text()):
                self.assertIn(name, rows, path.name)
            for name in re.findall(r"\bmany\('(\w+)'", path.read_text()):
                self.assertIn(name + "One", rows, path.name)
            # The label of a picture's button is the text of that name, unless it has another one.
            for name, members in re.findall(r"\biconButton\('(\w+)',((?:(?!iconButton|textButton).)*)", path.read_text(), re.S):
                self.assertTrue(name in rows or "label:" in members, (path.name, name))


class LoginTest(ServedTest):
    def test_a_person_is_asked_for_the_token(self):
        token = self.folder / "token"
        with self.serve("--token-file", token) as server:
            html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
            asked = self.check(server.get("/", headers=html), 401)
            self.assertEqual(asked.headers["content-type"], "text/html; charset=utf-8")
            self.assertEqual(asked.headers["cache-control"], "no-store")
            self.assertIn(b'name="token"', asked.body)
            self.check(server.get("/?token=wrong", headers=html), 401)
            self.check(server.get("/page/style.css"), 200)  # the one file that it uses
            for path, headers in (("/", {}), ("/", {"Accept": "*/*"}), ("/api/v1/library", html), ("/page/app.js", html), ("/x", html)):
                self.check(server.get(path, headers=headers), 401, "token_required")


class PageTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.chromium = shutil.which("node"), shutil.which("chromium")
        if cls.node is None:
            raise unittest.SkipTest("needs node; run tests/web/setup")
        if cls.chromium is None:
            raise unittest.SkipTest("needs the package chromium; run tests/web/setup")
        for name in ("puppeteer-core", "axe-core"):
            if not (MODULES / name).is_dir():
                raise unittest.SkipTest(f"needs {name} of npm in out/tests/npm; run tests/web/setup")
        super().setUpClass()

    @classmethod
    def index(cls, *paths, library=None, every="0.5"):
        if library is None:  # the demo's video as it is, not in pieces
            shutil.rmtree(cls.videos)
            cls.videos.mkdir()
            shutil.copy(MEDIA / "demo.mp4", cls.videos)
        super().index(*paths, library=library, every=every)

    def drive(self, check, address=None, **settings):
        home = self.folder / self.id().rsplit(".", 1)[1]
        home.mkdir(exist_ok=True)
        nothing = home / "nothing.png"
        nothing.write_bytes(b"no picture")
        path = home / "settings.json"
        path.write_text(json.dumps({
            "check": check, "address": address or f"http://localhost:{self.server.port}{self.server.path}", "modules": str(MODULES.parent),
            "chromium": self.chromium, "profile": str(home / "profile"), "picture": str(MEDIA / "query-rocket.png"),
            "noPicture": str(nothing), "shot": os.environ.get("REELVEC_PAGE_SHOT"), "language": "en",
            "pictures": os.environ.get("REELVEC_PAGE_PICTURES"), "size": "desktop", **settings}))
        done = subprocess.run([self.node, SOURCE / "tests/web/page_driver.mjs", path], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=SECONDS, text=True, env={**os.environ, "HOME": str(home)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if done.stdout:
            print(done.stdout.strip())

    def test_texts_find_the_right_moment(self):
        self.drive("text")

    def test_a_sequence(self):
        self.drive("sequence")

    def test_a_pasted_picture(self):
        self.drive("picture")

    def test_cards_scrub_and_refine(self):
        self.drive("cards")

    def test_the_player_shows_the_right_picture(self):
        self.drive("player")

    def test_hits_change_while_one_is_being_opened(self):
        self.drive("opening")

    def test_what_is_converted_breaks_off(self):
        self.drive("breaking")

    def test_why_a_video_does_not_play(self):
        videos, library = self.folder / "causes", self.folder / "causes.db"
        videos.mkdir()
        run("ffmpeg", "-v", "error", "-t", "40", "-i", MEDIA / "demo.mp4", "-vf", "noise=alls=80:allf=t", "-c:v", "mpeg4", "-q:v", "5", "-an",
            videos / "old.avi")  # whose conversion takes more room than lies between a server and who does not read
        run("ffmpeg", "-v", "error", "-t", "12", "-i", MEDIA / "demo.mp4", "-c", "copy", "-movflags", "faststart", videos / "cut.mp4")
        whole = (videos / "cut.mp4").read_bytes()
        (videos / "cut.mp4").write_bytes(whole[:len(whole) // 2])
        (videos / "broken.mp4").write_bytes(bytes(range(256)) * 40)
        run(PROGRAM, "index", "-q", "--every", "1", "--model", MODEL, "--library", library, videos, check=False)
        with self.serve("--plays", "1", library=library) as server:
            self.drive("causes", address=f"http://localhost:{server.port}/")
        with self.serve(library=library, environment={**os.environ, "REELVEC_FFMPEG": "/nowhere/ffmpeg"}) as server:
            self.drive("noFfmpeg", address=f"http://localhost:{server.port}/")

    def test_the_token_is_typed(self):
        token = self.folder / "token"
        for path in ("", "/here"):
            with self.serve("--token-file", token, *(["--base-path", path] if path else [])) as server:
                self.drive("login", address=f"http://localhost:{server.port}{path}/", token=token.read_text().strip())

    def test_errors_in_german(self):
        self.drive("errors", language="de")

    def test_borders_are_dragged_and_kept_in_the_address(self):
        self.drive("borders")

    def test_fingers(self):
        self.drive("touch")

    def test_the_bin(self):
        self.drive("bin")

    def test_bins_of_tabs_links_and_libraries(self):
        self.drive("bins")

    def test_views_on_a_desktop_in_german(self):
        self.drive("views", size="desktop", language="de")

    def test_views_on_a_phone_in_chinese(self):
        self.drive("views", size="phone", language="zh")

    def test_a_library_that_is_not_there(self):
        with Server("--library", self.folder / "none.db", "--model", SOURCE / "models/demo") as server:
            self.drive("empty", address=f"http://localhost:{server.port}/")

    def test_a_video_whose_file_is_missing(self):
        video, library = self.folder / "gone.mp4", self.folder / "gone.db"
        shutil.copy(MEDIA / "demo.mp4", video)
        self.index(video, library=library)
        video.unlink()
        with self.serve(library=library) as server:
            self.drive("missing", address=f"http://localhost:{server.port}/")

    def test_clips_and_timelines_are_saved(self):
        self.drive("saving")

    def test_cutting_is_cancelled(self):
        self.drive("cancelled")

    def test_from_nothing_to_the_first_hit(self):
        root = self.folder / "root"
        for name in ("some", "long"):
            (root / name).mkdir(parents=True)
        run("ffmpeg", "-v", "error", "-i", MEDIA / "demo.mp4", "-c", "copy", "-f", "segment", "-segment_time", "48", "-reset_timestamps",
            "1", root / "some/part%d.mp4")
        (root / "some/broken.mp4").write_bytes(bytes(range(256)) * 40)
        shutil.copy(MEDIA / "demo.mp4", root / "long")
        with self.serve("--media", root, library=self.folder / "first.db") as server:
            self.drive("firstSteps", address=f"http://localhost:{server.port}/")

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
        stripes = "if(mod(floor(N/pow(2\\,floor(X/16)))\\,2)\\,235\\,16)"
        for name, rate, _, options in self.KINDS:
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                f"nullsrc=s=160x96:r={'30000/1001' if rate != 25 else 25}:d=12,geq=lum='{stripes}':cb=128:cr=128,format=yuv420p", "-f",
                "lavfi", "-i", "sine=440:d=12:sample_rate=48000", *options, videos / name)
        self.index(videos, library=library, every="1")
        with self.serve(library=library) as server:
            self.drive("kinds", address=f"http://localhost:{server.port}/",
                       kinds=[{"name": name, "rate": rate, "mode": mode} for name, rate, mode, _ in self.KINDS])

    def test_pictures_where_there_are_no_sheets(self):
        self.drive("pictures")

    def test_five_thousand_results(self):
        self.drive("grid")

    def test_below_a_base_path(self):
        with self.serve("--base-path", "/here/reelvec") as server:
            self.drive("sequence", address=f"http://localhost:{server.port}{server.path}")


if __name__ == "__main__":
    unittest.main()
