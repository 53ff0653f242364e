# SPDX-License-Identifier: MIT
"""Who may ask `reelvec serve`: names of the host, other pages, the token, proxies; and what attackers send."""
import ctypes
import os
import pty
import re
import socket
import stat
import struct
import subprocess
import unittest
import zlib

from serving import MODEL, SECONDS, ServedTest, wait_until
from whole_runs import PROGRAM, run

LIGHT_ROW = "\u2588".encode() * 10 + b"\033[0m"


class GuardTest(ServedTest):
    def test_other_names_of_the_host_are_refused(self):
        """DNS rebinding: a page of evil.example, whose name now leads here, asks with its own name."""
        port = self.server.port
        for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "[::2]",
                     "0.0.0.0", "2130706433", "localhost@evil.example", "127.1"):
            for path in ("/", "/api/v1/library", "/healthz", "/metrics", "/nowhere"):
                answer = self.server.get(path, headers={"Host": host})
                self.assertIn(answer.status, (400, 403), (host, answer))
        for host in ("localhost", f"localhost:{port}", "LOCALHOST", "localhost.", "127.0.0.1", f"[::1]:{port}", "127.0.0.1:1"):
            self.check(self.server.get("/api/v1/library", headers={"Host": host}), 200)

    def test_a_request_names_one_host(self):
        for lines in (b"", b"Host: \r\n", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nHost: evil.example\r\n",
                      b"Host: local host\r\n", b"Host: localhost:x\r\n", b"Host: localhost:123456\r\n", b"Host: [::1\r\n",
                      b"Host: localhost/\r\n", b"Host: " + b"a" * 300 + b"\r\n"):
            got = self.server.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + lines + b"\r\n")
            self.assertRegex(got, rb"^HTTP/1\.1 40[03] ", lines)
            self.assertNotIn(b'"ok"', got)
        # What a proxy says counts only if it is a named one.
        self.check(self.server.get("/healthz", headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"}), 403)
        self.check(self.server.get("/healthz", headers={"X-Forwarded-Host": "evil.example"}), 200)

    def test_pages_of_other_sites_are_refused(self):
        own = f"http://localhost:{self.server.port}"
        for headers, status in (
                ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": own}, 200),
                ({"Origin": "http://localhost:1"}, 403), ({"Origin": own.replace("http", "https")}, 200),
                ({"Origin": "http://localhost"}, 403), ({"Origin": ""}, 403),
                ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "none"}, 200),
                ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403)):
            self.check(self.server.get("/api/v1/library", headers=headers), status)
        # A link from elsewhere leads to the page, in a tab of its own, and nowhere else.
        follows = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        self.check(self.server.get("/", headers=follows), 200)
        self.check(self.server.get("/?text=an+owl", headers={**follows, "Sec-Fetch-Site": "same-site"}), 200)
        for path, dest in (("/", "iframe"), ("/", "object"), ("/", None), ("/api/v1/search?text=a", "document"),
                           ("/api/v1/videos/1/play?mode=transcode&t=0", "iframe"), ("/api/v1/videos/1/media", "document"),
                           ("/api/v1/jobs/1/events", "document"), ("/page/index.html", "iframe")):
            self.check(self.server.get(path, headers={**follows, "Sec-Fetch-Dest": dest}), 403, "origin_not_allowed")
        body = b'{"terms": [{"text": "a"}]}'
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}):
            self.check(self.server.ask("POST", "/api/v1/search", body, {"Content-Type": "application/json", **headers}), 403)
        self.check(self.server.ask("OPTIONS", "/api/v1/search", headers={"Origin": "http://evil.example"}), 403)

    def test_nothing_but_the_library_is_read(self):
        port = self.server.port
        for path in ("/../../../etc/passwd", "/page/../../etc/passwd", "/page/..%2f..%2fetc%2fpasswd", "/page/%2e%2e/x",
                     "/api/v1/videos/..%2f..%2f/media", "/api/v1/videos/1%00/media", "/api/v1/videos/1/media/../../../x",
                     "/page//etc/passwd", "//etc/passwd", "/page/index.html%00.js", "/page/....//x", "/%2e%2e/%2e%2e/etc/passwd",
                     "/api/v1/videos/1/frames/1.jpg/../2.jpg", "/page/index.html/", "/./", "/page/./index.html"):
            got = self.server.raw(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(got, rb"^HTTP/1\.1 40[04] ", path)
            self.assertNotIn(b"root:", got)
        for path in (b"/\xff\xfe", b"/a b", b"/a\\b", b"http://localhost/", b"*", b"/\x01", b"/%zz?%zz", b"/?%", b"/?a=%f"):
            got = self.server.raw(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 4"), (path, got))

    def test_a_library_that_names_other_files(self):
        """One from elsewhere may name any file as a video; what is none is not sent, and a pipe is not waited for."""
        import sqlite3
        library = self.folder / "hostile.db"
        run(PROGRAM, "export", "--library", self.library, "--to", library)
        pipe, link = self.folder / "pipe.mp4", self.folder / "passwd"
        os.mkfifo(pipe)
        link.symlink_to("/etc/passwd")
        with sqlite3.connect(library) as database:
            for video, path in ((1, "/etc/passwd"), (2, str(pipe)), (3, str(link)), (4, "/dev/zero")):
                database.execute("UPDATE videos SET path = ? WHERE video_id = ?", (path, video))
        database.close()
        with self.serve(library=library) as server:
            for video, status in ((1, 403), (2, 410), (3, 403), (4, 410)):
                self.check(server.get(f"/api/v1/videos/{video}/media"), status)
        # Endings that other files have, too: what is in them decides.
        stream = self.folder / "real.ts"
        run("ffmpeg", "-v", "error", "-i", self.videos / "part0.mp4", "-c", "copy", "-bsf:v", "h264_mp4toannexb", stream)
        for name, data in (("a.ts", b"const key = 'secret';\n" * 100), ("b.mts", b"export {}\n"), ("c.dv", b"\x1f\x07"),
                           ("d.RM", b"secret")):
            (self.folder / name).write_bytes(data)
        with sqlite3.connect(library) as database:
            for video, name in ((1, "a.ts"), (2, "b.mts"), (3, "c.dv"), (4, "real.ts")):
                database.execute("UPDATE videos SET path = ? WHERE video_id = ?", (str(self.folder / name), video))
        database.close()
        with self.serve(library=library) as server:
            for video, status in ((1, 403), (2, 403), (3, 403), (4, 200)):
                self.check(server.get(f"/api/v1/videos/{video}/media"), status)

    def test_hostile_pictures(self):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        def png(width, height, depth=8, kind=2):
            return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)) +
                    chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
        before = self.server.memory()
        for picture in (png(2**31 - 1, 2**31 - 1), png(100000, 100000), png(16000, 16000), png(8200, 8200), png(0, 0), png(30000, 30000, 16, 6), b"GIF89a" + b"\xff" * 50,
                        b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\xff" * 50, b"BM" + b"\xff" * 60, b"\xff\xd8\xff" * 1000,
                        b"II*\0" + b"\xff" * 100, b"#EXTM3U\nfile:///etc/passwd", b"<?xml version='1.0'?><svg/>",
                        b"ffconcat version 1.0\nfile /etc/passwd\n"):
            answer = self.server.ask("POST", "/api/v1/pictures", picture)
            self.assertIn(answer.status, (413, 422, 503), answer)
        self.assertTrue(self.server.is_well())
        self.assertLess(self.server.memory() - before, 512 << 20)

    def test_lengths_of_bodies_that_contradict(self):
        start = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        for lines in (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: -1\r\n\r\n",
                      b"Content-Length: 1e3\r\n\r\n", b"Content-Length: 99999999999999999999\r\n\r\n",
                      b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}",
                      b"Content-Length: +5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
            got = self.server.raw(start + lines, half_close=True)
            self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 4"), (lines, got))
        # Who asks first is told before the body is sent.
        got = self.server.raw(start + b"Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n", half_close=True)
        self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got)
        self.assertNotIn(b"100 Continue", got)
        # In pieces: as long as it takes, or too long.
        piece = b"%x\r\n%s\r\n" % (65536, b" " * 65536)
        got = self.server.raw(start + b"Transfer-Encoding: chunked\r\n\r\n" + piece * 40 + b"0\r\n\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got)
        body = b'{"terms": [{"text": "a"}]}'
        pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        self.assertTrue(self.server.raw(start + b"Transfer-Encoding: chunked\r\n\r\n" + pieces).startswith(b"HTTP/1.1 200 "))
        self.assertTrue(self.server.is_well())

    def test_headers_that_are_too_large(self):
        for request in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 100000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 10000 + b"\r\n"):
            got = self.server.raw(request)
            self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 4"), got[:100])
        self.assertTrue(self.server.is_well())


class TokenTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        cls.OPTIONS = ("--token-file", "/nowhere")  # until there is a folder
        super().setUpClass()

    @classmethod
    def serve(cls, *arguments, **more):
        arguments = [cls.folder / "token" if word == "/nowhere" else word for word in arguments]
        return super().serve(*arguments, **more)

    def token(self):
        return (self.folder / "token").read_text().strip()

    def test_the_token_is_in_a_file_of_its_own(self):
        self.assertEqual(stat.S_IMODE((self.folder / "token").stat().st_mode), 0o600)
        self.assertRegex(self.token(), r"^[A-Za-z0-9_-]{44}$")
        token = self.token()
        other = self.serve("--token-file", self.folder / "token")  # the same one the next time
        self.check(other.get("/api/v1/library", headers={"Authorization": f"Bearer {token}"}), 200)
        self.assertEqual(self.token(), token)
        # What is printed here may be read by others, as a journal is.
        self.assertEqual(other.path, "/")
        said = other.stop()
        self.assertIn(str(self.folder / "token"), said)
        self.assertNotIn(token, said)

    def test_the_browser_gets_the_token_from_a_file(self):
        """What a program is started with everybody on the machine can read."""
        browser, seen = self.folder / "browser", self.folder / "seen"
        browser.write_text(f"""#!/bin/sh
stat -c '%a' "$1" >'{seen}.new'; echo "$@" >>'{seen}.new'; cat "$1" >>'{seen}.new'; mv '{seen}.new' '{seen}'
""")
        browser.chmod(0o755)
        environment = {**os.environ, "BROWSER": str(browser), "XDG_RUNTIME_DIR": str(self.folder)}
        with self.serve("--token-file", self.folder / "token", "--open", environment=environment) as server:
            mode, path, *page = wait_until(lambda: seen.exists() and seen.read_text().splitlines())
            self.assertEqual(mode, "600")
            self.assertTrue(path.startswith(f"{self.folder}/reelvec-"), path)
            self.assertIn(f'content="0;url=http://localhost:{server.port}/?token={self.token()}"', "".join(page))
        self.assertFalse(os.path.exists(path))
        with self.serve("--open", environment=environment) as server:  # there is none
            wait_until(lambda: server.address in seen.read_text())

    def test_without_the_token_nothing_is_told(self):
        token = self.token()
        for path in ("/", "/api/v1/library", "/metrics", "/page/index.html", "/nowhere", "/api/v1/videos/1/media"):
            for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token}x"}, {"Authorization": token},
                            {"Authorization": f"Basic {token}"}, {"Authorization": f"Bearer {token[:-1]}"},
                            {"Cookie": "reelvec=x"}, {"Cookie": f"reelvec_{self.server.port}=x"}, {"Authorization": "Bearer "}):
                self.check(self.server.get(path, headers=headers), 401, "token_required")
        self.check(self.server.get("/?token=x"), 401)
        self.check(self.server.ask("POST", f"/api/v1/search?token={token}", b"{}", {"Content-Type": "application/json"}), 401)
        self.check(self.server.get("/healthz"), 200)  # tells nothing

    def test_the_token_opens(self):
        token = self.token()
        self.check(self.server.get("/api/v1/library", headers={"Authorization": f"Bearer {token}"}), 200)
        self.check(self.server.get(f"/api/v1/library?token={token}"), 200)
        self.check(self.server.get(f"/api/v1/search?text=a&token={token}"), 200)
        moved = self.check(self.server.get(f"/?text=an+owl&token={token}&limit=5"), 303)
        self.assertEqual(moved.headers["location"], "/?text=an+owl&limit=5")
        cookie = moved.headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(word, cookie)
        self.check(self.server.get("/", headers={"Cookie": cookie.split(";")[0]}), 200)
        self.check(self.server.get("/api/v1/library", headers={"Cookie": "a=b; " + cookie.split(";")[0]}), 200)
        # An old link does not shut out who has been let in.
        self.check(self.server.get(f"/?token={'x' * 44}", headers={"Cookie": cookie.split(";")[0]}), 200)
        for path in ("//evil.example", "/\\evil.example", "/%0d%0aX:%20y"):
            answer = self.server.get(f"{path}?token={token}")
            self.assertRegex(answer.headers.get("location", "/x"), r"^/[^/\\]")
            self.assertNotIn("x", answer.headers)

    def test_token_files_that_are_none(self):
        for name, text, mode, status, word in (("short", "abc", 0o600, 1, "no token"), ("open", "a" * 44, 0o644, 2, "others may read"),
                                               ("odd", "a" * 40 + " b", 0o600, 1, "no token")):
            path = self.folder / name
            path.write_text(text)
            path.chmod(mode)
            done = run(PROGRAM, "serve", "--library", self.library, "--token-file", path, "--port", "0", check=False)
            self.assertEqual(done.returncode, status, done)
            self.assertIn(word, done.stderr.decode())
        done = run(PROGRAM, "serve", "--library", self.library, "--token-file", "/nowhere/token", check=False)
        self.assertEqual(done.returncode, 1, done)

    def test_a_terminal_shows_the_link_as_a_qr_code(self):
        """Module by module what libqrencode makes of the link, with two light ones around."""
        try:
            encoder = ctypes.CDLL("libqrencode.so.4")
        except OSError:
            self.skipTest("needs libqrencode4 to compare the code with")
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, "serve", "-q", "--port", "0", "--model", MODEL, "--library", self.library,
                                    "--token-file", self.folder / "token"], stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        said = b""
        while said.count(b"\n") < 10 or not said.rstrip(b"\r\n").endswith(LIGHT_ROW):
            said += os.read(master, 65536)
        process.terminate()
        process.wait(SECONDS)
        os.close(master)
        link, *rows = [line for line in re.sub("\r|\033\\[[0-9;]*m", "", said.decode()).split("\n") if line]
        self.assertIn(self.token(), link)
        halves = {"\u2588": "LL", "\u2580": "LD", "\u2584": "DL", " ": "DD"}
        modules = ["".join(halves[c][half] for c in row) for row in rows for half in (0, 1)]

        class Code(ctypes.Structure):
            _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int), ("data", ctypes.POINTER(ctypes.c_ubyte))]
        encoder.QRcode_encodeString8bit.restype = ctypes.POINTER(Code)
        code = encoder.QRcode_encodeString8bit(link.encode(), 0, 0).contents
        side = code.width + 4
        wanted = [["L"] * side for _ in range(side + side % 2)]
        for y in range(code.width):
            for x in range(code.width):
                if code.data[y * code.width + x] & 1:
                    wanted[y + 2][x + 2] = "D"
        self.assertEqual(modules, ["".join(row) for row in wanted])

    def test_other_machines_need_the_token(self):
        """--listen 0.0.0.0 makes one in the user's data folder."""
        home = self.folder / "home"
        environment = {**os.environ, "XDG_DATA_HOME": str(home)}
        with self.serve("--listen", "0.0.0.0", environment=environment) as server:
            token = (home / "reelvec/serve-token").read_text().strip()
            self.assertEqual(stat.S_IMODE((home / "reelvec/serve-token").stat().st_mode), 0o600)
            self.assertEqual(server.path, "/")
            self.check(server.get("/api/v1/library"), 401)
            bearer = {"Authorization": f"Bearer {token}"}
            for host, status in (("192.168.1.7:8470", 200), ("[fd00::1]", 200), (socket.gethostname(), 200), ("evil.example", 403)):
                self.check(server.get("/api/v1/library", headers={**bearer, "Host": host}), status)


class ProxyTest(ServedTest):
    OPTIONS = ("--proxy", "127.0.0.2", "--proxy", "10.1.0.0/16", "--host", "films.example", "--log")

    def ask(self, source, **headers):
        connection = self.server.connect(source)
        try:
            return self.server.get("/api/v1/library", connection=connection,
                                   headers={name.replace("_", "-"): value for name, value in headers.items()})
        finally:
            connection.close()

    def test_what_named_proxies_say_counts(self):
        self.check(self.ask("127.0.0.2", Host="localhost", X_Forwarded_Host="films.example"), 200)
        self.check(self.ask("127.0.0.2", Host="localhost", X_Forwarded_Host="films.example:8443",
                            Origin="https://films.example:8443"), 200)
        self.check(self.ask("127.0.0.1", Host="inside", X_Forwarded_Host="films.example"), 403)
        self.check(self.ask("127.0.0.2", Host="films.example", Origin="https://films.example"), 200)
        self.check(self.ask("127.0.0.2", Host="inside", X_Forwarded_Host="evil.example"), 403)
        self.check(self.ask("127.0.0.2", Host="films.example", X_Forwarded_Host="evil.example"), 403)
        # A proxy that passes on what its client wrote there: the name that leads to it is looked at all the same.
        self.check(self.ask("127.0.0.2", Host="evil.example", X_Forwarded_Host="films.example"), 403)
        self.check(self.ask("127.0.0.2", Host="films.example", X_Forwarded_Host="films.example, evil.example"), 403)
        self.check(self.ask("127.0.0.2", Host="films.example", Origin="https://evil.example"), 403)

    def test_clients_behind_proxies_have_their_own_addresses(self):
        def line(source, chain):
            lines = "".join(f"X-Forwarded-For: {part}\r\n" for part in chain.split("|"))
            with self.serve(*self.OPTIONS) as server:
                server.raw(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode(), source)
                return server.stop()
        self.assertIn("client=192.0.2.7 ", line("127.0.0.2", "203.0.113.9, 192.0.2.7"))
        self.assertIn("client=192.0.2.7 ", line("127.0.0.2", "203.0.113.9, 192.0.2.7, 10.1.2.3"))
        # A proxy may add a line of its own to that of the client.
        self.assertIn("client=192.0.2.7 ", line("127.0.0.2", "203.0.113.9|192.0.2.7"))
        self.assertIn("client=192.0.2.7 ", line("127.0.0.2", "203.0.113.9|192.0.2.7, 10.1.2.3|10.1.2.4"))
        self.assertIn("client=127.0.0.2 ", line("127.0.0.2", "nonsense"))
        self.assertIn("client=127.0.0.1 ", line("127.0.0.1", "192.0.2.7"))


if __name__ == "__main__":
    unittest.main()
