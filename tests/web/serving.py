# SPDX-License-Identifier: MIT
"""A running `reelvec serve` for the tests of the web: started, asked, stopped, with every answer's headers checked."""
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from whole_runs import PROGRAM, ScratchTest, run

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
MEDIA = SOURCE / "examples/media"
MODEL = SOURCE / "models/demo"
SECONDS = 120  # that one answer may take on a busy machine
SAFE_HEADERS = {
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of an error."""
        return self.json()["error"]["code"]


class Server:
    """A process. host: what requests name; before: a command that runs it."""

    def __init__(self, *arguments, environment=None, host="localhost", before=()):
        self.process = subprocess.Popen(
            [*before, PROGRAM, "serve", "--port", "0", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=environment)
        self.address = self.process.stdout.readline().strip()
        if not self.address.startswith("http://"):
            raise AssertionError(f"does not start: {self.process.communicate()}")
        place, self.path = self.address.removeprefix("http://").split("/", 1)
        self.path = "/" + self.path
        self.port = int(place.rsplit(":", 1)[1])
        self.host = host

    def connect(self, source="127.0.0.1", timeout=SECONDS):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=(source, 0))
        connection.connect()
        return connection

    def ask(self, method, path, body=None, headers=(), connection=None, safe=True):
        """One request. An answer without the headers that keep pages safe is a failure."""
        headers = {"Host": f"{self.host}:{self.port}", **dict(headers)}
        own = connection or self.connect()
        try:
            own.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if value is not None:
                    own.putheader(name, value)
            if body is not None and "Content-Length" not in headers and "Transfer-Encoding" not in headers:
                own.putheader("Content-Length", str(len(body)))
            own.endheaders(body)
            response = own.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            if connection is None:
                own.close()
        if safe:
            for name, value in SAFE_HEADERS.items():
                if answer.headers.get(name) != value:
                    raise AssertionError(f"{method} {path}: {name} is {answer.headers.get(name)}: {answer}")
            if "default-src 'self'" not in answer.headers.get("content-security-policy", ""):
                raise AssertionError(f"{method} {path}: no Content-Security-Policy")
            if "access-control-allow-origin" in answer.headers:
                raise AssertionError(f"{method} {path}: another origin is let in")
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def json(self, path):
        answer = self.get(path)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer}")
        return answer.json()

    def post(self, path, value, **more):
        return self.ask("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"}, **more)

    def raw(self, data, source="127.0.0.1", timeout=SECONDS, half_close=False):
        """What comes back for these bytes until the server closes or nothing comes for a moment."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout, source_address=(source, 0)) as connection:
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    got += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
        return got

    def metrics(self):
        """Name with labels to value."""
        lines = self.get("/metrics").body.decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def metrics_at_rest(self):
        """Those once no other request runs: a request is counted after the last byte of its answer was sent."""
        return wait_until(lambda: (now := self.metrics())["reelvec_requests_running"] == 1 and now, what="the end of all requests")

    def memory(self):
        """Resident bytes."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGESIZE")

    def is_well(self):
        return self.process.poll() is None and self.get("/healthz").status == 200

    def stop(self, number=signal.SIGTERM, wanted=0):
        """Standard error. It ends well, and says nothing of a sanitizer. number: None: it was told to end before."""
        if self.process.poll() is None and number is not None:
            self.process.send_signal(number)
        try:
            _, errors = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if self.process.returncode != wanted or "Sanitizer" in errors or "runtime error" in errors:
            raise AssertionError(f"ended with {self.process.returncode}: {errors}")
        return errors

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.communicate()


def wait_until(condition, seconds=SECONDS, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class ServedTest(ScratchTest):
    """Has a library of a few videos that were cut out of the demo's, and a server of it (cls.server) for tests that ask."""
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.videos = cls.folder / "videos"
        cls.videos.mkdir()
        run("ffmpeg", "-v", "error", "-i", MEDIA / "demo.mp4", "-c", "copy", "-f", "segment", "-segment_time", "24",
            "-reset_timestamps", "1", cls.videos / "part%d.mp4")
        cls.library = cls.folder / "library.db"
        cls.index(cls.videos)
        cls.server = cls.serve(*cls.OPTIONS)

    @classmethod
    def tearDownClass(cls):
        try:
            if hasattr(cls, "server"):
                cls.server.stop()
        finally:
            super().tearDownClass()

    @classmethod
    def index(cls, *paths, library=None, every="0.5", options=()):
        run(PROGRAM, "index", "-q", *options, "--every", every, "--model", MODEL, "--library", library or cls.library, *paths)

    @classmethod
    def serve(cls, *arguments, library=None, **more):
        return Server("--model", MODEL, "--library", library or cls.library, *arguments, **more)

    def check(self, answer, status, code=None):
        self.assertEqual(answer.status, status, answer)
        if code is not None:
            self.assertEqual(answer.code, code, answer)
        return answer
