#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The binary interface as a table: every public struct with its size, every member with its offset and size, every
enumerator with its value. tests/project/abi.txt is the table of REELVEC_API_VERSION.

    abi_table.py SOURCE_ROOT             compare the headers with the table; exit status 1 if they differ
    abi_table.py SOURCE_ROOT --write     write the table; refused if programs that were compiled before would break
                                         and REELVEC_API_VERSION was not raised

New lines alone, members in the place of reserved ones included, break no program: the version stays. So do members at
the end of a struct that only reelvec allocates.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
TABLE = "tests/project/abi.txt"
GROWING = {"RvKnownModel", "RvModelInfo"}  # that reelvec allocates and programs never copy; see status.h


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def members_of(body):
    body = re.sub(r"\(\*(\w+)\)\s*\([^;]*\)", r" \1", body)  # pointers to functions
    for declaration in body.split(";"):
        for part in declaration.split(","):
            if part.strip():
                yield re.search(r"(\w+)\s*(\[[^]]*\])?$", part.strip()).group(1)


def statements_of(headers):
    """The lines of a C program that prints the table."""
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", headers, re.S):
        yield f'printf("{name} %zu\\n", sizeof({name}));'
        for member in members_of(body):
            yield (f'printf("{name}.{member} %zu %zu\\n", offsetof({name}, {member}), '
                   f'sizeof((({name} *)0)->{member}));')
    for body in re.findall(r"typedef enum \w+ \{(.*?)\} \w+;", headers, re.S):
        for name in re.findall(r"\b(RV_\w+)\b", body):
            yield f'printf("{name} %d\\n", (int){name});'


def table_of(root):
    """The headers' table as lines; None where pointers have not 64 bits."""
    headers = "\n".join(without_comments(path.read_text()) for path in sorted((root / "include/reelvec").glob("*.h")))
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "abi.c"), pathlib.Path(folder, "abi")
        body = "\n".join(statements_of(headers))
        source.write_text('#include <stddef.h>\n#include <stdio.h>\n#include "reelvec/reelvec.h"\nint main(void)\n{\n'
                          f'if (sizeof(void *) != 8)\nreturn {SKIPPED};\n'
                          f'printf("REELVEC_API_VERSION %d\\n", REELVEC_API_VERSION);\n{body}\nreturn 0;\n}}\n')
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", f"-I{root / 'include'}", str(source), "-o", str(program)],
                       check=True)
        run = subprocess.run([str(program)], capture_output=True, text=True)
        return None if run.returncode == SKIPPED else run.stdout.splitlines()


def grew(name, was, size):
    return name in GROWING and size is not None and size.isdigit() and int(size) > int(was)


def breaks(before, now):
    """What programs compiled before would trip over: lines that went or changed, but for reserved members, and but for
    the size of structs that may get members at their end."""
    def meant(lines):
        return dict(line.split(" ", 1) for line in lines if not re.match(r"\w+\.reserved ", line))
    now_meant = meant(now)
    return [f"{name} {was} is {now_meant.get(name, 'gone')}" for name, was in meant(before).items()
            if name != "REELVEC_API_VERSION" and now_meant.get(name) != was and not grew(name, was, now_meant.get(name))]


def main():
    root, writes = pathlib.Path(sys.argv[1]), "--write" in sys.argv[2:]
    now, place = table_of(root), root / TABLE
    if now is None:
        print("the table is of machines whose pointers have 64 bits")
        sys.exit(SKIPPED)
    before = place.read_text().splitlines() if place.exists() else now[:1]
    broken = breaks(before, now)
    if broken and int(now[0].split()[1]) <= int(before[0].split()[1]):
        print("\n".join(broken))
        sys.exit("programs that were compiled with these headers would break: raise REELVEC_API_VERSION in version.h "
                 "(and API_VERSION in python/reelvec/_native.py), then run tools/abi_table.py . --write")
    if writes:
        place.write_text("\n".join(now) + "\n")
    elif before != now:
        print("\n".join(sorted(set(before) ^ set(now))))
        sys.exit(f"the headers have what {TABLE} has not: run tools/abi_table.py . --write")
    print(f"{len(now) - 1} lines of {now[0]}")


if __name__ == "__main__":
    main()
