# SPDX-License-Identifier: MIT
"""The five nearest of many vectors with numpy, Faiss or hnswlib, one query per call, measured in turn.

    vector_search.py numpy|faiss|hnswlib VECTORS QUERIES DIMENSIONS THREADS

Answers are the row numbers of the first 20 queries. hnswlib: M 16, ef_construction 200, ef 64; how long its index took
to build goes to standard error.
"""
import sys
import time

import numpy

import turns

ANSWERED_QUERIES = 20


def numpy_search(rows, threads):
    def search(query):
        scores = rows @ query
        best = numpy.argpartition(scores, -5)[-5:]
        return best[numpy.argsort(-scores[best])]
    return search


def faiss_search(rows, threads):
    import faiss
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return lambda query: index.search(query[None], 5)[1][0]


def hnswlib_search(rows, threads):
    import hnswlib
    index = hnswlib.Index("ip", rows.shape[1])
    index.init_index(len(rows), M=16, ef_construction=200, random_seed=1)
    index.set_num_threads(threads)
    start = time.perf_counter()
    index.add_items(rows)
    print(f"hnswlib: built in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    index.set_ef(64)
    return lambda query: index.knn_query(query, k=5, num_threads=1)[0][0]


def main():
    name, vectors, queries, dimensions, threads = sys.argv[1:]
    rows = numpy.fromfile(vectors, numpy.float32).reshape(-1, int(dimensions))
    wanted = numpy.fromfile(queries, numpy.float32).reshape(-1, int(dimensions))
    make = {"numpy": numpy_search, "faiss": faiss_search, "hnswlib": hnswlib_search}[name]
    search, position = make(rows, int(threads)), 0

    def work():
        nonlocal position
        search(wanted[position])
        position = (position + 1) % len(wanted)

    turns.serve(work, lambda: [row for query in wanted[:ANSWERED_QUERIES] for row in search(query)], window_s=0.3)


if __name__ == "__main__":
    main()
