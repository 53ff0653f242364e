# SPDX-License-Identifier: MIT
"""The commands that a page prints, run as a newcomer types them: on an account where nothing was set up.

Commands are the lines of indented blocks (those behind "$ " where a block shows output too; a line with <<'END' goes on
up to END), and those of tables of questions. Blocks that begin with ">>> " are what Python answers.
"""
import doctest
import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
BUILD = pathlib.Path(os.environ["REELVEC_BUILD"])
DEMO_VIDEO = SOURCE / "examples/media/demo.mp4"
TOLERANCE = 0.003  # of scores: processors round pictures differently


def kind_of(lines):
    if any(line.startswith(">>> ") for line in lines):
        return "session"
    if any(line.startswith(("import ", "library = ")) for line in lines):
        return "python"
    return "output" if any(line.startswith("$ ") for line in lines) else "shell"


def joined(lines):
    """The same lines, with what belongs to a here-document in the line that begins it."""
    whole, end = [], None
    for line in lines:
        if end is None:
            whole.append(line)
            found = re.search(r"<<'(\w+)'", line)
            end = found.group(1) if found else None
        else:
            whole[-1] += "\n" + line
            end = None if line == end else end
    return whole


def blocks(text):
    """Runs of indented lines, each as (place, kind, lines); kind: "shell", "output", "python" or "session"."""
    for match in re.finditer(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", text, re.M):
        lines = joined([line[4:].rstrip() for line in match.group().splitlines()])
        if any(lines):
            yield match.start(), kind_of(lines), lines


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


def bare(command):
    return re.sub(r"\s+#.*", "", command) if "\n" not in command else command


def same(said, printed):
    numbers = r"-?\d+\.\d{4,}"
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


def environment_of(home):
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def run_all(rows, checkout, home, prelude="", errors="errors.txt"):
    """Each command's status and output, all in one shell."""
    errors = checkout / errors
    script = prelude + "".join(f"echo; echo @@begin; {{ {command}\n}} 2>>{errors}; status=$?\n"
                               "echo; echo @@end $status\n" for _, command, _ in rows)
    result = subprocess.run(["bash", "--norc", "-c", script], cwd=checkout, env=environment_of(home),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=280, check=False)
    return re.findall(r"^@@begin\n(.*?)\n?^@@end (\d+)$", result.stdout, re.M | re.S)


class Checker(doctest.OutputChecker):
    """What Python answers, with scores up to the tolerance."""

    def check_output(self, want, got, optionflags):
        said, printed = want.split("\n"), got.split("\n")
        return len(said) == len(printed) and all(map(same, said, printed))


def main():
    """Run what standard input has of ">>> " lines, and compare."""
    test = doctest.DocTestParser().get_doctest(sys.stdin.read(), {}, "page", "page", 0)
    result = doctest.DocTestRunner(checker=Checker(), verbose=False).run(test)
    sys.exit(1 if result.failed or not result.attempted else 0)


if __name__ == "__main__":
    main()
