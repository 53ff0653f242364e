# SPDX-License-Identifier: MIT
"""docs/first_hour/: each page on an account of its own, where every command that it prints runs in its order, and what
they and Python are said to answer they answer.

What goes to the network, builds, needs a screen, or is root's, is replaced below, by name.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from page_commands import BUILD, SOURCE, bare, blocks, commands, environment_of, make_account, run_all, same

STAND_INS = {
    "./demo": "true",  # the build is there already
    "reelvec model fetch ViT-B/32": "export REELVEC_MODEL=demo",  # no network
    "reelvec serve --open": "reelvec serve --port 0 & sleep 2; kill -TERM $!; wait $!",  # no browser, and not for ever
    'reelvec search "a rocket" --moments --play':  # a player that says how it was started
        'ln -s /bin/echo ~/mpv-says; reelvec search "a rocket" --moments --play --player ~/mpv-says 2>&1 | grep -e "--start=+12"',
}
# Root's commands leave what they would have written below ~/root, and are counted.
SUDO = """sudo() {
    case $1 in tee) mkdir -p "$HOME/root$(dirname "$2")"; cat >"$HOME/root$2" ;; esac
    echo "$*" >>"$HOME/sudo.txt"
}
"""
SERVER = "postgresql://films:secret@db.example.org/films"
PORT = "8470"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def text_of(name):
    return (SOURCE / "docs/first_hour" / name).read_text()


class FirstHourTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.checkout = make_account(self.home)

    def at_home(self, printed):
        return printed.replace(self.home, "/home/me")

    @staticmethod
    def without_size(line):
        return re.sub(r", \d+ [kM]B$", "", line)  # of a clip: encoders and containers differ a little

    def rows_of(self, name, replaced=()):
        rows = []
        for place, command, said in commands(text_of(name)):
            command = STAND_INS.get(bare(command), command)
            for old, new in replaced:
                command = command.replace(old, new)
            rows.append((place, command, said))
        return rows

    def run_page(self, name, replaced=()):
        rows = self.rows_of(name, replaced)
        self.assertGreater(len(rows), 5)
        answers = run_all(rows, self.checkout, self.home, SUDO)
        errors = (self.checkout / "errors.txt").read_text()
        self.assertEqual(len(answers), len(rows), errors)
        for (_, command, said), (output, status) in zip(rows, answers):
            self.assertEqual(status, "0", f"{command}\n{output}{errors}")
            if said is None:
                continue
            printed = [line.rstrip() for line in self.at_home(output).splitlines() if line.strip()]
            self.assertEqual(len(said), len(printed), f"{command}\n{output}{errors}")
            for line, other in zip(said, printed):
                self.assertTrue(same(self.without_size(line), self.without_size(other)), f"{command}\npage: {line}\nhere: {other}")

    def run_sessions(self, name):
        session = "\n\n".join("\n".join(lines) for _, kind, lines in blocks(text_of(name)) if kind == "session")
        environment = dict(environment_of(self.home), PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=str(SOURCE / "python"),
                           REELVEC_LIBRARY_PATH=os.environ["REELVEC_LIBRARY_PATH"], REELVEC_SOURCE=str(SOURCE),
                           REELVEC_BUILD=str(BUILD))
        result = subprocess.run([sys.executable, str(SOURCE / "tests/demo/page_commands.py")], input=session,
                                cwd=self.checkout.parent / "first-hour", env=environment, capture_output=True,
                                text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, self.at_home(result.stdout) + result.stderr)

    def test_what_is_replaced_is_there(self):
        printed = {bare(row[1]) for path in (SOURCE / "docs/first_hour").iterdir() for row in commands(path.read_text())}
        self.assertEqual(set(STAND_INS) - printed, set())

    def test_editor(self):
        self.run_page("editor.md")
        folder = self.checkout.parent / "first-hour"
        self.assertEqual(len(list((folder / "clips").iterdir())), 3)
        for name in ("rocket.png", "around.png", "selects.otio", "selects.fcpxml", "castles.otio", "rocket.webp"):
            self.assertGreater((folder / name).stat().st_size, 0, name)

    def test_researcher(self):
        if subprocess.run([sys.executable, "-c", "import pandas"], capture_output=True, check=False).returncode != 0:
            self.skipTest("needs the package python3-pandas")
        self.run_page("researcher.md")
        self.run_sessions("researcher.md")

    def test_programmer(self):
        for program in ("curl", "sqlite3", "pkg-config"):
            if shutil.which(program) is None:
                self.skipTest(f"needs the program {program}")
        self.run_page("programmer.md", [(PORT, free_port())])
        self.run_sessions("programmer.md")
        self.assertTrue((self.checkout.parent / "first-hour/owl.jpg").read_bytes().startswith(b"\xff\xd8"))

    def test_administrator(self):
        if shutil.which("curl") is None:
            self.skipTest("needs the program curl")
        address = os.environ.get("REELVEC_TEST_POSTGRES")
        if not address:
            self.skipTest(os.environ.get("REELVEC_TEST_POSTGRES_WHY", "needs REELVEC_TEST_POSTGRES, as ./test sets it"))
        parts = urllib.parse.urlsplit(address)
        database = parts._replace(path=f"/first_hour_{os.getpid()}").geturl()
        self.run_page("administrator.md", [(PORT, free_port()), (SERVER, database)])
        self.root_is_asked_for_what_there_is()

    def root_is_asked_for_what_there_is(self):
        asked = (self.checkout.parent / "sudo.txt").read_text()
        units = re.findall(r"(reelvec-\w+\.(?:service|timer))(?!\.d)", asked)
        self.assertGreater(len(units), 3)
        there = {path.name.removesuffix(".in") for path in (SOURCE / "packaging/systemd").iterdir()}
        self.assertEqual(set(units) - there, set())
        added = (self.checkout.parent / "root/etc/systemd/system/reelvec-serve.service.d/others.conf").read_text()
        options = set(re.findall(r"--[a-z-]+", added))
        program = subprocess.run([BUILD / "apps/cli/reelvec", "serve", "--help"], capture_output=True, text=True, check=True)
        self.assertTrue(options and options <= set(re.findall(r"--[a-z-]+", program.stdout)), options)


if __name__ == "__main__":
    unittest.main()
