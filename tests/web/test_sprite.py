# SPDX-License-Identifier: MIT
"""Sheets of stored pictures: every tile is the picture of its frame."""
import io
import unittest

from PIL import Image, ImageChops, ImageStat

from serving import ServedTest


class SpriteTest(ServedTest):
    def sheet(self, query, video=1):
        facts = self.server.json(f"/api/v1/videos/{video}/sprite.json?{query}")
        answer = self.check(self.server.get(facts["picture"]), 200)
        self.assertEqual(answer.headers["content-type"], "image/jpeg")
        self.assertIn("immutable", answer.headers["cache-control"])
        return facts, Image.open(io.BytesIO(answer.body)).convert("RGB"), answer

    def test_tiles_are_the_pictures(self):
        for query, count in (("count=7&columns=3", 7), ("from=3&to=8&height=60", 11), ("from=3&to=3&height=120", 1), ("count=400&columns=400&height=16", None)):
            facts, picture, _ = self.sheet(query)
            width, height = facts["tile_width"], facts["tile_height"]
            self.assertEqual(picture.size, (facts["columns"] * width, facts["rows"] * height))
            self.assertEqual(len(facts["numbers"]), len(facts["times"]))
            if count:
                self.assertEqual(len(facts["numbers"]), count, query)
            for place, number in enumerate(facts["numbers"]):
                frame = Image.open(io.BytesIO(self.server.get(f"/api/v1/videos/1/frames/{number}.jpg").body)).convert("RGB")
                self.assertAlmostEqual(frame.width / frame.height, width / height, delta=0.1)
                left, top = place % facts["columns"] * width, place // facts["columns"] * height
                tile = picture.crop((left, top, left + width, top + height))
                wanted = frame.resize((width, height), Image.BOX)
                mean = sum(ImageStat.Stat(ImageChops.difference(tile, wanted)).mean) / 3
                self.assertLess(mean, 12, (query, number))

    def test_times_are_within_the_stretch(self):
        facts, *_ = self.sheet("from=3&to=8&count=4")
        self.assertTrue(all(3 <= time <= 8 for time in facts["times"]))
        self.assertEqual(facts["times"], sorted(facts["times"]))

    def test_it_is_kept(self):
        facts, _, answer = self.sheet("count=9")
        self.assertEqual(self.server.get(facts["picture"]).body, answer.body)
        self.check(self.server.ask("GET", facts["picture"], headers={"If-None-Match": answer.headers["etag"]}), 304)
        other = self.check(self.server.get("/api/v1/videos/1/sprite.jpg?count=9&v=0"), 200)
        self.assertNotIn("immutable", other.headers["cache-control"])

    def test_what_is_wrong_is_told(self):
        for ending in ("json", "jpg"):
            path = f"/api/v1/videos/1/sprite.{ending}"
            for query in ("count=0", "count=401", "count=x", "columns=0", "height=15", "height=361", "from=-1", "to=nan"):
                self.check(self.server.get(f"{path}?{query}"), 400)
            self.check(self.server.get(f"{path}?from=9000"), 404, "no_frames")
            self.check(self.server.get(f"/api/v1/videos/99/sprite.{ending}"), 404, "no_such_video")
        self.check(self.server.get("/api/v1/videos/1/sprite.jpg?count=400&columns=400&height=360"), 400)


if __name__ == "__main__":
    unittest.main()
