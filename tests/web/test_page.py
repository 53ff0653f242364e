# SPDX-License-Identifier: MIT
"""The page of `reelvec serve`: its files, and what people do with it in a real browser."""
import json
import re
import shutil
import unittest

from driving import DrivenTest
from serving import MEDIA, SOURCE, Server, ServedTest
from whole_runs import run

PAGE = SOURCE / "apps/web/page"
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
            wrong = self.check(server.get("/?token=wrong", headers=html), 401)
            line = next(line for line in wrong.body.splitlines(True) if b"This token is wrong." in line)
            self.assertEqual(wrong.body.replace(line, b""), asked.body)
            self.assertEqual(self.check(server.get("/?token=", headers=html), 401).body, asked.body)
            self.check(server.get("/page/style.css"), 200)  # the one file that it uses
            for path, headers in (("/", {}), ("/", {"Accept": "*/*"}), ("/api/v1/library", html), ("/page/app.js", html), ("/x", html)):
                self.check(server.get(path, headers=headers), 401, "token_required")


class PageTest(DrivenTest):
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

    def test_the_next_hit_cannot_be_shown(self):
        videos, library = self.folder / "two", self.folder / "two.db"
        videos.mkdir()
        run("ffmpeg", "-v", "error", "-i", MEDIA / "demo.mp4", "-c", "copy", "-f", "segment", "-segment_time", "48", "-reset_timestamps",
            "1", videos / "part%d.mp4")
        self.index(videos, library=library)
        with self.serve(library=library) as server:
            self.drive("failing", address=f"http://localhost:{server.port}/")

    def test_borders_are_kept(self):
        self.drive("edges")

    def test_a_small_screen_in_german(self):
        self.drive("narrow", language="de")

    def test_what_is_converted_breaks_off(self):
        self.drive("breaking")

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

    def test_pictures_where_there_are_no_sheets(self):
        self.drive("pictures")

    def test_five_thousand_results(self):
        self.drive("grid")

    def test_below_a_base_path(self):
        with self.serve("--base-path", "/here/reelvec") as server:
            self.drive("sequence", address=f"http://localhost:{server.port}{server.path}")


if __name__ == "__main__":
    unittest.main()
