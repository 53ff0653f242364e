# SPDX-License-Identifier: MIT
"""The addresses of `reelvec serve` on a library of the demo's video: what they answer, and with which status."""
import email.utils
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import struct
import threading
import unittest
import zlib

from serving import MEDIA, MODEL, ServedTest, Server, wait_until
from whole_runs import PROGRAM, run


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PIXELS = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8200, 8200, 8, 2, 0, 0, 0)) +
          chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))  # more than are decoded for strangers


class ServeTest(ServedTest):
    def search(self, **body):
        return self.check(self.server.post("/api/v1/search", body), 200).json()

    # ---- search ----

    def test_hits_are_those_of_the_command(self):
        for words, body in (
                (["a red circle"], {"terms": [{"text": "a red circle"}]}),
                (["--text", "0.5:an owl", "--not", "2:a castle"],
                 {"terms": [{"text": "an owl", "weight": 0.5}, {"text": "a castle", "weight": -2}]}),
                (["an owl", "a castle", "--fusion", "rrf"],
                 {"terms": [{"text": "an owl"}, {"text": "a castle"}], "fusion": "rrf"}),
                (["an owl", "a castle", "--fusion", "zscore"],
                 {"terms": [{"text": "an owl"}, {"text": "a castle"}], "fusion": "zscore"}),
                (["an owl", "--after", "5", "--before", "12.5", "--min-score", "0.1"],
                 {"terms": [{"text": "an owl"}], "after": 5, "before": 12.5, "min_score": 0.1}),
                (["an owl", "--video", "*part[01]*"], {"terms": [{"text": "an owl"}], "videos": "*part[01]*"}),
                (["an owl", "--moments"], {"terms": [{"text": "an owl"}], "moments": True}),
                (["--like", f"{self.videos}/part1.mp4@3.5"], {"terms": [{"frame": {"video": 2, "time": 3.5}}]})):
            lines = run(PROGRAM, "search", "--model", MODEL, "--library", self.library, "--format", "json", "--top", "40",
                        *words).stdout.splitlines()
            wanted = [json.loads(line) for line in lines]
            answer = self.search(limit=40, top=40, **body)
            names = {video["id"]: video["path"] for video in answer["videos"]}
            self.assertEqual([(names[hit["video"]], hit["time"]) for hit in answer["hits"]],
                             [(hit["video"], hit["time"]) for hit in wanted], words)
            for hit, other in zip(answer["hits"], wanted):
                self.assertAlmostEqual(hit["score"], other["score"], 6)
                if "start" in other:
                    self.assertEqual((hit["start"], hit["end"]), (other["start"], other["end"]))

    def test_an_address_asks_what_a_body_asks(self):
        for query, body in (
                ("text=an+owl&limit=3", {"terms": [{"text": "an owl"}], "limit": 3}),
                ("text=an%20owl&weight=0.5&not=a+castle&weight=2&text=a+red+circle",
                 {"terms": [{"text": "an owl", "weight": 0.5}, {"text": "a castle", "weight": -2}, {"text": "a red circle"}]}),
                ("frame=2@3.5&moments&video=1", {"terms": [{"frame": {"video": 2, "time": 3.5}}], "moments": True, "video": 1}),
                ("frame=2:4&fusion=mean&scan=exact", {"terms": [{"frame": {"video": 2, "number": 4}}], "scan": "exact"}),
                ("text=%E7%8C%AB+caf%C3%A9&after=1&before=20.5&group=video",
                 {"terms": [{"text": "猫 café"}], "after": 1, "before": 20.5, "group": "video"})):
            one, other = self.server.json(f"/api/v1/search?{query}"), self.search(**body)
            key = "groups" if "group" in body else "hits"
            self.assertTrue(one[key])
            self.assertEqual(one[key], other[key], query)

    def test_sequences_are_those_of_the_command(self):
        lines = run(PROGRAM, "search", "--model", MODEL, "--library", self.library, "--format", "json", "--top", "20", "an owl",
                    "--then", "a castle", "--within", "15").stdout.splitlines()
        wanted = [(hit["video"], hit["time"], hit["start"], hit["end"]) for hit in map(json.loads, lines)]
        answer = self.search(terms=[{"text": "an owl"}, {"text": "a castle", "part": 1}], within=15, limit=20, top=20)
        names = {video["id"]: video["path"] for video in answer["videos"]}
        self.assertTrue(wanted)
        self.assertEqual([(names[hit["video"]], hit["time"], hit["start"], hit["end"]) for hit in answer["hits"]], wanted)
        self.assertEqual(answer["score_kind"], "sequence")
        for hit in answer["hits"]:
            first, last = hit["parts"]
            self.assertEqual((hit["start"], hit["frame"]), (first["time"], first["frame"]))
            self.assertGreater(hit["end"], last["time"])
            self.assertAlmostEqual(hit["score"], (first["score"] + last["score"]) / 2, 6)
            self.check(self.server.get(last["picture"]), 200)
        other = self.server.json("/api/v1/search?text=an+owl&then=a+castle&within=15&limit=20&top=20")
        again = self.server.json("/api/v1/search?text=an+owl&then=&text=a+castle&within=15&limit=20&top=20")
        self.assertEqual((other["hits"], again["hits"]), (answer["hits"], answer["hits"]))
        for body in ({"terms": [{"text": "a", "part": 8}]}, {"terms": [{"text": "a", "part": -1}]}, {"terms": [{"text": "a", "part": 1}]},
                     {"terms": [{"text": "a"}, {"text": "b", "part": 2}]}, {"terms": [{"text": "a"}], "within": 0},
                     {"terms": [{"text": "a"}, {"text": "b", "part": 1}], "fusion": "rrf"}):
            self.check(self.server.post("/api/v1/search", body), 400)

    def test_scores_of_a_video_are_those_of_its_hits(self):
        for query in ("text=an+owl", "text=an+owl&not=a+castle&weight=0.5", "frame=1:3", "text=an+owl&text=a+plane&fusion=zscore"):
            hits = self.server.json(f"/api/v1/search?{query}&video=2&limit=500")["hits"]
            scores = self.server.json(f"/api/v1/videos/2/scores?{query}&video=2&moments&limit=3")
            found = dict(zip(scores["numbers"], zip(scores["times"], scores["scores"])))
            self.assertEqual(len(found), self.server.json("/api/v1/videos/2")["frames"])
            if "zscore" in query:  # which depends on what it is compared with
                continue
            for hit in hits:
                self.assertEqual(found[hit["frame"]][0], hit["time"])
                self.assertAlmostEqual(found[hit["frame"]][1], hit["score"], 5)
            self.assertAlmostEqual(scores["most"], hits[0]["score"], 6)
        parts = [self.server.json(f"/api/v1/videos/2/scores?text=an+owl&then=a+castle&part={part}")["scores"] for part in (0, 1)]
        self.assertEqual(parts, [self.server.json(f"/api/v1/videos/2/scores?text={text}")["scores"] for text in ("an+owl", "a+castle")])
        self.check(self.server.get("/api/v1/videos/2/scores?text=a&part=1"), 400, "no_terms")
        self.check(self.server.get("/api/v1/videos/2/scores"), 400, "no_terms")
        self.check(self.server.get("/api/v1/videos/99/scores?text=a"), 404, "no_such_video")

    def test_scores_are_named(self):
        def kind(*terms, **more):
            return self.search(terms=list(terms), **more)["score_kind"]
        owl, castle = {"text": "an owl"}, {"text": "a castle", "weight": -1}
        self.assertEqual(kind(owl), "cosine")
        self.assertEqual(kind(owl, castle), "weighted_cosine")
        self.assertEqual(kind(owl, {"text": "a plane"}, fusion="zscore"), "zscore")
        self.assertEqual(kind(owl, {"text": "a plane"}, fusion="rrf"), "rrf")
        self.assertEqual(self.search(terms=[owl])["score_order"], "descending")
        raw = self.folder / "raw.db"
        self.index(self.videos / "part0.mp4", library=raw, every="5", options=("--no-normalize",))
        with self.serve(library=raw) as server:
            def ask(*terms, **more):
                return server.post("/api/v1/search", {"terms": list(terms), **more}).json()
            self.assertEqual([ask(owl)["score_kind"], ask(owl, castle)["score_kind"], ask(owl, castle, fusion="zscore")["score_kind"]],
                             ["dot", "weighted_dot", "zscore"])
            self.assertEqual(server.json("/api/v1/videos/1/scores?text=an+owl")["score_kind"], "dot")

    def test_pages_make_up_the_list(self):
        for more, key in (({}, "hits"), ({"moments": True}, "hits"), ({"group": "video"}, "groups")):
            whole = self.search(terms=[{"text": "an owl"}], limit=500, **more)
            self.assertIsNone(whole["next"])
            pages, cursor = [], None
            while True:
                page = self.search(terms=[{"text": "an owl"}], limit=3, cursor=cursor, **more)
                pages += page[key]
                cursor = page["next"]
                if cursor is None:
                    break
                self.assertEqual(len(page[key]), 3)
            self.assertEqual(pages, whole[key])

    def test_cursors_of_other_queries_are_refused(self):
        cursor = self.search(terms=[{"text": "an owl"}], limit=3)["next"]
        self.check(self.server.post("/api/v1/search", {"terms": [{"text": "a plane"}], "cursor": cursor}), 400, "bad_cursor")
        for wrong in ("x", "1-2", "1-2-3-4", "zz-1-1", "1-1-1 ", "-1-1-1", "11111111111111111-1-1", 5):
            self.check(self.server.post("/api/v1/search", {"terms": [{"text": "an owl"}], "cursor": wrong}), 400, "bad_cursor")
        offset, state, query = cursor.split("-")
        far = self.search(terms=[{"text": "an owl"}], limit=3, cursor=f"ffffffffffffffff-{state}-{query}")
        self.assertEqual((far["hits"], far["next"]), ([], None))
        answer = self.server.post("/api/v1/search", {"terms": [{"text": "an owl"}], "cursor": f"{offset}-1-{query}"})
        self.check(answer, 410, "cursor_expired")

    def test_groups_have_each_video_once(self):
        flat = self.search(terms=[{"text": "an owl"}], limit=500)["hits"]
        groups = self.search(terms=[{"text": "an owl"}], group="video", per_video=2)["groups"]
        self.assertEqual(len(groups), 4)
        self.assertEqual([group["video"] for group in groups], list(dict.fromkeys(hit["video"] for hit in flat)))
        for group in groups:
            own = [hit for hit in flat if hit["video"] == group["video"]]
            self.assertEqual((group["count"], group["hits"]), (len(own), own[:2]))

    def test_queries_that_are_none(self):
        good = {"text": "an owl"}
        for body, code in (
                ({}, "no_terms"), ({"terms": []}, "no_terms"), ({"terms": "x"}, "no_terms"), ({"terms": ["x"]}, "bad_term"),
                ({"terms": [{}]}, "bad_term"), ({"terms": [{"text": 5}]}, "bad_term"), ({"terms": [{"text": " "}]}, "empty_text"),
                ({"terms": [{"text": "a", "picture": "b"}]}, "bad_term"), ({"terms": [{"text": "a", "x": 1}]}, "bad_term"),
                ({"terms": [{"text": "a", "weight": 0}]}, "bad_weight"), ({"terms": [{"text": "a", "weight": "1"}]}, "bad_weight"),
                ({"terms": [{"text": "a", "weight": 1e300}]}, "bad_weight"), ({"terms": [{"text": "a" * 20000}]}, "bad_term"),
                ({"terms": [good] * 33}, "bad_term"), ({"terms": [{"frame": {"video": 1}}]}, "bad_term"),
                ({"terms": [{"frame": {"video": 1, "time": -1}}]}, "bad_argument"),
                ({"terms": [{"frame": {"video": 1, "time": 1e6}}]}, "bad_argument"),
                ({"terms": [{"frame": {"video": "1", "time": 1}}]}, "bad_term"),
                ({"terms": [good], "limit": 0}, "bad_parameter"), ({"terms": [good], "limit": 5001}, "bad_parameter"),
                ({"terms": [good], "limit": 2.5}, "bad_parameter"), ({"terms": [good], "top": 1e9}, "bad_parameter"),
                ({"terms": [good], "fusion": "best"}, "bad_parameter"), ({"terms": [good], "scan": 1}, "bad_parameter"),
                ({"terms": [good], "after": "1"}, "bad_parameter"), ({"terms": [good], "moments": 1}, "bad_parameter"),
                ({"terms": [good], "videos": 1}, "bad_parameter"), ({"terms": [good], "videos": "a", "video": 1}, "bad_parameter"),
                ({"terms": [good], "something": 1}, "bad_parameter"), ({"terms": [good], "timeout": 1e9}, "bad_parameter"),
                ({"terms": [good, {"text": "an owl", "weight": -1}]}, "bad_argument")):
            self.check(self.server.post("/api/v1/search", body), 400, code)
        for query in ("", "text=", "txt=a", "weight=1", "text=a&weight=x", "text=a&limit=x", "text=a&limit=-1", "frame=1",
                      "frame=1@x", "frame=x@1", "frame=1@nan", "frame=1@1e999", "text=a&moments=maybe", "text=a&after=0x10"):
            self.check(self.server.get(f"/api/v1/search?{query}"), 400)
        self.check(self.server.get("/api/v1/search?text=a&text=%FF"), 400)
        self.check(self.server.get("/api/v1/search?text=a%00b"), 400)
        self.check(self.server.get("/api/v1/search?" + "&".join(["text=a"] * 300)), 400)

    def test_a_query_of_too_many_parts(self):
        terms = [{"text": "an owl", "part": part} for part in range(9)]
        answer = self.check(self.server.post("/api/v1/search", {"terms": terms}), 400, "bad_part")
        self.assertIn("at most 8 parts", answer.json()["error"]["message"])

    def test_things_that_a_query_names_and_are_not_there(self):
        for term, code in (({"picture": "0" * 64}, "no_such_picture"), ({"picture": "../x"}, "no_such_picture"),
                           ({"frame": {"video": 99, "time": 1}}, "no_such_video"),
                           ({"frame": {"video": 1, "number": 9999}}, "no_such_frame")):
            self.check(self.server.post("/api/v1/search", {"terms": [term]}), 404, code)
        self.check(self.server.post("/api/v1/search", {"terms": [{"text": "a"}], "video": 99}), 404, "no_such_video")
        self.check(self.server.post("/api/v1/search", {"terms": [{"text": "a"}], "videos": "nothing*"}), 404, "not_found")
        answer = self.server.post("/api/v1/search", {"terms": [{"text": "a"}], "scan": "approximate"})
        self.check(answer, 404, "not_found")
        self.assertEqual(answer.json()["error"]["hint"], "build_index")
        self.check(self.server.post("/api/v1/search", {"terms": [{"url": "http://127.0.0.1:1/x.png"}]}), 403, "urls_not_allowed")

    def test_bodies_that_are_no_json(self):
        def post(body, kind="application/json"):
            return self.server.ask("POST", "/api/v1/search", body, {"Content-Type": kind} if kind else {})
        for body in (b"", b"{", b"[]", b"5", b'{"a":1,"a":2}', b'{"terms":[{"text":"\xff"}]}', b"[" * 100000, b'{"a":1e999}',
                     b'{"terms":' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a":99999999999999999999999}'):
            self.check(post(body), 400, "bad_json")
        for body in (b'{"terms":[{"text":"\\u0000"}]}', b'{"te\\u0000rms":5}'):
            self.assertIn("U+0000", self.check(post(body), 400, "bad_json").json()["error"]["message"])
            self.assertNotIn("JSON_", post(body).body.decode())
        self.check(post(b"{}", "text/plain"), 415, "not_json")
        self.check(post(b"{}", None), 415, "not_json")
        self.check(post(b" " * (1 << 20) + b"{}"), 413, "too_large")

    # ---- pictures ----

    def test_an_uploaded_picture_is_searched_with(self):
        picture = (MEDIA / "query-owl.png").read_bytes()
        answer = self.check(self.server.ask("POST", "/api/v1/pictures", picture), 201).json()
        self.assertEqual(answer["sha256"], hashlib.sha256(picture).hexdigest())
        back = self.check(self.server.get(answer["address"]), 200)
        self.assertEqual((back.body, back.headers["content-type"]), (picture, "image/png"))
        self.assertIn("immutable", back.headers["cache-control"])
        self.check(self.server.get(answer["address"], headers={"If-None-Match": back.headers["etag"]}), 304)
        lines = run(PROGRAM, "search", "--model", MODEL, "--library", self.library, "--format", "json", "--image",
                    MEDIA / "query-owl.png").stdout.splitlines()
        hits = self.search(terms=[{"picture": answer["sha256"]}], limit=5)["hits"]
        for hit, line in zip(hits, lines):
            wanted = json.loads(line)
            self.assertEqual(hit["time"], wanted["time"])
            self.assertAlmostEqual(hit["score"], wanted["score"], 6)
        self.assertEqual(hits, self.search(terms=[{"picture": answer["sha256"]}], limit=5)["hits"])  # kept embedding

    def test_uploads_that_are_no_pictures(self):
        for body, status, code in ((b"", 400, "no_picture"), (b"x", 422, "no_picture"), (b"<svg/>", 422, "no_picture"),
                                   ((MEDIA / "query-owl.png").read_bytes()[:500], 422, "no_picture"),
                                   (b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, 422, "no_picture"),
                                   (b"x" * ((32 << 20) + 1), 413, "too_large")):
            self.check(self.server.ask("POST", "/api/v1/pictures", body), status, code)
        self.check(self.server.get("/api/v1/pictures/" + "0" * 64), 404, "no_such_picture")

    # ---- videos and frames ----

    def test_videos_are_listed_page_by_page(self):
        whole = self.server.json("/api/v1/videos")
        self.assertEqual((len(whole["videos"]), whole["total"], whole["next"]), (4, 4, None))
        names, cursor = [], ""
        while cursor is not None:
            page = self.server.json(f"/api/v1/videos?limit=1&cursor={cursor}" if cursor else "/api/v1/videos?limit=1")
            names += [video["name"] for video in page["videos"]]
            cursor = page["next"]
        self.assertEqual(names, ["part0.mp4", "part1.mp4", "part2.mp4", "part3.mp4"])
        self.assertEqual([v["name"] for v in self.server.json("/api/v1/videos?name=PART2")["videos"]], ["part2.mp4"])
        self.assertEqual(self.server.json("/api/v1/videos?state=failed")["videos"], [])
        for query in ("limit=0", "limit=x", "state=new", "cursor=x", "limit=1001"):
            self.check(self.server.get(f"/api/v1/videos?{query}"), 400)

    def test_a_video_and_its_frames(self):
        video = self.server.json("/api/v1/videos/2")
        self.assertEqual((video["name"], video["state"], video["missing"], video["error"]), ("part1.mp4", "complete", False, ""))
        frames = self.server.json("/api/v1/videos/2/frames")
        self.assertEqual(frames["numbers"], list(range(1, video["frames"] + 1)))
        self.assertEqual(frames["times"], sorted(frames["times"]))
        part = self.server.json("/api/v1/videos/2/frames?from=3&to=5&limit=2")
        self.assertEqual(len(part["numbers"]), 2)
        self.assertGreaterEqual(part["times"][0], 3)
        rest = self.server.json(f"/api/v1/videos/2/frames?from=3&to=5&after={part['next']}")
        self.assertEqual(rest["numbers"][0], part["numbers"][1] + 1)
        self.assertIsNone(rest["next"])
        for address in ("/api/v1/videos/99", "/api/v1/videos/0", "/api/v1/videos/x", "/api/v1/videos/-1", "/api/v1/videos/01",
                        "/api/v1/videos/99/frames", "/api/v1/videos/9223372036854775808", "/api/v1/videos/99/media"):
            self.check(self.server.get(address), 404, "no_such_video")
        self.check(self.server.get("/api/v1/videos/2/frames?from=x"), 400)

    def test_pictures_of_frames_are_those_of_the_library(self):
        hit = self.search(terms=[{"text": "an owl"}], limit=1)["hits"][0]
        answer = self.check(self.server.get(hit["picture"]), 200)
        self.assertEqual((answer.headers["content-type"], answer.body[:2]), ("image/jpeg", b"\xff\xd8"))
        self.assertIn("immutable", answer.headers["cache-control"])
        self.check(self.server.get(hit["picture"], headers={"If-None-Match": answer.headers["etag"]}), 304)
        self.check(self.server.get(hit["picture"], headers={"If-None-Match": '"other"'}), 200)
        self.check(self.server.get("/api/v1/videos/1/frames/99999.jpg", headers={"If-None-Match": "*"}), 404)
        head = self.check(self.server.ask("HEAD", hit["picture"]), 200)
        self.assertEqual((int(head.headers["content-length"]), head.body), (len(answer.body), b""))
        # Without the tag that is part of the address it may be another picture one day.
        plain = self.check(self.server.get(hit["picture"].split("?")[0]), 200)
        self.assertNotIn("immutable", plain.headers["cache-control"])
        self.assertEqual(plain.body, answer.body)
        for number in ("0", "99999", "x", "-1", "4294967297", "99999999999999999999"):
            self.check(self.server.get(f"/api/v1/videos/1/frames/{number}.jpg"), 404)

    # ---- media ----

    def test_media_by_ranges(self):
        data = (self.videos / "part1.mp4").read_bytes()
        size, address = len(data), "/api/v1/videos/2/media"
        whole = self.check(self.server.get(address), 200)
        self.assertEqual((whole.body, whole.headers["content-type"], whole.headers["accept-ranges"]), (data, "video/mp4", "bytes"))
        for text, first, last in (("0-0", 0, 0), ("0-99", 0, 99), ("100-", 100, size - 1), ("-100", size - 100, size - 1),
                                  (f"-{size * 2}", 0, size - 1), (f"{size - 1}-", size - 1, size - 1),
                                  (f"5-{size * 9}", 5, size - 1), ("1-99999999999999999999999", 1, size - 1)):
            answer = self.check(self.server.get(address, headers={"Range": f"bytes={text}"}), 206)
            self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(answer.body, data[first:last + 1])
        for text in (f"{size}-", f"{size}-{size + 5}", "-0", "99999999999999999999999-"):
            answer = self.check(self.server.get(address, headers={"Range": f"bytes={text}"}), 416, "range_not_satisfiable")
            self.assertEqual(answer.headers["content-range"], f"bytes */{size}")
        for text in ("bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", "bytes=0x0-5", "bytes 0-5",
                     "bytes=1-2-3", "bytes=--5", "0-5", "bytes=" + "0-1," * 1000):
            self.assertEqual(self.check(self.server.get(address, headers={"Range": text}), 200).body, data, text)

    def test_media_of_a_file_that_is_known(self):
        address = "/api/v1/videos/2/media"
        whole = self.server.get(address)
        tag, date = whole.headers["etag"], whole.headers["last-modified"]
        self.assertIsNotNone(email.utils.parsedate(date))
        for name, value, status in (("If-None-Match", tag, 304), ("If-None-Match", '"x"', 200), ("If-None-Match", "*", 304),
                                    ("If-None-Match", f'"x", {tag}', 304), ("If-Modified-Since", date, 304)):
            self.check(self.server.get(address, headers={name: value}), status)
        for value, status in ((tag, 206), (date, 206), ('"x"', 200), ("W/" + tag, 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 200)):
            self.check(self.server.get(address, headers={"Range": "bytes=0-9", "If-Range": value}), status)
        head = self.check(self.server.ask("HEAD", address, headers={"Range": "bytes=0-9"}), 200)
        self.assertEqual((int(head.headers["content-length"]), head.body), (len(whole.body), b""))
        self.assertIn("attachment", self.server.get(address + "?download").headers["content-disposition"])

    # ---- other addresses ----

    def test_methods_and_addresses_that_are_none(self):
        for method, address, allowed in (("POST", "/api/v1/videos", "GET, HEAD"), ("DELETE", "/", "GET, HEAD"),
                                         ("PUT", "/api/v1/search", "GET, HEAD, POST"), ("GET", "/api/v1/pictures", "POST"),
                                         ("OPTIONS", "/", "GET, HEAD"), ("BREW", "/metrics", "GET, HEAD")):
            answer = self.check(self.server.ask(method, address), 405, "method_not_allowed")
            self.assertEqual(answer.headers["allow"], allowed)
        for address in ("/x", "/api", "/api/v1", "/api/v1/", "/api/v1/videos/", "/api/v1/videos/1/", "//", "/index.html/x",
                        "/page/", "/page/x.js", "/API/v1/videos", "/healthz/", "/api/v1/videos/1/frames/1", "/page/x/y"):
            self.check(self.server.get(address), 404)

    def test_the_library_and_the_page(self):
        library = self.server.json("/api/v1/library")
        self.assertEqual((library["state"], library["videos"]["complete"], library["model"]["name"]), ("ready", 4, "demo"))
        self.assertEqual(library["frames"], sum(v["frames"] for v in self.server.json("/api/v1/videos")["videos"]))
        page = self.check(self.server.get("/"), 200)
        self.assertEqual(page.headers["content-type"], "text/html; charset=utf-8")
        self.check(self.server.get("/", headers={"If-None-Match": page.headers["etag"]}), 304)
        self.assertEqual(self.server.get("/page/index.html").body, page.body)
        self.assertEqual(self.server.json("/healthz"), {"status": "ok"})

    def test_what_is_counted(self):
        before = self.server.metrics_at_rest()
        for _ in range(3):
            self.search(terms=[{"text": "something that is counted"}])
        self.server.get("/nowhere")
        after = self.server.metrics_at_rest()

        def more(name):
            return after[name] - before.get(name, 0)
        self.assertEqual(more("reelvec_searches_total"), 3)
        self.assertEqual(more('reelvec_cache_total{cache="texts",result="hit"}'), 2)
        self.assertEqual(more('reelvec_cache_total{cache="texts",result="miss"}'), 1)
        self.assertEqual(more('reelvec_requests_total{route="search",status="200"}'), 3)
        self.assertEqual(more('reelvec_requests_total{route="none",status="404"}'), 1)
        self.assertEqual(more('reelvec_request_seconds_count{route="search"}'), 3)
        self.assertEqual(after["reelvec_library_up"], 1)
        self.assertGreater(after["reelvec_library_frames"], 100)
        text = self.server.get("/metrics").body.decode()
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{\w+=\"[^\"]*\"(,\w+=\"[^\"]*\")*\})? [0-9.eE+-]+)$")
        self.assertEqual(len(re.findall("^# TYPE", text, re.M)), len(set(re.findall("^# TYPE (\\w+)", text, re.M))))

    def test_one_connection_serves_many_requests(self):
        connection = self.server.connect()
        for _ in range(20):
            self.check(self.server.get("/healthz", connection=connection), 200)
            self.check(self.server.get("/nowhere", connection=connection), 404)
            self.check(self.server.post("/api/v1/search", {"terms": [{"text": "a"}]}, connection=connection), 200)
            self.check(self.server.post("/api/v1/search", {"terms": []}, connection=connection), 400)
        connection.close()


class OptionsTest(ServedTest):
    OPTIONS = ("--base-path", "/here/reelvec/", "--allow-origin", "https://friend.example", "--log")

    def test_the_base_path_is_part_of_every_address(self):
        self.assertEqual(self.server.path, "/here/reelvec/")
        self.check(self.server.get("/here/reelvec/"), 200)
        moved = self.check(self.server.get("/here/reelvec"), 308)
        self.assertEqual(moved.headers["location"], "/here/reelvec/")
        self.check(self.server.get("/"), 404)
        self.check(self.server.get("/here/reelvecx"), 404)
        self.check(self.server.get("/healthz"), 404)
        hit = self.server.json("/here/reelvec/api/v1/search?text=an+owl")["hits"][0]
        self.check(self.server.get(hit["picture"]), 200)

    def test_a_named_origin_may_call(self):
        friend = {"Origin": "https://friend.example"}
        answer = self.check(self.server.get("/here/reelvec/api/v1/videos", headers=friend, safe=False), 200)
        self.assertEqual(answer.headers["access-control-allow-origin"], "https://friend.example")
        self.assertEqual(answer.headers["vary"], "Origin")
        self.assertEqual(self.server.get("/here/reelvec/api/v1/videos").headers["vary"], "Origin")
        for name in ("Content-Disposition", "Reelvec-Notes"):
            self.assertIn(name, answer.headers["access-control-expose-headers"])
        asked = self.check(self.server.ask("OPTIONS", "/here/reelvec/api/v1/search", headers={
            **friend, "Access-Control-Request-Method": "POST"}, safe=False), 204)
        self.assertIn("POST", asked.headers["access-control-allow-methods"])
        self.check(self.server.get("/here/reelvec/api/v1/videos", headers={"Origin": "https://foe.example"}), 403)

    def test_lines_of_the_log_name_no_query(self):
        with self.serve("--log") as server:
            server.get("/api/v1/search?text=a+secret+wish")
            server.get("/a%22b\"c")
            errors = server.stop()
        line = next(line for line in errors.splitlines() if "/api/v1/search" in line)
        self.assertRegex(line, r"^time=\S+Z client=127\.0\.0\.1 method=GET path=/api/v1/search status=200 ms=[0-9.]+ "
                               r"bytes=\d+ queue_ms=[0-9.]+$")
        self.assertNotIn("secret", errors)

    def test_what_may_wait_for_a_disk_is_done_by_a_worker(self):
        with self.serve("--log") as server:
            for path in ("", "/1", "/1/media"):
                self.check(server.get("/api/v1/videos" + path), 200)
            self.assertEqual(server.stop().count("queue_ms="), 3)

    def test_the_help_tells_how_it_ends(self):
        text = run(PROGRAM, "serve", "--help").stdout.decode()
        self.assertRegex(text, r"\n +0 +told to end")
        self.assertNotRegex(text, r"\n +130 ")
        self.assertRegex(run(PROGRAM, "search", "--help").stdout.decode(), r"\n +130 ")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                self.serve().stop(number)

    def test_behind_a_proxy_its_address_is_told(self):
        for words, told in ((["--host", "films.example"], "browsers open https://films.example/films/, which"), ([], "is not known without --host")):
            server = self.serve("--proxy", "127.0.0.1", "--base-path", "/films", "--listen", "127.0.0.1", *words)
            self.assertEqual(server.address, f"http://127.0.0.1:{server.port}/films/")
            self.assertIn(told, server.stop())

    def test_options_that_are_none(self):
        for words, status, text in (
                (["--base-path", "a b"], 2, "base path"), (["--listen", "999.1.1.1"], 2, "no address"),
                (["--proxy", "here"], 2, "proxy"), (["--allow-origin", "friend"], 2, "origin"),
                (["--host", "a b"], 2, "host"), (["--port", "70000"], 2, "port"), (["x"], 2, "too many arguments"),
                (["--port", str(self.server.port)], 1, "taken"), (["--media", str(self.folder / "none")], 1, "No such file"),
                (["--media", str(self.videos / "part0.mp4")], 2, "part0.mp4: is no folder")):
            port = [] if "--port" in words else ["--port", "0"]  # whoever has the usual one is no part of the test
            done = run(PROGRAM, "serve", "--model", MODEL, "--library", self.library, *port, *words, check=False)
            self.assertEqual(done.returncode, status, done)
            self.assertIn(text, done.stderr.decode())

    def test_urls_are_fetched_if_that_is_allowed(self):
        with self.serve("--allow-urls") as server:
            self.assertTrue(server.json("/api/v1/library")["capabilities"]["urls"])
            for url, status in (("http://127.0.0.1:1/x.png", 502), ("file:///etc/passwd", 400), ("/etc/passwd", 400)):
                self.check(server.post("/api/v1/search", {"terms": [{"url": url}]}), status)

    def test_pictures_from_urls_are_bounded_as_others(self):
        """A small file that claims many pixels is not decoded, and a fetched picture finds what an uploaded one does."""
        class Pictures(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = PIXELS if self.path == "/pixels.png" else picture
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        source = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
        threading.Thread(target=source.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{source.server_port}"
        try:
            with self.serve("--allow-urls") as server:
                picture = server.get(server.json("/api/v1/videos/1")["picture"]).body
                name = server.ask("POST", "/api/v1/pictures", picture).json()["sha256"]
                wanted = self.check(server.post("/api/v1/search", {"terms": [{"picture": name}]}), 200).json()["hits"]
                found = self.check(server.post("/api/v1/search", {"terms": [{"url": f"{place}/a.jpg"}]}), 200).json()["hits"]
                self.assertEqual(found, wanted)
                refused = server.post("/api/v1/search", {"terms": [{"url": f"{place}/pixels.png"}]})
                self.assertGreaterEqual(refused.status, 400)
                self.assertIn("pixels", refused.json()["error"]["message"])
        finally:
            source.shutdown()
            source.server_close()

    def test_the_browser_is_opened(self):
        browser, said = self.folder / "browser", self.folder / "said"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{said}.new" && mv "{said}.new" "{said}"\n')
        browser.chmod(0o755)
        with self.serve("--open", environment={**os.environ, "BROWSER": str(browser)}) as server:
            wait_until(said.exists)
            self.assertEqual(said.read_text(), server.address)

    def test_a_library_without_its_model(self):
        home = self.folder / "home"
        environment = {**os.environ, "XDG_DATA_HOME": str(home), "HOME": str(home)}
        environment.pop("REELVEC_MODEL", None)
        model, library = self.folder / "model", self.folder / "moved.db"
        shutil.copytree(MODEL, model)
        run(PROGRAM, "index", "-q", "--model", model, "--library", library, self.videos / "part0.mp4")
        shutil.rmtree(model)
        with Server("--library", library, environment=environment) as server:
            self.assertIsNone(server.json("/api/v1/library")["model"]["name"])
            self.check(server.get("/api/v1/search?text=a"), 503, "no_model")
            self.check(server.get("/api/v1/search?frame=1:2"), 200)


if __name__ == "__main__":
    unittest.main()
