# SPDX-License-Identifier: MIT
"""Requests that are damaged and made up, by the ten thousand, to one running server: it answers the next one, says nothing
it should not, and its memory stays. 100,000 of them; with REELVEC_SLOW_TESTS a million. The seed is fixed, and a failure
names the number of the request, so that it can be sent again.
"""
import json
import multiprocessing
import os
import random
import re
import socket
import unittest

from serving import ServedTest
from whole_runs import SLOW

COUNT = 1_000_000 if SLOW else 100_000
PROCESSES = 4
AT_ONCE = 4  # requests on a connection, sent before the first answer has come
SILENCE_S = 0.1  # then a connection waits for bytes that a damaged request promised
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SEED = 16

ADDRESSES = [
    "/", "/healthz", "/metrics", "/page/index.html", "/api/v1/library", "/api/v1/openapi.json", "/api/v1/videos?limit=2",
    "/api/v1/videos/1", "/api/v1/videos/2/frames?from=1&to=5&limit=3", "/api/v1/videos/1/frames/3.jpg?v=0", "/api/v1/videos/1/media",
    "/api/v1/search?text=an+owl&limit=2", "/api/v1/search?frame=1@2.5&not=a+cat&weight=0.3&moments&limit=1&group=video",
    "/api/v1/search?text=a&video=1&after=1&before=9&min_score=0.1&fusion=rrf&scan=exact&top=9&cursor=1-2-3",
    "/api/v1/pictures/" + "0" * 64, "/api/v1/videos/1/sprite.json?from=1&to=20&count=9&columns=3&height=45",
    "/api/v1/videos/1/sprite.jpg?from=1.5&count=2&height=16&v=0", "/api/v1/jobs", "/api/v1/jobs/1", "/api/v1/jobs/1/events",
    "/api/v1/videos/1/play?mode=remuxed&t=1&height=360", "/api/v1/videos/1/scores?text=an+owl&part=0",
]
BODIES = [
    {"terms": [{"text": "an owl", "weight": 0.5}, {"frame": {"video": 1, "number": 3}}], "limit": 2, "moments": True},
    {"terms": [{"picture": "0" * 64}], "group": "video", "per_video": 2, "videos": "*part*", "after": 1.5},
    {"terms": [{"url": "http://127.0.0.1:1/"}], "fusion": "zscore", "cursor": None, "timeout": 1, "scan": "auto", "gap": 3},
]
MOMENTS = [{"video": 1, "start": 1, "end": 2.5, "name": "one"}, {"video": 2, "start": 0, "end": 1e3, "score": 0.5}]
OTHER_BODIES = {
    "/api/v1/export": {"format": "csv", "title": "a/../b", "rate": "25", "handles": 1, "record_start": "01:00:00:00", "moments": MOMENTS},
    "/api/v1/clips": {"mode": "copied", "container": "mp4", "handles": 0, "width": 320, "moments": MOMENTS},
    "/api/v1/jobs": {"root": 0, "folder": "../..", "every": 5, "retry_failed": True},
    "/v1/embeddings": {"input": ["an owl", {"image": "AAAA"}, {"text": "x"}], "encoding_format": "base64", "modality": "text", "model": "reelvec"},
}
HEADERS = [
    "Range: bytes=0-99", "Range: bytes=-5", "If-Range: \"x\"", "If-None-Match: *", "Origin: http://localhost",
    "Content-Type: application/json", "Authorization: Bearer x", "Cookie: reelvec_1=x; a=b", "Expect: 100-continue",
    "X-Forwarded-For: 1.2.3.4, ::1", "Sec-Fetch-Site: same-origin", "Connection: keep-alive", "Accept-Encoding: gzip", "TE: trailers",
    "Upgrade: websocket", "If-Modified-Since: now",
]
ENDING_HEADERS = ["Host: localhost", "Transfer-Encoding: chunked", "Content-Length: 3"]  # a second one is refused
ODD = [b"\0", b"\r\n", b"%00", b"%2e%2e/", b"../", b"\xff", b"%ff", b"9" * 30, b"-1", b"{", b"[" * 50, b'"', b" ", b"\t", b"%", b"&", b"=", b"?",
       b"1e999", b"nan", b"null", b"true", b"\xf0\x9f\x90\x88", b"\xed\xa0\x80", b"a" * 2000, b":", b"@", b"--", b"bytes=", b"\\"]


def damage(data, chance):
    """A few bytes are changed, left out, doubled, or replaced by something odd."""
    data = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at:at + chance.randrange(1, 9)]
        elif kind == 2:
            data[at:at] = chance.choice(ODD)
        elif kind == 3:
            data[at:at] = data[at:at + chance.randrange(1, 30)]
        elif at < len(data):
            data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


def make_request(number):
    chance = random.Random(SEED * 10**9 + number)
    method = chance.choice(("GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "OPTIONS", "PUT", "get", "X"))
    address = chance.choice(ADDRESSES).encode()
    body = b""
    if method == "POST":
        address = chance.choice((b"/api/v1/search", b"/api/v1/search", b"/api/v1/pictures", address))
        body = json.dumps(chance.choice(BODIES)).encode() if chance.random() < 0.8 else os.urandom(20)
        if chance.random() < 0.3:
            name = chance.choice(list(OTHER_BODIES))
            address, body = name.encode(), json.dumps(OTHER_BODIES[name]).encode()
        if chance.random() < 0.7:
            body = damage(body, chance)
    if chance.random() < 0.45:
        address = damage(address, chance)
    headers = [b"Host: localhost"] if chance.random() < 0.9 else []
    if method == "POST":
        headers += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    headers += [header.encode() for header in chance.sample(HEADERS, chance.choice((0, 0, 1, 2, 5)))]
    if chance.random() < 0.05:
        headers.append(chance.choice(ENDING_HEADERS).encode())
    if chance.random() < 0.2:
        headers = [damage(header, chance) for header in headers]
    version = b"HTTP/1.1" if chance.random() < 0.95 else chance.choice((b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.1x", b""))
    data = method.encode() + b" " + address + b" " + version + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + body
    return damage(data, chance) if chance.random() < 0.1 else data


def send(port, first, count):
    """Send them; returns the statuses that came, and what looks like bytes of a file that is none of ours."""
    statuses, leaked = {}, []
    for start in range(first, first + count, AT_ONCE):
        got = b""
        try:
            with socket.create_connection(("127.0.0.1", port), 20) as connection:
                connection.sendall(b"".join(map(make_request, range(start, min(start + AT_ONCE, first + count)))) + LAST)
                connection.settimeout(SILENCE_S)
                while piece := connection.recv(1 << 20):
                    got += piece
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass
        for status in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", got):
            statuses[int(status)] = statuses.get(int(status), 0) + 1
        if b"root:x:" in got or b"SQLite format" in got:
            leaked.append(f"requests {start} to {start + AT_ONCE} read a file")
    return statuses, leaked


class FuzzedRequestsTest(ServedTest):
    OPTIONS = ("--client-timeout", "5", "-q")

    def test_fuzzed_requests(self):
        share = COUNT // PROCESSES
        send(self.server.port, COUNT, 2000)  # caches are filled
        before = self.server.memory()
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            results = pool.starmap(send, [(self.server.port, share * i, share) for i in range(PROCESSES)])
        statuses = {}
        for counted, leaked in results:
            self.assertEqual(leaked, [])
            for status, count in counted.items():
                statuses[status] = statuses.get(status, 0) + count
        self.assertTrue(self.server.is_well())
        # That most got an answer, of many kinds, shows that the requests reach what they are made for.
        self.assertGreater(sum(statuses.values()), COUNT / 3, statuses)
        for status in (200, 204, 206, 304, 400, 403, 404, 405, 413, 415, 422):
            self.assertIn(status, statuses)
        self.assertNotIn(500, statuses)
        after = self.server.metrics_at_rest()
        self.assertEqual((after["reelvec_queue_length"], after["reelvec_body_bytes"]), (0, 0))
        if "SANITIZED" not in os.environ:
            self.assertLess(self.server.memory() - before, 64 << 20)
        print(f"{COUNT} requests, answers: {dict(sorted(statuses.items()))}")


if __name__ == "__main__":
    unittest.main()
