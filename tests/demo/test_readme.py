# SPDX-License-Identifier: MIT
"""README.md and docs/asking.md as a newcomer reads them: on an account where nothing was set up, every command that they
print runs in its order, and what they say that it prints it prints.

Commands are the lines of indented blocks (those behind "$ " where a block shows output too), those of the table of
questions, and the Python block. What goes to the network, builds, or asks at a terminal is replaced below, by name.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
BUILD = pathlib.Path(os.environ["REELVEC_BUILD"])
DEMO_VIDEO = SOURCE / "examples/media/demo.mp4"
TOLERANCE = 0.003  # of scores: processors round pictures differently

STAND_INS = {
    "./demo": "mkdir -p out/demo",  # the build is there already
    "./test": "true",  # this is a part of it
    "reelvec model fetch ViT-B/32": "reelvec model add models/demo && export REELVEC_MODEL=demo",  # no network
    "reelvec serve --open": "reelvec serve --port 0 & sleep 2; kill -TERM $!; wait $!",  # no browser, and not for ever
    'reelvec search "a car" --play':  # a player that does not play to the end
        'ln -s /bin/echo ~/mpv-says; REELVEC_PLAYER=~/mpv-says reelvec search "a car" --play 2>&1 | grep -e "--start=+"',
    "reelvec search": "echo a red car | reelvec search",  # asks at a terminal
}


def blocks(text):
    """Runs of indented lines, each as (kind, lines): "shell", "output" (with its commands behind "$ ") or "python"."""
    for match in re.finditer(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", text, re.M):
        lines = [line[4:].rstrip() for line in match.group().splitlines()]
        if not any(lines):
            continue
        kind = "python" if any(line.startswith("import ") for line in lines) else \
            "output" if any(line.startswith("$ ") for line in lines) else "shell"
        yield match.start(), kind, lines


def commands(text):
    """(place, command, the lines that it is said to print or None), in the order of the page."""
    found = []
    for place, kind, lines in blocks(text):
        for line in lines:
            if kind == "output" and line.startswith("$ "):
                found.append([place, line[2:], []])
            elif kind == "output" and line and found:
                found[-1][2].append(line)
            elif kind == "shell" and line:
                found.append([place, line, None])
    for match in re.finditer(r"^\| .* \| `(reelvec[^`]*)`[^|]* \|$", text, re.M):
        found.append([match.start(), match.group(1), None])
    return sorted(found, key=lambda row: row[0])


def stand_in(command):
    bare = re.sub(r"\s+#.*", "", command)
    return STAND_INS.get(bare, command)


def same(said, printed):
    numbers = r"-?\d+\.\d{4}"
    if re.sub(numbers, "#", said) != re.sub(numbers, "#", printed):
        return False
    pairs = zip(re.findall(numbers, said), re.findall(numbers, printed))
    return all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs)


def make_account(home):
    """An empty home with some videos and a download, and a checkout whose build folder is this one."""
    account = pathlib.Path(home)
    (account / "Videos").mkdir()
    shutil.copy(DEMO_VIDEO, account / "Videos/talk.mp4")
    shutil.copytree(SOURCE / "models/demo", account / "Downloads/clip-vit-base-patch32")
    checkout = account / "reelvec"
    checkout.mkdir()
    for entry in SOURCE.iterdir():
        if entry.name not in ("build", "out", "examples") and not entry.name.startswith("."):
            (checkout / entry.name).symlink_to(entry)
    shutil.copytree(SOURCE / "examples/media", checkout / "examples/media")
    (checkout / "build").symlink_to(BUILD)
    shutil.copy(SOURCE / "examples/media/query.png", checkout / "photo.jpg")
    return checkout


def run_all(rows, checkout, home):
    """Each command's status and output, all in one shell."""
    script = "".join(f"echo; echo @@begin; {{ {stand_in(command)}\n}} 2>>errors.txt; status=$?\n"
                     "echo; echo @@end $status\n" for _, command, _ in rows)
    environment = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    result = subprocess.run(["bash", "--norc", "-c", script], cwd=checkout, env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, timeout=280, check=False)
    return re.findall(r"^@@begin\n(.*?)\n?^@@end (\d+)$", result.stdout, re.M | re.S)


class ReadmeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (SOURCE / "README.md").read_text()
        cls.rows = commands(cls.text) + commands((SOURCE / "docs/asking.md").read_text())
        cls.folder = tempfile.TemporaryDirectory()
        cls.checkout = make_account(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_page_is_read_as_it_is_meant(self):
        page = ("A\n\n    $ one\n    said\n\n    $ two\n\nB\n\n    three   # why\n    four\n\n"
                "| c | `reelvec five` |\n\n"
                "    import six\n\n    six.run()\n")
        self.assertEqual([row[1:] for row in commands(page)],
                         [["one", ["said"]], ["two", []], ["three   # why", None], ["four", None],
                          ["reelvec five", None]])
        self.assertEqual([kind for _, kind, _ in blocks(page)], ["output", "shell", "python"])
        self.assertTrue(same("a 0.7925", "a 0.7924"))
        self.assertFalse(same("a 0.7925", "a 0.7525") or same("a 0.7925", "b 0.7925"))
        ran = run_all([[0, "export A=2", None], [0, "echo $A", []], [0, "exec 3<&9; false", None]], self.checkout,
                      self.folder.name)
        self.assertEqual(ran, [("", "0"), ("2\n", "0"), ("", "1")])

    def test_every_command_runs_as_printed(self):
        self.assertGreater(len(self.rows), 15)
        for bare in STAND_INS:  # what is replaced is still there to be replaced
            self.assertTrue(any(re.sub(r"\s+#.*", "", row[1]) == bare for row in self.rows), bare)
        answers = run_all(self.rows, self.checkout, self.folder.name)
        errors = (self.checkout / "errors.txt").read_text()
        self.assertEqual(len(answers), len(self.rows), errors)
        for (_, command, said), (output, status) in zip(self.rows, answers):
            self.assertEqual(status, "0", f"{command}\n{output}{errors}")
            if said is None:
                continue
            printed = output.strip("\n").splitlines() if output.strip() else []
            self.assertEqual(len(said), len(printed), f"{command}\n{output}")
            for line, other in zip(said, printed):
                self.assertTrue(same(line, other.rstrip()), f"{command}\nREADME: {line}\nhere:   {other}")

    def test_the_python_block_runs(self):
        code = ["\n".join(lines) for _, kind, lines in blocks(self.text) if kind == "python"]
        self.assertEqual(len(code), 1)
        if subprocess.run([sys.executable, "-c", "import pandas"], capture_output=True, check=False).returncode != 0:
            self.skipTest("needs the package python3-pandas")
        environment = {"HOME": self.folder.name, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                       "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(SOURCE / "python"),
                       "REELVEC_LIBRARY_PATH": os.environ["REELVEC_LIBRARY_PATH"]}
        result = subprocess.run([sys.executable, "-c", code[0]], cwd=self.checkout, env=environment,
                                capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"score +time +video\n0\.79")

    def test_the_page_is_easy_to_read(self):
        self.assertLess(len(self.text.splitlines()), 300)
        self.assertLess(self.text.index("](docs/pictures/"), 1000)  # somebody who looks for a moment sees an answer


if __name__ == "__main__":
    unittest.main()
