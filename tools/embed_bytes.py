#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a file's bytes as a C source: NAME[] and NAME_bytes.

    embed_bytes.py INPUT OUTPUT.c NAME
"""
import pathlib
import sys


def main():
    source, target, name = sys.argv[1:]
    data = pathlib.Path(source).read_bytes()
    lines = [",".join(map(str, data[i : i + 32])) + "," for i in range(0, len(data), 32)]
    pathlib.Path(target).write_text(
        "/* SPDX-License-Identifier: MIT */\n#include <stddef.h>\n\n"
        f"extern const unsigned char {name}[];\nextern const size_t {name}_bytes;\n"
        f"const unsigned char {name}[] __attribute__((aligned(64))) = {{\n" + "\n".join(lines) + "\n};\n"
        f"const size_t {name}_bytes = sizeof {name};\n")


if __name__ == "__main__":
    main()
