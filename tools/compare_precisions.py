#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Index videos in both precisions and compare the five best frames of every query.

    compare_precisions.py REELVEC MODEL VIDEO... [--image FILE]... [--text TEXT]...

Every query is asked of all videos and of each alone, in each precision of the library made in the same one. Prints the
lists that differ and how many are the same, in order and as sets.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

TEXTS = ["a car on the road", "a bottle on a table", "people walking", "a red truck", "an empty street", "green grass", "a hand",
         "night", "a white van at a crossing", "text on a screen"]


def reelvec(program, *arguments):
    run = subprocess.run([program, *arguments], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(arguments)}: {run.stderr}")
    return run.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("videos", nargs="+")
    parser.add_argument("--image", action="append", default=[])
    parser.add_argument("--text", action="append", default=[])
    options = parser.parse_args()
    queries = [[text] for text in options.text or TEXTS] + [["--image", image] for image in options.image]
    scopes = [[]] + [["--video", os.path.basename(video)] for video in options.videos]
    total = same_lists = same_sets = 0
    moved = 0.0
    with tempfile.TemporaryDirectory() as folder:
        def ask(precision, arguments):
            lines = reelvec(options.program, "search", "--library", f"{folder}/{precision}.db", "--model", options.model,
                            "--precision", precision, "--top", "5", "--format", "json", *arguments).splitlines()
            return [(row["video"], row["frame_number"], row["score"]) for row in map(json.loads, lines)]

        for precision in ("float32", "fast"):
            reelvec(options.program, "index", *options.videos, "--library", f"{folder}/{precision}.db", "--model", options.model,
                    "--precision", precision, "--quiet")
        for query in queries:
            for scope in scopes:
                exact, fast = ask("float32", query + scope), ask("fast", query + scope)
                names = [[hit[:2] for hit in hits] for hits in (exact, fast)]
                total += 1
                same_lists += names[0] == names[1]
                same_sets += set(names[0]) == set(names[1])
                moved = max([moved] + [abs(a[2] - b[2]) for a, b in zip(exact, fast)])
                if names[0] != names[1]:
                    print(query, scope, [(n, round(s, 6)) for _, n, s in exact], [(n, round(s, 6)) for _, n, s in fast])
    print(f"{total} queries: {same_lists} lists the same, {same_sets} sets the same, scores differ by at most {moved:.1e}")


if __name__ == "__main__":
    main()
