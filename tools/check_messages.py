#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Refuse messages of the library that name commands or options of the command line: those are hints (reelvec/status.h).

    check_messages.py SOURCE_ROOT      exit status 1 if a string literal below src/ holds "`reelvec " or an option; each is named
"""
import pathlib
import re
import sys

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
OF_THE_COMMAND_LINE = re.compile(r"`reelvec |(?<![\w-])--[a-z]")
NOT_OURS = ("mount --bind",)


def main():
    root = pathlib.Path(sys.argv[1])
    files = [f for f in sorted((root / "src").rglob("*")) if f.suffix in (".c", ".h", ".cu")]
    if len(files) < 20:
        sys.exit(f"{root}: only {len(files)} source files found; is this the source root?")
    faults = []
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            for literal in LITERAL.findall(line):
                if OF_THE_COMMAND_LINE.search(literal) and not any(words in literal for words in NOT_OURS):
                    faults.append(f"{file.relative_to(root)}:{number}: the command line in a message: {literal}")
    print("\n".join(faults) if faults else f"no message in {len(files)} files speaks of the command line")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
