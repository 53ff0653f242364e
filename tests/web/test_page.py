# SPDX-License-Identifier: MIT
"""The page of `reelvec serve` in a real browser: Debian's Chromium, driven by puppeteer-core (page_driver.mjs)."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from serving import MEDIA, SOURCE, Server, ServedTest

PAGE = SOURCE / "apps/web/page"
MODULES = pathlib.Path(os.environ.get("REELVEC_NODE_MODULES", SOURCE / "out/tests/npm/node_modules"))
SECONDS = 240
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

    def test_every_text_is_there_in_all_languages(self):
        strings = (PAGE / "strings.js").read_text()
        rows = dict(re.findall(r"^  (\w+): \[(.*)\],$", strings, re.M))
        self.assertGreater(len(rows), 100)
        for name, row in rows.items():
            texts = re.findall(r"'((?:[^'\\]|\\.)*)'", row)
            self.assertEqual(len(texts), 3, name)
            self.assertEqual(*[sorted(re.findall(r"\{\d\}", text)) for text in texts[:2]], name)
            self.assertEqual(*[sorted(re.findall(r"\{\d\}", text)) for text in texts[1:]], name)
        for path in PAGE.glob("*.js"):
            for name in re.findall(r"\bt\('(\w+)'", path.read_text()):
                self.assertIn(name, rows, path.name)


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

    def test_borders_are_dragged_and_kept_in_the_address(self):
        self.drive("borders")

    def test_fingers(self):
        self.drive("touch")

    def test_the_bin(self):
        self.drive("bin")

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

    def test_five_thousand_results(self):
        self.drive("grid")

    def test_below_a_base_path(self):
        with self.serve("--base-path", "/here/reelvec") as server:
            self.drive("sequence", address=f"http://localhost:{server.port}{server.path}")


if __name__ == "__main__":
    unittest.main()
