# SPDX-License-Identifier: MIT
"""The page of `reelvec serve` in a real browser: Debian's Chromium, driven by puppeteer-core (page_driver.mjs)."""
import json
import os
import pathlib
import shutil
import subprocess
import threading
import unittest

from serving import MEDIA, SOURCE, ServedTest

MODULES = pathlib.Path(os.environ.get("REELVEC_NODE_MODULES", SOURCE / "out/tests/npm/node_modules"))
SECONDS = 300


class DrivenTest(ServedTest):
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
        cls.driver = None

    @classmethod
    def tearDownClass(cls):
        try:
            cls.end_driver()
        finally:
            super().tearDownClass()

    @classmethod
    def start_driver(cls):
        """A browser for all cases."""
        home = cls.folder / "home"
        home.mkdir(exist_ok=True)
        path = home / "browser.json"
        path.write_text(json.dumps({"modules": str(MODULES.parent), "chromium": cls.chromium, "profile": str(home / "profile")}))
        cls.driver = subprocess.Popen([cls.node, SOURCE / "tests/web/page_driver.mjs", path], stdin=subprocess.PIPE, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "HOME": str(home)})

    @classmethod
    def end_driver(cls):
        driver, cls.driver = cls.driver, None
        if driver is None:
            return
        try:
            driver.stdin.close()
            driver.wait(60)
        except (OSError, subprocess.TimeoutExpired):
            driver.terminate()  # it ends the browser
            driver.wait()
        driver.stdout.close()

    @classmethod
    def index(cls, *paths, library=None, every="0.5"):
        if library is None:  # the demo's video as it is, not in pieces
            shutil.rmtree(cls.videos)
            cls.videos.mkdir()
            shutil.copy(MEDIA / "demo.mp4", cls.videos)
        super().index(*paths, library=library, every=every)

    def drive(self, check, address=None, **settings):
        nothing = self.folder / "nothing.png"
        nothing.write_bytes(b"no picture")
        if self.driver is None:
            self.start_driver()
        driver, said = self.driver, []
        late = threading.Timer(SECONDS, driver.terminate)
        late.start()
        try:
            driver.stdin.write(json.dumps({
                "check": check, "address": address or f"http://localhost:{self.server.port}{self.server.path}", "language": "en",
                "picture": str(MEDIA / "query-rocket.png"), "noPicture": str(nothing), "shot": os.environ.get("REELVEC_PAGE_SHOT"),
                "pictures": os.environ.get("REELVEC_PAGE_PICTURES"), "size": "desktop", **settings}) + "\n")
            driver.stdin.flush()
            for line in driver.stdout:
                if line.startswith('{"passed":'):
                    break
                said.append(line)
            else:
                self.end_driver()  # the next case has another one
                self.fail("the browser's driver ended: " + "".join(said))
        finally:
            late.cancel()
        self.assertTrue(json.loads(line)["passed"], "".join(said))
        print("".join(said), end="")
