#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recall and time of a library's approximate index for real queries, next to looking at every frame.

    ann_recall.py LIBRARY MODEL QUERIES.txt...      a query a line, as `reelvec search` reads them: a text, or image:PATH

A hit counts where it scores at least as well as the last of the exact hits. Exact and approximate searches take turns, and
the ratio is of their medians: other work on the machine meets both.
"""
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
import reelvec  # noqa: E402

TOP = 10


def timed(library, vector, scan):
    start = time.perf_counter()
    hits = library.hits(vector=vector, scan=scan, top=TOP)
    return hits, 1000 * (time.perf_counter() - start)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    library, model = reelvec.Library(sys.argv[1]), reelvec.Model(sys.argv[2])
    for file in sys.argv[3:]:
        lines = pathlib.Path(file).read_text().splitlines()
        vectors = [model.encode_image(line[6:]) if line.startswith("image:") else model.encode_text(line) for line in lines]
        found, best, times = 0, [], {"exact": [], "approximate": []}
        for vector in vectors:
            timed(library, vector, "exact"), timed(library, vector, "approximate")
            exact, exact_ms = timed(library, vector, "exact")
            hits, hits_ms = timed(library, vector, "approximate")
            found += sum(hit.score >= exact[-1].score for hit in hits)
            best.append(exact[0].score)
            times["exact"].append(exact_ms)
            times["approximate"].append(hits_ms)
        exact_ms, hits_ms = (statistics.median(times[scan]) for scan in ("exact", "approximate"))
        print(f"{file}: {len(lines)} queries, best cosine {min(best):.2f} to {max(best):.2f}; recall@{TOP} "
              f"{found / TOP / len(lines):.3f}, exact {exact_ms:.2f} ms, by the index {hits_ms:.2f} ms, ratio {exact_ms / hits_ms:.1f}")


if __name__ == "__main__":
    main()
