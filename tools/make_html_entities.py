#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write src/clip/tokenizer/html_entities.inc: the character references of HTML 5, from Python's html.entities.

    make_html_entities.py > src/clip/tokenizer/html_entities.inc

Rows are sorted by the bytes of the name, for a binary search. Names are without '&'; those that HTML also takes
without a semicolon stand there twice.
"""
import html.entities


def escape(text):
    """The UTF-8 bytes as a C string literal's inside; octal, because hexadecimal escapes have no end."""
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Character references of HTML 5 by name. Made by tools/make_html_entities.py; do not edit. */")
    for name in sorted(html.entities.html5, key=str.encode):
        print(f'{{"{name}", "{escape(html.entities.html5[name])}"}},')


if __name__ == "__main__":
    main()
