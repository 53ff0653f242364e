#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check the project's pages (Markdown): width of prose, links, and that the map of the code names what exists.

    check_pages.py SOURCE_ROOT         exit status 1 when something is wrong; each place is named

- Lines of prose have at most 120 columns. Tables, code, and lines that are one link are exempt.
- Links to files of the tree, and to headings of pages, lead somewhere.
- ARCHITECTURE.md and docs/internals/: a path in backticks (a slash, or the ending of a source file) exists. A name without a
  slash is looked for anywhere in the tree. Patterns (NAME, *) and what is no path of ours are exempt.
- ARCHITECTURE.md's column "may include" says what tools/layers.txt says.
- docs/speed/log.md: each entry is followed by its line of facts.
"""
import os
import pathlib
import re
import sys

MAX_COLUMNS = 120
SKIPPED = ("build", "out", "shared", ".git", ".cache", "node_modules")
MAPS = ("ARCHITECTURE.md", "docs/internals/")
SOURCE_ENDINGS = (".c", ".h", ".cu", ".py", ".sql", ".inc", ".md", ".txt", ".build", ".golden", ".cpp")
TOPS = ("src", "include", "apps", "tests", "tools", "bench", "fuzz", "docs", "python", "models", "examples", "packaging", "demo")
LOG_FACTS = re.compile(r"    \d{4}-\d\d-\d\d \| [^|]+ \| before: [^|]+ \| after: [^|]+ \| ratio: [^|]+ \| kept: [^|]+")


def walk(top):
    """Skipped folders are not entered: other tests make and remove files there meanwhile."""
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(SKIPPED)]
        yield from (pathlib.Path(folder, name) for name in files)


def pages_of(root):
    return sorted(file for file in walk(root) if file.name.endswith(".md") and not file.name.startswith(SKIPPED))


def is_code(lines):
    """For each line whether it belongs to a code block (indented by four, or between fences)."""
    fenced = False
    for line in lines:
        fence = line.startswith("```")
        yield fenced or fence or line.startswith("    ")
        fenced = fenced != fence


def width_faults(name, lines):
    for number, (line, code) in enumerate(zip(lines, is_code(lines)), 1):
        exempt = code or line.startswith("|") or re.fullmatch(r"[-*\s]*\[[^\]]*\]\([^)]*\)[.,;:]?", line)
        if len(line) > MAX_COLUMNS and not exempt:
            yield f"{name}:{number}: {len(line)} columns (at most {MAX_COLUMNS})"


def anchor(heading):
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"`", "", heading.lower()))
    return kept.strip().replace(" ", "-")


def anchors_of(page):
    lines = page.read_text().splitlines()
    return {anchor(line.lstrip("#").strip()) for line, code in zip(lines, is_code(lines))
            if line.startswith("#") and not code}


def link_faults(root, page, name, lines):
    text = "\n".join("" if code else line for line, code in zip(lines, is_code(lines)))
    text = re.sub(r"`[^`]*`", "", text)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists():
            yield f"{name}: the link {target} leads nowhere"
        elif heading and heading not in anchors_of(path):
            yield f"{name}: the link {target}: {path.name} has no such heading"


def is_path(word):
    if re.search(r"[*<>{}|=\s$~:,()]|NAME|LIBRARY|^/|\.\.\.|^-", word):
        return False
    if "/" in word:
        return word.split("/")[0] in TOPS or word.endswith(SOURCE_ENDINGS)
    return word.endswith(SOURCE_ENDINGS)


def path_faults(root, name, lines, names):
    for number, line in enumerate(lines, 1):
        for word in re.findall(r"`([^`]+)`", line):
            if not is_path(word):
                continue
            there = (root / word).exists() if "/" in word else word in names
            if not there:
                yield f"{name}:{number}: {word} does not exist"


def layer_faults(root, lines):
    rules = {}
    for line in (root / "tools/layers.txt").read_text().splitlines():
        if line.startswith("src/") and ":" in line:
            folder, allowed = line.split(":")
            words = (word for word in allowed.split() if word.startswith("src/"))
            rules.setdefault(folder[4:].strip(), set()).update({word[4:] for word in words} - {"base"})
    found = {}
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        match = re.fullmatch(r"`([\w/]+)/`", cells[0])
        if line.startswith("|") and match and match.group(1) in rules and len(cells) == 4:
            found[match.group(1)] = set(cells[2].split()) - {"-"}
    for folder in sorted(rules):
        if found.get(folder) != rules[folder]:
            said = " ".join(sorted(found[folder])) if folder in found else "(no row)"
            yield f"ARCHITECTURE.md: {folder}/ may include: {said}; tools/layers.txt: {' '.join(sorted(rules[folder]))}"


def log_faults(name, lines):
    for number, line in enumerate(lines, 1):
        if line.startswith("### ") and not any(LOG_FACTS.fullmatch(facts) for facts in lines[number:number + 2]):
            yield f"{name}:{number}: no line of facts (date | machine | before: | after: | ratio: | kept:) below it"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = pages_of(root)
    if len(pages) < 10:
        sys.exit(f"{root}: only {len(pages)} pages found; is this the source root?")
    names = {file.name for top in TOPS for file in walk(root / top) if "__pycache__" not in file.parts}
    faults = []
    for page in pages:
        name = page.relative_to(root).as_posix()
        lines = page.read_text().splitlines()
        faults.extend(width_faults(name, lines))
        faults.extend(link_faults(root, page, name, lines))
        if name.startswith(MAPS):
            faults.extend(path_faults(root, name, lines, names))
        if name == "ARCHITECTURE.md":
            faults.extend(layer_faults(root, lines))
        if name == "docs/speed/log.md":
            faults.extend(log_faults(name, lines))
    print("\n".join(faults) if faults else f"{len(pages)} pages are in order")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
