#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library's frames as a table of DuckDB, asked in SQL. Needs duckdb 0.10 or newer and pyarrow.

    to_duckdb.py LIBRARY DATABASE TEXT
"""
import sys

import duckdb

import reelvec


def main(path, database, text):
    with reelvec.Library(path, read_only=True) as library, duckdb.connect(database) as connection:
        # Columns time, video, frame_number, video_id, and embedding as an array of one length, FLOAT[dimensions].
        connection.register("found", library.embeddings().to_arrow())
        connection.execute("CREATE OR REPLACE TABLE frames AS SELECT * FROM found")
        connection.unregister("found")

        query = library.model.encode_text(text)
        rows = connection.execute(
            f"SELECT array_inner_product(embedding, CAST(? AS FLOAT[{len(query)}])) AS score, time, video "
            "FROM frames ORDER BY score DESC LIMIT 5", [query.tolist()]).fetchall()
        for score, time, video in rows:
            print(f"{score:.4f}  {time:.1f}  {video}")


if __name__ == "__main__":
    main(*sys.argv[1:])
