#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Manual pages and completions have each option of each command, and are good by their readers' own checks.

    test_pages.py PROGRAM PAGES      PAGES: the folder in which the build wrote them

What --help says is compared with what the pages and the shells say. A shell or checker that is not installed is skipped
by name.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, PAGES = sys.argv[1], pathlib.Path(sys.argv[2])
PLAIN = {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "100", "MANROFFSEQ": ""}
OPTION = re.compile(r"^  (?:-(\w), |    )(--[a-z0-9-]+)", re.M)


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **{"env": PLAIN, **options}).stdout


def commands():
    """The names of all commands, as `reelvec --help` lists them."""
    table = run(PROGRAM, "--help").split("\nCommands:\n")[1].split("\n\n")[0]
    first = [line.split() for line in table.splitlines() if re.match(r"  [a-z]", line)]
    groups = {words[0] for words in first if sum(other[0] == words[0] for other in first) > 1}
    return [" ".join(words[:2]) if words[0] in groups else words[0] for words in first if words[0] != "help"]


def options(command):
    """[(letter or "", "--name")] of a command, by its --help."""
    text = run(PROGRAM, *command.split(), "--help").split("\nOptions:\n")[1].split("\nExamples:\n")[0]
    return [(f"-{letter}" if letter else "", name) for letter, name in OPTION.findall(text)] + [("-h", "--help")] * (
        "  -h, --help" not in text)


COMMANDS = commands()
OPTIONS = {command: options(command) for command in COMMANDS}


def need(program, package=None):
    if shutil.which(program) is None:
        raise unittest.SkipTest(f"needs the package {package or program}")


def page_of(command):
    return PAGES / f"reelvec-{command.replace(' ', '-')}.1"


class Pages(unittest.TestCase):
    def test_help_has_commands_and_options(self):
        self.assertGreater(len(COMMANDS), 20)
        self.assertIn("model fetch", COMMANDS)
        self.assertIn(("-n", "--top"), OPTIONS["search"])

    def test_every_command_has_a_page_with_its_options(self):
        pages = {page.name for page in PAGES.glob("*.1")}
        self.assertEqual(pages, {page_of(command).name for command in COMMANDS} | {"reelvec.1"})
        for command in COMMANDS:
            text = page_of(command).read_text()
            body = text.split(".SH OPTIONS\n")[1].split("\n.SH ")[0]
            heads = [line.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
                     for line in re.findall(r"^\.TP\n(.*)", body, re.M)]
            found = [re.match(r"(?:(-\w), )?(--[a-z0-9-]+)", head).groups("") for head in heads]
            self.assertEqual(found, OPTIONS[command], command)

    def test_the_first_page_names_every_command(self):
        text = (PAGES / "reelvec.1").read_text().replace("\\-", "-")
        for command in COMMANDS:
            self.assertIn(f".BR reelvec-{command.replace(' ', '-')} (1)", text)
        for variable in re.findall(r"^  ([A-Z_]{6,}) ", run(PROGRAM, "--help"), re.M):
            self.assertIn(f"\\fB{variable}\\fR", text)

    def test_pages_have_no_warnings_of_groff(self):
        need("groff")
        for page in PAGES.glob("*.1"):
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)

    def test_pages_have_no_warnings_of_man(self):
        need("man", "man-db")
        for page in PAGES.glob("*.1"):
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=PLAIN)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)

    def test_pages_have_no_warnings_of_mandoc(self):
        need("mandoc")
        for page in PAGES.glob("*.1"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), page.name)

    def test_man_shows_them(self):
        need("man", "man-db")
        text = run("man", "-l", PAGES / "reelvec-search.1")
        text = re.sub(".\b", "", text)
        for part in ("reelvec-search - find frames by text, by image, or by both", "-n, --top N",
                     'reelvec search "a green bottle"', "EXIT STATUS"):
            self.assertIn(part, text)


class WithModel(unittest.TestCase):
    """A folder in which the program is called reelvec, and a model was added as "mine"."""

    def make_model(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / "bin").mkdir()
        (folder / "bin/reelvec").symlink_to(os.path.abspath(PROGRAM))
        environment = {**PLAIN, "XDG_DATA_HOME": str(folder), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        demo = pathlib.Path(os.environ["REELVEC_SOURCE"]) / "models/demo"
        run(PROGRAM, "model", "add", demo, "--name", "mine", env=environment)
        shutil.copytree(folder / "reelvec/models/mine", folder / "reelvec/models/$(touch made)")
        return folder, environment


class Bash(WithModel):
    """The function is called as readline calls it: words in COMP_WORDS, candidates in COMPREPLY."""

    def complete(self, *lines, **options):
        """For each line (a tuple of words, the last is being typed) the set of candidates."""
        script = [f"source '{PAGES}/reelvec'"]
        for words in lines:
            quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in ("reelvec", *words))
            script.append(f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _reelvec")
            script.append("printf '%s ' \"${COMPREPLY[@]}\"; echo")
        done = subprocess.run(["bash", "--norc", "-u", "-c", "\n".join(script)], capture_output=True, text=True,
                              **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [set(line.split()) for line in done.stdout.splitlines()]

    def setUp(self):
        need("bash")

    def test_each_option_of_each_command(self):
        found = self.complete(*[(*command.split(), "-") for command in COMMANDS])
        for command, candidates in zip(COMMANDS, found):
            wanted = {word for pair in OPTIONS[command] for word in pair if word}
            self.assertEqual(candidates, wanted, command)

    def test_commands_values_and_words_in_front(self):
        first = {command.split()[0] for command in COMMANDS} | {"help"}
        second = {command.split()[1] for command in COMMANDS if command.startswith("model ")}
        cases = [
            (("",), first),
            (("se",), {"search", "serve"}),
            (("model", ""), second),
            (("help", "mod"), {"model"}),
            (("help", "model", ""), second),
            (("search", "--format", ""), {"table", "json", "csv"}),
            (("search", "-f", "c"), {"csv"}),
            (("search", "--format", "="), {"table", "json", "csv"}),
            (("search", "--format", "=", "j"), {"json"}),
            (("export", "--format", ""), {"csv", "npy", "sql"}),
            (("--library", "x.db", "lis"), {"list"}),
            (("--library", "=", "x.db", "lis"), {"list"}),
            (("-n", "3", "-q", "sea"), {"search"}),
            (("--library", "search", "lis"), {"list"}),
            (("search", "--library", "list", "--form"), {"--format"}),
            (("search", "--video", "a b.mp4", "x", "--mom"), {"--moments"}),
            (("search", "--sheet", ""), set()),  # files, by readline
            (("search", "--top", ""), set()),
            (("model", "fetch", "ViT-B/32-l"), {"ViT-B/32-laion2B"}),
            (("timeline", "--format", "ed"), {"edl"}),
            (("nonsense", "-"), set()),
        ]
        for (words, wanted), candidates in zip(cases, self.complete(*[case[0] for case in cases])):
            self.assertEqual(candidates, wanted, words)


    def test_added_models(self):
        folder, environment = self.make_model()
        for option in ("--model", "-m"):
            (found, known) = self.complete(("search", option, "mi"), ("search", option, "ViT-B/3"), env=environment,
                                           cwd=folder)
            self.assertEqual(found, {"mine"})
            self.assertIn("ViT-B/32", known)
        here = self.complete(*[("model", name, typed) for name in ("remove", "verify") for typed in ("mi", "")],
                             env=environment, cwd=folder)
        self.assertEqual(here, [{"mine"}] * 4)  # not those that could be fetched
        self.assertEqual(self.complete(("model", "fetch", "ViT-B/32-l"), env=environment, cwd=folder), [{"ViT-B/32-laion2B"}])
        self.assertEqual(self.complete(("model", "remove", ""), cwd=folder), [set()])  # without the program
        self.assertIn("ViT-B/32", self.complete(("search", "--model", ""), cwd=folder)[0])  # without the program
        self.assertFalse((folder / "made").exists())  # by a folder's name


class Fish(WithModel):
    def complete(self, *lines, **options):
        quoted = " ".join("'" + line + "'" for line in lines)
        script = f"source '{PAGES}/reelvec.fish'; for l in {quoted}; complete -C \"$l\"; echo ==; end"
        parts = run("fish", "--no-config", "-c", script, **options).split("==\n")
        return [{line.split("\t")[0] for line in part.splitlines()} for part in parts[:-1]]

    def setUp(self):
        need("fish")

    def test_syntax(self):
        run("fish", "--no-execute", PAGES / "reelvec.fish")

    def test_each_option_of_each_command(self):
        found = self.complete(*[f"reelvec {command} --" for command in COMMANDS])
        for command, candidates in zip(COMMANDS, found):
            self.assertEqual({word.rstrip("=") for word in candidates}, {name for _, name in OPTIONS[command]}, command)

    def test_commands_and_values(self):
        second = {command.split()[1] for command in COMMANDS if command.startswith("model ")}
        found = self.complete("reelvec se", "reelvec model ", "reelvec search --format ",
                              "reelvec -q --library x.db lis")
        self.assertEqual(found, [{"search", "serve"}, second, {"table", "json", "csv"}, {"list"}])

    def test_added_models(self):
        folder, environment = self.make_model()
        found = self.complete("reelvec search --model mi", "reelvec model remove mi", "reelvec model verify mi",
                              "reelvec model remove ViT", env=environment, cwd=folder)
        self.assertEqual(found, [{"mine"}] * 3 + [set()])
        self.assertFalse((folder / "made").exists())


class Zsh(WithModel):
    def setUp(self):
        need("zsh")

    def test_syntax(self):
        run("zsh", "-n", PAGES / "_reelvec")

    def test_each_option_of_each_command(self):
        """The specifications that _arguments is called with, by a function in its place."""
        names = " ".join(command.replace(" ", "-") for command in COMMANDS)
        script = f"""
            _arguments() {{ shift 2; for word in "$@"; print -r -- "$word"; }} # without -s -S
            compdef() {{ : }}
            source '{PAGES}/_reelvec'
            for name in {names}; _reelvec-$name && print -r -- '=='
        """
        parts = run("zsh", "-f", "-c", script).split("==\n")
        self.assertEqual(len(parts), len(COMMANDS) + 1)
        for command, part in zip(COMMANDS, parts):
            specifications = re.findall(r"^(?:\*|\([^)]*\))?(-[\w-]+)", part, re.M)
            wanted = {word for pair in OPTIONS[command] for word in pair if word}
            self.assertEqual(set(specifications), wanted, command)

    def test_added_models(self):
        folder, environment = self.make_model()
        script = f"""
            _call_program() {{ shift; "$@" }}
            _alternative() {{ print -rl -- $models }}
            compdef() {{ : }}
            source '{PAGES}/_reelvec'
            _reelvec_models
        """
        models = run("zsh", "-f", "-c", script, env=environment, cwd=folder).splitlines()
        self.assertIn("mine", models)
        self.assertIn("ViT-B/32", models)
        self.assertNotIn("name", models)
        here = run("zsh", "-f", "-c", script + "\n_reelvec_models_here", env=environment, cwd=folder).splitlines()
        self.assertIn("mine", here[len(models):])
        self.assertFalse([name for name in here[len(models):] if name.startswith("ViT")])
        uses = [part.split("(")[0] for part in (PAGES / "_reelvec").read_text().split("\n_reelvec-")[1:]
                if "'*:NAME...:_reelvec_models_here'" in part.split("\n}")[0]]
        self.assertEqual(sorted(uses), ["model-remove", "model-verify"])
        self.assertFalse((folder / "made").exists())


class Result(unittest.TextTestResult):
    """Lines that tools/run_tests.py counts."""

    def said(self, word, test, why=""):
        print(f"{why}\n[ {word:>8} ] {test._testMethodName}_{type(test).__name__.lower()}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.said("OK", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.said("SKIPPED", test, f"skipped: {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.said("FAILED", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.said("FAILED", test)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], testRunner=unittest.TextTestRunner(resultclass=Result))
