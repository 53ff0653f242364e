#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Refuse files over 800 lines, functions over 100 lines, missing SPDX lines and base names that are not unique.

    check_sizes.py SOURCE_ROOT         exit status 1 when something is too long; each is named

Files whose names end in .inc are tables and exempt from the length. A function is taken to begin at a line that starts in
column 0 and is followed by a line "{" and to end at the next line "}" in column 0 (the style of .clang-format).
"""
import collections
import pathlib
import sys

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 100


def function_faults(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number - 1
        elif line == "}" and start is not None:
            length = number - start
            if length > MAX_FUNCTION_LINES:
                yield f"{path}:{start}: a function of {length} lines (at most {MAX_FUNCTION_LINES})"
            start = None


def main():
    root = pathlib.Path(sys.argv[1])
    tops = ("include", "src", "apps", "python", "tests", "bench", "fuzz", "tools")
    files = [f for top in tops for f in sorted((root / top).rglob("*"))
             if f.suffix in (".c", ".h", ".cu", ".py") and "__pycache__" not in f.parts]
    if len(files) < 20:
        sys.exit(f"{root}: only {len(files)} source files found; is this the source root?")
    faults = []
    names = collections.defaultdict(list)
    for file in files:
        path = file.relative_to(root).as_posix()
        names[file.name].append(path)
        lines = file.read_text().splitlines()
        if len(lines) > MAX_FILE_LINES:
            faults.append(f"{path}: {len(lines)} lines (at most {MAX_FILE_LINES})")
        if not any("SPDX-License-Identifier: MIT" in line for line in lines[:3]):
            faults.append(f"{path}: no SPDX line")
        if file.suffix in (".c", ".cu"):
            faults.extend(function_faults(path, lines))
    for name, paths in names.items():
        if len(paths) > 1:
            faults.append(f"{name}: the base name is not unique: {', '.join(paths)}")
    print("\n".join(faults) if faults else f"{len(files)} files are short enough")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
