# SPDX-License-Identifier: MIT
"""README.md and docs/asking.md as a newcomer reads them: on an account where nothing was set up, every command that they
print runs in its order, and what they say that it prints it prints.

What goes to the network, builds, or asks at a terminal is replaced below, by name.
"""
import os
import subprocess
import sys
import tempfile
import unittest

from page_commands import SOURCE, bare, blocks, commands, environment_of, make_account, run_all, same

STAND_INS = {
    "./demo": "mkdir -p out/demo",  # the build is there already
    "./test": "true",  # this is a part of it
    "reelvec model fetch ViT-B/32": "reelvec model add models/demo && export REELVEC_MODEL=demo",  # no network
    "reelvec serve --open": "reelvec serve --port 0 & sleep 2; kill -TERM $!; wait $!",  # no browser, and not for ever
    'reelvec search "a car" --play':  # a player that does not play to the end
        'ln -s /bin/echo ~/mpv-says; REELVEC_PLAYER=~/mpv-says reelvec search "a car" --play 2>&1 | grep -e "--start=+"',
    "reelvec search": "echo a red car | reelvec search",  # asks at a terminal
}


def stand_in(command):
    return STAND_INS.get(bare(command), command)


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
                "    cat >file <<'END'\n    five\n\n    END\n\nC\n\n    >>> 3\n    3\n\nD\n\n"
                "    import six\n\n    six.run()\n")
        self.assertEqual([row[1:] for row in commands(page)],
                         [["one", ["said"]], ["two", []], ["three   # why", None], ["four", None],
                          ["reelvec five", None], ["cat >file <<'END'\nfive\n\nEND", None]])
        self.assertEqual([kind for _, kind, _ in blocks(page)], ["output", "shell", "shell", "session", "python"])
        self.assertTrue(same("a 0.7925", "a 0.7924"))
        self.assertFalse(same("a 0.7925", "a 0.7525") or same("a 0.7925", "b 0.7925"))
        ran = run_all([[0, "export A=2", None], [0, "echo $A", []], [0, "exec 3<&9; false", None]], self.checkout,
                      self.folder.name)
        self.assertEqual(ran, [("", "0"), ("2\n", "0"), ("", "1")])

    def test_every_command_runs_as_printed(self):
        self.assertGreater(len(self.rows), 15)
        for command in STAND_INS:  # what is replaced is still there to be replaced
            self.assertTrue(any(bare(row[1]) == command for row in self.rows), command)
        rows = [(place, stand_in(command), said) for place, command, said in self.rows]
        answers = run_all(rows, self.checkout, self.folder.name)
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
        environment = dict(environment_of(self.folder.name), PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=str(SOURCE / "python"),
                           REELVEC_LIBRARY_PATH=os.environ["REELVEC_LIBRARY_PATH"])
        result = subprocess.run([sys.executable, "-c", code[0]], cwd=self.checkout, env=environment,
                                capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"score +time +video\n0\.79")

    def test_the_page_is_easy_to_read(self):
        self.assertLess(len(self.text.splitlines()), 300)
        self.assertLess(self.text.index("](docs/pictures/"), 1000)  # somebody who looks for a moment sees an answer


if __name__ == "__main__":
    unittest.main()
