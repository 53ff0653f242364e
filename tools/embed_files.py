#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the web page's files as a C source: the table page_files of apps/web/page_files.h.

    embed_files.py OUTPUT.c FILE...
"""
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json",
}


def main():
    target, *sources = sys.argv[1:]
    texts, rows = [], []
    for number, source in enumerate(sorted(map(pathlib.Path, sources), key=lambda path: path.name)):
        data = source.read_bytes()
        if source.suffix not in TYPES:
            sys.exit(f"{source}: no type is known for this ending")
        lines = [",".join(map(str, data[i : i + 32])) + "," for i in range(0, len(data), 32)]
        texts.append(f"static const unsigned char file_{number}[] = {{\n" + "\n".join(lines) + "\n0};\n")
        etag = hashlib.sha256(data).hexdigest()[:16]
        rows.append(f'    {{"{source.name}", "{TYPES[source.suffix]}", "{etag}", file_{number}, {len(data)}}},\n')
    pathlib.Path(target).write_text(
        '/* SPDX-License-Identifier: MIT */\n#include "page_files.h"\n\n' + "".join(texts) +
        "const PageFile page_files[] = {\n" + "".join(rows) + "};\n"
        "const size_t page_file_count = sizeof page_files / sizeof page_files[0];\n")


if __name__ == "__main__":
    main()
