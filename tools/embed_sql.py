#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a library's schema, a file of SQL, as a C source: the table NAME[] of SchemaStep (store/sql/sql_migrate.h).

    embed_sql.py INPUT.sql OUTPUT.c NAME [join]

Empty lines separate the statements. "-- version N" says which version of the schema brings what follows; other lines
that begin with "--" are comments. The statements are kept to the letter, without their last semicolon; with "join"
each becomes one line.
"""
import json
import pathlib
import re
import sys

VERSION = re.compile(r"-- version (\d+)\b")
OBJECT = re.compile(r"CREATE (?:OR REPLACE )?(?:ROWSTORE REFERENCE )?(?:TABLE|INDEX|VIEW|TRIGGER) "
                    r"(?:IF NOT EXISTS )?(\w+)")


def read_steps(text):
    """(version, name of what is made or "", statement) of every statement."""
    version, steps = 0, []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").split("\n")
        for line in lines:
            match = VERSION.match(line)
            if match and int(match.group(1)) != version + 1:
                sys.exit(f"version {match.group(1)} follows version {version}")
            version += match is not None
        statement = "\n".join(line for line in lines if not line.startswith("--"))
        if not statement:
            continue
        if version == 0 or not statement.endswith(";"):
            sys.exit(f"a statement without a version, or without its semicolon: {statement}")
        match = OBJECT.match(statement)
        steps.append((version, match.group(1) if match else "", statement[:-1]))
    return steps


def main():
    source, target, name, *join = sys.argv[1:]
    out = ["/* SPDX-License-Identifier: MIT */", '#include "store/sql/sql_migrate.h"', "",
           f"const SchemaStep {name}[] = {{"]
    for version, made, statement in read_steps(pathlib.Path(source).read_text()):
        if join:
            statement = " ".join(line.strip() for line in statement.split("\n"))
        literals = [json.dumps(line) for line in statement.splitlines(keepends=True)]
        out.append(f'    {{{version}, "{made}",\n     ' + "\n     ".join(literals) + "},")
    out += ["    {0, NULL, NULL},", "};", ""]
    pathlib.Path(target).write_text("\n".join(out))


if __name__ == "__main__":
    main()
